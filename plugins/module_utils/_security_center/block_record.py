# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What custom_block_record does: one address in one direction, blocked on exactly these servers, or no longer."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, Callable, NamedTuple

from .._openapi.client import OpenApiClient
from .._openapi.errors import ApiError, OptionError, SecurityCenterError
from .._openapi.text import printable
from .alerts import Record
from .assets import find_assets
from .blocks import (
    DIRECTIONS,
    ENABLED,
    FAILED,
    INVALID,
    RECORD_FIELDS,
    STATUSES,
    address_of,
    is_enabled,
    read_block_records,
    read_brute_force_records,
    read_instances,
    with_in_force,
)
from .changes import Changes, NotDone, wait_until
from .guarding import never_blocked, protected_servers
from .guardrails import GuardRails, guard_rails
from .report import Report
from .request import at_least, expire_time, sendable
from .times import iso

PRESENT, ENABLED_STATE, DISABLED, ABSENT = STATES = ("present", "enabled", "disabled", "absent")
_BLOCK = "block_ip"  # the operation code that allows to block an address
_SHOWN = 5  # servers that a sentence names
_SAME_TIME = 1000  # milliseconds: whether the service keeps them is not known


class BlockRequest(NamedTuple):
    """What to do with which address, checked.

    ``expires`` is in milliseconds; ``keeps_expiry`` says that it is for a record that is made or has expired only.
    """

    state: str
    address: str
    direction: str
    servers: tuple[str, ...]
    expires: int | None
    keeps_expiry: bool
    wait_timeout: float
    guard_rails: GuardRails
    now_ms: int

    @property
    def blocks(self) -> bool:
        """Whether it blocks the address, and does not lift a block."""
        return self.state in (PRESENT, ENABLED_STATE)

    @property
    def name(self) -> str:
        return f"{self.address} ({self.direction})"


def block_request(options: Mapping[str, Any], rails: GuardRails, now: float) -> BlockRequest:
    """The request that ``options`` (those of custom_block_record) ask for at the time ``now``. Raises :class:`OptionError`."""
    state = options.get("state") or PRESENT
    given = {name: options[name] for name in ("expire_time", "expire_in") if options.get(name) is not None}
    if len(given) > 1:
        raise OptionError("expire_time and expire_in are both given: give one of them")
    if given and state != PRESENT:
        raise OptionError(f"{next(iter(given))} does not go with state {state}: remove it, or use state {PRESENT}")
    direction = options.get("direction") or "in"
    if state == DISABLED and direction != "in" and options.get("servers") is not None:
        raise OptionError(
            f"servers does not go with state {state} and direction {direction}: the record is disabled on all of its servers, "
            "and the service's own blocks are of direction in"
        )
    return BlockRequest(
        state=state,
        address=address_of(options["address"]),
        direction=direction,
        servers=_servers(state, options.get("servers")),
        expires=expire_time(given, now) if given else None,
        keeps_expiry="expire_time" not in given,
        wait_timeout=at_least("wait_timeout", options.get("wait_timeout"), 0, default=300),
        guard_rails=rails,
        now_ms=int(now * 1000),
    )


def _servers(state: str, given: Iterable[str] | None) -> tuple[str, ...]:
    if given is None and state != PRESENT:
        return ()
    if state in (ENABLED_STATE, ABSENT):
        raise OptionError(
            f"servers does not go with state {state}, which concerns all servers of the record: remove it"
        )
    servers = [str(one).strip() for one in given or ()]
    if not servers or not all(servers):
        what = "is missing or empty" if not servers else "has an empty entry"
        raise OptionError(f"servers {what}: give the uuids of the servers, as alerts tell them")
    comma = [one for one in servers if "," in one]
    if comma:
        raise OptionError(f"servers has the entry {printable(comma[0])}: write each uuid as an entry of its own")
    return tuple(dict.fromkeys(sendable("servers", one) for one in servers))


def run(client: OpenApiClient, options: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Options of custom_block_record in, its result out. Raises SecurityCenterError when nothing was sent."""
    request = block_request(options, guard_rails(options, report.environ), time.time())
    if request.blocks:
        _refuse_address(client, request)
    task = _Task(client, request, report)
    before = task.told()
    steps = {PRESENT: task.present, ENABLED_STATE: task.enabled, DISABLED: task.disabled, ABSENT: task.absent}
    try:
        steps[request.state]()
    except SecurityCenterError as error:
        if isinstance(error, OptionError) and not task.changes.actions:
            raise
        return task.changes.failure(error, task.result())
    return task.changes.result(task.result(), before, task.told(), report)


def _refuse_address(client: OpenApiClient, request: BlockRequest) -> None:
    rails = request.guard_rails
    if _BLOCK not in rails.allowed_operations:
        allowed = ", ".join(sorted(rails.allowed_operations)) or "none"
        raise OptionError(
            f"state {request.state} blocks an address, and {_BLOCK} is not in allowed_operations: allowed are {allowed}"
        )
    reason = never_blocked(client, rails, request.address)
    if reason:
        raise OptionError(f"address {request.address} is not blocked: {reason}")


class _Task:
    """The blocks of one address, as they were read last; in check mode as they would be. Reading raises ApiError."""

    def __init__(self, client: OpenApiClient, request: BlockRequest, report: Report) -> None:
        self._client = client
        self._request = request
        self._report = report
        self.changes = Changes(client, report, request.guard_rails)
        self._record: Record | None = None
        self._own: list[Record] = []
        self._behind: list[Record] = []
        self._read()
        if not request.blocks and request.direction == "in":
            self._read_own()

    # --- what is ------------------------------------------------------------------------------------------------------

    def told(self) -> dict[str, Any]:
        """What a diff shows."""
        names = ("address", "direction", "servers", "status", "in_force", "expire_time")
        shown = {name: self._record[name] for name in names} if self._record else {}
        if self._request.state == DISABLED and self._own:
            shown["brute_force_records"] = {str(record["id"]): record["status"] for record in self._own}
        return shown

    def result(self) -> dict[str, Any]:
        """What the module returns of the address."""
        told: dict[str, Any] = {"custom_block_record": self._record}
        if not self._request.blocks:
            told["brute_force_records"] = self._own
        return {**told, "instances": self._behind} if self._behind else told

    def _read(self) -> Record | None:
        """Read the custom record. Raises NotDone when it can't be told which one it is."""
        found = [
            record
            for record in read_block_records(self._client, self._request.address)
            if record["direction"] == self._request.direction or record["direction"] not in DIRECTIONS
        ]
        if len(found) > 1 or any(record["direction"] not in DIRECTIONS for record in found):
            raise NotDone(
                f"the service tells of {len(found)} custom block records for {self._request.address} that may be the one "
                f"for direction {self._request.direction}: look at them in the console"
            )
        self._record = found[0] if found else None
        return self._record

    def _there(self) -> Record:
        """Read the custom record, which a call needs to be there. Raises NotDone when it is gone."""
        record = self._read()
        if record is None:
            raise NotDone(
                f"the custom block record for {self._request.name} has been deleted by somebody else meanwhile: run the task "
                "again"
            )
        return record

    def _read_own(self) -> list[Record]:
        """Read the service's own blocks of the address, those on ``servers`` when they are given."""
        only = self._request.servers
        own = read_brute_force_records(self._client, self._request.address)
        self._own = [record for record in own if not only or record["uuid"] in only]
        return self._own

    def _as_wanted(self, servers: list[str], expires: int) -> bool:
        record = self._record
        return record is not None and record["servers"] == servers and _same_time(record["expire_time_stamp"], expires)

    def _is_blocking(self) -> bool:
        record = self._record
        if record is None:
            return False
        return record["status_code"] != INVALID or bool(record["enable_count"] and not self._has_expired())

    def _has_expired(self) -> bool:
        expires = self._record["expire_time_stamp"] if self._record else None
        return expires is not None and expires <= self._request.now_ms

    # --- what is to be ------------------------------------------------------------------------------------------------

    def present(self) -> None:
        """The record has exactly these servers and is in force on each."""
        servers = sorted(self._request.servers)
        self._refuse_servers(servers)
        if self._record is None:
            self._create(servers, self._expiry())
        expires = self._expiry()
        if self._as_wanted(servers, expires):
            self._enable()
        else:
            record = self._record or {}
            # Whether a change enables the record on what is new to it is not known.
            again = not record["in_force"] or self._has_expired() or not set(servers) <= set(record["servers"])
            self._modify(servers, expires)
            self._enable(again)
        if not self._as_wanted(servers, expires):
            raise NotDone(
                f"the block of {self._request.name} has been changed by somebody else meanwhile: run the task again"
            )

    def enabled(self) -> None:
        """The record is in force on each of its servers."""
        record, name = self._record, self._request.name
        if record is None:
            raise OptionError(f"there is no custom block record for {name}: make it with state {PRESENT}")
        if self._has_expired():
            raise OptionError(
                f"the custom block record for {name} has expired ({record['expire_time']}): renew it with state {PRESENT} "
                "and expire_in"
            )
        if self._request.guard_rails.protected_assets and len(record["servers"]) != record["server_count"]:
            raise OptionError(
                f"protected_assets can't be checked: the service tells {len(record['servers'])} of the servers of the record for "
                f"{name}, and counts {record['server_count']}"
            )
        self._refuse_servers(record["servers"])
        self._enable()

    def disabled(self) -> None:
        """Neither the record nor one of the service's own blocks the address."""
        held = {record["uuid"] for record in self._own}
        asked = [uuid for uuid in self._request.servers if uuid not in held]
        known = find_assets(self._client, asked, None)
        _refuse_unknown(uuid for uuid in asked if uuid not in known)
        if self._is_blocking():
            off = {"status": STATUSES[INVALID], "status_code": INVALID, "enable_count": 0}
            self.changes.make("DisableCustomBlockRecord", self._key(), self._is_being_disabled, self._request.name)
            self._reach(off, lambda: self._read() is None or not self._is_blocking(), "still in force on some servers")
        for record in [record for record in self._own if is_enabled(record)]:
            self._lift(record)
        if any(map(is_enabled, self._own)) and not self._report.check_mode:
            self._wait(lambda: not any(map(is_enabled, self._read_own())), "still blocked by a brute-force record")

    def absent(self) -> None:
        """There is no record. The service's own can't be deleted."""
        record = self._record
        if record is not None:
            self.changes.make(
                "DeleteCustomBlockRecord", {"Id": record["id"]}, lambda: self._read() is None, self._request.name
            )
            if self._report.check_mode:
                self._record = None
            else:
                self._wait(lambda: self._read() is None, "still there")
        blocking = [printable(record["instance_name"] or record["uuid"]) for record in self._own if is_enabled(record)]
        if blocking:
            self._report.warn(
                f"the service itself still blocks {self._request.address} on {_listed(blocking)} (brute-force records, which "
                f"can't be deleted): use state {DISABLED} to lift that too"
            )

    # --- steps --------------------------------------------------------------------------------------------------------

    def _key(self) -> dict[str, str]:
        address = self._record["address"] if self._record else self._request.address
        return {"BlockIp": address, "Bound": self._request.direction}

    def _expiry(self) -> int:
        """When the record is to expire; its own time, where that is kept."""
        now = self._record["expire_time_stamp"] if self._record else None
        wanted = self._request.expires
        if now is not None and now > self._request.now_ms and (self._request.keeps_expiry or _same_time(now, wanted)):
            return int(now)
        if wanted is None:
            state = "there is no custom block record" if self._record is None else "the record has expired"
            raise OptionError(f"{state} for {self._request.name}: give expire_in (such as 6h) or expire_time")
        return wanted

    def _refuse_servers(self, servers: list[str]) -> None:
        held = set(self._record["servers"]) if self._record else set()
        rails = self._request.guard_rails
        # The service knows the servers that the record has.
        asked = servers if rails.protected_assets else [uuid for uuid in servers if uuid not in held]
        known = find_assets(self._client, asked, None)
        _refuse_unknown(uuid for uuid in asked if uuid not in known and uuid not in held)
        protected = protected_servers(self._client, rails, servers, known)
        if protected:
            told = "; ".join(f"{printable(uuid)}: {reason}" for uuid, reason in protected.items())
            raise OptionError(f"{self._request.address} is not blocked on {len(protected)} of the servers - {told}")

    def _create(self, servers: list[str], expires: int) -> None:
        wanted = {**self._key(), "ExpireTime": expires, "Uuids": ",".join(servers)}
        foreseen = {**self._expected(servers, expires), "status": STATUSES[INVALID], "status_code": INVALID}
        try:
            self.changes.make("CreateCustomBlockRecord", wanted, self._is_now(servers, expires), self._request.name)
        except ApiError as error:
            # Somebody was quicker, or the call had been carried out after all.
            if error.code != "RuleRecordIsExists" or self._read() is None:
                raise
            return
        self._reach(foreseen, self._is_now(servers, expires), "not told as it was made")

    def _modify(self, servers: list[str], expires: int) -> None:
        held = self._record["servers"] if self._record else []
        dropped = [printable(uuid) for uuid in held if uuid not in servers]
        wanted = {**self._key(), "ExpireTime": expires, "Uuids": ",".join(servers)}
        kept = len(set(servers).intersection(held)) if self._record and self._record["in_force"] else None
        foreseen = {**self._expected(servers, expires), "enable_count": kept}
        self.changes.make(
            "ModifyCustomBlockRecord",
            wanted,
            lambda: bool(self._there()) and self._as_wanted(servers, expires),
            self._request.name,
        )
        if dropped:
            self._report.warn(
                f"{self._request.name} was blocked on {_listed(dropped)} as well, which servers does not name, and is so no "
                "longer: block records do not tell who made them, or why"
            )
        self._reach(foreseen, self._is_now(servers, expires), "not changed yet")

    def _enable(self, again: bool = False) -> None:
        record = self._record or {}
        if record.get("in_force") and not again:
            return
        before, count = record.get("status_code"), record.get("server_count")
        self.changes.make(
            "EnableCustomBlockRecord", self._key(), lambda: self._is_enabled_since(before), self._request.name
        )
        foreseen = {"status": STATUSES[ENABLED], "status_code": ENABLED, "enable_count": count}

        def settled() -> bool:
            now = self._there()
            if now["in_force"]:
                return True
            # A server that had failed before may be under way again.
            if before == FAILED or now["status_code"] != FAILED:
                return False
            return all(one["status_code"] in (ENABLED, FAILED) for one in read_instances(self._client, now))

        if self._report.check_mode:
            self._foresee(foreseen)
            return
        wait_until(settled, self._request.wait_timeout)
        if not (self._record or {}).get("in_force"):
            raise self._not_everywhere()

    def _lift(self, record: Record) -> None:
        def done() -> bool:
            return not any(is_enabled(one) for one in self._read_own() if one["id"] == record["id"])

        wanted = {"BlockIp": record["address"], "Uuid": record["uuid"], "Id": record["id"], "Port": record["port"]}
        self.changes.make("DisableBruteForceRecord", {**wanted, "Bound": "in"}, done, self._request.name)
        if self._report.check_mode:
            off = {"status": STATUSES[INVALID], "status_code": INVALID}
            self._own = [{**one, **off} if one["id"] == record["id"] else one for one in self._own]

    def _reach(self, foreseen: Mapping[str, Any], reached: Callable[[], bool], otherwise: str) -> None:
        """Wait for what a call leads to; in check mode foresee it."""
        if self._report.check_mode:
            self._foresee(foreseen)
        else:
            self._wait(reached, otherwise)

    def _wait(self, reached: Callable[[], bool], otherwise: str) -> None:
        if not wait_until(reached, self._request.wait_timeout):
            raise NotDone(
                f"{self._request.name} is {otherwise} after {self._request.wait_timeout:g} s: run the task again, or look "
                "at it in the console"
            )

    def _foresee(self, changed: Mapping[str, Any]) -> None:
        nothing = {field.name: None for field in RECORD_FIELDS}
        self._record = with_in_force({**(self._record or nothing), **changed})

    def _expected(self, servers: list[str], expires: int) -> dict[str, Any]:
        return {
            "address": self._key()["BlockIp"],
            "direction": self._request.direction,
            "servers": servers,
            "server_count": len(servers),
            "expire_time": iso(expires),
            "expire_time_stamp": expires,
        }

    def _is_now(self, servers: list[str], expires: int) -> Callable[[], bool]:
        return lambda: self._read() is not None and self._as_wanted(servers, expires)

    def _is_being_disabled(self) -> bool:
        """Whether the record is gone, or told as disabled. Its servers may still be on their way."""
        record = self._read()
        return record is None or record["status_code"] == INVALID

    def _is_enabled_since(self, before: int | None) -> bool:
        now = self._there()
        return now["in_force"] or (before == INVALID and now["status_code"] == ENABLED)

    # --- what went wrong ----------------------------------------------------------------------------------------------

    def _not_everywhere(self) -> NotDone:
        record = self._record or {}
        self._behind = [one for one in read_instances(self._client, record) if one["status_code"] != ENABLED]
        named = [
            f"{printable(one['instance_name'] or one['uuid'])} ({printable(one['error_code'] or one['status'])})"
            for one in self._behind
        ]
        return NotDone(
            f"{self._request.name} is blocked on {record['enable_count']} of {record['server_count']} servers only, and not "
            f"on {_listed(named) or 'some that the service does not name'}: see that the Security Center agent is online "
            "there, and run the task again"
        )


def _refuse_unknown(servers: Iterable[str]) -> None:
    unknown = [printable(uuid) for uuid in servers]
    if unknown:
        raise OptionError(
            f"servers names {_listed(unknown)}, which the account does not have: give the uuids that alerts tell, and "
            "check region_id and the account"
        )


def _same_time(one: int | None, other: int | None) -> bool:
    return one is not None and other is not None and abs(one - other) < _SAME_TIME


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
