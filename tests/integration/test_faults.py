# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nothing is lost and nothing is done twice, whatever happens on the wire. The simulator knows what was done."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import pytest
from conftest import Play, writes

from engine import Handle, handler, shorten_waits
from simulator import Simulator

TIMEOUT = 0.3
# The call was carried out, and its answer is lost.
LOST: dict[str, dict[str, Any]] = {
    "reset_after": {},
    "timeout_after": {"seconds": 2 * TIMEOUT},
    "truncated": {},
    "truncated clean": {"how": "truncated", "clean": True},
    "html_after": {},
}
# Nothing was done, and the call may be made again.
PASSING: dict[str, dict[str, Any]] = {
    "reset_before": {},
    "timeout_before": {"seconds": 2 * TIMEOUT},
    "html": {},
    "garbage": {},
    "error 500": {"how": "error"},
    "error 503": {"how": "error", "http_status": 503, "code": "ServiceUnavailable"},
    "ServerError": {"how": "error", "code": "ServerError"},
    "throttle": {"retry_after_ms": 20},
}
SLOW: dict[str, dict[str, Any]] = {"slow": {"seconds": TIMEOUT / 3}}
# Nothing was done, and it is no use to try again.
FINAL: dict[str, dict[str, Any]] = {
    "redirect": {},
    "no permission": {"how": "error", "http_status": 403, "code": "Forbidden.RAM"},
    "200 no permission": {"how": "body", "body": '{"AccessCode": "no_permission"}'},
    "200 no success": {"how": "body", "body": '{"Success": false, "Code": "IllegalParam"}'},
}
FAULTS = LOST | PASSING | SLOW | FINAL


@pytest.fixture
def handle(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Handle:
    shorten_waits(monkeypatch)
    return handler(simulator, timeout=TIMEOUT)


def plan_fault(simulator: Simulator, name: str, action: str, nth: int = 1, times: int = 1) -> None:
    simulator.fail(action, nth, times, **{"how": name, **FAULTS[name]})


def outcomes(result: dict[str, Any]) -> dict[str, str]:
    return {event["security_event_id"]: event["outcome"] for event in result["events"]}


def assert_true(result: dict[str, Any], simulator: Simulator) -> None:
    """What the result says of each alert is what the simulator knows of it."""
    for event_id, outcome in outcomes(result).items():
        times = simulator.handled_times(event_id)
        expected = {"handled": [1], "unknown": [0, 1]}.get(outcome, [0])
        assert times in expected, f"{event_id} is {outcome} and was handled {times} times: {result}"
    bad = sum(count for outcome, count in Counter(outcomes(result).values()).items() if outcome != "handled")
    assert result.get("failed", False) == bool(bad)


@pytest.mark.parametrize("fault", LOST | SLOW)
def test_a_lost_answer_is_never_repeated_blindly(fault: str, simulator: Simulator, handle):
    plan_fault(simulator, fault, "HandleSecurityEvents")
    result = handle("10001", "10002")
    assert outcomes(result) == {"10001": "handled", "10002": "handled"}
    assert simulator.state.handled == {"10001": 1, "10002": 1}
    assert len(writes(simulator)) == 1


@pytest.mark.parametrize("fault", PASSING)
def test_a_call_that_was_not_carried_out_is_made_again(fault: str, simulator: Simulator, handle):
    plan_fault(simulator, fault, "HandleSecurityEvents")
    result = handle("10001", "10002")
    assert outcomes(result) == {"10001": "handled", "10002": "handled"}
    assert simulator.state.handled == {"10001": 1, "10002": 1}
    assert len(writes(simulator)) == 2


@pytest.mark.parametrize("fault", FINAL)
def test_a_call_that_is_refused_is_told_and_not_made_again(fault: str, simulator: Simulator, handle):
    plan_fault(simulator, fault, "HandleSecurityEvents")
    result = handle("10001", "10002")
    assert outcomes(result) == {"10001": "failed", "10002": "failed"}
    assert not result["changed"] and result["failed"] and result["error"]["action"] == "HandleSecurityEvents"
    assert simulator.state.handled == {} and len(writes(simulator)) == 1


@pytest.mark.parametrize("fault", LOST | PASSING)
def test_a_fault_that_stays_ends_as_unknown_or_failed_and_never_as_success(fault: str, simulator: Simulator, handle):
    plan_fault(simulator, fault, "HandleSecurityEvents", times=100)
    result = handle("10001")
    assert_true(result, simulator)
    if fault in LOST:
        assert outcomes(result) == {"10001": "handled"}
    else:
        assert result["failed"] and result["changed"] == (outcomes(result)["10001"] == "unknown")


@pytest.mark.parametrize("fault", LOST)
def test_what_can_not_be_known_is_unknown(fault: str, simulator: Simulator, handle):
    """The answer is lost, and from then on nothing can be read."""
    plan_fault(simulator, fault, "HandleSecurityEvents")
    plan_fault(simulator, "error 500", "DescribeSuspEvents", nth=2, times=10_000)
    result = handle("10001", wait_timeout=0.2)
    assert outcomes(result) == {"10001": "unknown"}
    assert result["failed"] and result["changed"]
    assert "run the task again" in result["msg"]
    assert simulator.handled_times("10001") == 1


def test_an_answer_without_a_task_is_followed_by_the_alert_itself(simulator: Simulator, handle):
    simulator.fail("HandleSecurityEvents", how="body", body='{"RequestId": "A"}')
    result = handle("10001", wait_timeout=0.2)
    assert outcomes(result) == {"10001": "unknown"} and result["failed"]
    assert simulator.state.handled == {}


def test_one_event_that_is_gone_takes_no_others_with_it(simulator: Simulator, handle):
    gone = {
        "how": "error",
        "http_status": 400,
        "code": "SecurityEventNotExists",
        "message": "Security event not exists.",
    }
    simulator.fail("HandleSecurityEvents", 1, 1, **gone)  # the batch of three, then its half of two, then that one
    simulator.fail("HandleSecurityEvents", 3, 2, **gone)
    result = handle("10001", "10002", "10003")
    assert_true(result, simulator)
    assert Counter(outcomes(result).values()) == {"handled": 2, "failed": 1}


SMALL_RUN = ("10003", "20001", "20002")
SMALL_RUN_OPTIONS = {
    "batch_size": 2,
    "operation_code": "block_ip",
    "operation_params": {"expire_in": "6h"},
    "protected_assets": [{"tag": "staging"}],
    "on_refused": "ignore",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_call_of_a_run_may_fail_once_and_the_outcomes_are_true(fault: str, simulator: Simulator, handle):
    for nth in itertools.count(1):
        simulator.reset()
        plan_fault(simulator, fault, "*", nth)
        result = handle(*SMALL_RUN, **SMALL_RUN_OPTIONS)
        hit = [call.action for call in simulator.calls if call.fault]
        assert_true(result, simulator)
        if not hit:
            break
        if fault not in FINAL:
            assert set(outcomes(result).values()) == {"handled"}, f"call {nth}, {hit[0]}: {result}"
        elif hit[0].startswith("Describe") and len(writes(simulator)) == 0:
            assert not result["changed"]
    assert nth > 10


def test_a_lost_answer_through_ansible_playbook(simulator: Simulator, play: Play):
    simulator.fail("HandleSecurityEvents", how="reset_after")
    result = play("handle_security_events", operation_code="ignore", security_event_ids=["10001"])
    assert result["summary"]["handled"] == 1
    assert simulator.handled_times("10001") == 1


def test_an_end_of_the_network_through_ansible_playbook(simulator: Simulator, play: Play, tmp_path):
    simulator.fail("HandleSecurityEvents", how="reset_after")
    simulator.fail("DescribeSuspEvents", nth=2, times=10_000, how="reset_before")
    file = tmp_path / "result.jsonl"
    result = play(
        "handle_security_events",
        operation_code="ignore",
        security_event_ids=["10001"],
        wait_timeout=0.5,
        max_retries=1,
        result_file=str(file),
    )
    assert (result["failed"], result["changed"], outcomes(result)) == (True, True, {"10001": "unknown"})
    assert simulator.handled_times("10001") == 1
    assert '"SecurityEventIds": ["10001"]' in file.read_text(encoding="ascii").splitlines()[0]
