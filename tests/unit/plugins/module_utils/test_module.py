# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any

import pytest

basic = pytest.importorskip("ansible.module_utils.basic", reason="this half of the collection is Ansible's")

from ansible_collections.alicloud.security_center.plugins.module_utils._module import (  # noqa: E402  # needs ansible
    run_module,
    safe,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import (  # noqa: E402  # needs ansible
    ApiError,
    OptionError,
)

_KEYS = {"access_key_id": "LTAI-id", "access_key_secret": "Hush-secret"}


@pytest.fixture
def play(monkeypatch, capsys):
    """A run of ``run`` as a module: what Ansible reads from its standard output."""

    def _play(run, given: dict[str, Any], check_mode: bool = False, options: dict[str, Any] | None = None, **rules: Any):
        arguments = {"region_id": "cn-shanghai", **given, "_ansible_check_mode": check_mode, "_ansible_diff": True}
        arguments = {name: value for name, value in arguments.items() if value is not None}
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        with pytest.raises(SystemExit) as left:
            run_module(run, options or {}, **rules)
        result = json.loads(capsys.readouterr().out)
        assert left.value.code == (1 if result.get("failed") else 0)
        return result

    return _play


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    for prefix in ("ALIBABA_CLOUD_", "ALICLOUD_"):
        for name in ("ACCESS_KEY_ID", "ACCESS_KEY_SECRET", "ACCESS_KEY", "SECRET_KEY", "SECURITY_TOKEN", "REGION_ID", "REGION"):
            monkeypatch.delenv(prefix + name, raising=False)


def test_a_module_gets_a_client_its_options_and_a_report(play):
    def run(client, options, report):
        report.warn("mind \ud800")
        seen = {"mode": report.check_mode, "diff": report.diff, "path": "PATH" in report.environ}
        return {"changed": True, "given": options["one"], "seen": seen, "url": client._transport.host}

    result = play(run, {**_KEYS, "one": "x"}, check_mode=True, options={"one": {"type": "str"}})
    assert result["changed"] is True
    assert result["given"] == "x"
    assert result["seen"] == {"mode": True, "diff": True, "path": True}
    assert result["url"] == "tds.cn-shanghai.aliyuncs.com"
    assert "mind \ufffd" in json.dumps(result["warnings"], ensure_ascii=False)


def _raise(error):
    def run(_client, _options, _report):
        raise error

    return run


def test_a_call_that_fails_ends_the_module_with_its_error(play):
    error = ApiError("m\ud800", action="A", code="C", http_status=400, request_id="r", hint="h")
    result = play(_raise(error), _KEYS)
    assert result["msg"] == "A failed: C: m\\ud800 (request id r) - h"
    assert result["error"] == {
        "action": "A",
        "code": "C",
        "message": "m\ufffd",
        "http_status": 400,
        "request_id": "r",
        "hint": "h",
    }


def test_an_option_that_can_not_be_used_ends_the_module_with_its_sentence(play):
    result = play(_raise(OptionError("do not")), _KEYS)
    assert (result["msg"], result["failed"], "error" in result) == ("do not", True, False)


def test_a_failure_keeps_what_is_known(play):
    result = play(lambda *_given: {"failed": True, "msg": "m", "changed": True, "events": ["e"]}, _KEYS)
    assert {name: result[name] for name in ("failed", "msg", "changed", "events")} == {
        "failed": True,
        "msg": "m",
        "changed": True,
        "events": ["e"],
    }


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"access_key_secret": None}, "half a set of credentials: the task's options give access_key_id but not access_key_secret"),
        ({"timeout": 0}, "timeout 0.0 is out of range: give 0.1 to 3600"),
        ({"timeout": "nan"}, "timeout nan is out of range"),
        ({"max_retries": -1}, "max_retries -1 is out of range: give 0 to 3600"),
        ({"requests_per_second": 0}, "requests_per_second 0.0 is out of range: give 0.01 to 3600"),
        ({"ca_path": "/does/not/exist"}, "ca_path /does/not/exist does not exist: give a file or directory of CA certificates"),
        ({"region_id": "mars"}, "region_id mars is on no known data plane"),
        ({"region_id": None}, "region_id is missing"),
        ({"endpoint": "http://example.com"}, "endpoint http://example.com is plain http"),
    ],
    ids=str,
)  # fmt: skip
def test_a_connection_that_can_not_be_meant_is_told_before_anything_is_sent(play, given, sentence):
    assert play(lambda *_given: {}, {**_KEYS, **given})["msg"].startswith(sentence)


@pytest.mark.parametrize("source", ["options", "environment"])
def test_a_secret_is_never_in_a_result(play, monkeypatch, source):
    token = {"security_token": "Hush-token"}
    if source == "environment":
        for name, value in (("ACCESS_KEY_ID", "LTAI-id"), ("ACCESS_KEY_SECRET", "Hush-secret"), ("SECURITY_TOKEN", "Hush-token")):
            monkeypatch.setenv(f"ALIBABA_CLOUD_{name}", value)
    echo = {"said": "id LTAI-id, secret Hush-secret, token Hush-token"}
    result = play(lambda *_given: dict(echo), {**_KEYS, **token} if source == "options" else {})
    assert "Hush" not in json.dumps(result)
    assert "LTAI-id" in result["said"]


@pytest.mark.parametrize("name", ["ALIBABA_CLOUD_REGION_ID", "ALIBABA_CLOUD_REGION", "ALICLOUD_REGION", "ALICLOUD_REGION_ID"])
def test_the_region_is_taken_from_every_variable_that_users_set(play, monkeypatch, name):
    monkeypatch.setenv(name, "eu-central-1")
    result = play(lambda client, *_given: {"url": client._transport.host}, {**_KEYS, "region_id": None})
    assert result["url"] == "tds.ap-southeast-1.aliyuncs.com"


@pytest.mark.parametrize(("writes", "known"), [(True, True), (False, False)])
def test_only_a_module_that_writes_knows_the_guard_rails(play, writes, known):
    result = play(lambda _client, options, _report: {"most": options["max_events"]}, {**_KEYS, "max_events": 5}, writes=writes)
    assert (result.get("most") == 5) is known
    assert ("Unsupported parameters" in result.get("msg", "")) is not known


@pytest.mark.parametrize(
    ("value", "made"),
    [
        ("a\ud800", "a\ufffd"),
        ({"k\ud800": ["v\udfff", ("w",)]}, {"k\ufffd": ["v\ufffd", ["w"]]}),
        ({5: None, "a": [True, 1.5, 7]}, {"5": None, "a": [True, 1.5, 7]}),
    ],
)
def test_a_result_is_made_safe_for_ansible(value, made):
    assert safe(value) == made
