# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Thousands of alerts under a mix of faults: nothing is lost and nothing is done twice. The simulator knows what was done."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import sending
from engine import Handle, handler, shorten_waits
from fault_mix import TIMEOUT, plan_faults
from simulator import Simulator
from simulator.seed_crowd import FIRST_ID, crowd
from simulator.state import EXPIRED, IGNORED, PENDING

COUNT = 2000
ROWS = [str(FIRST_ID + number) for number in range(COUNT)]
SECOND_EVENTS = [f"5{row}" for row in ROWS[17::50]]
IDS = ROWS + SECOND_EVENTS
DONE_BEFORE = set(ROWS[13::50])
UNDER_WAY = 5  # calls at once, the default of max_concurrency
WRITE = "HandleSecurityEvents"
ACTIONS = (
    WRITE,
    "DescribeSuspEvents",
    "DescribeSecurityEventOperations",
    "DescribeSecurityEventOperationStatus",
    "DescribeCloudCenterInstances",
)
RUN = {"max_events": len(IDS), "wait_timeout": 10, "protected_assets": [{"tag": "staging"}]}


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """Among the alerts are some that can't be handled, or are handled already, and rows of two events."""
    state = crowd(COUNT)
    for alert in state.alerts[7::50]:
        alert.results["ignore"] = "AgentOffline"
    for alert in state.alerts[11::50]:
        alert.status = EXPIRED
    for alert in state.alerts[13::50]:
        alert.status, alert.operate_error_code = IGNORED, "ignore.Success"
    for alert in state.alerts[17::50]:
        alert.event_ids.append(int(f"5{alert.id}"))
    with Simulator(state) as running:
        yield running


def last_words(file: Path) -> dict[str, str]:
    """The outcome that the last line about each alert in a result file tells."""
    lines = map(json.loads, file.read_text(encoding="ascii").splitlines())
    return {line["security_event_id"]: line["outcome"] for line in lines if "outcome" in line}


def assert_true(result: dict[str, Any], simulator: Simulator, file: Path) -> None:
    """What the result and its file say of each alert is what the simulator knows of it."""
    handled = simulator.state.handled
    told = {event["security_event_id"]: event["outcome"] for event in result["events"]}
    assert list(told) == IDS
    assert set(handled.values()) <= {1}
    wrong = {one: outcome for one, outcome in told.items() if handled.get(one, 0) not in possible(one, outcome)}
    assert wrong == {}
    assert last_words(file) == told
    counted = {"requested": len(IDS)} | Counter(told.values())
    assert {name: count for name, count in result["summary"].items() if count} == counted
    assert result.get("failed", False) == (not set(told.values()) <= {"handled", "unchanged"})


def possible(one: str, outcome: str) -> tuple[int, ...]:
    """How often an alert with this outcome can have been handled."""
    if outcome == "unchanged":
        return (0,) if one in DONE_BEFORE else ()
    return {"handled": (1,), "unknown": (0, 1)}.get(outcome, (0,))


def sent_in_vain(simulator: Simulator) -> list[int]:
    """The events that were sent when they could not be handled any more."""
    ends = [event for task in simulator.state.tasks for event in task.events]
    return [event.event_id for event in ends if event.result.endswith(".NotSupport")]


def assert_finishes(simulator: Simulator, handle: Handle) -> None:
    """Another run, without faults and without what stood in the way, handles what is left, and nothing twice."""
    simulator.reset(simulator.state)
    for alert in simulator.state.alerts:
        alert.results.clear()
        alert.status = PENDING if alert.status == EXPIRED else alert.status
    left = set(IDS) - set(simulator.state.handled) - DONE_BEFORE
    result = handle(*IDS, **RUN)
    assert {event["security_event_id"] for event in result["events"] if event["outcome"] == "handled"} == left
    assert set(simulator.state.handled.values()) == {1}
    assert set(IDS) - set(simulator.state.handled) == DONE_BEFORE
    assert not result.get("failed", False)


@pytest.mark.parametrize("seed", range(3))
def test_a_mix_of_faults_loses_nothing_and_does_nothing_twice(simulator, monkeypatch, tmp_path, seed):
    shorten_waits(monkeypatch)
    monkeypatch.setattr(sending, "FRESH", 0.3)  # so that alerts are read again before they are sent
    handle = handler(simulator, timeout=TIMEOUT, max_retries=8)
    plan_faults(simulator, seed, ACTIONS)
    result = handle(*IDS, **RUN, result_file=str(tmp_path / "result.jsonl"))
    assert_true(result, simulator, tmp_path / "result.jsonl")
    assert sent_in_vain(simulator) == []
    assert {call.action for call in simulator.calls if call.fault} == set(ACTIONS)
    assert result["summary"]["handled"] > 0.85 * COUNT
    assert_finishes(simulator, handle)


DEATHS: dict[str, dict[str, Any]] = {
    "the connections break": {"how": "reset_before"},
    "the work is done and no answer comes": {"how": "timeout_after", "seconds": 2 * TIMEOUT},
    "the service is at fault": {"how": "error"},
}


@contextmanager
def when_sent(simulator: Simulator, batches: int, act: Callable[[], object]) -> Iterator[None]:
    """Act as soon as so many batches have been sent."""

    def watch() -> None:
        while sum(call.action == WRITE for call in simulator.calls) < batches:
            time.sleep(0.001)
        act()

    watching = threading.Thread(target=watch)
    watching.start()
    yield
    watching.join()


@pytest.mark.parametrize("death", DEATHS)
def test_what_is_not_begun_when_the_network_dies_is_not_sent(simulator, monkeypatch, tmp_path, death):
    """No more calls are in doubt than may be under way at once, and nobody knocks for ever."""
    shorten_waits(monkeypatch)
    monkeypatch.setattr(sending, "FRESH", 60.0)
    handle = handler(simulator, timeout=TIMEOUT, max_retries=3)
    file = tmp_path / "result.jsonl"
    with when_sent(simulator, 25, lambda: simulator.fail("*", 1, 10**9, **DEATHS[death])):
        result = handle(*IDS, **{**RUN, "wait_timeout": 0.5}, result_file=str(file))
    assert_true(result, simulator, file)
    late = [call.action for call in simulator.calls if call.fault]
    assert 1 <= late.count(WRITE) <= UNDER_WAY
    assert len(late) <= 200
    told = Counter(event["message"].partition(":")[0] for event in result["events"] if event["outcome"] == "failed")
    assert told.keys() <= {"not sent", "the service reports ignore.AgentOffline"} and told["not sent"] > COUNT / 2
    assert_finishes(simulator, handle)
