# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What could slip past a plan: limits where operations give way to others, alerts named twice, records that can't be written."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import (
    awx_approval,
    event_apply,
    event_plan,
    plan,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from engine import client_of, shorten_waits
from simulator import Simulator, tasks
from simulator.actions import ACTIONS
from simulator.seed_accounts import WEB_1, WEB_2

WRITE = "HandleSecurityEvents"
RULE = {
    "name": "miners",
    "match": {"levels": ["serious"]},
    "operation_code": "kill_process",
    "fallback_operations": ["quara"],
}
NOISE = {"name": "noise", "match": {"levels": ["remind"]}, "operation_code": "ignore"}
NEVER = ["Mon 00:00-00:01 Z"] if time.gmtime().tm_wday != 0 else ["Tue 00:00-00:01 Z"]


class Respond:
    """``plan`` and ``apply`` as tasks would run them, on alerts of its own."""

    def __init__(self, simulator: Simulator, directory: Path) -> None:
        self.simulator = simulator
        self.directory = directory
        self.journal = directory / "journal.jsonl"
        self.environ: dict[str, str] = {"LOGNAME": "first"}
        simulator.state.alerts.clear()

    def alert(self, number: int, *, level: str = "serious", **changes: Any) -> Any:
        given = {"id": number, "uuid": WEB_1, "level": level, "operations": ["kill_process", "quara", "ignore"]}
        self.simulator.add_alert(**given | changes)
        return self.simulator.alert(number)

    def plan(self, *rules: dict[str, Any], **options: Any) -> dict[str, Any]:
        return self._run(event_plan.run, {"policy": list(rules), "plan_directory": str(self.directory)} | options)

    def apply(self, planned: dict[str, Any], **options: Any) -> dict[str, Any]:
        path = planned["plan"]["plan_file"]
        return self._run(
            event_apply.run, {"plan_file": path, "journal_file": str(self.journal), "wait_timeout": 5} | options
        )

    def _run(self, run: Callable[..., dict[str, Any]], options: dict[str, Any]) -> dict[str, Any]:
        modes = {name: bool(options.pop(name, False)) for name in ("check_mode", "diff")}
        report = Report(**modes, environ=self.environ, warn=lambda _text: None)
        return run(client_of(self.simulator), {"endpoint": self.simulator.endpoint} | options, report)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.journal.read_text(encoding="ascii").splitlines() if line]

    def writes(self) -> list[tuple[str, list[str]]]:
        """The operation and the events of each write that the service has seen."""
        writes = [call.parameters for call in self.simulator.calls if call.action == WRITE]
        return [
            (write["OperationCode"], [value for name, value in write.items() if name.startswith("SecurityEventIds.")])
            for write in writes
        ]


@pytest.fixture
def respond(simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Respond:
    shorten_waits(monkeypatch)
    return Respond(simulator, tmp_path)


def outcomes(result: dict[str, Any]) -> dict[str, str]:
    return {event["security_event_id"]: event["outcome"] for event in result["events"]}


def codes(result: dict[str, Any]) -> set[str]:
    return {event["error_code"] for event in result["events"]}


# --- limits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        ({"max_events": 1}, "MaxEvents"),
        ({"max_events_per_asset": 1}, "MaxEventsPerAsset"),
        ({"max_share": 40}, "MaxShare"),
        ({"time_window": NEVER}, "TimeWindow"),
    ],
)
def test_limits_hold_where_an_operation_is_no_longer_offered(respond: Respond, limit: dict[str, Any], code: str):
    alerts = [respond.alert(number) for number in (1, 2)]
    planned = respond.plan(RULE)
    alerts[0].operations = ["quara"]
    result = respond.apply(planned, **limit)
    assert not respond.writes() and codes(result) == {code}


def test_a_window_that_closes_before_the_fallback_is_closed_for_it(respond: Respond, monkeypatch: pytest.MonkeyPatch):
    respond.alert(1, results={"kill_process": "ProcessNotExist"})
    planned = respond.plan(RULE)
    reasons = iter(["", "it is too late"])
    monkeypatch.setattr(plan, "outside_windows", lambda _rails, _now: next(reasons))
    result = respond.apply(planned)
    assert [operation for operation, _events in respond.writes()] == ["kill_process"]
    assert codes(result) == {"TimeWindow"} and outcomes(result) == {"1": "failed"}


def test_what_was_handled_since_is_refused_though_its_operation_gives_way(respond: Respond):
    alert = respond.alert(1)
    planned = respond.plan(RULE)
    alert.operations, alert.operate_error_code, alert.operate_ms = ["quara"], "ignore.Success", 1_700_000_000_000
    result = respond.apply(planned)
    assert codes(result) == {"Changed"} and not respond.writes()


def test_what_has_failed_since_a_run_was_stopped_comes_to_its_fallback(respond: Respond):
    alert = respond.alert(1, results={"kill_process": "ProcessNotExist"})
    planned = respond.plan(RULE)
    assert outcomes(respond.apply(planned, wait=False)) == {"1": "unknown"}
    until = time.monotonic() + 20
    while not alert.operate_error_code and time.monotonic() < until:
        respond.plan(RULE)  # each call lets the simulator's tasks end
    assert alert.operate_error_code == "kill_process.ProcessNotExist"
    assert outcomes(respond.apply(planned)) == {"1": "handled"}
    assert outcomes(respond.apply(planned)) == {"1": "unchanged"}


# --- fallback ---------------------------------------------------------------------------------------------------------


def test_a_fallback_that_is_refused_leaves_the_failure(respond: Respond):
    respond.alert(1, results={"kill_process": "ProcessNotExist"})
    planned = respond.plan(RULE)
    result = respond.apply(planned, allowed_operations=["kill_process"], on_refused="ignore")
    assert outcomes(result) == {"1": "failed"} and result["failed"]
    assert respond.lines()[-2]["outcome"] == "failed"


def test_an_event_that_was_handled_gets_no_fallback(respond: Respond, monkeypatch: pytest.MonkeyPatch):
    """Of an alert with two events one succeeds: what is done to it is not followed by another operation."""
    respond.alert(1, event_ids=[11, 12])
    planned = respond.plan(RULE)
    foreseen = tasks._foreseen

    def one_is_gone(state: Any, operation: str, event_id: int, alert: Any) -> Any:
        event = foreseen(state, operation, event_id, alert)
        if event_id == 12:
            event.result, event.succeeds = f"{operation}.ProcessNotExist", False
        return event

    monkeypatch.setattr(tasks, "_foreseen", one_is_gone)
    result = respond.apply(planned)
    assert [operation for operation, _events in respond.writes()] == ["kill_process"]
    assert outcomes(result) == {"1": "failed"}


def test_an_agent_that_is_away_is_no_reason_for_other_servers(respond: Respond, simulator: Simulator):
    for number, uuid in ((1, WEB_1), (2, WEB_2), (3, WEB_1)):
        respond.alert(number, uuid=uuid)
    planned = respond.plan(RULE)
    simulator.fail(WRITE, nth=1, how="error", code="ClientOffline")
    result = respond.apply(planned)
    assert {event["security_event_id"]: event["operation_code"] for event in result["events"]} == dict.fromkeys(
        "123", "kill_process"
    )


# --- one alert under two names ----------------------------------------------------------------------------------------


def test_an_alert_that_is_named_twice_gets_one_operation(respond: Respond, monkeypatch: pytest.MonkeyPatch):
    alert = respond.alert(1, event_ids=[11, 12])
    planned = respond.plan(RULE, security_event_ids=["1", "11"])
    ask = ACTIONS["DescribeSecurityEventOperations"]

    def asked(state: Any, account: Any, parameters: Any) -> Any:
        offered = ["kill_process", "quara"] if str(parameters["SecurityEventId"]) == "11" else ["quara"]
        monkeypatch.setattr(alert, "operations", offered)
        answer = ask(state, account, parameters)
        monkeypatch.setattr(alert, "operations", ["kill_process", "quara"])
        return answer

    monkeypatch.setitem(ACTIONS, "DescribeSecurityEventOperations", asked)
    result = respond.apply(planned)
    assert sorted(outcomes(result).values()) == ["handled", "refused"] and "NamedTwice" in codes(result)
    sent = [event_id for _operation, events in respond.writes() for event_id in events]
    assert sorted(sent) == sorted(set(sent)), respond.writes()


# --- results ----------------------------------------------------------------------------------------------------------


def test_without_waiting_what_nobody_can_tell_is_a_failure_all_the_same(respond: Respond, simulator: Simulator):
    respond.alert(1, level="remind")
    planned = respond.plan(NOISE)
    simulator.fail(WRITE, times=100, how="reset_after")
    simulator.fail("DescribeSuspEvents", nth=2, times=100, how="error", code="NoPermission")
    result = respond.apply(planned, wait=False)
    assert outcomes(result) == {"1": "unknown"} and result.get("failed"), result


def test_abort_stops_what_nobody_has_approved_too(respond: Respond):
    respond.alert(1)
    respond.alert(2, level="remind")
    respond.environ |= {"SECURITY_CENTER_PLAN_KEY": "a key that only the jobs know"}
    planned = respond.plan({**RULE, "approval": "required"}, NOISE)
    del respond.environ["SECURITY_CENTER_PLAN_KEY"]
    respond.environ |= {"AWX_HOST": "https://awx.example.com", "JOB_ID": "7"}  # the job that applies has no key
    result = respond.apply(planned, on_refused="abort")
    assert "nothing was sent" in result["msg"] and not respond.writes() and not result["changed"]


def test_what_an_abort_says_is_the_same_in_check_mode_and_in_the_journal(respond: Respond):
    alert = respond.alert(1)
    respond.alert(2, level="remind")
    planned = respond.plan(RULE, NOISE)
    alert.level = "suspicious"
    checked = respond.apply(planned, on_refused="abort", check_mode=True, diff=True)
    done = respond.apply(planned, on_refused="abort", diff=True)
    assert checked["diff"] == done["diff"] and checked["events"] == done["events"]
    assert {line["security_event_id"] for line in respond.lines() if "outcome" in line} == {"1", "2"}


# --- the record -------------------------------------------------------------------------------------------------------


def disk(monkeypatch: pytest.MonkeyPatch, full: Callable[[bytes], bool]) -> None:
    """A disk that takes half of what is written, and then no more, when it is ``full``."""
    write = os.write
    cut: list[bytes] = []

    def written(handle: int, content: bytes) -> int:
        if content in cut:
            raise OSError(errno.ENOSPC, "No space left on device")
        if content.lstrip().startswith(b"{") and full(content):
            half = len(content) // 2
            cut.append(content[half:])
            return write(handle, content[:half])
        return write(handle, content)

    monkeypatch.setattr(os, "write", written)


def test_what_was_done_is_told_when_the_last_line_cannot_be_written(respond: Respond, monkeypatch: pytest.MonkeyPatch):
    respond.alert(1)
    planned = respond.plan(RULE)
    disk(monkeypatch, lambda content: b"apply_ended" in content)
    result = respond.apply(planned)
    assert result["failed"] and result["changed"] and outcomes(result) == {"1": "handled"}
    assert "journal_file" in result["msg"] and "No space left" in result["msg"]


def test_a_line_that_was_cut_short_spoils_no_other_one(respond: Respond, monkeypatch: pytest.MonkeyPatch):
    respond.alert(1)
    respond.alert(2, level="remind")
    planned = respond.plan(RULE, NOISE)
    left = [1]
    disk(monkeypatch, lambda content: b'"OperationCode": "kill_process"' in content and bool(left and left.pop()))
    result = respond.apply(planned)
    assert outcomes(result) == {"1": "failed", "2": "handled"}
    lines = [line for line in respond.journal.read_text(encoding="ascii").splitlines() if line]
    assert [line.count('"time"') for line in lines] == [1] * len(lines)
    whole = [json.loads(line) for line in lines if line.endswith("}")]
    assert len(whole) == len(lines) - 1
    rows = {line["security_event_id"]: line["outcome"] for line in whole if "outcome" in line}
    assert rows == {"1": "failed", "2": "handled"} and whole[-1]["event"] == "apply_ended"


def test_the_journal_names_who_launched_the_job_that_applies(respond: Respond, monkeypatch: pytest.MonkeyPatch):
    respond.alert(1)
    respond.environ["SECURITY_CENTER_PLAN_KEY"] = "a key that only the jobs know"
    planned = respond.plan({**RULE, "approval": "required"})
    respond.environ |= {"AWX_HOST": "https://awx.example.com", "JOB_ID": "7"}
    told = awx_approval.Approval("bob", "alice", "2026-11-22T09:10:00Z", "5", "carol")
    monkeypatch.setattr(awx_approval, "read_approval", lambda *_asked: told)
    result = respond.apply(planned)
    assert outcomes(result) == {"1": "handled"} and result["approval"]["launched_by"] == "alice"
    assert {(line["user"], line["approved_by"]) for line in respond.lines()} == {("carol", "bob")}


def test_the_journal_tells_of_alerts_that_a_limit_refuses(respond: Respond):
    for number in (1, 2):
        respond.alert(number, event_ids=[10 * number, 10 * number + 1, 10 * number + 2])
    planned = respond.plan(RULE)
    result = respond.apply(planned, max_events=5)
    assert outcomes(result) == {"1": "refused", "2": "refused"} and not respond.writes()
    assert [line["error_code"] for line in respond.lines() if "outcome" in line] == ["MaxEvents", "MaxEvents"]


# --- plans that somebody else has written -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"steps": [{"operation_code": "no_such_operation"}]},
        {"steps": [{"operation_code": "ignore", "operation_params": "x"}]},
        {"steps": [{"operation_code": "ignore"}, 1]},
        {"security_event_id": "01"},
        {"security_event_id": "one"},
        {"remark": ["x"]},
        {"operation_code": None},
        {"rule": 5},
    ],
)
def test_a_forged_line_is_refused_in_words(respond: Respond, change: dict[str, Any]):
    respond.alert(1)
    planned = respond.plan(RULE)
    with pytest.raises(OptionError, match="is not a plan"):
        respond.apply(forged(planned, lambda line: [{**line, **change}]))


@pytest.mark.parametrize("missing", ["remark", "operation_code", "rule"])
def test_a_line_that_lacks_something_is_refused_in_words(respond: Respond, missing: str):
    respond.alert(1)
    planned = respond.plan(RULE)
    with pytest.raises(OptionError, match="is not a plan"):
        respond.apply(forged(planned, lambda line: [{name: line[name] for name in line if name != missing}]))


def test_a_plan_that_names_an_alert_twice_is_refused_in_words(respond: Respond):
    respond.alert(1)
    planned = respond.plan(RULE)
    with pytest.raises(OptionError, match="is not a plan"):
        respond.apply(forged(planned, lambda line: [line, line]))


def forged(planned: dict[str, Any], change: Callable[[dict[str, Any]], list[dict[str, Any]]]) -> dict[str, Any]:
    """A plan that is whole, but that was not written by the module."""
    path = Path(planned["plan"]["plan_file"])
    head, about, line = map(json.loads, path.read_text(encoding="ascii").splitlines())
    body = "".join(json.dumps(one) + "\n" for one in (about, *change(line)))
    head["digest"] = hashlib.sha256(body.encode("ascii")).hexdigest()
    path.write_text(json.dumps(head) + "\n" + body, encoding="ascii")
    return planned
