# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take a block back: find the records of each attacker's address, and disable them."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from .._openapi.client import OpenApiClient
from .._openapi.errors import ApiError, SecurityCenterError, no_such_answer
from .._openapi.text import printable
from .alerts import Record
from .blocks import (
    DIRECTIONS,
    INVALID,
    address_of,
    is_address,
    is_enabled,
    read_block_records,
    read_brute_force_records,
    same_address,
)
from .changes import Changes, wait_until
from .operations import UNBLOCK
from .outcomes import FAILED, HANDLED, UNKNOWN, Ending
from .plan import REFUSED, UNCHANGED, Batch, Target, to_send
from .report import Report
from .request import HandleRequest
from .reverting_marks import Apart
from .ways_back import Reversal

_DIRECTION = "in"  # block_ip keeps an attacker out
_LIFTED = "the block is lifted"
_BY_ANOTHER = "somebody else has lifted the block"
_WORST_FIRST = (FAILED, UNKNOWN, REFUSED, HANDLED, UNCHANGED)
_ELSEWHERE = "lift it with custom_block_record and state disabled, if that is meant"


class Blocks(Apart):
    """The blocks of the attackers' addresses. Which record a block_ip makes is not documented."""

    things = "blocks"

    def __init__(
        self, client: OpenApiClient, request: HandleRequest, reversals: list[Reversal], report: Report
    ) -> None:
        super().__init__(client, request, reversals, report)
        self._records: dict[str, list[tuple[Record, str]]] = {}
        self._own_blocks: dict[str, list[Record]] = {}
        self._servers: dict[str, set[str]] = {}
        self._ending = threading.Lock()
        self._lifted_some = False
        self._choose(to_send(self.run.plan.targets))

    def _choose(self, targets: list[Target]) -> None:
        """Find the records of each target's addresses, and leave out what has none."""
        custom = [one for one in read_block_records(self._client) if one["direction"] != "out"] if targets else []
        if not all(is_address(one["address"]) for one in custom):
            raise no_such_answer("DescribeCustomBlockRecords", "address in BlockIp for each entry of RecordList")
        for target in targets:
            addresses = (target.alert or {})["attacker_addresses"]
            own = [
                (record, address)
                for record in custom
                for address in addresses
                if same_address(record["address"], address) and self._is_blocking(record)
            ]
            if not addresses:
                target.refuse(
                    "NoAddress",
                    "the service does not tell which address was blocked: lift the block with custom_block_record",
                )
            elif own:
                self._records[target.given] = own
                self.beside[target.given] = ("blocked", "not blocked")
            else:
                self._without_record(target, addresses)
        self.narrow()

    def narrow(self) -> None:
        """Refuse what shares a record with a server that nothing is taken back for, until there is no such record."""
        narrower = True
        while narrower:
            narrower = False
            going = to_send(self.run.plan.targets)
            self._servers = {}
            for target in going:
                for _record, address in self._records[target.given]:
                    self._servers.setdefault(address, set()).add(str((target.alert or {})["uuid"]))
            for target in going:
                for record, address in self._records[target.given]:
                    reason = _too_wide(record, self._servers[address])
                    if reason:
                        target.refuse("OtherServers", reason)
                        narrower = True
                        break

    def _without_record(self, target: Target, addresses: Iterable[str]) -> None:
        """No custom record blocks the address. The service itself may."""
        uuid = (target.alert or {})["uuid"]
        for address in addresses:
            if address not in self._own_blocks:  # a storm of alerts has few addresses
                self._own_blocks[address] = read_brute_force_records(self._client, address)
            for record in self._own_blocks[address]:
                if record["uuid"] == uuid and is_enabled(record):
                    reason = f"the service itself blocks {address} on {printable(record['instance_name'] or uuid)}"
                    target.refuse("BruteForceRecord", f"{reason}, record {printable(record['id'])}: {_ELSEWHERE}")
                    return
        target.decision, target.message = UNCHANGED, f"{', '.join(addresses)} is not blocked any more"

    def _is_blocking(self, record: Record) -> bool:
        """Whether a record blocks its address anywhere: the servers follow one that is not enabled any more."""
        expires = record["expire_time_stamp"]
        expired = expires is not None and expires <= self._client.now() * 1000
        return record["status_code"] != INVALID or bool(record["enable_count"] and not expired)

    def settle(self, stop: str) -> None:
        super().settle(stop)
        events: dict[str, dict[str, None]] = {}
        for target in to_send(self.run.plan.targets):
            # In the service's own spelling, of which IPv6 has several.
            for record, _address in self._records[target.given]:
                events.setdefault(record["address"], {}).update(dict.fromkeys(target.event_ids))
        for spelt, event_ids in events.items():
            self.run.plan.batches.append(Batch(tuple(event_ids), {"BlockIp": spelt, "Bound": _DIRECTION}))

    def changed(self, *, check_mode: bool) -> bool:
        return super().changed(check_mode=check_mode) or self._lifted_some

    def execute(self) -> None:
        self._make(self._lift, self.run.plan.batches)

    def _lift(self, batch: Batch) -> None:
        run, spelt = self.run, batch.parameters["BlockIp"]
        address = address_of(spelt)
        changes = Changes(self._client, self._report, run.plan.request.guard_rails)

        def records() -> list[Record]:
            return [one for one in read_block_records(self._client, address) if one["direction"] != "out"]

        def asked() -> bool:
            return all(one["status_code"] == INVALID for one in records() if one["address"] == spelt)

        def lifted() -> bool:
            return not any(self._is_blocking(one) for one in records() if one["address"] == spelt)

        try:
            wide = [reason for one in records() if (reason := _too_wide(one, self._servers[address]))]
            if wide:
                self._end(batch, REFUSED, f"{wide[0]}, since this run began")
                return
            changes.make(UNBLOCK, batch.parameters, asked, subject=spelt)
            done = wait_until(lifted, run.plan.request.wait_timeout)
        except SecurityCenterError as error:
            if isinstance(error, ApiError):
                run.note(error)
            self._end(batch, UNKNOWN if changes.changed else FAILED, str(error))
        else:
            late = f"{spelt} is still blocked after wait_timeout ({run.plan.request.wait_timeout:g} s)"
            lifted_by = (HANDLED, _LIFTED) if changes.changed else (UNCHANGED, _BY_ANOTHER)
            self._end(batch, *(lifted_by if done else (UNKNOWN, late)))
        if changes.actions:
            run.sent.append(batch)
        self._lifted_some |= changes.changed

    def _end(self, batch: Batch, outcome: str, message: str) -> None:
        """End the events of a call. Of an alert with several addresses the one that ended worst speaks for it."""
        with self._ending:
            for event_id in batch.event_ids:
                ending = self.run.endings.setdefault(event_id, Ending())
                if not ending.outcome or _WORST_FIRST.index(outcome) < _WORST_FIRST.index(ending.outcome):
                    ending.end(outcome, message)


def _too_wide(record: Record, servers: set[str]) -> str:
    """Why a record was not made for the alerts of ``servers`` alone, or an empty text. What is not told is no."""
    told = f"record {printable(record['id'])} blocks {printable(record['address'])}"
    if record["direction"] not in DIRECTIONS or not record["servers"] or record["server_count"] is None:
        return f"{told}, and the service does not tell where: {_ELSEWHERE}"
    count = max(record["server_count"], len(record["servers"]))
    if servers.issuperset(record["servers"]) and count == len(record["servers"]):
        return ""
    return f"{told} on {count} servers, not only for what is taken back: somebody else may have made it; {_ELSEWHERE}"
