# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What security_event_info does: filters in, records out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from .._openapi.client import OpenApiClient
from .._openapi.errors import ApiError, OptionError
from .._openapi.text import printable
from .alerts import (
    FIELD_NAMES,
    Record,
    Row,
    flag,
    number,
    record_of,
    rows_of,
    text,
)
from .finding import check_ids, find_alerts
from .listing import list_alerts
from .operations import STATUS_NAMES
from .report import Report
from .request import account_id, caller_address, sendable
from .times import parse_duration, parse_time, service_text

STATUS_CODES = {name: code for code, name in STATUS_NAMES.items() if code != 604}  # 604 is told by rows only

_TEXTS = {
    "alarm_unique_info": "AlarmUniqueInfo",
    "asset_name": "Name",
    "cluster_id": "ClusterId",
    "container_field_name": "ContainerFieldName",
    "container_field_value": "ContainerFieldValue",
    "detect_source": "DetectSource",
    "group_id": "GroupId",
    "lang": "Lang",
    "multi_account_action_type": "MultiAccountActionType",
    "search": "Remark",
    "sort_column": "SortColumn",
    "sort_type": "SortType",
    "source": "Source",
    "tactic_id": "TacticId",
    "target_type": "TargetType",
    "unique_info": "UniqueInfo",
}
_REPEATED = {
    "assets_type_list": "AssetsTypeList",
    "operate_error_code_list": "OperateErrorCodeList",
    "support_operate_code_list": "SupportOperateCodeList",
}
_JOINED = {"event_names": "EventNames", "levels": "Levels", "parent_event_types": "ParentEventTypes", "uuids": "Uuids"}


def run(client: OpenApiClient, options: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Options of security_event_info in; ``security_events`` and ``total_count`` out. Raises SecurityCenterError."""
    query = event_query(options, time.time())
    fields = _fields(options.get("fields"))
    limit = options.get("limit")
    if limit is not None and limit < 1:
        raise OptionError(f"limit {limit} is not a count: give a whole number from 1")
    ids = check_ids("security_event_ids", options.get("security_event_ids") or [])
    if options.get("parent_event_types"):
        warn_of_unknown_types(client, "parent_event_types", options["parent_event_types"], query, report)
    if ids:
        found = find_alerts(client, ids, query)
        alerts = list({alert["id"]: alert for alert in (found[one].alert for one in ids) if alert is not None}.values())
        total = len(alerts)
        for one in ids:
            if found[one].code == "SecurityEventNotExists":
                report.warn(
                    f"no alert with the id {one} is found: check the id, the other filters, region_id and the account"
                )
            elif found[one].alert is None:
                report.warn(found[one].reason)
        records = alerts[:limit]
    else:
        wanted = None if fields is None else {*fields, "id"}
        records, total = list_alerts(client, query, limit=limit, make=lambda row: record_of(row, wanted))
    if options.get("details"):
        for record, detail in zip(
            records, client.at_once(lambda one: _read_detail(client, one["id"], query, report), records)
        ):
            record["event_detail"] = detail
    return {"changed": False, "security_events": [_pruned(record, fields) for record in records], "total_count": total}


def event_query(options: Mapping[str, Any], now: float) -> dict[str, Any]:
    """The filters as parameters of DescribeSuspEvents. Raises :class:`OptionError`.

    ``now`` is the time in seconds since 1970, for times that are given as a duration before it.
    """
    for name in (*_TEXTS, *_REPEATED, *_JOINED):
        given = options.get(name)
        for one in given if isinstance(given, list) else [given]:
            sendable(name, one)
    query: dict[str, Any] = {api: options.get(name) for name, api in {**_TEXTS, **_REPEATED}.items()}
    query.update((api, _joined(name, options.get(name))) for name, api in _JOINED.items())
    query["SourceAliUids"] = _joined(
        "source_ali_uids", [account_id("source_ali_uids", one) for one in options.get("source_ali_uids") or []]
    )
    query["ResourceDirectoryAccountId"] = account_id(
        "resource_directory_account_id", options.get("resource_directory_account_id")
    )
    query["SourceIp"] = caller_address(options.get("source_ip"))
    query["Dealed"] = {True: "Y", False: "N", None: None}[options.get("dealed")]
    query["StrictMode"] = {True: "Y", False: "N", None: None}[options.get("strict_mode")]
    query["Status"] = STATUS_CODES[options["status"]] if options.get("status") else None
    for name in ("sort_column", "sort_type"):
        if options.get(name) and not options.get("dealed"):
            raise OptionError(
                f"{name} {options[name]} has an effect for handled alerts only: give dealed true as well, or remove it"
            )
    times = {
        name: None if options.get(name) is None else given_time(name, options[name], now)
        for name in ("time_start", "time_end", "operate_time_start", "operate_time_end")
    }
    for start, end in (("time_start", "time_end"), ("operate_time_start", "operate_time_end")):
        first, last = times[start], times[end]
        if first is not None and last is not None and first > last:
            raise OptionError(f"{start} is later than {end}: swap them")
    query["TimeStart"], query["TimeEnd"] = (
        None if at is None else service_text(at) for at in (times["time_start"], times["time_end"])
    )
    # The reference calls these timestamps, as the row's OperateTime, which is in milliseconds.
    query["OperateTimeStart"], query["OperateTimeEnd"] = times["operate_time_start"], times["operate_time_end"]
    return {name: value for name, value in query.items() if value not in (None, [], "")}


def given_time(option: str, given: str, now: float) -> int:
    """``given`` in milliseconds: a time, or a duration before ``now``. Raises :class:`OptionError` that names ``option``."""
    if given[-1:] in "smhdw" and given[:1].isdigit():
        return int(now * 1000) - parse_duration(option, given)
    return parse_time(option, given)


def _joined(option: str, values: list[Any] | None) -> str | None:
    for value in values or []:
        if "," in str(value) or not str(value).strip():
            raise OptionError(
                f"{option} has the entry {printable(value) or 'of no text'}: give each entry on its own, without commas"
            )
    return ",".join(str(value) for value in values or []) or None


def _fields(names: list[str] | None) -> list[str] | None:
    if names is None:
        return None
    unknown = [name for name in names if name not in FIELD_NAMES]
    if unknown or not names:
        wrong = f"has the unknown name {printable(unknown[0])}" if unknown else "is empty"
        raise OptionError(f"fields {wrong}: known are {', '.join(FIELD_NAMES)}")
    return names


def _pruned(record: Record, fields: list[str] | None) -> Record:
    if fields is None:
        return record
    return {name: value for name, value in record.items() if name in fields or name == "event_detail"}


def warn_of_unknown_types(
    client: OpenApiClient, option: str, wanted: Iterable[str], query: Mapping[str, Any], report: Report
) -> None:
    """Types are spelt differently in the reference, in rows and by language: compare with the live list."""
    same = ("Lang", "MultiAccountActionType", "SourceIp")
    answer = client.call("DescribeNsasSuspEventType", {"From": "sas", **{name: query.get(name) for name in same}})
    known = {str(row[key]) for row in rows_of(answer.get("EventTypes")) for key in ("Name", "Type") if row.get(key)}
    for one in wanted:
        if known and one not in known:
            report.warn(
                f"{option} {printable(one)} is no type that the service knows now; it knows {printable(', '.join(sorted(known)), 1000)}"
            )


def _read_detail(client: OpenApiClient, row_id: str, query: Mapping[str, Any], report: Report) -> Record | None:
    """The answer of DescribeSuspEventDetail, as far as the row does not tell it; None for an alert that is gone."""
    try:
        return _detail_record(_detail(client, row_id, query))
    except ApiError as error:
        if error.code != "SecurityEventNotExists":
            raise
        report.warn(f"the details of alert {printable(row_id)} can't be read: it was there a moment ago, and is gone")
        return None


def _detail(client: OpenApiClient, row_id: str, query: Mapping[str, Any]) -> Row:
    return client.call(
        "DescribeSuspEventDetail",
        {
            "From": "sas",
            "SuspiciousEventId": row_id,
            **{name: query.get(name) for name in ("Lang", "ResourceDirectoryAccountId", "SourceIp")},
        },
        subject=row_id,
    )


def _detail_record(answer: Row) -> Record:
    return {
        "event_name": text(answer.get("EventName")),
        "event_desc": text(answer.get("EventDesc")),
        "event_type_desc": text(answer.get("EventTypeDesc")),
        "event_status_code": number(answer.get("EventStatus")),
        "can_be_deal_on_line": flag(answer.get("CanBeDealOnLine")),
        "details": [
            {
                "name_display": text(row.get("NameDisplay")),
                "type": text(row.get("Type")),
                "value": text(row.get("Value")),
            }
            for row in rows_of(answer.get("Details"))
        ],
    }
