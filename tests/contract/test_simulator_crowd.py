# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator with many alerts: what it remembers to be quick is never older than the state."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

import simulator as package
from simulator import Simulator
from simulator.actions import filters
from simulator.clients import Wire
from simulator.finding import Finder
from simulator.seed_crowd import FIRST_ID, crowd

LISTING = "DescribeSuspEvents"
HANDLE = "HandleSecurityEvents"
STATUS = "DescribeSecurityEventOperationStatus"
PENDING = {"Dealed": "N", "PageSize": "100"}


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Raw requests to a simulator of which nobody holds a part, with 250 alerts and tasks that end at once."""
    with Simulator(crowd(250), task_seconds=0) as simulator, requests.Session() as session:
        yield Wire(simulator, session)


def listed(wire: Wire, **query: str) -> list[str]:
    """The event ids of a page."""
    return [row["SecurityEventIds"] for row in wire.call(LISTING, PENDING | query).json()["SuspEvents"]]


def ignore(wire: Wire, *events: int) -> int:
    """Handle events; the task."""
    named = {f"SecurityEventIds.{place}": str(event) for place, event in enumerate(events, start=1)}
    answer = wire.call(HANDLE, {"OperationCode": "ignore"} | named).json()
    task: int = answer["HandleSecurityEventsResponse"]["TaskId"]
    return task


def test_a_crowd_is_like_what_the_service_shows(wire: Wire) -> None:
    rows = [row for page in "123" for row in wire.call(LISTING, PENDING | {"CurrentPage": page}).json()["SuspEvents"]]
    assert [row["Id"] for row in rows] == list(range(FIRST_ID + 249, FIRST_ID - 1, -1))
    assert all(2000 < len(json.dumps(row)) < 4000 for row in rows)
    assert len({row["InstanceName"] for row in rows}) == 100
    assert len({row["AlarmEventType"] for row in rows}) == 3
    texts = [detail["Value"] for row in rows for detail in row["Details"]]
    assert not any("{" in text or "}" in text for text in texts), "a text was not filled in"


def test_the_pages_of_one_listing_are_found_once(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    select = filters.select
    monkeypatch.setattr(filters, "select", lambda *given: found.append(given) or select(*given))
    pages = [listed(wire, CurrentPage=page) for page in "123"]
    assert len(set().union(*pages)) == 250
    assert len(found) == 1


CHANGES: dict[str, Callable[[Wire], Any]] = {
    "by a call": lambda wire: ignore(wire, FIRST_ID + 249),
    "by another process": lambda wire: requests.post(
        f"{wire.simulator.endpoint}/_simulator/alerts", json={"id": FIRST_ID + 249, "status": 32}, timeout=5
    ),
    "by add_alert": lambda wire: wire.simulator.add_alert(id=FIRST_ID + 249, status=32),
    "in place": lambda wire: setattr(wire.simulator.alert(FIRST_ID + 249), "status", 32),
    "by taking it away": lambda wire: wire.simulator.state.alerts.pop(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_shows_in_a_listing_that_was_asked_before(wire: Wire, change: Callable[[Wire], Any]) -> None:
    assert str(FIRST_ID + 249) in listed(wire)
    change(wire)
    assert str(FIRST_ID + 249) not in listed(wire)


@pytest.mark.parametrize("way", ["alert", "add_alert"])
def test_who_holds_an_alert_may_change_it_at_any_time(wire: Wire, way: str) -> None:
    number = FIRST_ID + 249
    alert = wire.simulator.alert(number) if way == "alert" else wire.simulator.add_alert(id=number)
    assert str(number) in listed(wire)
    alert.status = 32
    assert str(number) not in listed(wire)


def test_listings_by_other_filters_and_of_others_do_not_mix(wire: Wire) -> None:
    assert listed(wire, Levels="serious") != listed(wire, Levels="suspicious")
    assert listed(wire, Id=str(FIRST_ID)) == [str(FIRST_ID)]
    assert listed(wire, Id="5") == []
    assert listed(wire, Id=str(FIRST_ID), Levels="suspicious") == []
    assert wire.call(LISTING, PENDING | {"ResourceDirectoryAccountId": "2234567890123456"}).json()["TotalCount"] == 0


def test_a_short_task_ends_while_an_older_one_goes_on(wire: Wire) -> None:
    wire.simulator.clock.freeze()
    wire.simulator.state.settings.task_seconds = 60
    long = ignore(wire, FIRST_ID)
    wire.simulator.state.settings.task_seconds = 1
    short = [ignore(wire, FIRST_ID + number) for number in (1, 2)]
    wire.simulator.clock.shift(2)
    ended = {task.id: task.ended for task in wire.simulator.state.tasks}
    assert ended == {long: False, short[0]: True, short[1]: True}
    wire.simulator.clock.shift(60)
    query = {"TaskId": str(long), "SecurityEventIds.1": str(FIRST_ID)}
    assert wire.call(STATUS, query).json()["SecurityEventOperationStatusResponse"]["TaskStatus"] == "Success"
    assert wire.simulator.state.open_tasks() == []
    wire.simulator.state.tasks.clear()
    ignore(wire, FIRST_ID + 3)
    wire.simulator.clock.shift(2)
    assert wire.simulator.alert(FIRST_ID + 3).status == 2


def test_a_finder_trusts_no_list() -> None:
    finder = Finder[list[int]](lambda record: record)
    records = [[1], [2, 3]]
    assert finder.find(records, 3) is records[1]
    records.insert(0, [4])
    assert [finder.find(records, key) for key in (1, 2, 4)] == [[1], [2, 3], [4]]
    records[2].remove(3)
    assert finder.find(records, 3) is None
    records[0].append(3)
    assert finder.find(records, 3) is records[0]
    records.clear()
    assert finder.find(records, 3) is None


def test_the_command_line_has_crowd_pace_and_tls() -> None:
    script = (
        "import os, ssl, urllib.request as u; e = os.environ;"
        "trust = ssl.create_default_context(cafile=e['SIMULATOR_CA_PATH']);"
        "print(u.urlopen(e['SIMULATOR_ENDPOINT'] + '/_simulator/state', context=trust).read().decode())"
    )
    options = ["--crowd", "3", "--latency", "0.25", "--quota", "7", "--task-seconds", "60", "--tls"]
    command = [sys.executable, "-m", "simulator", "exec", *options, "--", sys.executable, "-c", script]
    surroundings = os.environ | {"PYTHONPATH": str(Path(package.__file__).parents[1])}
    told = subprocess.run(command, env=surroundings, stdout=subprocess.PIPE, text=True, timeout=30, check=True)
    state = json.loads(told.stdout)
    assert state["settings"] == {"task_seconds": 60.0, "latency": 0.25, "quotas": {"*": 7}}
    assert [alert["id"] for alert in state["alerts"]] == [FIRST_ID, FIRST_ID + 1, FIRST_ID + 2]
