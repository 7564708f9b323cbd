# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DescribeSecurityEventOperations: what can be done with an alert now."""

from __future__ import annotations

from typing import Any

from ..catalogue import LANGUAGES, mark_field
from ..errors import ApiFault
from ..state import ALL, EXPIRED, PENDING, Account, Alert, State
from ..tasks import can_undo
from .common import language


def describe_security_event_operations(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """The operations of one of the caller's own events; none when it is expired or cannot be dealt with online."""
    lang = language(parameters)
    alert = state.event(account, parameters["SecurityEventId"])
    if alert is None:
        raise ApiFault(400, "SecurityEventNotExists", "Security event not exists.")
    return {"SecurityEventOperationsResponse": _offers(state, alert, lang)}


def _offers(state: State, alert: Alert, lang: str) -> list[dict[str, Any]]:
    if alert.status == EXPIRED or not alert.online:
        return []
    for operation in ("rm_mark_mis_info", "cancle_manual"):
        if can_undo(operation, alert):
            return [_offer(state, alert, operation, True, lang)]
    operable = alert.status == PENDING
    offers = [_offer(state, alert, operation, operable, lang) for operation in alert.operations]
    return offers + [_offer(state, alert, operation, False, lang) for operation in alert.operations_beyond_edition]


def _offer(state: State, alert: Alert, operation: str, operable: bool, lang: str) -> dict[str, Any]:
    offer: dict[str, Any] = {"OperationCode": operation, "UserCanOperate": operable, "OperationParams": ""}
    if operation == "advance_mark_mis_info":
        offer["MarkField"] = [
            {
                **field_answer(rule.field, rule.field_value, lang),
                "MarkMisType": rule.operate,
                "Uuid": ALL if rule.uuid == ALL else "part",
            }
            for rule in state.rules_of(alert)
        ]
        offer["MarkFieldsSource"] = [field_answer(name, value, lang) for name, value in alert.mark_sources.items()]
    return offer


def field_answer(name: str, value: str, lang: str) -> dict[str, Any]:
    """A field on which a whitelist rule can turn, with a value and the comparisons that it allows."""
    *aliases, supported = mark_field(name)
    return {
        "FiledName": name,  # spelt so by the service
        "FiledAliasName": aliases[LANGUAGES.index(lang)],
        "MarkMisValue": value,
        "SupportedMisType": list(supported),
    }
