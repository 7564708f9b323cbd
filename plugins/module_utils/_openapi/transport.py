# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to one endpoint: connections that stay open, answers bounded in time and size, failures with a meaning."""

from __future__ import annotations

import http.client
import io
import ipaddress
import os
import socket
import time
import traceback
import zlib
from collections.abc import Iterator, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from .errors import ApiError, OptionError, after_a_loss
from .text import printable

_LARGEST_ANSWER = 16 * 1024 * 1024  # a page of 100 alerts has 0.3 MB; parsed it takes up to twenty times as much
_CHUNK = 65536
_LONGEST_CONNECT = 10.0
_LIMITS = (("timeout", 0.1), ("max_retries", 0), ("requests_per_second", 0.01), ("max_concurrency", 1))
_SUCH_AS = {"endpoint": "tds.cn-shanghai.aliyuncs.com", "sts_endpoint": "sts.cn-shanghai.aliyuncs.com"}


class Connection(NamedTuple):
    """How calls travel. ``timeout`` is in seconds, for connecting, and for each answer as a whole."""

    endpoint: str
    timeout: float = 30.0
    max_retries: int = 5
    requests_per_second: float = 8.0
    max_concurrency: int = 5
    validate_certs: bool = True
    ca_path: str | None = None


def connection_of(options: Mapping[str, Any], endpoint: str, option: str = "endpoint") -> Connection:
    """How calls to ``endpoint``, which ``option`` gave, travel by the connection options. Raises :class:`OptionError`."""
    for name, least in _LIMITS:
        if not least <= options[name] <= 3600:
            raise OptionError(f"{name} {options[name]} is out of range: give {least} to 3600")
    if options["ca_path"] and not os.path.exists(options["ca_path"]):
        raise OptionError(
            f"ca_path {printable(options['ca_path'])} does not exist: give a file or directory of CA certificates"
        )
    return Connection(
        endpoint=base_url(endpoint, option),
        timeout=options["timeout"],
        max_retries=options["max_retries"],
        requests_per_second=options["requests_per_second"],
        max_concurrency=options["max_concurrency"],
        validate_certs=options["validate_certs"],
        ca_path=options["ca_path"],
    )


def base_url(endpoint: str, option: str = "endpoint") -> str:
    """The URL of ``endpoint``, which ``option`` gave: a host, or a URL. Plain http is for the loopback address only.

    Raises :class:`OptionError`.
    """
    shown = printable(endpoint if "@" not in endpoint else f"***@{endpoint.rpartition('@')[2]}")
    url = endpoint if "://" in endpoint else f"https://{endpoint}"
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError as error:
        raise OptionError(f"{option} {shown} is not a host or URL: {printable(error)}") from error
    bare = parts.path in ("", "/") and not parts.query and not parts.fragment and parts.username is None
    if not host or not bare or not all("!" <= c <= "~" for c in parts.netloc):
        raise OptionError(
            f"{option} {shown} is not usable: give a host such as {_SUCH_AS[option]}, without path or user"
        )
    if parts.scheme == "http" and not _is_loopback(host):
        raise OptionError(f"{option} {shown} is plain http: use https (http is for the loopback address only)")
    if parts.scheme not in ("http", "https"):
        raise OptionError(f"{option} {shown} has the scheme {printable(parts.scheme)}: use https")
    return f"{parts.scheme}://{parts.netloc}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _InTime(io.RawIOBase):
    """The bytes of one answer. The socket's time-out, which is for each read, becomes one for all of them together."""

    def __init__(self, stream: io.RawIOBase, sock: socket.socket) -> None:
        self._stream = stream
        self._socket = sock
        self._timeout = sock.gettimeout()
        self._until = time.monotonic() + (self._timeout or 0.0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise socket.timeout("timed out")
        self._socket.settimeout(left)
        return self._stream.readinto(buffer)

    def close(self) -> None:
        if self._socket.fileno() >= 0:  # the connection goes on to the next request
            self._socket.settimeout(self._timeout)
        self._stream.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self.fp = io.BufferedReader(_InTime(self.fp.detach(), sock))


try:
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.exceptions import HTTPError
except ImportError:
    REQUESTS_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    REQUESTS_IMPORT_ERROR = None

    class _PlainConnection(HTTPConnection):
        response_class = _Response

    class _TlsConnection(HTTPSConnection):
        response_class = _Response

    class _PlainPool(HTTPConnectionPool):
        ConnectionCls = _PlainConnection

    class _TlsPool(HTTPSConnectionPool):
        ConnectionCls = _TlsConnection

    _POOLS = {"http": _PlainPool, "https": _TlsPool}

    class _Adapter(HTTPAdapter):
        """Makes connections that read answers in time, with a proxy or without."""

        def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
            super().init_poolmanager(*arguments, **options)
            self.poolmanager.pool_classes_by_scheme = _POOLS

        def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
            manager = super().proxy_manager_for(*arguments, **options)
            manager.pool_classes_by_scheme = _POOLS
            return manager


class Answer(NamedTuple):
    """What came back: the HTTP status, the headers (their names in any case), the body."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Transport:
    """A session with one endpoint. For use by several threads."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._url = base_url(connection.endpoint)
        self.host = urlsplit(self._url).netloc
        self._session = requests.Session()
        self._session.mount(self._url, _Adapter(pool_connections=1, pool_maxsize=connection.max_concurrency))
        # A netrc entry would replace the Authorization header of a session without an auth of its own.
        self._session.auth = lambda request: request
        # A proxy for plain http would carry the signed request away from this machine.
        self._session.trust_env = self._url.startswith("https:")
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def post(self, action: str, query: str, headers: Mapping[str, str], write: bool = False) -> Answer:
        """The answer to one POST. Raises :class:`ApiError`, which names ``action``, when there is none."""
        return self._send("POST", f"/?{query}", action, headers, write)

    def get(self, action: str, path: str, headers: Mapping[str, str]) -> Answer:
        """The answer to one GET of ``path``, a query included. Raises :class:`ApiError`, as :meth:`post` does."""
        return self._send("GET", path, action, headers, write=False)

    def _send(self, method: str, path: str, action: str, headers: Mapping[str, str], write: bool) -> Answer:
        try:
            with self._session.request(
                method,
                f"{self._url}{path}",
                headers={**headers, "Accept-Encoding": "gzip"},
                timeout=(min(self._connection.timeout, _LONGEST_CONNECT), self._connection.timeout),
                verify=self._connection.ca_path or self._connection.validate_certs,
                allow_redirects=False,
                stream=True,
            ) as response:
                return Answer(response.status_code, response.headers, _body(response))
        except _Unreadable as error:
            raise ApiError(
                f"the answer {error}",
                action=action,
                http_status=error.http_status,
                hint=f"check endpoint and proxy; {after_a_loss(write)}",
                maybe_done=True,
            ) from error
        except (requests.exceptions.RequestException, HTTPError, OSError, ValueError, TypeError) as error:
            # A ValueError is an answer that http.client trips over, such as a chunk of negative length, a TypeError a proxy
            # that urllib3 does.
            from .unreachable import unreachable  # when it is used: each task compiles what it imports

            raise unreachable(action, self.host, error, write) from error


class _Unreadable(Exception):
    """An answer that came, and can't be read; the text goes on after "the answer"."""

    def __init__(self, http_status: int, reason: str) -> None:
        self.http_status = http_status
        super().__init__(reason)


def _body(response: requests.Response) -> bytes:
    content = bytearray()
    for piece in _unpacked(response):
        content += piece
        if len(content) > _LARGEST_ANSWER:
            raise _Unreadable(response.status_code, f"is larger than {_LARGEST_ANSWER} bytes")
    return bytes(content)


def _unpacked(response: requests.Response) -> Iterator[bytes]:
    """The body in pieces of a bounded size: a small packed body may unfold to any size."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    pieces = response.raw.stream(_CHUNK, decode_content=False)
    if encoding == "identity":
        yield from pieces
    elif encoding == "gzip":
        gzip = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            for packed in pieces:
                while packed:
                    yield gzip.decompress(packed, _CHUNK)
                    packed = gzip.unconsumed_tail
        except zlib.error as error:
            raise _Unreadable(response.status_code, f"is damaged: {error}") from error
    else:
        raise _Unreadable(response.status_code, f"is packed as {printable(encoding, 40)}, which was not asked for")
