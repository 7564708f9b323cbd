# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan carried out while the network and the service fail, and by a run that is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import (
    event_apply,
    event_plan,
    sending,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from engine import client_of, shorten_waits
from fault_mix import TIMEOUT, plan_faults
from simulator import Simulator
from simulator.actions import ACTIONS
from simulator.seed_accounts import WEB_1

REPORT = Report(check_mode=False, diff=False, environ={}, warn=lambda _text: None)
IDS = [str(number) for number in range(30001, 30061)]
POLICY = [
    {
        "name": "miners",
        "match": {"levels": ["serious"]},
        "operation_code": "kill_and_quara",
        "operation_params": {"sub_operation": "killAndQuaraFileByMd5andPath"},
        "fallback_operations": ["quara"],
    },
    {"name": "by hand", "match": {"levels": ["suspicious"]}, "operation_code": "manual_handled"},
    {"name": "noise", "match": {"levels": ["remind"]}, "operation_code": "ignore"},
]
RUNS = 6


def begin(simulator: Simulator) -> None:
    """Twenty alerts for each rule; of half of the miners the process is gone."""
    simulator.state.alerts.clear()
    levels = ("serious", "suspicious", "remind")
    for number, given in enumerate(IDS):
        gone = {"results": {"kill_and_quara": "ProcessNotExist"}} if number % 2 else {}
        operations = ["kill_and_quara", "quara", "manual_handled", "ignore"]
        simulator.add_alert(id=int(given), uuid=WEB_1, level=levels[number % 3], operations=operations, **gone)


def saved_plan(simulator: Simulator, directory: Path) -> str:
    options = {"endpoint": simulator.endpoint, "policy": POLICY, "plan_directory": str(directory)}
    planned = event_plan.run(client_of(simulator), options, REPORT)
    assert planned["summary"]["planned"] == len(IDS)
    return str(planned["plan"]["plan_file"])


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_to_the_calls_each_alert_is_handled_once(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, seed: int
):
    shorten_waits(monkeypatch)
    monkeypatch.setattr(sending, "FRESH", 0.3)
    begin(simulator)
    path = saved_plan(simulator, tmp_path)
    plan_faults(simulator, seed, ACTIONS, calls=300)
    told: dict[str, list[str]] = {given: [] for given in IDS}
    for _attempt in range(RUNS):
        client = client_of(simulator, timeout=TIMEOUT, max_retries=8)
        options = {"endpoint": simulator.endpoint, "plan_file": path, "wait_timeout": 10}
        result = event_apply.run(client, options, REPORT)
        for row in result["events"]:
            told[row["security_event_id"]].append(row["outcome"])
        if not result.get("failed"):
            break
    assert simulator.state.handled == dict.fromkeys(IDS, 1)
    assert all(outcomes[-1] in ("handled", "unchanged") for outcomes in told.values()), result["msg"]
    assert all(outcomes.count("handled") <= 1 for outcomes in told.values())


SCRIPT = """
import json, sys
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.client import OpenApiClient
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.credentials import Credentials
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.transport import Connection
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import event_apply
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.service import PRODUCT
key, options = json.loads(sys.argv[1])
client = OpenApiClient(PRODUCT, Credentials(*key), Connection(options["endpoint"], requests_per_second=1000))
event_apply.run(client, options, Report(False, False, {}, print))
"""


@pytest.mark.parametrize("lines", [1, 3, 6])
def test_a_run_that_was_killed_is_finished_by_the_next_one(simulator: Simulator, tmp_path: Path, lines: int):
    """Killed when its journal has so many lines: what it did is in the journal, what it did not is done."""
    begin(simulator)
    simulator.state.settings.latency = 0.05
    simulator.state.settings.task_seconds = 0.5
    journal = tmp_path / "journal.jsonl"
    options = {"endpoint": simulator.endpoint, "plan_file": saved_plan(simulator, tmp_path), "wait_timeout": 20}
    options |= {"journal_file": str(journal), "batch_size": 3}
    key = (simulator.access_key_id, simulator.access_key_secret)
    killed = subprocess.Popen([sys.executable, "-c", SCRIPT, json.dumps([key, options])], env=dict(os.environ))
    until = time.monotonic() + 60
    while time.monotonic() < until and not (journal.exists() and journal.read_bytes().count(b"\n") >= lines):
        time.sleep(0.002)
    os.kill(killed.pid, signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    sent = {one for line in read(journal) if "parameters" in line for one in line["parameters"]["SecurityEventIds"]}
    assert {given for call in handled_by(simulator) for given in call} <= sent

    result = event_apply.run(client_of(simulator), options, REPORT)
    assert "failed" not in result, result["msg"]
    assert simulator.state.handled == dict.fromkeys(IDS, 1)
    assert {line["run"] for line in read(journal) if "event" in line} == {line["run"] for line in read(journal)}


def read(journal: Path) -> list[dict[str, Any]]:
    """The whole lines of a journal."""
    return [json.loads(line) for line in journal.read_bytes().split(b"\n")[:-1] if line]


def handled_by(simulator: Simulator) -> list[list[str]]:
    """The ids of each write that the service has seen."""
    writes = [call.parameters for call in simulator.calls if call.action == "HandleSecurityEvents"]
    return [[value for name, value in write.items() if name.startswith("SecurityEventIds.")] for write in writes]
