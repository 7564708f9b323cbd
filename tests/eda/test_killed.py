# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alerts that come while the real ansible-rulebook is killed and started again, and the service is at fault.

The long run: ``make eda ARGS="-k killed --alerts 2000 --kills 10"``.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from functools import partial
from typing import Any

import pytest
from conftest import Rulebook, Rulebooks
from controller import ORGANIZATION, TEMPLATE, Controller

from engine import handler
from fault_mix import TIMEOUT, plan_faults
from simulator import Simulator

EACH = 0.03  # seconds between two alerts: two thousand in a minute
SEED = 7


@pytest.fixture
def alerts(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("alerts"))


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("kills"))


def rulebook_of(**options: Any) -> list[dict[str, Any]]:
    action = {"run_job_template": {"name": TEMPLATE, "organization": ORGANIZATION}}
    source = {
        "endpoint": "{{ security_center_endpoint }}",
        "checkpoint": "{{ security_center_checkpoint }}",
        "interval": 1,
        "timeout": TIMEOUT,
        "requests_per_second": 1000,
        "hostnames": [],
        **options,
    }
    return [
        {
            "name": "Answer alerts",
            "hosts": "localhost",
            "execution_strategy": "parallel",
            "sources": [{"name": "alerts", "alicloud.security_center.security_events": source}],
            "rules": [{"name": "Answer", "condition": "event.id is defined", "action": action}],
        }
    ]


class Stream(threading.Thread):
    """Alerts that appear at seeded moments: some late, some two in one millisecond, some again while they are open."""

    def __init__(self, simulator: Simulator, alerts: int) -> None:
        super().__init__(daemon=True)
        self.ids = range(90_001, 90_001 + alerts)
        self._simulator = simulator

    def run(self) -> None:
        chance = random.Random(SEED)
        begun = time.monotonic()
        moments = sorted(chance.uniform(0, EACH * len(self.ids)) for _number in self.ids)
        for number, moment in zip(self.ids, moments, strict=True):
            time.sleep(max(0.0, begun + moment - time.monotonic()))
            now = self._simulator.clock.now_ms()
            late = chance.choice([0, 0, 0, 1, 30_000, 600_000])
            self._simulator.add_alert(id=number, event_ids=[number], last_ms=now - late, name="{{ 7 * 7 }}")
            if chance.random() < 0.1:
                self._simulator.add_alert(id=number, last_ms=now + 1)


def has_gone_on(rulebook: Rulebook, times: int) -> bool:
    return rulebook.log.count("goes on from") >= times


@pytest.mark.timeout(900)
def test_every_alert_is_answered_and_handled_once_through_kills_and_faults(
    simulator: Simulator, rulebooks: Rulebooks, alerts: int, kills: int
):
    simulator.state.alerts.clear()
    handle = handler(simulator, timeout=30)
    chance = random.Random(SEED)
    with Controller(lambda event: handle(event["id"], operation_code="ignore")) as controller:
        faster = {"EDA_JOB_TEMPLATE_REFRESH_DELAY": "0.2"}
        flags = ("--controller-url", controller.url, "--controller-token", "token", "--shutdown-delay", "1")
        rulebook = rulebooks(rulebook_of(feedback=True), *flags, persistent=True, environ=faster)
        rulebook.wait_for_text("none of them becomes an event")
        plan_faults(simulator, SEED, ["DescribeSuspEvents"])
        stream = Stream(simulator, alerts)
        stream.start()
        for kill in range(kills):
            time.sleep(chance.uniform(0.5, 1.5) * EACH * alerts / kills)
            rulebook.kill()
            rulebook.restart()
            rulebook.wait_for(partial(has_gone_on, rulebook, kill + 1))
        stream.join()
        wanted = set(map(str, stream.ids))
        rulebook.wait_for(lambda: wanted <= {event["id"] for event in controller.launched}, 600)
        controller.finish()
        rulebook.kill()
    assert simulator.state.handled == dict.fromkeys(wanted, 1)
    assert {event["name"].rpartition("-")[2] for event in controller.launched} == {"{ { 7 * 7 }}"}
    print(f"{len(controller.launched) - alerts} of {alerts} actions ran again after {kills} kills")


@pytest.mark.timeout(900)
def test_without_a_kill_each_event_is_delivered_once(simulator: Simulator, rulebooks: Rulebooks, alerts: int):
    simulator.state.alerts.clear()
    with Controller(lambda _event: None) as controller:
        flags = ("--controller-url", controller.url, "--controller-token", "token")
        faster = {"EDA_JOB_TEMPLATE_REFRESH_DELAY": "0.2"}
        rulebook = rulebooks(rulebook_of(), *flags, environ=faster)
        rulebook.wait_for_text("none of them becomes an event")
        plan_faults(simulator, SEED, ["DescribeSuspEvents"])
        stream = Stream(simulator, alerts)
        stream.start()
        stream.join()
        wanted = set(map(str, stream.ids))
        rulebook.wait_for(lambda: wanted <= {event["id"] for event in controller.launched}, 600)
        calls = len(simulator.calls)
        rulebook.wait_for(lambda: len(simulator.calls) > calls + 2)
        rulebook.kill()
    assert Counter(event["id"] for event in controller.launched) == dict.fromkeys(wanted, 1)
