# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses are blocked and let in again by playbooks."""

from __future__ import annotations

from typing import Any

from conftest import COLLECTION, Play

from simulator import Simulator
from simulator.seed_accounts import BUILD_1, DB_1, WEB_1, WEB_2
from simulator.seed_blocks import BRUTE_FORCE_ADDRESS, CONSOLE_ADDRESS

BLOCK = f"{COLLECTION}.custom_block_record"
ADDRESS = "198.51.100.23"
FUTURE = 4_000_000_000_000
USABLE = {"address": ADDRESS, "servers": [WEB_1, DB_1], "expire_time": FUTURE}


def writes(simulator: Simulator) -> list[str]:
    return [call.action for call in simulator.calls if not call.action.startswith("Describe")]


def test_check_diff_run_and_repeat(simulator: Simulator, play: Play):
    planned = play("custom_block_record", check=True, diff=True, **USABLE)
    assert (planned["changed"], writes(simulator)) == (True, [])
    assert '+    "address": "198.51.100.23"' in play.output
    result = play("custom_block_record", diff=True, **USABLE)
    assert result["changed"] is True
    assert (result["actions"], result["diff"]) == (planned["actions"], planned["diff"])
    assert writes(simulator) == ["CreateCustomBlockRecord", "EnableCustomBlockRecord"]
    assert (result["custom_block_record"]["in_force"], result["custom_block_record"]["enable_count"]) == (True, 2)
    again = play("custom_block_record", **USABLE)
    assert (again["changed"], again["actions"]) == (False, [])
    assert writes(simulator) == ["CreateCustomBlockRecord", "EnableCustomBlockRecord"]


def test_the_life_of_a_block(simulator: Simulator, play: Play):
    """Each task twice: the second one changes nothing."""
    steps: list[dict[str, Any]] = [
        {"address": ADDRESS, "servers": [WEB_1], "expire_in": "6h"},
        {"address": ADDRESS, "servers": [WEB_1, WEB_2], "expire_in": "6h"},
        {"address": ADDRESS, "state": "disabled"},
        {"address": ADDRESS, "state": "enabled"},
        {"address": ADDRESS, "state": "absent"},
        {"address": BRUTE_FORCE_ADDRESS, "state": "disabled"},
    ]
    run = play.tasks([{BLOCK: step} for step in steps for _twice in range(2)])
    assert run.code == 0, run.output
    assert [result["changed"] for result in run.results] == [True, False] * len(steps)
    assert writes(simulator) == [
        "CreateCustomBlockRecord", "EnableCustomBlockRecord", "ModifyCustomBlockRecord", "EnableCustomBlockRecord",
        "DisableCustomBlockRecord", "EnableCustomBlockRecord", "DeleteCustomBlockRecord", "DisableBruteForceRecord",
    ]  # fmt: skip
    assert [record.block_ip for record in simulator.state.block_records] == [CONSOLE_ADDRESS]


def test_a_failure_names_the_servers_and_what_was_done(simulator: Simulator, play: Play):
    result = play("custom_block_record", address=ADDRESS, servers=[WEB_1, BUILD_1], expire_in="6h")
    assert (result["failed"], result["changed"]) == (True, True)
    assert result["msg"].startswith(
        f"{ADDRESS} (in) is blocked on 1 of 2 servers only, and not on build-1 (AliNetNotOnline): "
    )
    assert [one["uuid"] for one in result["instances"]] == [BUILD_1]
    assert [one["action"] for one in result["actions"]] == writes(simulator)


def test_warnings_say_whom_it_concerns(play: Play):
    tasks = [
        {BLOCK: {"address": CONSOLE_ADDRESS, "servers": [WEB_2]}},
        {BLOCK: {"address": BRUTE_FORCE_ADDRESS, "state": "absent"}},
    ]
    run = play.tasks(tasks)
    shown = " ".join(run.output.replace("[WARNING]:", "").split())
    assert f"{CONSOLE_ADDRESS} (in) was blocked on {WEB_1} as well" in shown
    assert f"the service itself still blocks {BRUTE_FORCE_ADDRESS} on web-prod-1" in shown


def test_bad_input_and_guard_rails(simulator: Simulator, play: Play):
    cases: list[tuple[dict[str, Any], str]] = [
        ({"servers": None}, "state is present but all of the following are missing: servers"),
        ({"servers": []}, "servers is missing or empty: give the uuids of the servers, as alerts tell them"),
        ({"servers": ["nobody"]}, "servers names nobody, which the account does not have"),
        ({"expire_in": "6h"}, "parameters are mutually exclusive: expire_time|expire_in"),
        ({"expire_time": None}, f"there is no custom block record for {ADDRESS} (in): give expire_in"),
        ({"expire_time": 1}, "expire_time 1 looks like seconds"),
        ({"expire_time": None, "expire_in": "later"}, "expire_in later is not a duration"),
        ({"address": "198.51.100.0/24"}, "address 198.51.100.0/24 is a network"),
        ({"address": "web-1"}, "address web-1 is not an IP address"),
        ({"direction": "both"}, "value of direction must be one of: in, out, got: both"),
        ({"state": "gone"}, "value of state must be one of: present, enabled, disabled, absent, got: gone"),
        ({"state": "absent"}, "expire_time does not go with state absent"),
        ({"state": "enabled", "expire_time": None}, "servers does not go with state enabled"),
        ({"wait_timeout": -1}, "wait_timeout -1.0 is out of range"),
        ({"address": "10.0.0.7"}, "address 10.0.0.7 is not blocked: 10.0.0.7 is a private address"),
        ({"address": "203.0.113.21"}, "203.0.113.21 belongs to one of the account's own servers"),
        ({"allowed_operations": ["ignore"]}, "block_ip is not in allowed_operations: allowed are ignore"),
        (
            {"protected_assets": [{"name": "db-*"}]},
            f"{ADDRESS} is not blocked on 1 of the servers - {DB_1}: the asset is protected by protected_assets (name: db-*)",
        ),
    ]
    run = play.tasks(
        [
            {
                BLOCK: {name: value for name, value in (USABLE | given).items() if value is not None},
                "ignore_errors": True,
            }
            for given, _sentence in cases
        ]
    )
    for (given, sentence), result in zip(cases, run.results, strict=True):
        assert result["failed"] and sentence in result["msg"], (given, result)
    assert writes(simulator) == []
