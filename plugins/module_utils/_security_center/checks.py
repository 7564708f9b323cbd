# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check with the service what is to be sent: what it offers, whose address is blocked, which rules stand, whose server it is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Callable

from .._openapi.client import OpenApiClient
from .._openapi.errors import ApiError
from .._openapi.text import clean, printable
from .alerts import Record
from .assets import find_assets
from .guarding import never_blocked
from .guardrails import needs_asset, protection
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


class Checks:
    """Refuses what the service or a guard rail does not allow. Remembers what it has asked.

    ``beside`` are clients of the account's other data planes: it may have servers there too.
    """

    def __init__(
        self,
        client: OpenApiClient,
        request: HandleRequest,
        warn: Callable[[str], None],
        beside: Sequence[OpenApiClient] = (),
    ) -> None:
        self._client = client
        self._beside = beside
        self._request = request
        self._warn = warn
        self._warned = False
        self._yes: set[tuple[Any, ...]] = set()
        self._assets: dict[str, Record] = {}
        self._spared: dict[str, str] = {}

    def check(self, targets: list[Target]) -> None:
        """Refuse those of ``targets`` that may not be sent. Raises ApiError."""
        if self._request.asks:
            self._ask(targets)
            if self._request.operation.needs_expiry:
                self._spare_addresses(targets)
            if self._request.operation.whitelists:
                _merge_rules(self._request, targets, self._warn)
        self._protect(targets)

    def _ask(self, targets: list[Target]) -> None:
        """Ask the service what each alert offers. A yes may be reused for another alert of its kind and server, a no not."""
        request = self._request
        going = to_send(targets)
        if request.operation.whitelists:
            going += [target for target in targets if target.decision == UNCHANGED]
        if not going:
            return
        if request.blind:
            if not self._warned:
                self._warn(
                    "what the alerts of a member account offer can't be asked with the caller's credentials: the service "
                    "answers for its own account only, so its task will tell; member_role_name would let it be asked"
                )
            self._warned = True
            return
        if request.check_operations == "auto" and not request.must_ask and len(request.ids) > MOST_ASKED_EACH:
            first_of_kind = {kind: target for target in reversed(going) if (kind := _kind(target)) not in self._yes}
            self._yes.update(map(_kind, _ask_each(self._client, request, list(first_of_kind.values()))))
            asked = set(map(id, first_of_kind.values()))
            going = [target for target in going if _kind(target) not in self._yes and id(target) not in asked]
        _ask_each(self._client, request, going)

    def _spare_addresses(self, targets: list[Target]) -> None:
        """Refuse to block an address that is never to be blocked, or one that nobody tells."""
        never_block = self._request.guard_rails.never_block
        for target in to_send(targets):
            told = [attacker_addresses(offers) for offers in target.offers]
            in_row = (target.alert or {})["attacker_addresses"]
            attackers = dict.fromkeys([address for one in told for address in one] + in_row)
            # Of an alert with several events the row's own details say too little of each.
            complete = all(told) if len(target.event_ids) > 1 or not in_row else True
            unread = any(unread_address(offers) for offers in target.offers)
            if never_block and (not attackers or not complete or unread):
                target.refuse(
                    "NeverBlock",
                    "never_block can't be checked: the service does not tell which address would be blocked",
                )
                continue
            for address in attackers:
                reason = self._never_blocked(address)
                if reason:
                    target.refuse("NeverBlock", reason)
                    break

    def _never_blocked(self, address: str) -> str:
        if address not in self._spared:
            rails, account = self._request.guard_rails, self._request.account
            reasons = (never_blocked(client, rails, address, account) for client in (self._client, *self._beside))
            self._spared[address] = next((reason for reason in reasons if reason), "")
        return self._spared[address]

    def _protect(self, targets: list[Target]) -> None:
        rules = self._request.guard_rails.protected_assets
        if not rules:
            return
        account = self._request.account
        going = [(target, target.alert) for target in to_send(targets) if target.alert]
        uuids = {str(alert["uuid"]) for _target, alert in going if alert["uuid"] and needs_asset(rules, alert)}
        self._assets.update(find_assets(self._client, sorted(uuids - self._assets.keys()), account))
        for target, alert in going:
            # The caller of a member's alerts knows the account, even when the row does not tell it.
            known = {**alert, "source_ali_uid": alert["source_ali_uid"] or account}
            reason = protection(rules, known, self._assets.get(str(alert["uuid"])))
            if reason:
                target.refuse("ProtectedAsset", reason)


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


def _kind(target: Target) -> tuple[Any, ...]:
    alert = target.alert or {}
    return (alert.get("alarm_event_type"), alert.get("alarm_event_name"), alert.get("name"), alert.get("uuid"))


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
    target.added_rules = [rule for rule in merged if rule not in merged_rules(offers[0], ())]
    if target.rules and clean(target.rules) != target.rules:
        target.refuse("IllegalParam", "the alert has a whitelist rule with a character that can't be sent back")
