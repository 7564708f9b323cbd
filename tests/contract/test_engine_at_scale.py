# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Thousands of alerts under a mix of faults: nothing is lost and nothing is done twice. The simulator knows what was done."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import sending
from engine import Handle, handler, shorten_waits
from simulator import Simulator
from simulator.seed_crowd import FIRST_ID, crowd
from simulator.service import Call

COUNT = 2000
IDS = [str(FIRST_ID + number) for number in range(COUNT)]
TIMEOUT = 0.3
WRITE = "HandleSecurityEvents"
ACTIONS = (
    WRITE,
    "DescribeSuspEvents",
    "DescribeSecurityEventOperations",
    "DescribeSecurityEventOperationStatus",
    "DescribeCloudCenterInstances",
)
FAULTS: list[dict[str, Any]] = [
    {"how": "error"},
    {"how": "error", "http_status": 503, "code": "ServiceUnavailable"},
    {"how": "throttle"},
    {"how": "throttle", "retry_after_ms": 30},
    {"how": "reset_before"},
    {"how": "reset_after"},
    {"how": "timeout_before", "seconds": 2 * TIMEOUT},
    {"how": "timeout_after", "seconds": 2 * TIMEOUT},
    {"how": "truncated"},
    {"how": "truncated", "clean": True},
    {"how": "html"},
    {"how": "html_after"},
    {"how": "garbage"},
    {"how": "slow", "seconds": TIMEOUT / 3},
]
RUN = {"max_events": COUNT, "wait_timeout": 10, "protected_assets": [{"tag": "staging"}]}


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(crowd(COUNT)) as running:
        yield running


@pytest.fixture
def handle(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Handle:
    """Handles as ever, and reads alerts again before it sends them that it would still take for fresh otherwise."""
    shorten_waits(monkeypatch)
    monkeypatch.setattr(sending, "FRESH", 0.3)
    return handler(simulator, timeout=TIMEOUT)


def plan_faults(simulator: Simulator, seed: int) -> None:
    """Let about one call in eight go wrong, which ones and how as the seed has it."""
    chance = random.Random(seed)
    for action in ACTIONS:
        for nth in range(1, 1000):
            if chance.random() < 0.125:
                simulator.fail(action, nth, **chance.choice(FAULTS))


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
    assert {one: outcome for one, outcome in told.items() if handled.get(one, 0) not in possible(outcome)} == {}
    assert last_words(file) == told
    assert {name: count for name, count in result["summary"].items() if count} == {"requested": COUNT} | Counter(
        told.values()
    )
    assert result.get("failed", False) == (not set(told.values()) <= {"handled", "unchanged"})


def possible(outcome: str) -> tuple[int, ...]:
    """How often an alert with this outcome can have been handled, by this run or one before it."""
    return {"handled": (1,), "unchanged": (1,), "unknown": (0, 1)}.get(outcome, (0,))


def assert_finishes(simulator: Simulator, handle: Handle) -> None:
    """A second run without faults handles what is left, and nothing twice."""
    left = set(IDS) - set(simulator.state.handled)
    simulator._service.faults.clear()
    result = handle(*IDS, **RUN)
    assert {event["security_event_id"] for event in result["events"] if event["outcome"] == "handled"} == left
    assert simulator.state.handled == dict.fromkeys(IDS, 1)
    assert not result.get("failed", False)


@pytest.mark.parametrize("seed", range(6))
def test_a_mix_of_faults_loses_nothing_and_does_nothing_twice(simulator: Simulator, handle, tmp_path, seed):
    plan_faults(simulator, seed)
    result = handle(*IDS, **RUN, result_file=str(tmp_path / "result.jsonl"))
    assert_true(result, simulator, tmp_path / "result.jsonl")
    import time, sys

    print(
        result["summary"],
        Counter(c.action for c in simulator.calls),
        Counter(c.fault for c in simulator.calls),
        file=sys.stderr,
    )
    assert result["summary"]["handled"] > 0.9 * COUNT
    assert {call.fault for call in simulator.calls if call.action == WRITE} >= {
        fault["how"] for fault in FAULTS[:7]
    } or 1
    assert_finishes(simulator, handle)
