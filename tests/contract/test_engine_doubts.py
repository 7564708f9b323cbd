# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the engine does where one look is not enough: rows of several events, old looks, lost answers."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.lanes import Lanes
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import handling, sending
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from engine import client_of, handler, shorten_waits
from simulator import Simulator
from simulator.actions import rows
from simulator.seed_crowd import FIRST_ID, crowd

WRITE = "HandleSecurityEvents"
NOT_ASKED = {"check_operations": "never"}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_waits(monkeypatch)


def ids(count: int) -> list[str]:
    return [str(FIRST_ID + number) for number in range(count)]


def outcomes(result: dict[str, Any]) -> dict[str, str]:
    return {event["security_event_id"]: event["outcome"] for event in result["events"]}


def ask_no_task(simulator: Simulator) -> None:
    """Let only the alerts tell what became of them."""
    gone = {"how": "error", "http_status": 400, "code": "OperationTaskNotExists"}
    simulator.fail("DescribeSecurityEventOperationStatus", 1, 10**6, **gone)


def calls(simulator: Simulator) -> list[str]:
    """The calls that read alerts or handle them, in their order, with their fault."""
    return [
        f"{call.action} {call.fault}".strip()
        for call in simulator.calls
        if call.action in (WRITE, "DescribeSuspEvents")
    ]


@pytest.mark.parametrize("count", [24, 120], ids=["few", "many"])
def test_the_events_of_a_row_that_are_named_far_apart_are_all_handled(monkeypatch, count):
    """The first one's success shows in the row. It is this run's own, and no reason to refuse the second one."""
    monkeypatch.setattr(sending, "FRESH", 0.1)
    state = crowd(count)
    state.alerts[0].event_ids.append(50)
    events = [*ids(count), "50"]
    with Simulator(state) as simulator:
        simulator.fail(WRITE, 1, 100, how="slow", seconds=0.05)
        result = handler(simulator, max_concurrency=1)(*events, batch_size=count // 12, max_events=200, **NOT_ASKED)
        assert outcomes(result) == dict.fromkeys(events, "handled")
        assert simulator.state.handled == dict.fromkeys(events, 1)


def test_a_row_does_not_tell_which_of_its_events_it_speaks_of():
    """One is handled, the other fails, each in a task of its own: neither may be told by the other one's code."""
    state = crowd(1)
    state.alerts[0].event_ids.append(50)
    (one,) = ids(1)
    with Simulator(state, task_seconds=0.3) as simulator:
        ask_no_task(simulator)
        simulator.fail(WRITE, how="slow", seconds=0.1)

        def let_the_next_fail() -> None:
            while f"{WRITE} slow" not in calls(simulator):
                time.sleep(0.002)
            simulator.add_alert(id=int(one), results={"ignore": "AgentOffline"})

        failing = threading.Thread(target=let_the_next_fail)
        failing.start()
        result = handler(simulator, max_concurrency=1)(one, "50", batch_size=1, wait_timeout=1.5, **NOT_ASKED)
        failing.join()
        assert simulator.state.handled == {one: 1}
    assert outcomes(result)[one] in ("handled", "unknown")
    assert outcomes(result)["50"] in ("failed", "unknown")
    assert result["failed"]


def test_a_run_knows_its_own_work_by_a_time_in_whole_seconds(monkeypatch):
    row = rows.row

    def without_fractions(*arguments: Any) -> dict[str, Any]:
        told = row(*arguments)
        return {**told, "OperateTime": told["OperateTime"] // 1000 * 1000} if told.get("OperateTime") else told

    monkeypatch.setattr(rows, "row", without_fractions)
    with Simulator(crowd(6)) as simulator:
        ask_no_task(simulator)
        result = handler(simulator)(*ids(6), **NOT_ASKED)
    assert outcomes(result) == dict.fromkeys(ids(6), "handled")
    assert result["changed"]


def test_the_status_afterwards_is_no_status_on_the_way():
    """Sixty tasks are followed by lists of alerts and by themselves, as each costs less."""
    with Simulator(crowd(60), task_seconds=0.6) as simulator:
        result = handler(simulator)(*ids(60), batch_size=1, **NOT_ASKED)
    assert {(event["outcome"], event["event_status_after"]) for event in result["events"]} == {("handled", "ignored")}


def test_while_alerts_are_read_the_engine_sleeps(monkeypatch):
    turns = 0
    next_end = Lanes.next_end

    def counted(lanes: Lanes, timeout: float | None = None) -> Any:
        nonlocal turns
        turns += 1
        return next_end(lanes, timeout)

    monkeypatch.setattr(Lanes, "next_end", counted)
    with Simulator(crowd(20)) as simulator:
        ask_no_task(simulator)
        simulator.fail(WRITE, 4, how="slow", seconds=0.2)
        simulator.fail("DescribeSuspEvents", 3, 100, how="slow", seconds=0.5)
        result = handler(simulator)(*ids(20), batch_size=5, **NOT_ASKED)
    assert result["summary"]["handled"] == 20
    assert turns < 200


def test_an_alert_that_moved_before_it_was_sent_has_not_moved_by_the_call_that_was_lost(monkeypatch):
    """Another run has failed with it. That is its last word still when our call, which did nothing, is looked into."""
    monkeypatch.setattr(sending, "FRESH", -1.0)
    with Simulator(crowd(6)) as simulator:
        simulator.fail("DescribeSuspEvents", 1, 2, how="slow", seconds=0.3)
        simulator.fail(WRITE, how="reset_before")

        def fail_elsewhere() -> None:
            while len(simulator.calls) < 2:
                time.sleep(0.002)
            for event in ids(6):
                code = {"operate_error_code": "ignore.AgentOffline", "operate_ms": simulator.clock.now_ms()}
                simulator.add_alert(id=int(event), **code)

        elsewhere = threading.Thread(target=fail_elsewhere)
        elsewhere.start()
        result = handler(simulator)(*ids(6), **NOT_ASKED)
        elsewhere.join()
        assert outcomes(result) == dict.fromkeys(ids(6), "handled")
        assert simulator.state.handled == dict.fromkeys(ids(6), 1)


def test_what_waited_too_long_for_its_turn_is_read_again(monkeypatch):
    monkeypatch.setattr(sending, "FRESH", 0.3)
    with Simulator(crowd(6)) as simulator:
        simulator.fail(WRITE, how="throttle", retry_after_ms=600)
        result = handler(simulator)(*ids(6), **NOT_ASKED)
        made = calls(simulator)
    assert result["summary"]["handled"] == 6
    first = made.index(f"{WRITE} throttle")
    assert set(made[first + 1 : made.index(WRITE)]) == {"DescribeSuspEvents"}


def test_what_never_gets_its_turn_in_time_is_sent_with_a_warning(monkeypatch):
    monkeypatch.setattr(sending, "FRESH", 0.1)
    warnings: list[str] = []
    report = Report(check_mode=False, diff=False, environ={}, warn=warnings.append)
    with Simulator(crowd(6)) as simulator:
        simulator.fail(WRITE, 1, 5, how="throttle", retry_after_ms=200)
        options = {"security_event_ids": ids(6), "operation_code": "ignore", "wait_timeout": 5, **NOT_ASKED}
        result = handling.run(client_of(simulator), options, report)
        assert simulator.state.handled == dict.fromkeys(ids(6), 1)
    assert result["summary"]["handled"] == 6
    assert [text for text in warnings if "6 alerts were sent more than" in text]


def test_a_lost_call_that_waited_too_long_for_its_turn_is_still_a_lost_one(monkeypatch):
    monkeypatch.setattr(sending, "FRESH", 0.3)
    with Simulator(crowd(6)) as simulator:
        simulator.fail(WRITE, 1, how="reset_before")
        simulator.fail(WRITE, 2, how="throttle", retry_after_ms=600)
        simulator.fail(WRITE, 3, 100, how="error", http_status=403, code="Forbidden.RAM")
        result = handler(simulator)(*ids(6), **NOT_ASKED)
    assert outcomes(result) == dict.fromkeys(ids(6), "unknown")
    assert result["failed"] and result["changed"]
