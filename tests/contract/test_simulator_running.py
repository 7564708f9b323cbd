# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator as something that runs: state file, administration, command line, TLS, its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
import yaml

import simulator as package
from simulator import Simulator
from simulator.clients import Wire
from simulator.state import dump_state, parse_state

LISTING = "DescribeSuspEvents"
IGNORE_ONE = {"OperationCode": "ignore", "SecurityEventIds.1": "10001"}
SURROUNDINGS = {**os.environ, "PYTHONPATH": str(Path(package.__file__).parents[1])}


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command, env = [sys.executable, "-m", "simulator", *arguments], SURROUNDINGS | environment
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=30, check=False)


def test_a_state_survives_its_file(simulator: Simulator) -> None:
    again = parse_state(dump_state(simulator.state))
    assert again.alerts == simulator.state.alerts
    assert (again.accounts, again.keys, again.assets) == (
        simulator.state.accounts,
        simulator.state.keys,
        simulator.state.assets,
    )


def test_a_state_file_is_written_and_read_again_when_edited(tmp_path: Path) -> None:
    path = tmp_path / "state.yml"
    with Simulator(state_file=path, task_seconds=0) as simulator, requests.Session() as session:
        wire = Wire(simulator, session)
        assert wire.call("HandleSecurityEvents", IGNORE_ONE).status_code == 200
        assert wire.call(LISTING, {"Id": "10001"}).json()["SuspEvents"][0]["EventStatus"] == 2
        document = yaml.safe_load(path.read_text())
        [written] = [alert for alert in document["alerts"] if alert["id"] == 10001]
        assert written["status"] == 2
        written["level"] = "remind"
        path.write_text(yaml.safe_dump(document))
        assert wire.call(LISTING, {"Id": "10001"}).json()["SuspEvents"][0]["Level"] == "remind"
    with Simulator(state_file=path) as simulator:
        assert simulator.alert(10001).level == "remind"
        assert simulator.handled_times(10001) == 1


def test_an_edit_that_is_not_right_is_told_and_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "state.yml"
    with Simulator(state_file=path) as simulator:
        edited = path.read_text().replace("level: serious", "levle: serious", 1)
        path.write_text(edited)
        assert simulator.alert(10001).level == "serious"
        simulator.add_alert(id=10001, level="remind")
    assert "state.alerts[0]: unknown key levle" in capsys.readouterr().err
    assert path.read_text() == edited
    with pytest.raises(ValueError, match="levle"):
        Simulator(state_file=path)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("accounts: []\nkeys: []", "at least one account"),
        ("accounts: 5\nkeys: []", "state.accounts: must be of type list"),
        ("accounts: [{id: x}]\nkeys: []", "accounts[0].id: must be of type int"),
        ("keys: []", "missing accounts"),
        ("- 1", "must be a mapping"),
        ("a: [", "not YAML"),
    ],
)
def test_a_state_that_is_not_right_is_refused_with_its_place(simulator: Simulator, text: str, complaint: str) -> None:
    answer = requests.put(f"{simulator.endpoint}/_simulator/state", data=text, timeout=5)
    assert answer.status_code == 400
    assert complaint in answer.json()["error"]
    assert simulator.alert(10001).id == 10001


def test_administration_of_the_state(simulator: Simulator) -> None:
    admin = f"{simulator.endpoint}/_simulator"
    document = requests.get(f"{admin}/state", timeout=5).json()
    assert document == yaml.safe_load(requests.get(f"{admin}/state?format=yaml", timeout=5).text)
    document["alerts"] = [{"id": 5, "name": "only one"}]
    assert requests.put(f"{admin}/state", json=document, timeout=5).json() == {"ok": True}
    assert [alert.name for alert in simulator.state.alerts] == ["only one"]
    requests.post(f"{admin}/alerts", json=[{"id": 5, "level": "serious"}, {"id": 6}], timeout=5)
    assert {alert.id: (alert.name, alert.level) for alert in simulator.state.alerts} == {
        5: ("only one", "serious"),
        6: ("Suspicious process", "suspicious"),
    }
    requests.post(f"{admin}/reset", timeout=5)
    assert len(simulator.state.alerts) > 100


def test_administration_of_faults_and_calls(wire: Wire) -> None:
    admin = f"{wire.simulator.endpoint}/_simulator"
    plan = {"action": "*", "how": "error", "nth": 2, "code": "InternalError"}
    assert requests.post(f"{admin}/faults", json=[plan], timeout=5).status_code == 200
    wire.call(LISTING, {"Id": "10001"})
    assert wire.code("HandleSecurityEvents", IGNORE_ONE) == (500, "InternalError")
    calls = requests.get(f"{admin}/calls", timeout=5).json()
    assert [(call["action"], call["status"], call["code"]) for call in calls] == [
        (LISTING, 200, ""),
        ("HandleSecurityEvents", 500, "InternalError"),
    ]
    assert calls[0]["parameters"] == {"Id": "10001"}
    assert len(requests.get(f"{admin}/calls?action={LISTING}", timeout=5).json()) == 1
    requests.delete(f"{admin}/calls", timeout=5)
    assert wire.simulator.calls == []


@pytest.mark.parametrize("plan", [{"action": "*"}, {"action": "*", "how": "explode"}, ["x"]], ids=str)
def test_administration_refuses_faults_that_do_not_exist(simulator: Simulator, plan: object) -> None:
    answer = requests.post(f"{simulator.endpoint}/_simulator/faults", json=plan, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_administration_tells_what_was_handled(wire: Wire) -> None:
    wire.call("HandleSecurityEvents", IGNORE_ONE)
    wire.simulator.clock.shift(1)
    assert requests.get(f"{wire.simulator.endpoint}/_simulator/handled", timeout=5).json() == {"10001": 1}


def test_a_reset_forgets_everything(wire: Wire) -> None:
    wire.simulator.fail(LISTING, how="error")
    wire.call("HandleSecurityEvents", IGNORE_ONE)
    wire.simulator.clock.shift(7200)
    assert wire.simulator.alert(10001).status == 2
    wire.simulator.reset()
    assert wire.simulator.alert(10001).status == 1
    assert wire.simulator.calls == []
    assert wire.simulator.handled_times(10001) == 0
    assert wire.code(LISTING) == (200, "")


def test_exec_gives_the_command_what_it_needs_and_ends_with_its_code(tmp_path: Path) -> None:
    config = tmp_path / "config.yml"
    script = (
        "import os, sys, urllib.request as u; e = os.environ;"
        "print(e['SIMULATOR_ENDPOINT'], e['ALIBABA_CLOUD_ACCESS_KEY_ID'], e['ALIBABA_CLOUD_ACCESS_KEY_SECRET']);"
        "print(u.urlopen(e['SIMULATOR_ENDPOINT'] + '/_simulator/handled').read().decode().strip());"
        "sys.exit(7 if 'ALIBABA_CLOUD_SECURITY_TOKEN' not in e and '127.0.0.1' in e['no_proxy'] else 8)"
    )
    command = ["exec", "--config-file", str(config), "--", sys.executable, "-c", script]
    ended = run(*command, ALIBABA_CLOUD_SECURITY_TOKEN="of-another-key")
    assert ended.returncode == 7, ended.stderr
    settings = yaml.safe_load(config.read_text())
    assert ended.stdout.split() == [*settings.values(), "{}"]
    assert list(settings) == ["simulator_endpoint", "simulator_access_key_id", "simulator_access_key_secret"]
    with pytest.raises(requests.ConnectionError):
        requests.get(settings["simulator_endpoint"], timeout=5)


def test_exec_of_a_command_that_is_not_there() -> None:
    ended = run("exec", "--", "no-such-command-here")
    assert ended.returncode == 127
    assert "no-such-command-here" in ended.stderr
    assert run("exec").returncode == 1


def test_exec_of_a_command_that_dies_ends_as_a_shell_would() -> None:
    assert run("exec", "--", "sh", "-c", "kill -TERM $$").returncode == 128 + signal.SIGTERM


def test_a_person_is_told_where_it_is_and_how_to_stop_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "simulator", "--state", "state.yml"]
    with subprocess.Popen(command, env=SURROUNDINGS, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        told = []
        for line in process.stdout:
            told.append(line.rstrip())
            if "Ctrl-C" in line:
                break
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0
    assert max(map(len, told)) <= 80
    assert any(line.strip().startswith("export SIMULATOR_ENDPOINT=http://127.0.0.1:") for line in told)
    assert yaml.safe_load((tmp_path / "state.yml").read_text())["alerts"][0]["id"] == 10001


def test_tls_with_a_name_that_is_not_the_servers() -> None:
    with Simulator(tls=True) as good:
        assert requests.get(f"{good.endpoint}/_simulator/handled", verify=good.ca_path, timeout=5).json() == {}
        with pytest.raises(requests.exceptions.SSLError, match="certificate verify failed"):
            requests.get(good.endpoint, timeout=5)
    mismatch = pytest.raises(requests.exceptions.SSLError, match="mismatch")
    with mismatch, Simulator(tls=True, tls_name="other.example") as bad:
        requests.get(bad.endpoint, verify=bad.ca_path, timeout=5)


def test_the_end_of_a_simulator_ends_its_connections() -> None:
    with requests.Session() as session:
        with Simulator() as simulator:
            assert session.get(f"{simulator.endpoint}/_simulator/handled", timeout=5).status_code == 200
        with pytest.raises(requests.ConnectionError):
            session.get(f"{simulator.endpoint}/_simulator/handled", timeout=5)
