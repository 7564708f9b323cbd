# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whitelist rule that keeps a restored file from being quarantined again."""

from __future__ import annotations

from typing import Any

from .._openapi.client import OpenApiClient
from .._openapi.errors import no_such_answer
from .._openapi.text import printable
from .alerts import Record, record_of, rows_of
from .changes import Changes, NotDone
from .listing import list_alerts
from .offers import operation_record
from .quarantine import name_of
from .whitelist import ALL, insert_rule, read_rules, rule_kind, same_rule

_OPERATION = "advance_mark_mis_info"  # what a rule does to alerts, in the words of allowed_operations
_FIELDS_OF_A_KIND = "AdvanceSecurityEventOperations"
_ALERT_FIELDS = ("uuid", "details", "alarm_event_type", "event_sub_type")
_BY_HAND = "nothing was sent: make the rule with alert_whitelist_rule first, and restore without whitelist_first"


def rule_for(client: OpenApiClient, file: Record) -> dict[str, Any]:
    """The rule that has the alerts for ``file`` on its server whitelisted: by its hash, else by its path.

    Which alert a file belongs to is not documented. It is looked for among the server's alerts, by path and hash; there
    must be one kind of them. Raises ApiError, and NotDone when the rule can't be told.
    """
    told = {_folded(file[name]) for name in ("path", "md5")} - {""}
    if not file["uuid"] or not told:
        raise NotDone(f"the service does not tell where {name_of(file)} was; {_BY_HAND}")
    alerts, _total = list_alerts(
        client, {"Lang": "en", "Uuids": file["uuid"]}, make=lambda row: record_of(row, _ALERT_FIELDS)
    )
    of_the_file = [alert for alert in alerts if alert["uuid"] == file["uuid"] and not told.isdisjoint(_values(alert))]
    kinds = {tuple(rule_kind(alert).items()) for alert in of_the_file}
    if len(kinds) != 1:
        which = f"alerts of {len(kinds)} kinds tell" if kinds else "no alert on the server tells"
        raise NotDone(f"{which} of {name_of(file)}, so which kind to whitelist is not known; {_BY_HAND}")
    kind = dict(kinds.pop())
    if not all(kind.values()):
        raise NotDone(f"the service does not tell the kind of the alert for {name_of(file)}; {_BY_HAND}")
    comparable = _comparable(client, kind)
    for field, value in (("md5", file["md5"]), ("filePath", file["path"])):
        if value and field in comparable:
            return {**kind, "field": field, "operate": "strEqual", "field_value": value, "uuid": file["uuid"]}
    raise NotDone(
        f"alerts of {' and '.join(map(printable, kind.values()))} can be whitelisted neither by the md5 nor by the path of "
        f"{name_of(file)}; {_BY_HAND}"
    )


def ensure_rule(client: OpenApiClient, changes: Changes, rule: dict[str, Any]) -> None:
    """Make ``rule``, unless it is there, for its server or for all. Raises ApiError, and NotDone when it does not stand."""
    enough = (rule, {**rule, "uuid": ALL})
    if not any(same_rule(wanted, found) for found in read_rules(client) for wanted in enough):
        insert_rule(client, changes, rule)


def _values(alert: Record) -> set[str]:
    return {_folded(detail[name]) for detail in alert["details"] for name in ("value", "value_display")}


def _folded(value: object) -> str:
    return str(value or "").strip().lower()


def _comparable(client: OpenApiClient, kind: dict[str, Any]) -> set[Any]:
    """The fields of alerts of ``kind`` that a rule can compare as a whole."""
    answer = client.call(_FIELDS_OF_A_KIND, {"EventType": kind["event_type"], "EventName": kind["event_name"]})
    offers = answer.get("SecurityEventOperationsResponse")
    if not isinstance(offers, list):
        raise no_such_answer(_FIELDS_OF_A_KIND, "list of operations")
    return {
        source["field"]
        for offer in map(operation_record, rows_of(offers))
        if offer["operation_code"] == _OPERATION
        for source in offer["mark_fields_source"]
        if "strEqual" in source["supported_operates"]
    }
