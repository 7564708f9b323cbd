# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each planned fault does what it says, seen from the client's side; and the work is done, or is not."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from urllib.parse import urlsplit

import pytest
import requests

from simulator.clients import Wire

IGNORE_ONE = {"OperationCode": "ignore", "SecurityEventIds.1": "10001"}


def handle(wire: Wire, **options: object) -> requests.Response:
    return wire.send(wire.prepare("HandleSecurityEvents", IGNORE_ONE), **options)


def was_done(wire: Wire) -> bool:
    """Whether the service accepted the handling: a task of it exists."""
    return len(wire.simulator.state.tasks) == 1


def plan(wire: Wire, how: str, **details: object) -> None:
    wire.simulator.fail("HandleSecurityEvents", how=how, **details)


def test_an_error(wire: Wire) -> None:
    plan(wire, "error", http_status=503, code="ServiceUnavailable", message="later")
    answer = handle(wire)
    assert (answer.status_code, answer.json()["Code"]) == (503, "ServiceUnavailable")
    assert answer.json()["Message"] == "later"
    assert not was_done(wire)


def test_throttling_is_http_400(wire: Wire) -> None:
    plan(wire, "throttle", retry_after_ms=70)
    answer = handle(wire)
    assert (answer.status_code, answer.json()["Code"]) == (400, "Throttling.User")
    assert answer.headers["x-acs-retry-after"] == "70"
    assert "x-ratelimit-user-api" not in answer.headers
    assert not was_done(wire)


def test_throttling_as_older_gateways_say_it(wire: Wire) -> None:
    limit = "Limit:1,Remain:0,TimeLeft:2000,Reset:1234"
    plan(wire, "throttle", rate_limit=limit)
    answer = handle(wire)
    assert answer.headers["x-ratelimit-user-api"] == limit
    assert "x-acs-retry-after" not in answer.headers


@pytest.mark.parametrize(("how", "done"), [("reset_before", False), ("reset_after", True)])
def test_a_reset_connection(wire: Wire, how: str, done: bool) -> None:
    plan(wire, how)
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        handle(wire)
    assert was_done(wire) is done


@pytest.mark.parametrize(("how", "done"), [("timeout_before", False), ("timeout_after", True)])
def test_a_silence_longer_than_the_client_waits(wire: Wire, how: str, done: bool) -> None:
    plan(wire, how)
    with pytest.raises(requests.ReadTimeout):
        handle(wire, timeout=0.05)
    assert was_done(wire) is done


@pytest.mark.parametrize(("how", "done"), [("timeout_before", False), ("timeout_after", True)])
def test_a_silence_that_the_server_ends(wire: Wire, how: str, done: bool) -> None:
    plan(wire, how, seconds=0.05)
    with pytest.raises(requests.ConnectionError, match="without response"):
        handle(wire)
    assert was_done(wire) is done


def test_an_answer_cut_short_of_its_announced_length(wire: Wire) -> None:
    plan(wire, "truncated")
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        handle(wire)
    assert was_done(wire)


def test_an_answer_cut_cleanly(wire: Wire) -> None:
    plan(wire, "truncated", clean=True)
    answer = handle(wire)
    assert answer.status_code == 200
    assert answer.text.startswith('{"RequestId"')
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert was_done(wire)


@pytest.mark.parametrize(("how", "done"), [("html", False), ("html_after", True)])
def test_a_proxys_error_page(wire: Wire, how: str, done: bool) -> None:
    plan(wire, how)
    answer = handle(wire)
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html")
    assert "Bad Gateway" in answer.text
    assert was_done(wire) is done


@pytest.mark.parametrize("status", [302, 308])
def test_a_redirect(wire: Wire, status: int) -> None:
    plan(wire, "redirect", location="http://127.0.0.1:9/elsewhere", http_status=status)
    answer = handle(wire)
    assert (answer.status_code, answer.headers["Location"]) == (status, "http://127.0.0.1:9/elsewhere")
    assert not was_done(wire)


def test_garbage(wire: Wire) -> None:
    plan(wire, "garbage")
    answer = handle(wire)
    assert answer.status_code == 200
    with pytest.raises(ValueError):
        answer.json()
    assert not was_done(wire)


def test_a_literal_body(wire: Wire) -> None:
    plan(wire, "body", body='{"Success": false, "Code": "200"}', http_status=201, headers={"x-mark": "yes"})
    answer = handle(wire)
    assert (answer.status_code, answer.json()) == (201, {"Success": False, "Code": "200"})
    assert answer.headers["x-mark"] == "yes"
    assert not was_done(wire)


def test_a_slow_answer_is_the_normal_one(wire: Wire) -> None:
    plan(wire, "slow", seconds=0.01)
    assert handle(wire).json()["HandleSecurityEventsResponse"] == {"TaskId": 15411}


def test_a_slow_answer_may_be_too_slow(wire: Wire) -> None:
    plan(wire, "slow", seconds=30)
    with pytest.raises(requests.ReadTimeout):
        handle(wire, timeout=0.05)
    assert was_done(wire)


def test_latency_delays_every_answer(wire: Wire) -> None:
    wire.simulator.state.settings.latency = 30
    with pytest.raises(requests.ReadTimeout):
        handle(wire, timeout=0.05)
    assert was_done(wire)


def test_only_the_calls_that_were_meant_are_hit(wire: Wire) -> None:
    wire.simulator.fail("DescribeSuspEvents", nth=2, times=2, how="error", code="InternalError")
    assert wire.code("DescribeNsasSuspEventType") == (200, "")
    codes = [wire.code("DescribeSuspEvents")[1] for _call in range(4)]
    assert codes == ["", "InternalError", "InternalError", ""]


def test_a_fault_of_any_action_counts_from_when_it_was_planned(wire: Wire) -> None:
    assert wire.code("DescribeSuspEvents") == (200, "")
    wire.simulator.fail("*", how="error", http_status=500)
    assert wire.code("DescribeNsasSuspEventType") == (500, "InternalError")
    assert wire.code("DescribeSuspEvents") == (200, "")


def test_the_connection_serves_on_after_an_ordinary_fault(wire: Wire) -> None:
    plan(wire, "error")
    assert handle(wire).status_code == 500
    assert handle(wire).status_code == 200
    adapter = wire.session.get_adapter(wire.simulator.endpoint)
    [pool] = adapter.poolmanager.pools._container.values()
    assert pool.num_connections == 1


def test_a_lost_call_is_on_record_as_unanswered(wire: Wire) -> None:
    plan(wire, "reset_after")
    with pytest.raises(requests.ConnectionError):
        handle(wire)
    [call] = wire.simulator.calls
    assert (call.action, call.status, call.fault) == ("HandleSecurityEvents", None, "reset_after")
    assert call.parameters == IGNORE_ONE
    assert "authorization" not in call.headers


# --- answers of an attacker ---


def taken(wire: Wire, how: str, length: int, **details: object) -> bytes:
    """The first ``length`` bytes of the answer as they travel, head included; then the client leaves."""
    plan(wire, how, **details)
    request = wire.prepare("HandleSecurityEvents", IGNORE_ONE)
    lines = [f"POST {request.path_url} HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers.items())]
    address = urlsplit(wire.simulator.endpoint)
    with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        with connection.makefile("rb") as stream:
            return stream.read(length)


def serving() -> int:
    """How many connections are being served."""
    return sum("process_request_thread" in thread.name for thread in threading.enumerate())


@pytest.mark.parametrize(
    ("part", "end"),
    [
        ("body", b" " * 1000),
        ("chunks", b" " * 1000),
        ("header", b" " * 1000),
        ("headers", b"x-more: and more\r\n" * 50),
        ("continues", b"HTTP/1.1 100 Continue\r\n\r\n" * 40),
    ],
)
def test_an_answer_without_an_end_ends_when_the_client_leaves(wire: Wire, part: str, end: bytes) -> None:
    before = serving()
    start = taken(wire, "endless", 10_000_000, part=part)
    assert len(start) == 10_000_000
    assert end in start
    assert (b"\r\n\r\n" in start) is (part not in ("header", "headers"))
    while serving() > before:  # the time-out of the test is the bound
        time.sleep(0.01)
    assert not was_done(wire)


def test_an_answer_that_trickles(wire: Wire) -> None:
    assert taken(wire, "trickle", 70, part="header", seconds=0.001).rstrip(b" ").endswith(b"\r\nx-long:")
    plan(wire, "trickle", seconds=30)
    with handle(wire, stream=True, timeout=0.2) as answer, pytest.raises(requests.ConnectionError, match="timed out"):
        answer.json()


def test_an_answer_of_a_gigabyte_is_made_as_it_is_read(wire: Wire) -> None:
    plan(wire, "huge")
    with handle(wire, stream=True) as answer:
        assert answer.headers["Content-Length"] == "1073741824"
        assert answer.raw.read(1000) == b" " * 1000


def test_an_answer_of_any_size(wire: Wire) -> None:
    plan(wire, "huge", size=100_000)
    assert handle(wire).content == b" " * 100_000


def test_a_small_answer_that_unfolds(wire: Wire) -> None:
    plan(wire, "bomb", size=10_000_000)
    with handle(wire, stream=True) as answer:
        packed = answer.raw.read(decode_content=False)
    assert len(packed) < 20_000
    assert gzip.decompress(packed) == b" " * 10_000_000


def test_an_answer_that_is_no_http(wire: Wire) -> None:
    assert taken(wire, "raw", 100, answer="\x00\xff hello") == b"\x00\xff hello"
    assert not was_done(wire)


def test_an_attack_may_come_after_the_work(wire: Wire) -> None:
    assert taken(wire, "endless", 10, done=True) == b"HTTP/1.1 2"
    assert was_done(wire)


@pytest.mark.parametrize(
    ("how", "details"),
    [("explode", {}), ("slow", {"minutes": 1}), ("reset_after", {"seconds": 1}), ("endless", {"part": "time"})],
)
def test_a_fault_that_does_not_exist_is_told_at_once(wire: Wire, how: str, details: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=how):
        wire.simulator.fail("DescribeSuspEvents", how=how, **details)
