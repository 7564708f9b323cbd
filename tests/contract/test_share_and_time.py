# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guard rails that turn on all open alerts of the account, and on the service's clock, over a real socket."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import (
    block_record,
    changes,
    handling,
    notes,
    quarantined_file,
    reverting,
    similar,
    whitelist_rule,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from engine import client_of, shorten_waits
from simulator import Simulator
from simulator.seed_accounts import DB_1, WEB_1
from simulator.seed_crowd import FIRST_ID, crowd

Task = Callable[..., dict[str, Any]]
SAME_IP = {"security_event_id": "20001", "scenario": "same_ip", "operation_code": "ignore"}
RULE = {"field": "cmdLine", "operate": "contains", "field_value": "/opt/backup/agent.tgz", "uuid": DB_1}
KIND = {"event_type": "Suspicious Process", "event_name": "suspicious_download"}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_waits(monkeypatch)
    monkeypatch.setattr(changes, "_SOON", 0.02)
    for name, seconds in {"_FIRST_LOOK": 0.0, "_PAUSE": 0.05, "_STILL": 0.05, "_LONG_STILL": 0.15}.items():
        monkeypatch.setattr(similar, name, seconds)


@pytest.fixture
def task(simulator: Simulator) -> Task:
    """``task(handling.run, security_event_ids=["10001"])`` is what a module does with these options."""
    return task_on(simulator)


def task_on(simulator: Simulator) -> Task:
    def call(run: Callable[..., dict[str, Any]], check_mode: bool = False, **options: Any) -> dict[str, Any]:
        report = Report(check_mode=check_mode, diff=False, environ={}, warn=lambda text: None)
        return run(client_of(simulator), {"wait_timeout": 5} | options, report)

    return call


def around(simulator: Simulator, *minutes: int) -> list[str]:
    """A window in UTC from and to so many minutes from now by the service's clock."""
    now = simulator.clock.now_ms() // 60_000
    start, end = (datetime.fromtimestamp((now + one) * 60, UTC).strftime("%H:%M") for one in minutes)
    return [f"{start}-{end} Z"]


def later(simulator: Simulator) -> list[str]:
    return around(simulator, 60, 120)


def now(simulator: Simulator) -> list[str]:
    return around(simulator, -5, 5)


def writes(simulator: Simulator) -> list[str]:
    reads = ("Describe", "Advance", "Create", "Check")
    return [call.action for call in simulator.calls if not call.action.startswith(reads)]


def codes(result: dict[str, Any]) -> dict[str, str]:
    return {event["security_event_id"]: event.get("error_code", "") for event in result["events"]}


# --- the time ---


@pytest.mark.parametrize("check_mode", [True, False])
def test_outside_the_window_each_alert_is_refused_and_what_is_done_is_no_failure(simulator, task, check_mode):
    task(handling.run, security_event_ids=["10001"], operation_code="ignore")
    done = writes(simulator)
    result = task(
        handling.run,
        check_mode,
        security_event_ids=["10001", "10002"],
        operation_code="ignore",
        time_window=later(simulator),
    )
    first, second = result["events"]
    assert (first["outcome"], second["outcome"], second["error_code"]) == ("unchanged", "refused", "TimeWindow")
    assert second["message"].startswith("it is 20")
    assert second["message"].endswith(f" at the service, and time_window is {later(simulator)[0]}")
    assert (result["failed"], result["changed"]) == (True, False)
    assert writes(simulator) == done


def test_within_the_window_alerts_are_handled(simulator, task):
    result = task(
        handling.run,
        security_event_ids=["10001"],
        operation_code="ignore",
        time_window=[*later(simulator), *now(simulator)],
    )
    assert result["summary"]["handled"] == 1


@pytest.mark.parametrize("ahead", [-600, 600])
def test_the_clock_is_the_service_s(simulator, task, ahead):
    machine = now(simulator)
    simulator.clock.shift(ahead)
    handle = {"security_event_ids": ["10001"], "operation_code": "ignore"}
    assert codes(task(handling.run, **handle, time_window=machine)) == {"10001": "TimeWindow"}
    assert task(handling.run, **handle, time_window=now(simulator))["changed"]


def test_it_must_be_time_for_the_file_too(simulator, task, tmp_path):
    path = tmp_path / "rails.yml"
    path.write_text(f"time_window: ['{later(simulator)[0]}']\n", encoding="utf-8")
    handle = {"security_event_ids": ["10001"], "operation_code": "ignore", "time_window": now(simulator)}
    assert codes(task(handling.run, **handle, guardrails_file=str(path))) == {"10001": "TimeWindow"}
    assert writes(simulator) == []


def test_many_alerts_are_refused_too():
    """They are decided about in parts, while others are still read."""
    ids = [str(FIRST_ID + number) for number in range(150)]
    with Simulator(crowd(150)) as many:
        options = {"max_events": 1000, "check_operations": "never", "operation_code": "ignore"}
        result = task_on(many)(handling.run, security_event_ids=ids, **options, time_window=later(many))
        assert set(codes(result).values()) == {"TimeWindow"}
        assert writes(many) == []


@pytest.mark.parametrize("mode", ["expand", "native"])
def test_alerts_of_the_same_kind_are_refused_too(simulator, task, mode):
    result = task(similar.run, **SAME_IP, mode=mode, time_window=later(simulator))
    assert set(codes(result).values()) == {"TimeWindow"}
    assert (result["failed"], writes(simulator)) == (True, [])
    assert task(similar.run, **SAME_IP, mode=mode, time_window=now(simulator))["changed"]


@pytest.mark.parametrize(
    ("alert", "operation"),
    [
        ("10001", {"operation_code": "ignore"}),
        ("10001", {"operation_code": "manual_handled"}),
        ("10003", {"operation_code": "block_ip", "operation_params": {"expire_in": "1h"}}),
        ("10001", {"operation_code": "quara"}),
    ],
    ids=lambda value: value if isinstance(value, str) else value["operation_code"],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_nothing_is_taken_back_outside_the_window(simulator, task, alert, operation, check_mode):
    result = task(handling.run, security_event_ids=[alert], **operation)
    assert result["summary"]["handled"] == 1
    done = writes(simulator)
    back = task(reverting.run, check_mode, security_event_ids=[alert], time_window=later(simulator))
    assert codes(back) == {alert: "TimeWindow"}
    assert (back["failed"], back["changed"], back["actions"], writes(simulator)) == (True, False, [], done)
    assert task(reverting.run, security_event_ids=[alert], time_window=now(simulator))["changed"]


OTHERS = {
    "a note": (notes.run, {"security_event_id": "10001", "note": "seen", "state": "present"}),
    "a rule": (whitelist_rule.run, {**KIND, **RULE, "state": "present"}),
    "a rule that goes": (whitelist_rule.run, {"rule_id": "600001", "state": "absent"}),
    "a file": (quarantined_file.run, {"quarantined_file_id": "800001"}),
    "a block": (block_record.run, {"address": "198.51.100.77", "state": "present", "expire_in": "1h", "servers": [WEB_1]}),
}  # fmt: skip


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize("what", OTHERS)
def test_no_module_writes_outside_the_window(simulator, task, what, check_mode):
    run, options = OTHERS[what]
    result = task(run, check_mode, **options, time_window=later(simulator))
    assert result["msg"].startswith("nothing was sent: it is 20")
    assert (result["failed"], result["changed"], result["actions"]) == (True, False, [])
    made = [call.action for call in simulator.calls]
    assert [action for action in made if not action.startswith(("Describe", "Advance"))] == []


@pytest.mark.parametrize("what", OTHERS)
def test_what_is_so_already_is_no_failure_outside_the_window(simulator, task, what):
    run, options = OTHERS[what]
    assert task(run, **options, time_window=now(simulator))["changed"]
    again = task(run, **options, time_window=later(simulator))
    assert ("failed" in again, again["changed"]) == (False, False)


# --- the share ---


def open_count(simulator: Simulator) -> int:
    return task_on(simulator)(count)["count"]


def count(client: Any, _options: Any, _report: Any) -> dict[str, Any]:
    answer = client.call("DescribeSuspEvents", {"From": "sas", "Dealed": "N", "PageSize": 1, "CurrentPage": 1})
    return {"count": answer["TotalCount"]}


@pytest.mark.parametrize("check_mode", [True, False])
def test_more_than_the_share_is_refused_whole(simulator, task, check_mode):
    total = open_count(simulator)
    options = {"security_event_ids": ["10001", "10002"], "operation_code": "ignore", "max_share": 199 / total}
    result = task(handling.run, check_mode, **options)
    assert codes(result) == {"10001": "MaxShare", "10002": "MaxShare"}
    assert result["events"][0]["message"] == (
        f"2 alerts of {total} that are open would be handled, max_share is {199 / total:g} percent: name fewer, or raise it "
        "where it is set"
    )
    assert (result["failed"], writes(simulator)) == (True, [])


def test_up_to_the_share_alerts_are_handled_and_what_is_refused_or_done_does_not_count(simulator, task):
    task(handling.run, security_event_ids=["10002"], operation_code="ignore")
    total = open_count(simulator)
    ids = ["10001", "10002", "999999"]
    result = task(handling.run, security_event_ids=ids, operation_code="ignore", max_share=100.1 / total)
    assert [event["outcome"] for event in result["events"]] == ["handled", "unchanged", "refused"]


def test_each_event_of_an_alert_counts(simulator, task):
    total = open_count(simulator)
    assert len(simulator.alert("30001").event_ids) == 2
    result = task(handling.run, security_event_ids=["30001"], operation_code="ignore", max_share=150 / total)
    assert codes(result) == {"30001": "MaxShare"}


def test_the_open_alerts_are_counted_by_one_small_call_and_only_when_there_is_something_to_send(simulator, task):
    def counts() -> list[tuple[str, ...]]:
        asked = [call.parameters for call in simulator.calls if call.parameters.get("PageSize") == "1"]
        return [(one["Dealed"], one["Lang"]) for one in asked]

    options = {"security_event_ids": ["10001"], "operation_code": "ignore"}
    task(handling.run, **options)
    task(handling.run, **options, max_share=100)  # it is done already
    assert counts() == []
    task(handling.run, **{**options, "security_event_ids": ["10002"]}, max_share=100)
    assert counts() == [("N", "en")]


def test_when_the_open_alerts_can_t_be_counted_nothing_is_sent(simulator, task):
    handle = {"security_event_ids": ["10001"], "operation_code": "ignore", "check_operations": "never"}
    task(handling.run, check_mode=True, **handle)
    reads = sum(call.action == "DescribeSuspEvents" for call in simulator.calls)
    simulator.fail("DescribeSuspEvents", nth=reads + 1, how="body", body='{"SuspEvents": []}')
    result = task(handling.run, **handle, max_share=100)
    assert "the answer holds no count of alerts" in result["msg"]
    assert (result["failed"], writes(simulator)) == (True, [])


@pytest.mark.parametrize("mode", ["expand", "native"])
def test_the_share_holds_for_alerts_of_the_same_kind(simulator, task, mode):
    result = task(similar.run, **SAME_IP, mode=mode, max_share=0.5)
    assert set(codes(result).values()) == {"MaxShare"}
    assert (result["failed"], writes(simulator)) == (True, [])


def test_the_share_does_not_keep_anybody_from_taking_things_back(simulator, task):
    task(handling.run, security_event_ids=["10001", "10002"], operation_code="ignore")
    back = task(reverting.run, security_event_ids=["10001", "10002"], max_share=0.01)
    assert back["summary"]["handled"] == 2
    task(handling.run, security_event_ids=["10001"], operation_code="manual_handled")
    again = task(handling.run, security_event_ids=["10001"], operation_code="cancle_manual", max_share=0.01)
    assert again["summary"]["handled"] == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_share": 0.0}, "max_share 0.0 is not a share: give percent, more than 0 and at most 100"),
        ({"time_window": ["Mon 8-9"]}, "time_window Mon 8-9 is not a time window: write one such as "),
    ],
    ids=str,
)
def test_an_option_that_is_not_understood_is_told_before_any_call(simulator, task, options, message):
    with pytest.raises(OptionError) as caught:
        task(handling.run, security_event_ids=["10001"], operation_code="ignore", **options)
    assert str(caught.value).startswith(message)
    assert simulator.calls == []
