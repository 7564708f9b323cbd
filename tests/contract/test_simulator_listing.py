# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the simulated service shows: filters, order, paging, languages, assets."""

from __future__ import annotations

import json

import pytest

from simulator.actions.rows import time_text
from simulator.clients import Wire
from simulator.seed_accounts import CLUSTER_ID, FREE_MEMBER_ACCOUNT, MEMBER_ACCOUNT, OWN_ACCOUNT, WEB_1, WEB_2

LISTING = "DescribeSuspEvents"
STORM = set(range(20001, 20121))


def ids(wire: Wire, **query: str) -> list[int]:
    """The row Ids that a listing of up to 100 finds, in its order."""
    answer = wire.call(LISTING, {"PageSize": "100", **query}).json()
    assert answer["Count"] == len(answer["SuspEvents"])
    return [row["Id"] for row in answer["SuspEvents"]]


def handmade(wire: Wire, **query: str) -> set[int]:
    """The row Ids that a filter finds beside those of the storm."""
    found: set[int] = set()
    for page in ("1", "2"):
        found.update(ids(wire, CurrentPage=page, **query))
    return found - STORM


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"Id": "10001"}, {10001}),
        ({"Id": "30001"}, {30001}),
        ({"Id": "40002"}, set()),  # an event id is no row Id
        ({"Id": "50001"}, set()),  # a member's
        ({"Dealed": "N", "Levels": "remind"}, {10008, 10015}),
        ({"Dealed": "Y"}, {10009, 10011, 10012, 10014, 10016, 10018}),
        ({"Status": "16"}, {10013}),
        ({"Status": "2,8"}, {10011, 10014}),
        ({"Status": "128"}, {10019}),
        ({"Status": "32", "Dealed": "N"}, set()),
        ({"Levels": "serious,remind", "ParentEventTypes": "Webshell,Precise Defense"}, {10002, 10016}),
        ({"Uuids": f"{WEB_1},{WEB_2}", "Levels": "serious"}, {10001, 10002, 10003, 10013}),
        ({"ParentEventTypes": "Malicious Process"}, {10001, 10012, 10013}),
        ({"ParentEventTypes": "网站后门"}, {10002}),
        ({"ParentEventTypes": "网站后门", "Lang": "en"}, set()),
        ({"ParentEventTypes": "Unusual logon", "Lang": "en"}, set()),  # the reference's spelling is not the service's
        ({"EventNames": "reverse_shell,worm"}, {10005, 10012}),
        ({"EventNames": "Reverse shell", "Lang": "en"}, {10005}),
        ({"Remark": "MINING", "Lang": "en"}, {10001, 30001}),
        ({"Remark": "cache-"}, {10005, 10010, 40001}),
        ({"Remark": "10.0.2.21"}, {10004, 10011, 10012, 10015}),
        ({"Remark": "198.51.100.23"}, set()),  # nothing searches for attackers
        ({"Name": "cache-1"}, {10005, 10010, 40001}),
        ({"Name": "cache"}, set()),
        ({"GroupId": "14"}, {10006}),
        ({"ClusterId": CLUSTER_ID}, {10007}),
        ({"ContainerFieldName": "namespace", "ContainerFieldValue": "payments"}, {10007}),
        ({"ContainerFieldName": "image", "ContainerFieldValue": "other"}, set()),
        ({"ContainerFieldName": "imageRepoTag", "ContainerFieldValue": "1.14.2"}, {10007}),
        ({"ContainerFieldName": "regionId", "ContainerFieldValue": "cn-hangzhou"}, {10007}),
        ({"TargetType": "containerId"}, {10007}),
        ({"TacticId": "TA0011"}, {10005, 10009}),
        ({"SupportOperateCodeList.1": "AI.false_positive"}, {10004}),
        ({"OperateErrorCodeList.1": "ignore.Success", "OperateErrorCodeList.2": "x"}, {10011}),
        ({"AssetsTypeList.1": "cloud_product"}, {10008}),
        ({"SourceIp": "203.0.113.99", "Id": "10001"}, {10001}),  # the caller's address filters nothing
        ({"SourceAliUids": str(MEMBER_ACCOUNT)}, set()),
        ({"SourceAliUids": str(MEMBER_ACCOUNT), "MultiAccountActionType": "1"}, {50001}),
        ({"SourceAliUids.1": str(OWN_ACCOUNT), "Id": "10001"}, {10001}),
        ({"ResourceDirectoryAccountId": str(FREE_MEMBER_ACCOUNT)}, {60001}),
        ({"MultiAccountActionType": "1", "Id": "60001"}, {60001}),
    ],
    ids=str,
)
def test_a_filter_filters(wire: Wire, query: dict[str, str], expected: set[int]) -> None:
    assert handmade(wire, **query) == expected


@pytest.mark.parametrize("field", ["UniqueInfo", "AlarmUniqueInfo"])
def test_an_alert_is_found_by_its_unique_keys(wire: Wire, field: str) -> None:
    [row] = wire.call(LISTING, {"Id": "10003"}).json()["SuspEvents"]
    assert ids(wire, **{field: row[field]}) == [10003]


def test_text_times_are_utc8_and_inclusive_to_the_second(wire: Wire) -> None:
    wire.simulator.add_alert(id=1, last_ms=1_700_000_000_999)
    wire.simulator.add_alert(id=2, last_ms=1_700_000_001_000)
    assert time_text(1_700_000_000_999) == "2023-11-15 06:13:20"
    assert ids(wire, TimeEnd="2023-11-15 06:13:20") == [1]
    assert ids(wire, TimeStart="2023-11-15 06:13:20", TimeEnd="2023-11-15 06:13:21") == [2, 1]
    assert ids(wire, TimeStart="2023-11-15 06:13:21", TimeEnd="2023-11-15 06:13:22") == [2]


def test_the_time_of_handling_is_in_milliseconds(wire: Wire) -> None:
    moment = wire.simulator.alert(10018).operate_ms
    assert ids(wire, OperateTimeStart=str(moment), OperateTimeEnd=str(moment)) == [10018]
    assert 10018 not in ids(wire, OperateTimeStart=str(moment + 1))


@pytest.mark.parametrize(
    "query",
    [
        {"PageSize": "101"},
        {"PageSize": "0"},
        {"CurrentPage": "0"},
        {"Dealed": "yes"},
        {"Levels": "critical"},
        {"Status": "604"},
        {"Lang": "de"},
        {"From": "aegis"},
        {"TimeStart": "2026-01-01T00:00:00Z"},
        {"SortColumn": "level"},
        {"TargetType": "pod"},
        {"ContainerFieldName": "namespace"},
        {"ContainerFieldName": "pod", "ContainerFieldValue": "x"},
        {"MultiAccountActionType": "2"},
        {"StrictMode": "maybe"},
    ],
    ids=str,
)
def test_a_value_that_a_filter_does_not_know_is_refused(wire: Wire, query: dict[str, str]) -> None:
    assert wire.code(LISTING, query) == (400, "IllegalParam")


def test_the_newest_come_first_then_the_higher_ids(wire: Wire) -> None:
    wire.simulator.add_alert(id=90001, last_ms=4_000_000_000_000)
    wire.simulator.add_alert(id=90002, last_ms=4_000_000_000_000)
    found = wire.call(LISTING, {"PageSize": "100"}).json()["SuspEvents"]
    assert [row["Id"] for row in found[:3]] == [90002, 90001, 20120]
    assert [row["LastTimeStamp"] for row in found] == sorted((r["LastTimeStamp"] for r in found), reverse=True)


def test_a_sort_column_works_for_handled_alerts_only(wire: Wire) -> None:
    by_handling = [10011, 10012, 10018, 10014]  # most lately handled first
    shown = [row for row in ids(wire, Dealed="Y") if row in by_handling]
    assert shown == sorted(by_handling, key=lambda row: -wire.simulator.alert(row).operate_ms)
    ascending = [row for row in ids(wire, Dealed="Y", SortColumn="lastTime", SortType="asc") if row in by_handling]
    assert ascending == sorted(by_handling, key=lambda row: (wire.simulator.alert(row).last_ms, -row))
    assert ids(wire, SortColumn="lastTime", SortType="asc") == ids(wire)


def test_pages(wire: Wire) -> None:
    first = wire.call(LISTING).json()
    assert (first["Count"], first["PageSize"], first["CurrentPage"]) == (20, 20, 1)
    last = wire.call(LISTING, {"PageSize": "100", "CurrentPage": "2"}).json()
    assert (last["Count"], last["TotalCount"]) == (first["TotalCount"] - 100, first["TotalCount"])
    beyond = wire.call(LISTING, {"CurrentPage": "99"}).json()
    assert (beyond["Count"], beyond["SuspEvents"], beyond["TotalCount"]) == (0, [], first["TotalCount"])


def test_a_row_names_its_events_in_a_text(wire: Wire) -> None:
    [row] = wire.call(LISTING, {"Id": "30001"}).json()["SuspEvents"]
    assert row["SecurityEventIds"] == "40001,40002"


def test_a_row_shows_its_whitelist_rules_as_the_console_does(wire: Wire) -> None:
    [row] = wire.call(LISTING, {"Id": "10014", "Lang": "en"}).json()["SuspEvents"]
    assert (
        row["MarkMisRules"] == "<strong>1.</strong>&nbsp&nbspCommand Line&nbsp&nbspcontains&nbsp&nbspnmap -sn&nbsp&nbsp"
    )
    assert row["CanCancelFault"] is True


def test_an_alert_of_a_cloud_product_has_no_server(wire: Wire) -> None:
    [row] = wire.call(LISTING, {"Id": "10008"}).json()["SuspEvents"]
    assert not {"Uuid", "InstanceId", "InstanceName", "InternetIp", "IntranetIp"} & set(row)


def test_labels_follow_the_language_but_types_do_not(wire: Wire) -> None:
    [chinese] = wire.call(LISTING, {"Id": "10003"}).json()["SuspEvents"]
    [english] = wire.call(LISTING, {"Id": "10003", "Lang": "en"}).json()["SuspEvents"]
    assert (chinese["Details"][0]["NameDisplay"], english["Details"][0]["NameDisplay"]) == (
        "登录源IP",
        "Logon Source IP",
    )
    assert (chinese["Name"], english["Name"]) == (
        "异常登录-SSH暴力破解成功",
        "Unusual Logon-Successful SSH brute force",
    )
    assert chinese["AlarmEventType"] == english["AlarmEventType"] == "Unusual Logon"


def test_a_detail_is_found_by_row_id_and_of_the_right_account(wire: Wire) -> None:
    action, own = "DescribeSuspEventDetail", {"From": "sas", "SuspiciousEventId": "30001"}
    assert wire.call(action, own).json()["EventStatus"] == "1"
    assert wire.code(action, {**own, "SuspiciousEventId": "40002"}) == (400, "SecurityEventNotExists")
    foreign = {"From": "sas", "SuspiciousEventId": "50001"}
    assert wire.code(action, foreign) == (400, "SecurityEventNotExists")
    member = {**foreign, "ResourceDirectoryAccountId": str(MEMBER_ACCOUNT)}
    assert wire.call(action, member).json()["InstanceName"] == "shop-1"
    assert wire.code(action, {**own, "From": "aegis"}) == (400, "IllegalParam")


def test_types_of_alerts_can_be_narrowed(wire: Wire) -> None:
    answer = wire.call("DescribeNsasSuspEventType", {"Lang": "en", "Uuids": WEB_2, "Name": "Webshell"}).json()
    assert answer["EventTypes"] == [{"Type": "Webshell", "Name": "Webshell", "SuspEventCount": 1}]


@pytest.mark.parametrize(
    ("criteria", "logic", "expected"),
    [
        ([], "OR", ["web-prod-1", "web-prod-2", "db-prod-1", "cache-1", "k8s-node-1", "build-1"]),
        ([{"name": "uuid", "value": WEB_1}], "OR", ["web-prod-1"]),
        ([{"name": "tag", "value": "staging"}, {"name": "groupId", "value": 12}], "OR", ["db-prod-1", "cache-1"]),
        ([{"name": "tag", "value": "staging"}, {"name": "groupId", "value": "12"}], "AND", ["cache-1"]),
        ([{"name": "clusterId", "value": CLUSTER_ID}], "AND", ["k8s-node-1"]),
        ([{"name": "intranetIp", "value": "172.16.0.61"}], "OR", []),  # a member's
    ],
    ids=str,
)
def test_assets_by_criteria(wire: Wire, criteria: list[dict[str, object]], logic: str, expected: list[str]) -> None:
    query = {"Criteria": json.dumps(criteria), "LogicalExp": logic}
    answer = wire.call("DescribeCloudCenterInstances", query).json()
    assert [asset["InstanceName"] for asset in answer["Instances"]] == expected
    assert answer["PageInfo"]["TotalCount"] == len(expected)
    of_cluster = [asset["InstanceName"] for asset in answer["Instances"] if asset["HasContainer"] == "YES"]
    assert of_cluster == [name for name in expected if name.startswith("k8s")]


def test_assets_of_a_member(wire: Wire) -> None:
    answer = wire.call("DescribeCloudCenterInstances", {"ResourceDirectoryAccountId": str(MEMBER_ACCOUNT)}).json()
    assert [asset["InstanceName"] for asset in answer["Instances"]] == ["shop-1"]


@pytest.mark.parametrize(
    "query",
    [
        {"Criteria": '[{"name": "colour", "value": "red"}]'},
        {"Criteria": "{"},
        {"LogicalExp": "XOR"},
        {"PageSize": "1001"},
    ],
    ids=str,
)
def test_an_asset_query_that_is_not_right_is_refused(wire: Wire, query: dict[str, str]) -> None:
    assert wire.code("DescribeCloudCenterInstances", query) == (400, "IllegalParam")
