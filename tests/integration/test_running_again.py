# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything can be run again."""

from __future__ import annotations

import subprocess
import threading
import time
from pathlib import Path

import pytest
from conftest import Play, collection_folder, writes

import workbench
from simulator import Simulator

PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Ignore three alerts
      alicloud.security_center.handle_security_events:
        security_event_ids: ["10001", "10002", "10008"]
        operation_code: ignore
"""


def outcomes(result):
    return {event["security_event_id"]: event["outcome"] for event in result["events"]}


def test_a_check_a_run_and_a_repeat_are_planned_changed_and_ok(simulator: Simulator, play: Play):
    told = []
    for flags in (["--check"], [], [], ["--check"]):
        run = play.playbook(PLAYBOOK, *flags)
        assert run.code == 0
        told.append(
            (set(outcomes(run.results[0]).values()), run.recap["ok"], run.recap["changed"], len(writes(simulator)))
        )
    assert told == [({"planned"}, 1, 1, 0), ({"handled"}, 1, 1, 1), ({"unchanged"}, 1, 0, 1), ({"unchanged"}, 1, 0, 1)]
    assert simulator.state.handled == {"10001": 1, "10002": 1, "10008": 1}


def test_a_run_that_failed_for_some_goes_on_with_the_rest(simulator: Simulator, play: Play):
    options = {"security_event_ids": ["10001", "10005", "10015"], "operation_code": "kill_process"}
    first = play("handle_security_events", **options)
    assert (first["failed"], first["changed"]) == (True, True)
    assert outcomes(first) == {"10001": "handled", "10005": "failed", "10015": "handled"}

    simulator.alert(10005).results.clear()  # the cause is removed
    second = play("handle_security_events", **options)
    assert outcomes(second) == {"10001": "unchanged", "10005": "handled", "10015": "unchanged"}
    assert simulator.state.handled == {"10001": 1, "10005": 1, "10015": 1}


def test_an_alert_that_another_run_has_in_hand_is_followed_and_not_sent(simulator: Simulator, play: Play):
    simulator.state.settings.task_seconds = 300
    options = {"security_event_ids": ["10001"], "operation_code": "ignore"}
    play("handle_security_events", **options, wait=False)
    looks = sum(call.action == "DescribeSuspEvents" for call in simulator.calls)

    def end_the_task_when_it_is_followed() -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if sum(call.action == "DescribeSuspEvents" for call in simulator.calls) > looks + 1:
                break
            time.sleep(0.02)
        simulator.clock.shift(300)

    waiting = threading.Thread(target=end_the_task_when_it_is_followed)
    waiting.start()
    second = play("handle_security_events", **options)
    waiting.join()
    assert outcomes(second) == {"10001": "unchanged"}
    assert second["events"][0]["message"] == "another run had it in hand, and it is done"
    assert second["events"][0]["event_status_before"] == "processing"
    assert not second["changed"] and len(writes(simulator)) == 1
    assert simulator.handled_times("10001") == 1


def oldest_module_python() -> str | None:
    """A Python 3.9 with requests: the small one that `make unit-pythons` makes, or one of this machine."""
    small = collection_folder().parents[2] / "venvs" / "python-3.9" / "bin" / "python"
    for python in filter(None, (str(small), workbench.interpreter("3.9", {}))):
        if Path(python).exists() and subprocess.run([python, "-c", "import requests"], check=False).returncode == 0:
            return python
    return None


OLDEST = oldest_module_python()


@pytest.mark.skipif(OLDEST is None, reason="LEFT OUT: no Python 3.9 with requests on this machine")
def test_the_modules_run_on_the_oldest_python(simulator: Simulator, play: Play):
    run = play.playbook(PLAYBOOK, "-e", f"ansible_python_interpreter={OLDEST}")
    assert outcomes(run.results[0]) == {"10001": "handled", "10002": "handled", "10008": "handled"}, run.output
    again = play.playbook(PLAYBOOK, "-e", f"ansible_python_interpreter={OLDEST}")
    assert again.recap["changed"] == 0
