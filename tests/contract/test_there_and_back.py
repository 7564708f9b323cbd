# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was done by every operation that has a way back is taken back, under a mix of faults."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import (
    changes,
    handling,
    reverting,
    sending,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from engine import client_of, shorten_waits
from fault_mix import TIMEOUT, plan_faults
from roundtrip import HANDLINGS, IDS, begin, parts_that_count
from simulator import Simulator
from simulator.actions import ACTIONS

REPORT = Report(check_mode=False, diff=False, environ={}, warn=lambda _text: None)
RUNS = 6


def run(module: Any, simulator: Simulator, **options: Any) -> dict[str, Any]:
    client = client_of(simulator, timeout=TIMEOUT, max_retries=8)
    result: dict[str, Any] = module.run(client, {"wait_timeout": 10} | options, REPORT)
    return result


@pytest.mark.parametrize("rules_go_with_the_mark", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_to_the_calls(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, seed: int, rules_go_with_the_mark: bool
):
    """A run may fail for its faults; the next one finds out what is left. Nothing is done twice."""
    shorten_waits(monkeypatch)
    monkeypatch.setattr(sending, "FRESH", 0.3)
    monkeypatch.setattr(changes, "_LOOKS", (0.06, 0.06))
    begin(simulator)
    simulator.state.settings.rm_mark_mis_info_deletes_rules = rules_go_with_the_mark
    before = parts_that_count(simulator.state)
    plan_faults(simulator, seed, ACTIONS, calls=300)
    saved = []
    for handling_options in HANDLINGS:
        for _attempt in range(RUNS):
            saved.append(run(handling, simulator, **handling_options))
            if not saved[-1].get("failed"):
                break
    there = parts_that_count(simulator.state)
    assert there != before
    assert set(simulator.state.handled) == {*IDS, "40001", "40002"} - {"30001"}

    for _attempt in range(RUNS):
        result = run(reverting, simulator, result={"results": saved})
        if not result.get("failed"):
            break
    assert {event["outcome"] for event in result["events"]} <= {"handled", "unchanged"}, result.get("msg")
    assert [event["security_event_id"] for event in result["events"]] == IDS
    assert parts_that_count(simulator.state) == before
