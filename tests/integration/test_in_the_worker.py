# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs in Ansible's worker does what the module does in a process of its own, and only where it may."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from conftest import COLLECTION, OWN_PROCESS, Play, writes

HANDLE, INFO = f"{COLLECTION}.handle_security_events", f"{COLLECTION}.security_event_info"
IGNORE = {"security_event_ids": ["10004"], "operation_code": "ignore"}
# Whether the worker may run it.
PLACES: dict[str, tuple[dict[str, Any], bool]] = {
    "as it is": ({}, True),
    "on the controller by name": ({"delegate_to": "localhost"}, True),
    "for another host": ({"delegate_to": "localhost", "run_once": True}, True),
    "in an environment of its own": ({"environment": {"NO_PROXY": "*"}}, False),
    "by another name of this Python": ({"vars": OWN_PROCESS}, False),
    "by a Python to be found": ({"vars": {"ansible_python_interpreter": "auto_silent"}}, False),
    "by another way than local": ({"vars": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1"}}, False),
}


def test_the_worker_runs_what_would_run_there_anyway(play: Play):
    tasks = [
        {"name": name, INFO: {"limit": 1}, "ignore_errors": True, "ignore_unreachable": True, **how}
        for name, (how, _here) in PLACES.items()
    ]
    run = play.tasks(tasks, "-vvv", environ={"ANSIBLE_PIPELINING": "false", "ANSIBLE_SSH_RETRIES": "0"})
    shown = dict(re.findall(r"^TASK \[(.*?)\] \*+\n(.*?)(?=^TASK|^PLAY RECAP)", run.output, re.M | re.S))
    assert {name: "EXEC" not in shown[name] for name in PLACES} == {name: here for name, (_how, here) in PLACES.items()}


def both_ways(
    play: Play, tasks: list[dict[str, Any]], *flags: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The results of the tasks in the worker, and in processes of their own, from the same start."""
    found = []
    for variables in ({}, OWN_PROCESS):
        play.simulator.reset()
        play.variables = variables
        found.append([told(result) for result in play.tasks(tasks, *flags).results])
    return found[0], found[1]


def told(result: dict[str, Any]) -> dict[str, Any]:
    """A result without what is another one each time."""
    text = json.dumps({name: value for name, value in result.items() if name not in ("start", "end", "delta")})
    text = re.sub(r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}", "REQUEST", text)
    text = re.sub(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d", "TIME", re.sub(r"\b\d{13}\b", "0", text))
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.parametrize("flags", [(), ("--check", "--diff")], ids=["run", "check and diff"])
def test_the_result_is_the_same_either_way(play: Play, flags: tuple[str, ...]):
    tasks: list[dict[str, Any]] = [
        {HANDLE: {**IGNORE, "result_file": "told.jsonl"}},
        {HANDLE: {**IGNORE, "security_event_ids": 10005, "wait_timeout": "7", "remark": "{{ none }}"}},
        {HANDLE: {**IGNORE, "operation_code": "kill_process", "security_event_ids": ["10006"]}, "ignore_errors": True},
        {HANDLE: {**IGNORE, "time_window": ["sometimes"]}, "ignore_errors": True},
        {HANDLE: {"operation_code": "ignore", "access_key_secret": "Hush-secret"}, "ignore_errors": True},
        {HANDLE: {**IGNORE, "wait_timeout": {"a": "b"}}, "ignore_errors": True},
        {INFO: {"parent_event_types": ["Nonsense {{ '{{' }} 1 }}"], "time_start": "2026-01-01T00:00:00Z", "limit": 2}},
        {INFO: {"limit": 1, "fields": ["id"]}, "no_log": True},
    ]
    here, there = both_ways(play, tasks, *flags)
    assert here == there
    assert [bool(result.get("failed")) for result in here] == [False, False, not flags, True, True, True, False, False]
    assert (play.folder / "told.jsonl").exists() == (not flags)


def test_what_ansible_warns_of_is_told(play: Play):
    twice = {HANDLE: {"operation_code": "ignore", "security_event_id": ["10004"], "security_event_ids": ["10005"]}}
    rule = {"field": "a", "operate": "strEqual", "field_value": "b"}
    here, there = both_ways(play, [twice, {HANDLE: {**IGNORE, "mark_miss_param": [rule]}, "ignore_errors": True}])
    assert here == there
    assert here[0]["warnings"] == ["Both option security_event_ids and its alias security_event_id are set."]


def test_a_task_that_ran_out_of_time_sends_nothing_more(play: Play):
    play.simulator.fail("HandleSecurityEvents", how="throttle", retry_after_ms=3500)
    loop = {"loop": ["10004", "10005"], "loop_control": {"pause": 5}, "timeout": 3, "ignore_errors": True}
    play.tasks([{HANDLE: {**IGNORE, "security_event_ids": ["{{ item }}"]}, **loop}])
    # The first one waits to be sent again when its time is over, and its worker goes on with the second one.
    assert [one["SecurityEventIds.1"] for one in writes(play.simulator)] == ["10004", "10005"]
