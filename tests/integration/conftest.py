# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real ansible-playbook as a person starts it, over a simulator in this process."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulator import Simulator

HERE = Path(__file__).resolve().parent
COLLECTION = "alicloud.security_center"
MODULES = sorted(path.stem for path in (HERE.parents[1] / "plugins" / "modules").glob("[!_]*.py"))
# What the person who runs the tests has set for real accounts, or for Ansible.
_PERSONAL = re.compile(r"(ALIBABA_?CLOUD|ALICLOUD|SECURITY_CENTER|ANSIBLE)_.*|.*_PROXY", re.I)


# The Python that runs Ansible, by a name that is not its own: what Ansible's worker would run gets a process.
_PYTHON = Path(sys.executable)
OWN_PROCESS = {"ansible_python_interpreter": str(_PYTHON.parent / ".." / _PYTHON.parent.name / _PYTHON.name)}


def collection_folder() -> Path:
    """Where the collection is, in a folder ``ansible_collections/alicloud/security_center``."""
    found = importlib.util.find_spec(f"ansible_collections.{COLLECTION}")
    assert found is not None and found.submodule_search_locations, "PYTHONPATH must lead to ansible_collections"
    return Path(next(iter(found.submodule_search_locations)))


@dataclass
class Run:
    """What came of one ansible-playbook: ``results`` are those of its tasks, in order, without the loops' items."""

    code: int
    output: str
    results: list[dict[str, Any]] = field(default_factory=list)

    @property
    def recap(self) -> dict[str, int]:
        """The last line that a person sees: ok=3 changed=1 …"""
        last = self.output.split("PLAY RECAP")[-1].split("\n\n")[0]
        return {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", last)}


class Play:
    """Runs tasks and playbooks against a simulator, with its key in the environment."""

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self.simulator = simulator
        self.folder = folder
        self.output = ""
        self.variables: dict[str, str] = {}
        self.environ = {name: value for name, value in os.environ.items() if not _PERSONAL.fullmatch(name)} | {
            "HOME": str(folder),
            "ALIBABA_CLOUD_ACCESS_KEY_ID": simulator.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": simulator.access_key_secret,
            "ANSIBLE_COLLECTIONS_PATH": str(collection_folder().parents[2]),
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback"),
            "ANSIBLE_CALLBACKS_ENABLED": "record",
            "ANSIBLE_PIPELINING": "true",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_NOCOWS": "true",
            "ANSIBLE_NOCOLOR": "true",
        }

    def __call__(
        self, module: str, *, check: bool = False, diff: bool = False, verbosity: int = 0, **options: Any
    ) -> dict[str, Any]:
        """The result of one task; what ansible-playbook showed is in ``output`` afterwards."""
        flags = ["--check"] * check + ["--diff"] * diff + ["-" + "v" * verbosity] * bool(verbosity)
        run = self.tasks([{f"{COLLECTION}.{module}": options}], *flags)
        assert len(run.results) == 1, run.output
        return run.results[0]

    def tasks(self, tasks: list[dict[str, Any]], *flags: str, environ: dict[str, str] | None = None) -> Run:
        """Run a list of tasks as a play."""
        play = {"hosts": "localhost", "gather_facts": False, "vars": self.variables, "tasks": tasks}
        return self.playbook([play], *flags, environ=environ)

    def playbook(
        self,
        plays: str | list[dict[str, Any]],
        *flags: str,
        environ: dict[str, str] | None = None,
        folder: Path | None = None,
    ) -> Run:
        """Run a playbook (YAML, or its plays), with the simulator as the endpoint of all modules that name none."""
        loaded = yaml.safe_load(plays) if isinstance(plays, str) else plays
        for play in loaded:
            connection = play.setdefault("module_defaults", {}).setdefault(f"group/{COLLECTION}.all", {})
            connection.setdefault("endpoint", self.simulator.endpoint)
            connection.setdefault("sts_endpoint", self.simulator.endpoint)
        path, record = self.folder / "playbook.yml", self.folder / "record.jsonl"
        # JSON is YAML; what the caller gave is not made pretty on its way.
        path.write_text(json.dumps(loaded), encoding="utf-8")
        record.unlink(missing_ok=True)
        done = subprocess.run(
            [Path(sys.executable).with_name("ansible-playbook"), *flags, path],
            cwd=folder or self.folder,
            env=self.environ | {"RECORD_PATH": str(record)} | (environ or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.output = done.stdout
        lines = record.read_text(encoding="ascii").splitlines() if record.exists() else []
        return Run(done.returncode, done.stdout, [json.loads(line) for line in lines])


@pytest.fixture(scope="session")
def running_simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture
def simulator(running_simulator: Simulator) -> Simulator:
    """The simulator as it is when nobody has called yet."""
    running_simulator.reset()
    return running_simulator


@pytest.fixture
def play(simulator: Simulator, tmp_path: Path) -> Play:
    """``play("security_event_info", limit=3)`` is the result of that task."""
    return Play(simulator, tmp_path)


@pytest.fixture(scope="session")
def documentation() -> dict[str, dict[str, Any]]:
    """What ansible-doc says of each module: doc, examples, return."""
    environ = os.environ | {"ANSIBLE_COLLECTIONS_PATH": str(collection_folder().parents[2])}
    names = [f"{COLLECTION}.{module}" for module in MODULES]
    command = [Path(sys.executable).with_name("ansible-doc"), "--json", "--type", "module", *names]
    told = subprocess.run(command, env=environ, stdout=subprocess.PIPE, text=True, check=True)
    return {name.rsplit(".", 1)[-1]: docs for name, docs in json.loads(told.stdout).items()}


def writes(simulator: Simulator) -> list[dict[str, str]]:
    """The parameters of each HandleSecurityEvents so far."""
    return [call.parameters for call in simulator.calls if call.action == "HandleSecurityEvents"]
