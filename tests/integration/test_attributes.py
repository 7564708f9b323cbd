# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documentation says that a module can do, it can."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import yaml
from conftest import COLLECTION, HERE, MODULES, Play

from simulator import Simulator
from simulator.seed_accounts import DB_1, WEB_1

LOOK_UP = "{{ lookup('ansible.builtin.url', 'ENDPOINT/_simulator/calls', split_lines=false) | from_json | map(attribute='action') }}"
# The calls that change nothing of what the service keeps of alerts, servers and rules.
READS = ("Describe", "GetCallerIdentity", "AdvanceSecurityEventOperations", "CreateSimilarSecurityEventsQueryTask")
RULE = {"name": "by hand", "match": {"levels": ["serious", "suspicious"]}, "operation_code": "manual_handled"}
# Options with which each module has something to do.
OPTIONS: dict[str, dict[str, Any]] = {
    "alert_whitelist_rule": {
        "event_type": "Suspicious Process",
        "event_name": "suspicious_command",
        "field": "cmdLine",
        "operate": "strEqual",
        "field_value": "nmap -sn 10.0.2.0/24",
        "uuid": WEB_1,
    },
    "alert_whitelist_rule_info": {"field": "filePath"},
    "asset_info": {"accounts": ["all"], "criteria": [{"name": "tag", "value": "prod"}]},
    "custom_block_record": {"address": "198.51.100.23", "servers": [DB_1], "expire_time": 4_000_000_000_000},
    "custom_block_record_info": {"details": True},
    "handle_security_events": {"security_event_ids": ["10001", "10003"], "operation_code": "manual_handled"},
    "handle_similar_security_events": {
        "security_event_id": "20001",
        "scenario": "same_ip",
        "operation_code": "manual_handled",
    },
    "monitor_account_info": {},
    "preflight_info": {"accounts": ["all"]},
    "quarantined_file": {"quarantined_file_id": "800001"},
    "quarantined_file_info": {"status": "quaraFailed"},
    "revert_security_events": {"security_event_ids": ["10011"]},
    "security_event_apply": {"plan_file": "{{ lookup('ansible.builtin.fileglob', playbook_dir ~ '/*Z-*.jsonl') }}"},
    "security_event_info": {"security_event_ids": ["10002", "10011"], "details": True},
    "security_event_note": {"security_event_id": "10002", "note": "asked the owner of the web shop"},
    "security_event_operation_info": {"security_event_id": "10002"},
    "security_event_report": {
        "time_start": "2026-01-01T00:00:00Z",
        "time_end": "2099-01-01T00:00:00Z",
        "report_directory": "{{ playbook_dir }}",
    },
    "security_event_plan": {"policy": [RULE], "security_event_ids": ["10005", "10006"], "stamp_remark": False},
    "security_event_task_info": {"security_event_ids": ["10004"], "task_id": "15411"},
    "verify_service_info": {},
}
# Those that know the guard rails because they decide by them, and write nothing.
DECIDE = ("security_event_plan",)
# Those that change nothing at the service, and leave files.
MAKE_FILES = ("security_event_report",)
# Those whose options above concern the servers web-*.
ON_WEB = ("alert_whitelist_rule", "handle_security_events", "handle_similar_security_events")
START_A_TASK = {
    f"{COLLECTION}.handle_security_events": {"security_event_ids": ["10004"], "operation_code": "ignore"},
    "check_mode": False,
    "diff": False,
}
# Carried out by security_event_apply.
SAVE_A_PLAN = {
    f"{COLLECTION}.security_event_plan": {
        "policy": [RULE],
        "security_event_ids": ["10007", "10015"],
        "plan_directory": "{{ playbook_dir }}",
    },
    "check_mode": False,
    "diff": False,
}
MODES = {"check and diff": (True, True), "check": (True, False), "diff": (False, True), "repeat": (False, False)}


@pytest.mark.timeout(400)  # a hundred tasks, some of which wait for the service
def test_check_diff_and_repeat_are_as_the_documentation_says(
    documentation: dict[str, Any], simulator: Simulator, play: Play
):
    """Every module in every mode, in one playbook; after each task it looks at what the simulator was told to change."""
    steps = [
        {f"{COLLECTION}.{module}": OPTIONS[module], "check_mode": check, "diff": diff}
        for module in MODULES
        for check, diff in MODES.values()
    ]
    look = {"ansible.builtin.set_fact": {"calls": LOOK_UP.replace("ENDPOINT", simulator.endpoint)}}
    run = play.tasks([SAVE_A_PLAN, START_A_TASK, look, *(task for step in steps for task in (step, look))])
    assert run.code == 0, run.output
    counts = [
        sum(not call.startswith(READS) for call in after["ansible_facts"]["calls"]) for after in run.results[2::2]
    ]
    told = [
        result | {"writes": count - before}
        for result, (before, count) in zip(run.results[3::2], itertools.pairwise(counts), strict=True)
    ]
    for number, module in enumerate(MODULES):
        attributes = documentation[module]["doc"]["attributes"]
        support = {name: of["support"] for name, of in attributes.items()}
        results = dict(zip(MODES, told[4 * number :][:4], strict=True))
        groups = attributes["action_group"]["membership"]
        assert_as_documented(
            module, support, results, is_write=f"{COLLECTION}.write" in groups and module not in DECIDE
        )


def assert_as_documented(
    module: str, support: dict[str, str], results: dict[str, dict[str, Any]], *, is_write: bool
) -> None:
    diff_mode = "full" if is_write else "N/A"
    assert support == {"action_group": "full", "check_mode": "full", "diff_mode": diff_mode, "idempotent": "full"}

    changes = is_write or module in MAKE_FILES
    changed = {"check and diff": changes, "check": changes, "diff": changes, "repeat": False}
    assert {mode: result["changed"] for mode, result in results.items()} == changed, module
    has_diff = {"check and diff": is_write, "check": False, "diff": is_write, "repeat": False}
    assert {mode: "diff" in result for mode, result in results.items()} == has_diff, module
    made = len(results["diff"]["actions"]) if is_write else 0
    assert made or not is_write, module
    writes = {"check and diff": 0, "check": 0, "diff": made, "repeat": 0}
    assert {mode: result["writes"] for mode, result in results.items()} == writes, module
    if is_write:
        assert results["check and diff"]["diff"] == results["diff"]["diff"], module
        assert results["diff"]["diff"]["before"] != results["diff"]["diff"]["after"], module
        assert results["check"]["actions"] == results["diff"]["actions"] != results["repeat"]["actions"] == [], module
    else:
        assert without_run(results["check"]) == without_run(results["diff"]) == without_run(results["repeat"]), module


def without_run(result: dict[str, Any]) -> dict[str, Any]:
    own = ("invocation", "changed", "failed", "writes", "plan")  # each plan has an id of its own
    return {name: value for name, value in result.items() if name not in own}


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
    tasks = [SAVE_A_PLAN, START_A_TASK] + [
        {f"{COLLECTION}.{module}": OPTIONS[module], "ignore_errors": True} for module in MODULES
    ]
    no_key = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": ""}
    plays = [{"hosts": "localhost", "gather_facts": False, "module_defaults": defaults, "tasks": tasks}]
    run = play.playbook(plays, environ=no_key)
    assert len(run.results) == 2 + len(MODULES), run.output
    for module, result in zip(MODULES, run.results[2:], strict=True):
        refused = ": the asset is protected by protected_assets (name: web-*)" in result.get("msg", "")
        assert (refused, result["failed"]) == (module in ON_WEB, module in ON_WEB), (module, result)


def test_every_module_is_in_the_groups_that_its_documentation_names(documentation: dict):
    runtime = yaml.safe_load((HERE.parent.parent / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    for module, told in documentation.items():
        named = set(told["doc"]["attributes"]["action_group"]["membership"])
        assert named == {
            f"{COLLECTION}.{group}" for group, names in runtime["action_groups"].items() if module in names
        }
