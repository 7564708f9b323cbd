# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Our client over real sockets: whom it trusts, where it goes, what it makes of an answer that is none."""

from __future__ import annotations

import contextlib
import email.utils
import json
import re
import socket
import ssl
import struct
import threading
import time
import types
from collections.abc import Callable
from typing import Any

import pytest
import trustme

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi import client as client_module
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi import limits, transport
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.client import Connection, OpenApiClient
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.credentials import Credentials
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import ApiError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.service import PRODUCT

_CREDENTIALS = Credentials("LTAI-id", "secret")


class Wire:
    """A server whose every connection is treated by ``behave(wire, connection)``; it keeps the heads of requests."""

    def __init__(self, *behave: Callable[[Wire, socket.socket], None], tls: ssl.SSLContext | None = None) -> None:
        self._behave = behave
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.connections = 0
        self.heads: list[str] = []
        self.poured = 0
        self.closed = threading.Event()
        self._threads = [threading.Thread(target=self._listen)]

    def __enter__(self) -> Wire:
        self._threads[0].start()
        return self

    def __exit__(self, *_about: object) -> None:
        self.closed.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        self._listener.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _address = self._listener.accept()
                behave = self._behave[min(self.connections, len(self._behave) - 1)]
                self.connections += 1
                thread = threading.Thread(target=self._treat, args=(behave, connection))
                self._threads.append(thread)
                thread.start()

    def _treat(self, behave: Callable[[Wire, socket.socket], None], connection: socket.socket) -> None:
        # The client may refuse us, or leave while we speak.
        with contextlib.suppress(OSError):
            connection.settimeout(5)
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            behave(self, connection)
        with contextlib.suppress(OSError):
            connection.close()

    def head(self, connection: socket.socket) -> str:
        """The head of the next request; kept."""
        read = b""
        while not read.endswith(b"\r\n\r\n"):
            more = connection.recv(65536)
            if not more:
                raise ConnectionError("the client has left")
            read += more
        self.heads.append(read.decode("ascii"))
        return self.heads[-1]


def header(head: str, name: str) -> str | None:
    found = re.search(rf"^{re.escape(name)}: (.*)\r$", head, re.M | re.I)
    return found and found[1]


def answer(status: int = 200, body: object = None, **headers: str) -> Callable[[Wire, socket.socket], None]:
    """Answers every request of a connection with ``body`` as JSON, or as it is when it is bytes."""
    content = body if isinstance(body, bytes) else json.dumps(body or {"RequestId": "r-1"}).encode()
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]

    def behave(wire: Wire, connection: socket.socket) -> None:
        wire.head(connection)
        head = "\r\n".join([f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}", "Connection: close", *lines])
        connection.sendall(f"{head}\r\n\r\n".encode() + content)

    return behave


def reset(wire: Wire, connection: socket.socket) -> None:
    wire.head(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang_up(wire: Wire, connection: socket.socket) -> None:
    wire.head(connection)


def fall_silent(wire: Wire, connection: socket.socket) -> None:
    wire.head(connection)
    wire.closed.wait(5)


def cut_short(wire: Wire, connection: socket.socket) -> None:
    wire.head(connection)
    connection.sendall(b'HTTP/1.1 200 X\r\nContent-Length: 500\r\n\r\n{"RequestId"')


def pour(wire: Wire, connection: socket.socket) -> None:
    """A body without an end, as fast as it can be read."""
    wire.head(connection)
    connection.sendall(b"HTTP/1.1 200 X\r\n\r\n")
    while not wire.closed.is_set():
        connection.sendall(b" " * 65536)
        wire.poured += 65536


def drip(wire: Wire, connection: socket.socket) -> None:
    """A body without an end, each byte soon enough for the time-out of a read."""
    wire.head(connection)
    connection.sendall(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not wire.closed.wait(0.01):
        connection.sendall(b"1\r\n \r\n")


def garble(wire: Wire, connection: socket.socket) -> None:
    """Takes the request over TLS and answers with something that is no TLS."""
    wire.head(connection)
    with socket.socket(fileno=connection.detach()) as bare:
        bare.sendall(b"\x00" * 64)


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch, tmp_path):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def slept(monkeypatch) -> list[float]:
    """The pauses that the client wanted, in place of having them."""
    pauses: list[float] = []
    passed = {"sleep": pauses.append, "monotonic": lambda: time.monotonic() + sum(pauses)}
    clock = types.SimpleNamespace(**{**vars(time), **passed})
    monkeypatch.setattr(client_module, "time", clock)
    monkeypatch.setattr(limits, "time", clock)
    return pauses


def client_of(endpoint: str, credentials: Credentials = _CREDENTIALS, **connection: Any) -> OpenApiClient:
    options = {"max_retries": 0, "timeout": 2.0, **connection}
    return OpenApiClient(PRODUCT, credentials, Connection(endpoint, **options))


def fails(client: OpenApiClient, **call: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        client.call("HandleSecurityEvents", {}, **call)
    return caught.value


def says(error: ApiError) -> set[str]:
    return {flag for flag in ("maybe_done", "repeatable", "every_call") if getattr(error, flag)}


# --- whom it trusts ---


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_path(authority, tmp_path) -> str:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return str(tmp_path / "ca.pem")


def tls_for(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.mark.parametrize(
    ("name", "with_ca_path", "validate_certs", "accepted"),
    [
        pytest.param("localhost", True, True, True, id="an authority of one's own"),
        pytest.param("localhost", False, True, False, id="an authority that nobody trusts"),
        pytest.param("tds.example.com", True, True, False, id="another name"),
        pytest.param("tds.example.com", False, False, True, id="not verified"),
    ],
)
def test_a_certificate_is_verified_unless_told_otherwise(
    authority, ca_path, name, with_ca_path, validate_certs, accepted
):
    with Wire(answer(), tls=tls_for(authority, name)) as wire:
        given = {"ca_path": ca_path if with_ca_path else None, "validate_certs": validate_certs}
        client = client_of(f"localhost:{wire.port}", **given)
        with pytest.warns() if not validate_certs else contextlib.nullcontext():
            if accepted:
                assert client.call("A", {}) == {"RequestId": "r-1"}
            else:
                error = fails(client)
                assert error.message.startswith(f"the certificate of localhost:{wire.port} was not accepted: ")
                assert "ca_path" in error.hint
                assert says(error) == {"every_call"}
    assert len(wire.heads) == accepted


def test_a_break_of_tls_after_the_request_does_not_prove_that_nothing_was_done(authority, ca_path):
    with Wire(garble, tls=tls_for(authority, "localhost")) as wire:
        error = fails(client_of(f"localhost:{wire.port}", ca_path=ca_path), write=True)
    assert len(wire.heads) == 1
    assert "maybe_done" in says(error)


def test_no_tls_at_all_is_told(ca_path):
    def plain(_wire: Wire, connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with Wire(plain) as wire:
        error = fails(client_of(f"localhost:{wire.port}", ca_path=ca_path))
    assert f"localhost:{wire.port}" in error.message
    assert "endpoint" in error.hint


# --- where it goes, and with what ---


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_never_followed(status):
    with Wire(answer()) as elsewhere, Wire(answer(status, Location=f"http://127.0.0.1:{elsewhere.port}/")) as wire:
        error = fails(client_of(f"http://127.0.0.1:{wire.port}"))
    assert error.message == f"127.0.0.1:{wire.port} answered with a redirect (HTTP {status}), which is never followed"
    assert says(error) == {"every_call"}
    assert elsewhere.connections == 0


@pytest.mark.parametrize("secure", [True, False])
def test_a_netrc_file_does_not_replace_the_signature(authority, ca_path, tmp_path, monkeypatch, secure):
    (tmp_path / "netrc").write_text("machine localhost login l password p\ndefault login l password p\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with Wire(answer(), tls=tls_for(authority, "localhost") if secure else None) as wire:
        client_of(f"{'https' if secure else 'http'}://localhost:{wire.port}", ca_path=ca_path).call("A", {})
    assert header(wire.heads[0], "Authorization").startswith("ACS3-HMAC-SHA256 Credential=LTAI-id,")


def tunnel(wire: Wire, connection: socket.socket) -> None:
    """A proxy that lets CONNECT through."""
    host, _colon, port = wire.head(connection).split()[1].partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as server:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        back = threading.Thread(target=_pump, args=(server, connection))
        back.start()
        _pump(connection, server)
        back.join(5)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def test_a_proxy_of_the_environment_carries_https(authority, ca_path, monkeypatch):
    with Wire(answer(), tls=tls_for(authority, "localhost")) as wire, Wire(tunnel) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        client = client_of(f"localhost:{wire.port}", ca_path=ca_path)
        assert client.call("A", {}) == {"RequestId": "r-1"}
        client._transport._session.close()
    assert proxy.heads[0].startswith(f"CONNECT localhost:{wire.port} ")
    assert "ACS3" not in proxy.heads[0]


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_proxy_that_lets_nothing_through_has_carried_nothing(monkeypatch, status):
    with Wire(answer(status)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        error = fails(client_of("tds.example.com"))
    assert "proxy" in error.hint
    assert says(error) == {"repeatable", "every_call"}


def test_no_proxy_ever_carries_plain_http(monkeypatch):
    with Wire(answer()) as wire, Wire(answer()) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        client_of(f"http://127.0.0.1:{wire.port}").call("A", {})
    assert (proxy.connections, len(wire.heads)) == (0, 1)


@pytest.mark.parametrize("token", ["token/+=", None])
def test_temporary_keys_send_their_token_signed(token):
    with Wire(answer()) as wire:
        client_of(f"http://127.0.0.1:{wire.port}", Credentials("STS.id", "secret", token)).call("A", {})
    head = wire.heads[0]
    assert header(head, "x-acs-security-token") == token
    assert header(head, "x-acs-accesskey-id") == (token and "STS.id")
    names = re.search("SignedHeaders=([^,]*)", header(head, "Authorization"))[1].split(";")
    sent = {name.lower() for name in re.findall(r"^(host|x-acs-[^:]*):", head, re.M | re.I)}
    assert set(names) == sent
    assert ("x-acs-security-token" in sent) is bool(token)


def test_an_error_that_quotes_the_request_shows_no_secret():
    body = {
        "Code": "SignatureDoesNotMatch",
        "Message": "server signed: x-acs-security-token:To/ken+= To%2Fken%2B%3D Hush",
    }
    with Wire(answer(400, body)) as wire:
        error = fails(client_of(f"http://127.0.0.1:{wire.port}", Credentials("STS.id", "Hush", "To/ken+=")))
    assert error.message == "server signed: x-acs-security-token:*** *** ***"


# --- what it makes of an answer that is none ---


@pytest.mark.parametrize(
    ("behave", "message"),
    [
        (fall_silent, "gave no answer in time"),
        (reset, "broke: .*reset"),
        (hang_up, "broke: "),
        (cut_short, "broke: "),
        (drip, "gave no answer in time"),
        (pour, "the answer is larger than 1000000 bytes"),
        (answer(502, b"<html>bad\x1b[2J gateway"), r"the answer \(HTTP 502\) is not a JSON object: <html>bad\\x1b\[2J gateway"),
        (answer(200, b""), r"the answer \(HTTP 200\) is not a JSON object: $"),
        (answer(200, b"[]"), r"the answer \(HTTP 200\) is not a JSON object: \[\]"),
    ],
    ids=["silent", "reset", "hung up", "cut short", "dripping", "pouring", "html", "empty", "a list"],
)  # fmt: skip
def test_whatever_breaks_after_the_request_may_have_been_carried_out(monkeypatch, behave, message):
    monkeypatch.setattr(transport, "_LARGEST_ANSWER", 1_000_000)
    with Wire(behave) as wire:
        error = fails(client_of(f"http://127.0.0.1:{wire.port}", timeout=2.0 if behave is pour else 0.05), write=True)
    assert re.search(message, error.message)
    assert "maybe_done" in says(error)
    assert "every_call" not in says(error)
    assert len(wire.heads) == 1
    assert wire.poured < 100_000_000


def test_a_connection_that_never_stood_has_carried_nothing():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = fails(client_of(f"http://127.0.0.1:{port}"), write=True)
    assert error.message.startswith(f"127.0.0.1:{port} can't be reached: ")
    assert says(error) == {"repeatable", "every_call"}


# --- what it repeats ---

_THROTTLED = answer(400, {"Code": "Throttling.User", "Message": "m"}, x_acs_retry_after="1500")
_FAULT = answer(503, {"Code": "ServiceUnavailable", "Message": "m"})
_REFUSED = answer(400, {"Code": "IllegalParam", "Message": "m"})


@pytest.mark.parametrize(
    ("first", "write", "repeated"),
    [
        (_THROTTLED, False, True),
        (_THROTTLED, True, True),
        (_FAULT, False, True),
        (_FAULT, True, False),
        (reset, False, True),
        (reset, True, False),
        (hang_up, True, False),
        (answer(200, b"<html>"), False, True),
        (answer(200, b"<html>"), True, False),
        (_REFUSED, False, False),
        (_REFUSED, True, False),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_write_is_repeated_only_when_nothing_was_done(slept, first, write, repeated):
    with Wire(first, answer()) as wire:
        client = client_of(f"http://127.0.0.1:{wire.port}", max_retries=3)
        if repeated:
            assert client.call("A", {}, write=write) == {"RequestId": "r-1"}
        else:
            fails(client, write=write)
    assert len(wire.heads) == 1 + repeated
    assert len(slept) == repeated


def test_the_service_says_how_long_to_wait(slept):
    with Wire(_THROTTLED, answer()) as wire:
        client_of(f"http://127.0.0.1:{wire.port}", max_retries=1).call("A", {})
    assert 1.5 <= sum(slept) <= 1.5 * 1.25


def test_a_repeat_is_a_request_of_its_own_and_the_last_error_is_told(slept):
    with Wire(reset, reset, _FAULT) as wire:
        error = fails(client_of(f"http://127.0.0.1:{wire.port}", max_retries=2))
    assert error.code == "ServiceUnavailable"
    assert len(slept) == 2
    assert len({header(head, "x-acs-signature-nonce") for head in wire.heads}) == len(wire.heads) == 3


# --- whose clock is wrong ---


@pytest.mark.parametrize(("ahead", "words"), [(1000, "behind"), (-1000, "ahead of")])
def test_an_expired_time_stamp_is_told_with_the_clocks_difference(ahead, words):
    date = email.utils.formatdate(time.time() + ahead, usegmt=True)
    body = {"Code": "InvalidTimeStamp.Expired", "Message": "m"}
    with Wire(answer(400, body, Date=date)) as wire:
        client = client_of(f"http://127.0.0.1:{wire.port}")
        error = fails(client)
    told = re.fullmatch(r"this machine's clock is (\d+) s (.*) the service's: set it by NTP .*", error.hint)
    assert int(told[1]) == pytest.approx(1000, abs=3)
    assert told[2] == words
    assert client.now() == pytest.approx(time.time() + ahead, abs=3)


@pytest.mark.parametrize("date", ["yesterday", "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_date_that_can_not_be_meant_moves_no_clock(date):
    with Wire(answer(Date=date)) as wire:
        client = client_of(f"http://127.0.0.1:{wire.port}")
        client.call("A", {})
    assert client.now() == pytest.approx(time.time(), abs=3)
