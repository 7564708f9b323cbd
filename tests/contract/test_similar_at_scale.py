# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A thousand alerts of one kind among three thousand, by one task: each is handled once, whatever goes wrong."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_similar_events import hasten

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import sending, similar
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from engine import client_of
from fault_mix import FAULTS, TIMEOUT
from simulator import Simulator
from simulator.seed_crowd import FIRST_ID, SERVERS, crowd
from simulator.state import PENDING

COUNT = 1000
KINDS = 3
OF_THE_KIND = [str(FIRST_ID + number) for number in range(0, KINDS * COUNT, KINDS)]
ACTIONS = (
    "DescribeSimilarEventScenarios",
    "CreateSimilarSecurityEventsQueryTask",
    "DescribeSimilarSecurityEvents",
    "DescribeSuspEvents",
    "DescribeSecurityEventOperations",
    "DescribeSecurityEventOperationStatus",
    "HandleSecurityEvents",
)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(crowd(KINDS * COUNT)) as running:
        yield running


@pytest.fixture(autouse=True)
def _hastened(monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(monkeypatch)
    monkeypatch.setattr(sending, "FRESH", 0.3)  # so that alerts are read again before they are sent


def handle(simulator: Simulator, **options: Any) -> dict[str, Any]:
    """The result for all alerts of the kind of the first."""
    given = {"security_event_id": OF_THE_KIND[0], "operation_code": "ignore", "max_events": COUNT, "wait_timeout": 10}
    report = Report(check_mode=False, diff=False, environ={}, warn=lambda text: None)
    return similar.run(client_of(simulator, timeout=TIMEOUT, max_retries=8), given | options, report)


def outcomes(result: dict[str, Any]) -> dict[str, str]:
    return {event["security_event_id"]: event["outcome"] for event in result["events"]}


@pytest.mark.parametrize("mode", ["expand", "native"])
def test_a_thousand_alerts_of_one_kind_are_handled_once_each(simulator, mode):
    result = handle(simulator, mode=mode)
    assert outcomes(result) == dict.fromkeys(OF_THE_KIND, "handled")
    assert simulator.state.handled == dict.fromkeys(OF_THE_KIND, 1)
    preview = result["preview"]
    assert (preview["total_count"], preview["event_names"]) == (COUNT, {"Mining program": COUNT})
    assert (len(preview["servers"]), preview["servers"]["others"]) == (21, COUNT - 20 * COUNT // SERVERS)
    assert len(json.dumps(result)) < 500_000


@pytest.mark.parametrize("seed", range(3))
def test_a_mix_of_faults_loses_nothing_and_does_nothing_twice(simulator: Simulator, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    for action in ACTIONS:
        simulator.fail(action, 1, **chance.choice(FAULTS))
        for nth in range(2, 500):
            if chance.random() < 0.125:
                simulator.fail(action, nth, **chance.choice(FAULTS))
    file = tmp_path / "result.jsonl"
    result = handle(simulator, result_file=str(file))
    told = outcomes(result)
    assert list(told) == OF_THE_KIND
    handled = simulator.state.handled
    assert set(handled.values()) == {1} and set(handled) <= set(OF_THE_KIND)
    possible = {"handled": (1,), "unknown": (0, 1), "failed": (0,)}
    assert {one: outcome for one, outcome in told.items() if handled.get(one, 0) not in possible[outcome]} == {}
    assert Counter(told.values())["handled"] > 0.9 * COUNT
    lines = map(json.loads, file.read_text(encoding="ascii").splitlines())
    assert {line["security_event_id"]: line["outcome"] for line in lines if "outcome" in line} == told
    assert {call.action for call in simulator.calls if call.fault} == set(ACTIONS)

    simulator.reset(simulator.state)  # no faults any more
    left = set(OF_THE_KIND) - set(handled)
    second = handle(simulator)
    assert {one for one, outcome in outcomes(second).items() if outcome == "handled"} == left
    assert simulator.state.handled == dict.fromkeys(OF_THE_KIND, 1)
    assert {alert.status for alert in simulator.state.alerts if str(alert.id) not in told} == {PENDING}
