# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check with the service what is to be sent: what it offers, whose address is blocked, which rules stand, whose server it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Callable

from .._openapi.client import OpenApiClient
from .._openapi.errors import ApiError
from .._openapi.text import clean, printable
from .alerts import Record
from .assets import find_assets, owns_address
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
from .plan import OFFLINE, SEND, UNCHANGED, Target, to_send
from .request import MOST_ASKED_EACH, HandleRequest


def check(client: OpenApiClient, request: HandleRequest, targets: list[Target], warn: Callable[[str], None]) -> None:
    """Refuse those of ``targets`` that the service or a guard rail does not allow. Raises ApiError."""
    _ask(client, request, targets, warn)
    if request.operation.needs_expiry:
        _spare_addresses(client, request, targets)
    if request.operation.whitelists:
        _merge_rules(request, targets, warn)
    _protect(client, request, targets)


def _ask(client: OpenApiClient, request: HandleRequest, targets: list[Target], warn: Callable[[str], None]) -> None:
    """Ask the service what each alert offers. A yes may be reused for another alert of its kind and server, a no not."""
    going = to_send(targets)
    if request.operation.whitelists:
        going += [target for target in targets if target.decision == UNCHANGED]
    if not going or not request.asks:
        return
    if request.account:
        warn(
            "what the alerts of a member account offer can't be asked with the caller's credentials: the service answers for "
            "its own account only, so its task will tell"
        )
        return
    reuse = request.check_operations == "auto" and not request.must_ask and len(going) > MOST_ASKED_EACH
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
    own: dict[str, bool | None] = {}
    for target in to_send(targets):
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
                elif own[address] is None:
                    reason = f"never_block can't be checked: a server was found for {address}, and its addresses are not told"
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
            target.refuse(*OFFLINE)
    unfit = unfit_rule(offers[0], rules) if target.decision == SEND else ""
    if unfit:
        target.refuse("IllegalParam", unfit)
    target.rules = json.dumps(merged, ensure_ascii=False) if merged else None
    if target.rules and clean(target.rules) != target.rules:
        target.refuse("IllegalParam", "the alert has a whitelist rule with a character that can't be sent back")


def _protect(client: OpenApiClient, request: HandleRequest, targets: list[Target]) -> None:
    rules = request.guard_rails.protected_assets
    if not rules:
        return
    going = [(target, target.alert) for target in to_send(targets) if target.alert]
    uuids = {str(alert["uuid"]) for _target, alert in going if alert["uuid"] and needs_asset(rules, alert)}
    assets = find_assets(client, sorted(uuids), request.account)
    for target, alert in going:
        # The caller of a member's alerts knows the account, even when the row does not tell it.
        known = {**alert, "source_ali_uid": alert["source_ali_uid"] or request.account}
        reason = protection(rules, known, assets.get(str(alert["uuid"])))
        if reason:
            target.refuse("ProtectedAsset", reason)
