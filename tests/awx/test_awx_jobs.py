# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks as AWX starts them: each by itself, and plan → approval → apply → report with what travels in between."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import yaml

from awx.running import PLAN_KEY, Jobs, Run, texts_of
from awx.standin import PASSWORD, TOKEN, Standin

KEY = {"SECURITY_CENTER_PLAN_KEY": PLAN_KEY}
POLICY = [
    {
        "name": "quarantine",
        "match": {"name_regex": "(?i)mining"},
        "operation_code": "kill_and_quara",
        "operation_params": {"sub_operation": "killAndQuaraFileByMd5andPath"},
        "approval": "required",
    },
    {
        "name": "ignore",
        "match": {"levels": ["serious"]},
        "operation_code": "ignore",
        "approval": "required",
    },
]


class Workflow:
    """The workflow of the role awx, run by hand: what AWX would start next, a test starts."""

    def __init__(self, awx: Standin, jobs: Jobs, launched_by: str = "alice") -> None:
        self.awx, self.jobs = awx, jobs
        self.number = awx.launch_workflow(launched_by)
        self.policy = jobs.shared / "policy.yml"
        self.policy.write_text(yaml.safe_dump(POLICY), encoding="utf-8")
        self.artifacts: dict[str, Any] = {}

    def plan(self) -> Run:
        run = self.jobs.launch(
            "plan",
            {"plan_levels": ["serious"]},
            KEY,
            job_id=self.awx.start(self.number, "plan"),
            places={"respond_policy_file": str(self.policy)},
        )
        self.artifacts = run.artifacts
        self.awx.start(self.number, "approval")
        return run

    def apply(self, job_id: int = 0, **options: Any) -> Run:
        number = job_id or self.awx.start(self.number, "apply")
        return self.jobs.launch("apply", self.artifacts, KEY | self.awx.environ, job_id=number, **options)

    def report(self) -> Run:
        return self.jobs.launch("report", self.artifacts, KEY, job_id=self.awx.start(self.number, "report"))


def journal(jobs: Jobs) -> list[dict[str, Any]]:
    lines = (jobs.shared / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_plan_approval_apply_report(awx: Standin, jobs: Jobs):
    workflow = Workflow(awx, jobs)
    planned = workflow.plan()
    assert planned.code == 0, planned.output
    assert set(planned.artifacts) == {"respond_plan_id", "respond_plan_digest", "respond_plan_rules"}
    assert planned.artifacts["respond_plan_rules"] == ["quarantine", "ignore"]
    assert jobs.simulator.state.handled == {}

    awx.approve(workflow.number, "bob")
    applied = workflow.apply()
    told = applied.result("security_event_apply")
    assert told["summary"]["handled"] > 2, applied.output
    assert told["approval"]["approved_by"] == "bob" and told["approval"]["launched_by"] == "alice"
    assert {line["approved_by"] for line in journal(jobs)} == {"bob"}
    assert set(jobs.simulator.state.handled.values()) == {1}

    reported = workflow.report()
    assert reported.code == 0, reported.output
    assert len(list((jobs.shared / "reports").rglob("*.html"))) == 1


@pytest.mark.parametrize(
    ("approved_by", "told"),
    [("alice", "alice approved it and is also behind its launch"), (None, "nobody has approved it yet")],
)
def test_without_a_second_person_nothing_is_done(awx: Standin, jobs: Jobs, approved_by: str | None, told: str):
    workflow = Workflow(awx, jobs)
    workflow.plan()
    if approved_by:
        awx.approve(workflow.number, approved_by)
    run = workflow.apply()
    assert told in json.dumps(run.result("security_event_apply")["events"])
    assert jobs.simulator.state.handled == {}


def test_a_survey_or_a_workflow_can_not_approve(awx: Standin, jobs: Jobs):
    workflow = Workflow(awx, jobs)
    workflow.plan()
    workflow.artifacts |= {"respond_approved_rules": ["quarantine", "ignore"], "respond_approved_by": "bob"}
    run = workflow.apply()
    assert run.code != 0 and "approved_rules can't be given in AWX" in run.output
    assert jobs.simulator.state.handled == {}


def test_a_job_that_is_cancelled_and_launched_again_finishes_the_rest(awx: Standin, jobs: Jobs):
    workflow = Workflow(awx, jobs)
    workflow.plan()
    awx.approve(workflow.number, "bob")
    jobs.simulator.fail("HandleSecurityEvents", how="slow", seconds=20)  # what it asks for is done before it is answered

    def in_the_middle(event: dict[str, Any]) -> bool:
        if event["event"] != "runner_on_start" or event["event_data"]["task"] != "Carry out the plan":
            return False
        until = time.monotonic() + 60
        while not jobs.simulator.state.handled and time.monotonic() < until:
            time.sleep(0.02)
        return True

    first = workflow.apply(cancel=in_the_middle)
    assert first.status == "canceled", first.output
    done = dict(jobs.simulator.state.handled)
    again = workflow.apply(awx.launch_job("alice", "relaunch"))
    assert again.code == 0, again.output
    after = jobs.simulator.state.handled
    assert 0 < len(done) < len(after) and set(after.values()) == {1}


def test_no_secret_is_left_behind(awx: Standin, jobs: Jobs):
    workflow = Workflow(awx, jobs)
    folders = [workflow.plan().folder]
    awx.approve(workflow.number, "bob")
    folders += [workflow.apply(flags="-vvv").folder, workflow.report().folder, jobs.shared]
    for folder in folders:
        texts = texts_of(folder)
        for secret in (jobs.simulator.access_key_secret, PLAN_KEY, TOKEN, PASSWORD):
            assert secret not in texts, folder


TEMPLATE = "{{ lookup('ansible.builtin.pipe', 'touch pwned') }}"


@pytest.mark.parametrize(
    ("playbook", "answers", "told"),
    [
        ("contain", {"contain_server": " "}, "contain_server is empty: give the server's name"),
        ("contain", {"contain_server": "x", "contain_since": "yesterday"}, "contain_since is not a duration"),
        ("contain", {"contain_server": "x", "contain_apply": "perhaps"}, "contain_apply is neither true nor false"),
        ("contain", {"contain_server": "no-such-server"}, "no server of this name, instance id or address"),
        ("contain", {"contain_server": TEMPLATE}, "no server of this name, instance id or address"),
        ("plan", {"plan_since": TEMPLATE}, "plan_since is not a duration"),
        ("plan", {"plan_security_event_ids": "10001\nx"}, "plan_security_event_ids are not ids"),
        (
            "plan",
            {"plan_resource_directory_account_id": "x"},
            "plan_resource_directory_account_id is not an account id",
        ),
        ("apply", {}, "respond_plan_id is not the id of a plan"),
        ("apply", {"respond_plan_id": "20261122T090000Z-1a2b3c4d"}, "respond_plan_digest is not the digest of a plan"),
        ("report", {"respond_plan_id": "../../etc/passwd"}, "respond_plan_id is not the id of a plan"),
        ("handle", {}, "handle_security_event_ids are not ids"),
        ("handle", {"handle_security_event_ids": "1"}, "handle_operation_code is not an operation"),
        ("revert", {"revert_security_event_ids": "a"}, "revert_security_event_ids are not ids"),
        (
            "revert",
            {"revert_security_event_ids": "1", "revert_operation_code": "{{ 1 }}"},
            "revert_operation_code is not an",
        ),
    ],
)
def test_an_answer_that_will_not_do_is_told(jobs: Jobs, playbook: str, answers: dict[str, Any], told: str):
    run = jobs.launch(playbook, answers)
    assert run.code != 0 and told in run.output.replace("\n", " "), run.output
    assert jobs.simulator.state.handled == {} and not list(jobs.folder.rglob("pwned"))
