# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documentation says that a module can do, it can."""

from __future__ import annotations

from typing import Any

import yaml
from conftest import COLLECTION, HERE, MODULES, Play

from simulator import Simulator

LOOK_UP = "{{ lookup('ansible.builtin.url', 'ENDPOINT/_simulator/calls?action=HandleSecurityEvents', split_lines=false) | from_json }}"
# The modules that write, and how many calls each makes with its options.
WRITES = {"handle_security_events": 1, "handle_similar_security_events": 2}
# Options with which each module has something to do.
OPTIONS: dict[str, dict[str, Any]] = {
    "handle_security_events": {"security_event_ids": ["10001", "10003"], "operation_code": "manual_handled"},
    "handle_similar_security_events": {
        "security_event_id": "20001",
        "scenario": "same_ip",
        "operation_code": "manual_handled",
    },
    "security_event_info": {"security_event_ids": ["10002", "10011"], "details": True},
    "security_event_operation_info": {"security_event_id": "10002"},
    "security_event_task_info": {"security_event_ids": ["10004"], "task_id": "15411"},
}
START_A_TASK = {
    f"{COLLECTION}.handle_security_events": {"security_event_ids": ["10004"], "operation_code": "ignore"},
    "check_mode": False,
    "diff": False,
}
MODES = {"check and diff": (True, True), "check": (True, False), "diff": (False, True), "repeat": (False, False)}


def test_check_diff_and_repeat_are_as_the_documentation_says(
    documentation: dict[str, Any], simulator: Simulator, play: Play
):
    """Every module in every mode, in one playbook; after each task it looks at what the simulator was told to change."""
    steps = [
        {f"{COLLECTION}.{module}": OPTIONS[module], "check_mode": check, "diff": diff}
        for module in MODULES
        for check, diff in MODES.values()
    ]
    count = {"ansible.builtin.set_fact": {"writes": LOOK_UP.replace("ENDPOINT", simulator.endpoint)}}
    run = play.tasks([START_A_TASK, *(task for step in steps for task in (step, count))])
    assert run.code == 0, run.output
    told = [
        result | {"writes": len(after["ansible_facts"]["writes"])}
        for result, after in zip(run.results[1::2], run.results[2::2], strict=True)
    ]
    before = 1  # the task that was started
    for number, module in enumerate(MODULES):
        support = {name: of["support"] for name, of in documentation[module]["doc"]["attributes"].items()}
        results = dict(zip(MODES, told[4 * number :][:4], strict=True))
        assert_as_documented(support, results, before, WRITES.get(module, 0))
        before += WRITES.get(module, 0)


def assert_as_documented(support: dict[str, str], results: dict[str, dict[str, Any]], before: int, calls: int) -> None:
    """``calls`` is how many writes the module makes, when so many had been made ``before``."""
    is_write = calls > 0
    diff_mode = "full" if is_write else "N/A"
    assert support == {"action_group": "full", "check_mode": "full", "diff_mode": diff_mode, "idempotent": "full"}

    changed = {"check and diff": is_write, "check": is_write, "diff": is_write, "repeat": False}
    assert {mode: result["changed"] for mode, result in results.items()} == changed
    has_diff = {"check and diff": is_write, "check": False, "diff": is_write, "repeat": False}
    assert {mode: "diff" in result for mode, result in results.items()} == has_diff
    writes = {"check and diff": before, "check": before, "diff": before + calls, "repeat": before + calls}
    assert {mode: result["writes"] for mode, result in results.items()} == writes
    if is_write:
        assert results["check and diff"]["diff"] == results["diff"]["diff"]
        assert results["diff"]["diff"]["before"] != results["diff"]["diff"]["after"]
        assert results["check"]["actions"] == results["diff"]["actions"] != results["repeat"]["actions"] == []
    else:
        assert without_run(results["check"]) == without_run(results["diff"]) == without_run(results["repeat"])


def without_run(result: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in result.items() if name not in ("invocation", "changed", "failed", "writes")}


def test_the_action_groups_set_connection_and_guard_rails(simulator: Simulator, play: Play):
    connection = {
        "endpoint": simulator.endpoint,
        "access_key_id": simulator.access_key_id,
        "access_key_secret": simulator.access_key_secret,
    }
    defaults = {
        f"group/{COLLECTION}.all": connection,
        f"group/{COLLECTION}.write": {"protected_assets": [{"name": "web-*"}]},
    }
    tasks = [START_A_TASK] + [{f"{COLLECTION}.{module}": OPTIONS[module], "ignore_errors": True} for module in MODULES]
    no_key = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": ""}
    plays = [{"hosts": "localhost", "gather_facts": False, "module_defaults": defaults, "tasks": tasks}]
    run = play.playbook(plays, environ=no_key)
    assert len(run.results) == 1 + len(MODULES), run.output
    _started, handled, of_a_kind, *others = run.results
    assert handled.get("msg", "").endswith("10003: the asset is protected by protected_assets (name: web-*)")
    assert {event["error_code"] for event in of_a_kind["events"]} == {"ProtectedAsset"}
    assert not any(result["failed"] for result in others), others


def test_every_module_is_in_the_groups_that_its_documentation_names(documentation: dict):
    runtime = yaml.safe_load((HERE.parent.parent / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    for module, told in documentation.items():
        named = set(told["doc"]["attributes"]["action_group"]["membership"])
        assert named == {
            f"{COLLECTION}.{group}" for group, names in runtime["action_groups"].items() if module in names
        }
