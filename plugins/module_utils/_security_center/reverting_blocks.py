# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take a block back: find the records of each attacker's address, and disable them."""

from __future__ import annotations

from collections.abc import Iterable

from .._openapi.client import OpenApiClient
from .._openapi.errors import ApiError, SecurityCenterError
from .._openapi.text import printable
from .alerts import Record
from .blocks import INVALID, address_of, is_enabled, read_block_records, read_brute_force_records, same_address
from .changes import Changes, wait_until
from .checks import Checks
from .operations import UNBLOCK
from .outcomes import FAILED, HANDLED, UNKNOWN, end_all
from .plan import UNCHANGED, Batch, Target, to_send
from .report import Report
from .request import HandleRequest
from .reverting_marks import Part
from .ways_back import WAYS, Reversal

_DIRECTION = "in"  # block_ip keeps an attacker out
_LIFTED = "the block is lifted"
_ELSEWHERE = "lift it with custom_block_record and state disabled, if that is meant"


class Blocks(Part):
    """The blocks of the attackers' addresses. Which record a block_ip makes is not documented."""

    def __init__(
        self, client: OpenApiClient, request: HandleRequest, reversals: list[Reversal], report: Report
    ) -> None:
        request = request._replace(
            ids=tuple(reversal.target.given for reversal in reversals),
            operation=WAYS[UNBLOCK],
            check_operations="never",
        )
        super().__init__(request, reversals)
        self._client = client
        self._report = report
        self._of: dict[str, list[Target]] = {}
        targets = self.run.plan.targets
        if request.account:
            for target in targets:
                target.refuse(
                    "MemberAccount", "the blocks of a member account can't be listed: use its own credentials"
                )
            return
        Checks(client, request, report.warn).check(targets)
        self._choose(to_send(targets))

    def _choose(self, targets: list[Target]) -> None:
        addresses = {target.given: (target.alert or {})["attacker_addresses"] for target in targets}
        custom = [one for one in read_block_records(self._client) if one["direction"] == _DIRECTION] if targets else []
        servers: dict[str, set[str]] = {}
        for target in targets:
            for address in addresses[target.given]:
                servers.setdefault(address, set()).add(str((target.alert or {})["uuid"]))
        for target in targets:
            if not addresses[target.given]:
                target.refuse(
                    "NoAddress",
                    "the service does not tell which address was blocked: lift the block with custom_block_record",
                )
                continue
            own = [
                (record, address)
                for record in custom
                for address in addresses[target.given]
                if same_address(str(record["address"]), address)
            ]
            wide = [reason for record, address in own if (reason := _too_wide(record, servers[address]))]
            if wide:
                target.refuse("OtherServers", wide[0])
            elif any(record["status_code"] != INVALID for record, _address in own):
                # In the service's own spelling, of which IPv6 has several.
                for spelt in dict.fromkeys(record["address"] for record, _address in own):
                    self._of.setdefault(spelt, []).append(target)
            else:
                self._without_record(target, addresses[target.given])

    def _without_record(self, target: Target, addresses: Iterable[str]) -> None:
        """No custom record blocks the address. The service itself may."""
        uuid = (target.alert or {})["uuid"]
        for address in addresses:
            for record in read_brute_force_records(self._client, address):
                if record["uuid"] == uuid and is_enabled(record):
                    reason = f"the service itself blocks {address} on {printable(record['instance_name'] or uuid)}"
                    target.refuse("BruteForceRecord", f"{reason}, record {printable(record['id'])}: {_ELSEWHERE}")
                    return
        target.decision, target.message = UNCHANGED, f"{', '.join(addresses)} is not blocked any more"

    def settle(self, stop: str) -> None:
        super().settle(stop)
        for address, targets in self._of.items():
            event_ids = dict.fromkeys(event_id for target in to_send(targets) for event_id in target.event_ids)
            if event_ids:
                self.run.plan.batches.append(Batch(tuple(event_ids), {"BlockIp": address, "Bound": _DIRECTION}))

    def execute(self) -> None:
        self._client.at_once(self._lift, self.run.plan.batches)

    def _lift(self, batch: Batch) -> None:
        run, address = self.run, batch.parameters["BlockIp"]
        changes = Changes(self._client, self._report)

        def lifted() -> bool:
            records = read_block_records(self._client, address_of(address))
            return all(one["status_code"] == INVALID for one in records if one["direction"] == _DIRECTION)

        try:
            try:
                changes.make(UNBLOCK, batch.parameters, lifted, subject=address)
            except ApiError as error:
                # Somebody may have been quicker, or have removed the record.
                if error.every_call or not lifted():
                    raise
            done = wait_until(lifted, run.plan.request.wait_timeout)
        except SecurityCenterError as error:
            if isinstance(error, ApiError):
                run.note(error)
            end_all(run, batch.event_ids, UNKNOWN if changes.changed else FAILED, str(error))
        else:
            late = f"{address} is still blocked after wait_timeout ({run.plan.request.wait_timeout:g} s)"
            end_all(run, batch.event_ids, HANDLED if done else UNKNOWN, _LIFTED if done else late)
        if changes.actions:
            run.sent.append(batch)


def _too_wide(record: Record, servers: set[str]) -> str:
    """Why a record was not made for the alerts of ``servers`` alone, or an empty text."""
    if record["status_code"] == INVALID:
        return ""
    others = [uuid for uuid in record["servers"] if uuid not in servers]
    more = record["server_count"] or 0
    if not others and more <= len(servers):
        return ""
    count = max(more, len(record["servers"]))
    return (
        f"record {printable(record['id'])} blocks {record['address']} on {count} servers, not only for what is taken back: somebody "
        f"else may have made it; {_ELSEWHERE}"
    )
