# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role respond: a policy in, a plan, exactly that carried out, and a report; whatever comes between."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import COLLECTION, HERE, Play, Run, writes
from corpus import PRODUCT
from leaks import leaks
from test_hostile import Attack
from test_interrupted import MARK, TERMINAL, in_the_middle, parents, type_ctrl_c, until

from ansible_collections.alicloud.security_center.plugins.module_utils._module import GUARD_RAIL_OPTIONS
from simulator import Simulator
from simulator.seed_crowd import FIRST_ID, crowd

ROLE = f"{COLLECTION}.respond"
# What one task of the role tells another.
INNER = {"respond_result", "respond_report_journal", "respond_report_elsewhere"}
FOLDER = HERE.parents[1] / "roles" / "respond"
KEY = {"SECURITY_CENTER_PLAN_KEY": "k3y/of+Zq8rT2vX5yB7nM0wLs4"}
MINERS = {
    "name": "quarantine miners",
    "match": {"levels": ["serious"], "name_regex": "(?i)mining"},
    "operation_code": "kill_and_quara",
    "operation_params": {"sub_operation": "killAndQuaraFileByMd5andPath"},
}
GUESSERS = {
    "name": "block who guessed a password",
    "match": {"levels": ["serious"], "event_types": ["Unusual Logon"]},
    "operation_code": "block_ip",
    "operation_params": {"expire_in": "6h"},
    "approval": "required",
}
PLAN_ID = "20261122T090000Z-1a2b3c4d"
ALL_OF_THEM = {"name": "all of them", "match": {"levels": ["suspicious", "serious"]}, "operation_code": "ignore"}


def plays(tasks_from: str = "main.yml", **variables: Any) -> list[dict[str, Any]]:
    """A play with the role; ``policy="…"`` sets respond_policy."""
    given = {f"respond_{name}": value for name, value in variables.items()}
    role = {"include_role": {"name": ROLE, "tasks_from": tasks_from}, "vars": given}
    defaults = {f"group/{COLLECTION}.all": {"requests_per_second": 1000}}
    return [{"hosts": "localhost", "gather_facts": False, "module_defaults": defaults, "tasks": [role]}]


def respond(play: Play, *flags: str, environ: dict[str, str] | None = None, **variables: Any) -> Run:
    return play.playbook(plays(**variables), *flags, environ=environ)


def left(run: Run) -> dict[str, Any]:
    """What the role left for its caller."""
    return [facts["respond_result"] for facts in _facts(run) if "respond_result" in facts][-1]


def _facts(run: Run) -> list[dict[str, Any]]:
    return [result.get("ansible_facts") or {} for result in run.results]


def that(run: Run) -> dict[str, str]:
    """The plan that a run made, as variables of the next one."""
    plan = left(run)["plan"]
    return {"plan_id": plan["plan_id"], "plan_digest": plan["digest"]}


def sentence(run: Run) -> str:
    """Why the apply, or the plan, failed."""
    assert run.code == 2, run.output
    return next(result["msg"] for result in run.results if result["failed"])


def journal(play: Play) -> list[dict[str, Any]]:
    text = (play.folder / "security-center" / "journal.jsonl").read_text(encoding="ascii")
    return [json.loads(line) for line in text.splitlines()]


def arguments(step: str) -> dict[str, Any]:
    """What a step of the role gives to its module."""
    tasks = yaml.safe_load((FOLDER / "tasks" / f"{step}.yml").read_text(encoding="utf-8"))
    flat = [inner for task in tasks for inner in task.get("block", [task])]
    return next(task[name] for task in flat for name in task if name.startswith(f"{COLLECTION}.security_event_"))


@pytest.mark.parametrize("step", ["plan", "apply", "report"])
def test_every_variable_of_a_step_is_documented_and_handed_on(step: str):
    """A guard rail that is not handed on would not hold."""
    given = arguments(step)
    specs = yaml.safe_load((FOLDER / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    used = set(re.findall(r"\brespond_\w+", " ".join(given.values()))) - INNER
    assert specs[step]["options"].keys() == used
    if step != "report":
        assert {name: given[name] for name in GUARD_RAIL_OPTIONS} == {
            name: f"{{{{ respond_{name} | default(omit) }}}}" for name in GUARD_RAIL_OPTIONS
        }
        assert specs["main"]["options"].keys() >= used - {
            "respond_plan_id",
            "respond_plan_digest",
            "respond_plan_packed",
        }


def test_out_of_the_box_it_only_plans(simulator: Simulator, play: Play):
    run = respond(play, policy=[MINERS])
    assert run.code == 0, run.output
    assert writes(simulator) == [] and "applied" not in left(run)
    page = Path(left(run)["files"]["html"])
    assert str(page) in run.output and "quarantine miners" in page.read_text(encoding="utf-8")
    assert "WARNING" not in run.output.replace("[WARNING]: operation_code kill_and_quara can't be taken back whole", "")


def test_a_list_of_servers_that_came_out_empty_is_not_all_servers(play: Play):
    assert "uuids is empty" in sentence(respond(play, policy=[MINERS], uuids="{{ [] }}"))
    run = respond(play, policy=[MINERS], uuids="", levels="{{ none }}", security_event_ids="")
    assert run.code == 0 and left(run)["planned"]["matched"] == 1, run.output


def test_a_plan_is_carried_out_once(simulator: Simulator, play: Play):
    run = respond(play, policy=[MINERS], apply=True)
    assert run.code == 0, run.output
    assert simulator.state.handled == {"10001": 1}
    assert left(run)["applied"]["handled"] == 1 and left(run)["disagreements"] == 0
    again = respond(play, tasks_from="apply.yml", **that(run))
    assert again.code == 0 and again.recap["changed"] == 0, again.output
    assert left(again)["applied"]["unchanged"] == 1 and simulator.state.handled == {"10001": 1}
    anew = respond(play, policy=[MINERS], apply=True)
    assert anew.code == 0 and left(anew)["planned"]["matched"] == 0, anew.output


def test_a_journal_may_be_named_without_a_directory(play: Play):
    run = respond(play, policy=[MINERS], apply=True, journal_file="journal.jsonl")
    assert run.code == 0 and left(run)["applied"]["handled"] == 1, run.output
    assert (play.folder / "journal.jsonl").is_file()


def test_a_plan_travels_packed_where_jobs_share_no_directory(simulator: Simulator, play: Play):
    planned = respond(play, tasks_from="plan.yml", policy=[MINERS], pack_plan=True)
    packed = next(facts["respond_plan_packed"] for facts in _facts(planned) if "respond_plan_packed" in facts)
    assert packed not in planned.output and "packed" not in left(planned)["plan"]
    Path(left(planned)["plan"]["plan_file"]).unlink()
    applied = respond(play, tasks_from="apply.yml", plan_packed=packed, plan_digest=left(planned)["plan"]["digest"])
    assert applied.code == 0 and simulator.state.handled == {"10001": 1}, applied.output
    reported = respond(play, tasks_from="report.yml", plan_packed=packed)
    assert reported.code == 0 and left(reported)["disagreements"] == 0, reported.output
    assert "quarantine miners" in Path(left(reported)["files"]["html"]).read_text(encoding="utf-8")


def test_what_needs_approval_is_left_until_a_second_person_approves(simulator: Simulator, play: Play):
    run = respond(play, policy=[MINERS, GUESSERS], apply=True, environ=KEY)
    assert run.code == 0 and left(run)["applied"] | {"handled": 1, "planned": 1} == left(run)["applied"], run.output
    approval = {"approved_rules": [GUESSERS["name"]], "approved_by": "grace"}
    for wrong, why in (
        ({**approval, "approved_rules": [MINERS["name"]]}, "that need approval are: block who guessed a password"),
        ({**approval, "approved_by": ""}, "approved_by is missing"),
    ):
        assert why in sentence(respond(play, tasks_from="apply.yml", **that(run), **wrong, environ=KEY))
    assert simulator.state.handled == {"10001": 1}
    done = respond(play, tasks_from="apply.yml", **that(run), **approval, environ=KEY)
    assert done.code == 0 and simulator.state.handled == {"10001": 1, "10003": 1}, done.output
    assert journal(play)[-1]["approved_by"] == "grace"


def test_a_failure_is_reported_and_fails_the_role(simulator: Simulator, play: Play):
    shells = {"name": "end shells", "match": {"name_regex": "Reverse shell"}, "operation_code": "kill_process"}
    run = respond(play, policy=[shells, MINERS], apply=True)
    assert "kill_process.ProcessNotExist" in sentence(run)
    assert left(run)["applied"] | {"handled": 1, "failed": 1} == left(run)["applied"]
    report = json.loads(Path(left(run)["files"]["json"]).read_text(encoding="utf-8"))
    assert "kill_process.ProcessNotExist" in json.dumps(report)


def test_a_policy_with_ten_mistakes_prints_ten_lines(simulator: Simulator, play: Play):
    mistakes = [
        {"match": {"levels": ["serious"]}, "operation_code": "ignore"},
        {**MINERS, "name": "unknown key", "comment": "none"},
        {**MINERS, "name": "no match", "match": {}},
        {**MINERS, "name": "level", "match": {"levels": ["sirious"]}},
        {**MINERS, "name": "expression", "match": {"name_regex": "("}},
        {**MINERS, "name": "duration", "match": {"min_age": "soon"}},
        {**MINERS, "name": "operation", "operation_code": "kill_all"},
        {**MINERS, "name": "parameter", "operation_params": {"sub_operation": "none such"}},
        {**MINERS, "name": "approval", "approval": "maybe"},
        {**MINERS, "name": "fallback", "fallback_operations": ["quaro"]},
    ]
    run = respond(play, policy=mistakes, apply=True)
    lines = sentence(run).splitlines()
    assert len(lines) == 10, lines
    assert [line.split("]", 1)[0] for line in lines] == [f"policy[{number}" for number in range(10)]
    assert simulator.calls == []


def test_check_mode_writes_nothing(simulator: Simulator, play: Play):
    run = respond(play, "--check", policy=[MINERS], apply=True)
    assert run.code == 0 and "nothing to apply" in run.output, run.output
    assert writes(simulator) == [] and not (play.folder / "security-center").exists()
    assert left(run)["planned"]["planned"] == 1
    planned = respond(play, policy=[MINERS])
    checked = respond(play, "--check", tasks_from="apply.yml", **that(planned))
    assert checked.code == 0 and left(checked)["applied"]["planned"] == 1, checked.output
    assert writes(simulator) == [] and not (play.folder / "security-center" / "journal.jsonl").exists()


@pytest.mark.parametrize("left_over", [f"respond_plan_id={PLAN_ID}", f"respond_plan_digest={'0' * 64}"])
def test_a_plan_that_is_named_is_not_replaced_by_another(left_over: str, simulator: Simulator, play: Play):
    run = respond(play, "-e", left_over, policy=[MINERS], apply=True)
    assert "tasks_from" in sentence(run) and simulator.calls == []


def edit(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace("kill_and_quara", "kill_process"), encoding="utf-8")


def wait(_path: Path) -> None:
    time.sleep(1)


def leave(_path: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("act", "key", "why"),
    [
        (edit, KEY, "edited"),
        (wait, KEY, "valid until"),
        (leave, {"SECURITY_CENTER_PLAN_KEY": "the key of somebody else"}, "another key"),
    ],
    ids=["edited", "expired", "of another key"],
)
def test_a_plan_that_is_not_to_be_believed_is_refused_whole(act, key, why, simulator: Simulator, play: Play):
    planned = respond(play, policy=[MINERS], plan_valid_for="1s" if act is wait else "1h", environ=KEY)
    act(Path(left(planned)["plan"]["plan_file"]))
    run = respond(
        play,
        tasks_from="apply.yml",
        plan_id=that(planned)["plan_id"],
        environ=key,
        plan_digest=that(planned)["plan_digest"],
    )
    assert why in sentence(run)
    assert writes(simulator) == []


def test_what_attackers_wrote_passes_through_all_steps_as_data(simulator: Simulator, play: Play, tmp_path: Path):
    attack = Attack(simulator, tmp_path / "canary")
    run = respond(play, "-vvvv", "--diff", policy=[ALL_OF_THEM], apply=True, max_events=1000, environ=KEY)
    assert run.code == 0, run.output[-3000:]
    assert simulator.state.handled == dict.fromkeys(attack.texts, 1)
    assert not attack.canary.exists()
    told = left(run)
    files = [*told["files"].values(), told["plan"]["plan_file"], play.folder / "security-center" / "journal.jsonl"]
    for text in (run.output, *(Path(file).read_text(encoding="utf-8") for file in files)):
        assert PRODUCT not in text and "Traceback" not in text and "\x1b" not in text
        for secret in (simulator.access_key_secret, *KEY.values()):
            assert leaks(secret, text) == []
    assert told.keys() == {"plan", "planned", "applied", "files", "disagreements"}
    assert all(text not in json.dumps(told) for text in attack.short.values() if len(text) > 20)


def test_ctrl_c_and_again_finishes_the_rest(tmp_path: Path):
    ids = [str(FIRST_ID + number) for number in range(400)]
    state = crowd(len(ids))
    for alert in state.alerts:  # of one server, so that what it offers is soon asked
        alert.uuid = state.alerts[0].uuid
    with Simulator(state, latency=0.1) as simulator:
        play = Play(simulator, tmp_path)
        environ = play.environ | {MARK: str(uuid.uuid4()), "RECORD_PATH": os.devnull}
        planned = respond(play, policy=[ALL_OF_THEM], max_events=len(ids))
        (document,) = plays("apply.yml", **that(planned), max_events=len(ids))
        document["module_defaults"] = {f"group/{COLLECTION}.all": {"endpoint": simulator.endpoint}}
        path = tmp_path / "interrupted.yml"
        path.write_text(json.dumps([document]), encoding="utf-8")
        command = [*TERMINAL, str(Path(sys.executable).with_name("ansible-playbook")), str(path)]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
        with subprocess.Popen(command, cwd=tmp_path, env=environ, start_new_session=True, **pipes) as run:
            try:
                in_the_middle(simulator)
                type_ctrl_c(run, environ)
                until(lambda: not parents(environ), "processes are left")
            finally:
                for process in parents(environ):
                    os.kill(process, signal.SIGKILL)
        assert 0 < len(simulator.state.handled) < len(ids)
        again = respond(play, tasks_from="apply.yml", **that(planned), max_events=len(ids))
        assert again.code == 0, again.output[-3000:]
        assert simulator.state.handled == dict.fromkeys(ids, 1)
