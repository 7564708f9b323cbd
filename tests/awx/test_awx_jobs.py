# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks as AWX starts them: each by itself, and plan → approval → apply → report with what travels in between."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from typing import Any

import pytest
import yaml

from awx.running import PLAN_KEY, ROOT, Jobs, Run, injected, texts_of
from awx.standin import PASSWORD, TOKEN, Standin
from simulator.seed_accounts import MEMBER_ACCOUNT, WEB_1

KEY = injected("Security Center plan key", plan_key=PLAN_KEY)
TEMPLATES = ROOT / "roles" / "awx" / "defaults" / "main" / "job_templates.yml"
POLICY = [
    {
        "name": "quarantine",
        "match": {"name_regex": "^Mining program$"},
        "operation_code": "kill_and_quara",
        "operation_params": {"sub_operation": "killAndQuaraFileByMd5andPath"},
        "approval": "required",
    },
    {
        "name": "ignore",
        "match": {"name_regex": "SSH brute force|Webshell|Reverse shell"},
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

    def plan(self, levels: Sequence[str] = ("serious",)) -> Run:
        run = self.jobs.launch(
            "plan",
            {"plan_levels": list(levels)},
            KEY,
            job_id=self.awx.start(self.number, "plan"),
            places={"respond_policy_file": str(self.policy), "respond_max_events": 200},
        )
        self.artifacts = run.artifacts
        self.awx.start(self.number, "approval")
        return run

    def apply(self, job_id: int = 0, **options: Any) -> Run:
        number = job_id or self.awx.start(self.number, "apply")
        places = {"respond_max_events": 200}
        run = self.jobs.launch("apply", self.artifacts, KEY | self.awx.environ, job_id=number, places=places, **options)
        self.artifacts = self.artifacts | run.artifacts  # as WorkflowJobNode.get_job_kwargs does
        return run

    def report(self) -> Run:
        return self.jobs.launch("report", self.artifacts, KEY, job_id=self.awx.start(self.number, "report"))


def journal(jobs: Jobs) -> list[dict[str, Any]]:
    lines = (jobs.shared / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_plan_approval_apply_report(awx: Standin, jobs: Jobs):
    workflow = Workflow(awx, jobs)
    planned = workflow.plan()
    assert planned.code == 0, planned.output
    assert set(planned.artifacts) == {
        "respond_plan_id",
        "respond_plan_digest",
        "respond_plan_rules",
        "respond_apply_done",
    }
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
    reported = workflow.report()
    assert (run.code != 0) == (approved_by is not None), "what waits for an approval is left, and is no failure"
    assert (reported.code != 0) == ("the job that applies has failed or was cancelled" in reported.output)
    assert (reported.code != 0) == (run.code != 0)
    assert len(list((jobs.shared / "reports").rglob("*.html"))) == 1
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
    workflow.plan(["suspicious"])
    awx.approve(workflow.number, "bob")
    # What a call asks for is done before it is answered. As many calls as may be under way at once stay without an answer.
    jobs.simulator.fail("HandleSecurityEvents", times=5, how="slow", seconds=30)

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
    assert "the job that applies has failed or was cancelled" in workflow.report().output
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


ANSWERS: dict[str, dict[str, Any]] = {
    "contain": {"contain_server": "203.0.113.11", "contain_since": "30d", "contain_apply": "true"},
    "plan": {
        "plan_levels": ["serious", "suspicious"],
        "plan_since": "30d",
        "plan_asset_name": "web-prod-1",
        "plan_security_event_ids": "10001\n10003",
        "plan_resource_directory_account_id": "",
    },
    "handle": {
        "handle_security_event_ids": "10001\n",
        "handle_operation_code": "kill_and_quara",
        "handle_sub_operation": "killByMd5andPath",
        "handle_expire_in": "",
        "handle_remark": TEMPLATE,
        "handle_apply": "true",
    },
    "revert": {
        "revert_security_event_ids": "10001",
        "revert_operation_code": "ignore",
        "revert_remark": TEMPLATE,
        "revert_apply": "true",
    },
}


def calls(jobs: Jobs, action: str) -> list[dict[str, str]]:
    return [call.parameters for call in jobs.simulator.calls if call.action == action]


def test_contain_acts_on_the_serious_alerts_of_one_server(jobs: Jobs):
    planned = jobs.launch("contain", ANSWERS["contain"] | {"contain_apply": "false"})
    assert planned.code == 0 and jobs.simulator.state.handled == {}, planned.output
    run = jobs.launch("contain", ANSWERS["contain"])
    assert run.code == 0, run.output
    handled = [jobs.simulator.alert(one) for one in jobs.simulator.state.handled]
    assert {(alert.uuid, alert.level) for alert in handled} == {(WEB_1, "serious")}


def test_a_credential_imposes_guard_rails(jobs: Jobs):
    rails = injected(
        "Security Center guard rails", jobs.shared / "rails", guardrails="protected_assets: [{name: web-*}]"
    )
    run = jobs.launch("contain", ANSWERS["contain"], rails)
    assert run.result("security_event_plan")["summary"]["refused"] > 0, run.output
    assert jobs.simulator.state.handled == {}


def test_the_plan_looks_at_what_the_survey_named(jobs: Jobs):
    policy = jobs.shared / "policy.yml"
    policy.write_text(yaml.safe_dump(POLICY), encoding="utf-8")
    run = jobs.launch("plan", ANSWERS["plan"], KEY, places={"respond_policy_file": str(policy)})
    assert run.code == 0, run.output
    asked = run.result("security_event_plan")["invocation"]["module_args"]
    assert {name: asked[name] for name in ("levels", "time_start", "asset_name", "security_event_ids")} == {
        "levels": ["serious", "suspicious"],
        "time_start": "30d",
        "asset_name": "web-prod-1",
        "security_event_ids": ["10001", "10003"],
    }
    assert asked["resource_directory_account_id"] is None
    member = {"plan_resource_directory_account_id": str(MEMBER_ACCOUNT)}
    run = jobs.launch("plan", member, KEY, places={"respond_policy_file": str(policy)})
    assert {call["ResourceDirectoryAccountId"] for call in calls(jobs, "DescribeSuspEvents")[-1:]} == {
        str(MEMBER_ACCOUNT)
    }


def test_handle_and_revert_send_what_the_survey_named(jobs: Jobs):
    shown = jobs.launch("handle", ANSWERS["handle"] | {"handle_apply": "false"})
    assert shown.code == 0 and calls(jobs, "HandleSecurityEvents") == [], shown.output
    done = jobs.launch("handle", ANSWERS["handle"])
    assert done.code == 0, done.output
    [sent] = calls(jobs, "HandleSecurityEvents")
    assert sent["Remark"] == TEMPLATE and json.loads(sent["OperationParams"]) == {"subOperation": "killByMd5andPath"}

    blocked = {"handle_security_event_ids": "10003 ", "handle_operation_code": "block_ip", "handle_expire_in": "6h"}
    jobs.launch("handle", blocked | {"handle_apply": "true"})
    assert "expireTime" in calls(jobs, "HandleSecurityEvents")[-1]["OperationParams"]

    jobs.simulator.reset()
    ignored = {"handle_security_event_ids": "10001", "handle_operation_code": "ignore", "handle_apply": "true"}
    ignored |= {"handle_sub_operation": "none", "handle_expire_in": ""}
    assert jobs.launch("handle", ignored).code == 0
    assert jobs.launch("revert", ANSWERS["revert"] | {"revert_apply": "false"}).code == 0
    assert jobs.simulator.alert("10001").status == 2
    back = jobs.launch("revert", ANSWERS["revert"])
    assert back.code == 0 and jobs.simulator.alert("10001").status == 1, back.output
    assert not list(jobs.folder.rglob("pwned"))


def test_every_question_of_a_survey_is_of_its_playbook():
    data = yaml.safe_load(re.sub(r"!unsafe", "", TEMPLATES.read_text(encoding="utf-8")))
    for template in data["awx_job_templates"]:
        text = (ROOT / template["playbook"]).read_text(encoding="utf-8")
        spec = template["survey_spec"] if isinstance(template["survey_spec"], dict) else data["awx_plan_survey"]
        for question in spec["spec"]:
            assert re.search(rf"^    {question['variable']}:", text, re.M), question
        name = template["playbook"].split("/")[1].removesuffix(".yml")
        for question in spec["spec"]:
            if question["type"] == "multiplechoice":  # SurveyJobTemplateMixin refuses an answer that is no choice
                assert question["default"] in question["choices"], question
        if name in ANSWERS:
            assert {question["variable"] for question in spec["spec"]} == set(ANSWERS[name])
