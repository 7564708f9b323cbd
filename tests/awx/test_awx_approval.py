# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A second person must have approved: what AWX tells, and what can go wrong on the way to it."""

from __future__ import annotations

import base64
import re
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.awx_approval import (
    Approval,
    NotApproved,
    read_approval,
)
from awx.standin import PASSWORD, TOKEN, Standin

EARLIER = int(time.time() * 1000) - 60_000


class Story:
    """A workflow that alice launched, up to its approval."""

    def __init__(self, awx: Standin, user: str | None = "alice", launch_type: str = "manual", **fields: Any) -> None:
        self.awx = awx
        self.workflow_job = awx.launch_workflow(user, launch_type, **fields)
        self.plan_job = awx.start(self.workflow_job, "plan")
        awx.start(self.workflow_job, "approval")

    def approve(self, user: str | None, *arguments: Any, **fields: Any) -> Story:
        self.awx.approve(self.workflow_job, user, *arguments, **fields)
        return self

    def read(self, own_job: int | None = None, made: int = EARLIER, **environ: str) -> Approval:
        own = own_job or self.awx.start(self.workflow_job, "apply")
        return read_approval({**self.awx.environ, "JOB_ID": str(own), **environ}, str(self.plan_job), made)

    def refused(self, *arguments: Any, **environ: Any) -> str:
        with pytest.raises(NotApproved) as refusal:
            self.read(*arguments, **environ)
        told = str(refusal.value)
        assert TOKEN not in told and PASSWORD not in told
        return told


def test_another_person_approves(awx: Standin):
    story = Story(awx).approve("bob")
    told = story.read()
    assert (told.approved_by, told.launched_by, told.workflow_job) == ("bob", "alice", str(story.workflow_job))
    assert told.approved_at.endswith("Z") and told.approved_at.startswith("20")


def test_a_user_and_password_will_do(awx: Standin):
    login = {"CONTROLLER_OAUTH_TOKEN": "", "CONTROLLER_USERNAME": "robot", "CONTROLLER_PASSWORD": PASSWORD}
    assert Story(awx).approve("bob").read(**login).approved_by == "bob"


def test_the_older_names_of_the_login_will_do(awx: Standin):
    story = Story(awx).approve("bob")
    environ = {name.replace("CONTROLLER", "TOWER"): value for name, value in awx.environ.items()}
    own = awx.start(story.workflow_job, "apply")
    assert read_approval({**environ, "JOB_ID": str(own)}, str(story.plan_job), EARLIER).approved_by == "bob"


@pytest.mark.parametrize(
    ("user", "status", "fields", "told"),
    [
        ("alice", "successful", {}, "alice approved it and is also behind its launch (alice)"),
        ("bob", "failed", {}, "its status is failed"),
        (None, "failed", {"timed_out": True}, "it ran out of time"),
        (None, "successful", {}, "does not tell who approved it"),
        (None, "pending", {"finished": None}, "nobody has approved it yet"),
        ("bob", "successful", {"finished": None}, "a time that AWX does not tell"),
        ("bob", "successful", {"finished": "2020-01-01T00:00:00Z"}, "must come after the plan"),
    ],
)
def test_what_is_no_approval(awx: Standin, user: str | None, status: str, fields: dict[str, Any], told: str):
    assert told in Story(awx).approve(user, status, **fields).refused()


def test_who_approves_can_not_launch_the_job_that_applies(awx: Standin):
    story = Story(awx).approve("bob")
    again = story.refused(awx.launch_job("bob", "relaunch"))
    assert "bob approved it and is also behind the launch of this job (bob)" in again
    assert story.read(awx.launch_job("alice", "relaunch")).approved_by == "bob"
    told = story.read(awx.launch_job("admin"))
    assert (told.launched_by, told.applied_by) == ("alice", "admin")


def test_users_are_told_apart_by_id(awx: Standin):
    story = Story(awx).approve("bob")
    awx.users[3] = "alice"
    assert story.read().approved_by == "alice"


def test_one_good_approval_of_several_is_enough(awx: Standin):
    story = Story(awx).approve("alice")
    second = awx.add("workflow_approvals", name="second", status="successful", approved_or_denied_by=3)
    awx.tables["workflow_approvals"][second]["finished"] = awx.tables["workflow_approvals"][
        awx.node(story.workflow_job, "approval")["job"]
    ]["finished"]
    node = awx.add("workflow_job_nodes", workflow_job=story.workflow_job, identifier="second", job=second)
    assert "alice approved it" in story.refused()  # it does not lie behind the plan
    awx.node(story.workflow_job, "approval")["always_nodes"] = [node]
    assert story.read().approved_by == "bob"


@pytest.mark.parametrize(
    ("status", "told"), [("failed", "its status is failed"), ("pending", "nobody has approved it yet")]
)
def test_one_approval_does_not_outweigh_another_that_was_not_given(awx: Standin, status: str, told: str):
    story = Story(awx).approve("bob")
    second = awx.add("workflow_approvals", name="second", status=status, approved_or_denied_by=1)
    node = awx.add("workflow_job_nodes", workflow_job=story.workflow_job, identifier="second", job=second)
    awx.node(story.workflow_job, "approval")["success_nodes"].append(node)
    refused = story.refused(awx.launch_job("admin"))
    assert f"holds an approval that was not given: second: {told}" in refused


def test_an_approval_before_the_plan_does_not_count(awx: Standin):
    story = Story(awx).approve("bob")
    awx.node(story.workflow_job, "plan")["success_nodes"] = []
    awx.node(story.workflow_job, "approval")["success_nodes"] = [1]
    assert "no approval node behind the one that made the plan" in story.refused()


def test_all_pages_of_nodes_are_read(awx: Standin):
    awx.page_size = 1
    assert Story(awx).approve("bob").read().approved_by == "bob"
    assert sum("workflow_nodes" in line for line in awx.requests) == 4


def test_who_made_or_changed_a_schedule_is_behind_its_launch(awx: Standin):
    for part, user in (("created_by", 2), ("modified_by", 3)):
        schedule = awx.add("schedules", name="nightly", **{part: user})
        by = {"id": schedule, "name": "nightly", "type": "schedule", "url": f"/api/v2/schedules/{schedule}/"}
        name = awx.users[user]
        told = Story(awx, None, "scheduled", launched_by=by).approve(name).refused()
        assert f"{name} approved it and is also behind its launch (schedule nightly)" in told
        other = Story(awx, None, "scheduled", launched_by=by).approve("admin").read()
        assert (other.approved_by, other.launched_by) == ("admin", "schedule nightly")


def test_a_webhook_is_no_person(awx: Standin):
    assert Story(awx, None, "webhook").approve("bob").read().launched_by == "a webhook"


def test_a_launch_by_nobody_is_refused(awx: Standin):
    assert "does not tell who launched" in Story(awx, None).approve("bob").refused()


def test_who_launched_the_workflow_around_the_workflow_is_behind_it(awx: Standin):
    outer = awx.launch_workflow("bob")
    story = Story(awx, None, "workflow", source_workflow_job=outer).approve("bob")
    assert "bob approved it and is also behind its launch (bob)" in story.refused()


def test_a_plan_of_no_workflow_is_refused(awx: Standin):
    job = awx.launch_job("alice")
    for plan_job, told in (
        (str(job), "was not part of a workflow"),
        (None, "names no AWX job"),
        ("7/../1", "names no AWX"),
    ):
        with pytest.raises(NotApproved, match=told):
            read_approval({**awx.environ, "JOB_ID": str(job)}, plan_job, EARLIER)
    with pytest.raises(NotApproved, match="the environment names no AWX job"):
        read_approval(awx.environ, str(job), EARLIER)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((401, "{}", {}), "its login was refused: renew the token"),
        ((403, "{}", {}), "may not read that: give the user"),
        ((404, "{}", {}), "there is none, or the login may not see it"),
        ((500, "{}", {}), "HTTP 500: look into its log"),
        ((200, "<html>", {}), "is not AWX's API"),
        ((200, "[" * 100_000, {}), "is not AWX's API"),
        ((200, "[]", {}), "is not AWX's API"),
        ((302, "", {"Location": "http://127.0.0.1:1/"}), "redirect (HTTP 302), which is not followed"),
    ],
)
def test_what_awx_refuses_is_told(awx: Standin, answer: tuple[int, str, dict[str, str]], told: str):
    story = Story(awx).approve("bob")
    awx.answers[f"/api/v2/jobs/{story.plan_job}/"] = answer
    assert told in story.refused()


@pytest.mark.parametrize("garbage", ['{"results": 7}', '{"results": [7]}', '{"count": 0}'])
def test_a_list_that_is_none_is_told(awx: Standin, garbage: str):
    story = Story(awx).approve("bob")
    awx.answers[f"/api/v2/workflow_jobs/{story.workflow_job}/workflow_nodes/"] = (200, garbage, {})
    assert "is not a list of AWX's API" in story.refused()


def test_a_list_without_end_is_told(awx: Standin):
    story = Story(awx).approve("bob")
    awx.answers[f"/api/v2/workflow_jobs/{story.workflow_job}/workflow_nodes/"] = (
        200,
        '{"results": [], "next": "x"}',
        {},
    )
    assert "too many to read" in story.refused()


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"CONTROLLER_HOST": ""}, "CONTROLLER_HOST is not set: attach a credential"),
        ({"CONTROLLER_HOST": "http://192.0.2.1"}, "can't be used: give an address such as https://"),
        (
            {"CONTROLLER_HOST": f"https://robot:{PASSWORD}@awx.example.com"},
            "CONTROLLER_HOST awx.example.com can't be used",
        ),
        ({"CONTROLLER_HOST": "https://127.0.0.1:1"}, "AWX can't be asked for jobs/"),
        ({"CONTROLLER_OAUTH_TOKEN": ""}, "there is no login to AWX in the environment"),
        ({"CONTROLLER_OAUTH_TOKEN": f"{TOKEN}\r\nX-A: b"}, "CONTROLLER_OAUTH_TOKEN is damaged"),
        ({"CONTROLLER_OPTIONAL_API_URLPATTERN_PREFIX": "//else.where/"}, "is not a path"),
    ],
)
def test_a_login_that_is_none_is_told(awx: Standin, environ: dict[str, str], told: str):
    assert told in Story(awx).approve("bob").refused(**environ)


def test_a_netrc_does_not_replace_the_login(awx: Standin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login mallory password x\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    assert Story(awx).approve("bob").read().approved_by == "bob"


@pytest.mark.parametrize(
    "login", [{}, {"CONTROLLER_OAUTH_TOKEN": "", "CONTROLLER_USERNAME": "robot", "CONTROLLER_PASSWORD": PASSWORD}]
)
def test_a_login_that_is_sent_back_is_not_shown(awx: Standin, login: dict[str, str]):
    story = Story(awx).approve("bob")
    with socket.create_server(("127.0.0.1", 0)) as server:

        def send_back() -> None:
            connection, _address = server.accept()
            with connection:
                asked = connection.recv(65536).decode("latin-1")
                connection.sendall(re.findall(r"Authorization: (.*)", asked)[0].encode("latin-1") + b"\r\n\r\n")

        thread = threading.Thread(target=send_back)
        thread.start()
        told = story.refused(**login, CONTROLLER_HOST=f"http://127.0.0.1:{server.getsockname()[1]}")
        thread.join()
    assert "***" in told and base64.b64encode(f"robot:{PASSWORD}".encode()).decode() not in told
