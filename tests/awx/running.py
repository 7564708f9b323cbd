# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts playbooks as AWX does: ansible-runner, a private data directory, credentials in the environment."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import ansible_runner
import yaml
from jinja2.sandbox import ImmutableSandboxedEnvironment

from simulator import Simulator

ROOT = Path(__file__).resolve().parents[2]
PLAN_KEY = "plan-key-of-the-tests-and-of-nobody-else"


class Unsafe(yaml.SafeDumper):
    """Writes each text with the tag !unsafe, as AWX writes what a survey asked (awx/main/utils/safe_yaml.py)."""

    def represent_data(self, data: Any) -> yaml.Node:
        return self.represent_scalar("!unsafe", data) if isinstance(data, str) else super().represent_data(data)


def injected(name: str, file: Path | None = None, **inputs: str) -> dict[str, str]:
    """What a credential of a type of the role awx puts into the environment, as AWX fills it in; ``file`` is its file."""
    text = (ROOT / "roles" / "awx" / "defaults" / "main" / "credential_types.yml").read_text(encoding="utf-8")
    [kind] = [
        one for one in yaml.safe_load(text.replace("!unsafe ", ""))["awx_credential_types"] if one["name"] == name
    ]
    assert set(kind["inputs"]["required"]) <= set(inputs) <= {field["id"] for field in kind["inputs"]["fields"]}
    environment = ImmutableSandboxedEnvironment()
    if file is not None:
        file.write_text(environment.from_string(kind["injectors"]["file"]["template"]).render(inputs), encoding="utf-8")
    known = {**inputs, "tower": {"filename": str(file)}}
    return {name: environment.from_string(value).render(known) for name, value in kind["injectors"]["env"].items()}


class Run(NamedTuple):
    """What came of a job. ``artifacts`` are what set_stats handed on; ``folder`` is its private data directory."""

    code: int
    status: str
    output: str
    events: list[dict[str, Any]]
    artifacts: dict[str, Any]
    folder: Path

    def result(self, module: str) -> dict[str, Any]:
        """The result of the last task of a module."""
        name = f"alicloud.security_center.{module}"
        found = [
            event["event_data"]["res"]
            for event in self.events
            if event["event"] in ("runner_on_ok", "runner_on_failed") and event["event_data"].get("task_action") == name
        ]
        assert found, self.output
        return found[-1]


class Jobs:
    """Jobs of an AWX that is not there, against a simulator that is. ``shared`` is the directory that all of them see."""

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self.simulator = simulator
        self.folder = folder
        self.shared = folder / "shared"
        self.shared.mkdir()
        self.count = 0

    @property
    def places(self) -> dict[str, str]:
        """The variables that the role awx gives the job templates."""
        return {
            "respond_plan_dir": str(self.shared / "plans"),
            "respond_report_dir": str(self.shared / "reports"),
            "respond_journal_file": str(self.shared / "journal.jsonl"),
        }

    @property
    def credential(self) -> dict[str, str]:
        """What a credential of the simulator's key puts into the environment."""
        key = {"access_key_id": self.simulator.access_key_id, "access_key_secret": self.simulator.access_key_secret}
        return injected("Alibaba Cloud Security Center", **key, region_id="cn-shanghai")

    def launch(
        self,
        playbook: str,
        answers: Mapping[str, Any] | None = None,
        environ: Mapping[str, str] | None = None,
        *,
        job_id: int = 0,
        places: Mapping[str, Any] | None = None,
        flags: str = "",
        cancel: Callable[[dict[str, Any]], bool] | None = None,
    ) -> Run:
        """Start a job of a template of the role awx, with ``answers`` to its survey.

        ``places`` are further variables of the template; ``cancel`` says at which event somebody cancels the job.
        """
        self.count += 1
        number = job_id or 900 + self.count
        environ = {"JOB_ID": str(number), "AWX_HOST": "https://awx.example.com", **self.credential, **(environ or {})}
        text = (ROOT / "playbooks" / f"{playbook}.yml").read_text(encoding="utf-8")
        trusted = {**self.places, **(places or {}), "awx_job_id": number}
        return self._run(text, trusted, answers or {}, environ, flags, cancel)

    def play(self, playbook: str, variables: Mapping[str, Any], environ: Mapping[str, str], flags: str = "") -> Run:
        """Run a playbook of a test, as a person would."""
        self.count += 1
        return self._run(playbook, variables, {}, environ, flags)

    def _run(
        self,
        playbook: str,
        trusted: Mapping[str, Any],
        answers: Mapping[str, Any],
        environ: Mapping[str, str],
        flags: str,
        cancel: Callable[[dict[str, Any]], bool] | None = None,
    ) -> Run:
        private = self.folder / f"awx_{self.count}"
        for part in ("env", "inventory", "project", "home"):
            (private / part).mkdir(parents=True)
        plays = yaml.safe_load(playbook)
        for play in plays:
            # The one thing that is not as in AWX: where the service is.
            play["module_defaults"] = {"group/alicloud.security_center.all": {"endpoint": self.simulator.endpoint}}
        (private / "project" / "play.yml").write_text(yaml.safe_dump(plays), encoding="utf-8")
        files = ROOT / "playbooks" / "files"
        if files.exists():
            (private / "project" / "files").symlink_to(files)
        (private / "inventory" / "hosts").write_text(
            'localhost ansible_connection=local ansible_python_interpreter="{{ ansible_playbook_python }}"\n',
            encoding="utf-8",
        )
        unsafe = yaml.dump(dict(answers), Dumper=Unsafe) if answers else ""
        (private / "env" / "extravars").write_text(yaml.safe_dump(dict(trusted)) + unsafe, encoding="utf-8")
        kept = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "ANSIBLE_COLLECTIONS_PATH")
        whole = {name: os.environ[name] for name in kept if name in os.environ} | {
            "HOME": str(private / "home"),
            "AWX_PRIVATE_DATA_DIR": str(private),
            "ANSIBLE_RETRY_FILES_ENABLED": "False",
            "ANSIBLE_NOCOLOR": "true",
            "ANSIBLE_PIPELINING": "true",
            **environ,
        }
        events: list[dict[str, Any]] = []
        stop = threading.Event()

        def handle(event: dict[str, Any]) -> bool:
            events.append(event)
            if cancel is not None and cancel(event):
                stop.set()
            return True

        done = ansible_runner.run(
            private_data_dir=str(private),
            playbook="play.yml",
            envvars=whole,
            cmdline=flags,
            quiet=True,
            event_handler=handle,
            cancel_callback=stop.is_set,
            settings={"suppress_ansible_output": True},
            suppress_env_files=True,
        )
        output = re.sub("\x1b\\[[0-9;]*m", "", (Path(done.config.artifact_dir) / "stdout").read_text(encoding="utf-8"))
        stats = [
            event["event_data"].get("artifact_data", {}) for event in events if event["event"] == "playbook_on_stats"
        ]
        return Run(done.rc, done.status, output, events, stats[-1] if stats else {}, private)


def texts_of(folder: Path) -> str:
    """All that a job left behind, but what ansible-runner writes down of its own environment."""
    texts = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.name != "command":
            texts.append(path.read_text(encoding="utf-8", errors="replace"))
    return json.dumps(texts)
