# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alerts of one kind on the simulator: what is found, what is refused, what is done, and what nobody can know."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import ApiError, OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import (
    similar,
    similar_native,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.changes import NotDone
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from engine import client_of, shorten_waits
from simulator import Simulator
from simulator.seed_accounts import WEB_1, WEB_2
from simulator.seed_alerts import STORM_IDS
from simulator.state import EXPIRED, FALSE_POSITIVE, HANDLED, IGNORED, PENDING, PROCESSING, MarkRule

Handle = Callable[..., dict[str, Any]]

SAME_IP = [str(one) for one in STORM_IDS[::5]]  # of the address of 20001
STORM = [str(one) for one in STORM_IDS]
EACH, ALL = "HandleSecurityEvents", "HandleSimilarSecurityEvents"
SEARCH, LOOK = "CreateSimilarSecurityEventsQueryTask", "DescribeSimilarSecurityEvents"
RULE = {"field": "loginUser", "operate": "strEqual", "field_value": "root", "uuid": "part"}
WHITELIST = {"operation_code": "advance_mark_mis_info", "mark_miss_param": [RULE]}
MODES = pytest.mark.parametrize("mode", ["expand", "native"])


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def handle(simulator: Simulator, monkeypatch: pytest.MonkeyPatch, warnings: list[str]) -> Handle:
    """A function that handles the alerts like 20001 as the module does: options in, the result out."""
    hasten(monkeypatch)

    def run(*, check_mode: bool = False, diff: bool = False, **options: Any) -> dict[str, Any]:
        given = {"security_event_id": "20001", "scenario": "same_ip", "operation_code": "ignore", "wait_timeout": 5}
        report = Report(check_mode=check_mode, diff=diff, environ={}, warn=warnings.append)
        return similar.run(client_of(simulator), given | options, report)

    return run


def hasten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a preview stand still for as many looks as always, but not for as long."""
    shorten_waits(monkeypatch)
    for name, seconds in {"_FIRST_LOOK": 0.0, "_PAUSE": 0.05, "_STILL": 0.05, "_LONG_STILL": 0.15}.items():
        monkeypatch.setattr(similar, name, seconds)
    monkeypatch.setattr(similar_native, "_LOOKS", (0.06, 0.06, 0.06))


@pytest.fixture
def slow_handling(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sent takes a minute, when the preview has been read for the last time."""
    last_look = similar_native._changed_since

    def then_slow(*given: Any) -> str:
        reason = last_look(*given)
        simulator.state.settings.task_seconds = 60
        return reason

    monkeypatch.setattr(similar_native, "_changed_since", then_slow)


def writes(simulator: Simulator, *actions: str) -> list[dict[str, str]]:
    return [call.parameters for call in simulator.calls if call.action in (actions or (EACH, ALL))]


def outcomes(result: dict[str, Any]) -> dict[str, str]:
    return {event["security_event_id"]: event["outcome"] for event in result["events"]}


def previews(simulator: Simulator, *counts: tuple[list[str], int]) -> None:
    """Let one look at the preview after the other show these ids and this count."""
    for nth, (ids, total) in enumerate(counts, start=1):
        rows = [{"SecurityEventId": int(one), "EventName": "", "Uuid": ""} for one in ids]
        body = json.dumps({"SecurityEventsResponse": rows, "PageInfo": {"TotalCount": total}})
        simulator.fail(LOOK, nth=nth, how="body", body=body)


# --- what is found ---


@MODES
def test_a_check_changes_nothing_and_tells_the_calls_of_the_run(simulator, handle, mode):
    checked = handle(mode=mode, check_mode=True)
    assert writes(simulator) == []
    assert outcomes(checked) == dict.fromkeys(SAME_IP, "planned")
    assert {simulator.alert(one).status for one in SAME_IP} == {PENDING}
    done = handle(mode=mode)
    for action in checked["actions"] + done["actions"]:
        action["parameters"].pop("TaskId", None)  # each looks for itself
    assert checked["actions"] == done["actions"] != []
    assert checked["changed"] and done["changed"]


@MODES
def test_each_alert_of_the_kind_is_handled_once_and_a_repeat_changes_nothing(simulator, handle, warnings, mode):
    result = handle(mode=mode, remark="change 4711")
    assert outcomes(result) == dict.fromkeys(SAME_IP, "handled")
    assert {event["event_status_after"] for event in result["events"]} == {"ignored"}
    assert simulator.state.handled == dict.fromkeys(SAME_IP, 1)
    assert simulator.alert(SAME_IP[-1]).operate_message == "change 4711"
    assert "failed" not in result
    before = len(writes(simulator))
    repeat = handle(mode=mode)
    assert (repeat["changed"], outcomes(repeat), len(writes(simulator))) == (False, {"20001": "unchanged"}, before)
    assert repeat["preview"]["total_count"] == 0
    assert warnings == [
        "alert 20001 is ignored already (ignore.Success), and the service finds no open alert of its kind"
    ]


@MODES
def test_a_repeat_handles_what_came_since(simulator, handle, mode):
    handle(mode=mode)
    simulator.add_alert(
        id=90100, event_type="Unusual Logon", attacker_ip=simulator.alert(20001).attacker_ip, operations=["ignore"]
    )
    result = handle(mode=mode)
    assert outcomes(result) == {"20001": "unchanged", "90100": "handled"}


def test_the_result_tells_what_was_found(handle):
    result = handle()
    assert (result["scenario"], result["scenarios"]) == ("same_ip", ["default", "same_ip"])
    preview = dict(result["preview"])
    assert preview.pop("task_id") >= 880001
    assert preview == {
        "total_count": 24,
        "complete": True,
        "event_names": {"SSH brute force attempt": 24},
        "servers": {WEB_1: 12, WEB_2: 12},
    }


def test_a_preview_that_grows_is_waited_for(simulator, handle, monkeypatch):
    monkeypatch.setattr(similar, "_STILL", 0.25)
    simulator.state.settings.task_seconds = 0.4
    result = handle()
    assert outcomes(result) == dict.fromkeys(SAME_IP, "handled")


@MODES
def test_a_preview_that_grows_for_too_long_is_not_acted_upon(simulator, handle, monkeypatch, mode):
    simulator.state.settings.task_seconds = 4.0
    monkeypatch.setattr(similar, "_STILL", 2.0)
    with pytest.raises(NotDone) as caught:
        handle(mode=mode, preview_timeout=1.5)
    assert str(caught.value) == (
        "nothing was sent: the preview of the alerts of the kind of 20001 has not stood still for long enough within preview_timeout (1.5 s), "
        "6 are shown and 6 counted: give a longer preview_timeout"
    )
    assert writes(simulator) == []


def test_a_preview_that_counts_more_than_it_shows_is_never_whole(simulator, handle):
    previews(simulator, *[(SAME_IP, 25)] * 999)
    with pytest.raises(NotDone, match="24 are shown and 25 counted"):
        handle(preview_timeout=1)
    assert writes(simulator) == []


def test_alerts_that_take_one_another_s_place_are_no_standstill(simulator, handle):
    previews(simulator, (["20001", "20006"], 2), *[(["20001", "20011"], 2)] * 9)
    assert outcomes(handle()) == {"20001": "handled", "20011": "handled"}
    assert len(writes(simulator, LOOK)) == 3  # the last two were the same


def test_an_empty_preview_of_an_open_alert_is_not_believed(simulator, handle):
    previews(simulator, *[([], 0)] * 99)
    with pytest.raises(NotDone) as caught:
        handle(preview_timeout=1)
    assert str(caught.value) == (
        "nothing was sent: the service shows no alert of the kind of 20001 after preview_timeout (1 s), not even itself: "
        "give a longer preview_timeout, or handle it with handle_security_events"
    )


def test_the_alert_itself_is_handled_when_the_preview_leaves_it_out(simulator, handle):
    simulator.state.settings.similar_finds_itself = False
    assert outcomes(handle()) == dict.fromkeys(SAME_IP, "handled")


def test_a_preview_without_the_alert_itself_has_to_stand_still_for_longer(simulator, handle, monkeypatch):
    monkeypatch.setattr(similar, "_LONG_STILL", 0.4)
    without = (SAME_IP[1:3], 2)
    previews(simulator, without, without, without, (SAME_IP, 24), (SAME_IP, 24))
    assert outcomes(handle()) == dict.fromkeys(SAME_IP, "handled")


@MODES
def test_the_id_of_a_row_stands_for_all_of_its_events(simulator, handle, mode):
    result = handle(mode=mode, security_event_id="30001", scenario="default")
    assert outcomes(result) == {"30001": "handled"}
    assert simulator.state.handled == {"40001": 1, "40002": 1}


def test_the_search_is_repeated_without_starting_another(simulator, handle):
    simulator.fail(SEARCH, how="reset_after")
    handle(check_mode=True)
    assert len(simulator.state.similar_tasks) == 1
    assert len(writes(simulator, SEARCH)) == 2


def test_an_alert_in_another_s_hand_is_followed(simulator, handle):
    simulator.add_alert(id=20006, status=PROCESSING)
    previews(simulator, *[(SAME_IP[:2], 2)] * 9)
    result = handle(wait_timeout=0.3)
    assert outcomes(result) == {"20001": "handled", "20006": "unknown"}


# --- what is refused ---


@MODES
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"security_event_id": "storm"}, "security_event_id must be decimal digits"),
        ({"scenario": "same_url"}, "scenario same_url is not offered by the service for alert 20001 now; it offers default, same_ip"),
        ({"preview_timeout": 0}, "preview_timeout 0 is out of range: give 1 to 3600 seconds"),
        ({"preview_timeout": 3601}, "preview_timeout 3601 is out of range: give 1 to 3600 seconds"),
        ({"operation_code": "block_ip"}, "operation_params is required for operation_code block_ip"),
        ({"mark_miss_param": [RULE]}, "mark_miss_param does not go with operation_code ignore"),
        ({"allowed_operations": ["quara"]}, "operation_code ignore is not in allowed_operations"),
    ],
    ids=str,
)  # fmt: skip
def test_a_value_that_can_t_be_used_is_named(simulator, handle, mode, options, message):
    with pytest.raises(OptionError) as caught:
        handle(mode=mode, **options)
    assert str(caught.value).startswith(message)
    assert writes(simulator, EACH, ALL, SEARCH) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({**WHITELIST, "mark_miss_param": []}, "mode native takes exactly one rule in mark_miss_param, 0 are given"),
        ({**WHITELIST, "mark_miss_param": [RULE, RULE]}, "mode native takes exactly one rule in mark_miss_param, 2 are"),
        ({**WHITELIST, "mark_miss_param": [{**RULE, "uuid": "ALL"}]}, "mark_miss_param[0].uuid ALL does not go with mode"),
        ({**WHITELIST, "mark_batch": True}, "mark_batch does not go with mode native, which makes one call: remove it"),
        ({**WHITELIST, "protected_assets": [{"name": "db-*"}]}, "operation_code advance_mark_mis_info does not go with mode"),
    ],
    ids=["no rule", "two rules", "all assets", "mark_batch", "protected assets"],
)  # fmt: skip
def test_what_the_native_call_can_t_say_is_refused(simulator, handle, options, message):
    with pytest.raises(OptionError) as caught:
        handle(mode="native", **options)
    assert str(caught.value).startswith(message)
    assert simulator.calls == []


@MODES
@pytest.mark.parametrize(
    ("given", "status", "code", "message"),
    [
        ("99999", None, "SecurityEventNotExists", "no alert has the id 99999: check the id, region_id and the account"),
        ("20001", EXPIRED, "Expired", "20001: the alert is expired: the service offers no operation for it any more; name"),
        ("20001", HANDLED, "WrongStatus", "20001: the alert is handled: ignore needs one that is pending; name an alert of"),
    ],
    ids=["unknown", "expired", "handled"],
)  # fmt: skip
def test_nothing_is_looked_for_when_the_alert_can_t_be_handled(simulator, handle, mode, given, status, code, message):
    if status:
        simulator.alert(given).status = status
    result = handle(mode=mode, security_event_id=given)
    assert result["failed"] and not result["changed"]
    assert message in result["msg"]
    assert [event["error_code"] for event in result["events"]] == [code]
    assert (result["scenarios"], result["preview"]) == ([], None)
    assert writes(simulator, EACH, ALL, SEARCH) == []


@MODES
def test_more_than_max_events_are_refused_whole(simulator, handle, mode):
    result = handle(mode=mode, scenario="default")
    assert result["msg"].startswith("120 alerts would be handled, max_events is 100: name fewer, or raise it")
    assert result["preview"]["total_count"] == 120
    assert result["failed"] and writes(simulator) == []


@pytest.mark.parametrize(
    "rails", [{"protected_assets": [{"name": "web-prod-2"}]}, {"max_events_per_asset": 11}], ids=["asset", "count"]
)
def test_native_leaves_out_nothing_so_one_refused_alert_stops_it(simulator, handle, rails):
    for on_refused in ("continue", "ignore"):
        result = handle(mode="native", on_refused=on_refused, **rails)
        refused = list(outcomes(result).values()).count("refused")
        assert result["msg"].startswith(
            f"{refused} of 24 alerts of the kind are refused, and mode native can't leave one out: nothing was sent; use mode expand"
        )
        assert result["failed"] and not result["changed"]
        assert (result["actions"], result["unknowable"]) == ([], [])
    assert writes(simulator) == []


def test_expand_leaves_out_what_a_guard_rail_refuses(simulator, handle):
    result = handle(on_refused="ignore", protected_assets=[{"name": "web-prod-2"}])
    assert (result["summary"]["handled"], result["summary"]["refused"]) == (12, 12)
    assert {simulator.alert(one).uuid for one in simulator.state.handled} == {WEB_1}
    assert "failed" not in result


def test_a_block_of_a_private_address_is_refused(simulator, handle):
    for one in STORM_IDS[::5]:
        simulator.add_alert(id=one, attacker_ip="10.1.2.3", mark_sources={"loginSourceIp": "10.1.2.3"})
    block = {"operation_code": "block_ip", "operation_params": {"expire_in": "1h"}}
    for mode in ("expand", "native"):
        result = handle(mode=mode, **block)
        assert set(outcomes(result).values()) == {"refused"}
        assert result["events"][0]["message"] == "10.1.2.3 is a private address (never_block: private)"
    assert writes(simulator) == []


# --- the native call ---


def test_one_native_call_carries_what_the_options_say(simulator, handle):
    result = handle(mode="native", operation_code="block_ip", operation_params={"expire_in": "1h"}, remark="x")
    assert outcomes(result) == dict.fromkeys(SAME_IP, "handled")
    (call,) = writes(simulator)
    assert (call["TaskId"], call["OperationCode"], call["Remark"]) == (
        str(result["preview"]["task_id"]),
        "block_ip",
        "x",
    )
    assert json.loads(call["OperationParams"])["expireTime"] > time.time() * 1000
    assert [record.source for record in simulator.state.block_records].count("alert") == 1
    (action,) = result["actions"]
    assert action["action"] == ALL
    assert {name: str(value) for name, value in action["parameters"].items()} == call
    assert (result["tasks"], result["events"][0]["task_id"]) == ([], None)
    assert result["unknowable"] == [
        "alerts that joined the kind after the preview may be handled too, and are in no outcome here",
        "HandleSimilarSecurityEvents names no task to follow: each outcome is what the alert itself tells",
    ]


def test_native_tells_the_alerts_that_failed(simulator, handle):
    simulator.alert(20006).results["ignore"] = "AgentOffline"
    result = handle(mode="native")
    assert (result["summary"]["handled"], result["summary"]["failed"]) == (23, 1)
    assert result["events"][1]["message"] == "the service reports ignore.AgentOffline"
    assert result["failed"] and result["changed"]


def test_native_whitelists_by_one_rule_without_a_uuid(simulator, handle):
    result = handle(mode="native", **WHITELIST)
    assert outcomes(result) == dict.fromkeys(SAME_IP, "handled")
    (call,) = writes(simulator)
    assert json.loads(call["MarkMissParam"]) == {"field": "loginUser", "operate": "strEqual", "fieldValue": "root"}
    assert [rule.field_value for rule in simulator.state.rules_of(simulator.alert(20006))] == ["root"]
    assert (
        "which whitelist rules the call replaced, and whether its rule holds on one server or on all"
        in result["unknowable"]
    )


@pytest.mark.parametrize("value", ["admin", "root"])
def test_native_never_replaces_the_rules_of_an_alert(simulator, handle, value):
    simulator.state.add_rule(simulator.alert(20006), MarkRule("loginUser", "strEqual", value))
    result = handle(mode="native", **WHITELIST)
    if value == "root":  # it has just the rule that is given
        assert outcomes(result) == dict.fromkeys(SAME_IP, "handled")
        return
    assert result["events"][1]["message"] == "the alert has whitelist rules already, and mode native would replace them"
    assert result["failed"] and writes(simulator) == []


def test_native_leaves_the_rules_of_an_alert_alone_that_is_whitelisted_already(simulator, handle):
    simulator.add_alert(id=20006, status=FALSE_POSITIVE, operate_error_code="advance_mark_mis_info.User.Success")
    previews(simulator, *[(SAME_IP[:2], 2)] * 9)
    result = handle(mode="native", **WHITELIST)
    assert result["events"][1]["message"] == (
        "the alert is whitelisted already, and mode native might replace its rules"
    )
    assert result["failed"] and writes(simulator) == []


def test_native_sends_nothing_while_an_alert_is_in_another_s_hand(simulator, handle):
    simulator.alert(20006).status = PROCESSING
    previews(simulator, *[(SAME_IP[:3], 3)] * 9)
    result = handle(mode="native")
    assert result["events"][1]["message"] == "is being handled already, and mode native might handle it once more"
    assert result["failed"] and writes(simulator) == []


def test_native_passes_over_what_was_done_in_the_meantime(simulator, handle):
    simulator.add_alert(id=20006, status=IGNORED, operate_error_code="ignore.Success")
    previews(simulator, *[(SAME_IP[:2], 2)] * 2, (SAME_IP[:2], 2))
    result = handle(mode="native")
    assert outcomes(result) == {"20001": "handled", "20006": "unchanged"}


def test_native_whitelists_nothing_more_when_nothing_is_left_to_send(simulator, handle):
    for one in STORM_IDS[:10:5]:
        simulator.add_alert(id=one, status=FALSE_POSITIVE, operate_error_code="advance_mark_mis_info.User.Success")
        simulator.state.add_rule(simulator.alert(one), MarkRule("loginUser", "strEqual", "root"))
    previews(simulator, *[(SAME_IP[:2], 2)] * 9)
    result = handle(mode="native", **WHITELIST)
    assert outcomes(result) == {"20001": "unchanged", "20006": "unchanged"}
    assert "failed" not in result and not result["changed"]


@pytest.mark.parametrize("rails", [{}, {"never_block": ["192.0.2.0/24"]}, {"protected_assets": [{"name": "web-*"}]}])
def test_native_does_nothing_twice_that_is_more_than_a_mark(simulator, handle, rails):
    simulator.add_alert(id=20006, status=HANDLED, operate_error_code="block_ip.Success")
    previews(simulator, *[(SAME_IP[:2], 2)] * 9)
    result = handle(mode="native", operation_code="block_ip", operation_params={"expire_in": "1h"}, **rails)
    event = result["events"][1]
    if not rails:
        assert (event["outcome"], event["error_code"]) == ("refused", "DoneAlready")
        assert event["message"].endswith("and mode native might do it once more")
    assert result["failed"] and writes(simulator) == []


def test_native_is_no_success_when_the_alert_itself_is_left_as_it_was(simulator, handle):
    simulator.add_alert(id=20006, status=IGNORED, operate_error_code="ignore.Success")
    previews(simulator, *[(["20006"], 1)] * 9)
    result = handle(mode="native")
    assert result["msg"].startswith("the preview does not show alert 20001 itself, and nothing else is left to do")
    assert result["failed"] and not result["changed"] and writes(simulator) == []
    assert simulator.alert(20001).status == PENDING


def test_native_promises_no_event_that_the_preview_leaves_out(simulator, handle):
    previews(simulator, *[(["40001"], 1)] * 9)
    result = handle(mode="native", security_event_id="30001", scenario="default")
    assert outcomes(result) == {"30001": "refused"}
    assert result["events"][0]["message"] == (
        "the preview shows 1 of the 2 events of this alert, and which of them mode native would handle is not known"
    )
    assert result["failed"] and writes(simulator) == []


@MODES
def test_a_preview_without_a_count_is_not_taken_for_whole(simulator, handle, mode):
    rows = [{"SecurityEventId": int(one), "EventName": "", "Uuid": ""} for one in SAME_IP]
    for info in ({}, {"TotalCount": None}, {"TotalCount": "many"}, {"TotalCount": [24]}):
        body = json.dumps({"SecurityEventsResponse": rows, "PageInfo": info})
        for nth in range(1, 9):
            simulator.fail(LOOK, nth=nth, how="body", body=body)
        with pytest.raises(ApiError, match="count of SecurityEventsResponse"):
            handle(mode=mode)
    assert writes(simulator) == []


def test_native_reads_the_preview_once_more_before_it_acts(simulator, handle):
    previews(simulator, *[(SAME_IP[:2], 2)] * 2)  # and then the true one, of 24
    result = handle(mode="native")
    assert result["msg"].startswith(
        "the preview changed while its alerts were checked, from 2 to 24: nothing was sent, run the task again"
    )
    assert (result["failed"], result["changed"], result["actions"], writes(simulator)) == (True, False, [], [])


def test_native_sends_nothing_when_the_service_counts_more_than_before(simulator, handle):
    previews(simulator, *[(SAME_IP[:2], 2)] * 2, *[(SAME_IP[:2], 3)] * 99)
    result = handle(mode="native")
    assert result["msg"].startswith("the preview changed while its alerts were checked, from 2 to 3: nothing was sent")
    assert writes(simulator) == []


def test_native_reads_alerts_again_when_the_checks_took_long(simulator, handle, monkeypatch):
    monkeypatch.setattr(similar_native, "FRESH", -1.0)
    monkeypatch.setattr(
        similar_native, "read_again", lambda client, run, ids: {one: run.before[one] for one in ids[1:]}
    )
    result = handle(mode="native")
    assert result["msg"].startswith(
        "1 of 24 alerts changed while they were checked, 20001 among them: nothing was sent"
    )
    assert writes(simulator) == []


def test_native_promises_nothing_of_an_alert_that_the_preview_leaves_out(simulator, handle):
    simulator.state.settings.similar_finds_itself = False
    result = handle(mode="native")
    assert outcomes(result) == dict.fromkeys(SAME_IP[1:], "handled")
    assert result["unknowable"][-1] == (
        "whether alert 20001 itself is handled with the others: the preview does not show it"
    )


def test_native_guards_an_alert_that_the_preview_leaves_out(simulator, handle):
    simulator.state.settings.similar_finds_itself = False
    simulator.add_alert(id=20001, uuid=simulator.alert(10007).uuid)
    result = handle(mode="native", protected_assets=[{"name": "k8s-*"}])
    assert result["events"][0]["error_code"] == "ProtectedAsset"
    assert result["failed"] and writes(simulator) == []


@pytest.mark.parametrize("how", ["reset_after", "timeout_after", "html_after"])
def test_a_native_call_whose_answer_is_lost_is_read_from_the_alerts(simulator, handle, how):
    simulator.fail(ALL, how=how, **({"seconds": 0.1} if "timeout" in how else {}))
    result = handle(mode="native")
    assert outcomes(result) == dict.fromkeys(SAME_IP, "handled")
    assert len(writes(simulator)) == 1
    assert set(simulator.state.handled.values()) == {1}


@pytest.mark.parametrize("wait", [True, False])
def test_a_native_call_that_never_arrived_is_unknown_and_not_repeated(simulator, handle, wait):
    simulator.fail(ALL, how="reset_before")
    result = handle(mode="native", wait=wait)
    assert set(outcomes(result).values()) == {"unknown"}
    assert result["failed"] and result["changed"]
    assert "no alert has moved since, and the call is not repeated" in result["events"][0]["message"]
    assert result["msg"].endswith("it reads the alerts first and sends only what is still to be done")
    assert len(writes(simulator)) == 1
    assert outcomes(handle(mode="native")) == dict.fromkeys(SAME_IP, "handled")


def test_a_native_call_that_is_refused_has_done_nothing(simulator, handle):
    simulator.fail(ALL, how="error", http_status=400, code="IllegalParam")
    result = handle(mode="native")
    assert set(outcomes(result).values()) == {"failed"}
    assert (result["failed"], result["changed"], result["actions"]) == (True, False, [])
    assert result["error"]["code"] == "IllegalParam"


def test_a_native_call_that_is_throttled_is_made_when_there_is_room(simulator, handle):
    simulator.fail(ALL, how="throttle", retry_after_ms=30)
    assert outcomes(handle(mode="native")) == dict.fromkeys(SAME_IP, "handled")
    assert len(writes(simulator)) == 2


def test_a_native_call_that_nobody_waits_for(simulator, handle, slow_handling):
    result = handle(mode="native", wait=False)
    assert set(outcomes(result).values()) == {"unknown"}
    assert result["events"][0]["message"] == (
        "sent, and not followed to its end: look at the alert with security_event_info"
    )
    assert result["changed"] and "failed" not in result


def test_alerts_that_do_not_end_in_time_are_unknown(simulator, handle, monkeypatch):
    monkeypatch.setattr(
        similar_native, "_changed_since", lambda *_: setattr(simulator.state.settings, "task_seconds", 60)
    )
    result = handle(mode="native", wait_timeout=0.3)
    assert set(outcomes(result).values()) == {"unknown"}
    assert result["events"][0]["message"] == "no end was seen within wait_timeout (0.3 s)"
    assert result["failed"]


@MODES
def test_the_result_file_and_the_diff_tell_of_each_alert(simulator, handle, tmp_path, mode):
    path = tmp_path / "record.jsonl"
    result = handle(mode=mode, diff=True, result_file=str(path))
    assert result["diff"] == {
        "before": dict.fromkeys(SAME_IP, "pending"),
        "after": dict.fromkeys(SAME_IP, "ignored"),
    }
    lines = [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]
    assert lines[0]["action"] == (ALL if mode == "native" else EACH)
    told = {line["security_event_id"]: line["outcome"] for line in lines if "outcome" in line}
    assert told == dict.fromkeys(SAME_IP, "handled")


def test_a_record_that_can_t_be_written_stops_the_native_call(simulator, handle):
    with pytest.raises(OptionError, match="result_file /dev/full can't be written"):
        handle(mode="native", result_file="/dev/full")
    assert writes(simulator) == []


# --- what the service may answer ---


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("DescribeSimilarEventScenarios", {}),
        ("DescribeSimilarEventScenarios", {"Scenarios": {"Code": "same_ip"}}),
        (SEARCH, {}),
        (SEARCH, {f"{SEARCH}Response": {"TaskId": "next"}}),
        (SEARCH, {f"{SEARCH}Response": [1]}),
        (LOOK, {}),
        (LOOK, {"SecurityEventsResponse": "none"}),
        (LOOK, {"SecurityEventsResponse": [1], "PageInfo": {"TotalCount": 1}}),
        (LOOK, {"SecurityEventsResponse": [{"SecurityEventId": None}], "PageInfo": {"TotalCount": 1}}),
        (LOOK, {"SecurityEventsResponse": [{"SecurityEventId": 1.5}], "PageInfo": {"TotalCount": 1}}),
        (LOOK, {"SecurityEventsResponse": [{"SecurityEventId": "a b"}], "PageInfo": []}),
        (LOOK, {"SecurityEventsResponse": [], "PageInfo": {"TotalCount": 10**400}}),
    ],
    ids=str,
)
@MODES
def test_an_answer_of_a_wrong_type_is_a_failure_and_never_an_empty_find(simulator, handle, mode, action, body):
    simulator.fail(action, times=99, how="body", body=json.dumps(body))
    with pytest.raises(ApiError, match=f"^{action} failed: the answer holds no "):
        handle(mode=mode)
    assert writes(simulator) == []


def test_a_search_that_failed_is_told(simulator, handle):
    body = {f"{SEARCH}Response": {"TaskId": 880001, "Status": "Failed"}}
    simulator.fail(SEARCH, how="body", body=json.dumps(body))
    with pytest.raises(NotDone, match="could not look for alerts of the kind of 20001 \\(Failed\\)"):
        handle()


def test_names_of_an_attacker_are_cut_and_never_control_anything(simulator, handle):
    rows = [
        {"SecurityEventId": int(one), "EventName": f"{place}\x1b[2J" + "x" * 999, "Uuid": ["no text"]}
        for place, one in enumerate(SAME_IP)
    ]
    body = json.dumps({"SecurityEventsResponse": rows, "PageInfo": {"TotalCount": len(rows)}})
    simulator.fail(LOOK, times=9, how="body", body=body)
    preview = handle(check_mode=True)["preview"]
    assert len(preview["event_names"]) == 21
    assert preview["event_names"]["others"] == 4
    assert all(name.isprintable() and len(name) < 220 for name in preview["event_names"])
    assert preview["servers"] == {"": 24}


@MODES
def test_an_alert_that_is_done_and_offers_no_scenario_is_unchanged_with_a_warning(simulator, handle, warnings, mode):
    handle(mode=mode)
    simulator.fail("DescribeSimilarEventScenarios", how="body", body='{"Scenarios": []}')
    result = handle(mode=mode)
    assert (outcomes(result), result["changed"], result.get("failed")) == ({"20001": "unchanged"}, False, None)
    assert (result["scenarios"], result["preview"]) == ([], None)
    assert warnings[-1] == (
        "alert 20001 is ignored already (ignore.Success), and the service offers no scenario: nothing of its kind was looked for"
    )
