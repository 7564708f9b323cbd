# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs over the same alerts at the same time: no alert is handled twice, and each run tells the truth."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from engine import client_of, handler, shorten_waits
from simulator import Simulator
from simulator.seed_crowd import FIRST_ID, crowd
from simulator.state import IGNORED

COUNT = 600
WRITE = "HandleSecurityEvents"
BY_ANOTHER = re.compile(
    "is ignored already|another run had it in hand, and it is done|another run was quicker: it is ignored"
)
Told = dict[str, dict[str, Any]]


def ids(count: int) -> list[str]:
    return [str(FIRST_ID + number) for number in range(count)]


def told(result: dict[str, Any]) -> Told:
    return {event["security_event_id"]: event for event in result["events"]}


def last_words(file: Path) -> dict[str, str]:
    """The outcome that the last line about each alert in a result file tells."""
    lines = map(json.loads, file.read_text(encoding="ascii").splitlines())
    return {line["security_event_id"]: line["outcome"] for line in lines if "outcome" in line}


def outcomes(result: dict[str, Any]) -> dict[str, str]:
    return {one: event["outcome"] for one, event in told(result).items()}


@contextmanager
def meanwhile(act: Callable[[], object]) -> Iterator[None]:
    thread = threading.Thread(target=act)
    thread.start()
    yield
    thread.join()


@pytest.mark.parametrize(
    ("later", "task_seconds"),
    [(0.0, 0.05), (0.7, 2.0), (1.5, 0.05)],
    ids=["at once", "a little later, and tasks take long", "in the middle"],
)
def test_of_two_runs_one_handles_each_alert_and_the_other_says_so(tmp_path, later, task_seconds):
    everything = ids(COUNT)
    results: dict[int, dict[str, Any]] = {}
    with Simulator(crowd(COUNT), task_seconds=task_seconds, quotas={WRITE: 12}) as simulator:

        def run(number: int) -> None:
            handle = handler(simulator, requests_per_second=10)
            options = {"max_events": COUNT, "check_operations": "never", "wait_timeout": 30}
            results[number] = handle(*everything, **options, result_file=str(tmp_path / f"{number}.jsonl"))

        def run_later() -> None:
            time.sleep(later)
            run(2)

        with meanwhile(run_later):
            run(1)
        assert simulator.state.handled == dict.fromkeys(everything, 1)
    one, two = told(results[1]), told(results[2])
    assert {tuple(sorted((one[event]["outcome"], two[event]["outcome"]))) for event in everything} == {
        ("handled", "unchanged")
    }
    for number, result in results.items():
        assert not result.get("failed", False), result["msg"]
        assert result["changed"] == (result["summary"]["handled"] > 0)
        assert last_words(tmp_path / f"{number}.jsonl") == outcomes(result)
        left = [event["message"] for event in told(result).values() if event["outcome"] == "unchanged"]
        assert [message for message in left if not BY_ANOTHER.search(message)] == []


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_waits(monkeypatch)


def when_read(simulator: Simulator, act: Callable[[], object]) -> Callable[[], None]:
    """Act as soon as somebody has read alerts and does not know it yet."""
    simulator.fail("DescribeSuspEvents", 1, 2, how="slow", seconds=0.3)

    def wait_and_act() -> None:
        while not simulator.calls:
            time.sleep(0.005)
        act()

    return wait_and_act


def assert_unchanged(result: dict[str, Any], events: list[str]) -> None:
    assert outcomes(result) == dict.fromkeys(events, "unchanged")
    assert all("another run was quicker" in event["message"] for event in result["events"])
    assert not result.get("failed", False) and not result["changed"]


@pytest.mark.parametrize("task_seconds", [0.05, 1.5], ids=["done", "still in hand"])
@pytest.mark.parametrize("batch_size", [20, 1], ids=["few tasks", "many tasks"])
def test_what_another_run_began_after_it_was_read(quick, tmp_path, task_seconds, batch_size):
    events, file = ids(60), tmp_path / "result.jsonl"
    with Simulator(crowd(60), task_seconds=task_seconds) as simulator:

        def begin() -> None:
            for start in range(0, len(events), 20):
                parameters = {"OperationCode": "ignore", "SecurityEventIds": events[start : start + 20]}
                client_of(simulator).call(WRITE, parameters, write=True)

        with meanwhile(when_read(simulator, begin)):
            handle = handler(simulator)
            result = handle(*events, batch_size=batch_size, check_operations="never", result_file=str(file))
        assert simulator.state.handled == dict.fromkeys(events, 1)
    assert_unchanged(result, events)
    assert last_words(file) == outcomes(result)


def test_what_another_run_handled_when_no_task_can_be_asked(quick):
    """As for a member account: the time of the handling tells that it was not this run's."""
    events = ids(12)
    with Simulator(crowd(12)) as simulator:

        def handle_earlier() -> None:
            earlier = {"operate_error_code": "ignore.Success", "operate_ms": simulator.clock.now_ms() - 10_000}
            for event in events:
                simulator.add_alert(id=int(event), status=IGNORED, **earlier)

        gone = {"how": "error", "http_status": 400, "code": "OperationTaskNotExists"}
        simulator.fail("DescribeSecurityEventOperationStatus", 1, 1000, **gone)
        with meanwhile(when_read(simulator, handle_earlier)):
            result = handler(simulator)(*events, check_operations="never")
    assert outcomes(result) == dict.fromkeys(events, "unchanged")
    assert not result.get("failed", False) and not result["changed"]
