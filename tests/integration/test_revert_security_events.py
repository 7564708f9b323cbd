# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""revert_security_events as people call it, with all that they may get wrong."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import COLLECTION, Play

from simulator import Simulator

HANDLE, REVERT = f"{COLLECTION}.handle_security_events", f"{COLLECTION}.revert_security_events"
RULE = {"field": "cmdLine", "operate": "contains", "field_value": "nmap"}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "nothing to take back": ({}, "one of the following is required: security_event_ids, result, result_file"),
    "two records": (
        {"security_event_ids": ["10011"], "result_file": "/nowhere"},
        r"parameters are mutually exclusive: security_event_ids\|result\|result_file",
    ),
    "an operation for a record": (
        {"result": {"events": []}, "operation_code": "ignore"},
        r"missing parameter\(s\) required by 'operation_code': security_event_ids",
    ),
    "rules of another operation": (
        {"security_event_ids": ["10011"], "operation_code": "ignore", "mark_miss_param": [RULE]},
        "mark_miss_param goes with operation_code advance_mark_mis_info: give that too, or remove it",
    ),
    "no id": ({"security_event_ids": []}, "security_event_ids is empty: name at least one alert"),
    "an id that is none": (
        {"security_event_ids": ["10011; rm"]},
        "security_event_ids must be decimal digits, as security_event_info gives them; not so: 10011; rm",
    ),
    "a variable of another module": (
        {"result": {"rc": 0, "stdout": ""}},
        "result has no events: give the variable that was registered by a task of handle_security_events",
    ),
    "a file that is not there": (
        {"result_file": "/nowhere/result.jsonl"},
        "result_file /nowhere/result.jsonl can't be read: No such file or directory",
    ),
    "a wait that is none": (
        {"security_event_ids": ["10011"], "wait_timeout": -1},
        "wait_timeout -1.0 is out of range: give seconds from 0",
    ),
    "an unknown id": (
        {"security_event_ids": ["99999"]},
        r"1 of 1 handlings were not taken back \(1 refused\) - no alert has the id 99999: check the id, region_id and the account",
    ),
    "a wrong key": (
        {"security_event_ids": ["10011"], "access_key_id": "LTAI5tNobody", "access_key_secret": "wrong"},
        r"DescribeSuspEvents failed: InvalidAccessKeyId\.NotFound: .* - the access key id is LTAI5tNobody: look it up in the RAM console.*",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_bad_input_is_one_clear_sentence_and_nothing_is_written(case: str, simulator: Simulator, play: Play):
    options, expected = WRONG[case]
    result = play("revert_security_events", **options)
    assert result["failed"] and not result["changed"]
    assert re.fullmatch(expected, result["msg"]), result["msg"]
    assert all(call.action.startswith("Describe") for call in simulator.calls)


def test_what_a_task_says_to_paste_can_be_pasted(simulator: Simulator, play: Play):
    """Each alert's ``revert``, as it stands in the result, is a task."""
    tasks = [
        {HANDLE: {"security_event_ids": ["10001"], "operation_code": "ignore"}},
        {
            HANDLE: {
                "security_event_ids": ["10014", "10015"],
                "operation_code": "advance_mark_mis_info",
                "mark_miss_param": [{**RULE, "field_value": "{{ '{{ 1 }}' }}"}],
                "on_refused": "ignore",
            }
        },
    ]
    handled = play.tasks(tasks)
    reverts = [
        event["revert"] for result in handled.results for event in result["events"] if event["outcome"] == "handled"
    ]
    assert [revert["module"] for revert in reverts] == [REVERT] * len(reverts) and len(reverts) >= 2
    done = play.tasks([{revert["module"]: revert["options"]} for revert in json.loads(json.dumps(reverts))])
    assert done.code == 0, done.output
    assert [result["summary"]["handled"] for result in done.results] == [1] * len(reverts)
    assert simulator.alert(10001).status == simulator.alert(10015).status == 1


def test_a_saved_result_is_not_repeated_in_the_answer(play: Play):
    run = play.tasks(
        [
            {HANDLE: {"security_event_ids": ["10001"], "operation_code": "ignore"}, "register": "handled"},
            {REVERT: {"result": "{{ handled }}"}},
        ],
        "-vvv",
    )
    assert run.results[-1]["invocation"]["module_args"]["result"] == "not repeated here"


def test_killing_is_announced_and_can_not_be_taken_back(play: Play, tmp_path: Path):
    """On a terminal of 80 columns."""
    run = play.tasks(
        [
            {HANDLE: {"security_event_ids": ["10001"], "operation_code": "kill_process"}, "register": "handled"},
            {REVERT: {"result": "{{ handled }}"}},
        ],
        environ={"COLUMNS": "80"},
    )
    killed, refused = run.results
    assert killed["warnings"] == [
        "operation_code kill_process can't be taken back whole: a process that is ended is not started again"
    ]
    assert killed["events"][0]["revert"] is None
    assert refused["msg"] == (
        "1 of 1 handlings were not taken back (1 refused) - 10001: kill_process can't be taken back: a process that is ended is "
        "not started again"
    )
    assert "can't be taken back whole" in " ".join(run.output.split())
