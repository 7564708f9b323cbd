# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alerts: rows of the service into records, listing them, finding them by id."""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Callable, NamedTuple

from .._openapi.client import OpenApiClient
from .._openapi.errors import OptionError, no_such_answer
from .._openapi.text import printable
from .operations import status_name
from .times import from_service_text, iso, service_text

PAGE_SIZE = 100  # the most that DescribeSuspEvents gives
_ROUNDS = 3  # how often what occurred since is read in a window of its own, when it is more than a page

Row = Mapping[str, Any]
Record = dict[str, Any]


_DIGITS = re.compile("[0-9]{1,19}")


def text(value: object) -> str | None:
    """``value`` as text; None stays None."""
    return value if value is None or isinstance(value, str) else str(value)


def number(value: Any) -> int | None:
    """``value`` as a whole number: an integer or decimal digits; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else None


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


def _notes(value: object) -> list[Record]:
    return [
        {
            "note": text(row.get("Note")),
            "note_id": number(row.get("NoteId")),
            "note_time": iso(from_service_text(row.get("NoteTime"))),
        }
        for row in rows_of(value)
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


def list_alerts(
    client: OpenApiClient,
    query: Mapping[str, Any],
    *,
    limit: int | None = None,
    make: Callable[[Row], Any] = record_of,
) -> tuple[list[Any], int]:
    """The alerts that ``query`` (parameters of DescribeSuspEvents) finds, newest first, and how many the service counts.

    A list moves while it is read: alerts come, alerts are handled. So the end of the time window is fixed by the
    service's own clock, the pages are read from the last to the first (what leaves the list moves the rest forward, to
    pages still to come), pages are read again by as much as the list grew, repeats are dropped, and last comes what
    occurred since. Every alert that was there throughout is there once. Alerts entering and leaving in equal number
    between two pages can't be told; the service has no cursor that could.

    ``make`` turns a row into what is kept. ``limit`` keeps the newest. Raises ApiError.
    """
    first, total = _page(client, query, 1)
    if total <= len(first) or (limit is not None and limit <= len(first)):
        return [make(row) for row in first[:limit]], total  # one answer is one moment: nothing can move

    kept: dict[str, tuple[Any, Any]] = {}
    order = _order(query)

    def keep(rows: list[Row]) -> None:
        for row in rows:
            kept.setdefault(str(row.get("Id")), (order(row), make(row)))

    window, rows, count = query, first, total
    for _round in range(_ROUNDS):
        start = service_text((client.now() - 1) * 1000)
        end = min(start, str(query.get("TimeEnd") or start))
        _read_backwards(client, {**window, "TimeEnd": end}, count, limit, keep)
        if end < start:
            break
        window = {**query, "TimeStart": _later(query.get("TimeStart"), end)}
        rows, count = _page(client, window, 1)
        keep(rows)
        if count <= len(rows):
            break
    else:
        _read_backwards(client, window, count, limit, keep)
    newest_first = sorted(kept.values(), key=lambda pair: pair[0], reverse=str(query.get("SortType")) != "asc")
    return [made for _key, made in newest_first[:limit]], max(total, len(kept))


def _read_backwards(
    client: OpenApiClient, query: Mapping[str, Any], total: int, limit: int | None, keep: Callable[[list[Row]], None]
) -> None:
    page = _pages(total if limit is None else min(total, limit))
    spare = page + 10  # a list that grows at every call must come to an end too
    while page >= 1:
        rows, now_total = _page(client, query, page)
        keep(rows)
        grown = max(0, now_total - total)
        # What came in above has moved up to `grown` rows to pages that were read already.
        again = grown > 0 and spare > 0
        page = min(page + _pages(grown), _pages(now_total)) if again else page - 1
        spare -= again
        total = now_total


def _pages(rows: int) -> int:
    return math.ceil(rows / PAGE_SIZE)


def _page(client: OpenApiClient, query: Mapping[str, Any], page: int) -> tuple[list[Row], int]:
    answer = client.call("DescribeSuspEvents", {**query, "From": "sas", "CurrentPage": page, "PageSize": PAGE_SIZE})
    if not isinstance(answer.get("SuspEvents"), list):
        raise no_such_answer("DescribeSuspEvents", "list of alerts")
    rows = rows_of(answer["SuspEvents"])
    return rows, max(number(answer.get("TotalCount")) or 0, len(rows))


def _order(query: Mapping[str, Any]) -> Callable[[Row], tuple[int, int]]:
    by_operation = query.get("Dealed") == "Y" and query.get("SortColumn") != "lastTime"
    stamp = "OperateTime" if by_operation else "LastTimeStamp"
    return lambda row: (number(row.get(stamp)) or 0, number(row.get("Id")) or 0)


def _later(one: object, other: str) -> str:
    # Both are texts of one format and zone: the greater text is the later time.
    return max(str(one or ""), other)


def check_ids(option: str, ids: Iterable[object]) -> list[str]:
    """``ids`` as decimal digits, in their order, each once. Raises :class:`OptionError` that names ``option``."""
    checked = [str(one).strip() for one in ids]
    wrong = [one for one in checked if not _DIGITS.fullmatch(one)]
    if wrong:
        shown = ", ".join(printable(one, 40) or "an empty text" for one in wrong[:5])
        raise OptionError(f"{option} must be decimal digits, as security_event_info gives them; not so: {shown}")
    return list(dict.fromkeys(one.lstrip("0") or "0" for one in checked))


class Found(NamedTuple):
    """What an id stands for: a record and the event ids to send, or the reason why nothing may be sent."""

    alert: Record | None
    event_ids: tuple[str, ...] = ()
    code: str = ""
    reason: str = ""


def find_alerts(client: OpenApiClient, ids: list[str], query: Mapping[str, Any]) -> dict[str, Found]:
    """Each of ``ids`` (event ids, or ids of rows) with the alert that it names.

    Costs the smaller of one look-up (filter Id) an id and a listing. The filter Id finds rows by their own id; an id
    that is no row's, or names a row that does not list it among its events, is looked for in the listing: were it
    another alert's event, handling the row would hit the wrong alert, so that is told as ambiguous.
    """
    rows: dict[str, Record] = {}
    unclear = list(ids)
    if not _listing_is_cheaper(client, ids, query):
        for one in ids:
            found, _total = _page(client, {**query, "Id": one}, 1)
            rows.update(
                (record["id"], record)
                for record in map(record_of, found)
                if one in (record["id"], *record["security_event_ids"])
            )
        unclear = [one for one in ids if not any(one in record["security_event_ids"] for record in rows.values())]
    if unclear:
        wanted = set(ids)
        listed, _total = list_alerts(client, query, make=lambda row: _if_wanted(row, wanted))
        rows.update((record["id"], record) for record in listed if record)
    by_event: dict[str, list[Record]] = {}
    for record in rows.values():
        for event_id in dict.fromkeys(record["security_event_ids"]):
            by_event.setdefault(event_id, []).append(record)
    return {one: _found(one, rows.get(one), by_event.get(one, [])) for one in ids}


def find_rows(client: OpenApiClient, row_ids: list[str], query: Mapping[str, Any]) -> dict[str, Record]:
    """The alerts with these row ids, by row id; what is gone is left out. Costs as :func:`find_alerts`."""
    wanted = set(row_ids)
    if _listing_is_cheaper(client, row_ids, query):
        listed, _total = list_alerts(
            client, query, make=lambda row: record_of(row) if text(row.get("Id")) in wanted else None
        )
        return {record["id"]: record for record in listed if record}
    pages = [_page(client, {**query, "Id": row_id}, 1)[0] for row_id in row_ids]
    return {record["id"]: record for page in pages for record in map(record_of, page) if record["id"] in wanted}


def _listing_is_cheaper(client: OpenApiClient, ids: list[str], query: Mapping[str, Any]) -> bool:
    if len(ids) <= 2:
        return False
    answer = client.call("DescribeSuspEvents", {**query, "From": "sas", "CurrentPage": 1, "PageSize": 1})
    return _pages(number(answer.get("TotalCount")) or 0) < len(ids)


def _if_wanted(row: Row, wanted: set[str]) -> Record | None:
    named = {str(row.get("Id")), *texts(row.get("SecurityEventIds"))}
    return record_of(row) if named & wanted else None


def _found(one: str, as_row: Record | None, as_event: list[Record]) -> Found:
    others = [record["id"] for record in as_event if as_row is None or record["id"] != as_row["id"]]
    if len(others) > 1 or (others and as_row is not None):
        where = f"an event of alert {' and of '.join(others)}" + (" and also the id of another alert" if as_row else "")
        reason = f"{one} is {where}: give the id of the row, or another of its events"
        return Found(None, code="AmbiguousId", reason=reason)
    if as_event:
        return Found(as_event[0], (one,))
    if as_row is None:
        reason = f"no alert has the id {one}: check the id, region_id and the account"
        return Found(None, code="SecurityEventNotExists", reason=reason)
    event_ids = tuple(as_row["security_event_ids"])
    if not event_ids or not all(map(_DIGITS.fullmatch, event_ids)):
        reason = f"the service does not tell the events of alert {one}: look at it in the console"
        return Found(None, code="NoEventIds", reason=reason)
    return Found(as_row, event_ids)
