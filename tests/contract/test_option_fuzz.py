# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever an option holds: it is accepted, or refused in one sentence that names it. Never a traceback.

Each case is a task that works, with one option replaced by each odd value, or a few by what hypothesis thinks of. The
service behind it is the simulator's.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import re
import socket
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ansible.module_utils import basic
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import World, hasten

from ansible_collections.alicloud.security_center.plugins.module_utils import _module
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.client import OpenApiClient
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.credentials import Credentials, resolve
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import ApiError, OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.transport import Connection
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import sessions
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.service import PRODUCT
from ansible_collections.alicloud.security_center.plugins.modules import (
    alert_whitelist_rule,
    alert_whitelist_rule_info,
    asset_info,
    handle_security_events,
    security_event_info,
    security_event_operation_info,
    security_event_task_info,
)
from engine import on_one_plane
from simulator.seed_accounts import DB_1

FUZZ = settings(
    max_examples=200,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
ALERTS = (10001, 10003, 10006, 10015)
CONNECTION = {
    "access_key_id": "LTAI-id",
    "access_key_secret": "Hush-secret",
    "endpoint": "http://127.0.0.1:9",
}


class Task(NamedTuple):
    """A task that works: its module, the options of that (but those of the connection), what they hold."""

    module: Any
    specs: dict[str, Any]
    options: dict[str, Any]


# What asks several data planes.
RUNS = {
    security_event_info: on_one_plane(security_event_info.run),
    asset_info: on_one_plane(asset_info.run),
    handle_security_events: on_one_plane(handle_security_events.run_on_planes),
}


def task(module: Any, **options: Any) -> Task:
    rails = _module.GUARD_RAIL_OPTIONS if module in (handle_security_events, alert_whitelist_rule) else {}
    return Task(module, {**rails, **module.OPTIONS}, options)


def handling(event_id: str, code: str, **options: Any) -> Task:
    return task(handle_security_events, security_event_ids=[event_id], operation_code=code, **options)


RULE = {"field": "cmdLine", "operate": "contains", "field_value": "curl", "uuid": "part"}
LASTING_RULE = RULE | {"event_type": "Suspicious Process", "event_name": "suspicious_download", "uuid": DB_1}
TASKS = {
    "handle": handling("10001", "ignore"),
    "list": task(security_event_info),
    "servers": task(asset_info, criteria=[{"name": "tag", "value": "prod"}]),
    "offers": task(security_event_operation_info, security_event_id="10001"),
    "task": task(security_event_task_info, task_id="15411", security_event_ids=["10001"]),
    "block": handling("10003", "block_ip", operation_params={"expire_in": "6h"}),
    "quarantine": handling("10001", "kill_and_quara", operation_params={"sub_operation": "killByMd5andPath"}),
    "clean up": handling("10006", "cleanup", operation_params={"raw": "{}"}),
    "rules": task(alert_whitelist_rule_info),
    "rule": task(alert_whitelist_rule, **LASTING_RULE),
    "no rule": task(alert_whitelist_rule, state="absent", rule_id="600001"),
    "whitelist": handling("10015", "advance_mark_mis_info", mark_miss_param=[RULE]),
}

# --- what an option may hold ---

TEXTS = [
    "", " ", "\t\n", "\0", "\x1b[2J", "\x7f", "\u202e", "\u200b", "\ufeff", "\ud800", "\udfff", "\U0010ffff", "é", "告警",
    "x" * 5000, "9" * 5000, "9" * 20, "-1", "+1", "0", "00", "1.5", "1e999", "nan", "inf", "0x10", "1_000", "١٢٣", "²", "１２",
    "None", "null", "true", "yes", "[]", "{}", "[" * 5000, '{"a": ' * 5000, '{"a": "\ud800"}', "{{ 7 * 7 }}", "%s%n",
    "{0.__class__}", "\\", "'", '"', "a,b", ",", "1,2,1", "10001", "10001,10002", " 10001 ", "../../x", "~", "$HOME", "*",
    "(", "[a-", "(a+)+$", "2026-11-22", "2026-11-22T09:00:00Z", "2026-11-22T09:00:00", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-23:59", "1970-01-01T00:00:00+23:59", "1763800000000", "1763800000", "6h", "7d", "0s", "999999999w",
    "9" * 5000 + "h", "-6h", "1h30", "192.0.2.1", "10.0.0.0/8", "::1%eth0", "::/0", "1.2.3", "999.1.1.1", "192.0.2.1,x",
    "http://x", "https://u:p@x", "https://x:99999", "https://x:²", "https://[::1", "https://[::1]", "https://x/y?z#",
    "file:///etc/passwd", "//x", "x y", "x\ty", "é.example", "xn--a", "a..b", ".", "x" * 64 + ".example", "cn-shanghai",
]  # fmt: skip
WHOLES = [0, 1, -1, 2, 20, 21, 100, 10**7, 2**31, 2**63, -(2**63), 10**12, 10**15, 10**18, 10**400]
FLOATS = [0.0, -0.0, -1.0, 0.01, 0.1, 1e-320, 1e7, 1e308, math.nan, math.inf, -math.inf]
# Nothing that a path names may be made outside of the test's own folder.
PATHS = [
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    ".",
    "missing/x",
    "x" * 5000,
    "/dev/full",
    "/dev/null/x",
    "\x1b[2J",
    "out",
    "告警",
]
SECRETS = ["", "Hush secret", "Hush\nsecret", "Hush-\0secret", "Hush-\ud800secret", "Hush-é-secret", "H" * 5000]
RAW = [*TEXTS, *WHOLES, *FLOATS, True, None, [], [None], [[]], ["a", 1], {}, {"a": {"b": []}}, {"": None}]
SIMPLE = {"str": TEXTS, "int": WHOLES, "float": FLOATS, "bool": [True, False], "path": PATHS, "raw": RAW}


def odd(spec: Mapping[str, Any], present: Any) -> list[Any]:
    """Odd values of an option with this ``spec``, of the type that Ansible sees to; ``present`` is one that works."""
    if spec["type"] == "list":
        one = {**spec, "type": spec["elements"]}
        entries = [[entry] for entry in odd(one, present[0] if present else None)]
        return [[], *entries, *([*entry, *entry] for entry in entries[:3])]
    if "choices" in spec:
        return list(spec["choices"])
    if spec["type"] == "dict":
        return [
            {name: part.get("default") for name, part in spec["options"].items()} | (present or {}) | {name: value}
            for name, part in spec["options"].items()
            for value in odd(part, None)
        ]
    return SIMPLE[spec["type"]]


def any_of(spec: Mapping[str, Any], present: Any) -> st.SearchStrategy[Any]:
    """The odd values, and others of the same type."""
    more = {"str": ANY_TEXT, "int": st.integers(), "float": st.floats(), "raw": ANYTHING}
    simple = more.get(spec["type"], st.nothing()) if "choices" not in spec else st.nothing()
    some = st.sampled_from(odd(spec, present))
    if spec["type"] == "list":
        return some | st.lists(some, max_size=3).map(lambda lists: [entry for one in lists for entry in one])
    return some | simple


ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
SCALARS = st.sampled_from(RAW) | ANY_TEXT | st.integers() | st.floats()
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3)
)


@st.composite
def replaced(
    draw: st.DrawFn, specs: Mapping[str, Any], values: Callable[[str], st.SearchStrategy[Any]]
) -> dict[str, Any]:
    """One to three options and what they hold."""
    names = draw(st.lists(st.sampled_from(sorted(specs)), min_size=1, max_size=3, unique=True))
    return {name: draw(values(name)) for name in names}


# --- what becomes of it ---

LONGEST = 2500  # what knows the names of all fields tells them


@pytest.fixture(autouse=True)
def _nothing_but_the_task(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No environment, no pauses, a folder of its own."""
    for name in os.environ:
        if re.match("ALIBABA|ALICLOUD|SECURITY_CENTER", name):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    hasten(monkeypatch)


def no_sentence(text: str) -> str:
    """Why ``text`` is none that a person can read, or an empty text."""
    return "" if text.isprintable() and len(text) < LONGEST else f"no sentence: {text!r:.300}"


def no_refusal(text: str, names: Iterable[str]) -> str:
    """Why ``text`` is no sentence that names one of the options, or an empty text."""
    named = any(re.search(rf"\b{name}\b", text) for name in names)
    return no_sentence(text) if named else f"names no option: {text:.300}"


def engine_problem(task: Task, changes: Mapping[str, Any]) -> str:
    """What is wrong with how the engine takes ``changes`` to a task, or an empty text."""
    options = {name: spec.get("default") for name, spec in task.specs.items()} | task.options | changes
    # Another operation may not go with the rest of the task.
    names = {*changes, *task.options} if "operation_code" in changes else changes
    told: list[str] = []
    report = Report(check_mode=False, diff=True, environ={}, warn=told.append)
    try:
        run = RUNS.get(task.module) or task.module.run
        result = run(World(ALERTS), options, report)
        json.dumps(_module.safe(result), allow_nan=False)
    except OptionError as error:
        return no_refusal(str(error), names)
    except ApiError as error:
        told.append(str(error))
    except Exception as error:
        return f"{error!r:.300}"
    else:
        told += [result.get("msg", ""), result.get("exception", "")]
    return next(filter(None, map(no_sentence, told)), "")


def module_problem(task: Task, changes: Mapping[str, Any]) -> str:
    """What is wrong with how the module takes ``changes`` to the arguments of a task, or an empty text."""
    # Of a lone surrogate Ansible itself has a traceback, before it runs the module.
    arguments = json.dumps({"ANSIBLE_MODULE_ARGS": CONNECTION | task.options | changes}, ensure_ascii=False)
    world, printed = World(ALERTS), io.StringIO()
    resolved: list[bool] = []
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.setattr(basic, "_ANSIBLE_ARGS", arguments.encode("utf-8", "replace"))
        patch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        patch.setattr(sessions, "resolve", lambda *given: resolved.append(True) or resolve(*given))
        patch.setattr(OpenApiClient, "call", lambda _client, *given, **named: world.call(*given, **named))
        try:
            with contextlib.suppress(SystemExit):
                task.module.main()
        except Exception as error:
            return f"{error!r:.300}"
    result = json.loads(printed.getvalue())
    if "exception" in result:
        return no_sentence(result["exception"])
    # What Ansible refuses before our code runs it says in its own words.
    if not result.get("failed") or not resolved:
        return ""
    return no_sentence(result["msg"]) if result.keys() & {"events", "error"} else no_refusal(result["msg"], changes)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        *((name, list(TASKS[name].specs)) for name in ("handle", "list", "offers", "task", "rules", "rule", "no rule")),
        *((name, ["operation_params"]) for name in ("block", "quarantine", "clean up")),
        ("whitelist", ["mark_miss_param", "operation_params", "remark"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_odd_value_is_accepted_or_its_option_named(name: str, options: list[str]) -> None:
    task = TASKS[name]
    found = [
        f"{option}: {value!r:.60}: {problem}"
        for option in options
        for value in odd(task.specs[option], task.options.get(option))
        if (problem := engine_problem(task, {option: value}))
    ]
    assert found == []


def test_each_odd_value_of_the_connection_is_accepted_or_its_option_named() -> None:
    found = [
        f"{option}: {value!r:.60}: {problem}"
        for option, spec in _module.CONNECTION_OPTIONS.items()
        for value in (SECRETS if spec.get("no_log") else odd(spec, None))
        if (problem := module_problem(TASKS["offers"], {option: value}))
    ]
    assert found == []


def endpoint_problem(text: str) -> str:
    """What is wrong with how a call to the endpoint ``text`` ends, or an empty text."""
    try:
        OpenApiClient(PRODUCT, Credentials("id", "secret"), Connection(text, max_retries=0)).call("A", {})
    except OptionError as error:
        return no_refusal(str(error), ["endpoint"])
    except ApiError as error:
        return no_sentence(str(error))
    return "was called"


def test_a_call_to_an_odd_endpoint_ends_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_given: Any, **_named: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    assert [f"{text!r:.60}: {problem}" for text in TEXTS if (problem := endpoint_problem(text))] == []


@pytest.mark.parametrize("name", TASKS)
@FUZZ
@given(data=st.data())
def test_the_engine_accepts_options_or_names_one(name: str, data: st.DataObject) -> None:
    task = TASKS[name]
    changes = data.draw(replaced(task.specs, lambda option: any_of(task.specs[option], task.options.get(option))))
    assert engine_problem(task, changes) == ""


@pytest.mark.parametrize("name", ["handle", "list", "offers", "task", "rules", "rule", "no rule"])
@FUZZ
@given(data=st.data())
def test_the_module_accepts_options_or_names_one(name: str, data: st.DataObject) -> None:
    task = TASKS[name]
    specs = {**_module.CONNECTION_OPTIONS, **task.specs}

    def written(option: str) -> st.SearchStrategy[Any]:
        spec = specs[option]
        if spec.get("no_log"):
            return st.sampled_from(SECRETS)
        if spec["type"] == "path":
            return st.sampled_from(PATHS)
        # Some values are a traceback of Ansible's own: a number for a dict, 5,000 digits or infinity for an int, 10**400 for
        # a float.
        short = ANY_TEXT.filter(lambda text: "inf" not in text.lower()) | st.integers()
        other = {"dict": ANY_TEXT, "int": short, "float": short}.get(spec.get("elements", spec["type"]), ANYTHING)
        return any_of(spec, task.options.get(option)) | other

    assert module_problem(task, data.draw(replaced(specs, written))) == ""
