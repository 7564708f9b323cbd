# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alerts of one kind, as a playbook handles them."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import COLLECTION, Play, writes

from simulator import Simulator
from simulator.seed_alerts import STORM_IDS
from simulator.state import PENDING

MODULE = "handle_similar_security_events"
SAME_IP = [str(one) for one in STORM_IDS[::5]]
LIKE_20001 = {"security_event_id": "20001", "scenario": "same_ip", "operation_code": "ignore"}
RULE = {"field": "loginUser", "operate": "strEqual", "field_value": "root"}


def native_calls(simulator: Simulator) -> list[dict[str, str]]:
    return [call.parameters for call in simulator.calls if call.action == "HandleSimilarSecurityEvents"]


def outcomes(result: dict[str, Any]) -> dict[str, str]:
    return {event["security_event_id"]: event["outcome"] for event in result["events"]}


@pytest.mark.parametrize("mode", ["expand", "native"])
def test_check_run_and_repeat(simulator: Simulator, play: Play, mode: str):
    options = LIKE_20001 | {"mode": mode}
    checked = play(MODULE, check=True, diff=True, **options)
    assert outcomes(checked) == dict.fromkeys(SAME_IP, "planned")
    assert writes(simulator) == native_calls(simulator) == []
    assert {simulator.alert(one).status for one in SAME_IP} == {PENDING}

    done = play(MODULE, diff=True, **options)
    assert outcomes(done) == dict.fromkeys(SAME_IP, "handled")
    assert simulator.state.handled == dict.fromkeys(SAME_IP, 1)
    assert (len(writes(simulator)), len(native_calls(simulator))) == ((2, 0) if mode == "expand" else (0, 1))
    assert checked["diff"] == done["diff"]
    assert done["diff"]["after"] == dict.fromkeys(SAME_IP, "ignored")
    assert len(checked["actions"]) == len(done["actions"]) == (2 if mode == "expand" else 1)
    assert ("unknowable" in done) == (mode == "native")

    repeat = play(MODULE, diff=True, **options)
    assert (repeat["changed"], outcomes(repeat), repeat["actions"]) == (False, {"20001": "unchanged"}, [])
    assert repeat["warnings"] == [
        "alert 20001 is ignored already (ignore.Success), and the service finds no open alert of its kind"
    ]
    assert simulator.state.handled == dict.fromkeys(SAME_IP, 1)


BAD_INPUT: dict[str, tuple[dict[str, Any], str]] = {
    "an id that is none": (
        {"security_event_id": "storm"},
        "security_event_id must be decimal digits, as security_event_info gives them; not so: storm",
    ),
    "an unknown id": (
        {"security_event_id": "99999"},
        "1 of 1 alerts were not handled by ignore (1 refused) - no alert has the id 99999: check the id, region_id and the account",
    ),
    "an expired alert": (
        {"security_event_id": "10009"},
        "1 of 1 alerts were not handled by ignore (1 refused) - 10009: the alert is expired: the service offers no operation "
        "for it any more; name an alert of the kind that can be handled, nothing was looked for",
    ),
    "a scenario that is not offered": (
        {"scenario": "same_file_content"},
        "scenario same_file_content is not offered by the service for alert 20001 now; it offers default, same_ip",
    ),
    "a preview of no time": (
        {"preview_timeout": 0.5},
        "preview_timeout 0.5 is out of range: give 1 to 3600 seconds",
    ),
    "block_ip without parameters": (
        {"operation_code": "block_ip"},
        "operation_params is required for operation_code block_ip: give either expire_time (milliseconds since 1970) or "
        "expire_in (a duration such as 6h)",
    ),
    "two rules for one call": (
        {"mode": "native", "operation_code": "advance_mark_mis_info", "mark_miss_param": [RULE, RULE]},
        "mode native takes exactly one rule in mark_miss_param, 2 are given: give one, or use mode expand",
    ),
    "a rule for all servers in one call": (
        {"mode": "native", "operation_code": "advance_mark_mis_info", "mark_miss_param": [RULE | {"uuid": "ALL"}]},
        "mark_miss_param[0].uuid ALL does not go with mode native, whose API call documents no uuid: use mode expand",
    ),
    "mark_batch with one call": (
        {"mode": "native", "operation_code": "advance_mark_mis_info", "mark_miss_param": [RULE], "mark_batch": True},
        "mark_batch does not go with mode native, which makes one call: remove it",
    ),
    "a member account": (
        {"resource_directory_account_id": "1"},
        f"Unsupported parameters for ({COLLECTION}.{MODULE}) module: resource_directory_account_id.",
    ),
    "more than max_events": (
        {"scenario": "default"},
        "120 alerts would be handled, max_events is 100: name fewer, or raise it where it is set",
    ),
    "one that is protected, in one call": (
        {"mode": "native", "protected_assets": [{"name": "web-prod-2"}], "on_refused": "ignore"},
        "12 of 24 alerts of the kind are refused, and mode native can't leave one out: nothing was sent; use mode expand - "
        "20006: the asset is protected by protected_assets (name: web-prod-2)",
    ),
}


def test_bad_input_is_told_before_anything_is_sent(simulator: Simulator, play: Play):
    tasks = [
        {f"{COLLECTION}.{MODULE}": LIKE_20001 | given, "ignore_errors": True} for given, _message in BAD_INPUT.values()
    ]
    told = dict(zip(BAD_INPUT, play.tasks(tasks).results, strict=True))
    for name, (_given, message) in BAD_INPUT.items():
        assert told[name]["failed"] and not told[name].get("changed"), name
        assert told[name]["msg"].startswith(message), f"{name}: {told[name]['msg']}"
    assert writes(simulator) == native_calls(simulator) == []
    assert simulator.state.handled == {}


def test_a_lost_answer_of_the_native_call_is_not_repeated(simulator: Simulator, play: Play):
    simulator.fail("HandleSimilarSecurityEvents", how="reset_after")
    result = play(MODULE, mode="native", **LIKE_20001)
    assert outcomes(result) == dict.fromkeys(SAME_IP, "handled")
    assert len(native_calls(simulator)) == 1


def test_a_preview_that_does_not_stand_still_fails_the_task(simulator: Simulator, play: Play):
    simulator.state.settings.task_seconds = 60
    result = play(MODULE, preview_timeout=2, **LIKE_20001)
    assert result["failed"]
    assert result["msg"].startswith(
        "nothing was sent: the service shows no alert of the kind of 20001 after preview_timeout (2 s)"
    )
    assert writes(simulator) == []
