# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whitelist rules that last: listed, inserted and deleted one by one.

Which codes the service knows and what it says to a rule that is there already is not documented; where it is not, this
refuses.
"""

from __future__ import annotations

import json
from typing import Any

from ..catalogue import EVENT_TYPES, MARK_FIELDS, mark_field, text
from ..errors import illegal
from ..state import ALL, FIRST_RULE_ID, Account, Alert, State, WhitelistRule, next_id
from .common import Action, page, target_account, whole_number
from .operations import field_answer
from .rows import display_name

LARGEST_PAGE = 100
_ENTRY_KEYS = {"field", "operate", "eventType", "eventName", "fieldValue", "uuids"}
_LANG = "zh"  # the list has no parameter for it


def describe_security_event_mark_miss_list(
    state: State, account: Account, parameters: dict[str, Any]
) -> dict[str, Any]:
    """A page of the caller's rules, one row for each server, filtered by the alerts' name and part of a server's."""
    rows = [_row(state, rule) for rule in state.whitelist_rules if account.owns(rule)]
    if name := parameters.get("EventName"):
        rows = [row for row in rows if row["EventName"] == name]
    if part := parameters.get("Remark"):
        rows = [row for row in rows if any(part in row.get(key, "") for key in _SEARCHED)]
    shown, number, size = page(rows, parameters["CurrentPage"], parameters["PageSize"], LARGEST_PAGE)
    info = {"Count": len(shown), "CurrentPage": number, "PageSize": size, "TotalCount": len(rows)}
    return {"List": shown, "PageInfo": info}


def modify_security_event_mark_miss_individually(
    state: State, account: Account, parameters: dict[str, Any]
) -> dict[str, Any]:
    """Delete rules and insert others, each for one server or ALL; what is not right has the whole call refused."""
    target = target_account(state, account, parameters)
    removed = _entries(state, target, parameters, "DeleteMarkMissParam")
    added = _entries(state, target, parameters, "InsertMarkMissParam")
    if not removed + added:
        raise illegal("InsertMarkMissParam or DeleteMarkMissParam must be given.")
    kept = list(state.whitelist_rules)
    for rule in removed:
        present = [one for one in kept if _words(one) == _words(rule)]
        if not present:
            raise illegal("DeleteMarkMissParam: the rule does not exist.")
        kept.remove(present[0])
    for rule in added:
        if any(_words(one) == _words(rule) for one in kept):
            raise illegal("InsertMarkMissParam: the rule exists.")
        rule.id = next_id(kept, FIRST_RULE_ID)
        kept.append(rule)
    state.whitelist_rules[:] = kept
    state.revision += 1
    return {"Success": True, "Code": "200", "Message": "successful", "HttpStatusCode": 200, "TimeCost": 1}


def delete_security_event_mark_miss_list(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """Delete rules by id; one that does not exist has the whole call refused."""
    target = target_account(state, account, parameters)
    ids = {whole_number("Ids", one) for one in parameters.get("Ids", [])}
    if not ids:
        raise illegal("Ids must not be empty.")
    own = {rule.id for rule in state.whitelist_rules if target.owns(rule)}
    if not ids <= own:
        raise illegal("Ids names a rule that does not exist.")
    state.whitelist_rules[:] = [rule for rule in state.whitelist_rules if rule.id not in ids]
    state.revision += 1
    return {}


def advance_security_event_operations(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """What a rule for a kind of alert can turn on."""
    target = target_account(state, account, parameters)
    if "EventName" not in parameters or "EventType" not in parameters:
        raise illegal("EventName and EventType must be given together.")
    kind = (target.id, parameters["EventType"], parameters["EventName"], target.plane)
    rules = [rule for rule in state.whitelist_rules if _kind(rule) == kind]
    offer = {
        "OperationCode": "advance_mark_mis_info",
        "OperationParams": "",
        "UserCanOperate": True,
        "MarkField": [
            {**field_answer(rule.field, rule.field_value, _LANG), "MarkMisType": rule.operate} for rule in rules
        ],
        "MarkFieldsSource": [field_answer(name, "", _LANG) for name in _fields(state, kind)],
    }
    return {"SecurityEventOperationsResponse": [offer]}


Kind = tuple[int, str, str, str]
_SEARCHED = ("InstanceName", "InternetIp", "IntranetIp")


def _kind(rule: WhitelistRule) -> Kind:
    return rule.account_id, rule.event_type, rule.event_name, rule.plane


def _words(rule: WhitelistRule) -> tuple[Kind, str, str, str, str]:
    return _kind(rule), rule.field, rule.operate, rule.field_value, rule.uuid


def _alerts(state: State, kind: Kind) -> list[Alert]:
    return [
        alert for alert in state.alerts if (alert.account_id, alert.event_type, alert.sub_type, alert.plane) == kind
    ]


def _fields(state: State, kind: Kind) -> list[str]:
    """The fields that alerts of this kind have; of a kind without alerts all that are known."""
    return list(dict.fromkeys(name for alert in _alerts(state, kind) for name in alert.mark_sources)) or [*MARK_FIELDS]


def _entries(state: State, target: Account, parameters: dict[str, Any], name: str) -> list[WhitelistRule]:
    if name not in parameters:
        return []
    try:
        entries = json.loads(parameters[name])
    except ValueError:
        raise illegal(f"{name} must be JSON.") from None
    if not isinstance(entries, list) or not entries:
        raise illegal(f"{name} must be a JSON array of rules.")
    return [rule for entry in entries for rule in _rules(state, target, name, entry)]


def _rules(state: State, target: Account, name: str, entry: Any) -> list[WhitelistRule]:
    """The rules of an entry, one for each server that it names. Their ids are still to be given."""
    if not isinstance(entry, dict) or set(entry) != _ENTRY_KEYS or not all(isinstance(v, str) for v in entry.values()):
        raise illegal(f"Each rule of {name} has the texts {', '.join(sorted(_ENTRY_KEYS))}.")
    if empty := [key for key in sorted(entry) if not entry[key]]:
        raise illegal(f"{name}: {empty[0]} must not be empty.")
    kind = (target.id, entry["eventType"], entry["eventName"], target.plane)
    if entry["field"] not in _fields(state, kind) or entry["operate"] not in mark_field(entry["field"])[2]:
        raise illegal(f"{name}: {entry['field']} {entry['operate']} is not supported by the event.")
    servers = entry["uuids"].split(",")
    known = [asset for uuid in servers if (asset := state.asset(uuid)) and target.owns(asset)]
    if servers != [ALL] and len(known) != len(servers):
        raise illegal(f"{name}: uuids names a server that does not exist.")
    comparison = (entry["field"], entry["operate"], entry["fieldValue"])
    return [WhitelistRule(0, *kind[:3], *comparison, uuid, plane=target.plane) for uuid in servers]


def _row(state: State, rule: WhitelistRule) -> dict[str, Any]:
    alert = next(iter(_alerts(state, _kind(rule))), None)
    asset = state.asset(rule.uuid)
    server = {} if asset is None else {
        "InstanceId": asset.instance_id,
        "InstanceName": asset.name,
        "InternetIp": asset.internet_ip,
        "IntranetIp": asset.intranet_ip,
    }  # fmt: skip
    return {
        "Id": rule.id,
        "AliUid": rule.account_id,
        "EventName": display_name(alert, _LANG) if alert else rule.event_name,
        "EventNameOriginal": rule.event_name,
        "EventType": text(EVENT_TYPES, rule.event_type, _LANG),
        "EventTypeOriginal": rule.event_type,
        "Field": rule.field,
        "FiledAliasName": mark_field(rule.field)[0],  # spelt so by the service
        "FieldValue": rule.field_value,
        "Operate": rule.operate,
        "Uuid": rule.uuid,
        **server,
    }


ACTIONS: dict[str, Action] = {
    "DescribeSecurityEventMarkMissList": describe_security_event_mark_miss_list,
    "ModifySecurityEventMarkMissIndividually": modify_security_event_mark_miss_individually,
    "DeleteSecurityEventMarkMissList": delete_security_event_mark_miss_list,
    "AdvanceSecurityEventOperations": advance_security_event_operations,
}
