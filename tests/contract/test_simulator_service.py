# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the simulated service does with alerts: handling, the way back, members, whitelist rules, tasks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator import Simulator
from simulator.clients import Wire
from simulator.seed_accounts import DB_1, FREE_MEMBER_ACCOUNT, MEMBER_ACCOUNT, WEB_1, WEB_2
from simulator.state import Key

HANDLE = "HandleSecurityEvents"
STATUS = "DescribeSecurityEventOperationStatus"
FUTURE = json.dumps({"expireTime": 4_000_000_000_000})
RULE = {"uuid": "part", "field": "filePath", "operate": "contains", "fieldValue": "/tmp/.cache/"}


def numbered(*event_ids: object) -> dict[str, str]:
    return {f"SecurityEventIds.{number}": str(event_id) for number, event_id in enumerate(event_ids, start=1)}


def handle(wire: Wire, operation: str, *event_ids: object, **more: str) -> dict[str, Any]:
    """Handle events and let the task end: {"task": its status, event id: (status, error code)}."""
    answer = wire.call(HANDLE, {"OperationCode": operation, **numbered(*event_ids), **more}).json()
    task_id = answer["HandleSecurityEventsResponse"]["TaskId"]
    wire.simulator.clock.shift(1)
    status = wire.call(STATUS, {"TaskId": str(task_id), **numbered(*event_ids)}).json()
    told = status["SecurityEventOperationStatusResponse"]
    events = {
        event["SecurityEventId"]: (event["Status"], event["ErrorCode"])
        for event in told["SecurityEventOperationStatuses"]
    }
    return {"task": told["TaskStatus"], **events}


def refusal(wire: Wire, operation: str, *event_ids: object, **more: str) -> str:
    """The Code of a call that must be refused as a whole: no task, no alert touched."""
    before = [alert.status for alert in wire.simulator.state.alerts]
    code = wire.code(HANDLE, {"OperationCode": operation, **numbered(*event_ids), **more})[1]
    assert wire.simulator.state.tasks == []
    assert [alert.status for alert in wire.simulator.state.alerts] == before
    return code


def offers(wire: Wire, event_id: int) -> dict[str, bool]:
    """The operations of an alert: {code: whether it can be done}."""
    answer = wire.call("DescribeSecurityEventOperations", {"SecurityEventId": str(event_id)}).json()
    return {offer["OperationCode"]: offer["UserCanOperate"] for offer in answer["SecurityEventOperationsResponse"]}


def mark_fields(wire: Wire, event_id: int) -> list[tuple[str, str, str]]:
    answer = wire.call("DescribeSecurityEventOperations", {"SecurityEventId": str(event_id)}).json()
    [rules] = [offer["MarkField"] for offer in answer["SecurityEventOperationsResponse"] if "MarkField" in offer]
    return [(rule["FiledName"], rule["MarkMisType"], rule["MarkMisValue"]) for rule in rules]


def test_twenty_events_are_a_batch(wire: Wire) -> None:
    assert refusal(wire, "ignore", *range(20001, 20022)) == "IllegalParam"
    assert handle(wire, "ignore", *range(20001, 20021))["task"] == "Success"
    assert [wire.simulator.handled_times(event_id) for event_id in (20001, 20020, 20021)] == [1, 1, 0]


def test_an_unknown_id_stops_the_whole_call_and_is_not_named(wire: Wire) -> None:
    answer = wire.call(HANDLE, {"OperationCode": "ignore", **numbered(10001, 77777)}).json()
    assert answer["Code"] == "SecurityEventNotExists"
    assert "77777" not in answer["Message"]
    assert refusal(wire, "ignore", 10001, "x1") == "SecurityEventNotExists"


def test_an_event_named_twice_is_refused(wire: Wire) -> None:
    assert refusal(wire, "ignore", 10001, 10001) == "IllegalParam"


def test_a_rows_own_id_is_no_event_id(wire: Wire) -> None:
    assert refusal(wire, "ignore", 30001) == "SecurityEventNotExists"


def test_an_id_that_is_a_row_and_an_event_means_the_event(wire: Wire) -> None:
    handle(wire, "ignore", 40001, 40002)
    state = wire.simulator.state
    assert {alert.id: alert.status for alert in state.alerts if alert.id in (30001, 40001)} == {30001: 2, 40001: 1}
    assert wire.simulator.alert(40001).id == 30001


def test_a_row_of_two_events_is_handled_when_both_are(wire: Wire) -> None:
    assert handle(wire, "ignore", 40001)["40001"] == ("Success", "ignore.Success")
    assert wire.simulator.alert(40002).status == 1
    assert handle(wire, "ignore", 40001)["40001"] == ("Failed", "ignore.NotSupport")
    assert handle(wire, "ignore", 40002)["40002"] == ("Success", "ignore.Success")
    assert wire.simulator.alert(40002).status == 2


@pytest.mark.parametrize(
    ("operation", "event_id", "params", "status", "code"),
    [
        ("ignore", 10001, "{}", 2, "ignore.Success"),
        ("manual_handled", 10001, "{}", 32, "manual_handled.Success"),
        ("advance_mark_mis_info", 10001, "{}", 8, "advance_mark_mis_info.User.Success"),
        ("block_ip", 10003, FUTURE, 32, "block_ip.Success"),
        ("kill_and_quara", 10001, '{"subOperation": "killByMd5andPath"}', 32, "kill_and_quara.Success"),
        ("kill_process", 10001, "{}", 32, "kill_process.Success"),
        ("rm_mark_mis_info", 10014, "{}", 1, "rm_mark_mis_info.Success"),
        ("cancle_manual", 10018, "{}", 1, "cancle_manual.Success"),
    ],
)
def test_what_a_success_leaves_behind(
    wire: Wire, operation: str, event_id: int, params: str, status: int, code: str
) -> None:
    ended = handle(wire, operation, event_id, OperationParams=params, Remark="ticket 7")
    assert ended == {"task": "Success", str(event_id): ("Success", code)}
    alert = wire.simulator.alert(event_id)
    assert (alert.status, alert.operate_error_code, alert.operate_message) == (status, code, "ticket 7")
    assert wire.simulator.handled_times(event_id) == 1


@pytest.mark.parametrize(
    ("operation", "event_id", "result"),
    [
        ("kill_process", 10005, "ProcessNotExist"),
        ("quara", 10006, "AgentOffline"),
        ("kill_process", 10003, "NotSupport"),  # not on offer
        ("cleanup", 10002, "NotSupport"),  # shown, but beyond the edition
        ("ignore", 10011, "NotSupport"),  # ignored already
        ("ignore", 10009, "NotSupport"),  # expired
        ("ignore", 10010, "NotSupport"),  # not to be dealt with online
        ("ignore", 10013, "NotSupport"),  # under way
        ("rm_mark_mis_info", 10001, "NotSupport"),  # nothing to take back
        ("cancle_manual", 10012, "NotSupport"),  # handled, but not by hand
    ],
)
def test_what_a_failure_leaves_behind(wire: Wire, operation: str, event_id: int, result: str) -> None:
    before = wire.simulator.alert(event_id).status
    ended = handle(wire, operation, event_id)
    assert ended == {"task": "Failure", str(event_id): ("Failed", f"{operation}.{result}")}
    assert wire.simulator.alert(event_id).status == before
    assert wire.simulator.handled_times(event_id) == 0


def test_a_soft_operation_does_not_need_the_agent(wire: Wire) -> None:
    assert handle(wire, "ignore", 10006)["task"] == "Success"


def test_each_alert_of_a_task_ends_by_its_own_result(wire: Wire) -> None:
    ended = handle(wire, "kill_process", 10001, 10005, 10006)
    assert ended == {
        "task": "Success",
        "10001": ("Success", "kill_process.Success"),
        "10005": ("Failed", "kill_process.ProcessNotExist"),
        "10006": ("Failed", "kill_process.AgentOffline"),
    }
    assert wire.simulator.alert(10005).operate_error_code == "kill_process.ProcessNotExist"


def test_a_refused_repeat_does_not_hide_what_was_done(wire: Wire) -> None:
    handle(wire, "manual_handled", 10011)
    assert wire.simulator.alert(10011).operate_error_code == "ignore.Success"


def test_an_alert_is_processing_until_its_task_ends(wire: Wire) -> None:
    wire.simulator.clock.freeze()
    wire.call(HANDLE, {"OperationCode": "ignore", **numbered(10001)})
    assert wire.simulator.alert(10001).status == 16
    assert wire.simulator.handled_times(10001) == 0
    second = handle(wire, "manual_handled", 10001)
    assert second["10001"] == ("Failed", "manual_handled.NotSupport")
    assert wire.simulator.alert(10001).status == 2


@pytest.mark.parametrize(
    "params",
    [
        None,
        "{}",
        "[]",
        "nonsense",
        '{"expireTime": 1000}',
        '{"expireTime": "4000000000000"}',
        '{"expireTime": 2000000000}',
    ],
)
def test_block_ip_needs_a_time_in_the_future_in_milliseconds(wire: Wire, params: str | None) -> None:
    assert refusal(wire, "block_ip", 10003, **({"OperationParams": params} if params else {})) == "IllegalParam"


def made_records(wire: Wire) -> list[tuple[str, str, int, list[str], list[str]]]:
    records = [record for record in wire.simulator.state.block_records if record.source == "alert"]
    return [(one.block_ip, one.bound, one.expire_ms, one.uuids, one.enabled_uuids) for one in records]


def test_block_ip_makes_one_record_for_an_address(wire: Wire) -> None:
    handle(wire, "block_ip", 20001, 20006, 20002, OperationParams=FUTURE)
    both, one = [WEB_1, WEB_2], [WEB_2]
    first = ("192.0.2.45", "in", 4_000_000_000_000, both, both)
    second = ("192.0.2.99", "in", 4_000_000_000_000, one, one)
    assert made_records(wire) == [first, second]
    handle(wire, "block_ip", 20011, OperationParams='{"expireTime": 4000000000001}')
    handle(wire, "block_ip", 20012, OperationParams='{"expireTime": 3999999999999}')
    assert made_records(wire) == [("192.0.2.45", "in", 4_000_000_000_001, both, both), second]


@pytest.mark.parametrize("params", ["{}", '{"subOperation": "kill"}', '{"subOperation": null}'])
def test_kill_and_quara_needs_a_sub_operation(wire: Wire, params: str) -> None:
    assert refusal(wire, "kill_and_quara", 10001, OperationParams=params) == "IllegalParam"


@pytest.mark.parametrize(
    ("sub_operation", "quarantined"),
    [("killAndQuaraFileByMd5andPath", True), ("killByMd5andPath", False), ("quaraFileByMd5andPath", True)],
)
def test_only_some_sub_operations_take_the_file_away(wire: Wire, sub_operation: str, quarantined: bool) -> None:
    handle(wire, "kill_and_quara", 10001, OperationParams=json.dumps({"subOperation": sub_operation}))
    paths = [file.path for file in wire.simulator.state.quarantined_files]
    assert ("/tmp/.cache/xmrig" in paths) is quarantined


def test_an_unknown_operation_is_refused(wire: Wire) -> None:
    assert refusal(wire, "cancel_manual", 10018) == "IllegalParam"


def test_whitelist_rules_replace_those_that_were_there(wire: Wire) -> None:
    assert mark_fields(wire, 10015) == [("filePath", "contains", "/opt/backup/")]
    rule = {**RULE, "field": "cmdLine", "fieldValue": "curl"}
    assert handle(wire, "advance_mark_mis_info", 10015, MarkMissParam=json.dumps([rule]))["task"] == "Success"
    assert handle(wire, "rm_mark_mis_info", 10015)["task"] == "Success"
    assert mark_fields(wire, 10015) == []
    handle(wire, "advance_mark_mis_info", 10015, MarkMissParam=json.dumps([rule]))
    [kept] = wire.simulator.state.rules_of(wire.simulator.alert(10015))
    assert (kept.field, kept.operate, kept.field_value, kept.uuid) == ("cmdLine", "contains", "curl", DB_1)


def test_the_end_of_a_whitelisting_may_leave_the_rules(wire: Wire) -> None:
    wire.simulator.state.settings.rm_mark_mis_info_deletes_rules = False
    assert handle(wire, "rm_mark_mis_info", 10014)["task"] == "Success"
    assert wire.simulator.alert(10014).status == 1
    assert mark_fields(wire, 10014) == [("cmdLine", "contains", "nmap -sn")]


def test_the_rules_of_an_alert_are_those_of_its_kind_on_its_server_and_on_all(wire: Wire) -> None:
    kind = {"event_type": "Suspicious Process", "sub_type": "suspicious_download"}
    source = {"filePath": "/opt/backup/agent.tgz"}
    others = [wire.simulator.add_alert(uuid=uuid, mark_sources=source, **kind).id for uuid in (DB_1, WEB_1)]
    rule = {**RULE, "fieldValue": "/opt/"}
    assert handle(wire, "advance_mark_mis_info", 10015, MarkMissParam=json.dumps([rule]))["task"] == "Success"
    assert [mark_fields(wire, other) for other in others] == [[("filePath", "contains", "/opt/")], []]


def test_a_rule_for_the_alerts_own_server_needs_one(wire: Wire) -> None:
    made = wire.simulator.add_alert(mark_sources={"filePath": "/x"})
    only_here, everywhere = (json.dumps([{**RULE, "uuid": uuid}]) for uuid in ("part", "ALL"))
    assert refusal(wire, "advance_mark_mis_info", made.id, MarkMissParam=only_here) == "IllegalParam"
    assert handle(wire, "advance_mark_mis_info", made.id, MarkMissParam=everywhere)["task"] == "Success"


@pytest.mark.parametrize(
    "rules",
    [
        "nonsense",
        "5",
        json.dumps(RULE),
        json.dumps(["filePath"]),
        json.dumps([{key: value for key, value in RULE.items() if key != "uuid"}]),
        json.dumps([{**RULE, "extra": "1"}]),
        json.dumps([{**RULE, "uuid": "all"}]),
        json.dumps([{**RULE, "fieldValue": ""}]),
        json.dumps([{**RULE, "fieldValue": 5}]),
        json.dumps([{**RULE, "field": "loginUser"}]),  # not a field of this alert
        json.dumps([{**RULE, "operate": "inIpSegment"}]),  # not a comparison of this field
    ],
)
def test_a_whitelist_rule_that_is_not_right_is_refused(wire: Wire, rules: str) -> None:
    assert refusal(wire, "advance_mark_mis_info", 10001, MarkMissParam=rules) == "IllegalParam"


def test_whitelist_rules_belong_to_whitelisting(wire: Wire) -> None:
    assert refusal(wire, "ignore", 10001, MarkMissParam=json.dumps([RULE])) == "IllegalParam"


def test_a_rule_must_suit_every_alert_of_the_call(wire: Wire) -> None:
    more = {"MarkMissParam": json.dumps([RULE]), "MarkBatch": "true"}
    assert refusal(wire, "advance_mark_mis_info", 10001, 20001, **more) == "IllegalParam"


@pytest.mark.parametrize("batch", [None, "false", "True", "1"])
def test_whitelisting_several_alerts_needs_mark_batch(wire: Wire, batch: str | None) -> None:
    more = {"MarkBatch": batch} if batch else {}
    assert refusal(wire, "advance_mark_mis_info", 20001, 20002, **more) == "IllegalParam"


@pytest.mark.parametrize(
    ("event_id", "expected"),
    [
        (10003, {"block_ip": True, "advance_mark_mis_info": True, "ignore": True, "manual_handled": True}),
        (10009, {}),  # expired
        (10010, {}),  # not to be dealt with online
        (10014, {"rm_mark_mis_info": True}),
        (10018, {"cancle_manual": True}),
        (10016, {"defense_mark_mis_info": False}),  # arrived handled
    ],
)
def test_what_an_alert_offers(wire: Wire, event_id: int, expected: dict[str, bool]) -> None:
    assert offers(wire, event_id) == expected


def test_a_handled_or_busy_alert_offers_nothing_operable(wire: Wire) -> None:
    for event_id in (10011, 10012, 10013):
        assert offers(wire, event_id)
        assert not any(offers(wire, event_id).values())


def test_the_way_back_is_offered_and_leads_back(wire: Wire) -> None:
    handle(wire, "manual_handled", 10001)
    assert offers(wire, 10001) == {"cancle_manual": True}
    handle(wire, "cancle_manual", 10001)
    assert offers(wire, 10001)["ignore"] is True
    assert handle(wire, "ignore", 10001)["task"] == "Success"


@pytest.mark.parametrize("event_id", [77777, 30001, 50001], ids=["unknown", "a row's id", "a member's"])
def test_operations_know_the_callers_own_events_only(wire: Wire, event_id: int) -> None:
    query = {"SecurityEventId": str(event_id)}
    assert wire.code("DescribeSecurityEventOperations", query) == (400, "SecurityEventNotExists")


def test_a_task_answers_for_its_own_events(wire: Wire) -> None:
    wire.call(HANDLE, {"OperationCode": "ignore", **numbered(10001)})
    told = wire.call(STATUS, {"TaskId": "15411", **numbered(10001, 10003)}).json()
    statuses = told["SecurityEventOperationStatusResponse"]["SecurityEventOperationStatuses"]
    assert [event["SecurityEventId"] for event in statuses] == ["10001"]
    assert wire.code(STATUS, {"TaskId": "15412", **numbered(10001)}) == (400, "OperationTaskNotExists")


def test_a_task_is_known_to_its_own_account_only(wire: Wire) -> None:
    wire.simulator.state.keys.append(Key("LTAI5tOfTheMember", "another", MEMBER_ACCOUNT))
    wire.call(HANDLE, {"OperationCode": "quara", "ResourceDirectoryAccountId": str(MEMBER_ACCOUNT), **numbered(50001)})
    query = {"TaskId": "15411", **numbered(50001)}
    assert wire.code(STATUS, query) == (200, "")
    member = {"key_id": "LTAI5tOfTheMember", "secret": "another"}
    assert wire.code(STATUS, query, **member) == (400, "OperationTaskNotExists")


def test_member_accounts(wire: Wire) -> None:
    member = {"ResourceDirectoryAccountId": str(MEMBER_ACCOUNT)}
    assert refusal(wire, "quara", 50001) == "SecurityEventNotExists"
    assert refusal(wire, "ignore", 10001, **member) == "SecurityEventNotExists"
    assert refusal(wire, "ignore", 10001, ResourceDirectoryAccountId="42") == "RdCheckNoPermission"
    free = {"ResourceDirectoryAccountId": str(FREE_MEMBER_ACCOUNT)}
    assert refusal(wire, "ignore", 60001, **free) == "FreeVersionNotPermit"
    assert handle(wire, "quara", 50001, **member)["50001"] == ("Success", "quara.Success")


def test_the_own_account_is_no_member(wire: Wire) -> None:
    own = str(wire.simulator.state.accounts[0].id)
    assert refusal(wire, "ignore", 10001, ResourceDirectoryAccountId=own) == "RdCheckNoPermission"


def test_a_test_may_add_and_change_alerts(wire: Wire, simulator: Simulator) -> None:
    made = simulator.add_alert(results={"ignore": "ServerError"})
    assert handle(wire, "ignore", made.id)[str(made.id)] == ("Failed", "ignore.ServerError")
    simulator.add_alert(id=made.id, results={})
    assert handle(wire, "ignore", made.id)["task"] == "Success"
    assert simulator.alert(str(made.id)) is made
    with pytest.raises(ValueError, match="unknown key colour"):
        simulator.add_alert(colour="red")
    with pytest.raises(KeyError):
        simulator.alert(4711)
