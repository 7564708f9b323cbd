# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the service offers for an alert right now (DescribeSecurityEventOperations), and a rule for a kind of alerts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Callable

from .._openapi.client import OpenApiClient
from .._openapi.errors import no_such_answer
from .._openapi.text import printable
from .alerts import Field, Record, Row, addresses, flag, number, rows_of, text, texts
from .operations import OPERATIONS, STATUS_NAMES

WHITELISTING = "advance_mark_mis_info"  # what a rule that lasts does to alerts, in the words of allowed_operations


def _mark_fields(value: object) -> list[Record] | None:
    """MarkField: the whitelist rules that the alert has, None when they can't be read. The API spells it FiledName."""
    rows = rows_of(value)
    if value not in (None, "") and not (isinstance(value, list) and len(rows) == len(value)):
        return None
    return [
        {
            "field": text(row.get("FiledName")),
            "alias": text(row.get("FiledAliasName")),
            "operate": text(row.get("MarkMisType")),
            "field_value": text(row.get("MarkMisValue")),
            "supported_operates": texts(row.get("SupportedMisType")),
            "uuid": text(row.get("Uuid")),
        }
        for row in rows
    ]


def _mark_fields_source(value: object) -> list[Record]:
    return [
        {
            "field": text(row.get("FiledName")),
            "alias": text(row.get("FiledAliasName")),
            "field_value": text(row.get("MarkMisValue")),
            "supported_operates": texts(row.get("SupportedMisType")),
        }
        for row in rows_of(value)
    ]


def _mapping_mark_fields(value: object) -> list[Record]:
    return [
        {
            "name": text(row.get("Name")),
            "show_name": text(row.get("ShowName")),
            "value": text(row.get("Value")),
            "show_value": text(row.get("ShowValue")),
            "description": text(row.get("Description")),
            "fill_type": text(row.get("FillType")),
            "required": flag(row.get("Required")),
            "min_length": number(row.get("MinLength")),
            "max_length": number(row.get("MaxLength")),
        }
        for row in rows_of(value)
    ]


def _catalogued(fact: str) -> Callable[[Any], Any]:
    """What the catalogue says of an operation code, None for one that it does not know."""

    def say(value: object) -> Any:
        operation = OPERATIONS.get(str(value))
        said = getattr(operation, fact, None)
        return list(said) if isinstance(said, tuple) else said

    return say


def _leads_to(value: object) -> list[str] | None:
    operation = OPERATIONS.get(str(value))
    return [STATUS_NAMES[status] for status in operation.leads_to] if operation else None


FIELDS: tuple[Field, ...] = (
    Field("operation_code", "str", "OperationCode", "The code of the operation.", text),
    Field("user_can_operate", "bool", "UserCanOperate", "Whether the account's edition and the alert's state allow it.", flag),
    Field("does", "str", "OperationCode", "What the operation does, where this collection knows it.", _catalogued("does")),
    Field("needs", "list", "OperationCode", "What the operation needs, options and the agent on the server.", _catalogued("needs")),
    Field("leads_to", "list", "OperationCode", "The statuses that it leads to, by name.", _leads_to),
    Field("destructive", "bool", "OperationCode", "Whether it ends, moves or removes something on a server.", _catalogued("destructive")),
    Field("undone_by", "str", "OperationCode", "The call or the operation code that takes it back, empty when none is known.", _catalogued("undone_by")),
    Field("lost", "str", "OperationCode", "What of it nothing brings back, empty when all comes back.", _catalogued("lost")),
    Field("operation_params", "str", "OperationParams", "The parameters that the service proposes, JSON.", text),
    Field("mark_field", "list", "MarkField", "The whitelist rules that the alert has.", _mark_fields),
    Field("mark_fields_source", "list", "MarkFieldsSource", "The fields on which a whitelist rule can turn, with the alert's own values.", _mark_fields_source),
    Field("mapping_mark_fields", "list", "MappingMarkFields", "The objects of a rule of the precise defence.", _mapping_mark_fields),
)  # fmt: skip


def operation_record(row: Row) -> Record:
    """The record of one row of DescribeSecurityEventOperations."""
    return {field.name: field.convert(row.get(field.source)) for field in FIELDS}


def read_offers(client: OpenApiClient, event_id: str, lang: str, source_ip: str | None = None) -> list[Record]:
    """What the service offers for the event ``event_id``; nothing for an expired alert. Raises ApiError."""
    answer = client.call(
        "DescribeSecurityEventOperations",
        {"SecurityEventId": event_id, "Lang": lang, "SourceIp": source_ip},
        subject=event_id,
    )
    return [operation_record(row) for row in rows_of(answer.get("SecurityEventOperationsResponse"))]


def read_rule_sources(client: OpenApiClient, kind: Mapping[str, str]) -> list[Record]:
    """The fields on which a rule for a ``kind`` of alert (its event_type and event_name) can turn, and how. Raises ApiError."""
    action = "AdvanceSecurityEventOperations"
    answer = client.call(action, {"EventType": kind["event_type"], "EventName": kind["event_name"]})
    offers = answer.get("SecurityEventOperationsResponse")
    if not isinstance(offers, list):
        raise no_such_answer(action, "list of operations")
    return [source for row in rows_of(offers) for source in rule_sources(operation_record(row))]


def rule_sources(offer: Record) -> list[Record]:
    """The fields on which a rule that lasts can turn, of the offer that is for one; of another offer none."""
    return list(offer["mark_fields_source"]) if offer["operation_code"] == WHITELISTING else []


def operable(offers: list[Record]) -> list[str]:
    """The codes that can be carried out."""
    return [offer["operation_code"] for offer in offers if offer["user_can_operate"]]


def unread_address(offers: list[Record]) -> str:
    """A value of loginSourceIp that holds something else than addresses, or an empty text."""
    values = [
        source["field_value"] or ""
        for offer in offers
        for source in offer["mark_fields_source"]
        if source["field"] == "loginSourceIp"
    ]
    return next((value for value in values if len(addresses(value)) != len(value.replace(",", " ").split())), "")


def attacker_addresses(offers: list[Record]) -> list[str]:
    """The attacker's addresses: the field loginSourceIp, a name that depends on no language."""
    found = [
        address
        for offer in offers
        for source in offer["mark_fields_source"]
        if source["field"] == "loginSourceIp"
        for address in addresses(source["field_value"])
    ]
    return list(dict.fromkeys(found))


def whitelist_offer(offers: list[Record], code: str) -> Record | None:
    """The offer of the whitelisting operation ``code``, or None when there is none, or its rules can't be read."""
    return next(
        (offer for offer in offers if offer["operation_code"] == code and offer["mark_field"] is not None), None
    )


def merged_rules(offer: Record, rules: tuple[Mapping[str, str], ...]) -> list[dict[str, str]]:
    """The alert's rules followed by those of ``rules`` that it does not have, as MarkMissParam wants them.

    The service replaces what was there by what is sent, so both have to be sent.
    """
    wire = [
        {
            "uuid": "ALL" if rule["uuid"] == "ALL" else "part",
            "field": rule["field"],
            "operate": rule["operate"],
            "fieldValue": rule["field_value"],
        }
        for rule in offer["mark_field"]
        if rule["operate"]
    ]
    return wire + [dict(rule) for rule in rules if dict(rule) not in wire]


def unfit_rule(offer: Record, rules: tuple[Mapping[str, str], ...]) -> str:
    """Why the alert can't have one of ``rules``, or an empty text. What a field allows is the live SupportedMisType."""
    supported: dict[str, list[Any]] = {
        source["field"]: source["supported_operates"] for source in offer["mark_fields_source"]
    }
    for rule in rules:
        operates = supported.get(rule["field"])
        if operates is None:
            return f"mark_miss_param names the field {printable(rule['field'])}; this alert has {_words(supported)}"
        if rule["operate"] not in operates:
            field = printable(rule["field"])
            return f"mark_miss_param names operate {rule['operate']}; the field {field} allows {_words(operates)}"
    return ""


def _words(names: Iterable[object]) -> str:
    return ", ".join(printable(name) for name in names) or "none"
