# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.alerts import (
    FIELD_NAMES,
    FIELDS,
    record_of,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.finding import check_ids

# Every field of a row of DescribeSuspEvents (the official SDK's response model), with a value of its type.
_ROW = {
    "Advanced": False,
    "AlarmEventName": "Webshell",
    "AlarmEventNameDisplay": "WebShell file",
    "AlarmEventType": "Webshell",
    "AlarmEventTypeDisplay": "WebShell",
    "AlarmUniqueInfo": "a-u",
    "AppName": "shop",
    "AutoBreaking": False,
    "CanBeDealOnLine": True,
    "CanCancelFault": False,
    "ContainHwMode": False,
    "ContainerId": "c-1",
    "ContainerImageId": "sha256:1",
    "ContainerImageName": "shop:1",
    "DataSource": "aegis_suspicious_event",
    "DeepAnalyzeReportUrl": "https://example.com/r",
    "Desc": "A file that lets others in.",
    "Details": [{"NameDisplay": "Source IP", "Type": "text", "Value": "198.51.100.23", "ValueDisplay": "198.51.100.23 (x)"}],
    "DetectSource": "d",
    "DisplaySandboxResult": True,
    "EventNotes": [{"Note": "seen", "NoteId": 7, "NoteTime": "2026-11-22 17:00:00"}],
    "EventStatus": 2,
    "EventSubType": "WEBSHELL",
    "HasTraceInfo": True,
    "Id": 90001,
    "ImageUuid": "i-u",
    "InstanceId": "i-1",
    "InstanceName": "web-1",
    "InternetIp": "203.0.113.5",
    "IntranetIp": "10.0.0.5",
    "K8sClusterId": "k-1",
    "K8sClusterName": "prod",
    "K8sNamespace": "shop",
    "K8sNodeId": "n-1",
    "K8sNodeName": "node-1",
    "K8sPodName": "pod-1",
    "LargeModel": False,
    "LastTime": "2026-11-22 17:00:01",
    "LastTimeStamp": 1795338001000,
    "Level": "serious",
    "MaliciousRuleStatus": "1",
    "MarkList": ["a", "b"],
    "MarkMisRules": "{}",
    "Name": "Webshell - x.php",
    "OccurrenceTime": "2026-11-22 17:00:00",
    "OccurrenceTimeStamp": 1795338000000,
    "OperateErrorCode": "ignore.Success",
    "OperateMsg": "by hand",
    "OperateTime": 1795338002000,
    "SaleVersion": "1",
    "SecurityEventIds": "10001,10002",
    "SourceAliUid": 1234567890123456,
    "Stages": "[]",
    "SupportOperateCode": "AI.real_attack",
    "TacticItems": [{"TacticId": "TA0003", "TacticDisplayName": "Persistence"}],
    "UniqueInfo": "u",
    "Uuid": "uuid-1",
    "clusterId": "cl-1",
}
# What a field says that is more than the value of its source.
_MADE = {
    "security_event_ids": ["10001", "10002"],
    "event_status": "ignored",
    "level_name": "urgent",
    "occurrence_time": "2026-11-22T09:00:00Z",
    "last_time": "2026-11-22T09:00:01Z",
    "operate_time": "2026-11-22T09:00:02Z",
    "details": [
        {"name_display": "Source IP", "type": "text", "value": "198.51.100.23", "value_display": "198.51.100.23 (x)"}
    ],
    "attacker_addresses": ["198.51.100.23"],
    "event_notes": [{"note": "seen", "note_id": 7, "note_time": "2026-11-22T09:00:00Z"}],
    "tactic_items": [{"tactic_id": "TA0003", "tactic_display_name": "Persistence"}],
    "id": "90001",
    "source_ali_uid": "1234567890123456",
}
_TYPES = {"str": str, "int": int, "bool": bool, "list": list}


def test_no_field_of_a_row_is_left_out():
    # The text times are the fallback of the stamps.
    assert {field.source for field in FIELDS} == set(_ROW) - {"LastTime", "OccurrenceTime"}
    assert len(set(FIELD_NAMES)) == len(FIELDS)


def test_the_record_of_a_full_row():
    record = record_of(_ROW)
    assert list(record) == list(FIELD_NAMES)
    assert record == {field.name: _MADE.get(field.name, _ROW[field.source]) for field in FIELDS}
    assert {field.name for field in FIELDS if record[field.name].__class__ is not _TYPES[field.type]} == set()


def test_the_record_of_an_empty_row_is_null_and_empty_lists():
    assert record_of({}) == {field.name: [] if field.type == "list" else None for field in FIELDS}


@pytest.mark.parametrize(
    "wrong", [None, "", "x", [], [None], ["x"], {}, {"a": []}, True, -1, 0.5, float("nan"), float("inf"), 10**400, "9" * 5000],
    ids=lambda wrong: repr(wrong)[:20],
)  # fmt: skip
def test_a_row_of_wrong_types_is_a_record_of_the_right_ones(wrong):
    record = record_of(dict.fromkeys(_ROW, wrong))
    assert {field.name for field in FIELDS if type(record[field.name]) not in (_TYPES[field.type], type(None))} == set()


@pytest.mark.parametrize(
    ("row", "name", "value"),
    [
        ({"SecurityEventIds": ["11", 12]}, "security_event_ids", ["11", "12"]),
        ({"SecurityEventIds": " 11 ,, 12,"}, "security_event_ids", ["11", "12"]),
        ({"SecurityEventIds": 11}, "security_event_ids", ["11"]),
        ({"MarkList": "a,b"}, "mark_list", ["a", "b"]),
        ({"EventStatus": "1"}, "event_status_code", 1),
        ({"EventStatus": True}, "event_status_code", None),
        ({"EventStatus": "１"}, "event_status_code", None),
        ({"EventStatus": 7}, "event_status", "status_7"),
        ({"CanBeDealOnLine": "True"}, "can_be_deal_on_line", True),
        ({"CanBeDealOnLine": "maybe"}, "can_be_deal_on_line", None),
        ({"Level": "remind"}, "level_name", "reminder"),
        ({"Level": "suspicious"}, "level_name", "suspicious"),
        ({"Level": "new"}, "level_name", None),
        ({"LastTime": "2026-11-22 17:00:00"}, "last_time_stamp", 1795338000000),
        ({"OccurrenceTime": "2026-11-22 17:00:00"}, "occurrence_time", "2026-11-22T09:00:00Z"),
        ({"LastTime": "2000-01-01 00:00:00", "LastTimeStamp": 1795338000000}, "last_time_stamp", 1795338000000),
        ({"OperateTime": 0}, "operate_time", None),
        ({"OperateTime": -5}, "operate_time", None),
    ],
)
def test_what_a_field_makes_of_a_value(row, name, value):
    assert record_of(row)[name] == value


def test_only_the_fields_that_are_wanted_are_made():
    assert record_of(_ROW, ["name", "id"]) == {"id": "90001", "name": "Webshell - x.php"}


@pytest.mark.parametrize(
    ("label", "value", "found"),
    [
        ("Source IP", "198.51.100.23", ["198.51.100.23"]),
        ("Attack source IP", "198.51.100.23", ["198.51.100.23"]),
        ("Attacker IP", "198.51.100.23", ["198.51.100.23"]),
        ("Logon IP", "198.51.100.23", ["198.51.100.23"]),
        ("Login source IP", "198.51.100.23", ["198.51.100.23"]),
        ("来源IP", "198.51.100.23", ["198.51.100.23"]),
        ("攻击源IP", "198.51.100.23", ["198.51.100.23"]),
        ("登录源ip", "198.51.100.23", ["198.51.100.23"]),
        ("Source IP", "198.51.100.23, 2001:db8:0::1;198.51.100.23", ["198.51.100.23", "2001:db8::1"]),
        ("Source IP", "::ffff:198.51.100.23", ["198.51.100.23"]),
        ("Source IP", "198.51.100.23:22 (unknown)", ["198.51.100.23"]),
        ("Source IP", "[2001:db8::1]:443", ["2001:db8::1"]),
        ("Source IP", "999.1.1.1 at 17:00:00", []),
        ("Source IP", None, []),
        ("Server IP", "10.0.0.5", []),
        ("服务器IP", "10.0.0.5", []),
        ("Source file", "198.51.100.23", []),
        ("Login equipment", "198.51.100.23", []),
        (None, "198.51.100.23", []),
    ],
)
def test_the_attackers_addresses_are_those_under_a_label_of_either_language(label, value, found):
    assert record_of({"Details": [{"NameDisplay": label, "Value": value}]})["attacker_addresses"] == found


def test_an_attacker_named_under_two_labels_is_one():
    details = [{"NameDisplay": label, "Value": "198.51.100.23"} for label in ("Source IP", "Login IP")]
    assert record_of({"Details": details})["attacker_addresses"] == ["198.51.100.23"]


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        ([], []),
        (["10001", 10002], ["10001", "10002"]),
        ([" 7\n", "7", "007"], ["7"]),
        (["0", "000"], ["0"]),
        (["9" * 19], ["9" * 19]),
    ],
)
def test_ids_keep_their_order_and_are_there_once(given, ids):
    assert check_ids("security_event_ids", given) == ids


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (["1", "x"], "x"),
        ([""], "an empty text"),
        (["-1", "1.5", "1e3"], "-1, 1.5, 1e3"),
        (["1,2"], "1,2"),
        (["１２"], "１２"),
        (["9" * 20], "9" * 20),
        (["\x1b[2J"], "\\x1b[2J"),
        ([*"abcdefg"], "a, b, c, d, e"),
    ],
)
def test_an_id_that_is_none_is_told(given, shown):
    with pytest.raises(OptionError) as caught:
        check_ids("opt", given)
    assert str(caught.value) == f"opt must be decimal digits, as security_event_info gives them; not so: {shown}"
