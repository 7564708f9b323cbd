# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who answers is no friend: each answer ends in time, in bounded memory, in a sentence or in the truth."""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.client import Connection, OpenApiClient
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.credentials import Credentials
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import ApiError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import event_info
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.service import PRODUCT
from engine import handler, on_one_plane, shorten_waits
from simulator import Simulator
from simulator.transport import Server

LIST_ALERTS = on_one_plane(event_info.run)

# A call ends within its time-out or soon after; what hangs is found by this.
pytestmark = pytest.mark.timeout(30)

KEY = Credentials(Simulator.access_key_id, Simulator.access_key_secret)
MEGABYTE = 1 << 20
SHORT = 1.0  # the time-out of calls whose answer does not come or does not end

NEVER_ENDING = [
    pytest.param(how, {"part": part}, id=f"{how} {part}")
    for how in ("endless", "trickle")
    for part in ("body", "chunks", "header", "headers", "continues")
]
TOO_LARGE = [pytest.param("huge", {}, id="a gigabyte"), pytest.param("bomb", {}, id="a gigabyte, packed")]


def raw(*lines: str, body: str = "") -> dict[str, str]:
    """The details of a fault "raw": an answer of these lines and this body."""
    return {"answer": "\r\n".join([*lines, "", body])}


OK = "HTTP/1.1 200 OK"
NO_ANSWER = {
    "nothing": {"answer": ""},
    "no status line": {"answer": "<html>\x1b[2J</html>\n"},
    "zeros": {"answer": "\0" * 100_000},
    "HTTP/0.9": {"answer": '{"SuspEvents": [], "TotalCount": 0}'},
    "a status that is text": raw("HTTP/1.1 OK OK"),
    "a status of 5,000 digits": raw(f"HTTP/1.1 {'9' * 5000} OK"),
    "a status below 100": raw("HTTP/1.1 7 OK"),
    "status 100 and no more": raw("HTTP/1.1 100 Continue"),
    "status 101": raw("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket"),
    "status 103": raw("HTTP/1.1 103 Early Hints", "Link: </x>; rel=preload"),
    "status 204": raw("HTTP/1.1 204 No Content"),
    "status 304": raw("HTTP/1.1 304 Not Modified"),
    "status 999": raw("HTTP/1.1 999 What\x1b]0;title\x07", "Content-Length: 0"),
    "a header of 70,000 characters": raw(OK, f"x: {'y' * 70_000}", body="{}"),
    "200 headers": raw(OK, *(f"x-{number}: y" for number in range(200)), body="{}"),
    "a length that is text": raw(OK, "Content-Length: many"),
    "a length of 5,000 digits": raw(OK, f"Content-Length: {'9' * 5000}"),
    "a length below nothing": raw(OK, "Content-Length: -1", body="[]"),
    "a chunk that is none": raw(OK, "Transfer-Encoding: chunked", body="zzz\r\n{}"),
    "a chunk of 5,000 digits": raw(OK, "Transfer-Encoding: chunked", body=f"{'f' * 5000}\r\n{{}}"),
    "a chunk below nothing": raw(OK, "Transfer-Encoding: chunked", body="-5\r\n{}\r\n0\r\n\r\n"),
    "packed, but not really": raw(OK, "Content-Encoding: gzip", body='{"SuspEvents": []}'),
    "packed as nobody knows": raw(OK, "Content-Encoding: gzip, br, deflate", body='{"SuspEvents": []}'),
    "200,000 brackets": raw(OK, body="[" * 200_000),
    "200,000 objects": raw(OK, body='{"a":' * 200_000),
    "a number of 5,000 digits": raw(OK, body=f'{{"TotalCount": {"9" * 5000}}}'),
    "another charset": raw(OK, "Content-Type: application/json;charset=gbk", body='{"Message": "\xb8\xe6\xbe\xaf"}'),
    "text": raw(OK, body='"\x1b[2J\x9b2J\x07"'),
    "NaN": raw(OK, body="NaN"),
    "two objects": raw(OK, body="{}{}"),
    "bytes that are no text": raw(OK, body="\xff\xfe\xfa\x80"),
    "half a surrogate in UTF-16": raw(OK, body="\xff\xfe\x00\xd8"),
}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def client_of(endpoint: str, **connection: Any) -> OpenApiClient:
    given = {"timeout": 5.0, "max_retries": 0, "requests_per_second": 1000.0} | connection
    return OpenApiClient(PRODUCT, KEY, Connection(endpoint, **given))


def failure(client: OpenApiClient, action: str = "HandleSecurityEvents") -> ApiError:
    """The error of a write, whose sentence a person can read."""
    with pytest.raises(ApiError) as caught:
        client.call(action, {"OperationCode": "ignore", "SecurityEventIds": ["10001"]}, write=True)
    error = caught.value
    assert str(error).isprintable()
    assert len(str(error)) < 1000
    json.dumps(error.as_dict(), allow_nan=False)
    return error


# --- an answer that is none ---


@pytest.mark.parametrize(("how", "details"), NEVER_ENDING + TOO_LARGE)
def test_an_answer_that_does_not_end_proves_nothing(simulator: Simulator, how: str, details: dict[str, Any]) -> None:
    simulator.fail("HandleSecurityEvents", how=how, **details)
    error = failure(client_of(simulator.endpoint, timeout=SHORT))
    assert error.maybe_done
    assert not error.every_call
    assert len(simulator.calls) == 1


@pytest.mark.parametrize("part", ["body", "chunks", "header", "continues"])
def test_an_answer_over_tls_is_bounded_too(part: str) -> None:
    with Simulator(tls=True) as simulator:
        simulator.fail("HandleSecurityEvents", how="trickle", part=part)
        assert failure(client_of(simulator.endpoint, ca_path=simulator.ca_path, timeout=SHORT)).maybe_done


def trickle_from(listener: socket.socket) -> None:
    """Take one connection and answer a byte each tenth of a second, until the client leaves."""
    connection, _address = listener.accept()
    with connection, contextlib.suppress(OSError):
        for byte in itertools.chain(b"HTTP/1.1 200 OK\r\nx-slow: ", itertools.repeat(32)):
            connection.sendall(bytes([byte]))
            time.sleep(0.1)


def test_a_proxy_that_trickles_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = threading.Thread(target=trickle_from, args=[listener])
        proxy.start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port_of(listener)}")
        failure(client_of("https://tds.example.com", timeout=SHORT))
        proxy.join()


@pytest.mark.parametrize("answer", NO_ANSWER.values(), ids=NO_ANSWER)
def test_an_answer_that_is_none_ends_in_a_sentence(simulator: Simulator, answer: dict[str, str]) -> None:
    simulator.fail("HandleSecurityEvents", how="raw", **answer)
    error = failure(client_of(simulator.endpoint))
    assert error.maybe_done or 300 <= (error.http_status or 0) < 400
    assert len(simulator.calls) == 1


# --- an answer that is one, oddly ---

LISTING = {"RequestId": "r-1", "SuspEvents": [], "TotalCount": 0}
ODD_HEADERS = [
    *({"Date": date} for date in ("", "x" * 5000, "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 -0000")),
    *({"Date": f"Sun, 22 Nov {year} 09:00:00 +{year}"} for year in ("10000", "9" * 5000)),
    {"Set-Cookie": f"session={'x' * 60_000}; Domain=127.0.0.1; Path=/"},
    {"Content-Type": "text/html;charset=utf-16"},
    {"Location": "http://127.0.0.1:9/", "Refresh": "0; url=http://127.0.0.1:9/", "Alt-Svc": 'h2="127.0.0.1:9"'},
    {"x-ratelimit-user-api": "Limit:x,Remain:-1,TimeLeft:-5,,:,Reset"},
    {"x-ratelimit-user-api": f"Remain:0,TimeLeft:{'9' * 5000}"},
    {"X": "\x1b]0;title\x07\xff"},
]


@pytest.mark.parametrize("headers", ODD_HEADERS, ids=lambda headers: f"{headers}"[:50])
def test_an_odd_header_changes_nothing(simulator: Simulator, headers: dict[str, str]) -> None:
    client = client_of(simulator.endpoint)
    simulator.fail("DescribeSuspEvents", how="body", body=json.dumps(LISTING), headers=headers)
    assert client.call("DescribeSuspEvents", {}) == LISTING
    assert abs(client.now() - time.time()) < 86400
    client.call("DescribeNsasSuspEventType", {})
    assert [call.code for call in simulator.calls] == ["", ""]
    assert "cookie" not in simulator.calls[-1].headers


@pytest.mark.parametrize("wait", ["", "-1", "soon", "1e9", "NaN", "\xb2", "999999999", "999999999999", "9" * 5000])
def test_an_odd_pause_is_none_or_short(simulator: Simulator, wait: str) -> None:
    hints = {"x-acs-retry-after": wait, "x-ratelimit-user": f"Remain:0,TimeLeft:{wait}"}
    body = {"Code": "Throttling", "Message": "m"}
    simulator.fail("DescribeSuspEvents", how="body", http_status=400, body=json.dumps(body), headers=hints)
    with pytest.raises(ApiError) as caught:
        client_of(simulator.endpoint).call("DescribeSuspEvents", {})
    assert caught.value.code == "Throttling"
    assert 0 <= (caught.value.retry_after or 0) <= 60


@pytest.mark.parametrize(
    "body",
    [
        "\ufeff" + json.dumps(LISTING),
        json.dumps(LISTING)[:-1] + ', "SuspEvents": [], "TotalCount": 0}',
        json.dumps(LISTING | {"Unknown": {"deep": [[[{}]]]}}),
        json.dumps(LISTING | {"TotalCount": float("nan"), "PageSize": float("inf")}),
        json.dumps(LISTING | {"PageSize": 10**4000}),
    ],
    ids=["BOM", "the same keys twice", "unknown keys", "NaN", "4,001 digits"],
)
def test_an_odd_body_is_read_as_far_as_it_tells(simulator: Simulator, body: str) -> None:
    simulator.fail("DescribeSuspEvents", times=99, how="body", body=body)
    report = Report(check_mode=False, diff=False, environ={}, warn=lambda _text: None)
    result = LIST_ALERTS(client_of(simulator.endpoint), {}, report)
    assert result["security_events"] == []
    json.dumps(result, allow_nan=False)


# --- memory ---


@pytest.mark.parametrize(
    ("how", "details"), [("endless", {"part": "body"}), ("endless", {"part": "chunks"}), ("huge", {}), ("bomb", {})]
)
def test_no_answer_takes_more_memory_than_the_bound(simulator: Simulator, how: str, details: dict[str, Any]) -> None:
    simulator.fail("DescribeSuspEvents", how=how, **details)
    client = client_of(simulator.endpoint, timeout=20.0)
    tracemalloc.start()
    try:
        with pytest.raises(ApiError):
            client.call("DescribeSuspEvents", {})
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 200 * MEGABYTE


# --- where nothing may go ---


@pytest.fixture
def elsewhere() -> Iterator[socket.socket]:
    """A port to which nothing may connect."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


def port_of(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


@pytest.mark.parametrize(
    "place", ["http://127.0.0.1:{}/", "//127.0.0.1:{}", "http://127.0.0.1:{}\x00\x7f\t@[::1]/\x1b[2J"]
)
@pytest.mark.parametrize("status", ["301", "302", "303", "305", "307", "308", "201", "401", "407"])
def test_nothing_goes_where_an_answer_points(
    simulator: Simulator, elsewhere: socket.socket, status: str, place: str
) -> None:
    where = place.format(port_of(elsewhere))
    challenge = 'WWW-Authenticate: Basic realm="x", Negotiate, NTLM'
    lines = [f"HTTP/1.1 {status} Look", f"Location: {where}", challenge, challenge.replace("WWW", "Proxy")]
    simulator.fail("DescribeSuspEvents", how="raw", **raw(*lines, body="[]"))
    failure(client_of(simulator.endpoint, max_retries=1), "DescribeSuspEvents")
    with pytest.raises(BlockingIOError):
        elsewhere.accept()
    assert len(simulator.calls) == 1


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def issued(authority: trustme.CA, name: str = "localhost", **dates: datetime) -> Callable[[ssl.SSLContext], None]:
    return authority.issue_cert(name, **dates).configure_cert


NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize("case", ["another name", "expired", "not valid yet", "of another authority", "self-signed"])
def test_a_wrong_certificate_gets_no_request(authority: trustme.CA, tmp_path: Path, case: str) -> None:
    stranger = trustme.CA()
    certify = {
        "another name": issued(authority, "tds.example.com"),
        "expired": issued(authority, not_before=NOW - 9 * DAY, not_after=NOW - DAY),
        "not valid yet": issued(authority, not_before=NOW + DAY, not_after=NOW + 9 * DAY),
        "of another authority": issued(stranger),
        "self-signed": lambda context: context.load_cert_chain(tmp_path / "own.pem"),
    }[case]
    (tmp_path / "own.pem").write_bytes(stranger.private_key_pem.bytes() + stranger.cert_pem.bytes())
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certify(context)
    seen: list[str] = []

    def application(environ: dict[str, Any], start_response: Callable[..., object]) -> list[bytes]:
        seen.append(environ["QUERY_STRING"])
        start_response("200 OK", [])
        return []

    server = Server(application, 0, context)
    server.start()
    try:
        endpoint = f"https://localhost:{server.port}"
        error = failure(client_of(endpoint, ca_path=str(tmp_path / "ca.pem"), timeout=5.0))
    finally:
        server.stop()
    assert error.message.startswith(f"the certificate of localhost:{server.port} was not accepted: ")
    assert (error.every_call, error.maybe_done, seen) == (True, False, [])


def test_a_handshake_that_does_not_end_is_given_up(elsewhere: socket.socket) -> None:
    error = failure(client_of(f"https://127.0.0.1:{port_of(elsewhere)}", timeout=SHORT))
    assert "127.0.0.1" in error.message


# --- the engine among such answers ---


@pytest.mark.parametrize("how", ["trickle", "huge", "raw"])
@pytest.mark.parametrize(
    ("action", "details"),
    [
        ("DescribeSuspEvents", {}),
        ("DescribeSecurityEventOperations", {}),
        ("HandleSecurityEvents", {"done": False}),
        ("HandleSecurityEvents", {"done": True}),
        ("DescribeSecurityEventOperationStatus", {}),
    ],
)
def test_the_engine_tells_the_truth_after_it(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch, how: str, action: str, details: dict[str, Any]
) -> None:
    shorten_waits(monkeypatch)
    simulator.fail(action, how=how, **details)
    result = handler(simulator, timeout=0.2, max_retries=0)("10001")
    [event] = result["events"]
    done = simulator.handled_times("10001")
    assert done <= 1
    assert event["outcome"] in (("handled", "unknown") if done else ("failed", "unknown"))
    assert result.get("msg", "").isprintable()
    assert bool(result.get("failed")) is (event["outcome"] != "handled")
