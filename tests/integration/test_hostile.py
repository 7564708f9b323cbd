# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alerts that an attacker has written, in a playbook: printed, compared, copied, and never more than that.

`make hostile` runs these on other versions of ansible-core.
"""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys
import tty
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import COLLECTION, Play
from corpus import CONTROLS, PRODUCT, as_it_comes_out, corpus

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.alert_events import harmless
from simulator import Simulator
from simulator.catalogue import CONTAINER_FIELDS
from simulator.state import Asset, MarkRule

INFO = f"{COLLECTION}.security_event_info"
OFFERS = f"{COLLECTION}.security_event_operation_info"
TASK = f"{COLLECTION}.security_event_task_info"
HANDLE = f"{COLLECTION}.handle_security_events"
FAST = {"requests_per_second": 1000}
FIRST_ID = 70001
_SHORT = 1_000


class Attack:
    """An account with an alert for each text of the corpus, the text in every field; ``texts`` are keyed by alert."""

    def __init__(self, simulator: Simulator, canary: Path) -> None:
        self.canary = canary
        self.texts = {str(FIRST_ID + n): text for n, text in enumerate(corpus(str(canary)).values())}
        self.short = {one: text for one, text in self.texts.items() if len(text) < _SHORT}
        state = simulator.state
        state.alerts.clear()
        for one, text in self.texts.items():
            fields = _everywhere(text, one) if one in self.short else {"name": text}
            alert = simulator.add_alert(id=int(one), **fields)
            if one in self.short:
                state.add_rule(alert, MarkRule(text, "contains", text))
            asset = Asset(one, state.accounts[0].id, text, text, text, text, tag=text, group_name=text)
            state.assets.append(asset)

    @property
    def shown(self) -> dict[str, str]:
        """The texts as they are to come out."""
        return {one: as_it_comes_out(text) for one, text in self.texts.items()}


def _everywhere(text: str, uuid: str) -> dict[str, Any]:
    return {
        "name": text,
        "uuid": uuid,
        "description": text,
        "event_type": text,
        "sub_type": text,
        "attacker_ip": text,
        "details": {"path": text, "md5": text, "command_line": text, text: text},
        "container": dict.fromkeys(CONTAINER_FIELDS, text),
        "tactics": [text],
        "ai_verdict": text,
        "unique_info": text,
        "alarm_unique_info": text,
        "operate_message": text,
        "mark_sources": {text: text},
        "operations": ["ignore", "manual_handled", text],
        "results": {"manual_handled": text},
    }


@pytest.fixture
def attack(simulator: Simulator, tmp_path: Path) -> Attack:
    return Attack(simulator, tmp_path / "canary")


def told(value: Any, text: str) -> bool:
    """Whether ``value`` is ``text``; until ansible-core 2.18 a template makes a list or dict of text that looks so."""
    return bool(value == text or (not isinstance(value, str) and text[:1] in "[{"))


def test_what_attackers_wrote_is_data_in_every_task(attack: Attack, simulator: Simulator, play: Play, tmp_path: Path):
    """Each module in success, refusal, failure and check mode, and what playbooks do with results."""
    short = list(attack.short)
    # Ansible writes what a module is called with to the system's log, which takes no NUL.
    plain = [one for one in short if "\0" not in attack.texts[one]]
    joined = "{{ told.security_events | selectattr('id', 'in', plain) | map(attribute='alarm_event_name') | join }}"
    tasks = [
        {INFO: {"details": True, **FAST}, "register": "told"},
        {"set_fact": {"fact": "{{ told.security_events | items2dict('id', 'alarm_event_name') }}"}},
        {
            "debug": {"msg": "{{ indirectly }}"},
            "vars": {"indirectly": "{{ item.value }}"},
            "loop": "{{ fact | dict2items }}",
            "loop_control": {"label": "{{ item.key }}"},
            "when": "item.value != 'none of them'",
        },
        {"debug": {"var": "fact"}},
        {"name": f"Copy {joined}", "copy": {"content": joined, "dest": str(tmp_path / "copied")}},
        {"assert": {"that": "told.security_events | items2dict('id', 'alarm_event_name') == fact"}},
        {OFFERS: {"security_event_id": "{{ item }}", **FAST}, "loop": short[:2]},
        {HANDLE: handle("ignore", attack.texts), "check_mode": True, "diff": True},
        {HANDLE: handle("kill_process", attack.texts), "ignore_errors": True},
        {HANDLE: handle("manual_handled", short), "ignore_errors": True, "register": "failed"},
        {TASK: {"task_id": "{{ failed.tasks[0].task_id }}", "security_event_ids": short[:20], **FAST}},
        {HANDLE: handle("ignore", attack.texts, remark=joined)},
    ]
    run = play.playbook(
        [{"hosts": "localhost", "gather_facts": False, "vars": {"plain": plain}, "tasks": tasks}], "-vvv"
    )
    assert run.code == 0, run.output[-3000:]
    listed, _set, looped, fact, _copy, _assert, offers, planned, refused, failed, task, handled = run.results

    assert not attack.canary.exists()
    for sign in (PRODUCT, "Traceback", "MODULE FAILURE"):
        assert sign not in run.output
    shown = attack.shown
    records = {record["id"]: record for record in listed["security_events"]}
    assert records.keys() == shown.keys()
    for one, record in records.items():
        assert record["alarm_event_name"] == record["event_detail"]["event_name"] == shown[one]
    for one in short:
        record = records[one]
        for name in ("desc", "event_sub_type", "alarm_event_type", "operate_msg", "support_operate_code"):
            assert record[name] == shown[one], (one, name)
        assert record["instance_name"] == record["k8s_pod_name"] == record["app_name"] == shown[one]
        assert {detail["value"] for detail in record["details"]} == {shown[one]}
        assert record["details"][-1]["name_display"] == shown[one]
    assert all(told(item["msg"], shown[item["item"]["key"]]) for item in looped["results"])
    assert all(told(value, shown[one]) for one, value in fact["fact"].items())
    wanted = "".join(shown[one] for one in records if one in plain)
    assert (tmp_path / "copied").read_bytes().decode() == wanted
    assert [offer["operable"][2] for offer in offers["results"]] == [shown[one] for one in short[:2]]
    assert outcomes(planned) == {"planned": len(shown)}
    assert outcomes(refused) == {"refused": len(shown)}
    assert outcomes(failed) == {"failed": len(short)}
    for event in failed["events"] + task["task"]["events"]:
        assert event["error_code"] == f"manual_handled.{shown[event['security_event_id']]}"
    assert outcomes(handled) == {"handled": len(shown)}
    assert simulator.alert(short[0]).operate_message == wanted


def handle(operation: str, ids: Any, **more: Any) -> dict[str, Any]:
    return {"operation_code": operation, "security_event_ids": list(ids), **FAST, **more}


def outcomes(result: dict[str, Any]) -> dict[str, int]:
    return {outcome: count for outcome, count in result["summary"].items() if count and outcome != "requested"}


# What ansible-playbook is told of how to show results.
STYLES: dict[str, dict[str, str]] = {
    "json": {"ANSIBLE_CALLBACK_RESULT_FORMAT": "json"},
    "json in a line": {"ANSIBLE_CALLBACK_RESULT_FORMAT": "json", "ANSIBLE_CALLBACK_FORMAT_PRETTY": "false"},
    "yaml": {"ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml"},
    "yaml as it is": {"ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml", "ANSIBLE_CALLBACK_FORMAT_PRETTY": "false"},
    "minimal": {"ANSIBLE_STDOUT_CALLBACK": "minimal"},
    "oneline": {"ANSIBLE_STDOUT_CALLBACK": "oneline"},
}
BOUNDARY = "from here on what the service said is shown"


@pytest.mark.parametrize("style", STYLES)
def test_no_sentence_of_ours_acts_on_a_terminal(style: str, attack: Attack, simulator: Simulator, play: Play):
    """What Ansible does with values is its own: it escapes ESC in each of its formats, but not all that CONTROLS names."""
    evil = "".join(sorted(set(CONTROLS.findall("".join(attack.texts.values())))))
    simulator.add_alert(id=1, event_type=evil)
    for action in ("DescribeSecurityEventOperations", "DescribeSecurityEventOperationStatus", "HandleSecurityEvents"):
        simulator.fail(action, how="error", http_status=400, code=evil, message=evil)
    ours = [
        {OFFERS: {"security_event_id": "1"}, "ignore_errors": True},
        {TASK: {"security_event_ids": ["1"], "task_id": "1"}, "ignore_errors": True},
        {HANDLE: {**handle("ignore", ["1"]), "check_operations": "never"}, "ignore_errors": True},
        {INFO: {"parent_event_types": ["none such"]}},
        {"debug": {"msg": BOUNDARY}},
    ]
    theirs = [
        {INFO: {"fields": ["id", "alarm_event_name"], **FAST}, "register": "told"},
        {"debug": {"msg": "{{ told.security_events | map(attribute='alarm_event_name') }}"}},
    ]
    shown = terminal(play, ours + theirs, STYLES[style])
    assert PRODUCT not in shown and "Traceback" not in shown and not attack.canary.exists()
    sentences, _boundary, values = shown.partition(BOUNDARY)
    assert not CONTROLS.search(sentences), ascii(CONTROLS.split(sentences, maxsplit=1)[0][-300:])
    assert sentences.count(r"\x1b") >= 3 and (style != "json" or "none such is no type" in sentences)
    assert len(values) > 1_000_000 and "\x1b" not in values


def terminal(play: Play, tasks: list[dict[str, Any]], environ: dict[str, str]) -> str:
    """What a terminal gets from ansible-playbook -vvv, byte for byte."""
    defaults = {f"group/{COLLECTION}.all": {"endpoint": play.simulator.endpoint}}
    plays = [{"hosts": "localhost", "gather_facts": False, "module_defaults": defaults, "tasks": tasks}]
    path = play.folder / "playbook.yml"
    path.write_text(json.dumps(plays), encoding="utf-8")
    ours, theirs = pty.openpty()
    tty.setraw(theirs)  # a line feed stays one
    command = [Path(sys.executable).with_name("ansible-playbook"), "-vvv", path]
    environ = play.environ | {"RECORD_PATH": str(play.folder / "record.jsonl"), "TERM": "xterm"} | environ
    with subprocess.Popen(command, cwd=play.folder, env=environ, stdin=theirs, stdout=theirs, stderr=theirs):
        os.close(theirs)
        told = bytearray()
        with contextlib.suppress(OSError):  # so a terminal ends
            while part := os.read(ours, 1 << 16):
                told += part
    os.close(ours)
    return told.decode()


def test_the_texts_of_an_event_are_data_where_ansible_reads_them_as_variables(play: Play, tmp_path: Path):
    """ansible-rulebook writes an event into a file, which ansible-playbook reads with -e @file: as templates."""
    canary, copied, given = tmp_path / "canary", tmp_path / "copied.json", tmp_path / "extravars"
    texts = [harmless(as_it_comes_out(text)) for text in corpus(str(canary)).values()]
    given.write_text(yaml.dump({"ansible_eda": {"event": {"texts": texts}}}), encoding="utf-8")
    tasks = [
        {"set_fact": {"fact": "{{ ansible_eda.event.texts }}"}},
        {"debug": {"msg": "{{ ansible_eda }} {{ fact }} {{ hostvars.localhost.ansible_eda }}"}},
        {"copy": {"content": "{{ {'texts': fact} | to_json }}", "dest": str(copied), "mode": "0600"}},
    ]
    run = play.tasks(tasks, "-e", f"@{given}")
    assert run.recap["ok"] == 3 and run.code == 0, run.output[-5_000:]
    assert json.loads(copied.read_text(encoding="utf-8")) == {"texts": texts}
    assert PRODUCT not in run.output and not canary.exists()
