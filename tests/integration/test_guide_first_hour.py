# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide "The first hour" and its playbooks: they tell what is so, fit a terminal, and write nothing."""

from __future__ import annotations

import json
import re
import shlex
import textwrap

import yaml
from conftest import COLLECTION, HERE, Play, Run

from simulator import Simulator
from simulator.seed_accounts import ACCESS_KEY_SECRET, READ_ONLY_KEY_ID

ROOT = HERE.parents[1]
GUIDE = (ROOT / "docs" / "docsite" / "rst" / "guide_first_hour.rst").read_text(encoding="utf-8")
PREFLIGHT, VERIFY = re.findall(rf"\$ ansible-playbook {re.escape(COLLECTION)}\.(.*)", GUIDE)
WHAT_WORKS, FACTS = (
    textwrap.dedent(block).strip().splitlines()
    for block in re.findall(r"code-block:: text\n\n(.*?)\n\n(?=\S)", GUIDE, re.S)
)
READ_ONLY = {"ALIBABA_CLOUD_ACCESS_KEY_ID": READ_ONLY_KEY_ID}


def start(play: Play, command: str, *flags: str, environ: dict[str, str] | None = None) -> Run:
    """One of the guide's commands, with the simulator's planes as those of the service."""
    name, *given = shlex.split(command)
    plays = yaml.safe_load((ROOT / "playbooks" / f"{name}.yml").read_text(encoding="utf-8"))
    plays[0]["module_defaults"] = {
        f"group/{COLLECTION}.all": {"endpoint": "", "max_retries": 0, "requests_per_second": 1000}
    }
    endpoints = f"{name.partition('_')[0]}_data_plane_endpoints"
    run = play.playbook(plays, *given, "-e", json.dumps({endpoints: play.simulator.endpoints}), *flags, environ=environ)
    assert all(re.match("(Describe|Get|List)[A-Z]", call.action) for call in play.simulator.calls)
    return run


def shown(run: Run) -> list[str]:
    """The lines of the table as a terminal shows them."""
    told = run.output.split("TASK [Show what")[1].split("TASK [")[0]
    lines = [line for line in told.splitlines() if line.startswith('        "')]
    assert 0 < max(map(len, lines)) <= 80
    return [line.strip() for line in lines]


def test_preflight_tells_what_is_missing_and_how_to_grant_it(simulator: Simulator, play: Play):
    key = next(key for key in simulator.state.keys if key.access_key_id == READ_ONLY_KEY_ID)
    key.permissions = [one for one in key.permissions or [] if one != "DescribeSuspEventQuaraFiles"]
    run = start(play, PREFLIGHT, "-vvv", environ=READ_ONLY)
    assert run.code == 0, run.output
    assert [line for line in WHAT_WORKS if line not in shown(run)] == []
    assert '"yundun-sas:DescribeSuspEventQuaraFiles"' in run.output.split("TASK [Show the policy")[1]
    assert ACCESS_KEY_SECRET not in run.output
    assert {call.plane for call in simulator.calls} == set(simulator.endpoints)


def test_preflight_ends_with_one_sentence_when_nothing_can_work(simulator: Simulator, play: Play):
    wrong = {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "wrong-secret-0123456789"}
    run = start(play, PREFLIGHT, "-vvv", environ=wrong)
    assert run.code == 2 and run.results[-1]["msg"].startswith("nothing can work: SignatureDoesNotMatch: "), run.output
    assert any("not known: SignatureDoesNotMatch" in line for line in shown(run))
    assert "wrong-secret" not in run.output and "Traceback" not in run.output

    nobody = {name: "" for name in play.environ if name.startswith("ALIBABA_CLOUD_")}
    run = start(play, PREFLIGHT, environ=nobody)
    assert run.code == 2 and "no credentials" in run.results[-1]["msg"], run.output


def test_preflight_takes_the_answers_of_a_survey(play: Play):
    answers = {"preflight_data_planes": "china", "preflight_accounts": "2234567890123456\n3234567890123456"}
    run = start(play, "preflight", "-e", json.dumps(answers))
    assert run.code == 0, run.output
    assert '"Members     china: 2 answer, 0 do not",' in shown(run)


def test_verify_service_tells_what_to_set(play: Play):
    run = start(play, VERIFY, "-vvv")
    assert run.code == 0, run.output
    assert [line for line in FACTS if line not in shown(run)] == []
    assert ACCESS_KEY_SECRET not in run.output
