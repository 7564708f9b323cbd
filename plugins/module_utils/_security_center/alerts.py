# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alerts: rows of the service into records."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any, Callable, NamedTuple

from .operations import status_name
from .times import from_service_text, iso

Row = Mapping[str, Any]
Record = dict[str, Any]

_DIGITS = re.compile("[0-9]{1,19}")


def text(value: object) -> str | None:
    """``value`` as text: a text or a number; None for anything else, which tells nothing."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else None


def number(value: Any) -> int | None:
    """``value`` as a whole number: an integer or decimal digits; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else None


def is_id(value: str) -> bool:
    """Whether ``value`` is the id of an alert, an event or a task: decimal digits."""
    return _DIGITS.fullmatch(value) is not None


def flag(value: object) -> bool | None:
    """``value`` as a truth value, or None when it is none."""
    return {"true": True, "false": False}.get(str(value).lower())


def texts(value: object) -> list[str]:
    """``value`` as a list of text: a list, or a comma-separated text."""
    parts = value if isinstance(value, list) else str(value or "").split(",")
    return [str(part).strip() for part in parts if str(part).strip()]


def rows_of(value: object) -> list[Row]:
    """``value`` as a list of objects; what is no object is dropped."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


class Field(NamedTuple):
    """One field of a record: its name and type in Ansible, its source in the API, what it says, how it is made."""

    name: str
    type: str
    source: str
    description: str
    convert: Callable[[Any], Any]


def _details(value: object) -> list[Record]:
    return [
        {
            "name_display": text(row.get("NameDisplay")),
            "type": text(row.get("Type")),
            "value": text(row.get("Value")),
            "value_display": text(row.get("ValueDisplay")),
        }
        for row in rows_of(value)
    ]


# The label of the attacker's address depends on Lang; it has no stable name in DescribeSuspEvents.
_ADDRESS_LABEL = re.compile(r"(source|attack|log[io]n).*\bip\b|(来源|源|攻击|登录).*ip", re.IGNORECASE)


def _attacker_addresses(value: object) -> list[str]:
    found: list[str] = []
    for detail in rows_of(value):
        label = f"{detail.get('NameDisplay')}"
        if _ADDRESS_LABEL.search(label):
            found += addresses(detail.get("Value"))
    return list(dict.fromkeys(found))


_ADDRESS = re.compile(r"(?<![\w.:])(?:[0-9]+(?:\.[0-9]+){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+)(?![\w./])")


def addresses(value: object) -> list[str]:
    """The IP addresses in a text, in their usual spelling, each without a port."""
    found = []
    for part in _ADDRESS.findall(text(value) or ""):
        try:
            address = ipaddress.ip_address(part)
        except ValueError:
            continue
        found.append(str(getattr(address, "ipv4_mapped", None) or address))
    return found


def _notes(value: object) -> list[Record] | None:
    """The notes on an alert, None when they can't be read."""
    rows = rows_of(value)
    if value not in (None, "") and not (isinstance(value, list) and len(rows) == len(value)):
        return None
    return [
        {
            "note": text(row.get("Note")),
            "note_id": number(row.get("NoteId")),
            "note_time": iso(from_service_text(row.get("NoteTime"))),
        }
        for row in rows
    ]


def _tactics(value: object) -> list[Record]:
    return [
        {"tactic_id": text(row.get("TacticId")), "tactic_display_name": text(row.get("TacticDisplayName"))}
        for row in rows_of(value)
    ]


_LEVEL_NAMES = {"serious": "urgent", "suspicious": "suspicious", "remind": "reminder"}

FIELDS: tuple[Field, ...] = (
    Field("id", "str", "Id", "The id of the alert's row.", text),
    Field("security_event_ids", "list", "SecurityEventIds", "The ids of the events to handle.", texts),
    Field("name", "str", "Name", "The full name of the alert.", text),
    Field("alarm_event_name", "str", "AlarmEventName", "The name of the alert.", text),
    Field("alarm_event_name_display", "str", "AlarmEventNameDisplay", "The name of the alert in the language asked for.", text),
    Field("alarm_event_type", "str", "AlarmEventType", "The type of the alert.", text),
    Field("alarm_event_type_display", "str", "AlarmEventTypeDisplay", "The type of the alert in the language asked for.", text),
    Field("event_sub_type", "str", "EventSubType", "The subtype of the alert.", text),
    Field("event_status", "str", "EventStatus", "The status by name, such as V(pending).", lambda value: status_name(number(value))),
    Field("event_status_code", "int", "EventStatus", "The status as the service's number.", number),
    Field("level", "str", "Level", "The urgency as the service spells it.", text),
    Field("level_name", "str", "Level", "The urgency as the console names it.", lambda value: _LEVEL_NAMES.get(str(value))),
    Field("occurrence_time", "str", "OccurrenceTimeStamp", "When the alert first occurred, ISO 8601 in UTC.", lambda value: iso(number(value))),
    Field("occurrence_time_stamp", "int", "OccurrenceTimeStamp", "The same in milliseconds since 1970.", number),
    Field("last_time", "str", "LastTimeStamp", "When the alert last occurred, ISO 8601 in UTC.", lambda value: iso(number(value))),
    Field("last_time_stamp", "int", "LastTimeStamp", "The same in milliseconds since 1970.", number),
    Field("operate_time", "str", "OperateTime", "When the alert was handled, ISO 8601 in UTC.", lambda value: iso(number(value) or None)),
    Field("operate_time_stamp", "int", "OperateTime", "The same in milliseconds since 1970.", number),
    Field("operate_error_code", "str", "OperateErrorCode", "What the last handling did, such as V(ignore.Success).", text),
    Field("operate_msg", "str", "OperateMsg", "The note of the last handling.", text),
    Field("can_be_deal_on_line", "bool", "CanBeDealOnLine", "Whether the alert can be handled online.", flag),
    Field("support_operate_code", "str", "SupportOperateCode", "The verdict of the service's AI, such as V(AI.real_attack).", text),
    Field("desc", "str", "Desc", "What the alert means.", text),
    Field("details", "list", "Details", "The facts of the alert, labelled in the language asked for.", _details),
    Field("attacker_addresses", "list", "Details", "The attacker's addresses, where the details label them so.", _attacker_addresses),
    Field("event_notes", "list", "EventNotes", "The notes on the alert.", _notes),
    Field("uuid", "str", "Uuid", "The uuid of the server.", text),
    Field("instance_id", "str", "InstanceId", "The id of the instance.", text),
    Field("instance_name", "str", "InstanceName", "The name of the instance.", text),
    Field("internet_ip", "str", "InternetIp", "The server's public address.", text),
    Field("intranet_ip", "str", "IntranetIp", "The server's private address.", text),
    Field("source_ali_uid", "str", "SourceAliUid", "The account in which the alert arose.", text),
    Field("app_name", "str", "AppName", "The application.", text),
    Field("cluster_id", "str", "clusterId", "The id of the cluster.", text),
    Field("container_id", "str", "ContainerId", "The id of the container.", text),
    Field("container_image_id", "str", "ContainerImageId", "The id of the container's image.", text),
    Field("container_image_name", "str", "ContainerImageName", "The name of the container's image.", text),
    Field("image_uuid", "str", "ImageUuid", "The uuid of the image.", text),
    Field("k8s_cluster_id", "str", "K8sClusterId", "The id of the Kubernetes cluster.", text),
    Field("k8s_cluster_name", "str", "K8sClusterName", "The name of the Kubernetes cluster.", text),
    Field("k8s_namespace", "str", "K8sNamespace", "The Kubernetes namespace.", text),
    Field("k8s_node_id", "str", "K8sNodeId", "The id of the Kubernetes node.", text),
    Field("k8s_node_name", "str", "K8sNodeName", "The name of the Kubernetes node.", text),
    Field("k8s_pod_name", "str", "K8sPodName", "The name of the Kubernetes pod.", text),
    Field("unique_info", "str", "UniqueInfo", "The unique key of the alert.", text),
    Field("alarm_unique_info", "str", "AlarmUniqueInfo", "The unique id of the alert event.", text),
    Field("stages", "str", "Stages", "The stage of the attack.", text),
    Field("tactic_items", "list", "TacticItems", "The ATT&CK tactics.", _tactics),
    Field("mark_list", "list", "MarkList", "The tags of the alert.", texts),
    Field("mark_mis_rules", "str", "MarkMisRules", "The whitelist rule that applies, as the service writes it.", text),
    Field("malicious_rule_status", "str", "MaliciousRuleStatus", "Whether the rule of the malicious behaviour defence is on.", text),
    Field("data_source", "str", "DataSource", "The data source.", text),
    Field("detect_source", "str", "DetectSource", "The detection source; the vendor calls it invalid.", text),
    Field("sale_version", "str", "SaleVersion", "The edition that detects such alerts.", text),
    Field("advanced", "bool", "Advanced", "Whether offline analysis made the alert.", flag),
    Field("auto_breaking", "bool", "AutoBreaking", "Whether automatic defence is on.", flag),
    Field("can_cancel_fault", "bool", "CanCancelFault", "Whether the mark as a false positive can be taken off.", flag),
    Field("contain_hw_mode", "bool", "ContainHwMode", "Whether the protection for critical events is on.", flag),
    Field("deep_analyze_report_url", "str", "DeepAnalyzeReportUrl", "The address of the deep analysis report.", text),
    Field("display_sandbox_result", "bool", "DisplaySandboxResult", "Whether there is a sandbox result.", flag),
    Field("has_trace_info", "bool", "HasTraceInfo", "Whether there is tracing information.", flag),
    Field("large_model", "bool", "LargeModel", "Whether a large model analysed the alert.", flag),
)  # fmt: skip

FIELD_NAMES = tuple(field.name for field in FIELDS)

_TEXT_TIMES = {"OccurrenceTimeStamp": "OccurrenceTime", "LastTimeStamp": "LastTime"}


def record_of(row: Row, fields: Iterable[str] | None = None) -> Record:
    """The record of one row of DescribeSuspEvents, with all fields or only those named."""
    wanted = None if fields is None else set(fields)
    source = dict(row)
    for stamp, written in _TEXT_TIMES.items():
        if number(source.get(stamp)) is None:
            source[stamp] = from_service_text(source.get(written))
    return {
        field.name: field.convert(source.get(field.source))
        for field in FIELDS
        if wanted is None or field.name in wanted
    }
