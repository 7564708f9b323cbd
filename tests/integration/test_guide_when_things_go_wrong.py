# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide "How it behaves when things go wrong" is true: each row of its table is brought about, each quote compared.

A row leads to the section of its name. A case here, by the same name, does to the simulator what the row says, asserts
what the task does, and hears what the user is told. What row and section quote has to be among that.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import COLLECTION, HERE, Play, writes
from test_examples import BLOCKS

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi import client, transport
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.credentials import Credentials
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import (
    handling,
    results,
    sending,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from engine import client_of, shorten_waits
from simulator import Simulator
from simulator.seed_accounts import (
    READ_ONLY_KEY_ID,
    TEMPORARY_KEY_ID,
    TEMPORARY_KEY_SECRET,
    TEMPORARY_KEY_TOKEN,
)
from simulator.seed_crowd import FIRST_ID, crowd

GUIDE = HERE.parent.parent / "docs" / "docsite" / "rst" / "guide_when_things_go_wrong.rst"
TIMEOUT = 0.4
READ, WRITE, ASK = "DescribeSuspEvents", "HandleSecurityEvents", "DescribeSecurityEventOperationStatus"
ALWAYS = 10_000

# --- the guide ----------------------------------------------------------------------------------------------------


def sections() -> dict[str, str]:
    """The text of each section by its title."""
    parts = re.split(r"^(.+)\n-{5,}\n", GUIDE.read_text(encoding="utf-8"), flags=re.M)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


GLANCE, *TITLES = sections()


def table() -> dict[str, list[str]]:
    """The other cells of each row by its first one, the title of a section."""
    rows = re.split(r"^   \* - ", sections()[GLANCE], flags=re.M)[2:]
    cells = [[" ".join(cell.split()) for cell in row.split("\n     - ")] for row in rows]
    return {first.strip("`_"): rest for first, *rest in cells}


def quotes(title: str) -> list[str]:
    """What the row quotes of the result, and the lines of the section's blocks of text; an indented line goes on one."""
    _does, says, _next = table()[title]
    blocks = re.findall(r"^\.\. code-block:: text\n\n((?:    .*\n)+)", sections()[title], re.M)
    lines = [line for block in blocks for line in re.sub(r"\n      (?=\S)", " ", block).splitlines()]
    return [quote for quote in re.findall("``(.+?)``", says) if quote not in NAMES] + [line.strip() for line in lines]


# What the cells name but do not quote.
NAMES = {"message", "result_file"}

# --- what users do, and what they are told ------------------------------------------------------------------------


class Night:
    """A simulator and a user of it; ``told`` is every text that the user gets."""

    def __init__(self, simulator: Simulator, play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
        self.simulator = simulator
        self.play = play
        self.monkeypatch = monkeypatch
        self.told: list[str] = []

    def handle(
        self,
        *ids: str,
        simulator: Simulator | None = None,
        credentials: Credentials | None = None,
        connection: dict[str, Any] | None = None,
        **options: Any,
    ) -> dict[str, Any]:
        """The result of handling alerts, in diff mode, as handle_security_events does it."""
        session = client_of(simulator or self.simulator, credentials, **{"timeout": TIMEOUT, **(connection or {})})
        given = {"security_event_ids": ids, "operation_code": "ignore", "wait_timeout": 5} | options
        result = handling.run(session, given, Report(check_mode=False, diff=True, environ={}, warn=self.told.append))
        self.hear(result)
        return result

    def hear(self, result: Any) -> None:
        self.told += texts(result)

    def mend(self) -> None:
        """Let nothing go wrong any more."""
        self.simulator._service.faults.clear()

    def heard(self, quote: str) -> bool:
        """Whether the user was told ``quote``; the dots in it stand for anything."""
        host = re.compile(r"127\.0\.0\.1:\d+")
        pattern = ".*".join(map(re.escape, quote.split("…")))
        return any(re.fullmatch(pattern, host.sub("tds.cn-shanghai.aliyuncs.com", text), re.S) for text in self.told)


def texts(value: Any) -> Iterator[str]:
    """Every text within a result."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)


def outcomes(result: dict[str, Any]) -> list[str]:
    return [event["outcome"] for event in result["events"]]


def meanwhile(plan: Callable[..., Any], other: Callable[[], Any]) -> Callable[..., Any]:
    """``plan``, after whose first use ``other`` is run."""
    waiting = [other]

    def planned(*arguments: Any) -> Any:
        made = plan(*arguments)
        while waiting:
            waiting.pop()()
        return made

    return planned


def block(number: int) -> list[dict[str, Any]]:
    """The guide's YAML block of that number."""
    return list(yaml.safe_load(BLOCKS[f"{GUIDE.name}-{number}"]))


Case = Callable[[Night], None]
CASES: dict[str, Case] = {}


def case(title: str) -> Callable[[Case], Case]:
    def enter(function: Case) -> Case:
        CASES[title] = function
        return function

    return enter


@pytest.fixture
def night(simulator: Simulator, play: Play, monkeypatch: pytest.MonkeyPatch) -> Night:
    shorten_waits(monkeypatch)
    return Night(simulator, play, monkeypatch)


def test_each_row_has_its_section_and_its_case():
    assert list(table()) == TITLES == list(CASES)
    assert all(len(cells) == 3 and quotes(title) for title, cells in table().items())


@pytest.mark.parametrize("title", TITLES)
def test_the_row_and_its_section_are_true(title: str, night: Night):
    CASES[title](night)
    assert [quote for quote in quotes(title) if not night.heard(quote)] == []


NUMBERS = {
    "reads the alerts of that call again: two seconds later, then four": sending._LOOKS == (2, 4),
    "it looks four times, for half a minute in all": (len(sending._LONG_LOOKS), sum(sending._LONG_LOOKS)) == (4, 30),
    "is sent again, and three times at most": sending._SENDS == 3,
    "more than 5 seconds ago are read again": sending.FRESH == 5,
    "and no longer than two minutes": client._LONGEST_REPEATING == 120,
    "for ``timeout`` seconds and 16 MiB at most": transport._LARGEST_ANSWER == 16 * 1024 * 1024,
    "Beyond 1,000 alerts": results._COMPACT_FROM == 1000,
}


@pytest.mark.parametrize("words", NUMBERS)
def test_the_numbers_are_the_engine_s(words: str):
    assert words in " ".join(GUIDE.read_text(encoding="utf-8").split())
    assert NUMBERS[words]


# --- the cases, in the order of the table -------------------------------------------------------------------------


@case("The answer of a call is lost")
def answer_lost(night: Night) -> None:
    night.simulator.fail(WRITE, how="reset_after")
    assert outcomes(night.handle("10001")) == ["handled"]
    assert len(writes(night.simulator)) == 1
    night.simulator.fail(WRITE, times=2, how="timeout_before", seconds=2 * TIMEOUT)
    assert outcomes(night.handle("10002")) == ["handled"]
    assert len(writes(night.simulator)) == 4

    night.simulator.fail(WRITE, how="html_after")
    night.simulator.fail(READ, nth=3, times=ALWAYS, how="error")
    result = night.handle("10003", "10004", connection={"max_retries": 1})
    assert (result["failed"], result["changed"]) == (True, True)
    night.mend()
    assert outcomes(night.handle("10003", "10004")) == ["unchanged"] * 2
    assert set(night.simulator.state.handled.values()) == {1}

    night.simulator.fail(WRITE, times=ALWAYS, how="reset_before")
    assert outcomes(night.handle("10005")) == ["unknown"]
    assert len(writes(night.simulator)) == 5 + 3


@case("The service throttles")
def throttled(night: Night) -> None:
    night.simulator.fail(WRITE, how="throttle", retry_after_ms=20)
    assert outcomes(night.handle("10001")) == ["handled"]
    night.simulator.fail(WRITE, times=ALWAYS, how="throttle", retry_after_ms=20)
    assert outcomes(night.handle("10002", "10003", connection={"max_retries": 2})) == ["failed", "failed"]
    assert len(writes(night.simulator)) == 2 + 1 + 2


@case("One alert of many is refused")
def one_refused(night: Night) -> None:
    assert outcomes(night.handle("10001", "10009")) == ["handled", "refused"]
    assert "failed" not in night.handle("10002", "10009", on_refused="ignore")
    assert len(writes(night.simulator)) == 2
    assert night.handle("10008", "10009", on_refused="abort")["failed"]
    assert len(writes(night.simulator)) == 2

    gone = night.simulator.alert("10003")
    plan = meanwhile(handling.plan, lambda: night.simulator.state.alerts.remove(gone))
    night.monkeypatch.setattr(handling, "plan", plan)
    assert outcomes(night.handle("20001", "10003", "20002")) == ["handled", "failed", "handled"]


@case("The network is gone")
def network_gone(night: Night) -> None:
    ids = [str(number) for number in range(20001, 20041)]
    with ExitStack() as network:
        going = network.enter_context(Simulator(night.simulator.state, task_seconds=0))
        going.fail(WRITE, nth=6, times=ALWAYS, how="throttle", retry_after_ms=200)  # holds up the writes until it goes

        def go() -> None:
            while [call.action for call in going.calls].count(ASK) < 3:
                time.sleep(0.005)
            network.close()

        threading.Thread(target=go).start()
        result = night.handle(*ids, simulator=going, batch_size=2, connection={"max_retries": 10})
    told = Counter(outcomes(result))
    assert told["handled"] >= 2 and told["handled"] + told["unknown"] == 10 and told["failed"] == 30
    assert outcomes(night.handle("10001", simulator=going, connection={"max_retries": 1})) == ["failed"]
    with Simulator(night.simulator.state) as back:
        back.clock.shift(60)
        assert set(outcomes(night.handle(*ids, simulator=back))) == {"handled", "unchanged"}
        assert back.state.handled == dict.fromkeys(ids, 1)


@case("The run is stopped")
def run_stopped(night: Night) -> None:
    ids = [str(number) for number in range(20001, 20031)]
    record = night.play.folder / "result.jsonl"
    for stop in (signal.SIGTERM, signal.SIGKILL):
        night.simulator.reset()
        night.simulator.fail(WRITE, times=ALWAYS, how="slow", seconds=0.15)
        options = {"security_event_ids": ids, "operation_code": "ignore", "check_operations": "never"}
        options |= {"batch_size": 1, "max_concurrency": 2, "requests_per_second": 1000, "result_file": str(record)}
        under_way = stop_in_the_middle(night, options, stop)
        assert len(writes(night.simulator)) <= under_way + 2
        lines = [json.loads(line) for line in record.read_text(encoding="ascii").splitlines()]
        named = {one for line in lines for one in line.get("parameters", {}).get("SecurityEventIds", [])}
        assert {call["SecurityEventIds.1"] for call in writes(night.simulator)} <= named
        night.mend()
        night.simulator.clock.shift(60)
        assert set(outcomes(night.handle(*ids))) == {"handled", "unchanged"}
        assert night.simulator.state.handled == dict.fromkeys(ids, 1)

    (task,) = block(1)
    task[f"{COLLECTION}.handle_security_events"]["result_file"] = str(record)
    night.simulator.reset()
    assert night.play.tasks([task]).code == 0
    night.told += record.read_text(encoding="ascii").splitlines()


def stop_in_the_middle(night: Night, options: dict[str, Any], stop: signal.Signals) -> int:
    """Start ansible-playbook, stop it, and wait until its module is gone; how many writes there were at its end."""
    tasks = [{f"{COLLECTION}.handle_security_events": options | {"endpoint": night.simulator.endpoint}}]
    playbook = night.play.folder / "playbook.yml"
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
    command = [Path(sys.executable).with_name("ansible-playbook"), playbook]
    environ = night.play.environ | {"RECORD_PATH": str(night.play.folder / "record.jsonl")}
    with subprocess.Popen(command, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as run:
        while len(writes(night.simulator)) < 5:
            assert run.poll() is None
            time.sleep(0.01)
        run.send_signal(stop)
        run.wait()
        under_way = len(writes(night.simulator))
    while any(environ["RECORD_PATH"] in told for told in environments()):
        time.sleep(0.05)
    return under_way


def environments() -> Iterator[str]:
    """The environment of each process that we may look at."""
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            yield path.read_text(encoding="utf-8", errors="replace")


@case("Two runs handle the same alerts")
def two_runs(night: Night) -> None:
    night.simulator.state.settings.task_seconds = 300
    night.handle("10008", wait=False)
    began = len(writes(night.simulator))
    assert outcomes(night.handle("10008", wait_timeout=0.1)) == ["unknown"]
    assert len(writes(night.simulator)) == began
    night.simulator.state.settings.task_seconds = 0

    night.monkeypatch.setattr(handling, "plan", meanwhile(handling.plan, lambda: night.handle("10001", "10003")))
    assert outcomes(night.handle("10001")) == ["unchanged"]
    assert night.simulator.state.handled == {"10001": 1, "10003": 1}

    night.monkeypatch.setattr(handling, "plan", meanwhile(handling.plan, lambda: night.handle("10002")))
    night.monkeypatch.setattr(sending, "FRESH", -1.0)
    assert outcomes(night.handle("10002")) == ["unchanged"]
    assert night.simulator.state.handled["10002"] == 1

    with Simulator(crowd(1200)) as large:
        far_apart = [str(FIRST_ID + number) for number in range(0, 1200, 40)]
        assert set(outcomes(night.handle(*far_apart, simulator=large))) == {"handled"}


@case("The wait runs out")
def wait_runs_out(night: Night) -> None:
    night.simulator.state.settings.task_seconds = 300
    assert night.handle("10002", wait_timeout=0.2)["failed"]
    assert "failed" not in night.handle("10003", wait=False)
    night.simulator.clock.shift(300)
    assert outcomes(night.handle("10002", "10003")) == ["unchanged", "unchanged"]

    night.simulator.state.settings.task_seconds = 1.5
    (task,) = block(2)
    task[f"{COLLECTION}.handle_security_events"]["wait_timeout"] = 0.1
    run = night.play.tasks([task | {"delay": 0, "retries": 20}])
    assert run.code == 0 and run.results[0]["attempts"] > 1
    assert outcomes(run.results[0]) == ["unchanged"]
    assert night.simulator.state.handled == {"10001": 1, "10002": 1, "10003": 1}


@case("The result is large")
def large_result(night: Night) -> None:
    with Simulator(crowd(1001)) as large:
        large.add_alert(id=FIRST_ID, online=False)
        ids = [str(FIRST_ID + number) for number in range(1001)]
        record = night.play.folder / "result.jsonl"
        result = night.handle(*ids, simulator=large, max_events=2000, result_file=str(record))
    first, *rest = result["events"]
    assert first.keys() == {
        "security_event_id",
        "outcome",
        "event_status_before",
        "event_status_after",
        "error_code",
        "message",
    }
    assert rest == [{"security_event_id": one, "outcome": "handled"} for one in ids[1:]]
    assert result["summary"]["handled"] == 1000
    lines = map(json.loads, record.read_text(encoding="ascii").splitlines())
    assert {len(line) for line in lines if "outcome" in line} == {8}
    # What Ansible adds, the options, has the ids once more. Those of the service may have ten digits, not seven.
    size = len(json.dumps({name: value for name, value in result.items() if name != "diff"})) + len(json.dumps(ids))
    assert (size / len(ids) + 2 * 3) * 8000 < 700_000


@case("An alert holds hostile text")
def hostile_text(night: Night) -> None:
    canary = night.play.folder / "canary"
    evil = f"{{{{ 7 * 7 }}}}'; touch {canary}; $(touch {canary}) \x9b\u202e\nPLAY RECAP {{{{ query('pipe', 'touch {canary}') }}}}"
    night.simulator.add_alert(id=10001, name=evil, operations=["ignore", f"\x1b[31m{evil}"])
    night.handle("10001", operation_code="kill_process")
    assert not any(control in text for text in night.told for control in "\x1b\x9b\u202e\n")

    (work,) = block(3)
    run = night.play.playbook([work], environ={"ANSIBLE_CALLBACK_RESULT_FORMAT": "json"})
    assert run.code == 0, run.output
    listed, _kept, read, program, shell = run.results
    name = listed["security_events"][0]["name"]
    assert name.endswith(evil) and name == read["msg"] == program["stdout"] == shell["stdout"]
    again = night.play.playbook(
        [work | {"tasks": work["tasks"][2:3]}], environ={"ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml"}
    )
    for output, raw in ((run.output, "\x9b\u202e\\nPLAY RECAP {{"), (again.output, "\u202e\n        PLAY RECAP {{")):
        assert raw in output and "\x1b" not in output
    assert not canary.exists()

    kept = {"file": "alerts.json", "name": "kept"}
    night.play.tasks([{"ansible.builtin.include_vars": kept}, {"ansible.builtin.debug": {"var": "kept"}}])
    assert canary.exists()


@case("A server answers nonsense")
def nonsense(night: Night) -> None:
    for how in ("html", "garbage", "endless", "trickle", "redirect"):
        night.simulator.fail(READ, times=2, how=how)
        assert outcomes(night.handle("10001", connection={"max_retries": 1})) == ["failed"]
        night.mend()
    assert writes(night.simulator) == []
    for how, event_id in (("html_after", "10001"), ("truncated", "10002")):
        night.simulator.fail(WRITE, how=how)
        assert outcomes(night.handle(event_id)) == ["handled"]
    assert night.simulator.state.handled == {"10001": 1, "10002": 1}


@case("A key or a permission is missing")
def permission_missing(night: Night) -> None:
    reader = Credentials(READ_ONLY_KEY_ID, night.simulator.access_key_secret)
    connection = {"max_concurrency": 1}
    assert (
        outcomes(night.handle("10001", "10002", "10003", credentials=reader, batch_size=1, connection=connection))
        == ["failed"] * 3
    )
    assert len(writes(night.simulator)) == 1


@case("An error quotes a secret")
def secret_quoted(night: Night) -> None:
    key = Credentials(TEMPORARY_KEY_ID, TEMPORARY_KEY_SECRET, TEMPORARY_KEY_TOKEN)
    told = f"server CanonicalRequest is [x-acs-security-token:{TEMPORARY_KEY_TOKEN}]"
    record = night.play.folder / "result.jsonl"
    for action in (READ, WRITE):
        night.simulator.fail(action, how="error", http_status=400, code="SignatureDoesNotMatch", message=told)
        night.handle("10001", credentials=key, result_file=str(record))
    night.told += record.read_text(encoding="ascii").splitlines()
    assert sum("x-acs-security-token:***" in text for text in night.told) > 2
    assert not any(TEMPORARY_KEY_TOKEN in text for text in night.told)


@case("The record can't be written")
def record_not_written(night: Night) -> None:
    night.handle("10001", result_file="/dev/full")
    with pytest.raises(OptionError, match="result_file /proc/none can't be written"):
        night.handle("10001", result_file="/proc/none")
    assert writes(night.simulator) == []
