# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The real ansible-rulebook as a person starts it, over a simulator in this process, and a receiver of webhooks."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

import pytest

from simulator import Simulator

COLLECTION = "alicloud.security_center"
T = TypeVar("T")
# How long something may take that takes seconds; a test that waits in vain says so with the log.
_PATIENCE = 90.0
_PROGRAMS = Path(sys.executable).parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--alerts", default=100, type=int, help="how many alerts come while ansible-rulebook is killed")
    parser.addoption("--kills", default=2, type=int, help="how often it is killed")


def collection_folder() -> Path:
    """Where the collection is, in a folder ``ansible_collections/alicloud/security_center``."""
    found = importlib.util.find_spec(f"ansible_collections.{COLLECTION}")
    assert found is not None and found.submodule_search_locations, "PYTHONPATH must lead to ansible_collections"
    return Path(next(iter(found.submodule_search_locations)))


def processes_of(folder: Path) -> list[int]:
    """The processes that have ``folder`` in their environment, such as that of a home in it."""
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if str(folder).encode() in environ.read_bytes():
                found.append(int(environ.parent.name))
    return found


class Rulebook:
    """One ansible-rulebook: a process that can be killed and started again, with its log."""

    def __init__(self, command: list[str], environ: dict[str, str], folder: Path) -> None:
        self.command, self.environ, self.folder = command, environ, folder
        self._log = folder / "rulebook.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "start() comes first"
        return self._process

    @property
    def log(self) -> str:
        """All that it has shown so far, also before a restart."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for(self, condition: Callable[[], T], seconds: float = _PATIENCE) -> T:
        """What ``condition`` gives as soon as it is true; fails with the log's end when it ends or takes too long."""
        until = time.monotonic() + seconds
        while True:
            ended = self.process.poll() is not None
            if met := condition():
                return met
            if ended or time.monotonic() > until:
                why = f"it ended with {self.process.returncode}" if ended else f"nothing came of it in {seconds:.0f} s"
                pytest.fail(f"{why}:\n{self.log[-8_000:]}", pytrace=True)
            time.sleep(0.02)

    def wait_for_text(self, text: str, seconds: float = _PATIENCE) -> None:
        self.wait_for(lambda: text in self.log, seconds)

    def kill(self) -> None:
        """End it as a power cut does: that process alone, and at once."""
        self.process.kill()
        self.process.wait()

    def interrupt(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def terminate(self) -> None:
        """What systemd and containers send."""
        self.process.terminate()

    def ended(self, seconds: float = _PATIENCE) -> int:
        """Its exit status, when it has ended by itself or by a signal."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            pytest.fail(f"it has not ended in {seconds:.0f} s:\n{self.log[-8_000:]}")

    def restart(self) -> None:
        assert self.process.poll() is not None, "it still runs"
        self.start()

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()
        # What a rulebook that was killed had started goes on without it.
        for left in processes_of(self.folder):
            with suppress(ProcessLookupError):
                os.kill(left, signal.SIGKILL)


class Rulebooks:
    """``rulebooks("alicloud.security_center.notify")`` starts a rulebook of the collection; or one by its path, or its text."""

    def __init__(self, simulator: Simulator, folder: Path, stack: ExitStack) -> None:
        self.simulator, self.folder, self._stack = simulator, folder, stack
        self.home = folder / "home"
        self.checkpoint = folder / "checkpoint"
        self._temporary = folder / "temporary"
        for made in (self.home, self._temporary):
            made.mkdir()
        self.variables: dict[str, Any] = {
            "security_center_endpoint": simulator.endpoint,
            "security_center_checkpoint": str(self.checkpoint),
            "security_center_interval": 1,
            "security_center_directory": str(folder / "security-center"),
        }
        self.environ = {
            "PATH": os.pathsep.join((str(_PROGRAMS), "/usr/local/bin", "/usr/bin", "/bin")),
            "HOME": str(self.home),
            "TMPDIR": str(self._temporary),
            "LANG": "C.UTF-8",
            "ALIBABA_CLOUD_ACCESS_KEY_ID": simulator.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": simulator.access_key_secret,
            "ANSIBLE_COLLECTIONS_PATH": str(collection_folder().parents[2]),
            "ANSIBLE_NOCOWS": "true",
        }

    def __call__(
        self,
        rulebook: str | list[dict[str, Any]],
        *flags: str,
        variables: dict[str, Any] | None = None,
        environ: dict[str, str] | None = None,
        persistent: bool = False,
    ) -> Rulebook:
        """Start it. ``persistent`` gives it a database, without which no source gets feedback."""
        if not isinstance(rulebook, str):
            rulebook = str(self._written("rulebook.yml", rulebook))
        given = self.variables | (variables or {})
        if persistent:
            # Without the setting H2 writes later than it says: what was acknowledged is lost with the process.
            given["drools_db_file_path"] = f"{self.folder / 'rules'};WRITE_DELAY=0"
            flags = (*flags, "--persistence-id", "1", "--id", "1")
        interpreter = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        inventory = self._written("inventory.yml", {"all": {"hosts": {"localhost": interpreter}}})
        command = [str(_PROGRAMS / "ansible-rulebook"), "--rulebook", rulebook, "--inventory", str(inventory)]
        command += ["--vars", str(self._written("vars.yml", given)), *flags]
        started = Rulebook(command, self.environ | (environ or {}), self.folder)
        self._stack.callback(started.close)
        return started

    def _written(self, name: str, content: Any) -> Path:
        path = self.folder / name
        path.write_text(json.dumps(content), encoding="utf-8")  # JSON is YAML
        return path


@dataclass
class Posted:
    """A message that came in."""

    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Receiver:
    """Takes what is posted to its ``url``; answers with what is next in ``answers``, and with 200 when that is used up."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    posted: list[Posted] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A host of webhooks."""
    taken = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.posted.append(Posted(self.path, dict(self.headers), json.loads(body)))
            self.send_response(taken.answers.pop(0) if taken.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        taken.url = f"http://127.0.0.1:{server.server_port}/hook"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield taken
        server.shutdown()
        thread.join()


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
def rulebooks(simulator: Simulator, tmp_path: Path) -> Iterator[Rulebooks]:
    """Starts rulebooks over the simulator; what still runs when the test ends is killed."""
    with ExitStack() as stack:
        yield Rulebooks(simulator, tmp_path, stack)
