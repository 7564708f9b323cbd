# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What security_event_info does: filters in, records out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

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
from .alerts_everywhere import alerts_reader
from .everywhere import Part, Reader, missing, place_of, read_everywhere, told_places
from .finding import Found, check_ids, find_alerts
from .members import checked_accounts
from .operations import STATUS_NAMES
from .report import Report
from .request import account_id, caller_address, sendable, wanted_fields
from .saved_files import lines_of, records_file, tidier
from .sessions import Plane
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


def run(planes: Sequence[Plane], options: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Options of security_event_info in; ``security_events``, or ``result_file``, and counts out. Raises SecurityCenterError."""
    query = event_query(options, time.time())
    fields = wanted_fields(options.get("fields"), FIELD_NAMES)
    limit = options.get("limit")
    if limit is not None and limit < 1:
        raise OptionError(f"limit {limit} is not a count: give a whole number from 1")
    ids = check_ids("security_event_ids", options.get("security_event_ids") or [])
    accounts = _accounts(options, ids)
    if options.get("parent_event_types"):
        for plane in planes:
            try:
                warn_of_unknown_types(plane.client, "parent_event_types", options["parent_event_types"], query, report)
            except ApiError as error:
                if len(planes) == 1:
                    raise
                report.warn(
                    f"whether parent_event_types are known on the data plane {plane.name} can't be told: {error}"
                )
    unfound: dict[str, list[Found]] = {}
    if ids:
        reader = Reader(
            lambda _client: [query.get("ResourceDirectoryAccountId")],
            lambda client, _account: _by_ids(client, ids, query, unfound),
        )
    else:
        wanted = None if fields is None else {*fields, "id"}
        reader = alerts_reader(query, accounts, limit, lambda row: record_of(row, wanted))
    details = _Details(planes, query, report)

    def finished(entries: list[Entry]) -> list[Record]:
        """The records as they are told: with details, without what was not asked for."""
        if options.get("details"):
            details.read(entries)
        return [{**_pruned(entry.record, fields), **place_of(entry.part, options)} for entry in entries]

    parts: list[Part] = []
    kept: list[Entry] = []
    count = 0
    path = options.get("result_file")
    with ExitStack() as stack:
        new_file = stack.enter_context(records_file("result_file", path)) if path and not report.check_mode else None

        def write(entries: list[Entry]) -> None:
            nonlocal count
            count += len(entries)
            if new_file:
                new_file.write(lines_of(map(tidier(planes[0].client), finished(entries))))

        for part in read_everywhere(planes, reader):
            parts.append(part._replace(records=[]))
            entries = [Entry(key, parts[-1], record) for key, record in part.records]
            if path and limit is None:
                write(entries)
            else:
                kept += entries
        missing(parts, report.warn)
        if len(parts) > 1:  # what came from one place is in the service's order
            kept.sort(key=lambda entry: entry.key, reverse=query.get("SortType") != "asc")
        if path:
            write(kept[:limit])
        listed = [] if path else finished(kept[:limit])
        details.warn()
    _warn_of_unfound(unfound, len(planes), report)
    told: dict[str, Any] = {"changed": False, "total_count": sum(part.total for part in parts)}
    told.update({"result_file": path, "count": count} if path else {"security_events": listed})
    return {**told, **told_places(parts, options)}


class Entry(NamedTuple):
    """An alert that is listed: what it is sorted by, the part that it is of, its record."""

    key: tuple[int, int]
    part: Part
    record: Record


def _accounts(options: Mapping[str, Any], ids: list[str]) -> list[str] | None:
    """The option accounts. Raises :class:`OptionError`, also for options that say otherwise."""
    if options.get("accounts") is None:
        return None
    accounts = checked_accounts(options["accounts"])
    for name in ("resource_directory_account_id", "multi_account_action_type", "source_ali_uids"):
        if options.get(name) not in (None, []):
            raise OptionError(
                f"{name} does not go with accounts, which says whose alerts are listed: remove one of them"
            )
    if ids:
        raise OptionError(
            "security_event_ids does not go with accounts: give resource_directory_account_id, as the alerts' records have it"
        )
    return accounts


def _by_ids(
    client: OpenApiClient, ids: list[str], query: Mapping[str, Any], unfound: dict[str, list[Found]]
) -> tuple[list[tuple[Any, Record]], int]:
    """The alerts that ``ids`` name, each once; ``unfound`` is told the others."""
    found = find_alerts(client, ids, query)
    alerts: dict[str, tuple[int, Record]] = {}
    for place, one in enumerate(ids):
        alert = found[one].alert
        if alert is None:
            unfound.setdefault(one, []).append(found[one])
        else:
            alerts.setdefault(alert["id"], (place, alert))
    # They stay in the order in which they were named.
    forwards = 1 if query.get("SortType") == "asc" else -1
    return [((forwards * place, 0), alert) for place, alert in alerts.values()], len(alerts)


def _warn_of_unfound(unfound: Mapping[str, list[Found]], planes: int, report: Report) -> None:
    for one, misses in unfound.items():
        told = [miss for miss in misses if miss.code != "SecurityEventNotExists"]
        if told:
            report.warn(told[0].reason)
        elif len(misses) == planes:
            report.warn(
                f"no alert with the id {one} is found: check the id, the other filters, region_id and the account"
            )


class _Details:
    """Reads the details of alerts. One account that does not give them keeps no other's."""

    def __init__(self, planes: Sequence[Plane], query: Mapping[str, Any], report: Report) -> None:
        self._clients = {plane.name: plane.client for plane in planes}
        self._query = query
        self._report = report
        self._asked: set[str] = set()
        self._lost: dict[str, ApiError] = {}

    def read(self, entries: list[Entry]) -> None:
        """Give each record its event_detail: None where there is none."""
        self._asked.update(entry.part.named() for entry in entries)
        for client in self._clients.values():
            of_plane = [entry for entry in entries if self._clients[entry.part.plane] is client]
            for entry, detail in zip(of_plane, client.at_once(self._read, of_plane)):
                entry.record["event_detail"] = detail

    def warn(self) -> None:
        """Warn of whose details are missing. Raises its ApiError when those are all."""
        for whose, error in self._lost.items():
            if len(self._lost) == len(self._asked):
                raise error
            self._report.warn(f"details of {whose} are missing in the result: {error}")

    def _read(self, entry: Entry) -> Record | None:
        whose = entry.part.named()
        if whose in self._lost:
            return None
        account = entry.part.account or self._query.get("ResourceDirectoryAccountId")
        query = {**self._query, "ResourceDirectoryAccountId": account}
        try:
            return read_detail(self._clients[entry.part.plane], entry.record["id"], query, self._report)
        except ApiError as error:
            self._lost.setdefault(whose, error)
            return None


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


def read_detail(client: OpenApiClient, row_id: str, query: Mapping[str, Any], report: Report) -> Record | None:
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
