# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Blocks, with every field of every answer of every wrong type: no crash, no false success, no guard rail opened."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from test_wrong_types import ABSENT, WRONG, Path, at, paths
from world import Answer, Spoil, World, hasten

from ansible_collections.alicloud.security_center.plugins.module_utils._module import safe
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import SecurityCenterError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import block_info, block_record
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from simulator.clock import Clock
from simulator.seed_accounts import BUILD_1, DB_1, WEB_1, WEB_2
from simulator.seed_blocks import BRUTE_FORCE_ADDRESS, CONSOLE_ADDRESS, block_records, brute_force_records

FUTURE = 4_000_000_000_000
Wrong = Callable[[World], str]


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(monkeypatch)


def blocked_on(world: World, address: str) -> list[str]:
    """The servers on which an address is blocked, by custom records or by the service itself."""
    state = world.service.state
    custom = [uuid for one in state.block_records if one.block_ip == address for uuid in one.enabled_uuids]
    return sorted(custom + [one.uuid for one in state.brute_force_records if one.block_ip == address and one.enabled])


def must_block(address: str, *uuids: str) -> Wrong:
    return lambda world: "" if blocked_on(world, address) == sorted(uuids) else "told as blocked, and is not"


def must_let_in(address: str) -> Wrong:
    return lambda world: "told as let in, and is not" if blocked_on(world, address) else ""


def must_be_gone(world: World) -> str:
    return "told as deleted, and is there" if world.service.state.block_records else ""


def no_success(_world: World) -> str:
    return "told as a success, which can't be"


def never_sent(world: World) -> str:
    return "sent, which must not be" if any(not one.startswith("Describe") for one in world.actions) else ""


# Options; what is wrong with a world in which the run ended well; what is wrong with it however it ended.
RUNS: dict[str, tuple[dict[str, Any], Wrong, Wrong]] = {
    "made": (
        {"address": "198.51.100.23", "servers": [WEB_1, DB_1], "expire_time": FUTURE},
        must_block("198.51.100.23", WEB_1, DB_1),
        lambda _world: "",
    ),
    "changed": (
        {"address": CONSOLE_ADDRESS, "servers": [WEB_1, DB_1], "expire_time": FUTURE},
        must_block(CONSOLE_ADDRESS, WEB_1, DB_1),
        lambda _world: "",
    ),
    "there": (
        {"address": CONSOLE_ADDRESS, "servers": [WEB_1, WEB_2]},
        must_block(CONSOLE_ADDRESS, WEB_1, WEB_2),
        lambda _world: "",
    ),
    "failing": (
        {"address": "198.51.100.23", "servers": [WEB_1, BUILD_1], "expire_time": FUTURE},
        no_success,
        lambda _world: "",
    ),
    "protected": (
        {"address": CONSOLE_ADDRESS, "servers": [DB_1], "protected_assets": [{"name": "db-*"}]},
        no_success,
        never_sent,
    ),
    "protected server of the record": (
        {"address": CONSOLE_ADDRESS, "state": "enabled", "protected_assets": [{"name": "web-prod-1"}]},
        lambda _world: "",
        never_sent,
    ),
    "protected server of the record, by uuid": (
        {"address": CONSOLE_ADDRESS, "state": "enabled", "protected_assets": [{"uuid": WEB_1}]},
        lambda _world: "",
        never_sent,
    ),
    "disabled": (
        {"address": CONSOLE_ADDRESS, "state": "disabled"},
        must_let_in(CONSOLE_ADDRESS),
        lambda _world: "",
    ),
    "lifted": (
        {"address": BRUTE_FORCE_ADDRESS, "state": "disabled"},
        must_let_in(BRUTE_FORCE_ADDRESS),
        lambda _world: "",
    ),
    "deleted": ({"address": CONSOLE_ADDRESS, "state": "absent"}, must_be_gone, lambda _world: ""),
}


def can_be_meant(path: Path, wrong: Any) -> bool:
    """Whether the client can only believe it: a server of another name, a list with an entry less."""
    named = path[-1] == "InstanceName" and isinstance(wrong, (int, float, str)) and not isinstance(wrong, bool)
    return named or (isinstance(path[-1], int) and wrong is ABSENT)


def problem(run: Callable[..., Answer], options: Answer, spoil: Spoil, wrong: Wrong, never: Wrong) -> str:
    """What is wrong with a run whose answers are spoilt, or an empty text."""
    world, told = World((), None, spoil), []
    now = Clock().now_ms()
    world.service.state.block_records[:] = block_records(now)
    world.service.state.brute_force_records[:] = brute_force_records(now)
    report = Report(check_mode=False, diff=True, environ={}, warn=told.append)
    try:
        result = run(world, {"wait_timeout": 3, **options}, report)
    except SecurityCenterError as error:
        result = {"failed": True, "msg": str(error)}
    except Exception as error:
        return repr(error)
    json.dumps(safe(result), allow_nan=False)
    if not all(text.isprintable() for text in [*told, result.get("msg", "")]):
        return f"not for a terminal: {told}"
    return never(world) or ("" if result.get("failed") else wrong(world))


def answers(run: Callable[..., Answer], options: Answer) -> dict[str, dict[Path, None]]:
    """The paths of all true answers of a run, by action."""
    found: dict[str, dict[Path, None]] = {}

    def note(action: str, answer: Answer) -> Answer:
        found.setdefault(action, {}).update(dict.fromkeys(paths(answer)))
        return answer

    assert problem(run, options, note, lambda _world: "", lambda _world: "") == ""
    return found


def problems(run: Callable[..., Answer], options: Answer, wrong: Wrong, never: Wrong) -> list[str]:
    found = []
    for action, all_paths in answers(run, options).items():
        for path, value in itertools.product(all_paths, WRONG):
            told = problem(run, options, at(action, path, value), wrong, never)
            if told and not can_be_meant(path, value):
                found.append(f"{action} {path} <- {value!r:.40}: {told}")
    return found


@pytest.mark.parametrize("name", RUNS)
def test_no_type_is_taken_for_a_success_or_for_leave(name: str) -> None:
    options, wrong, never = RUNS[name]
    assert problems(block_record.run, options, wrong, never) == []


@pytest.mark.parametrize("options", [{}, {"address": CONSOLE_ADDRESS, "details": True}], ids=["all", "one"])
def test_what_is_read_may_be_of_any_type(options: Answer) -> None:
    assert problems(block_info.run, options, lambda _world: "", never_sent) == []
