# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role awx with the real modules of awx.awx, against the stand-in."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from awx.running import ROOT, Jobs
from awx.standin import PLAYBOOKS, Standin

PLAY = """
- name: Make the job templates of Security Center
  hosts: localhost
  gather_facts: false
  roles:
    - role: alicloud.security_center.awx
"""
# Thirty modules a run, each a process of its own.
pytestmark = pytest.mark.timeout(300)
IMAGE = {"awx_execution_environment_image": "registry.example.com/security-center:1.0"}


def made(awx: Standin, table: str, name: str) -> dict[str, Any]:
    return next(record for record in awx.tables[table].values() if record["name"] == name)


def linked(awx: Standin, table: str, name: str, part: str) -> list[str]:
    number = next(number for number, record in awx.tables[table].items() if record["name"] == name)
    target = {"credentials": "credentials"}.get(part, "notification_templates")
    return sorted(awx.tables[target][one]["name"] for one in awx.links.get((table, number, part), []))


def changed(output: str) -> int:
    return int(re.findall(r"changed=(\d+)", output)[-1])


def test_everything_is_made_once(awx: Standin, jobs: Jobs):
    first = jobs.play(PLAY, IMAGE, awx.environ)
    assert first.code == 0, first.output
    assert changed(first.output) == 9
    assert {record["name"] for record in awx.tables["credential_types"].values()} >= {
        "Alibaba Cloud Security Center",
        "Security Center plan key",
        "Security Center guard rails",
    }
    templates = awx.tables["job_templates"].values()
    assert sorted(record["playbook"] for record in templates) == sorted(PLAYBOOKS)
    for record in templates:
        assert record["survey_enabled"] and not [name for name in record if name.startswith("ask_") and record[name]]
    nodes = {record["identifier"]: number for number, record in awx.tables["workflow_job_template_nodes"].items()}
    assert set(nodes) == {"plan", "approval", "apply", "report"}
    then = {
        (name, part): awx.links.get(("workflow_job_template_nodes", nodes[name], f"{part}_nodes"), [])
        for name in nodes
        for part in ("success", "always", "failure")
    }
    assert {key: value for key, value in then.items() if value} == {
        ("plan", "success"): [nodes["approval"]],
        ("approval", "success"): [nodes["apply"]],
        ("apply", "always"): [nodes["report"]],
    }
    [approval] = awx.tables["workflow_approval_templates"].values()
    assert approval["timeout"] == 3600
    [host] = awx.tables["hosts"].values()
    assert json.loads(host["variables"])["ansible_python_interpreter"] == "{{ ansible_playbook_python }}"

    awx.requests.clear()
    second = jobs.play(PLAY, IMAGE, awx.environ)
    assert second.code == 0 and changed(second.output) == 0, second.output
    assert [line for line in awx.requests if not line.startswith("GET")] == []


def test_credentials_and_notifications_are_attached_where_they_are_named(awx: Standin, jobs: Jobs):
    names = ("Production", "Plan key", "AWX itself")
    for name in names:
        awx.add("credentials", name=name)
    given = IMAGE | {
        "awx_credentials": names[:1],
        "awx_plan_key_credential": names[1],
        "awx_login_credential": names[2],
        "awx_notification_templates": [
            {
                "name": "SOC",
                "notification_type": "webhook",
                "notification_configuration": {"url": "https://soc.example.com", "headers": {}},
            }
        ],
        "awx_notify_error": ["SOC"],
        "awx_notify_approvals": ["SOC"],
    }
    run = jobs.play(PLAY, given, awx.environ)
    assert run.code == 0, run.output
    attached = {
        record["name"].removeprefix("Security Center: "): linked(awx, "job_templates", record["name"], "credentials")
        for record in awx.tables["job_templates"].values()
    }
    assert attached["apply"] == ["AWX itself", "Plan key", "Production"]
    assert attached["plan"] == attached["report"] == ["Plan key", "Production"]
    assert attached["contain a server"] == attached["handle alerts"] == attached["revert"] == ["Production"]
    workflow = "Security Center: respond"
    for part, expected in (("error", ["SOC"]), ("approvals", ["SOC"]), ("started", []), ("success", [])):
        assert linked(awx, "workflow_job_templates", workflow, f"notification_templates_{part}") == expected

    # What is named no more stays attached: a person may have attached it.
    again = jobs.play(PLAY, IMAGE, awx.environ)
    assert again.code == 0 and changed(again.output) == 0, again.output
    assert linked(awx, "job_templates", "Security Center: apply", "credentials") == attached["apply"]


def test_check_mode_makes_nothing(awx: Standin, jobs: Jobs):
    jobs.play(PLAY, IMAGE, awx.environ)
    before = {table: dict(records) for table, records in awx.tables.items()}
    awx.requests.clear()
    run = jobs.play(PLAY, IMAGE | {"awx_approval_timeout": 60}, awx.environ, "--check")
    assert run.code == 0 and changed(run.output) == 1, run.output
    assert awx.tables == before and all(line.startswith("GET") for line in awx.requests)


def test_what_is_wrong_is_told_before_anything_is_made(awx: Standin, jobs: Jobs):
    for given in ({}, IMAGE | {"awx_collection": "awx.axw"}):
        run = jobs.play(PLAY, given, awx.environ)
        assert run.code != 0 and "argument" in run.output
    assert awx.requests == []


def test_the_tasks_for_the_two_collections_are_the_same():
    tasks = ROOT / "roles" / "awx" / "tasks"
    ours, theirs = (
        (tasks / f"{name}.yml").read_text(encoding="utf-8").replace(f"{name}.", "_.")
        for name in ("awx.awx", "ansible.controller")
    )
    assert ours.splitlines()[2:] == theirs.splitlines()[2:]


@pytest.mark.parametrize("survey", ["job_templates", "workflows"])
def test_no_survey_asks_for_an_approval_or_a_place(survey: str):
    text = (ROOT / "roles" / "awx" / "defaults" / "main" / f"{survey}.yml").read_text(encoding="utf-8")
    asked = set(re.findall(r"variable: (\w+)", text))
    assert not asked & {"respond_approved_rules", "respond_approved_by", "respond_policy_file", "respond_plan_dir"}
    assert yaml.safe_load(text)
