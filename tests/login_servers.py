# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the vendor's library talks to beside STS: small servers of fixed answers, and a proxy that leads its fixed hosts here."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any
from urllib.parse import urlsplit

HOST = "127.0.0.1"


class Answers(ThreadingHTTPServer):
    """Answers each path as ``paths`` says (a text, or what is sent as JSON), others with 404; ``asked`` are the requests."""

    daemon_threads = True

    def __init__(self, paths: dict[str, Any], context: ssl.SSLContext | None = None) -> None:
        super().__init__((HOST, 0), _Answer)
        self.paths = paths
        self.asked: list[str] = []
        self.url = f"{'https' if context else 'http'}://{HOST}:{self.server_port}"
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True)


class _Answer(BaseHTTPRequestHandler):
    server: Answers

    def _reply(self) -> None:
        path = urlsplit(self.path).path  # a proxy is asked for a whole URL
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append(f"{self.command} {path}")
        found = self.server.paths.get(path)
        status = 404 if found is None else found.get("status", 200) if isinstance(found, dict) else 200
        body = (found if isinstance(found, str) else json.dumps(found)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = _reply

    def log_message(self, *_arguments: Any) -> None:
        """Quiet."""


class _Tunnel(StreamRequestHandler):
    def handle(self) -> None:
        while self.rfile.readline().strip():  # CONNECT host:443 and its headers
            pass
        self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        with socket.create_connection((HOST, self.server.leads_to)) as there:  # type: ignore[attr-defined]
            back = threading.Thread(target=_pour, args=(there, self.connection), daemon=True)
            back.start()
            _pour(self.connection, there)
            back.join()


def _pour(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:  # the other side has gone
        return


@contextmanager
def serving(server: Answers) -> Iterator[Answers]:
    with server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()


def metadata_at(port: int) -> Callable[..., Any]:
    """socket.getaddrinfo with the address of the ECS metadata service leading to a port of this machine."""
    found = socket.getaddrinfo

    def getaddrinfo(host: Any, wanted: Any, *more: Any, **named: Any) -> Any:
        return found(*((HOST, port) if host == "100.100.100.200" else (host, wanted)), *more, **named)

    return getaddrinfo


@contextmanager
def proxy_to(port: int) -> Iterator[str]:
    """The URL of a proxy that leads every host to one port of this machine."""
    ThreadingTCPServer.daemon_threads = True
    with ThreadingTCPServer((HOST, 0), _Tunnel) as server:
        server.leads_to = port  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield f"http://{HOST}:{server.server_address[1]}"
        finally:
            server.shutdown()
