# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a plan, of what was carried out of it, and of a period, as a playbook makes them."""

from __future__ import annotations

import csv
import io
import json
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Play

from simulator import Simulator

POLICY = [
    {"name": "ignore scanners", "match": {"levels": ["suspicious"]}, "operation_code": "ignore"},
    {
        "name": "mark the serious",
        "match": {"levels": ["serious"]},
        "operation_code": "manual_handled",
        "approval": "required",
    },
]
KEY = {"SECURITY_CENTER_PLAN_KEY": "a key of the tests only"}


class Response:
    """A plan for three alerts of a fresh account, and the places of its files."""

    def __init__(self, play: Play, simulator: Simulator, folder: Path) -> None:
        self.play, self.simulator = play, simulator
        simulator.state.alerts.clear()
        simulator.add_alert(id=30001, level="suspicious", name="nmap")
        simulator.add_alert(id=30002, level="serious", name="xmrig")
        simulator.add_alert(id=30003, level="remind", name="a new listening port")
        play.environ |= KEY
        self.journal = folder / "journal.jsonl"
        self.reports = folder / "reports"
        self.reports.mkdir()
        self.plan = play("security_event_plan", policy=POLICY, plan_directory=str(folder))["plan"]

    def apply(self, **options: Any) -> dict[str, Any]:
        self.simulator.state.clock.shift(2)  # the service tells times in whole seconds
        more = {"journal_file": str(self.journal), "plan_file": self.plan["plan_file"]}
        return self.play("security_event_apply", **more, **options)

    def report(self, *, check: bool = False, **options: Any) -> dict[str, Any]:
        usual = {"plan_file": self.plan["plan_file"], "report_directory": str(self.reports)}
        return self.play("security_event_report", check=check, **usual | options)

    def data(self) -> dict[str, Any]:
        return dict(json.loads((self.reports / f"{self.plan['plan_id']}.json").read_text(encoding="ascii")))


@pytest.fixture
def response(play: Play, simulator: Simulator, tmp_path: Path) -> Response:
    return Response(play, simulator, tmp_path)


def test_a_plan_is_reported_before_anything_is_done(response: Response):
    told = response.report()
    assert told["report"]["kind"] == "plan", response.play.output
    assert (told["report"]["open"], told["report"]["matched"], told["report"]["unmatched"]) == (3, 2, 1)
    assert told["report"]["outcomes"]["planned"] == 2 and told["disagreements"] == []
    assert told["report"]["left_for_approval"] == [{"name": "mark the serious", "count": 1}]
    assert response.data()["plan"]["signature_checked"] is True


def test_a_response_is_reported_with_its_way_back_and_its_times(response: Response):
    assert not response.apply().get("failed")
    told = response.report(journal_file=str(response.journal))
    assert told["report"]["kind"] == "response" and told["disagreements"] == []
    outcomes = {name: count for name, count in told["report"]["outcomes"].items() if count}
    assert outcomes == {"handled": 1, "planned": 1}
    assert [(level["level"], level["before"], level["after"]) for level in told["report"]["levels"]] == [
        ("serious", 1, 1),
        ("suspicious", 1, 0),
        ("remind", 1, 1),
    ]
    assert told["report"]["containment"]["alerts"] == 1 and told["report"]["containment"]["median_seconds"] >= 2
    data = response.data()
    assert [run["approved_by"] for run in data["runs"]] == [None] and data["runs"][0]["ended"]
    handled = next(row for row in data["alerts"] if row["security_event_id"] == "30001")
    assert handled["event_status_now"] == handled["event_status_after"] == "ignored" and handled["request_id"]
    page = Path(told["files"]["html"]).read_text(encoding="utf-8")
    assert handled["request_id"] in page and "revert_security_events" in page


def test_the_task_of_the_way_back_takes_it_back(response: Response):
    response.apply()
    response.report(journal_file=str(response.journal))
    (task,) = response.data()["ways_back"]
    run = response.play.tasks(yaml.safe_load(task["task"]))
    assert run.code == 0 and run.results[0]["changed"], run.output
    assert response.simulator.alert(30001).status == 1
    told = response.report(journal_file=str(response.journal))
    assert [row["disagreement"] for row in told["disagreements"]] == ["told handled, and the service shows pending"]
    assert told["changed"] and told["report"]["containment"]["alerts"] == 0


def test_a_repeated_apply_leaves_what_was_handled_handled(response: Response):
    response.apply()
    assert response.apply()["summary"]["unchanged"] == 1
    told = response.report(journal_file=str(response.journal))
    assert told["report"]["outcomes"]["handled"] == 1 and len(response.data()["runs"]) == 2
    assert len(response.data()["ways_back"]) == 1


def test_an_approved_rule_names_who_approved(response: Response):
    response.apply(approved_rules=["mark the serious"], approved_by="li.wei")
    told = response.report(journal_file=str(response.journal))
    assert told["report"]["outcomes"]["handled"] == 2 and told["report"]["left_for_approval"] == []
    assert "li.wei" in Path(told["files"]["html"]).read_text(encoding="utf-8")


def test_a_report_is_written_once_and_for_its_owner(response: Response):
    checked = response.report(check=True)
    assert checked["changed"] and list(response.reports.iterdir()) == []
    first = response.report()
    assert {name: Path(path).name for name, path in first["files"].items()} == {
        kind: f"{response.plan['plan_id']}.{kind}" for kind in ("html", "json", "csv")
    }
    assert {stat.S_IMODE(path.stat().st_mode) for path in response.reports.iterdir()} == {0o600}
    again = response.report()
    assert first["changed"] and not again["changed"] and again["report"] == first["report"]
    Path(first["files"]["csv"]).unlink()
    assert response.report()["changed"]
    assert len(list(response.reports.iterdir())) == 3


def test_the_table_has_a_row_for_each_alert(response: Response):
    told = response.report()
    text = Path(told["files"]["csv"]).read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["security_event_id"]: row["rule"] for row in rows} == {
        "30001": "ignore scanners",
        "30002": "mark the serious",
        "30003": "",
    }


def test_a_period_is_reported_by_the_handling_times(response: Response):
    response.apply()
    moment = response.simulator.state.clock.now_ms()
    period = {"time_start": str(moment - 3_600_000), "time_end": str(moment + 3_600_000)}
    told = response.play("security_event_report", report_directory=str(response.reports), **period)
    assert told["report"]["kind"] == "period" and told["report"]["name"].startswith("period-")
    assert (told["report"]["alerts"], told["report"]["outcomes"]["handled"]) == (1, 1)
    again = response.play("security_event_report", report_directory=str(response.reports), **period)
    assert not again["changed"]
    chinese = response.play("security_event_report", report_directory=str(response.reports), lang="zh", **period)
    assert chinese["changed"] and chinese["files"] != told["files"]
    again = response.play("security_event_report", report_directory=str(response.reports), **period)
    assert not again["changed"]


def test_what_can_not_be_reported_is_told_in_a_sentence(response: Response, tmp_path: Path):
    missing = response.report(report_directory=str(tmp_path / "none"))
    assert missing["msg"] == f"report_directory {tmp_path}/none is no directory: make it first"
    journal = response.report(journal_file=str(tmp_path / "journal.old"))
    assert "journal.old is not there: the report tells what was planned" in response.play.output
    assert journal["report"]["kind"] == "plan"
    endpoint = response.report(endpoint="https://tds.aliyuncs.com")
    assert endpoint["msg"].startswith("endpoint https://tds.aliyuncs.com is not that of the plan, http://127.0.0.1:")
    swapped = response.play("security_event_report", report_directory=str(tmp_path), time_start="1h", time_end="2h")
    assert swapped["msg"] == "time_start is later than time_end: swap them"
    plan = Path(response.plan["plan_file"])
    plan.write_text(plan.read_text(encoding="ascii").replace("xmrig", "bash"), encoding="ascii")
    assert "was edited, or is not whole" in response.report()["msg"]
