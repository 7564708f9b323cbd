# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan: which alerts would be sent, in which calls, and why the others not. Reads, never writes."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Callable, NamedTuple

from .._openapi.client import OpenApiClient
from .._openapi.errors import ApiError
from .._openapi.text import clean, printable
from .alerts import FIELD_NAMES, Record
from .assets import find_assets, owns_address
from .finding import Found, find_alerts
from .guardrails import OWN_ASSETS, blocked_by, needs_asset, protection
from .offers import (
    attacker_addresses,
    merged_rules,
    operable,
    read_offers,
    unfit_rule,
    unread_address,
    whitelist_offer,
)
from .operations import EXPIRED, OPERATIONS, PENDING, PROCESSING, STATUS_NAMES, Operation, succeeded
from .request import MOST_ASKED_EACH, HandleRequest

SEND, UNCHANGED, FOLLOW, REFUSED = "send", "unchanged", "follow", "refused"
# Ten thousand alerts are kept at a time: without the long texts that no decision turns on.
_FIELDS = tuple(name for name in FIELD_NAMES if name not in ("desc", "details", "event_notes", "tactic_items"))


class Target:
    """One id that was given, the alert behind it, and what is to become of it.

    ``code`` and ``message`` say why an alert is not sent; ``rules`` are its merged whitelist rules on the wire;
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
        self.offers: list[list[Record]] = []

    def refuse(self, code: str, message: str) -> None:
        self.decision, self.code, self.message = REFUSED, code, message


class Batch:
    """One call of HandleSecurityEvents: the events and the parameters."""

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


def plan(client: OpenApiClient, request: HandleRequest, warn: Callable[[str], None]) -> Plan:
    """Read the alerts and decide about each. Raises ApiError when they can't be read."""
    read_at = time.monotonic()
    found = find_alerts(client, list(request.ids), alert_query(request), _FIELDS)
    targets = [decide(request.operation, given, found[given]) for given in request.ids]
    _ask(client, request, targets, warn)
    if request.operation.needs_expiry:
        _spare_addresses(client, request, targets)
    if request.operation.whitelists:
        _merge_rules(request, targets, warn)
    _protect(client, request, targets)
    _limit_each_asset(request, targets)
    batches = _batches(request, targets)
    return Plan(request, targets, batches, _stop(request, targets, batches), read_at)


_OFFLINE = ("NotHandleableOnline", "the service says that this alert can't be handled online: handle it on the server")


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
    if _is_done(operation, status, code):
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
        target.refuse(*_OFFLINE)
    elif succeeded(code, operation) and set(found.event_ids) < set(alert["security_event_ids"]):
        reason = f"some events of alert {printable(alert['id'])} are handled ({printable(code)}), and the service does not tell which"
        target.refuse("PartlyHandled", reason)
    return target


def _is_done(operation: Operation, status: int, code: str | None) -> bool:
    """Whether an alert is already in a state that ``operation`` leads to, by this operation."""
    if status not in operation.leads_to:
        return False
    only_this = [other.code for other in OPERATIONS.values() if status in other.leads_to] == [operation.code]
    return succeeded(code, operation) or status == PENDING or (only_this and not code and status != PROCESSING)


def _to_send(targets: Iterable[Target]) -> list[Target]:
    return [target for target in targets if target.decision == SEND]


def _protect(client: OpenApiClient, request: HandleRequest, targets: list[Target]) -> None:
    rules = request.guard_rails.protected_assets
    if not rules:
        return
    going = [(target, target.alert) for target in _to_send(targets) if target.alert]
    uuids = {str(alert["uuid"]) for _target, alert in going if alert["uuid"] and needs_asset(rules, alert)}
    assets = find_assets(client, sorted(uuids), request.account)
    for target, alert in going:
        # The caller of a member's alerts knows the account, even when the row does not tell it.
        known = {**alert, "source_ali_uid": alert["source_ali_uid"] or request.account}
        reason = protection(rules, known, assets.get(str(alert["uuid"])))
        if reason:
            target.refuse("ProtectedAsset", reason)


def _ask(client: OpenApiClient, request: HandleRequest, targets: list[Target], warn: Callable[[str], None]) -> None:
    """Ask the service what each alert offers. A yes may be reused for another alert of its kind and server, a no not."""
    going = _to_send(targets)
    if request.operation.whitelists:
        going += [target for target in targets if target.decision == UNCHANGED]
    must_ask = request.operation.whitelists or request.operation.needs_expiry
    if not going or (request.check_operations == "never" and not must_ask):
        return
    if request.account:
        warn(
            "what the alerts of a member account offer can't be asked with the caller's credentials: the service answers for "
            "its own account only, so its task will tell"
        )
        return
    reuse = request.check_operations == "auto" and not must_ask and len(going) > MOST_ASKED_EACH
    first_of_kind = {_kind(target.alert or {}): target for target in reversed(going)} if reuse else {}
    asked = [target for target in going if not reuse or first_of_kind[_kind(target.alert or {})] is target]
    yes = {_kind(target.alert or {}) for target in _ask_each(client, request, asked)}
    if reuse:
        done = set(map(id, asked))
        rest = [target for target in going if id(target) not in done and _kind(target.alert or {}) not in yes]
        _ask_each(client, request, rest)


def _ask_each(client: OpenApiClient, request: HandleRequest, targets: list[Target]) -> list[Target]:
    """Note what the service offers for each target, and refuse those that do not offer the operation. Returns the others."""

    def read(target: Target) -> list[list[Record]] | ApiError:
        try:
            return [read_offers(client, event_id, request.lang, request.source_ip) for event_id in target.event_ids]
        except ApiError as error:
            if error.code != "SecurityEventNotExists":
                raise
            return error

    yes = []
    for target, offers in zip(targets, client.at_once(read, targets)):
        if isinstance(offers, ApiError):
            target.refuse(offers.code, f"the service knows no event {', '.join(target.event_ids)}")
            continue
        target.offers = offers
        common = [code for code in operable(offers[0]) if all(code in operable(other) for other in offers)]
        if request.operation.code in common:
            yes.append(target)
        elif target.decision == SEND:
            offered = ", ".join(printable(code) for code in common) or "nothing"
            target.refuse(
                "OperationNotOffered",
                f"the service does not offer {request.operation.code} for this alert now; it offers {offered}",
            )
    return yes


def _kind(alert: Record) -> tuple[Any, ...]:
    return (alert.get("alarm_event_type"), alert.get("alarm_event_name"), alert.get("name"), alert.get("uuid"))


def _spare_addresses(client: OpenApiClient, request: HandleRequest, targets: list[Target]) -> None:
    """Refuse to block an address that is never to be blocked, or one that nobody tells."""
    never_block = request.guard_rails.never_block
    own: dict[str, bool] = {}
    for target in _to_send(targets):
        told = [attacker_addresses(offers) for offers in target.offers]
        in_row = (target.alert or {})["attacker_addresses"]
        attackers = dict.fromkeys([address for one in told for address in one] + in_row)
        # Of an alert with several events the row's own details say too little of each.
        complete = all(told) if len(target.event_ids) > 1 or not in_row else True
        unread = any(unread_address(offers) for offers in target.offers)
        if never_block and (not attackers or not complete or unread):
            target.refuse(
                "NeverBlock", "never_block can't be checked: the service does not tell which address would be blocked"
            )
            continue
        for address in attackers:
            reason = blocked_by(never_block, address)
            if not reason and OWN_ASSETS in never_block:
                if address not in own:
                    own[address] = owns_address(client, address, request.account)
                if own[address]:
                    reason = f"{address} belongs to one of the account's own servers (never_block: {OWN_ASSETS})"
            if reason:
                target.refuse("NeverBlock", reason)
                break


def _merge_rules(request: HandleRequest, targets: list[Target], warn: Callable[[str], None]) -> None:
    """Give each alert its own rules together with the new ones; see :func:`merged_rules`.

    An alert that is whitelisted already, but without the new rules, is sent after all.
    """
    for target in targets:
        if target.decision not in (SEND, UNCHANGED):
            continue
        found = [whitelist_offer(offers, request.operation.code) for offers in target.offers]
        offers = [offer for offer in found if offer is not None]
        if not offers or len(offers) < len(found):
            if target.decision == SEND:
                target.refuse(
                    "OperationNotOffered",
                    "the alert's whitelist rules can't be read, and sending new ones would replace them",
                )
            elif request.mark_rules:
                target.message += ", with which rules the service does not tell"
                warn(
                    f"alert {target.given} is whitelisted already: whether with the rules of mark_miss_param can't be told"
                )
            continue
        _merge_into(target, offers, request.mark_rules)


def _merge_into(target: Target, offers: list[Record], rules: tuple[Mapping[str, str], ...]) -> None:
    merged = merged_rules(offers[0], rules)
    if any(merged_rules(other, rules) != merged for other in offers[1:]):
        target.refuse("RulesDiffer", "the alert's events have different whitelist rules: name one event at a time")
        return
    if target.decision == UNCHANGED:
        if len(merged) == len(merged_rules(offers[0], ())):
            return
        target.decision, target.message = SEND, ""
        if not offers[0]["user_can_operate"]:
            target.refuse("OperationNotOffered", "the alert is whitelisted already, and takes no further rules")
        elif (target.alert or {})["can_be_deal_on_line"] is False:
            target.refuse(*_OFFLINE)
    unfit = unfit_rule(offers[0], rules) if target.decision == SEND else ""
    if unfit:
        target.refuse("IllegalParam", unfit)
    target.rules = json.dumps(merged, ensure_ascii=False) if merged else None
    if target.rules and clean(target.rules) != target.rules:
        target.refuse("IllegalParam", "the alert has a whitelist rule with a character that can't be sent back")


def _limit_each_asset(request: HandleRequest, targets: list[Target]) -> None:
    most = request.guard_rails.max_events_per_asset
    if most is None:
        return
    going = _to_send(targets)
    count = Counter((target.alert or {})["uuid"] for target in going for _event_id in target.event_ids)
    for target in going:
        uuid = (target.alert or {})["uuid"]
        if count[uuid] > most:
            where = f"server {printable(uuid)}" if uuid else "no server"
            target.refuse(
                "MaxEventsPerAsset", f"{count[uuid]} alerts of {where} would be handled, max_events_per_asset is {most}"
            )


def _batches(request: HandleRequest, targets: list[Target]) -> list[Batch]:
    """The calls, in the order of the ids. Alerts whose merged rules differ never share one.

    Without mark_batch each alert that is whitelisted has a call of its own.
    """
    groups: dict[str | None, list[Target]] = {}
    for target in _to_send(targets):
        groups.setdefault(target.rules, []).append(target)
    batches = []
    for rules, group in groups.items():
        for event_ids in _parts(request, group):
            batches.append(Batch(event_ids, _parameters(request, event_ids, rules)))
    return batches


def _parts(request: HandleRequest, group: list[Target]) -> Iterator[tuple[str, ...]]:
    """The events of each call. Those of one alert stay together while a call can hold them."""
    alone = request.operation.whitelists and not request.mark_batch
    size = 1 if alone else request.batch_size
    seen: set[str] = set()
    part: list[str] = []
    for target in group:
        fresh = [event_id for event_id in target.event_ids if event_id not in seen]
        seen.update(fresh)
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
        "ResourceDirectoryAccountId": request.account,
        "SourceIp": request.source_ip,
    }
    return {name: value for name, value in parameters.items() if value is not None}


def _stop(request: HandleRequest, targets: list[Target], batches: list[Batch]) -> str:
    count = sum(len(batch.event_ids) for batch in batches)
    refused = sum(target.decision == REFUSED for target in targets)
    if count > request.guard_rails.max_events:
        most = request.guard_rails.max_events
        return f"{count} alerts would be handled, max_events is {most}: name fewer, or raise it where it is set"
    if refused and request.on_refused == "abort":
        return f"{refused} of {len(targets)} alerts are refused and on_refused is abort: nothing was sent"
    return ""
