# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Taking back what was done to alerts, over a real socket to a simulator."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import (
    handling,
    report,
    reverting,
    reverting_files,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from engine import client_of, shorten_waits
from simulator import Simulator
from simulator.actions import blocks
from simulator.seed_accounts import DB_1, OWN_ACCOUNT, WEB_1, WEB_2
from simulator.state import BlockRecord, MarkRule

Task = Callable[..., dict[str, Any]]
RULE = {"field": "filePath", "operate": "contains", "field_value": "xmrig", "uuid": "part"}
CANCEL, HANDLE, RESTORE = "OperationCancelIgnoreSuspEvent", "HandleSecurityEvents", "RollbackSuspEventQuaraFile"
DELETE_RULES = "DeleteSecurityEventMarkMissList"
READS = ("Describe", "Advance")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_waits(monkeypatch)


def task(run: Callable[..., dict[str, Any]], simulator: Simulator, **connection: Any) -> Task:
    """A function that runs a module's ``run``: options in, its result out; ``warnings`` are in the result."""

    def call(check_mode: bool = False, diff: bool = False, **options: Any) -> dict[str, Any]:
        warnings: list[str] = []
        report = Report(check_mode=check_mode, diff=diff, environ={}, warn=warnings.append)
        given = {"wait_timeout": 5} | options
        return run(client_of(simulator, **connection), given, report) | {"warnings": warnings}

    return call


@pytest.fixture
def handle(simulator: Simulator) -> Task:
    return task(handling.run, simulator)


@pytest.fixture
def revert(simulator: Simulator) -> Task:
    return task(reverting.run, simulator)


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """A function that takes what somebody else does between the reading and the writing."""

    def let(somebody: Callable[[], None]) -> None:
        limit = reverting._limit

        def then(*arguments: Any) -> str:
            somebody()
            return limit(*arguments)

        monkeypatch.setattr(reverting, "_limit", then)

    return let


def outcomes(result: dict[str, Any]) -> dict[str, str]:
    return {event["security_event_id"]: event["outcome"] for event in result["events"]}


def writes(simulator: Simulator) -> list[str]:
    """The calls so far that were no reads."""
    return [call.action for call in simulator.calls if not call.action.startswith(READS)]


MARKS = {"10011": CANCEL, "10014": HANDLE, "10018": HANDLE}


@pytest.mark.parametrize(("event", "action"), MARKS.items())
def test_a_mark_is_taken_back_as_the_row_tells(simulator: Simulator, revert: Task, event: str, action: str):
    before = simulator.alert(event).status
    planned = revert(security_event_ids=[event], check_mode=True)
    assert (outcomes(planned), planned["changed"]) == ({event: "planned"}, True)
    assert simulator.alert(event).status == before and writes(simulator) == []

    done = revert(security_event_ids=[event], diff=True)
    assert (outcomes(done), done["changed"], done.get("failed")) == ({event: "handled"}, True, None)
    assert done["diff"]["after"] == {event: "pending"} != done["diff"]["before"]
    assert done["actions"] == planned["actions"]
    assert simulator.alert(event).status == 1 and writes(simulator) == [action]

    again = revert(security_event_ids=[event])
    assert (outcomes(again), again["changed"], again["actions"]) == ({event: "unchanged"}, False, [])
    assert again["events"][0]["message"] == "is pending already"


REFUSED = {
    "a process that was ended": (
        {"id": 10012, "operate_error_code": "kill_process.Success"},
        "NoWayBack: kill_process can't be taken back: a process that is ended is not started again",
    ),
    "an alert that is expired": (
        {"id": 10009, "operate_error_code": "ignore.Success"},
        "WrongStatus: the alert is expired (ignore.Success), to which ignore does not lead",
    ),
    "one whose row does not tell": (
        {"id": 10018, "operate_error_code": ""},
        "UnknownOperation: the alert is handled, and the service does not tell by which operation: name it with operation_code",
    ),
    "one that is being handled": (
        {"id": 10013},
        "Processing: the alert is being handled: run the task again when that has ended",
    ),
    "a precise defence": (
        {"id": 10016, "operate_error_code": "defense_mark_mis_info.Success"},
        "NoWayBack: defense_mark_mis_info is taken back by handle_security_events with operation_code rm_defense_mark_mis_info",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_can_not_be_taken_back_is_refused_with_the_reason(simulator: Simulator, revert: Task, case: str):
    fields, expected = REFUSED[case]
    simulator.add_alert(**fields)
    given = {"operation_code": "ignore"} if "being handled" in case else {}
    result = revert(security_event_ids=[str(fields["id"])], **given)
    [event] = result["events"]
    assert (event["outcome"], f"{event['error_code']}: {event['message']}") == ("refused", expected)
    assert result["failed"] and expected.partition(": ")[2] in result["msg"]
    assert writes(simulator) == []


def test_an_alert_that_was_handled_by_another_operation_since_is_refused(revert: Task):
    result = revert(security_event_ids=["10011"], operation_code="manual_handled")
    assert outcomes(result) == {"10011": "refused"}
    assert result["events"][0]["message"] == (
        "the alert is ignored by ignore now, not by manual_handled: take that back, or nothing"
    )


def test_an_unknown_id_is_refused_and_the_others_are_taken_back(simulator: Simulator, revert: Task):
    result = revert(security_event_ids=["99999", "10011"])
    assert outcomes(result) == {"99999": "refused", "10011": "handled"}
    assert result["msg"] == (
        "1 of 2 handlings were not taken back (1 handled, 1 refused) - no alert has the id 99999: check the id, region_id and the account"
    )
    quiet = revert(security_event_ids=["99999", "10011"], on_refused="ignore")
    assert (quiet.get("failed"), outcomes(quiet)) == (None, {"99999": "refused", "10011": "unchanged"})
    simulator.reset()
    stopped = revert(security_event_ids=["99999", "10011"], on_refused="abort")
    assert stopped["failed"] and outcomes(stopped)["10011"] == "planned" and not stopped["changed"]
    assert writes(simulator) == []


@pytest.mark.parametrize(
    ("rails", "ids", "message"),
    [
        (
            {"protected_assets": [{"name": "db-*"}]},
            ["10011"],
            "the asset is protected by protected_assets (name: db-*)",
        ),
        (
            {"protected_assets": [{"name": "db-*"}]},
            ["10012"],
            "the asset is protected by protected_assets (name: db-*)",
        ),
        ({"allowed_operations": ["manual_handled"]}, ["10018"], "cancle_manual is not in allowed_operations"),
        ({"allowed_operations": ["manual_handled"]}, ["10011"], "ignore is not in allowed_operations"),
        ({"max_events": 1}, ["10011", "10014"], "2 alerts would be handled, max_events is 1"),
        (
            {"max_events_per_asset": 1},
            ["10011", "10012"],
            "2 alerts of server c94b8f10-2d7e-4b1a-8d55-7e6a9b0c3d11 would be handled, max_events_per_asset is 1",
        ),
    ],
    ids=["protected mark", "protected file", "code", "call", "max_events", "max_events_per_asset"],
)
def test_every_guard_rail_holds_over_all_ways_back(
    simulator: Simulator, revert: Task, rails: dict[str, Any], ids: list[str], message: str
):
    result = revert(security_event_ids=ids, **rails)
    assert result["failed"] and message in result["msg"]
    assert writes(simulator) == []


def test_a_file_is_restored_once_and_the_alert_stays_handled(simulator: Simulator, revert: Task):
    planned = revert(security_event_ids=["10012"], check_mode=True)
    assert planned["actions"] == [{"action": RESTORE, "parameters": {"QuaraFileId": "800001", "From": "sas"}}]
    done = revert(security_event_ids=["10012"])
    assert outcomes(done) == {"10012": "handled"}
    assert done["actions"] == planned["actions"]
    assert done["events"][0]["message"] == "the file is back; no process was started again"
    assert done["events"][0]["event_status_after"] == "handled"
    assert [file.status for file in simulator.state.quarantined_files] == ["rollbackDone"]
    again = revert(security_event_ids=["10012"])
    assert (outcomes(again), again["changed"]) == ({"10012": "unchanged"}, False)
    assert writes(simulator) == [RESTORE]


def test_of_several_files_none_is_restored(simulator: Simulator, revert: Task):
    [file] = simulator.state.quarantined_files
    simulator.state.quarantined_files.append(type(file)(**{**vars(file), "id": 800002}))
    result = revert(security_event_ids=["10012"])
    assert outcomes(result) == {"10012": "refused"}
    assert result["events"][0]["message"].startswith(
        "2 quarantined files may be the alert's: restore the right one with"
    )
    assert writes(simulator) == []


def test_a_file_that_the_server_can_not_put_back_is_a_failure(simulator: Simulator, revert: Task):
    simulator.state.quarantined_files[0].rollback_fails = True
    result = revert(security_event_ids=["10012", "10011"])
    assert outcomes(result) == {"10012": "failed", "10011": "handled"}
    assert "could not be restored: check that the server is online" in result["msg"]


def test_a_whitelisting_is_taken_back_with_its_rule_and_no_other(simulator: Simulator, handle: Task, revert: Task):
    """10015 has a rule already. It stands afterwards, whether or not the service removes it with the mark."""
    rule = {"field": "cmdLine", "operate": "contains", "field_value": "/opt/backup", "uuid": "part"}
    for deletes in (True, False):
        simulator.reset()
        simulator.state.settings.rm_mark_mis_info_deletes_rules = deletes
        before = sorted(
            map(str, ((r.event_name, r.field, r.field_value, r.uuid) for r in simulator.state.whitelist_rules))
        )
        handled = handle(security_event_ids=["10015"], operation_code="advance_mark_mis_info", mark_miss_param=[rule])
        assert handled["events"][0]["revert"]["options"]["mark_miss_param"] == [rule]
        result = revert(result=handled)
        assert (outcomes(result), result["warnings"]) == ({"10015": "handled"}, [])
        assert simulator.alert(10015).status == 1
        assert [call["action"] for call in result["actions"]] == writes(simulator)[1:]
        after = sorted(
            map(str, ((r.event_name, r.field, r.field_value, r.uuid) for r in simulator.state.whitelist_rules))
        )
        assert after == before


def test_without_a_saved_result_it_is_said_which_rules_the_service_removed(simulator: Simulator, revert: Task):
    result = revert(security_event_ids=["10014"])
    assert outcomes(result) == {"10014": "handled"}
    [warning] = result["warnings"][-1:]
    assert warning.startswith("with the mark of alert 10014 the service removed ") and "nmap -sn" in warning


def test_without_a_saved_result_it_is_said_which_rules_still_stand(simulator: Simulator, revert: Task):
    simulator.state.settings.rm_mark_mis_info_deletes_rules = False
    result = revert(security_event_ids=["10014"])
    assert result["events"][0]["message"].startswith("these whitelist rules stand for such alerts: ")


def test_a_saved_result_is_taken_back_and_only_what_it_did(simulator: Simulator, handle: Task, revert: Task):
    handled = handle(security_event_ids=["10001", "10011", "10009"], operation_code="ignore")
    assert outcomes(handled) == {"10001": "handled", "10011": "unchanged", "10009": "refused"}
    result = revert(result=handled)
    assert outcomes(result) == {"10001": "handled"}
    assert (simulator.alert(10001).status, simulator.alert(10011).status) == (1, 2)


def test_a_loop_and_a_check_and_a_run_that_did_nothing(handle: Task, revert: Task):
    one = handle(security_event_ids=["10001"], operation_code="ignore")
    two = handle(security_event_ids=["10003"], operation_code="manual_handled")
    planned = handle(security_event_ids=["10002"], operation_code="ignore", check_mode=True)
    result = revert(result={"results": [one, {"skipped": True}, two, planned], "changed": True})
    assert outcomes(result) == {"10001": "handled", "10003": "handled"}
    nothing = revert(result=planned)
    assert (nothing["events"], nothing["changed"], nothing.get("failed")) == ([], False, None)


def test_a_result_file_is_taken_back(simulator: Simulator, handle: Task, revert: Task, tmp_path: Path):
    file = tmp_path / "result.jsonl"
    handle(security_event_ids=["10001"], operation_code="ignore", result_file=str(file))
    handle(security_event_ids=["10003"], operation_code="manual_handled", result_file=str(file))
    handle(security_event_ids=["10001"], operation_code="ignore", result_file=str(file))  # unchanged, and no less done
    result = revert(result_file=str(file))
    assert outcomes(result) == {"10001": "handled", "10003": "handled"}
    assert {event["operation_code"] for event in result["events"]} == {"ignore", "manual_handled"}


def test_what_a_killed_run_had_sent_is_taken_back_too(simulator: Simulator, handle: Task, revert: Task, tmp_path: Path):
    file = tmp_path / "result.jsonl"
    handle(security_event_ids=["10001", "30001"], operation_code="ignore", result_file=str(file))
    lines = file.read_text(encoding="ascii").splitlines(keepends=True)
    sent = [line for line in lines if "outcome" not in json.loads(line)]
    file.write_text("".join(sent) + '{"security_event_id": "100', encoding="ascii")
    assert set(outcomes(revert(result_file=str(file), check_mode=True))) == {"10001", "40001", "40002"}
    row = next(line for line in lines if json.loads(line).get("security_event_id") == "30001")
    file.write_text("".join([*sent, row]), encoding="ascii")
    result = revert(result_file=str(file))
    assert outcomes(result) == {"10001": "handled", "30001": "handled"}
    assert (simulator.alert(10001).status, simulator.alert(30001).status) == (1, 1)


def test_a_file_that_is_no_result_file_is_refused(revert: Task, tmp_path: Path):
    file = tmp_path / "notes.txt"
    file.write_text("hello\nworld\n", encoding="ascii")
    with pytest.raises(
        OptionError, match=r"has no JSON object in line 1: give a file that handle_security_events wrote"
    ):
        revert(result_file=str(file))
    with pytest.raises(OptionError, match="can't be read: No such file or directory"):
        revert(result_file=str(tmp_path / "none"))
    with pytest.raises(OptionError, match="result has no events: give the variable that was registered"):
        revert(result={"changed": False, "rc": 0})


@pytest.mark.parametrize("how", ["reset_after", "reset_before", "throttle"])
@pytest.mark.parametrize(("event", "action"), [*MARKS.items(), ("10012", RESTORE)])
def test_a_lost_answer_is_looked_into_and_nothing_is_done_twice(
    simulator: Simulator, revert: Task, event: str, action: str, how: str
):
    simulator.fail(action, how=how)
    result = revert(security_event_ids=[event])
    assert (outcomes(result), result["changed"]) == ({event: "handled"}, True)
    lost = 0 if how == "reset_after" else 1
    assert writes(simulator) == [action] * (1 + lost)


def test_one_alert_that_somebody_opened_does_not_keep_the_others(
    simulator: Simulator, revert: Task, meanwhile: Callable[[Callable[[], None]], None]
):
    """The call is refused whole when one of its alerts is not ignored any more: it is made without that one."""
    for row in (10001, 10002, 10003):
        simulator.add_alert(id=row, status=2, operate_error_code="ignore.Success")
    opened = simulator.alert(10002)
    meanwhile(lambda: setattr(opened, "status", 1))
    result = revert(security_event_ids=["10001", "10002", "10003"])
    assert outcomes(result) == {"10001": "handled", "10002": "unchanged", "10003": "handled"}


def test_a_missing_permission_stops_it_and_says_what_was_done(simulator: Simulator, revert: Task):
    simulator.fail(HANDLE, 1, 10, how="error", http_status=403, code="Forbidden.RAM")
    result = revert(security_event_ids=["10011", "10018"])
    assert outcomes(result) == {"10011": "handled", "10018": "failed"}
    assert result["error"]["code"] == "Forbidden.RAM" and "grant the RAM action" in result["msg"]


def test_a_member_s_mark_is_taken_back_and_its_file_is_not(simulator: Simulator, handle: Task, revert: Task):
    member = {"resource_directory_account_id": "2234567890123456"}
    handled = handle(security_event_ids=["50001"], operation_code="ignore", **member)
    assert handled["events"][0]["revert"]["options"]["resource_directory_account_id"] == "2234567890123456"
    assert outcomes(revert(result=handled)) == {"50001": "handled"}
    assert simulator.alert(50001).status == 1
    handle(security_event_ids=["50001"], operation_code="quara", **member)
    refused = revert(security_event_ids=["50001"], operation_code="quara", **member)
    assert refused["events"][0]["message"].startswith("the quarantined files of a member account can't be listed")


UNBLOCK = "DisableCustomBlockRecord"
HOUR = {"expire_in": "1h"}


def test_a_block_is_lifted_once_and_the_alert_stays_handled(simulator: Simulator, handle: Task, revert: Task):
    handled = handle(security_event_ids=["10003"], operation_code="block_ip", operation_params=HOUR)
    planned = revert(result=handled, check_mode=True)
    assert planned["actions"] == [{"action": UNBLOCK, "parameters": {"BlockIp": "198.51.100.23", "Bound": "in"}}]
    done = revert(result=handled)
    assert (outcomes(done), done["actions"]) == ({"10003": "handled"}, planned["actions"])
    assert done["events"][0]["event_status_after"] == "handled"
    assert [record.enabled for record in simulator.state.block_records if record.block_ip == "198.51.100.23"] == [False]
    again = revert(result=handled)
    assert (outcomes(again), again["changed"]) == ({"10003": "unchanged"}, False)
    assert again["events"][0]["message"] == "198.51.100.23 is not blocked any more"


def test_one_record_of_two_alerts_is_lifted_when_both_are_taken_back(simulator: Simulator, handle: Task, revert: Task):
    """20001 and 20006 are of one attacker and two servers."""
    events = ["20001", "20006"]
    assert len({simulator.alert(event).attacker_ip for event in events}) == 1
    assert len({simulator.alert(event).uuid for event in events}) == 2
    handled = handle(security_event_ids=events, operation_code="block_ip", operation_params=HOUR)
    one = revert(security_event_ids=events[:1])
    assert outcomes(one) == {"20001": "refused"}
    assert "on 2 servers, not only for what is taken back: somebody else may have made it" in one["msg"]
    both = revert(result=handled)
    assert outcomes(both) == dict.fromkeys(events, "handled")
    assert writes(simulator).count(UNBLOCK) == 1


def test_the_service_s_own_block_is_named_and_left(simulator: Simulator, revert: Task):
    record = next(one for one in simulator.state.brute_force_records if one.enabled)
    simulator.add_alert(
        id=70001, uuid=record.uuid, attacker_ip=record.block_ip, status=32, operate_error_code="block_ip.Success"
    )
    result = revert(security_event_ids=["70001"])
    assert outcomes(result) == {"70001": "refused"}
    assert f"the service itself blocks {record.block_ip} on" in result["msg"]


def test_a_block_of_an_address_that_nobody_tells_is_refused(simulator: Simulator, revert: Task):
    simulator.add_alert(id=70001, status=32, operate_error_code="block_ip.Success")
    result = revert(security_event_ids=["70001"])
    assert result["events"][0]["message"].startswith("the service does not tell which address was blocked")


def test_a_record_that_vanishes_before_it_is_lifted_is_lifted_by_somebody_else(
    simulator: Simulator, handle: Task, revert: Task, meanwhile: Callable[[Callable[[], None]], None]
):
    handled = handle(security_event_ids=["10003"], operation_code="block_ip", operation_params=HOUR)
    meanwhile(simulator.state.block_records.clear)
    result = revert(result=handled)
    assert (outcomes(result), result["changed"], result.get("failed")) == ({"10003": "unchanged"}, False, None)
    assert simulator.calls[-1].action != UNBLOCK and UNBLOCK in writes(simulator)


def test_a_block_of_an_ipv6_address_is_found_however_it_is_spelt(simulator: Simulator, revert: Task):
    simulator.add_alert(
        id=70001, uuid=WEB_1, attacker_ip="2001:db8::17", status=32, operate_error_code="block_ip.Success"
    )
    spelt = "2001:0DB8:0:0:0:0:0:17"
    record = BlockRecord(
        700099, OWN_ACCOUNT, spelt, 4_000_000_000_000, uuids=[WEB_1], enabled=True, enabled_uuids=[WEB_1]
    )
    simulator.state.block_records.append(record)
    simulator.fail(UNBLOCK, how="reset_before")
    result = revert(security_event_ids=["70001"])
    assert (outcomes(result), record.enabled) == ({"70001": "handled"}, False)
    assert result["actions"][0]["parameters"]["BlockIp"] == spelt


def block_of(simulator: Simulator, address: str, servers: list[str], **fields: Any) -> BlockRecord:
    """A record that blocks an address on servers."""
    state = simulator.state
    number = 700100 + len(state.block_records)
    given = {"uuids": servers, "enabled": True, "enabled_uuids": list(servers), **fields}
    state.block_records.append(BlockRecord(number, OWN_ACCOUNT, address, 4_000_000_000_000, **given))
    return state.block_records[-1]


def blocked_alert(simulator: Simulator, row: int, uuid: str, address: str, **fields: Any) -> None:
    simulator.add_alert(
        id=row, uuid=uuid, attacker_ip=address, status=32, operate_error_code="block_ip.Success", **fields
    )


def test_an_alert_of_two_addresses_is_not_taken_back_when_one_stays_blocked(
    simulator: Simulator, revert: Task, monkeypatch: pytest.MonkeyPatch
):
    """Whichever of the two ends last."""
    first, second = "203.0.113.71", "203.0.113.72"
    for refused in (first, second):
        simulator.reset()
        blocked_alert(simulator, 70001, WEB_1, f"{first},{second}")
        for address in (first, second):
            block_of(simulator, address, [WEB_1])
        simulator.fail(UNBLOCK, 1 if refused == first else 2, how="error", http_status=400, code="IllegalParam")
        result = task(reverting.run, simulator, max_concurrency=1)(security_event_ids=["70001"])
        assert (outcomes(result), result["changed"], len(result["actions"])) == ({"70001": "failed"}, True, 1)


def test_a_record_is_not_lifted_for_a_server_whose_alert_is_refused(simulator: Simulator, revert: Task):
    """The record is of two servers, and the alerts of one of them are too many."""
    blocked_alert(simulator, 70001, WEB_1, "203.0.113.71")
    blocked_alert(simulator, 70002, WEB_1, "203.0.113.71")
    blocked_alert(simulator, 70003, WEB_2, "203.0.113.71")
    record = block_of(simulator, "203.0.113.71", [WEB_1, WEB_2])
    result = revert(security_event_ids=["70001", "70002", "70003"], max_events_per_asset=1)
    assert outcomes(result) == dict.fromkeys(("70001", "70002", "70003"), "refused")
    assert record.enabled and writes(simulator) == []


def test_nor_for_one_that_is_refused_for_another_of_its_addresses(simulator: Simulator, revert: Task):
    blocked_alert(simulator, 70001, WEB_1, "203.0.113.71,203.0.113.72")
    blocked_alert(simulator, 70002, WEB_2, "203.0.113.71")
    shared = block_of(simulator, "203.0.113.71", [WEB_1, WEB_2])
    block_of(simulator, "203.0.113.72", [WEB_1, DB_1])
    result = revert(security_event_ids=["70001", "70002"])
    assert outcomes(result) == {"70001": "refused", "70002": "refused"}
    assert shared.enabled and writes(simulator) == []


@pytest.mark.parametrize("told", [{"TargetList": None}, {"ServerCount": "many"}, {"TargetList": [], "ServerCount": 1}])
def test_a_record_that_does_not_tell_its_servers_is_left(
    simulator: Simulator, revert: Task, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any]
):
    blocked_alert(simulator, 70001, WEB_1, "203.0.113.71")
    block_of(simulator, "203.0.113.71", [WEB_1])
    row = blocks._record
    monkeypatch.setattr(blocks, "_record", lambda record: {**row(record), **told})
    result = revert(security_event_ids=["70001"])
    assert outcomes(result) == {"70001": "refused"}
    assert "and the service does not tell where: lift it with custom_block_record" in result["msg"]
    assert writes(simulator) == []


def test_a_record_whose_address_can_not_be_read_is_no_sign_that_nothing_is_blocked(
    simulator: Simulator, revert: Task, monkeypatch: pytest.MonkeyPatch
):
    blocked_alert(simulator, 70001, WEB_1, "203.0.113.71")
    block_of(simulator, "203.0.113.71", [WEB_1])
    row = blocks._record
    monkeypatch.setattr(blocks, "_record", lambda record: {**row(record), "BlockIp": ["203.0.113.71"]})
    result = revert(security_event_ids=["70001"])
    assert outcomes(result) == {"70001": "failed"}
    assert "the answer holds no address in BlockIp" in result["msg"] and not result["changed"]


def test_a_block_is_lifted_when_the_servers_have_followed(simulator: Simulator, revert: Task):
    blocked_alert(simulator, 70001, WEB_1, "203.0.113.71")
    record = block_of(simulator, "203.0.113.71", [WEB_1])
    simulator.state.settings.task_seconds = 60
    result = revert(security_event_ids=["70001"], wait_timeout=0)
    assert (outcomes(result), result["changed"]) == ({"70001": "unknown"}, True)
    assert "203.0.113.71 is still blocked after wait_timeout (0 s)" in result["msg"]
    assert record.enabled_uuids == [WEB_1]
    again = revert(security_event_ids=["70001"], wait_timeout=0)
    assert outcomes(again) == {"70001": "unknown"}


def test_a_record_that_is_lifted_already_is_not_lifted_beside_another_spelling(simulator: Simulator, revert: Task):
    blocked_alert(simulator, 70001, WEB_1, "2001:db8::17")
    block_of(simulator, "2001:db8::17", [WEB_1], enabled=False, enabled_uuids=[])
    block_of(simulator, "2001:DB8::17", [WEB_1])
    result = revert(security_event_ids=["70001"])
    assert (outcomes(result), writes(simulator)) == ({"70001": "handled"}, [UNBLOCK])


def test_a_record_that_got_more_servers_meanwhile_is_left(
    simulator: Simulator, revert: Task, meanwhile: Callable[[Callable[[], None]], None]
):
    blocked_alert(simulator, 70001, WEB_1, "203.0.113.71")
    record = block_of(simulator, "203.0.113.71", [WEB_1])
    meanwhile(lambda: record.uuids.append(DB_1))
    result = revert(security_event_ids=["70001"])
    assert outcomes(result) == {"70001": "refused"} and "since this run began" in result["msg"]
    assert record.enabled and writes(simulator) == []


def test_a_file_that_is_on_its_way_back_is_followed_and_nothing_is_planned(simulator: Simulator, revert: Task):
    [file] = simulator.state.quarantined_files
    file.status, file.rollback_ends_ms = "rollbacking", 4_000_000_000_000
    planned = revert(security_event_ids=["10012"], check_mode=True)
    assert (outcomes(planned), planned["changed"], planned["actions"]) == ({"10012": "unchanged"}, False, [])
    late = revert(security_event_ids=["10012"], wait_timeout=0)
    assert (outcomes(late), late["changed"], late["actions"]) == ({"10012": "unknown"}, False, [])
    assert "is still being restored" in late["msg"]
    file.rollback_ends_ms = 1
    file.status = "rollbacking"
    simulator.state.settings.task_seconds = 0
    done = revert(security_event_ids=["10012"])
    assert (outcomes(done), done["changed"]) == ({"10012": "unchanged"}, False)
    assert writes(simulator) == []


def test_restoring_a_file_leaves_the_status_as_it_is(simulator: Simulator, revert: Task):
    """kill_and_quara leads to processing as well."""
    simulator.add_alert(id=10012, status=16)
    for check_mode in (True, False):
        result = revert(security_event_ids=["10012"], check_mode=check_mode, diff=True)
        restored = {"before": {"10012": "processing, quaraDone"}, "after": {"10012": "processing, rollbackDone"}}
        assert result["diff"] == restored


def test_what_another_run_had_in_hand_is_left_alone(simulator: Simulator, handle: Task, revert: Task):
    """The handling only followed it, and its end was not seen: the other run's own work is not taken back."""
    simulator.add_alert(id=10003, status=16)
    handled = handle(security_event_ids=["10003"], operation_code="ignore", wait_timeout=0)
    assert (outcomes(handled), handled["actions"]) == ({"10003": "unknown"}, [])
    simulator.add_alert(id=10003, status=2, operate_error_code="ignore.Success")
    result = revert(result=handled)
    assert (result["events"], simulator.alert(10003).status) == ([], 2)


def test_the_member_of_a_saved_result_is_known_from_its_calls_too(simulator: Simulator, handle: Task, revert: Task):
    """Rows that nothing takes back name no account, and those of a large result name nothing at all."""
    member = {"resource_directory_account_id": "2234567890123456"}
    handled = handle(security_event_ids=["50001"], operation_code="ignore", **member)
    del handled["events"][0]["revert"]
    assert outcomes(revert(result=handled)) == {"50001": "handled"}
    ended = {**handled, "operation_code": "kill_process", "events": [{**handled["events"][0], "revert": None}]}
    marked = handle(security_event_ids=["50001"], operation_code="ignore", **member)
    marked["events"][0]["security_event_id"] = "50001"
    ended["events"][0]["security_event_id"] = "50002"
    assert outcomes(revert(result={"results": [ended, marked]}))["50001"] == "handled"


def test_an_account_that_is_named_takes_back_nothing_of_another_one(simulator: Simulator, handle: Task, revert: Task):
    """The same id stands for an alert of each account."""
    member, other = ({"resource_directory_account_id": one} for one in ("2234567890123456", "2234567890123457"))
    handled = handle(security_event_ids=["50001"], operation_code="ignore", **member)
    before = len(simulator.calls)
    with pytest.raises(OptionError, match="is of member account 2234567890123456, not of 2234567890123457: give"):
        revert(result=handled, **other)
    assert len(simulator.calls) == before
    elsewhere = json.loads(
        json.dumps(handled).replace("2234567890123456", "2234567890123457").replace("50001", "50009")
    )
    result = revert(result={"results": [elsewhere, handled]}, **member)
    assert outcomes(result) == {"50001": "handled"}
    assert result["warnings"] == [
        "1 alerts of the saved result are of other accounts (2234567890123457): they are left as they are"
    ]


def test_an_alert_handled_by_an_operation_that_nobody_knows_is_refused(simulator: Simulator, revert: Task):
    simulator.add_alert(id=10018, operate_error_code="virus_purge.Success")
    result = revert(security_event_ids=["10018"], operation_code="manual_handled")
    assert result["events"][0]["error_code"] == "OtherOperation"
    assert "the alert is handled by virus_purge now, not by manual_handled" in result["msg"]
    assert writes(simulator) == []


def test_an_alert_that_is_handled_by_another_operation_meanwhile_is_not_opened(
    simulator: Simulator, revert: Task, meanwhile: Callable[[Callable[[], None]], None]
):
    meanwhile(
        lambda: simulator.add_alert(id=10018, operate_error_code="kill_process.Success", operate_ms=4 * 10**12) and None
    )
    result = revert(security_event_ids=["10018"])
    assert outcomes(result) == {"10018": "refused"}
    assert "the alert is handled by kill_process.Success now, since this run began" in result["msg"]
    assert writes(simulator) == []


def test_each_rule_of_an_alert_that_was_whitelisted_twice_is_removed(
    simulator: Simulator, handle: Task, revert: Task, tmp_path: Path
):
    """An alert that offers it takes further rules when it is whitelisted already."""
    file = tmp_path / "result.jsonl"
    before = len(simulator.state.whitelist_rules)
    rule = {"field": "cmdLine", "operate": "contains", "field_value": "/opt/one", "uuid": "part"}
    one = handle(
        security_event_ids=["10015"],
        operation_code="advance_mark_mis_info",
        mark_miss_param=[rule],
        result_file=str(file),
    )
    two = json.loads(json.dumps(one).replace("/opt/one", "/opt/two"))
    file.write_text(file.read_text(encoding="ascii") * 2, encoding="ascii")
    file.write_text(file.read_text(encoding="ascii").replace("/opt/one", "/opt/two", 2), encoding="ascii")
    simulator.state.add_rule(simulator.alert(10015), MarkRule("cmdLine", "contains", "/opt/two"))
    simulator.state.settings.rm_mark_mis_info_deletes_rules = False
    planned = [
        revert(check_mode=True, **saved) for saved in ({"result": {"results": [one, two]}}, {"result_file": str(file)})
    ]
    assert len(planned[0]["actions"][0]["parameters"]["Ids"]) == 2 and planned[0]["actions"] == planned[1]["actions"]
    assert outcomes(revert(result_file=str(file))) == {"10015": "handled"}
    assert len(simulator.state.whitelist_rules) == before


def test_rules_that_stood_are_not_lost_with_a_mark_whose_end_is_not_seen(
    simulator: Simulator, handle: Task, revert: Task
):
    rule = {"field": "cmdLine", "operate": "contains", "field_value": "/opt/backup", "uuid": "part"}
    handled = handle(security_event_ids=["10015"], operation_code="advance_mark_mis_info", mark_miss_param=[rule])
    simulator.state.settings.task_seconds = 60
    result = revert(result=handled, wait_timeout=0)
    assert outcomes(result) == {"10015": "unknown"}
    assert "the service may have removed these whitelist rules with the mark" in result["msg"]


def test_a_file_is_taken_back_wherever_the_run_before_was_cut_off(
    simulator: Simulator, handle: Task, revert: Task, tmp_path: Path
):
    """The next run goes on in the same file."""
    file = tmp_path / "result.jsonl"
    handle(security_event_ids=["10001"], operation_code="ignore", result_file=str(file))
    whole = file.read_bytes()
    for cut in range(1, len(whole), 7):
        file.write_bytes(whole[:cut])
        with report.journal(str(file)) as write:
            write({"action": HANDLE, "parameters": {"OperationCode": "ignore", "SecurityEventIds": ["10011"]}})
            write({"security_event_id": "10011", "outcome": "handled"})
        result = revert(result_file=str(file), check_mode=True)
        assert outcomes(result)["10011"] == "planned", cut
        assert set(outcomes(result)) <= {"10001", "10011"}
        assert all("has a line that was cut short, " in warning for warning in result["warnings"])


def test_what_was_sent_again_after_it_was_told_is_taken_back_as_it_is_now(
    simulator: Simulator, revert: Task, tmp_path: Path
):
    file = tmp_path / "result.jsonl"
    with report.journal(str(file)) as write:
        write({"action": HANDLE, "parameters": {"OperationCode": "ignore", "SecurityEventIds": ["10018"]}})
        write({"security_event_id": "10018", "outcome": "handled"})
        write({"action": HANDLE, "parameters": {"OperationCode": "manual_handled", "SecurityEventIds": ["10018"]}})
    result = revert(result_file=str(file))
    assert (outcomes(result), result["events"][0]["operation_code"]) == ({"10018": "handled"}, "manual_handled")


def test_the_rows_of_runs_that_share_a_file_know_best_what_was_done(
    simulator: Simulator, handle: Task, revert: Task, tmp_path: Path
):
    file = tmp_path / "result.jsonl"
    handle(security_event_ids=["10001"], operation_code="ignore", result_file=str(file))
    with report.journal(str(file)) as write:
        write({"action": HANDLE, "parameters": {"OperationCode": "manual_handled", "SecurityEventIds": ["99"]}})
    lines = file.read_text(encoding="ascii").splitlines(keepends=True)
    row = next(line for line in lines if '"outcome"' in line)
    lines.remove(row)
    file.write_text("".join([*lines, row]), encoding="ascii")
    result = revert(result_file=str(file))
    assert outcomes(result)["10001"] == "handled"


def test_a_task_of_a_loop_that_failed_at_once_does_not_keep_the_others(
    simulator: Simulator, handle: Task, revert: Task
):
    one = handle(security_event_ids=["10001"], operation_code="ignore")
    failed = {"failed": True, "changed": False, "msg": "security_event_ids is empty"}
    assert outcomes(revert(result={"results": [failed, one]}, check_mode=True)) == {"10001": "planned"}
    killed = {**failed, "module_stdout": "", "rc": 137}
    for broken in ({"results": [killed, one]}, {"results": ["text", one]}, {"results": {}}, failed):
        with pytest.raises(OptionError, match="give the variable that was registered"):
            revert(result=broken)


def test_a_result_of_revert_security_events_is_none_of_a_handling(revert: Task):
    reverted = revert(security_event_ids=["10012", "10011"])
    with pytest.raises(OptionError, match="result is of revert_security_events"):
        revert(result=reverted)


def test_an_alert_on_its_way_back_is_being_handled(simulator: Simulator, revert: Task):
    """As after Ctrl-C: the row still tells of the operation that is being taken back."""
    simulator.add_alert(id=10018, status=16)
    result = revert(security_event_ids=["10018"])
    assert result["events"][0]["message"] == (
        "the alert is being handled (manual_handled.Success): run the task again when that has ended"
    )


def test_a_diff_shows_what_comes_back_of_an_alert_that_stays_handled(simulator: Simulator, handle: Task, revert: Task):
    handled = handle(security_event_ids=["10003"], operation_code="block_ip", operation_params=HOUR)
    file = revert(security_event_ids=["10012"], check_mode=True, diff=True)["diff"]
    assert file == {"before": {"10012": "handled, quaraDone"}, "after": {"10012": "handled, rollbackDone"}}
    assert revert(security_event_ids=["10012"], diff=True)["diff"] == file
    block = revert(result=handled, diff=True)["diff"]
    assert block == {"before": {"10003": "handled, blocked"}, "after": {"10003": "handled, not blocked"}}
    assert "diff" not in revert(result=handled)
    assert revert(result=handled, diff=True)["diff"] == {"before": {"10003": "handled"}, "after": {"10003": "handled"}}


@pytest.mark.parametrize(
    ("action", "event"),
    [
        ("DescribeSuspEventQuaraFiles", "10012"),
        ("DescribeSecurityEventMarkMissList", "10014"),
        ("DescribeSecurityEventOperations", "10018"),
    ],
)
def test_what_can_not_be_read_for_one_way_back_does_not_keep_the_others(
    simulator: Simulator, revert: Task, action: str, event: str
):
    simulator.fail(action, 1, 10, how="error", http_status=403, code="Forbidden.RAM")
    result = revert(security_event_ids=[event, "10011"])
    assert outcomes(result) == {event: "failed", "10011": "handled"}
    assert f"not sent: {action} failed: Forbidden.RAM" in result["msg"] and result["error"]["action"] == action
    assert revert(security_event_ids=[event], on_refused="abort")["failed"]


def test_no_file_is_chosen_from_a_list_that_has_not_been_read_whole(simulator: Simulator, revert: Task, monkeypatch):
    monkeypatch.setattr(reverting_files, "read_counted_files", lambda client: ([], 1))
    result = revert(security_event_ids=["10012"])
    assert result["events"][0]["error_code"] == "ListMoves" and writes(simulator) == []


def test_of_a_whitelisted_alert_that_somebody_opened_it_is_said_that_its_rules_were_not_looked_at(
    simulator: Simulator, handle: Task, revert: Task
):
    handled = handle(security_event_ids=["10015"], operation_code="advance_mark_mis_info", mark_miss_param=[RULE])
    simulator.add_alert(id=10015, status=1)
    [event] = revert(result=handled)["events"]
    assert (event["outcome"], event["message"]) == (
        "unchanged",
        "is pending already: whether the rules that the handling had added still stand was not looked at",
    )
