# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan: which alerts would be sent, in which calls, and why the others not. Reads, never writes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

from .._openapi.client import OpenApiClient
from .._openapi.text import printable
from .alerts import FIELD_NAMES, Record
from .finding import Found, find_alerts
from .guardrails import GuardRails, outside_windows
from .operations import CANCEL_IGNORE, EXPIRED, OPERATIONS, PENDING, PROCESSING, STATUS_NAMES, Operation, succeeded
from .pages import count_alerts
from .request import HandleRequest

if TYPE_CHECKING:
    from .checks import Checks

SEND, UNCHANGED, FOLLOW, REFUSED = "send", "unchanged", "follow", "refused"
_PART = 100  # how many alerts are decided about at a time, while others are still read
# Ten thousand alerts are kept at a time: without the long texts that no decision turns on.
ALERT_FIELDS = tuple(name for name in FIELD_NAMES if name not in ("desc", "details", "event_notes", "tactic_items"))


class Target:
    """One id that was given, the alert behind it, and what is to become of it.

    ``code`` and ``message`` say why an alert is not sent; ``rules`` are its merged whitelist rules on the wire, of which
    ``added_rules`` are new to it;
    ``offers`` holds what the service offers for each of ``event_ids``, and is empty when it was not asked.
    """

    def __init__(
        self,
        given: str,
        alert: Record | None = None,
        event_ids: tuple[str, ...] = (),
        decision: str = SEND,
        code: str = "",
        message: str = "",
    ) -> None:
        self.given = given
        self.alert = alert
        self.event_ids = event_ids
        self.decision = decision
        self.code = code
        self.message = message
        self.rules: str | None = None
        self.added_rules: list[Mapping[str, str]] = []
        self.offers: list[list[Record]] = []

    def refuse(self, code: str, message: str) -> None:
        self.decision, self.code, self.message = REFUSED, code, message


class Batch:
    """One call: the events and the parameters."""

    def __init__(self, event_ids: tuple[str, ...], parameters: Mapping[str, Any]) -> None:
        self.event_ids = event_ids
        self.parameters = parameters


class Plan(NamedTuple):
    """What a request comes to.

    ``stop`` says why nothing at all may be sent, or is empty; ``read_at`` is when the alerts were read (of time.monotonic).
    """

    request: HandleRequest
    targets: list[Target]
    batches: list[Batch]
    stop: str = ""
    read_at: float = 0.0


class Planner:
    """Decides about alerts, and makes batches of what is to be sent. Calls the service only to check.

    ``beside`` are clients of where the account has servers too, of which some guard rails have to know.
    """

    def __init__(
        self,
        client: OpenApiClient,
        request: HandleRequest,
        warn: Callable[[str], None],
        beside: Sequence[OpenApiClient] = (),
    ) -> None:
        self._client = client
        self._request = request
        self._checks: Checks | None = None
        self._left: list[Target] = []
        self._batched: set[str] = set()
        if request.asks or request.guard_rails.protected_assets:
            from .checks import Checks  # when it is used: each task compiles what it imports

            self._checks = Checks(client, request, warn, beside)

    def decide(self, found: Mapping[str, Found]) -> list[Target]:
        """A target for each id. Raises ApiError when the service can't be asked."""
        targets = [decide(self._request.operation, given, found[given]) for given in found]
        if self._checks:
            self._checks.check(targets)
        if self._request.guard_rails.time_windows:
            limit_time(self._request.guard_rails, targets, self._client.now())
        return targets

    def count(self, targets: list[Target]) -> int:
        """How many events would have been sent when ``targets`` are sent too."""
        going = self._left + to_send(targets)
        return len(self._batched.union(*(target.event_ids for target in going)))

    def batches(self, targets: list[Target], *, more: bool = False) -> list[Batch]:
        """The calls for ``targets``. When there is ``more`` to come, what does not fill a call is kept for the next time."""
        going = self._left + to_send(targets)
        batches = _batches(self._request, going, self._batched)
        short = [batch for batch in batches if more and len(batch.event_ids) < self._request.batch_size]
        kept = {event_id for batch in short for event_id in batch.event_ids}
        self._batched -= kept
        self._left = [target for target in going if not kept.isdisjoint(target.event_ids)]
        return [batch for batch in batches if batch not in short]


def plan(
    client: OpenApiClient,
    request: HandleRequest,
    warn: Callable[[str], None],
    found: Mapping[str, Found] | None = None,
    beside: Sequence[OpenApiClient] = (),
) -> Plan:
    """Read the alerts, unless they were just ``found``, and decide about each. Raises ApiError when they can't be read.

    ``beside`` is as :class:`Planner` has it.
    """
    read_at = time.monotonic()
    planner = Planner(client, request, warn, beside)
    if found is None:
        found = find_alerts(client, list(request.ids), alert_query(request), ALERT_FIELDS)
    targets = planner.decide(found)
    limit_each_asset(request.guard_rails, targets)
    if request.guard_rails.max_share is not None and to_send(targets) and not request.operation.reopens:
        limit_share(request.guard_rails, targets, count_alerts(client, {**alert_query(request), "Dealed": "N"}))
    batches = planner.batches(targets)
    return Plan(request, targets, batches, stop_of(request, targets, batches), read_at)


def plan_in_parts(
    client: OpenApiClient, request: HandleRequest, warn: Callable[[str], None], tell: Callable[[Plan], None]
) -> None:
    """Decide about each alert while the others are still read: ``tell`` gets a plan for some at a time.

    For requests without a rule that turns on all alerts together (``request.in_parts``). Raises ApiError when they can't be
    read, or the service can't be asked.
    """
    planner = Planner(client, request, warn)
    told: set[str] = set()
    part: dict[str, Found] = {}

    def hand_over(read_at: float) -> None:
        targets = planner.decide(part)
        told.update(part)
        part.clear()
        tell(Plan(request, targets, planner.batches(targets, more=True), read_at=read_at))

    def settled(found: dict[str, Found]) -> None:
        part.update(found)
        if len(part) >= _PART:
            hand_over(time.monotonic())

    found = find_alerts(client, list(request.ids), alert_query(request), ALERT_FIELDS, settled)
    part.update((given, found[given]) for given in request.ids if given not in told)
    targets = planner.decide(part)
    # An id may stand for several events. Those are among the last.
    count = planner.count(targets)
    if count > request.guard_rails.max_events:
        for target in to_send(targets):
            if len(target.event_ids) > 1:
                target.refuse("MaxEvents", too_many(request.guard_rails, count))
    tell(Plan(request, targets, planner.batches(targets), read_at=time.monotonic()))


# What a call takes, when that is less than HandleSecurityEvents takes.
_PARAMETERS = {CANCEL_IGNORE: ("SecurityEventIds", "Remark", "ResourceDirectoryAccountId")}

OFFLINE = ("NotHandleableOnline", "the service says that this alert can't be handled online: handle it on the server")


def alert_query(request: HandleRequest) -> dict[str, Any]:
    """The parameters with which DescribeSuspEvents sees the alerts that the request can handle."""
    return {"Lang": request.lang, "ResourceDirectoryAccountId": request.account, "SourceIp": request.source_ip}


def decide(operation: Operation, given: str, found: Found) -> Target:
    """What the alert's own state says about handling it."""
    alert = found.alert
    target = Target(given, alert, found.event_ids)
    if alert is None:
        target.refuse(found.code, found.reason)
        return target
    status, code = alert["event_status_code"], alert["operate_error_code"]
    name = alert["event_status"] or "in a status that the service does not tell"
    by = f" ({printable(code)})" if code else ""
    if is_done(operation, status, code):
        target.decision, target.message = UNCHANGED, f"is {name} already{by}"
        if operation.needs_params:
            target.message += ", with which operation_params the service does not tell"
    elif status == PROCESSING:
        target.decision, target.message = FOLLOW, f"is being handled already{by}"
    elif status == EXPIRED:
        target.refuse("Expired", "the alert is expired: the service offers no operation for it any more")
    elif status not in operation.starts_from:
        wanted = " or ".join(STATUS_NAMES[start] for start in operation.starts_from)
        target.refuse("WrongStatus", f"the alert is {name}{by}: {operation.code} needs one that is {wanted}")
    elif alert["can_be_deal_on_line"] is False:
        target.refuse(*OFFLINE)
    elif succeeded(code, operation) and set(found.event_ids) < set(alert["security_event_ids"]):
        reason = f"some events of alert {printable(alert['id'])} are handled ({printable(code)}), and the service does not tell which"
        target.refuse("PartlyHandled", reason)
    return target


def is_done(operation: Operation, status: int, code: str | None) -> bool:
    """Whether an alert is already in a state that ``operation`` leads to, by this operation."""
    if status not in operation.leads_to:
        return False
    only_this = [other.code for other in OPERATIONS.values() if status in other.leads_to] == [operation.code]
    return succeeded(code, operation) or status == PENDING or (only_this and not code and status != PROCESSING)


def to_send(targets: Iterable[Target]) -> list[Target]:
    """Those of ``targets`` that are to be sent."""
    return [target for target in targets if target.decision == SEND]


def limit_each_asset(rails: GuardRails, targets: list[Target]) -> None:
    """Refuse those of ``targets`` whose server has more of them than the guard rails allow."""
    most = rails.max_events_per_asset
    if most is None:
        return
    going = to_send(targets)
    count = Counter((target.alert or {})["uuid"] for target in going for _event_id in target.event_ids)
    for target in going:
        uuid = (target.alert or {})["uuid"]
        if count[uuid] > most:
            where = f"server {printable(uuid)}" if uuid else "no server"
            target.refuse(
                "MaxEventsPerAsset", f"{count[uuid]} alerts of {where} would be handled, max_events_per_asset is {most}"
            )


def limit_share(rails: GuardRails, targets: list[Target], open_count: int) -> None:
    """Refuse all of ``targets`` that would be sent, when they have more events than the guard rails' share of the open alerts."""
    going = to_send(targets)
    count = len({event_id for target in going for event_id in target.event_ids})
    # 323 of 1,000 are not more than 32.3 percent, whatever floating point makes of it.
    if rails.max_share is None or count * 100 <= round(rails.max_share * open_count, 6):
        return
    share = f"{count} alerts of {open_count} that are open would be handled, max_share is {rails.max_share:g} percent"
    for target in going:
        target.refuse("MaxShare", f"{share}: name fewer, or raise it where it is set")


def limit_time(rails: GuardRails, targets: list[Target], now: float) -> None:
    """Refuse all of ``targets`` that would be sent, when ``now`` (in seconds, by the service's clock) is no time for it."""
    reason = outside_windows(rails, now)
    for target in to_send(targets) if reason else ():
        target.refuse("TimeWindow", reason)


def _batches(request: HandleRequest, targets: list[Target], batched: set[str]) -> list[Batch]:
    """The calls, in the order of the targets, without the events in ``batched``, to which theirs are added.

    Alerts whose merged rules differ never share a call. Without mark_batch each alert that is whitelisted has its own.
    """
    groups: dict[str | None, list[Target]] = {}
    for target in targets:
        groups.setdefault(target.rules, []).append(target)
    batches = []
    for rules, group in groups.items():
        for event_ids in _parts(request, group, batched):
            batches.append(Batch(event_ids, _parameters(request, event_ids, rules)))
    return batches


def _parts(request: HandleRequest, group: list[Target], batched: set[str]) -> Iterator[tuple[str, ...]]:
    """The events of each call. Those of one alert stay together while a call can hold them."""
    alone = request.operation.whitelists and not request.mark_batch
    size = 1 if alone else request.batch_size
    part: list[str] = []
    events_of: dict[Any, dict[str, None]] = {}
    for target in group:
        events_of.setdefault((target.alert or {})["id"], {}).update(dict.fromkeys(target.event_ids))
    for event_ids in events_of.values():
        fresh = [event_id for event_id in event_ids if event_id not in batched]
        batched.update(fresh)
        if part and len(part) + len(fresh) > size:
            yield tuple(part)
            part = []
        part += fresh
        while len(part) > request.batch_size:
            yield tuple(part[: request.batch_size])
            part = part[request.batch_size :]
    if part:
        yield tuple(part)


def _parameters(request: HandleRequest, event_ids: tuple[str, ...], rules: str | None) -> dict[str, Any]:
    parameters = {
        "OperationCode": request.operation.code,
        "SecurityEventIds": list(event_ids),
        "OperationParams": request.operation_params,
        "MarkMissParam": rules,
        "MarkBatch": "true" if request.operation.whitelists and (request.mark_batch or len(event_ids) > 1) else None,
        "Remark": request.remark,
        "ResourceDirectoryAccountId": request.account if request.blind else None,
        "SourceIp": request.source_ip,
    }
    known = _PARAMETERS.get(request.operation.action, parameters)
    return {name: value for name, value in parameters.items() if value is not None and name in known}


def stop_of(request: HandleRequest, targets: list[Target], batches: list[Batch]) -> str:
    """Why nothing at all may be sent, or an empty text."""
    count = sum(len(batch.event_ids) for batch in batches)
    refused = sum(target.decision == REFUSED for target in targets)
    if count > request.guard_rails.max_events:
        return too_many(request.guard_rails, count)
    if refused and request.on_refused == "abort":
        return f"{refused} of {len(targets)} alerts are refused and on_refused is abort: nothing was sent"
    return ""


def too_many(rails: GuardRails, count: int) -> str:
    """The sentence that refuses so many alerts."""
    return f"{count} alerts would be handled, max_events is {rails.max_events}: name fewer, or raise it where it is set"
