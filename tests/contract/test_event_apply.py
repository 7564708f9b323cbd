# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A policy in, a plan, and exactly that carried out, over a real socket to a simulator."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import (
    event_apply,
    event_plan,
    plan_file,
    reverting,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from engine import client_of, shorten_waits
from simulator import Simulator
from simulator.seed_accounts import WEB_1, WEB_2
from simulator.seed_crowd import crowd

KEY = "a key that only the jobs know"
KILL = {
    "operation_code": "kill_and_quara",
    "operation_params": {"sub_operation": "killAndQuaraFileByMd5andPath"},
}
MINER = {"name": "miners", "match": {"levels": ["serious"], "name_regex": "(?i)mining"}, **KILL}
WEB_SHELL = {"name": "web shells", "match": {"name_regex": "(?i)webshell"}, "operation_code": "manual_handled"}
WRITE = "HandleSecurityEvents"


class Respond:
    """``plan`` and ``apply`` as tasks would run them, with one directory; ``warnings`` are those of the last one."""

    def __init__(self, simulator: Simulator, directory: Path) -> None:
        self.simulator = simulator
        self.directory = directory
        self.journal = directory / "journal.jsonl"
        self.environ: dict[str, str] = {"LOGNAME": "first"}
        self.warnings: list[str] = []

    def plan(self, *rules: dict[str, Any], **options: Any) -> dict[str, Any]:
        given = {"policy": list(rules), "plan_directory": str(self.directory)} | options
        return self._run(event_plan.run, given)

    def apply(self, planned: dict[str, Any], **options: Any) -> dict[str, Any]:
        given = {
            "plan_file": planned["plan"]["plan_file"],
            "journal_file": str(self.journal),
            "wait_timeout": 5,
        } | options
        return self._run(event_apply.run, given)

    def _run(self, run: Callable[..., dict[str, Any]], options: dict[str, Any]) -> dict[str, Any]:
        self.warnings = []
        modes = {name: bool(options.pop(name, False)) for name in ("check_mode", "diff")}
        report = Report(**modes, environ=self.environ, warn=self.warnings.append)
        return run(client_of(self.simulator), {"endpoint": self.simulator.endpoint} | options, report)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.journal.read_text(encoding="ascii").splitlines()]

    def writes(self) -> list[dict[str, str]]:
        return [call.parameters for call in self.simulator.calls if call.action == WRITE]


@pytest.fixture
def respond(simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Respond:
    shorten_waits(monkeypatch)
    return Respond(simulator, tmp_path)


def outcomes(result: dict[str, Any]) -> dict[str, str]:
    return {event["security_event_id"]: event["outcome"] for event in result["events"]}


def event(result: dict[str, Any], given: str) -> dict[str, Any]:
    return next(event for event in result["events"] if event["security_event_id"] == given)


# --- plan -------------------------------------------------------------------------------------------------------------


def test_a_plan_tells_what_would_be_done_and_writes_nothing(respond: Respond):
    result = respond.plan(MINER, WEB_SHELL)
    assert not result["changed"] and not respond.writes()
    assert outcomes(result) == {"10001": "planned", "10002": "planned"}
    assert result["summary"]["matched"] == 2
    assert result["summary"]["open"] == 2 + len(result["unmatched"])
    assert [(rule["name"], rule["count"]) for rule in result["plan"]["rules"]] == [("miners", 1), ("web shells", 1)]
    assert [action["parameters"]["OperationCode"] for action in result["actions"]] == [
        "kill_and_quara",
        "manual_handled",
    ]
    assert result["actions"][0]["parameters"]["Remark"] == f"plan {result['plan']['plan_id']}"


@pytest.mark.parametrize(
    ("name", "empty"), [("uuids", []), ("security_event_ids", []), ("levels", []), ("asset_name", " ")]
)
def test_a_filter_that_came_out_empty_is_not_all_alerts(respond: Respond, name: str, empty: object):
    with pytest.raises(OptionError, match=f"{name} is empty, which would stand for all open alerts"):
        respond.plan(MINER, **{name: empty})


def test_a_plan_is_for_its_owners_eyes_and_its_digest_is_told(respond: Respond):
    result = respond.plan(MINER)
    path = Path(result["plan"]["plan_file"])
    assert path.name == f"{result['plan']['plan_id']}.jsonl"
    assert path.stat().st_mode & 0o777 == 0o600
    saved = plan_file.saved_plan({"plan_file": str(path)}, {})
    assert saved.digest == result["plan"]["digest"]
    assert len(saved.alerts) == result["summary"]["open"]
    assert {line["rule"] for line in saved.alerts} == {"miners", None}


def test_check_mode_makes_the_same_plan_and_no_file(respond: Respond):
    result = respond.plan(MINER, check_mode=True)
    assert outcomes(result) == {"10001": "planned"} and result["plan"]["plan_file"] is None
    assert not list(respond.directory.iterdir())


def test_an_id_that_is_no_alert_is_told(respond: Respond):
    result = respond.plan(MINER, security_event_ids=["10001", "99999"])
    assert "no alert has the id 99999: check the id, region_id and the account" in respond.warnings
    assert outcomes(result) == {"10001": "planned"} and result["unmatched"] == ["99999"]


def test_the_first_rule_that_matches_wins(respond: Respond):
    wide = {"name": "all serious", "match": {"levels": ["serious"]}, "operation_code": "ignore"}
    assert event(respond.plan(MINER, wide, max_events=500), "10001")["rule"] == "miners"
    assert event(respond.plan(wide, MINER, max_events=500), "10001")["rule"] == "all serious"


def test_an_operation_that_is_not_offered_gives_way_to_the_next_one_of_its_rule(respond: Respond):
    rule = {**MINER, "operation_code": "client_problem_check", "fallback_operations": [KILL]}
    rule.pop("operation_params")
    planned = respond.plan(rule)
    row = event(planned, "10001")
    assert (row["operation_code"], row["outcome"]) == ("kill_and_quara", "planned")
    assert [(tried["operation_code"], tried["error_code"]) for tried in row["tried"]] == [
        ("client_problem_check", "OperationNotOffered")
    ]
    assert outcomes(respond.apply(planned)) == {"10001": "handled"}
    assert [write["OperationCode"] for write in respond.writes()] == ["kill_and_quara"]


def test_a_guard_rail_is_told_for_each_alert(respond: Respond):
    protected = respond.plan(MINER, WEB_SHELL, protected_assets=[{"uuid": WEB_1}])
    assert {row["error_code"] for row in protected["events"]} >= {"ProtectedAsset"}
    forbidden = respond.plan(MINER, WEB_SHELL, allowed_operations=["manual_handled"])
    assert event(forbidden, "10001")["error_code"] == "NotAllowed"
    assert event(forbidden, "10002")["outcome"] == "planned"
    many = respond.plan(MINER, WEB_SHELL, max_events=1)
    assert {row["error_code"] for row in many["events"]} == {"MaxEvents"} and not many["actions"]
    assert "nothing is planned for 2 alerts: 2 alerts would be handled, max_events is 1: " in respond.warnings[-1]
    share = respond.plan(MINER, WEB_SHELL, max_share=0.5)
    assert {row["error_code"] for row in share["events"]} == {"MaxShare"}


def test_a_time_window_is_for_the_task_that_acts(respond: Respond):
    never = ["Mon 00:00-00:01 Z"] if time.gmtime().tm_wday != 0 else ["Tue 00:00-00:01 Z"]
    planned = respond.plan(MINER, time_window=never)
    assert outcomes(planned) == {"10001": "planned"}
    refused = respond.apply(planned, time_window=never)
    assert event(refused, "10001")["error_code"] == "TimeWindow" and refused["failed"]
    assert not respond.writes()


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        ({"time_window": ["Mon 00:00-00:01 Z"]}, "TimeWindow"),
        ({"max_events": 1}, "MaxEvents"),
        ({"max_events_per_asset": 1}, "MaxEventsPerAsset"),
        ({"max_share": 0.5}, "MaxShare"),
    ],
)
def test_guard_rails_of_all_alerts_hold_too_when_one_alert_has_come_to_another_operation(
    respond: Respond, simulator: Simulator, limit: dict[str, Any], code: str
):
    if code == "TimeWindow" and time.gmtime().tm_wday == 0:
        limit = {"time_window": ["Tue 00:00-00:01 Z"]}
    simulator.alert(10002).uuid = simulator.alert(10001).uuid
    planned = respond.plan({**MINER, "fallback_operations": ["ignore"]}, WEB_SHELL)
    assert outcomes(planned) == {"10001": "planned", "10002": "planned"}
    simulator.alert(10001).operations.remove("kill_and_quara")  # what is offered has changed since
    refused = respond.apply(planned, **limit)
    assert {row["error_code"] for row in refused["events"]} == {code}
    assert not respond.writes()


def test_a_plan_of_many_alerts_costs_the_listing_and_no_call_more(respond: Respond, simulator: Simulator):
    simulator.reset(crowd(5_000))
    everything = {"name": "all", "match": {"levels": ["serious", "suspicious", "remind"]}, "operation_code": "ignore"}
    result = respond.plan(everything, max_events=100_000)
    assert result["summary"]["planned"] >= 5_000
    calls = [call.action for call in simulator.calls]
    pages = math.ceil(result["summary"]["open"] / 100)
    assert set(calls) == {"DescribeSuspEvents"} and len(calls) <= pages + 2


# --- apply ------------------------------------------------------------------------------------------------------------


def test_exactly_the_plan_is_carried_out_and_a_repeat_is_unchanged(respond: Respond):
    planned = respond.plan({**MINER, "remark": "change 4711"}, WEB_SHELL)
    checked = respond.apply(planned, check_mode=True, diff=True)
    assert checked["actions"] == planned["actions"] and not respond.writes() and not respond.journal.exists()
    result = respond.apply(planned, diff=True)
    assert result["changed"] and outcomes(result) == {"10001": "handled", "10002": "handled"}
    assert result["actions"] == planned["actions"]
    assert {write["Remark"] for write in respond.writes()} == {
        f"change 4711, plan {planned['plan']['plan_id']}",
        f"plan {planned['plan']['plan_id']}",
    }
    assert result["diff"] == checked["diff"]
    again = respond.apply(planned)
    assert not again["changed"] and outcomes(again) == {"10001": "unchanged", "10002": "unchanged"}
    assert len(respond.writes()) == 2


def test_what_no_rule_matches_is_never_touched(respond: Respond, simulator: Simulator):
    planned = respond.plan(MINER)
    respond.apply(planned)
    assert simulator.state.handled == {"10001": 1}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"level": "remind"}, "level was serious when the plan was made, and is remind now"),
        ({"uuid": WEB_2}, "uuid was"),
        ({"details": {"pid": "1"}}, "its details are others"),
    ],
)
def test_an_alert_that_has_changed_since_is_refused_with_what_changed(
    respond: Respond, simulator: Simulator, change: dict[str, Any], told: str
):
    planned = respond.plan(MINER, WEB_SHELL)
    alert = simulator.alert(10001)
    for name, value in change.items():
        setattr(alert, name, value)
    result = respond.apply(planned)
    assert outcomes(result) == {"10001": "refused", "10002": "handled"}
    assert event(result, "10001")["error_code"] == "Changed" and told in result["msg"]
    assert simulator.state.handled == {"10002": 1}


def test_that_an_alert_occurs_again_is_no_change(respond: Respond, simulator: Simulator):
    planned = respond.plan(MINER)
    alert = simulator.alert(10001)
    alert.last_ms += 60_000
    assert outcomes(respond.apply(planned)) == {"10001": "handled"}


def test_what_somebody_else_has_handled_another_way_is_refused(respond: Respond, simulator: Simulator):
    planned = respond.plan(MINER)
    by_hand = {"name": "by hand", "match": MINER["match"], "operation_code": "manual_handled"}
    assert outcomes(respond.apply(respond.plan(by_hand, stamp_remark=False))) == {"10001": "handled"}
    assert outcomes(respond.apply(planned)) == {"10001": "refused"}
    assert simulator.state.handled == {"10001": 1}


def test_when_the_process_is_gone_the_file_is_quarantined(respond: Respond, simulator: Simulator):
    alert = simulator.alert(10001)
    alert.results = {"kill_and_quara": "ProcessNotExist"}
    planned = respond.plan({**MINER, "fallback_operations": ["quara"]})
    result = respond.apply(planned)
    row = event(result, "10001")
    assert (row["outcome"], row["operation_code"]) == ("handled", "quara")
    assert [tried["error_code"] for tried in row["tried"]] == ["kill_and_quara.ProcessNotExist"]
    assert [write["OperationCode"] for write in respond.writes()] == ["kill_and_quara", "quara"]
    told = [(line["operation_code"], line["outcome"]) for line in respond.lines() if "outcome" in line]
    assert list(dict.fromkeys(told)) == [("kill_and_quara", "failed"), ("quara", "handled")]
    assert outcomes(respond.apply(planned)) == {"10001": "unchanged"}
    assert len(respond.writes()) == 2


def test_without_a_fallback_the_failure_stands(respond: Respond, simulator: Simulator):
    alert = simulator.alert(10001)
    alert.results = {"kill_and_quara": "ProcessNotExist"}
    result = respond.apply(respond.plan(MINER))
    assert result["failed"] and event(result, "10001")["error_code"] == "kill_and_quara.ProcessNotExist"
    assert len(respond.writes()) == 1


def test_an_unknown_outcome_is_never_followed_by_another_operation(respond: Respond, simulator: Simulator):
    planned = respond.plan({**MINER, "fallback_operations": ["quara"]})
    simulator.state.settings.task_seconds = 60
    result = respond.apply(planned, wait_timeout=0.2)
    assert outcomes(result) == {"10001": "unknown"}
    assert [write["OperationCode"] for write in respond.writes()] == ["kill_and_quara"]


def test_on_refused_abort_sends_nothing(respond: Respond, simulator: Simulator):
    planned = respond.plan(MINER, WEB_SHELL)
    simulator.alert(10001).level = "remind"
    result = respond.apply(planned, on_refused="abort")
    assert "nothing was sent" in result["msg"] and not respond.writes() and not result["changed"]
    assert respond.apply(planned, on_refused="ignore").get("failed") is None


def test_a_lost_answer_is_never_repeated_blindly(respond: Respond, simulator: Simulator):
    planned = respond.plan(MINER)
    simulator.fail(WRITE, nth=1, how="reset_after")
    assert outcomes(respond.apply(planned)) == {"10001": "handled"}
    assert simulator.state.handled == {"10001": 1}


def test_when_the_alerts_cannot_be_read_every_row_says_so(respond: Respond, simulator: Simulator):
    planned = respond.plan(MINER)
    simulator.fail("DescribeSuspEvents", how="error", code="NoPermission")
    result = respond.apply(planned)
    assert result["failed"] and outcomes(result) == {"10001": "failed"}
    assert result["error"]["code"] == "NoPermission" and not respond.writes()


# --- plans that are refused whole -------------------------------------------------------------------------------------


def test_an_edited_plan_is_refused_whole(respond: Respond):
    planned = respond.plan(MINER)
    path = Path(planned["plan"]["plan_file"])
    path.write_bytes(path.read_bytes().replace(b"kill_and_quara", b"quara"))
    with pytest.raises(OptionError, match="was edited, or is not whole"):
        respond.apply(planned)


def test_an_expired_plan_is_refused_whole(respond: Respond):
    planned = respond.plan(MINER, valid_for="1s")
    threading.Event().wait(1.1)  # time.sleep is shortened here
    with pytest.raises(OptionError, match="was valid until"):
        respond.apply(planned)


def test_a_plan_for_another_data_plane_is_refused_whole(respond: Respond):
    planned = respond.plan(MINER)
    with pytest.raises(OptionError, match="was made for"):
        respond.apply(planned, endpoint="https://tds.cn-shanghai.aliyuncs.com")


def test_a_plan_with_another_digest_is_refused_whole(respond: Respond):
    planned = respond.plan(MINER)
    with pytest.raises(OptionError, match="is not that of plan"):
        respond.apply(planned, digest="0" * 64)
    assert outcomes(respond.apply(planned, digest=planned["plan"]["digest"])) == {"10001": "handled"}


def test_a_plan_of_another_key_or_of_none_is_refused_whole(respond: Respond):
    unsigned = respond.plan(MINER)
    respond.environ["SECURITY_CENTER_PLAN_KEY"] = KEY
    with pytest.raises(OptionError, match="is not signed"):
        respond.apply(unsigned)
    signed = respond.plan(MINER)
    respond.environ["SECURITY_CENTER_PLAN_KEY"] = KEY[::-1]
    with pytest.raises(OptionError, match="signed with another key"):
        respond.apply(signed)
    assert KEY not in Path(signed["plan"]["plan_file"]).read_text(encoding="ascii")


def test_a_plan_travels_packed_too(respond: Respond):
    planned = respond.plan(MINER, pack=True, plan_directory=None)
    text = planned["plan"]["packed"]
    assert text.isascii() and not {"{", "%", "#"} & set(text)
    assert outcomes(respond.apply(planned, plan_file=None, packed=text)) == {"10001": "handled"}
    with pytest.raises(OptionError, match="packed is no plan, or not all of it"):
        respond.apply(planned, plan_file=None, packed=text[:-40])


def test_a_plan_is_found_by_its_id(respond: Respond):
    planned = respond.plan(MINER)
    by_id = {"plan_file": None, "plan_id": planned["plan"]["plan_id"], "plan_directory": str(respond.directory)}
    assert outcomes(respond.apply(planned, **by_id)) == {"10001": "handled"}
    with pytest.raises(OptionError, match="is not a plan's id"):
        respond.apply(planned, **by_id | {"plan_id": "../../etc/passwd"})


# --- approval ---------------------------------------------------------------------------------------------------------

NEEDS = {**MINER, "approval": "required"}


def test_what_needs_approval_is_left_and_no_failure(respond: Respond, simulator: Simulator):
    respond.environ["SECURITY_CENTER_PLAN_KEY"] = KEY
    planned = respond.plan(NEEDS, WEB_SHELL)
    assert planned["summary"]["need_approval"] == 1
    result = respond.apply(planned)
    assert "failed" not in result and outcomes(result) == {"10001": "planned", "10002": "handled"}
    assert event(result, "10001")["error_code"] == "NeedsApproval"
    assert simulator.state.handled == {"10002": 1}
    assert result["approval"] is None


def test_an_approved_rule_is_carried_out_and_the_journal_knows_who_approved(respond: Respond):
    respond.environ["SECURITY_CENTER_PLAN_KEY"] = KEY
    planned = respond.plan(NEEDS)
    result = respond.apply(planned, approved_rules=["miners"], approved_by="second")
    assert outcomes(result) == {"10001": "handled"}
    assert result["approval"] == {
        "rules": ["miners"],
        "approved_by": "second",
        "launched_by": None,
        "approved_at": None,
        "workflow_job": None,
    }
    assert {(line["user"], line["approved_by"]) for line in respond.lines()} == {("first", "second")}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"approved_rules": ["miners"]}, "approved_by is missing"),
        ({"approved_by": "second"}, "approved_by goes with approved_rules"),
        ({"approved_rules": ["minors"], "approved_by": "second"}, "approved_rules has minors, .*: miners"),
        ({"approved_rules": ["miners"], "approved_by": "first"}, "approval means a second person"),
    ],
)
def test_an_approval_that_makes_no_sense_is_told_before_anything_is_sent(respond: Respond, options: dict, told: str):
    respond.environ["SECURITY_CENTER_PLAN_KEY"] = KEY
    planned = respond.plan(NEEDS)
    with pytest.raises(OptionError, match=told):
        respond.apply(planned, **options)


def test_a_plan_without_a_signature_cannot_be_approved(respond: Respond):
    planned = respond.plan(NEEDS)
    assert "can't be approved: miners" in respond.warnings[0]
    with pytest.raises(OptionError, match="approved_rules needs a signed plan"):
        respond.apply(planned, approved_rules=["miners"], approved_by="second")


def test_in_awx_no_option_can_approve(respond: Respond):
    respond.environ["SECURITY_CENTER_PLAN_KEY"] = KEY
    planned = respond.plan(NEEDS)
    respond.environ |= {"AWX_HOST": "https://awx.example.com", "JOB_ID": "7"}
    with pytest.raises(OptionError, match="approved_rules can't be given in AWX"):
        respond.apply(planned, approved_rules=["miners"], approved_by="second")
    left = respond.apply(planned)
    assert "names no AWX job" in event(left, "10001")["message"] and outcomes(left) == {"10001": "planned"}


# --- journal and way back ---------------------------------------------------------------------------------------------


def test_the_journal_tells_of_each_call_and_each_alert_and_is_only_added_to(respond: Respond):
    planned = respond.plan(MINER, WEB_SHELL)
    respond.apply(planned)
    first = respond.journal.read_bytes()
    respond.apply(planned)
    assert respond.journal.read_bytes().startswith(first)
    lines = [json.loads(line) for line in first.splitlines()]
    assert {line["plan_id"] for line in lines} == {planned["plan"]["plan_id"]}
    assert len({line["run"] for line in lines}) == 1 and len({line["run"] for line in respond.lines()}) == 2
    assert [line["event"] for line in lines if "event" in line] == ["apply_started", "apply_ended"]
    assert sorted(line["parameters"]["OperationCode"] for line in lines if "parameters" in line) == [
        "kill_and_quara",
        "manual_handled",
    ]
    rows = {line["security_event_id"]: line for line in lines if "outcome" in line}
    assert {given: (row["rule"], row["outcome"]) for given, row in rows.items()} == {
        "10001": ("miners", "handled"),
        "10002": ("web shells", "handled"),
    }
    assert all(row["request_id"] for row in rows.values())


@pytest.mark.parametrize("source", ["result", "result_file"])
def test_what_a_plan_has_done_is_taken_back_by_one_task(respond: Respond, simulator: Simulator, source: str):
    result_file = str(respond.directory / "result.jsonl")
    result = respond.apply(respond.plan(MINER, WEB_SHELL), result_file=result_file)
    options = {"result": {"result": result}, "result_file": {"result_file": result_file}}[source]
    undone = respond._run(reverting.run, {"wait_timeout": 5, **options})
    assert {row["security_event_id"]: row["operation_code"] for row in undone["events"]} == {
        "10001": "kill_and_quara",
        "10002": "manual_handled",
    }
    assert outcomes(undone) == {"10001": "handled", "10002": "handled"}, undone
