# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets of any characters, quoted by the service and by proxies: not in anything that a module lets out."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from conftest import MODULES
from corpus import CONTROLS
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from inprocess import Said, run_module
from leaks import forms, leaks, texts

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.client import Connection, OpenApiClient
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.credentials import Credentials
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import ApiError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import similar
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.plan_file import packed, sealed
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.service import PRODUCT
from simulator import Simulator
from simulator.seed_accounts import OWN_ACCOUNT
from simulator.state import Key

HANDLE = "handle_security_events"
_PARTS = ("access_key_id", "access_key_secret", "security_token")
KEY_ID = "STS.QuotedKey0001"
SECRET, TOKEN = "S3cr3t+of/the=key", 'T0ken+of/the="key"'
RULE = {"name": "all", "match": {"levels": ["serious", "suspicious", "remind"]}, "operation_code": "ignore"}
OPTIONS: dict[str, dict[str, Any]] = {
    "custom_block_record": {"address": "192.0.2.99", "state": "absent"},
    "asset_info": {},
    "monitor_account_info": {},
    "custom_block_record_info": {"details": True},
    "preflight_info": {"accounts": ["all"]},
    "quarantined_file": {"quarantined_file_id": "800001"},
    "quarantined_file_info": {},
    "revert_security_events": {"security_event_ids": ["10011"]},
    "alert_whitelist_rule": {"state": "absent", "rule_id": "5"},
    "alert_whitelist_rule_info": {},
    "security_event_apply": {"packed": "that of a plan"},
    "security_event_info": {"security_event_ids": ["10001"], "details": True},
    "security_event_note": {"security_event_id": "10001", "note": "seen"},
    "security_event_operation_info": {"security_event_id": "10001"},
    "security_event_plan": {"policy": [RULE], "security_event_ids": ["10001"], "pack": True},
    "security_event_report": {"time_start": "1d", "report_directory": "."},
    "security_event_task_info": {"security_event_ids": ["10001"], "task_id": "15411"},
    "verify_service_info": {},
    HANDLE: {"security_event_ids": ["10001"], "operation_code": "ignore", "wait": False},
    "handle_similar_security_events": {"security_event_id": "10001", "operation_code": "ignore", "wait": False},
}
# As credentials.resolve takes them: printable ASCII. Asterisks are what Ansible hides a secret behind.
CHARACTERS = "".join(map(chr, range(0x21, 0x7F))).replace("*", "")
ANY_SECRET = st.one_of(
    st.text(CHARACTERS, min_size=8, max_size=40),
    st.text("0123456789", min_size=8, max_size=16),
    st.text("\\.[](){}^$?+|%\"'&<>/", min_size=8, max_size=16),
    st.sampled_from(
        ["12345678", "%41%42%43%44", '\\"\\"\\"\\"', "{{secret}}", "%s%s%s%s", "\\u0041\\u0042", "</script>"]
    ),
)


def fuzz(examples: int) -> settings:
    """Some examples, the same in each run. What fails is shown as it is: to make it smaller takes minutes."""
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(task_seconds=0) as running:
        yield running


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sleep = time.sleep
    monkeypatch.chdir(tmp_path)  # where reports are made
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, 0.005)))
    monkeypatch.setattr(similar, "_STILL", 0.0)
    monkeypatch.setattr(similar, "_LONG_STILL", 0.0)


def run(simulator: Simulator, module: str, secret: str, token: str, *, in_options: bool, **more: Any) -> Said:
    """Run a module with that set of credentials, which the simulator knows."""
    simulator.state.keys.append(Key(KEY_ID, secret, OWN_ACCOUNT, token=token))
    places = {"endpoint": simulator.endpoint, "sts_endpoint": simulator.endpoint}
    connection = places | {"max_retries": 0, "requests_per_second": 1000}
    keys = dict(zip(_PARTS, (KEY_ID, secret, token), strict=True))
    environ = {f"ALIBABA_CLOUD_{name.upper()}": value for name, value in keys.items()}
    options = connection | OPTIONS[module] | (keys if in_options else {}) | more
    return run_module(module, options, environ={} if in_options else environ)


def let_out(said: Said, file: Path) -> str:
    """All that a run has written, as it stands there and as who reads the JSON sees it."""
    lines = file.read_text(encoding="ascii").splitlines() if file.exists() else []
    reports = [path.read_text(encoding="utf-8") for path in file.parent.glob("period-*")]
    return "\n".join(
        [said.output, said.log, *texts(said.result), *reports, *lines, *texts([json.loads(line) for line in lines])]
    )


# Where the service may quote a request; the mark stands for the quotation.
QUOTING: dict[str, dict[str, Any]] = {
    "message": {"how": "error", "http_status": 400, "code": "SignatureDoesNotMatch", "message": "Not of [<<>>]."},
    "cut message": {"how": "error", "http_status": 403, "code": "Forbidden.RAM", "message": "a" * 145 + "<<>>"},
    "longer message": {"how": "error", "http_status": 403, "code": "Forbidden.RAM", "message": "a" * 485 + "<<>>"},
    "code": {"how": "error", "http_status": 400, "code": "Wrong.<<>>", "message": "No."},
    "lower case": {"how": "body", "http_status": 400, "body": '{"code": "A", "message": "<<>>"}'},
    "request id": {"how": "body", "http_status": 400, "body": '{"Code": "A", "Message": "B", "RequestId": "<<>>"}'},
    "no JSON": {"how": "body", "http_status": 502, "body": "a" * 65 + "<<>>"},
}


def quoting(place: str, quotation: str) -> dict[str, Any]:
    """The fault that quotes at that place."""
    inside = json.dumps(quotation)[1:-1] if QUOTING[place].get("body", "").startswith("{") else quotation
    return {
        name: value.replace("<<>>", inside if name == "body" else quotation) if isinstance(value, str) else value
        for name, value in QUOTING[place].items()
    }


def failing_call(simulator: Simulator, place: str, secret: str, token: str, quotation: str) -> str:
    """All that the error of a call tells, when the service quotes at that place."""
    simulator.reset()
    simulator.fail("*", **quoting(place, quotation))
    client = OpenApiClient(PRODUCT, Credentials(KEY_ID, secret, token), Connection(simulator.endpoint, max_retries=0))
    with pytest.raises(ApiError) as failure:
        client.call("DescribeSuspEvents", {})
    return "\n".join([str(failure.value), *texts(failure.value.as_dict())])


@pytest.mark.parametrize("place", QUOTING)
@given(secret=ANY_SECRET, token=ANY_SECRET, form=st.sampled_from([*forms("")]))
@fuzz(60)
def test_an_error_of_a_call_holds_no_secret(place: str, simulator: Simulator, secret: str, token: str, form: str):
    """Whatever is made of an error later, in a file or in a sentence: there is none to be cut out of it."""
    told = failing_call(simulator, place, secret, token, f"{forms(secret)[form]} {forms(token)[form]}")
    harmless = failing_call(simulator, place, "unlikely-1", "unlikely-2", "")
    assume(not leaks(secret, harmless) and not leaks(token, harmless))
    assert not leaks(secret, told) and not leaks(token, told), told


def in_good_and_in_bad(
    simulator: Simulator, file: Path, module: str, secret: str, token: str, quotation: str, *, in_options: bool
) -> str:
    """All that a module lets out, when all goes well and when the service refuses and quotes."""
    simulator.reset()
    file.unlink(missing_ok=True)
    more = {"result_file": str(file)} if module == HANDLE else {}
    simulator.add_alert(id=10001, name=quotation, operate_message=quotation, mark_sources={"cmdLine": quotation})
    if module == "security_event_apply":
        planned = run(simulator, "security_event_plan", secret, token, in_options=in_options)
        more = {"packed": planned.result["plan"]["packed"], "journal_file": str(file)}
    handled = run(simulator, HANDLE, secret, token, in_options=in_options, result_file=str(file))
    good = run(simulator, module, secret, token, in_options=in_options, **more)
    assert not good.result.get("failed"), good
    simulator.add_alert(id=10001, status=1, done_event_ids=[], operate_error_code="")
    simulator.fail("HandleSecurityEvents" if module == HANDLE else "*", **quoting("message", quotation))
    bad = run(simulator, module, secret, token, in_options=in_options, **more)
    assert bad.result["failed"], bad
    return "\n".join(let_out(said, file) for said in (handled, good, bad))


@pytest.fixture
def harmless(module: str, in_options: bool, simulator: Simulator, tmp_path: Path) -> str:
    """What a module lets out without any quotation. Of a secret that is in there nothing can be told."""
    file = tmp_path / "result.jsonl"
    return in_good_and_in_bad(simulator, file, module, "unlikely-1", "unlikely-2", "", in_options=in_options)


@pytest.mark.parametrize("in_options", [True, False], ids=["options", "environment"])
@pytest.mark.parametrize("module", MODULES)
@given(secret=ANY_SECRET, token=ANY_SECRET)
@fuzz(15)
def test_a_module_lets_no_secret_out(
    module: str, in_options: bool, simulator: Simulator, tmp_path: Path, harmless: str, secret: str, token: str
):
    """Not in its result, in the log of the system, in the result file, or in a report."""
    assume(not leaks(secret, harmless) and not leaks(token, harmless))
    file = tmp_path / "result.jsonl"
    told = in_good_and_in_bad(simulator, file, module, secret, token, f"{secret} {token}", in_options=in_options)
    assert not leaks(secret, told) and not leaks(token, told), told


@pytest.mark.parametrize("in_options", [True, False], ids=["options", "environment"])
def test_what_the_service_says_of_an_alert_gives_no_secret_away(in_options: bool, simulator: Simulator, tmp_path: Path):
    """A service that knows the token may say it anywhere."""
    simulator.reset()
    told = {"event_type": TOKEN, "name": TOKEN, "ai_verdict": TOKEN, "results": {"ignore": f"{TOKEN}.{SECRET}"}}
    simulator.add_alert(id=10001, **told)
    file = tmp_path / "result.jsonl"
    both = {"secret": SECRET, "token": TOKEN, "in_options": in_options}
    warned = run(simulator, "security_event_info", **both, security_event_ids=None, parent_event_types=["None such"])
    listed = run(simulator, "security_event_info", **both)
    failed = run(simulator, HANDLE, **both, wait=True, wait_timeout=5, result_file=str(file))
    assert warned.result["warnings"] and len(listed.result["security_events"]) == 1
    assert failed.result["summary"]["failed"] == 1
    assert "T0ken" not in let_out(warned, tmp_path / "none") + let_out(listed, tmp_path / "none")
    assert "T0ken" not in let_out(failed, file)


# What a slip of copy and paste, or of quoting, makes of the three parts of a set.
SLIPS: dict[str, tuple[Any, ...]] = {
    "no secret": (KEY_ID, None, TOKEN),
    "a secret alone": (None, SECRET, None),
    "a token alone": (None, None, TOKEN),
    "a secret with a line break": (KEY_ID, f"{SECRET}\n", TOKEN),
    "a token in two lines": (KEY_ID, SECRET, f"{TOKEN}\r\n{TOKEN}"),
    "a blank": (KEY_ID, f" {SECRET}", None),
    "a wide character": (KEY_ID, f"{SECRET}\u3000", TOKEN),
    "the secret as a part of the id": (f"{KEY_ID} {SECRET}", SECRET, TOKEN),
    "a list": (KEY_ID, [SECRET], [TOKEN]),
    "a mapping": (KEY_ID, {"secret": SECRET}, {"token": TOKEN}),
    "each other's": (KEY_ID, TOKEN, SECRET),
}


@pytest.mark.parametrize("slip", SLIPS)
@pytest.mark.parametrize("module", MODULES)
def test_what_is_no_set_of_credentials_is_refused_and_not_shown(
    module: str, slip: str, simulator: Simulator, tmp_path: Path
):
    options = {"endpoint": simulator.endpoint, **OPTIONS[module]}
    named = {name: value for name, value in zip(_PARTS, SLIPS[slip], strict=True) if value is not None}
    said = [run_module(module, options | named)]
    if all(isinstance(value, str) for value in named.values()):
        environ = {f"ALIBABA_CLOUD_{name.upper()}": value for name, value in named.items()}
        said.append(run_module(module, options, environ=environ))
    for one in said:
        assert one.result["failed"]
        shown = let_out(one, tmp_path / "none")
        assert not leaks(SECRET, shown) and not leaks(TOKEN, shown)


PASSWORD = "Pa55word+of/the=proxy"
_QUOTED = quote(PASSWORD, safe="")
# Proxies that don't work, and what is no proxy at all.
PROXIES = {
    "nobody listens": f"http://someone:{_QUOTED}@127.0.0.1:9",
    "nobody listens with TLS": f"https://someone:{_QUOTED}@127.0.0.1:9",
    "no such host": f"http://someone:{_QUOTED}@proxy.invalid:3128",
    "password as it is": f"http://someone:{PASSWORD}@127.0.0.1:9",
    "password with a hash": f"http://someone:{PASSWORD}#{PASSWORD}@127.0.0.1:9",
    "password with a bracket": f"http://someone:[{PASSWORD}@127.0.0.1:9",
    "password as the port": f"http://127.0.0.1:{PASSWORD}",
    "no scheme": f"someone:{_QUOTED}@127.0.0.1:9",
    "no host": f"http://someone:{_QUOTED}@",
    "another scheme": f"socks5h://someone:{_QUOTED}@127.0.0.1:9",
    "unknown scheme": f"ftp://someone:{_QUOTED}@127.0.0.1:9",
    "line break": f"http://someone:{PASSWORD}\n@127.0.0.1:9",
    "no address": f"http://someone:{_QUOTED}@[::1",
}


@pytest.fixture(scope="module")
def https() -> Iterator[Simulator]:
    with Simulator(tls=True) as running:
        yield running


@pytest.mark.parametrize("module", MODULES)
def test_no_failure_of_the_network_gives_a_secret_away(module: str, https: Simulator, tmp_path: Path):
    """Without a proxy, and with each of those that have a password."""
    places = [({"endpoint": "http://127.0.0.1:9"}, {}), ({"endpoint": https.endpoint}, {})]
    places += [({"endpoint": https.endpoint}, {"HTTPS_PROXY": proxy}) for proxy in PROXIES.values()]
    for place, environ in places:
        said = unreachable(module, place, environ)
        for secret in (SECRET, TOKEN, PASSWORD):
            assert not leaks(secret, let_out(said, tmp_path / "none")), environ


def unreachable(module: str, place: dict[str, Any], environ: dict[str, str]) -> Said:
    """A run that ends in a sentence on the network, the certificate or the proxy."""
    keys = zip(_PARTS, (KEY_ID, SECRET, TOKEN), strict=True)
    surroundings = {f"ALIBABA_CLOUD_{name.upper()}": value for name, value in keys} | environ
    options = OPTIONS[module]
    if module == "security_event_apply":
        options = {"packed": a_plan(place["endpoint"])}
    said = run_module(
        module, {"max_retries": 0, "sts_endpoint": place["endpoint"], **options, **place}, environ=surroundings
    )
    told = ("can't be reached", "certificate", "no request to")
    assert said.result["failed"] and any(words in said.result["msg"] for words in told), (environ, said.result["msg"])
    return said


def a_plan(endpoint: str) -> str:
    """A plan for an endpoint that nobody reached."""
    line = {"event_ids": ["10001"], "rule": "all", "approval": False, "outcome": "planned", "seen": {}, "alert": {}}
    line |= {
        "security_event_id": "10001",
        "steps": [{"operation_code": "ignore"}],
        "remark": None,
        "operation_code": "ignore",
    }
    about = {"plan_id": "20261122T090000Z-1a2b3c4d", "created_stamp": 0, "valid_until": "", "valid_until_stamp": 10**14}
    content, _digest = sealed(about | {"endpoint": endpoint, "policy_digest": "", "rules": []}, [line], None)
    return packed(content)


class Proxy(threading.Thread):
    """A proxy that refuses each tunnel for a ``reason``."""

    def __init__(self, reason: bytes) -> None:
        super().__init__(daemon=True)
        self._reason = reason
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"

    def run(self) -> None:
        connection, _client = self._server.accept()
        with self._server, connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 407 " + self._reason + b"\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize("reason", [b"Proxy Authentication Required", b"\x1b]0;owned\x07\x9b\x00{{ 7 * 7 }}"])
def test_what_a_proxy_says_is_harmless(reason: bytes, tmp_path: Path):
    proxy = Proxy(reason)
    proxy.start()
    environ = {"HTTPS_PROXY": f"http://someone:{_QUOTED}@{proxy.address}"}
    said = unreachable("security_event_operation_info", {"endpoint": "https://tds.invalid"}, environ)
    proxy.join()
    assert "407" in said.result["msg"] and not CONTROLS.search(said.result["msg"])
    assert not leaks(PASSWORD, let_out(said, tmp_path / "none"))
