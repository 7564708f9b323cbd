# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whitelist rules that last: read, made, removed; and what alert_whitelist_rule_info does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .._openapi.client import OpenApiClient
from .._openapi.errors import ApiError
from .._openapi.text import printable
from .alerts import Field, Record, Row, text
from .changes import Changes, NotDone, wait_until
from .report import Report
from .request import sendable
from .rows import read_rows

ALL = "ALL"  # the word of MarkMissParam for all servers; that it is the word of `uuids` too is not documented
KEYS = ("event_type", "event_name", "field", "operate", "field_value", "uuid")  # what makes two rules the same

_LIST, _MODIFY, _DELETE = (
    "DescribeSecurityEventMarkMissList",
    "ModifySecurityEventMarkMissIndividually",
    "DeleteSecurityEventMarkMissList",
)
_SHOWN_LATER = 10.0  # seconds within which the list must show what was written
_ROUNDS = 3  # how often a removal is tried again without the rules that somebody else removed meanwhile


def _server(value: object) -> str | None:
    """Where a rule holds. How the list names all servers is not documented: its word, an empty text or nothing."""
    if value is None or (isinstance(value, str) and value.strip().upper() in ("", ALL)):
        return ALL
    return text(value)


FIELDS: tuple[Field, ...] = (
    Field("id", "str", "Id", "The id of the rule.", text),
    Field("event_name", "str", "EventNameOriginal", "The service's code for the name of the alerts.", text),
    Field("event_name_display", "str", "EventName", "The name of the alerts as the console shows it.", text),
    Field("event_type", "str", "EventTypeOriginal", "The service's code for the type of the alerts.", text),
    Field("event_type_display", "str", "EventType", "The type of the alerts as the console shows it.", text),
    Field("field", "str", "Field", "The field on which the rule turns.", text),
    Field("field_alias", "str", "FiledAliasName", "The field as the console shows it.", text),
    Field("operate", "str", "Operate", "How the field is compared.", text),
    Field("field_value", "str", "FieldValue", "What it is compared with.", text),
    Field("uuid", "str", "Uuid", "The server on which the rule holds, V(ALL) for all of them.", _server),
    Field("instance_name", "str", "InstanceName", "The name of the server.", text),
    Field("instance_id", "str", "InstanceId", "The id of the server's instance.", text),
    Field("internet_ip", "str", "InternetIp", "The server's public address.", text),
    Field("intranet_ip", "str", "IntranetIp", "The server's private address.", text),
    Field("account", "str", "AliUid", "The account that the rule belongs to.", text),
)  # fmt: skip


def rule_record(row: Row) -> Record:
    """The record of one row of DescribeSecurityEventMarkMissList: a rule for one server, or for all."""
    return {field.name: field.convert(row.get(field.source)) for field in FIELDS}


def read_rules(client: OpenApiClient, *, search: str | None = None, **filters: str | None) -> list[Record]:
    """The account's rules; of each filter (a field of the record) those that have just that value. Raises ApiError.

    ``event_name`` and ``event_type`` are also found by the names that the console shows. ``search`` is the service's own:
    part of a server's name or address.
    """
    rules = map(rule_record, read_rows(client, _LIST, "List", {"Remark": search}))
    wanted = {name: value for name, value in filters.items() if value is not None}
    return [rule for rule in rules if all(value in _told(rule, name) for name, value in wanted.items())]


def _told(rule: Record, name: str) -> tuple[Any, ...]:
    return rule[name], rule.get(f"{name}_display")


def rule_kind(alert: Record) -> dict[str, Any]:
    """The codes by which a rule names the kind of ``alert``, a record of security_event_info: event_type and event_name.

    That a rule's codes are the type and the subtype of an alert's row is not documented.
    """
    return {"event_type": alert["alarm_event_type"], "event_name": alert["event_sub_type"]}


def same_rule(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two rules are the same: of the same kind of alert, comparison and server."""
    return all(one[key] == other[key] for key in KEYS)


def find_rule(client: OpenApiClient, rule: Mapping[str, Any]) -> list[Record]:
    """The rules of the account that are the same as ``rule``. Raises ApiError."""
    return [found for found in read_rules(client) if same_rule(found, rule)]


def insert_rule(client: OpenApiClient, changes: Changes, rule: Mapping[str, str]) -> Record | None:
    """Make ``rule`` (a mapping with :data:`KEYS`; ``uuid`` is one server's, or ALL) and see that it stands.

    Returns it as the service lists it, None in check mode. Raises ApiError, and NotDone when the service takes the rule and does not list it.
    """
    entry = {
        "field": rule["field"],
        "operate": rule["operate"],
        "eventType": rule["event_type"],
        "eventName": rule["event_name"],
        "fieldValue": rule["field_value"],
        "uuids": rule["uuid"],
    }

    listed: list[Record] = []

    def stands() -> bool:
        listed[:] = find_rule(client, rule)
        return bool(listed)

    parameters = {"InsertMarkMissParam": json.dumps([entry]), "From": "sas", "Lang": "en"}
    changes.make(_MODIFY, parameters, stands, subject=rule_in_words(rule))
    if changes.check_mode:
        return None
    if not wait_until(stands, _SHOWN_LATER):
        raise NotDone(
            f"the service took the rule ({rule_in_words(rule)}) and does not list it: look at the rules in the console "
            "before you run the task again, its codes for event_type and event_name may be other ones"
        )
    return listed[0]


def delete_rules(client: OpenApiClient, changes: Changes, rules: list[Record]) -> None:
    """Remove ``rules``, records of :func:`read_rules`, and see that they are gone. One that is gone already is fine.

    Raises ApiError, and NotDone when the service still lists one.
    """
    ids = [rule["id"] for rule in rules]
    if None in ids:
        raise NotDone("the service does not tell the id of a rule that is to be removed: remove it in the console")

    def left() -> list[str]:
        listed = {rule["id"] for rule in read_rules(client)}
        return [one for one in ids if one in listed]

    for attempt in range(1, _ROUNDS + 1):
        try:
            changes.make(_DELETE, {"Ids": ids}, lambda: not left(), subject=", ".join(ids))
            break
        except ApiError as error:
            still = left() if not error.every_call else ids
            if not still:
                return
            if still == ids or attempt == _ROUNDS:
                raise
            ids = still
    if not changes.check_mode and not wait_until(lambda: not left(), _SHOWN_LATER):
        raise NotDone(
            f"the service took the removal and still lists {', '.join(map(printable, left()))}: run the task again"
        )


def rule_in_words(rule: Mapping[str, Any]) -> str:
    """A rule in a sentence for a person."""
    shown = {key: printable(rule[key], 80) for key in KEYS}
    return "{event_type}/{event_name}: {field} {operate} {field_value} on {uuid}".format(**shown)


def run(client: OpenApiClient, options: Mapping[str, Any], _report: Report) -> dict[str, Any]:
    """Options of alert_whitelist_rule_info in, its result out. Raises SecurityCenterError."""
    filters = {name: sendable(name, options.get(name)) for name in ("event_name", "field", "uuid", "search")}
    if filters["uuid"] is not None:
        filters["uuid"] = _server(filters["uuid"])
    rules = read_rules(client, **filters)
    return {"changed": False, "alert_whitelist_rules": rules, "total_count": len(rules)}
