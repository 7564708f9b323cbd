# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An alert is handled by every operation that has a way back; all is taken back from the saved result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from conftest import COLLECTION, Play

from fault_mix import plan_faults
from roundtrip import HANDLINGS, IDS, STAY_HANDLED, begin, parts_that_count
from simulator import Simulator
from simulator.actions import ACTIONS

# What a task of the playbook leaves out is omitted.
OPTIONAL = {name: f"{{{{ item.{name} | default(omit) }}}}" for name in ("operation_params", "mark_miss_param")}
# Of a mix of faults a call may have more than it bears: what was not done is tried again, as people would.
AGAIN: dict[str, Any] = {"until": "saved is not failed", "retries": 5, "delay": 0}
HANDLE = {
    f"{COLLECTION}.handle_security_events": {
        "security_event_ids": "{{ item.security_event_ids }}",
        "operation_code": "{{ item.operation_code }}",
        **OPTIONAL,
    },
    "loop": HANDLINGS,
    "register": "saved",
}
REVERT = {f"{COLLECTION}.revert_security_events": {"result": "{{ saved }}"}, "register": "reverted"}


def test_all_that_has_a_way_back_goes_there_and_back(simulator: Simulator, play: Play):
    begin(simulator)
    before = parts_that_count(simulator.state)
    run = play.tasks([HANDLE, REVERT, REVERT])
    assert run.code == 0, run.output
    reverted, again = run.results[-2:]
    assert {event["security_event_id"]: event["outcome"] for event in reverted["events"]} == dict.fromkeys(
        IDS, "handled"
    )
    assert [
        event["security_event_id"] for event in reverted["events"] if event["event_status_after"] == "handled"
    ] == STAY_HANDLED
    assert parts_that_count(simulator.state) == before
    assert reverted["changed"] and not again["changed"]
    assert {event["outcome"] for event in again["events"]} == {"unchanged"}


def test_the_same_under_a_mix_of_faults(simulator: Simulator, play: Play, tmp_path: Path):
    """From the result file, which holds what each try has done."""
    begin(simulator)
    before = parts_that_count(simulator.state)
    plan_faults(simulator, 1, ACTIONS, calls=300)
    connection = {"timeout": 0.5, "max_retries": 8}
    file = str(tmp_path / "result.jsonl")
    handle = {**HANDLE, **AGAIN}
    handle[f"{COLLECTION}.handle_security_events"] = {
        **HANDLE[f"{COLLECTION}.handle_security_events"],
        "result_file": file,
        **connection,
    }
    revert = {f"{COLLECTION}.revert_security_events": {"result_file": file, **connection}, "register": "saved", **AGAIN}
    run = play.tasks([handle, revert])
    assert run.code == 0, run.output
    assert {event["outcome"] for event in run.results[-1]["events"]} <= {"handled", "unchanged"}
    assert [event["security_event_id"] for event in run.results[-1]["events"]] == IDS
    assert parts_that_count(simulator.state) == before
