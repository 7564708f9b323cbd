# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One alert as the service shows it: a row of DescribeSuspEvents, and the answer of DescribeSuspEventDetail."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

from ..catalogue import CONTAINER_FIELDS, DETAIL_LABELS, EVENT_TYPES, TACTICS, mark_field, text
from ..state import Alert, Asset, State

# Text times carry no zone and mean this one, in hours from UTC.
UTC8 = 8.0
_TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
_SAME_IN_DETAIL = (
    "Id", "Level", "LastTime", "CanBeDealOnLine", "AlarmUniqueInfo", "DataSource", "SaleVersion", "OperateErrorCode",
    "OperateMsg", "InstanceName", "InternetIp", "IntranetIp", "Uuid",
)  # fmt: skip


def time_text(ms: int, hours: float = UTC8) -> str:
    """Milliseconds as the service writes a time."""
    return datetime.fromtimestamp(ms // 1000, timezone(timedelta(hours=hours))).strftime(_TIME_FORMAT)


def seconds_of(time: str, hours: float = UTC8) -> int:
    """Seconds since the epoch of such a text; ValueError when it is none."""
    zone = timezone(timedelta(hours=hours))
    return int(datetime.strptime(time, _TIME_FORMAT).replace(tzinfo=zone).timestamp())


def display_name(alert: Alert, lang: str) -> str:
    """The name of an alert without its type."""
    return alert.name_zh or alert.name if lang == "zh" else alert.name


def full_name(alert: Alert, lang: str) -> str:
    """Type and name, as in "Unusual Logon-Login with unusual location"."""
    return f"{text(EVENT_TYPES, alert.event_type, lang)}-{display_name(alert, lang)}"


def details(alert: Alert, lang: str) -> list[dict[str, str]]:
    """Label and value pairs; the labels depend on the language, the attacker's address is among them."""
    values = ({"attacker_ip": alert.attacker_ip} if alert.attacker_ip else {}) | alert.details
    return [
        {"NameDisplay": text(DETAIL_LABELS, key, lang), "Type": "text", "Value": value, "ValueDisplay": value}
        for key, value in values.items()
    ]


def row(state: State, alert: Alert, lang: str) -> dict[str, Any]:
    """The alert as a row of DescribeSuspEvents; fields of a server or a container only where there is one."""
    return {
        "Id": alert.id,
        "SecurityEventIds": ",".join(map(str, alert.event_ids)),
        "Name": full_name(alert, lang),
        "AlarmEventName": display_name(alert, "zh"),
        "AlarmEventNameDisplay": display_name(alert, lang),
        "AlarmEventType": alert.event_type,
        "AlarmEventTypeDisplay": text(EVENT_TYPES, alert.event_type, lang),
        "EventSubType": alert.sub_type,
        "Desc": alert.description,
        "Level": alert.level,
        "EventStatus": alert.status,
        "CanBeDealOnLine": alert.online,
        "CanCancelFault": alert.status == 8,
        "SourceAliUid": alert.account_id,
        "UniqueInfo": alert.unique_info,
        "AlarmUniqueInfo": alert.alarm_unique_info,
        "LastTime": time_text(alert.last_ms, state.settings.text_times_utc),
        "LastTimeStamp": alert.last_ms,
        "OccurrenceTime": time_text(alert.occurred_ms, state.settings.text_times_utc),
        "OccurrenceTimeStamp": alert.occurred_ms,
        "Details": details(alert, lang),
        "EventNotes": [
            {"Note": note.text, "NoteId": note.id, "NoteTime": time_text(note.noted_ms)} for note in alert.notes
        ],
        "MarkList": [],
        "MarkMisRules": _mark_rules(state, alert, lang),
        "Stages": json.dumps([text(TACTICS, tactic, "en").lower().replace(" ", "_") for tactic in alert.tactics]),
        "TacticItems": [{"TacticId": t, "TacticDisplayName": text(TACTICS, t, lang)} for t in alert.tactics],
        "SupportOperateCode": alert.ai_verdict,
        "LargeModel": bool(alert.ai_verdict),
        "OperateErrorCode": alert.operate_error_code,
        "OperateMsg": alert.operate_message,
        "OperateTime": alert.operate_ms,
        "DataSource": "aegis_suspicious_event",
        "SaleVersion": "1",
        "Advanced": False,
        "AutoBreaking": False,
        "ContainHwMode": False,
        "DisplaySandboxResult": False,
        "HasTraceInfo": False,
        "MaliciousRuleStatus": "close",
        **_container(alert),
        **_asset(state.asset(alert.uuid)),
    }


def detail(state: State, alert: Alert, lang: str) -> dict[str, Any]:
    """The alert as DescribeSuspEventDetail answers it: fewer fields, and the status is a text."""
    whole = row(state, alert, lang)
    return {name: whole[name] for name in _SAME_IN_DETAIL if name in whole} | {
        "EventStatus": str(alert.status),
        "EventName": whole["AlarmEventNameDisplay"],
        "EventDesc": alert.description,
        "EventTypeDesc": whole["AlarmEventTypeDisplay"],
        "Details": [{key: item[key] for key in ("NameDisplay", "Type", "Value")} for item in whole["Details"]],
    }


def _asset(asset: Asset | None) -> dict[str, Any]:
    if asset is None:
        return {}
    return {
        "Uuid": asset.uuid,
        "InstanceId": asset.instance_id,
        "InstanceName": asset.name,
        "InternetIp": asset.internet_ip,
        "IntranetIp": asset.intranet_ip,
    }


def _container(alert: Alert) -> dict[str, Any]:
    fields = {CONTAINER_FIELDS[key][0]: value for key, value in alert.container.items()}
    if "K8sClusterId" in fields:
        fields["clusterId"] = fields["K8sClusterId"]
    return fields


def _mark_rules(state: State, alert: Alert, lang: str) -> str:
    # HTML, in the manner of the API reference's example.
    lines = (
        f"<strong>{number}.</strong>&nbsp&nbsp{mark_field(rule.field)[0 if lang == 'zh' else 1]}"
        f"&nbsp&nbsp{rule.operate}&nbsp&nbsp{rule.field_value}&nbsp&nbsp"
        for number, rule in enumerate(state.rules_of(alert), start=1)
    )
    return "<br>".join(lines)
