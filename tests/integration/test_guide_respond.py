# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide "Respond by policy" does what it says: each of its commands is run, with its files."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import HERE, Play, Run
from test_examples import BLOCKS

from simulator import Simulator

NAME = "guide_respond.rst"
ROOT = HERE.parent.parent
GUIDE = (ROOT / "docs" / "docsite" / "rst" / NAME).read_text(encoding="utf-8")
POLICY, RESPOND, APPROVED, RAILS, PERIOD = (BLOCKS[f"{NAME}-{number}"] for number in range(1, 6))
COMMANDS = re.findall(r"^ +\$ (ansible-playbook .+)$", GUIDE, re.M)
(ENTRY,) = (json.loads(text) for text in re.findall(r":: json\n\n((?: {4}.*\n)+)", GUIDE))
PLAN_ID, DIGEST = ENTRY["plan_id"], ENTRY["digest"]
KEY = {"SECURITY_CENTER_PLAN_KEY": "sixteen characters or more"}


@pytest.fixture
def files(play: Play) -> Path:
    """The guide's files beside each other, as a reader has them."""
    (play.folder / "policy.yml").write_text(POLICY, encoding="utf-8")
    shutil.copytree(ROOT / "playbooks" / "files", play.folder / "files")
    return play.folder


def command(play: Play, words: str, environ: dict[str, str] | None = None, plan: dict[str, str] | None = None) -> Run:
    """Run a command of the guide, with the real ``plan`` for the one that the guide names. It is run as it stands there."""
    assert words in COMMANDS
    for shown, real in {"$PWD": str(play.folder), **(plan or {})}.items():
        words = words.replace(shown, real)
    _program, name, *flags = shlex.split(words)
    if name == "respond.yml":
        return play.playbook(RESPOND, *flags, environ=environ)
    path = ROOT / "playbooks" / f"{name.removeprefix('alicloud.security_center.')}.yml"
    return play.playbook(path.read_text(encoding="utf-8"), *flags, environ=environ)


def the(start: str, *has: str) -> str:
    """The command of the guide that begins with ``start`` and has these words."""
    found = dict.fromkeys(
        one for one in COMMANDS if one.startswith(f"ansible-playbook {start}") and all(word in one for word in has)
    )
    return min(found, key=len)


def outcome(run: Run) -> dict[str, Any]:
    """What the role left for its caller."""
    return [
        result["ansible_facts"]["respond_result"]
        for result in run.results
        if "respond_result" in (result.get("ansible_facts") or {})
    ][-1]


def made(run: Run) -> dict[str, str]:
    """The guide's plan, and the real one instead."""
    plan = outcome(run)["plan"]
    return {PLAN_ID: plan["plan_id"], DIGEST: plan["digest"]}


def handled(simulator: Simulator) -> list[str]:
    return sorted(simulator.state.handled)


def test_out_of_the_box_it_plans_and_reports(simulator: Simulator, play: Play, files: Path):
    run = command(play, the("respond.yml"))
    assert run.code == 0, run.output
    assert handled(simulator) == []
    told = outcome(run)
    assert [rule["name"] for rule in told["plan"]["rules"]] == re.findall(r"- name: (.+)", POLICY)
    assert all(Path(path).is_relative_to(files / "security-center") for path in told["files"].values())
    assert "applied" not in told and not (files / "security-center" / "journal.jsonl").exists()


def test_check_mode_keeps_nothing(play: Play, files: Path):
    run = play.playbook(RESPOND, "--check")
    assert run.code == 0, run.output
    assert not (files / "security-center").exists()
    assert "nothing to apply and nothing to report" in run.output


def test_apply_does_it_and_the_journal_says_what_the_guide_shows(simulator: Simulator, play: Play, files: Path):
    run = command(play, the("respond.yml", "respond_apply"))
    assert run.code == 0, run.output
    assert handled(simulator) == ["10001", "10005"]
    assert outcome(run)["disagreements"] == 0
    lines = (files / "security-center" / "journal.jsonl").read_text(encoding="ascii").splitlines()
    # Later lines of an alert replace earlier ones.
    entry = [one for one in map(json.loads, lines) if one.get("security_event_id") == ENTRY["security_event_id"]][-1]
    assert entry.keys() == ENTRY.keys()
    its_own = {"time", "plan_id", "digest", "policy_digest", "run", "user", "task_id", "request_id"}
    assert {key: entry[key] for key in entry.keys() - its_own} == {key: ENTRY[key] for key in ENTRY.keys() - its_own}


def test_the_plan_is_looked_at_before_it_is_carried_out(simulator: Simulator, play: Play, files: Path):
    planned = command(play, the("alicloud.security_center.plan"))
    assert planned.code == 0 and handled(simulator) == [], planned.output
    for changed in (1, 0):
        applied = command(play, the("alicloud.security_center.apply", PLAN_ID), plan=made(planned))
        assert applied.code == 0, applied.output
        assert handled(simulator) == ["10001", "10005"]
        assert bool(outcome(applied)["applied"]["handled"]) is bool(changed)
    reported = command(play, the("alicloud.security_center.report"), plan=made(planned))
    assert reported.code == 0, reported.output
    assert Path(outcome(reported)["files"]["html"]).name == f"{made(planned)[PLAN_ID]}.html"


def test_a_second_person_approves(simulator: Simulator, play: Play, files: Path):
    planned = command(play, the("alicloud.security_center.plan"), environ=KEY)
    approved = yaml.safe_load(APPROVED)
    (files / "approved.yml").write_text(
        yaml.safe_dump(
            {**approved, "respond_plan_id": made(planned)[PLAN_ID], "respond_plan_digest": made(planned)[DIGEST]}
        ),
        encoding="utf-8",
    )
    words = the("alicloud.security_center.apply", "approved.yml")
    unsigned = command(play, words)
    assert unsigned.code == 2 and handled(simulator) == [], unsigned.output
    applied = command(play, words, environ=KEY)
    assert applied.code == 0, applied.output
    assert handled(simulator) == ["10001", "10003", "10005"]
    journal = (files / "security-center" / "journal.jsonl").read_text(encoding="ascii")
    assert {json.loads(line)["approved_by"] for line in journal.splitlines()} == {approved["respond_approved_by"]}
    assert KEY["SECURITY_CENTER_PLAN_KEY"] not in journal + applied.output + planned.output


def test_the_guard_rails_hold(simulator: Simulator, play: Play, files: Path):
    """Outside the time window nothing is handled, and inside neither when it would be too great a share."""
    open_alerts = [
        str(alert.id) for alert in simulator.state.alerts if str(alert.id) not in ("10001", "10005", "10003")
    ]
    rails = yaml.safe_load(RAILS)
    (files / "rails.yml").write_text(yaml.safe_dump({**rails, "time_window": ["00:00-24:00 Z"]}), encoding="utf-8")
    flags = ("-e", "respond_apply=true", "-e", f"respond_guardrails_file={files / 'rails.yml'}")
    run = play.playbook(RESPOND, *flags)
    assert run.code == 0 and handled(simulator) == ["10001", "10005"], run.output

    simulator.reset()
    simulator.state.alerts[:] = [alert for alert in simulator.state.alerts if str(alert.id) not in open_alerts]
    run = play.playbook(RESPOND, *flags)
    assert handled(simulator) == [], run.output
    assert outcome(run)["planned"]["refused"] == 3 and "MaxShare" in json.dumps(run.results)


def test_the_report_of_a_past_period(play: Play, files: Path):
    play("handle_security_events", security_event_ids=["10004"], operation_code="ignore")
    run = play.playbook(PERIOD)
    assert run.code == 0, run.output
    page = Path(outcome(run)["files"]["html"])
    assert page.name.startswith("period-") and "Login with unusual location" in page.read_text(encoding="utf-8")


def test_a_server_is_contained(simulator: Simulator, play: Play, files: Path):
    run = command(play, the("alicloud.security_center.contain"))
    assert run.code == 0 and handled(simulator) == [], run.output
    run = command(play, the("alicloud.security_center.contain", "contain_apply=true"))
    assert run.code == 0 and handled(simulator) == ["10001", "10003"], run.output


def test_every_command_of_the_guide_is_run_here():
    assert {the(*words) for words in (
        ("respond.yml",),
        ("respond.yml", "respond_apply"),
        ("alicloud.security_center.plan",),
        ("alicloud.security_center.apply", PLAN_ID),
        ("alicloud.security_center.apply", "approved.yml"),
        ("alicloud.security_center.report",),
        ("alicloud.security_center.contain",),
        ("alicloud.security_center.contain", "contain_apply=true"),
    )} == set(COMMANDS)  # fmt: skip
