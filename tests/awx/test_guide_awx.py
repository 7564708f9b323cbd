# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide "From AWX" does what it says."""

from __future__ import annotations

import re
import textwrap

import pytest
import yaml

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import guardrails
from awx.running import ROOT, Jobs
from awx.standin import Standin

GUIDE = (ROOT / "docs" / "docsite" / "rst" / "guide_awx.rst").read_text(encoding="utf-8")
FIRST, SECOND, RAILS = (textwrap.dedent(block) for block in re.findall(r":: yaml\n\n((?:(?: {4}.*)?\n)+)", GUIDE))


@pytest.mark.timeout(300)
def test_the_playbooks_of_the_guide_run(awx: Standin, jobs: Jobs):
    assert (ran := jobs.play(FIRST, {}, awx.environ)).code == 0, ran.output
    for name in re.findall(r"(?:awx_credentials|awx_\w+_credential): \[?([^\]\n]+)", SECOND):
        for one in name.split(", "):
            awx.add("credentials", name=one)
    organization = next(iter(awx.tables["organizations"]))
    awx.add("notification_templates", name="Security on call", organization=organization, notification_type="slack")
    assert (ran := jobs.play(SECOND, {}, awx.environ)).code == 0, ran.output
    assert {len(linked) for key, linked in awx.links.items() if key[2] == "credentials"} == {2, 3, 4}


def test_the_limits_of_the_guide_are_guard_rails():
    assert guardrails.from_options({}, [("guide", yaml.safe_load(RAILS))]) != guardrails.GuardRails()


def test_the_names_of_the_guide_are_what_is_injected():
    path = ROOT / "roles" / "awx" / "defaults" / "main" / "credential_types.yml"
    types = yaml.safe_load(path.read_text(encoding="utf-8").replace("!unsafe ", ""))["awx_credential_types"]
    table = GUIDE.split("Injected\n")[1].split("\n\n")[0]
    rows = re.split(r"\n(?=\w)", table)
    shown = {row[:32].strip(): re.findall(r"``(\w+)``", row) for row in rows if "``" in row}
    shown = {name.splitlines()[-1]: names for name, names in shown.items()}
    assert shown == {entry["name"]: list(entry["injectors"]["env"]) for entry in types}


def test_the_execution_environment_names_the_image_that_it_is_built_on():
    text = (ROOT / "roles" / "awx" / "files" / "execution-environment.yml").read_text(encoding="utf-8")
    assert yaml.safe_load(text)["images"]["base_image"]["name"]


def test_the_templates_of_the_guide_are_there():
    data = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "roles/awx/defaults/main").glob("*.yml"))
    for name in ("contain a server", "handle alerts", "revert", "respond"):
        assert f"Security Center: {name}" in data and name in GUIDE.lower()
