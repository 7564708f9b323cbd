# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every field of every answer with a value of every wrong type: no crash, no false success, no guard rail opened.

The answers are the simulator's true ones, spoilt on their way into the client. What was really done is asked of the
simulator's state afterwards.
"""

from __future__ import annotations

import contextlib
import copy
import itertools
import json
import math
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from world import Answer, Spoil, World, hasten

from ansible_collections.alicloud.security_center.plugins.module_utils._module import safe
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import (
    ApiError,
    SecurityCenterError,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import (
    asset_info,
    event_info,
    handling,
    monitor_account_info,
    notes,
    operation_info,
    quarantined_file,
    quarantined_file_info,
    task_info,
    whitelist,
    whitelist_rule,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.operations import OPERATIONS
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from engine import client_of, on_one_plane
from simulator import Simulator
from simulator.seed_accounts import CLUSTER_ID, DB_1, K8S_NODE_1, OWN_ACCOUNT, WEB_1
from simulator.state import QuarantinedFile

LIST_ALERTS = on_one_plane(event_info.run)
LIST_SERVERS = on_one_plane(asset_info.run)

Path = tuple[Any, ...]

ABSENT = object()
WRONG = (
    None, True, -1, 1.5, 10**400, math.nan, "", "text", "1e5", [], [[]], [None], {}, {"a": 1}, ABSENT,
)  # fmt: skip


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """The way to each value in an answer; of a list's entries with the same keys the first stands for all."""
    if isinstance(value, list):
        shapes = {str(isinstance(part, dict) and sorted(part)): key for key, part in reversed([*enumerate(value)])}
        inner = [(key, value[key]) for key in shapes.values()]
    else:
        inner = list(value.items()) if isinstance(value, dict) else []
    for key, part in inner:
        yield (*path, key)
        yield from paths(part, (*path, key))


def spoilt(answer: Answer, path: Path, wrong: Any) -> Answer:
    """``answer`` with the value at ``path`` replaced, or absent; as it is when it has no such path."""
    copied = place = copy.deepcopy(answer)
    try:
        for key in path[:-1]:
            place = place[key]
        if wrong is ABSENT:
            del place[path[-1]]
        else:
            place[path[-1]] = wrong
    except (IndexError, KeyError, TypeError):
        return answer
    return copied


def at(action: str, path: Path, wrong: Any) -> Spoil:
    return lambda name, answer: spoilt(answer, path, wrong) if name == action else answer


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(monkeypatch)


class Scenario:
    """One run: ``run`` with ``options`` in a world of ``alert_ids``; ``wrong(world)`` says what must never come of it."""

    def __init__(
        self,
        run: Callable[..., Answer],
        alert_ids: tuple[int, ...],
        wrong: Callable[[World], str] = lambda _world: "",
        changes: Answer | None = None,
        **options: Any,
    ) -> None:
        self._run = run
        self._alert_ids = alert_ids
        self._wrong = wrong
        self._changes = changes or {}
        self._options = options

    def answers(self, *, late: bool = False) -> dict[str, list[Path]]:
        """The paths of all true answers of a run, by action; when ``late``, of those after the write."""
        found: dict[str, dict[Path, None]] = {}

        def note(action: str, answer: Answer) -> Answer:
            found.setdefault(action, {}).update(dict.fromkeys(paths(answer)))
            return answer

        assert self.problem(note, late=late) == ""
        return {action: list(all_paths) for action, all_paths in found.items()}

    def problem(self, spoil: Spoil, *, late: bool = False) -> str:
        """What is wrong with a run whose answers are spoilt, or an empty text."""
        world, told = World(self._alert_ids, self._changes, spoil, late), []
        report = Report(check_mode=False, diff=True, environ={}, warn=told.append)
        try:
            result = self._run(world, self._options, report)
        except SecurityCenterError as error:
            result = {"msg": str(error)}
        except Exception as error:
            return repr(error)
        if "exception" in result:
            return result["exception"].splitlines()[-1]
        try:
            json.dumps(safe(result), allow_nan=False)
        except ValueError as error:
            return str(error)
        told += [result.get("msg", ""), *(event.get("message") or "" for event in result.get("events", []))]
        if not all(text.isprintable() for text in told):
            return f"not for a terminal: {told}"
        return falsehood(world, result) or self._wrong(world)


def falsehood(world: World, result: Answer) -> str:
    """What ``result`` tells that is not so, or an empty text."""
    for event in result.get("task", result).get("events", []):
        if event.get("outcome") == "handled" and not world.handled_times(event["security_event_id"]):
            return "told as handled, and was not"
        if event.get("outcome") == "unchanged":
            leads_to = OPERATIONS[result["operation_code"]].leads_to
            if not any(alert.status in leads_to for alert in world.service.state.alerts):
                return "told as done already, and was not"
    return "handled twice" if max(world.service.state.handled.values(), default=0) > 1 else ""


def forbidden(world: World) -> str:
    return "sent, which must not be" if "HandleSecurityEvents" in world.actions else ""


def own_blocked(world: World) -> str:
    no_such_server = world.told.get("DescribeCloudCenterInstances", {}).get("Instances") == []
    return "" if no_such_server else forbidden(world)


def not_done(world: World) -> str:
    return "handled, which can't be" if world.service.state.handled else ""


def rule_lost(world: World) -> str:
    """The rule that the alert had is gone or changed, although the service did not say so in a type that it may have."""
    [alert] = world.service.state.alerts
    if any((rule.field, rule.operate, rule.field_value) == OWN_RULE for rule in world.service.state.rules_of(alert)):
        return ""
    offers = world.told["DescribeSecurityEventOperations"]["SecurityEventOperationsResponse"]
    told = next((offer["MarkField"] for offer in offers if "MarkField" in offer), None)
    entries = told if isinstance(told, list) else [told]
    said = told in (None, "") or all(isinstance(entry, dict) and is_said(entry) for entry in entries)
    return "" if said else "the alert's own rule is lost"


def is_said(entry: Answer) -> bool:
    """Whether the service's word on a whitelist rule can be meant: another value, or no rule."""
    value = entry.get("MarkMisValue")
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return not entry.get("MarkMisType") or isinstance(value, str) or number


def handling_of(event_id: str, code: str, **options: Any) -> dict[str, Any]:
    return {"security_event_ids": [event_id], "operation_code": code, "wait_timeout": 8, **options}


OWN_ATTACKER = {"attacker_ip": "203.0.113.21"}
BLOCK = {"operation_params": {"expire_in": "1h"}}
OWN_RULE = ("filePath", "contains", "/opt/backup/")
RULE = {"field": "cmdLine", "operate": "contains", "field_value": "curl"}


def ask_of_a_task(world: World, options: Mapping[str, Any], report: Report) -> Answer:
    """Start the task that ``options`` name, the first one of a world, and ask how it stands."""
    ids = options["security_event_ids"]
    world.call("HandleSecurityEvents", {"OperationCode": "kill_process", "SecurityEventIds": ids})
    return task_info.run(world, options, report)


IN_QUARANTINE = {"path": "/tmp/.cache/xmrig", "md5": "9c1d7f0a2b4e6c8d0f1a3b5c7d9e0f21", "uuid": WEB_1}


def with_a_file(run: Callable[..., Answer]) -> Callable[..., Answer]:
    """``run`` in a world with a quarantined file. What it tells of the file must be so."""

    def and_look(world: World, options: Mapping[str, Any], report: Report) -> Answer:
        file = QuarantinedFile(1, OWN_ACCOUNT, 10001, modified_ms=0, **IN_QUARANTINE)
        world.service.state.quarantined_files.append(file)
        result = run(world, options, report)
        settled = world.service.state.quarantined_files[0].status
        assert "message" not in result or "rollbackDone" in (settled, said_status(world)), f"told as back, is {settled}"
        return result

    return and_look


def said_status(world: World) -> object:
    """What the service said of the file's status last, be it true or not."""
    files = world.told["DescribeSuspEventQuaraFiles"].get("QuaraFiles")
    return files[0].get("Status") if isinstance(files, list) and files and isinstance(files[0], dict) else None


def restored(world: World) -> str:
    return "restored, which must not be" if "RollbackSuspEventQuaraFile" in world.actions else ""


def noted_twice(world: World) -> str:
    """One more note than there should be; when the service does not say that the note stands, it is sent once."""
    return "noted twice" if world.actions.count("CreateSuspEventNote") > 1 else ""


LASTING_RULE = {
    "event_type": "Suspicious Process",
    "event_name": "suspicious_download",
    "field": "cmdLine",
    "operate": "contains",
    "field_value": "/opt/backup/agent.tgz",
    "uuid": DB_1,
}


def standing(world: World, options: Mapping[str, Any], report: Report) -> Answer:
    """Make LASTING_RULE. When it is told as there, it must be."""
    result = whitelist_rule.run(world, options, report)
    stands = any(rule.field_value == LASTING_RULE["field_value"] for rule in world.service.state.whitelist_rules)
    assert result.get("failed") or stands, "told as there, and is not"
    return result


def rule_made(world: World) -> str:
    return "a rule is made" if "ModifySecurityEventMarkMissIndividually" in world.actions else ""


def other_rule_removed(world: World) -> str:
    return "" if 600002 in [rule.id for rule in world.service.state.whitelist_rules] else "another rule is removed"


READING = {
    "rules": Scenario(whitelist.run, (10015,), uuid="ALL"),
    "quarantined files": Scenario(with_a_file(quarantined_file_info.run), (10001,), path=IN_QUARANTINE["path"]),
    "list": Scenario(LIST_ALERTS, (10001, 10007, 10015), details=True, parent_event_types=["Malicious Process"]),
    "find": Scenario(LIST_ALERTS, (30001,), security_event_ids=["40001", "40002"]),
    "servers": Scenario(LIST_SERVERS, (10001,), accounts=["all"]),
    "servers by uuid": Scenario(LIST_SERVERS, (10001,), uuids=[WEB_1, DB_1]),
    "members": Scenario(monitor_account_info.run, (10001,)),
    "offers": Scenario(operation_info.run, (10015,), security_event_id="10015"),
    "task": Scenario(ask_of_a_task, (10006,), task_id="15411", security_event_ids=["10006"]),
}
WRITING = {
    "rule": Scenario(standing, (10015,), state="present", **LASTING_RULE),
    "protected rule": Scenario(
        whitelist_rule.run, (10015,), rule_made, state="present", protected_assets=[{"uuid": DB_1}], **LASTING_RULE
    ),
    "removed rule": Scenario(whitelist_rule.run, (10015,), other_rule_removed, state="absent", rule_id="600001"),
    "restored": Scenario(
        with_a_file(quarantined_file.run), (10001,), whitelist_first=True, wait_timeout=3, **IN_QUARANTINE
    ),
    "protected file": Scenario(
        with_a_file(quarantined_file.run),
        (10001,),
        restored,
        path=IN_QUARANTINE["path"],
        wait_timeout=3,
        protected_assets=[
            {"tag": "prod"},
            {"uuid": WEB_1},
            {"uuid": "text"},
            {"uuid": "1e5"},
            {"uuid": "-1"},
            {"uuid": "1.5"},
            {"uuid": str(10**400)},
        ],
    ),
    "noted": Scenario(notes.run, (10001,), noted_twice, security_event_id="10001", state="present", note="seen"),
    "handled": Scenario(handling.run, (10001,), **handling_of("10001", "ignore")),
    "failing": Scenario(handling.run, (10006,), not_done, **handling_of("10006", "kill_process")),
    "private": Scenario(handling.run, (10004,), forbidden, **handling_of("10004", "block_ip", **BLOCK)),
    "own server": Scenario(
        handling.run, (10003,), own_blocked, OWN_ATTACKER, **handling_of("10003", "block_ip", **BLOCK)
    ),
    "whitelist": Scenario(
        handling.run,
        (10015,),
        rule_lost,
        **handling_of("10015", "advance_mark_mis_info", mark_miss_param=[RULE], mark_batch=True),
    ),
}


def problems(scenario: Scenario, *, late: bool = False) -> list[str]:
    """Each spoilt answer that a run of ``scenario`` does not take as it should."""
    found = []
    for action, all_paths in scenario.answers(late=late).items():
        for path, wrong in itertools.product(all_paths, WRONG):
            problem = scenario.problem(at(action, path, wrong), late=late)
            if problem:
                found.append(f"{action} {path} <- {wrong!r:.40}: {problem}")
    return found


@pytest.mark.parametrize("scenario", READING.values(), ids=READING)
def test_what_is_read_may_be_of_any_type(scenario: Scenario) -> None:
    assert problems(scenario) == []


@pytest.mark.parametrize("scenario", WRITING.values(), ids=WRITING)
def test_no_type_is_taken_for_a_success_or_for_leave(scenario: Scenario) -> None:
    assert problems(scenario) == []


@pytest.mark.parametrize("scenario", [WRITING["handled"], WRITING["failing"]], ids=["handled", "failing"])
def test_no_type_after_the_write_is_taken_for_a_success(scenario: Scenario) -> None:
    assert problems(scenario, late=True) == []


# What each rule protects, and the fields by which the service tells it.
RAILS = {
    "uuid": (K8S_NODE_1, ("Uuid",)),
    "instance_id": ("i-bp1k8s0000000001", ("InstanceId",)),
    "name": ("k8s-*", ("InstanceName",)),
    "address": ("10.0.3.0/24", ("InternetIp", "IntranetIp", "IpListString")),
    "tag": ("prod", ("Tag",)),
    "group": ("13", ("GroupId", "GroupTrace")),
    "account": (str(OWN_ACCOUNT), ("SourceAliUid",)),
    "cluster": (CLUSTER_ID, ("K8sClusterId", "K8sClusterName", "clusterId", "ClusterId", "ClusterName")),
    "namespace": ("payments", ("K8sNamespace", "Namespace")),
}
NO_WORD = (True, [[]], [None], {}, {"a": 1})
NOTHING = (None, "", [], ABSENT)


@pytest.mark.parametrize("rows", [("SuspEvents",), ("Instances",), ("SuspEvents", "Instances")], ids=" and ".join)
@pytest.mark.parametrize("key", RAILS)
def test_a_guard_rail_holds_where_the_service_does_not_tell(key: str, rows: tuple[str, ...]) -> None:
    wanted, fields = RAILS[key]
    options = handling_of("10007", "ignore", protected_assets=[{key: wanted}])
    scenario = Scenario(handling.run, (10007,), forbidden, **options)
    open_to = []
    # A server without tags is told so; it always has a group.
    for wrong in NO_WORD if key == "tag" else NO_WORD + NOTHING:

        def spoil(_action: str, answer: Answer, wrong: Any = wrong) -> Answer:
            for name, field in itertools.product(rows, fields):
                answer = spoilt(answer, (name, 0, field), wrong)
            return answer

        if problem := scenario.problem(spoil):
            open_to.append(f"{wrong!r}: {problem}")
    assert open_to == []


# --- lists that are lies ---


def always(action: str, **parts: Any) -> Spoil:
    """The same on every page of ``action``: so many of its first row, and what else ``parts`` say."""
    rows: dict[str, list[Any]] = {}

    def spoil(name: str, answer: Answer) -> Answer:
        if name != action:
            return answer
        for part, value in answer.items():
            if isinstance(value, list) and isinstance(parts.get(part), int):
                rows.setdefault(part, value[:1] * parts[part])
        return answer | parts | rows

    return spoil


@pytest.mark.parametrize("total", [10**18, 10**400], ids=["too many", "absurd"])
@pytest.mark.parametrize("rows", [0, 1, 100])
@pytest.mark.parametrize("ids", [None, ["1", "2", "3", "4", "5", "6"]], ids=["list", "find"])
def test_a_count_of_alerts_that_are_not_there_is_not_believed(ids: list[str] | None, rows: int, total: int) -> None:
    scenario = Scenario(LIST_ALERTS, (10001,), security_event_ids=ids)
    assert scenario.problem(always("DescribeSuspEvents", SuspEvents=rows, TotalCount=total)) == ""


def test_a_list_of_servers_without_an_end_comes_to_one() -> None:
    options = handling_of("10001", "ignore", protected_assets=[{"tag": "staging"}])
    scenario = Scenario(handling.run, (10001,), **options)
    assert scenario.problem(always("DescribeCloudCenterInstances", Instances=100)) == ""


# --- over the wire ---


@pytest.mark.parametrize("status", [200, 400, 503])
def test_the_fields_of_an_error_may_be_of_any_type(simulator: Simulator, status: int) -> None:
    client = client_of(simulator, max_retries=0)
    names = ("Code", "Message", "RequestId", "AccessCode", "HostId", "Recommend", "AccessDeniedDetail", "Success")
    body = dict.fromkeys(names, "SystemBusy") | {"Success": False}
    for name, wrong in itertools.product(names, (*WRONG, "9" * 5000)):
        simulator.fail("*", how="body", http_status=status, body=json.dumps(spoilt(body, (name,), wrong)))
        with pytest.raises(ApiError) as caught:
            client.call("DescribeSuspEvents", {}, write=True)
        assert str(caught.value).isprintable()
        json.dumps(caught.value.as_dict(), allow_nan=False)


def test_the_same_answers_over_the_wire(simulator: Simulator) -> None:
    report = Report(check_mode=False, diff=False, environ={}, warn=lambda _text: None)
    parameters = {"DescribeSuspEvents": {"Id": "10001"}, "DescribeSuspEventDetail": {"SuspiciousEventId": "10001"}}
    true = {
        action: client_of(simulator, max_retries=0).call(action, {"From": "sas", **given})
        for action, given in parameters.items()
    }
    cases = [case for action in true for case in itertools.product([action], paths(true[action]), WRONG)]
    for action, path, wrong in random.Random(3).sample(cases, 100):
        simulator.reset()
        simulator.fail(action, times=99, how="body", body=json.dumps(spoilt(true[action], path, wrong)))
        with contextlib.suppress(SecurityCenterError):
            result = LIST_ALERTS(
                client_of(simulator, max_retries=0), {"security_event_ids": ["10001"], "details": True}, report
            )
            json.dumps(safe(result), allow_nan=False)
