# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that is stopped in the middle sends nothing more, leaves its record, and is finished by the next run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ansible_runner
import pytest
from conftest import COLLECTION, OWN_PROCESS, Play, writes

from simulator import Simulator
from simulator.seed_crowd import FIRST_ID, crowd

COUNT = 120
IDS = [str(FIRST_ID + number) for number in range(COUNT)]
UNDER_WAY = 5  # calls at once, the default of max_concurrency
MARK = "OF_THE_INTERRUPTED_RUN"
# A terminal of its own: what is written to its input is typed there.
TERMINAL = (sys.executable, "-c", "import pty, sys; pty.spawn(sys.argv[1:])")
# A shell that starts a run and ends at the first line that it is sent.
SHELL = ("/bin/sh", "-c", '"$@" & read line', "sh")


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A service that takes a tenth of a second for each answer, so that some calls are always under way."""
    with Simulator(crowd(COUNT), latency=0.1) as running:
        yield running


def options_of(play: Play, **options: Any) -> dict[str, Any]:
    """What the run is asked to do: thirty batches at eight a second."""
    return {
        "endpoint": play.simulator.endpoint,
        "security_event_ids": IDS,
        "operation_code": "ignore",
        "batch_size": 4,
        "max_events": COUNT,
        "check_operations": "never",
        "result_file": str(play.folder / "result.jsonl"),
        **options,
    }


def playbook(play: Play, **options: Any) -> Path:
    path = play.folder / "interrupted.yml"
    task = {f"{COLLECTION}.handle_security_events": options_of(play, **options)}
    whole = {"hosts": "localhost", "gather_facts": False, "vars": play.variables, "tasks": [task]}
    path.write_text(json.dumps([whole]), encoding="utf-8")
    return path


@pytest.fixture
def environ(play: Play) -> Iterator[dict[str, str]]:
    """The environment of a run, with a mark by which its processes are found; none of them outlives the test."""
    marked = play.environ | {MARK: str(uuid.uuid4()), "RECORD_PATH": os.devnull}
    yield marked
    for process in parents(marked):
        os.kill(process, signal.SIGKILL)


def start(play: Play, environ: dict[str, str], *before: str, **options: Any) -> subprocess.Popen[bytes]:
    """ansible-playbook with the task; ``before`` are the words before the command."""
    command = [*before, str(Path(sys.executable).with_name("ansible-playbook")), str(playbook(play, **options))]
    return subprocess.Popen(
        command,
        cwd=play.folder,
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def parents(environ: dict[str, str]) -> dict[int, int]:
    """The processes of a run that are alive, each with its parent (proc(5))."""
    mark = f"{MARK}={environ[MARK]}".encode()
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                found[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # somebody else's, or it has just ended
    return found


def until(met: Callable[[], object], what: str) -> None:
    end = time.monotonic() + 15
    while not met():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def in_the_middle(simulator: Simulator) -> None:
    until(lambda: len(writes(simulator)) >= 6, "the run does not begin")


def type_ctrl_c(run: subprocess.Popen[bytes], _environ: dict[str, str]) -> None:
    assert run.stdin is not None
    run.stdin.write(b"\x03")
    run.stdin.flush()


def terminate(run: subprocess.Popen[bytes], _environ: dict[str, str]) -> None:
    run.terminate()


def kill(run: subprocess.Popen[bytes], _environ: dict[str, str]) -> None:
    run.kill()


def kill_the_last(_run: subprocess.Popen[bytes], environ: dict[str, str]) -> None:
    alive = parents(environ)
    (last,) = alive.keys() - alive.values()
    os.kill(last, signal.SIGKILL)


STOPS = {
    "Ctrl-C": (TERMINAL, type_ctrl_c, {}),
    "Ctrl-C, in a process of its own": (TERMINAL, type_ctrl_c, OWN_PROCESS),
    "SIGTERM": ((), terminate, {}),
    "SIGKILL": ((), kill, {}),
    "SIGKILL, in a process of its own": ((), kill, OWN_PROCESS),
    "SIGKILL of the worker": ((), kill_the_last, {}),
    "SIGKILL of the module": ((), kill_the_last, OWN_PROCESS),
}


@pytest.mark.parametrize("stop", STOPS)
def test_a_run_that_is_stopped(simulator: Simulator, play: Play, environ, stop):
    before, act, play.variables = STOPS[stop]
    with start(play, environ, *before) as run:
        in_the_middle(simulator)
        act(run, environ)
        sent = len(writes(simulator))
        until(lambda: not parents(environ), "processes are left")
    assert len(writes(simulator)) - sent <= UNDER_WAY
    assert_recorded(simulator, play)
    assert_the_next_run_finishes(simulator, play)


def test_a_kill_before_the_first_call_is_noticed(simulator: Simulator, play: Play, environ):
    """The process that starts the module outlives ansible-playbook."""
    play.variables = OWN_PROCESS
    with start(play, environ) as run:
        until(lambda: len(parents(environ)) > 2, "no module begins")
        run.kill()
        until(lambda: not parents(environ), "processes are left")
    assert writes(simulator) == []


def test_a_kill_leaves_no_process_when_the_alerts_are_many(play: Play, environ):
    """A pipe that nobody reads holds 64 KiB: the process of Ansible's that writes a longer result into it never ends."""
    many = [str(FIRST_ID + number) for number in range(400)]
    with Simulator(crowd(len(many)), latency=0.1) as simulator:
        options = {"endpoint": simulator.endpoint, "security_event_ids": many, "max_events": len(many)}
        with start(play, environ, **options) as run:
            in_the_middle(simulator)
            run.kill()
            until(lambda: not parents(environ), "processes are left")
        assert_recorded(simulator, play)


def test_a_job_that_is_cancelled(simulator: Simulator, play: Play, environ):
    """As AWX does it: by the callback that ansible-runner asks."""
    cancel = threading.Event()
    thread, runner = ansible_runner.run_async(
        private_data_dir=str(play.folder),
        playbook=str(playbook(play)),
        envvars=environ,
        cancel_callback=cancel.is_set,
        settings={"pexpect_timeout": 0.2},
        quiet=True,
    )
    in_the_middle(simulator)
    cancel.set()
    thread.join(15)
    assert runner.status == "canceled"
    sent = len(writes(simulator))
    until(lambda: not parents(environ), "processes are left")
    assert len(writes(simulator)) - sent <= UNDER_WAY
    assert_recorded(simulator, play)
    assert_the_next_run_finishes(simulator, play)


def test_the_network_is_gone_for_good(simulator: Simulator, play: Play, environ, tmp_path: Path):
    with start(play, environ, max_retries=1, timeout=1, wait_timeout=1) as run:
        in_the_middle(simulator)
        simulator.__exit__()
        until(lambda: not parents(environ), "processes are left")
    assert run.returncode == 2
    assert_recorded(simulator, play)
    words = last_words(play)
    assert words.keys() == set(IDS) and {"unknown", "failed"} <= set(words.values())
    with Simulator(simulator.state) as again:
        assert_the_next_run_finishes(again, Play(again, tmp_path))


def test_a_run_goes_on_when_the_shell_that_started_it_ends(simulator: Simulator, play: Play, environ):
    with start(play, environ, *SHELL) as shell:
        in_the_middle(simulator)
        shell.stdin.write(b"\n")
        shell.stdin.close()
        assert shell.wait(15) == 0
        assert parents(environ), "the run has ended with its shell"
        until(lambda: not parents(environ), "the run does not end")
        assert b"changed=1" in shell.stdout.read()
    assert simulator.state.handled == dict.fromkeys(IDS, 1)


def test_a_task_that_runs_in_the_background_is_not_taken_for_abandoned(simulator: Simulator, play: Play):
    task = {f"{COLLECTION}.handle_security_events": options_of(play), "async": 60, "poll": 1}
    run = play.tasks([task], environ={"ANSIBLE_ASYNC_DIR": str(play.folder / "async")})
    assert run.code == 0, run.output
    assert simulator.state.handled == dict.fromkeys(IDS, 1)


def assert_recorded(simulator: Simulator, play: Play) -> None:
    """The file holds each call before it is made and each task as it begins; and what it says is true."""
    lines = record(play)
    named = {
        one for line in lines if "action" in line for one in line.get("parameters", {}).get("SecurityEventIds", [])
    }
    handled = simulator.state.handled
    assert handled.keys() <= named
    tasks = {line["task_id"] for line in lines if "task_status" in line}
    assert len({task.id for task in simulator.state.tasks} - tasks) <= UNDER_WAY
    wrong = {
        one: outcome
        for one, outcome in last_words(play).items()
        if handled.get(one, 0) not in {"handled": [1], "unknown": [0, 1]}.get(outcome, [0])
    }
    assert wrong == {}


def record(play: Play) -> list[dict[str, Any]]:
    """The whole lines of the result file; a run that is killed may have begun another."""
    text = (play.folder / "result.jsonl").read_text(encoding="ascii")
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def last_words(play: Play) -> dict[str, str]:
    """The outcome that the last line about each alert tells."""
    return {line["security_event_id"]: line["outcome"] for line in record(play) if "outcome" in line}


def assert_the_next_run_finishes(simulator: Simulator, play: Play) -> None:
    result = play("handle_security_events", **options_of(play, requests_per_second=100))
    assert not result["failed"], result["msg"]
    assert {event["outcome"] for event in result["events"]} == {"handled", "unchanged"}
    assert last_words(play) == {event["security_event_id"]: event["outcome"] for event in result["events"]}
    assert simulator.state.handled == dict.fromkeys(IDS, 1)
