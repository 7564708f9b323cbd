# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets through whole playbooks, in success and in every kind of failure: nowhere in what is shown or written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import ansible_runner
import pytest
from conftest import COLLECTION, OWN_PROCESS, Play, collection_folder
from leaks import forms, leaks, leaks_of_files, texts

from simulator import Simulator
from simulator.seed_accounts import OWN_ACCOUNT
from simulator.state import Key

INFO = f"{COLLECTION}.security_event_info"
OFFERS = f"{COLLECTION}.security_event_operation_info"
TASK = f"{COLLECTION}.security_event_task_info"
HANDLE = f"{COLLECTION}.handle_security_events"

KEY_ID = "STS.HostileKey0001"
SECRET = "S3cr3t/Of+The=Key&\"'\\%41<Hush>$~"
TOKEN = "T0ken/Of+The=Key&\"'\\%42<Quiet>$~" + "longer" * 20
PASSWORD = "Pa55word/Of+The=Proxy&%43$~"
WRONG = SECRET[::-1]
SECRETS = [SECRET, TOKEN, PASSWORD, WRONG]
PROXY = f"http://someone:{quote(PASSWORD, safe='')}@127.0.0.1:9"

_PARTS = ("access_key_id", "access_key_secret", "security_token")
_NEW = ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN")
_OLD = ("ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY", "ALICLOUD_SECURITY_TOKEN")
SOURCES = {"options": _PARTS, "newer variables": _NEW, "older variables": _OLD}


@pytest.fixture(scope="module")
def https() -> Iterator[Simulator]:
    with Simulator(tls=True) as running:
        yield running


@pytest.fixture(scope="module")
def quoting() -> Iterator[Simulator]:
    """It refuses every call, and quotes what it got, in whatever form."""
    told = ", ".join(form for secret in (SECRET, TOKEN) for form in forms(secret).values())
    with Simulator() as running:
        running.fail("*", times=1000, how="error", http_status=400, code="SignatureDoesNotMatch", message=told)
        yield running


@pytest.fixture
def simulator(simulator: Simulator) -> Simulator:
    """The simulator knows these keys."""
    simulator.state.keys.append(Key(KEY_ID, SECRET, OWN_ACCOUNT, token=TOKEN))
    return simulator


class Secretive:
    """Runs tasks at -vvvv, with all that Ansible can write down, and looks for secrets in all of it."""

    def __init__(self, play: Play) -> None:
        self.play = play
        play.environ |= dict.fromkeys(_NEW + _OLD, "") | {
            "HTTPS_PROXY": PROXY,
            "ANSIBLE_LOG_PATH": str(play.folder / "ansible.log"),
            "ANSIBLE_DISPLAY_TRACEBACK": "always",
            "ANSIBLE_KEEP_REMOTE_FILES": "true",
            "ANSIBLE_REMOTE_TEMP": str(play.folder / "remote"),
            "ANSIBLE_LOCAL_TEMP": str(play.folder / "local"),
        }

    def __call__(self, tasks: list[dict[str, Any]], environ: dict[str, str]) -> list[dict[str, Any]]:
        """The results of the tasks, in which no secret is."""
        tasks = [{"ignore_errors": True, **task} for task in tasks]
        run = self.play.tasks(tasks, "-vvvv", "--diff", environ=environ)
        assert len(run.results) == len(tasks), run.output
        for secret in SECRETS:
            assert not leaks(secret, run.output)
            assert not leaks(secret, "\n".join(texts(run.results)))
        assert (self.play.folder / "ansible.log").stat().st_size > len(tasks) * 1000
        # Ours are the log, the results, the result file. The playbook is the user's; and whoever has Ansible keep its
        # files has it keep the arguments of modules.
        assert not leaks_of_files(SECRETS, self.play.folder, besides=("playbook.yml", "*/remote/*/*"))
        return run.results


@pytest.fixture
def secretive(play: Play) -> Secretive:
    return Secretive(play)


def given(source: str, values: tuple[Any, ...] = (KEY_ID, SECRET, TOKEN)) -> tuple[dict[str, Any], dict[str, str]]:
    """The credentials as options and as an environment, one of which is empty."""
    named = dict(zip(SOURCES[source], values, strict=True))
    return (named, {}) if source == "options" else ({}, named)


def one_of_each(options: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    """A task of each module."""
    ids = {"security_event_ids": ["10001"], **options}
    return [
        {INFO: {"details": True, **ids}},
        {OFFERS: {"security_event_id": "10001", **options}},
        {TASK: {"task_id": "15411", **ids}},
        {HANDLE: {"operation_code": "ignore", "result_file": str(folder / "result.jsonl"), **ids}},
    ]


@pytest.mark.parametrize("source", SOURCES)
def test_no_secret_is_shown_in_success_or_in_failure(
    source: str, secretive: Secretive, quoting: Simulator, https: Simulator, tmp_path: Path
):
    options, environ = given(source)
    secretive.play.variables = OWN_PROCESS if source == "options" else {}
    *infos, task, handle = one_of_each(options, tmp_path)
    once = {"max_retries": 0, **options}
    offers = {"security_event_id": "10001", "endpoint": https.endpoint, **once}
    tasks = [
        *infos, handle, task,
        *one_of_each({"endpoint": quoting.endpoint, **once}, tmp_path),
        one_of_each({"endpoint": "http://127.0.0.1:9", **once}, tmp_path)[-1],
        {OFFERS: offers},
        {OFFERS: offers, "environment": {"NO_PROXY": "127.0.0.1"}},
    ]  # fmt: skip
    results = secretive(tasks, environ)
    assert [result["failed"] for result in results] == [False] * 4 + [True] * 7
    assert (tmp_path / "result.jsonl").exists()
    reasons = ["SignatureDoesNotMatch"] * 4 + ["can't be reached", "proxy", "certificate"]
    for reason, result in zip(reasons, results[4:], strict=True):
        assert reason in json.dumps(result["error"]) and not result.get("changed"), result


def test_no_secret_is_shown_when_it_is_wrong(secretive: Secretive, tmp_path: Path):
    """The service's own error quotes the request that it could not verify, with the token in it."""
    results = secretive(one_of_each({}, tmp_path), given("newer variables", (KEY_ID, WRONG, TOKEN))[1])
    assert [result["error"]["code"] for result in results] == ["SignatureDoesNotMatch"] * 4
    assert all("x-acs-security-token:***" in result["error"]["message"] for result in results), results


# Breaks a call of the client with an exception that knows every secret.
BREAK = """

class _Broken(OpenApiClient):
    def call(self, action, *arguments, **more):
        if action != BREAKS_AT and BREAKS_AT:
            return super().call(action, *arguments, **more)
        keys = self.source.current()
        raise RuntimeError(f"secret {keys.access_key_secret}, token {keys.security_token}")


OpenApiClient = _Broken
"""


def broken_collection(folder: Path, breaks_at: str) -> Path:
    """A copy of the collection whose calls of one action, or all ("") end in a bug; where ansible finds it."""
    copy = folder / "ansible_collections" / "alicloud" / "security_center"
    for part in ("plugins", "meta"):
        shutil.copytree(collection_folder() / part, copy / part)
    shutil.copy(collection_folder() / "galaxy.yml", copy)
    client = copy / "plugins" / "module_utils" / "_openapi" / "client.py"
    client.write_text(
        client.read_text(encoding="utf-8") + BREAK.replace("BREAKS_AT", repr(breaks_at)), encoding="utf-8"
    )
    return folder


@pytest.mark.parametrize("breaks_at", ["", "HandleSecurityEvents"])
def test_no_secret_is_shown_by_a_bug(breaks_at: str, secretive: Secretive, tmp_path: Path):
    """A traceback shows what the exception says."""
    path = broken_collection(tmp_path / "broken", breaks_at)
    tasks = one_of_each({}, tmp_path)
    environ = dict(zip(_NEW, (KEY_ID, SECRET, TOKEN), strict=True)) | {"ANSIBLE_COLLECTIONS_PATH": str(path)}
    results = secretive(tasks if not breaks_at else tasks[-1:], environ)
    for result in results:
        assert result["failed"] and "RuntimeError" in json.dumps(result), result


@pytest.mark.parametrize("injected", ["environment", "extra variables"])
def test_no_secret_is_in_the_artifacts_of_a_job(injected: str, play: Play, simulator: Simulator, tmp_path: Path):
    """As AWX runs it: ansible-runner, with the credential in the environment or in a file of extra variables."""
    named = dict(zip(_PARTS if injected == "extra variables" else _OLD, (KEY_ID, SECRET, TOKEN), strict=True))
    options = {name: f"{{{{ {name} }}}}" for name in named} if injected == "extra variables" else {}
    wrong = {"access_key_id": KEY_ID, "access_key_secret": WRONG, "security_token": TOKEN}
    info, *_others, handle = one_of_each({"endpoint": simulator.endpoint, **options}, tmp_path)
    *_others, failing = one_of_each({"endpoint": simulator.endpoint, **wrong}, tmp_path)
    tasks = [info, handle, failing]
    facts = {"set_fact": {"told": "{{ result }}", "cacheable": True}}
    tasks = [step for task in tasks for step in ({"ignore_errors": True, "register": "result", **task}, facts)]
    environ = play.environ | dict.fromkeys(_NEW, "")
    del environ["ANSIBLE_CALLBACKS_ENABLED"]
    files = {
        "project/playbook.yml": [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}],
        "env/envvars": environ | (named if injected == "environment" else {}),
        "env/extravars": named if injected == "extra variables" else {},
    }
    for name, content in files.items():
        path = tmp_path / "job" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")
    job = ansible_runner.run(
        private_data_dir=str(tmp_path / "job"), playbook="playbook.yml", inventory="localhost,", verbosity=4, quiet=True
    )
    assert job.stats is not None and job.stats["ignored"] == {"localhost": 1}, job.stdout.read()
    artifacts = tmp_path / "job" / "artifacts"
    assert len(list(artifacts.rglob("job_events/*.json"))) > 30 and list(artifacts.rglob("fact_cache/*localhost"))
    # That file of ansible-runner is the command that it ran, with its whole environment in plain text, by design.
    (command,) = artifacts.rglob("command")
    ran = json.loads(command.read_text(encoding="utf-8"))
    del ran["env"]
    command.write_text(json.dumps(ran), encoding="utf-8")
    assert not leaks_of_files(SECRETS, tmp_path, besides=("job/env/*", "job/project/*"))


@pytest.mark.parametrize("where", [".netrc", "NETRC"])
def test_a_netrc_file_changes_nothing(where: str, play: Play, https: Simulator, tmp_path: Path):
    """The simulator verifies the signature; requests would put another Authorization header in its place."""
    netrc = tmp_path / (where if where == ".netrc" else "elsewhere")
    netrc.write_text("machine 127.0.0.1 login someone password else\ndefault login someone password else\n")
    netrc.chmod(0o600)
    environ = {"NETRC": str(netrc)} if where == "NETRC" else {}
    https.reset()
    connection = {"endpoint": https.endpoint, "ca_path": https.ca_path}
    run = play.tasks([{OFFERS: {"security_event_id": "10001", **connection}}], environ=environ)
    assert run.code == 0, run.output
    assert [call.code for call in https.calls] == [""]
