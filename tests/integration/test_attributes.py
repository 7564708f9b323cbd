# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documentation says that a module can do, it can."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from conftest import COLLECTION, HERE, MODULES, Play, writes

from simulator import Simulator

# Options with which each module has something to do.
OPTIONS: dict[str, dict[str, Any]] = {
    "handle_security_events": {"security_event_ids": ["10001", "10003"], "operation_code": "manual_handled"},
    "security_event_info": {"security_event_ids": ["10001", "10003"], "details": True},
    "security_event_operation_info": {"security_event_id": "10001"},
    "security_event_task_info": {"security_event_ids": ["10004"], "task_id": "15411"},
}
START_A_TASK = {
    f"{COLLECTION}.handle_security_events": {"security_event_ids": ["10004"], "operation_code": "ignore"},
    "check_mode": False,
    "diff": False,
}


@pytest.mark.parametrize("module", MODULES)
def test_check_diff_and_repeat_are_as_the_documentation_says(
    module: str, documentation: dict, simulator: Simulator, play: Play
):
    support = {name: of["support"] for name, of in documentation[module]["doc"]["attributes"].items()}
    is_write = module == "handle_security_events"
    assert support == {
        "action_group": "full",
        "check_mode": "full",
        "diff_mode": "full" if is_write else "N/A",
        "idempotent": "full",
    }

    task = {f"{COLLECTION}.{module}": OPTIONS[module]}
    modes = [(True, True), (True, False), (False, True), (False, False)]  # check, diff
    steps = [START_A_TASK] + [task | {"check_mode": check, "diff": diff} for check, diff in modes]
    run = play.tasks(steps)
    assert run.code == 0, run.output
    _started, check_diff, check, diff, repeat = run.results

    assert len(writes(simulator)) == (2 if is_write else 1)
    assert ["diff" in result for result in (check_diff, check, diff, repeat)] == [is_write, False, is_write, False]
    assert [result["changed"] for result in (check_diff, check, diff, repeat)] == [is_write, is_write, is_write, False]
    if is_write:
        assert check_diff["diff"] == diff["diff"]
        assert check_diff["diff"]["before"] != check_diff["diff"]["after"]
        assert check["actions"] == diff["actions"] and repeat["actions"] == []
    else:
        assert "--- before" not in run.output.split("TASK")[-1]
        assert without_run(check) == without_run(diff) == without_run(repeat)


def without_run(result: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in result.items() if name not in ("invocation", "changed", "failed")}


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
    _started, handled, *others = play.playbook(plays, environ=no_key).results
    assert handled["msg"].endswith("10003: the asset is protected by protected_assets (name: web-*)")
    assert not any(result["failed"] for result in others), others


def test_every_module_is_in_the_groups_that_its_documentation_names(documentation: dict):
    runtime = yaml.safe_load((HERE.parent.parent / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    for module, told in documentation.items():
        named = set(told["doc"]["attributes"]["action_group"]["membership"])
        assert named == {
            f"{COLLECTION}.{group}" for group, names in runtime["action_groups"].items() if module in names
        }
