# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running what is measured, and what it took: a simulator in a process of its own, playbooks, scripts."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

import requests

from simulator.clients import Wire
from simulator.seed_crowd import FIRST_ID

HERE = Path(__file__).resolve().parent
COLLECTION = "alicloud.security_center"
BATCH = 20
PAGE = 100
# What every benchmark but that of one alert runs against.
QUOTA = 10
LATENCY = 0.05
PACE = ("--latency", str(LATENCY), "--quota", str(QUOTA))

Task = dict[str, Any]


@dataclass(frozen=True)
class Took:
    """What a command took with all that it started; what its tasks returned, and the bytes of the last result.

    ``seconds`` are by the clock, ``cpu`` those of the processors. ``peak_mb`` is that of the largest module process,
    or of the script's own; 0 when it was not asked for.
    """

    seconds: float
    cpu: float
    peak_mb: float
    results: list[dict[str, Any]]
    result_bytes: int


@dataclass(frozen=True)
class Service:
    """A running simulator: how to reach it, and what it knows."""

    environ: dict[str, str]

    @property
    def endpoint(self) -> str:
        return self.environ["SIMULATOR_ENDPOINT"]

    @property
    def ca_path(self) -> str | None:
        """The file with its certificate authority, when it speaks TLS."""
        return self.environ.get("SIMULATOR_CA_PATH")

    @property
    def connection(self) -> dict[str, str]:
        """The options of a module that reaches it."""
        return {
            "endpoint": self.endpoint,
            "access_key_id": self.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
            "access_key_secret": self.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        } | ({"ca_path": self.ca_path} if self.ca_path else {})

    def reset(self) -> None:
        """Begin again, with the seed."""
        self._ask("POST", "reset")

    def calls(self) -> Counter[str]:
        """The calls so far: how many of each action, and how many were throttled (as "throttled")."""
        seen = self._ask("GET", "calls")
        count = Counter(call["action"] for call in seen)
        if throttled := sum(call["code"].startswith("Throttling") for call in seen):
            count["throttled"] = throttled
        return count

    def handled_once(self) -> int:
        """How many alerts were handled exactly once; RuntimeError when one was handled more often."""
        times = Counter(self._ask("GET", "handled").values())
        if set(times) - {1}:
            raise RuntimeError(f"handled more than once: {times}")
        return times[1]

    def _ask(self, method: str, path: str) -> Any:
        url = f"{self.endpoint}/_simulator/{path}"
        answer = requests.request(method, url, timeout=60, verify=self.ca_path or True)
        answer.raise_for_status()
        return answer.json()


@dataclass(frozen=True)
class Hosts:
    """The hosts of an inventory plugin: the name and text of its file, and on how many a task runs at once."""

    file: str
    options: dict[str, Any]
    forks: int

    def flags(self, folder: Path) -> tuple[str, ...]:
        """Those of ansible-playbook; the file is written into ``folder``."""
        path = folder / self.file
        path.write_text(json.dumps(self.options), encoding="utf-8")
        return ("--inventory", str(path), "--forks", str(self.forks))


@contextlib.contextmanager
def simulator(*options: str) -> Iterator[Service]:
    """A simulator in a process of its own, which takes no time from the harness."""
    command = [sys.executable, "-m", "simulator", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Service(_told_environ(process.stdout))
        finally:
            process.terminate()


def _told_environ(lines: IO[str] | None) -> dict[str, str]:
    environ: dict[str, str] = {}
    for line in lines or ():
        if "Ctrl-C" in line:
            return environ
        environ |= dict(re.findall(r"export (\w+)=(.*)", line))
    raise RuntimeError("the simulator did not start")


def play(tasks: list[Task], *, hosts: Hosts | None = None, peak: bool = False) -> Took:
    """Run tasks as a playbook, everything as Ansible ships it; ``peak`` measures the memory of the modules too.

    They run on localhost, unless ``hosts`` are given.
    """
    with tempfile.TemporaryDirectory() as folder:
        playbook, record, peaks = (Path(folder, name) for name in ("playbook.yml", "record", "peaks"))
        the_play = {
            "hosts": "all" if hosts else "localhost",
            "gather_facts": False,
            "vars": {} if hosts else {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
            "environment": _peak_environ(peaks) if peak else {},
            "tasks": tasks,
        }
        playbook.write_text(json.dumps([the_play]), encoding="utf-8")
        environ = {
            "ANSIBLE_LIBRARY": str(HERE / "library"),
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE.parent / "integration" / "callback"),
            "ANSIBLE_CALLBACKS_ENABLED": "record",
            "RECORD_PATH": str(record),
        }
        flags = hosts.flags(Path(folder)) if hosts else ()
        seconds, cpu = _run([str(Path(sys.executable).with_name("ansible-playbook")), *flags, str(playbook)], environ)
        lines = record.read_text(encoding="ascii").splitlines() if record.exists() else []
        size = len(lines[-1]) if lines else 0
        return Took(seconds, cpu, _peak(peaks), [json.loads(line) for line in lines], size)


def ansible_inventory(path: Path, *flags: str, plugin: str = "auto") -> Took:
    """Run ansible-inventory on a file that ``plugin`` reads."""
    command = [str(Path(sys.executable).with_name("ansible-inventory")), "--inventory", str(path), *flags]
    environ = {
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
        "ANSIBLE_INVENTORY_ENABLED": plugin,
        "ANSIBLE_INVENTORY_PLUGINS": str(HERE / "inventory_plugins"),
    }
    seconds, cpu = _run(command, environ)
    return Took(seconds, cpu, 0, [], 0)


def script(name: str, *arguments: str, environ: dict[str, str]) -> Took:
    """Run a Python script of this folder."""
    with tempfile.TemporaryDirectory() as folder:
        peaks = Path(folder, "peaks")
        command = [sys.executable, str(HERE / name), *arguments]
        seconds, cpu = _run(command, environ | _peak_environ(peaks))
        return Took(seconds, cpu, _peak(peaks), [], 0)


def _run(command: list[str], environ: dict[str, str]) -> tuple[float, float]:
    """Run to the end; seconds by the clock and of the processors. RuntimeError, with the output, when it fails."""
    with tempfile.TemporaryFile() as output:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, env=os.environ | environ, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        _pid, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            told = output.read().decode("utf-8", "replace")
            raise RuntimeError(f"{command[0]} ended with {process.returncode}:\n{told[:2000]}\n…\n{told[-2000:]}")
    return seconds, usage.ru_utime + usage.ru_stime


def _peak_environ(peaks: Path) -> dict[str, str]:
    return {"PYTHONPATH": str(HERE / "peak"), "PEAK_FILE": str(peaks)}


def _peak(peaks: Path) -> float:
    return max(map(int, peaks.read_text(encoding="ascii").split())) / 1024 if peaks.exists() else 0.0


def crowd_ids(count: int) -> list[str]:
    """The events of a simulator that begins with a crowd."""
    return [str(FIRST_ID + number) for number in range(count)]


def batches(ids: list[str]) -> list[list[str]]:
    """The events as one call each can carry them."""
    return [ids[first : first + BATCH] for first in range(0, len(ids), BATCH)]


def uri_task(service: Service, every: list[list[str]]) -> Task:
    """One task of ansible.builtin.uri that handles these batches in a loop, by calls that are signed beforehand."""
    calls = [_signed(service, batch) for batch in every]
    options = {"url": "{{ item.url }}", "method": "POST", "headers": "{{ item.headers }}"}
    return {
        "ansible.builtin.uri": options | ({"ca_path": service.ca_path} if service.ca_path else {}),
        "loop": [{"url": call.url, "headers": dict(call.headers)} for call in calls],
    }


def _signed(service: Service, batch: list[str]) -> requests.PreparedRequest:
    named = {f"SecurityEventIds.{place}": event_id for place, event_id in enumerate(batch, start=1)}
    wire = Wire(SimpleNamespace(**service.connection), requests.Session())
    return wire.prepare("HandleSecurityEvents", {"OperationCode": "ignore"} | named)


def told_calls(calls: Counter[str]) -> str:
    """The calls by action, as a line of text with a short word for each."""
    return ", ".join(f"{count} {_SHORT.get(action, action)}" for action, count in sorted(calls.items()))


_SHORT = {
    "DescribeCloudCenterInstances": "servers",
    "DescribeSuspEvents": "list",
    "DescribeSecurityEventOperations": "offers",
    "DescribeSecurityEventOperationStatus": "status",
    "HandleSecurityEvents": "handle",
}
