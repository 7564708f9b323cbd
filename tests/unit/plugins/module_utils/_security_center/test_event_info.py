# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.event_info import (
    STATUS_CODES,
    event_query,
    run,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.sessions import Plane

_NOW = 1795338000.0  # 2026-11-22T09:00:00Z


@pytest.mark.parametrize(
    ("option", "given", "name", "value"),
    [
        ("alarm_unique_info", "a", "AlarmUniqueInfo", "a"),
        ("asset_name", "web-1", "Name", "web-1"),
        ("assets_type_list", ["ecs", "rds"], "AssetsTypeList", ["ecs", "rds"]),
        ("cluster_id", "c", "ClusterId", "c"),
        ("container_field_name", "namespace", "ContainerFieldName", "namespace"),
        ("container_field_value", "shop", "ContainerFieldValue", "shop"),
        ("dealed", True, "Dealed", "Y"),
        ("dealed", False, "Dealed", "N"),
        ("detect_source", "d", "DetectSource", "d"),
        ("event_names", ["a", "b"], "EventNames", "a,b"),
        ("group_id", 7, "GroupId", 7),
        ("lang", "en", "Lang", "en"),
        ("levels", ["serious", "remind"], "Levels", "serious,remind"),
        ("multi_account_action_type", 0, "MultiAccountActionType", 0),
        ("multi_account_action_type", 1, "MultiAccountActionType", 1),
        ("operate_error_code_list", ["ignore.Success"], "OperateErrorCodeList", ["ignore.Success"]),
        ("operate_time_end", "2026-11-22T09:00:00Z", "OperateTimeEnd", 1795338000000),
        ("operate_time_start", "1h", "OperateTimeStart", 1795334400000),
        ("parent_event_types", ["Webshell"], "ParentEventTypes", "Webshell"),
        ("resource_directory_account_id", "123", "ResourceDirectoryAccountId", "123"),
        ("search", "web", "Remark", "web"),
        ("source", "s", "Source", "s"),
        ("source_ali_uids", ["1", "2"], "SourceAliUids", "1,2"),
        ("source_ip", "192.0.2.1", "SourceIp", "192.0.2.1"),
        ("status", "pending", "Status", 1),
        ("status", "auto_blocked", "Status", 513),
        ("strict_mode", True, "StrictMode", "Y"),
        ("strict_mode", False, "StrictMode", "N"),
        ("support_operate_code_list", ["AI.real_attack"], "SupportOperateCodeList", ["AI.real_attack"]),
        ("tactic_id", "TA0003", "TacticId", "TA0003"),
        ("target_type", "uuid", "TargetType", "uuid"),
        ("time_end", "2026-11-22T09:00:00Z", "TimeEnd", "2026-11-22 17:00:00"),
        ("time_start", "1795338000000", "TimeStart", "2026-11-22 17:00:00"),
        ("time_start", "1h30m", "TimeStart", "2026-11-22 15:30:00"),
        ("unique_info", "u", "UniqueInfo", "u"),
        ("uuids", ["u-1", "u-2"], "Uuids", "u-1,u-2"),
    ],
)
def test_each_option_is_one_parameter(option, given, name, value):
    assert event_query({option: given}, _NOW) == {name: value}


@pytest.mark.parametrize(("option", "name", "value"), [("sort_column", "SortColumn", "lastTime"), ("sort_type", "SortType", "asc")])
def test_handled_alerts_can_be_sorted(option, name, value):
    assert event_query({option: value, "dealed": True}, _NOW) == {"Dealed": "Y", name: value}


@pytest.mark.parametrize("nothing", [None, [], ""])
def test_what_is_not_given_is_not_sent(nothing):
    names = ("levels", "uuids", "event_names", "source_ali_uids", "assets_type_list", "search", "status")
    assert event_query(dict.fromkeys(names, nothing), _NOW) == {}


def test_every_status_but_the_one_of_rows_alone_is_a_filter():
    assert sorted(STATUS_CODES.values()) == [1, 2, 4, 8, 16, 32, 64, 128, 512, 513]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        *(
            ({name: "x", "dealed": dealed}, f"{name} x has an effect for handled alerts only: give dealed true as well, or remove it")
            for name in ("sort_column", "sort_type")
            for dealed in (None, False)
        ),
        *(
            ({start: "1h", end: "2h"}, f"{start} is later than {end}: swap them")
            for start, end in (("time_start", "time_end"), ("operate_time_start", "operate_time_end"))
        ),
        *(
            ({name: given}, f"{name} {given} {why}")
            for name in ("time_start", "time_end", "operate_time_start", "operate_time_end")
            for given, why in (("2026-11-22T09:00:00", "has no time zone"), ("7", "is not a time"), ("7days", "is not a duration"))
        ),
        ({"time_end": ""}, "time_end is empty: give a time, or remove it"),
        *(
            ({name: ["ok", entry]}, f"{name} has the entry {entry or 'of no text'}: give each entry on its own, without commas")
            for name in ("event_names", "levels", "parent_event_types", "uuids")
            for entry in ("a,b", "")
        ),
        ({"source_ali_uids": ["1,2"]}, "source_ali_uids 1,2 is not an account id: give its decimal digits"),
        ({"resource_directory_account_id": "x"}, "resource_directory_account_id x is not an account id"),
        ({"source_ip": "x"}, "source_ip x is not an IP address"),
    ],
    ids=str,
)  # fmt: skip
def test_a_filter_that_would_mislead_is_refused(options, sentence):
    with pytest.raises(OptionError) as caught:
        event_query(options, _NOW)
    assert str(caught.value).startswith(sentence)


# --- the whole of the module, over a small service ---


class _Service:
    """Two alerts, and the calls that were made about them."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict]] = []

    def now(self) -> float:
        return _NOW

    max_concurrency = 1

    def at_once(self, work, items):
        return [work(item) for item in items]

    def call(self, action: str, parameters: dict, **_about: object) -> dict:
        self.calls.append((action, {name: value for name, value in parameters.items() if value is not None}))
        if action == "DescribeNsasSuspEventType":
            return {"EventTypes": [{"Name": "WebShell", "Type": "Webshell"}, {"Type": "Unusual Logon"}]}
        if action == "DescribeSuspEventDetail":
            return {"EventName": "n", "EventStatus": "1", "CanBeDealOnLine": True, "Details": [{"Value": "v"}, None]}
        rows = [{"Id": number, "SecurityEventIds": f"1000{number}", "Name": f"alert {number}"} for number in (2, 1)]
        rows = [row for row in rows if str(row["Id"]) == str(parameters.get("Id", row["Id"]))]
        return {"SuspEvents": rows, "TotalCount": len(rows)}


def _run(warned: list[str] | None = None, **options: object) -> tuple[dict, _Service]:
    service = _Service()
    warn = (warned if warned is not None else []).append
    return run([Plane(None, service)], options, Report(check_mode=False, diff=False, environ={}, warn=warn)), service


@pytest.mark.parametrize(
    ("options", "events", "total"),
    [
        ({"fields": ["name"]}, [{"name": "alert 2"}, {"name": "alert 1"}], 2),
        ({"fields": ["name"], "limit": 1}, [{"name": "alert 2"}], 2),
        ({"fields": ["id", "name"], "security_event_ids": ["10001"]}, [{"id": "1", "name": "alert 1"}], 1),
        ({"fields": ["id"], "security_event_ids": ["2", "1", "10001"]}, [{"id": "2"}, {"id": "1"}], 2),
        ({"fields": ["id"], "security_event_ids": ["2", "1"], "limit": 1}, [{"id": "2"}], 2),
        ({"fields": ["id"], "security_event_ids": ["77"]}, [], 0),
    ],
)
def test_the_alerts_that_are_returned(options, events, total):
    result, _service = _run(**options)
    assert result == {"changed": False, "security_events": events, "total_count": total}


def test_an_alert_that_does_not_exist_is_told():
    warned: list[str] = []
    _run(warned, security_event_ids=["77", "1"])
    assert warned == [
        "no alert with the id 77 is found: check the id, the other filters, region_id and the account"
    ]


def test_details_cost_one_call_each_and_are_kept_apart():
    result, service = _run(details=True, fields=["name"], lang="zh", limit=1)
    assert service.calls[-1] == ("DescribeSuspEventDetail", {"From": "sas", "SuspiciousEventId": "2", "Lang": "zh"})
    assert result["security_events"] == [
        {
            "name": "alert 2",
            "event_detail": {
                "event_name": "n",
                "event_desc": None,
                "event_type_desc": None,
                "event_status_code": 1,
                "can_be_deal_on_line": True,
                "details": [{"name_display": None, "type": None, "value": "v"}],
            },
        }
    ]


def test_a_type_that_the_service_does_not_know_is_told_with_those_that_it_knows():
    warned: list[str] = []
    _run(warned, parent_event_types=["Webshell", "WebShell", "webshell"])
    assert warned == [
        "parent_event_types webshell is no type that the service knows now; it knows Unusual Logon, WebShell, Webshell"
    ]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"limit": 0}, "limit 0 is not a count: give a whole number from 1"),
        ({"fields": []}, "fields is empty: known are id, "),
        ({"fields": ["id", "Id"]}, "fields has the unknown name Id: known are id, "),
        ({"security_event_ids": ["x"]}, "security_event_ids must be decimal digits"),
    ],
)
def test_an_option_that_can_not_be_meant_is_refused(options, sentence):
    with pytest.raises(OptionError) as caught:
        _run(**options)
    assert str(caught.value).startswith(sentence)
