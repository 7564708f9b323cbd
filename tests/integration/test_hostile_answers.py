# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An attacker's text at each place of each answer: what we compose of it can't act, what we pass on is the same text."""

from __future__ import annotations

import contextlib
import copy
import json
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import MODULES
from corpus import CONTROLS, as_it_comes_out, corpus
from inprocess import Said, run_module

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import notes, similar, whitelist
from simulator import Simulator
from simulator.actions import ACTIONS
from simulator.seed_accounts import BUILD_1, OWN_ACCOUNT, WEB_1
from simulator.state import MarkRule, QuarantinedFile

TEXTS = corpus("CANARY")
HANDLE = "handle_security_events"
OF_A_KIND = "handle_similar_security_events"
ALL_CONTROLS = "".join(sorted(set(CONTROLS.findall("".join(TEXTS.values())))))
# All of it in one line, with a mark at each end to find it by.
EVIL = f"«{{{{ 12347 * 67891 }}}}\n\x1b]0;owned\x07\ud800{ALL_CONTROLS}»"

# A run of a module: its name and its options.
Run = tuple[str, dict[str, Any]]
_RULE = {"field": "cmdLine", "operate": "contains", "field_value": "x"}
_NEW_RULE = _RULE | {
    "operate": "strEqual",
    "event_type": "Suspicious Process",
    "event_name": "suspicious_process",
    "uuid": WEB_1,
}
_POLICY_RULE = {
    "name": "all",
    "match": {"levels": ["serious", "suspicious", "remind"], "asset_groups": ["none"]},
    "operation_code": "ignore",
}
_RAILS = {
    "protected_assets": [{"name": "db-*", "tag": "prod", "address": "192.0.2.0/24"}],
    "max_events_per_asset": 1,
    "max_share": 90.0,
}


def handling(operation: str, one: str, **options: Any) -> Run:
    return HANDLE, {"security_event_ids": [one], "operation_code": operation, "wait": False, **options}


def blocking(address: str, **options: Any) -> Run:
    return "custom_block_record", {"address": address, "wait_timeout": 0.1, **options}


RUNS: dict[str, Run] = {
    "list": ("security_event_info", {}),
    "look up": ("security_event_info", {"security_event_ids": ["70001"], "details": True}),
    "list by an unknown type": ("security_event_info", {"parent_event_types": ["None such"]}),
    "an id of two alerts": ("security_event_info", {"security_event_ids": ["70002"]}),
    "offers": ("security_event_operation_info", {"security_event_id": "70001"}),
    "offers by row": ("security_event_operation_info", {"security_event_id": "70004"}),
    "task": ("security_event_task_info", {"security_event_ids": ["70001", "70004"], "task_id": "15411"}),
    "ignore": handling("ignore", "70001"),
    "not offered": handling("kill_process", "70001"),
    "a part of an alert": handling("ignore", "71004"),
    "block": handling("block_ip", "70001", operation_params={"expire_in": "6h"}),
    "whitelist": handling("advance_mark_mis_info", "70001", mark_miss_param=[_RULE]),
    "protect": handling("ignore", "70001", **_RAILS),
    "servers": ("asset_info", {}),
    "servers by uuid": ("asset_info", {"uuids": [WEB_1], "accounts": ["all"]}),
    "members": ("monitor_account_info", {}),
    "blocks": ("custom_block_record_info", {"details": True}),
    "blocks of the service's own": blocking("192.0.2.99", state="absent"),
    "a server that does not block": blocking("198.51.100.200", servers=[BUILD_1], expire_time=4_000_000_000_000),
    "quarantined files": ("quarantined_file_info", {}),
    "restore": ("quarantined_file", {"path": "/tmp/x", "whitelist_first": True, "wait_timeout": 0.1}),
    "restore one of two": ("quarantined_file", {"md5": "0" * 32}),
    "restore where it is protected": ("quarantined_file", {"path": "/tmp/x", **_RAILS}),
    "note": ("security_event_note", {"security_event_id": "70001", "note": "seen"}),
    "remove a note": ("security_event_note", {"security_event_id": "70001", "note": "a note", "state": "absent"}),
    "rules": ("alert_whitelist_rule_info", {"uuid": WEB_1}),
    "make a rule": ("alert_whitelist_rule", _NEW_RULE | _RAILS),
    "remove a rule": ("alert_whitelist_rule", _NEW_RULE | {"state": "absent", "field": "filePath", "field_value": "y"}),
    "plan": ("security_event_plan", {"policy": [_POLICY_RULE], "security_event_ids": ["70001"], **_RAILS}),
    "apply": ("security_event_apply", {"wait": False}),
    "report": ("security_event_report", {"time_start": "1d", "report_directory": "."}),
    "alerts of a kind": (
        OF_A_KIND,
        {"security_event_id": "70001", "operation_code": "ignore", "wait": False, "on_refused": "ignore"},
    ),
    "alerts of a kind at once": (
        OF_A_KIND,
        {
            "security_event_id": "70001",
            "scenario": "same_file_content",
            "mode": "native",
            "operation_code": "ignore",
            "wait": False,
        },
    ),
}
# These wait for the service, so only what they wait for is poisoned.
FOLLOWED: dict[str, Run] = {
    "succeed": handling("ignore", "70001", wait=True, wait_timeout=0.4),
    "fail": handling("manual_handled", "70001", wait=True, wait_timeout=0.4),
    "follow": handling("ignore", "70005", wait=True, wait_timeout=0.4),
}
_FOLLOWS = {"EventStatus", "OperateErrorCode", "OperateTime", "TaskId", "TaskStatus", "Status", "ErrorCode"}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[tuple[Simulator, Callable[[Run], Said]]]:
    """The simulator, and a function that makes one of the runs on a few alerts of its own."""
    sleep = time.sleep
    monkeypatch.chdir(tmp_path)  # where reports are made
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, 0.005)))
    for module in (notes, whitelist):
        monkeypatch.setattr(module, "_SHOWN_LATER", 0.05)
    monkeypatch.setattr(similar, "_STILL", 0.0)
    monkeypatch.setattr(similar, "_LONG_STILL", 0.0)
    packed: list[str] = []
    with Simulator(task_seconds=0) as simulator:

        def one(run: Run) -> Said:
            simulator.state.alerts.clear()
            simulator.state.whitelist_rules.clear()
            simulator.state.quarantined_files[:] = quarantined_files(simulator.state.assets[0].uuid)
            for fields in alerts():
                simulator.add_alert(uuid=simulator.state.assets[0].uuid, **fields)
            simulator.state.add_rule(simulator.alert(70001), MarkRule("filePath", "contains", "y"))
            module, options = run
            if module == "security_event_task_info" and not simulator.state.tasks:
                setup = {"security_event_ids": ["70001"], "operation_code": "manual_handled", "wait": False}
                run_module(HANDLE, connection(simulator) | setup)
            if module == "security_event_apply":
                if not packed:
                    rule = {**_POLICY_RULE, "match": {"levels": ["serious", "suspicious", "remind"]}}
                    setup = {"policy": [rule], "security_event_ids": ["70001"], "pack": True}
                    packed.append(
                        run_module("security_event_plan", connection(simulator) | setup).result["plan"]["packed"]
                    )
                options = options | {"packed": packed[0]}
            return run_module(module, connection(simulator) | options)

        yield simulator, one


def quarantined_files(uuid: str) -> list[QuarantinedFile]:
    """Two files with one hash."""
    paths = {1: "/tmp/x", 2: "/tmp/y"}
    return [QuarantinedFile(one, OWN_ACCOUNT, 70001, uuid, path, "0" * 32, 0) for one, path in paths.items()]


def alerts() -> list[dict[str, Any]]:
    """70001 has something everywhere; 70002 is a row and another row's event; 70004 is handled in part."""
    operations = ["ignore", "block_ip", "advance_mark_mis_info"]
    return [
        {
            "id": 70001,
            "attacker_ip": "198.51.100.1",
            "details": {"path": "/tmp/x", "md5": "9c1d7f0a2b4e6c8d0f1a3b5c7d9e0f21"},
            "container": {"cluster_id": "c", "pod": "p"},
            "tactics": ["TA0001"],
            "mark_sources": {"cmdLine": "x", "filePath": "y"},
            "operations": operations,
            "results": {"manual_handled": "ProcessNotExist"},
        },
        {"id": 70002, "event_ids": [71002]},
        {"id": 70003, "event_ids": [70002]},
        {"id": 70004, "event_ids": [71004, 72004], "done_event_ids": [71004], "operate_error_code": "ignore.Success"},
        {"id": 70005, "status": 16, "operate_error_code": "ignore.Success"},
    ]


def connection(simulator: Simulator) -> dict[str, Any]:
    return {
        "endpoint": simulator.endpoint,
        "sts_endpoint": simulator.endpoint,
        "access_key_id": simulator.access_key_id,
        "access_key_secret": simulator.access_key_secret,
        "requests_per_second": 1000,
        "max_retries": 0,
    }


def composed(result: dict[str, Any]) -> list[str]:
    """The sentences of a result that this collection wrote, be it around text from elsewhere."""
    error = result.get("error") or result.get("identity_error") or {}
    # What a warning is depends on the version of ansible-core.
    told = [result.get("msg", ""), *(str(value) for value in error.values()), *texts(result.get("warnings"))]
    told += [*result.get("table", []), *result.get("next_steps", [])]
    return told + [event["message"] for event in result.get("events", []) if "message" in event]


def texts(document: Any, without: Collection[str] = ()) -> list[str]:
    """Every text in ``document``, but those under some names."""
    if isinstance(document, dict):
        return [text for name, part in document.items() if name not in without for text in texts(part, without)]
    if isinstance(document, list):
        return [text for part in document for text in texts(part, without)]
    return [document] if isinstance(document, str) else []


def assert_harmless(said: Said) -> None:
    """Nothing in our sentences can act; wherever else EVIL stands, it is whole."""
    result = said.result
    for sentence in composed(result):
        assert not CONTROLS.search(sentence) and "\n" not in sentence, ascii(sentence)
    ours = {
        "msg",
        "warnings",
        "error",
        "message",
        "identity_error",
        "table",
        "next_steps",
        "reason",
        "evidence",
        "Criteria",
    }
    for text in texts(result, without=ours):
        assert "12347 *" not in text or as_it_comes_out(EVIL) in text, ascii(text)


Place = tuple[Any, ...]


def leaves(document: Any, path: Place = ()) -> Iterator[Place]:
    """The path of each text and number of a document."""
    if isinstance(document, (dict, list)):
        for key, part in document.items() if isinstance(document, dict) else enumerate(document):
            yield from leaves(part, (*path, key))
    elif not isinstance(document, bool):
        yield path


class Poison:
    """Goes around the simulator's actions: sees each place of each answer, and writes EVIL to one of them."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, Place], None] = {}
        self.at: tuple[str, Place] | None = None

    def around(self, action: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def answer(*arguments: Any) -> Any:
            document = filled(work(*arguments))
            self.seen.update(dict.fromkeys((action, path) for path in leaves(document)))
            if self.at and self.at[0] == action:
                write(document, self.at[1], EVIL)
            return document

        return answer


def filled(answer: dict[str, Any]) -> dict[str, Any]:
    """A copy of an answer, with what the simulator leaves empty."""
    document = copy.deepcopy(answer)
    for row in document.get("SuspEvents", []):
        row["EventNotes"] = [{"Note": "a note", "NoteId": 1, "NoteTime": "2026-11-22 09:00:00"}]
        row["MarkList"] = ["a tag"]
    for offer in document.get("SecurityEventOperationsResponse", []):
        offer["MappingMarkFields"] = [
            {"Name": "a", "ShowName": "b", "Value": "c", "ShowValue": "d", "Description": "e"}
        ]
    return document


def write(document: Any, path: Place, text: str) -> None:
    """Put ``text`` at ``path``, where the document goes so deep."""
    *way, last = path
    with contextlib.suppress(LookupError):
        for key in way:
            document = document[key]
        document[last] = text


@pytest.mark.parametrize("name", RUNS | FOLLOWED)
def test_text_at_any_place_of_any_answer_stays_text(name: str, run, monkeypatch: pytest.MonkeyPatch):
    _simulator, make = run
    poison = Poison()
    for action, work in list(ACTIONS.items()):
        monkeypatch.setitem(ACTIONS, action, poison.around(action, work))
    what = (RUNS | FOLLOWED)[name]
    assert_harmless(make(what))
    places = [(action, path) for action, path in poison.seen if name in RUNS or path[-1] in _FOLLOWS]
    assert places
    for poison.at in places:
        assert_harmless(make(what))


SIMPLE_RUNS = {
    "custom_block_record": RUNS["blocks of the service's own"],
    "asset_info": RUNS["servers"],
    "monitor_account_info": RUNS["members"],
    "custom_block_record_info": RUNS["blocks"],
    "preflight_info": ("preflight_info", {}),
    "quarantined_file_info": RUNS["quarantined files"],
    "quarantined_file": RUNS["restore"],
    "revert_security_events": ("revert_security_events", {"security_event_ids": ["70001"]}),
    "security_event_note": RUNS["note"],
    "alert_whitelist_rule": RUNS["make a rule"],
    "alert_whitelist_rule_info": RUNS["rules"],
    "security_event_apply": RUNS["apply"],
    "security_event_info": RUNS["look up"],
    "security_event_operation_info": RUNS["offers"],
    "security_event_plan": RUNS["plan"],
    "security_event_report": RUNS["report"],
    "security_event_task_info": RUNS["task"],
    "verify_service_info": ("verify_service_info", {}),
    HANDLE: RUNS["ignore"],
    OF_A_KIND: RUNS["alerts of a kind"],
}


@pytest.mark.parametrize("module", MODULES)
def test_an_error_of_any_text_is_told_in_harmless_words(module: str, run):
    """The service may say anything: in an error's code and message, and in place of an answer."""
    simulator, make = run
    make(SIMPLE_RUNS[module])
    for text in TEXTS.values():
        error = {"how": "error", "http_status": 400, "code": text, "message": text}
        page = {"how": "body", "http_status": 502, "body": as_it_comes_out(text)}
        for fault in (error, page):
            simulator.fail("*", **fault)
            result = make(SIMPLE_RUNS[module]).result
            # Who calls need not be known for the rest to be told.
            assert "failed" in result or module == "preflight_info", result
            assert (result.get("error") or result["identity_error"])["action"], result
            for sentence in composed(result):
                assert not CONTROLS.search(sentence) and len(sentence) < 5000, ascii(sentence)


def test_the_result_file_is_lines_of_plain_ascii(run, tmp_path: Path):
    simulator, make = run
    file = tmp_path / "result.jsonl"
    module, options = RUNS["ignore"]
    for text in (EVIL, *TEXTS.values()):
        simulator.fail("HandleSecurityEvents", how="error", http_status=400, code=text, message=text)
        make((module, options | {"result_file": str(file)}))
    lines = file.read_bytes().decode("ascii").splitlines()
    assert len(lines) > len(TEXTS) and not CONTROLS.search("".join(lines))
    assert {"action", "security_event_id"} <= {name for line in lines for name in json.loads(line)}
