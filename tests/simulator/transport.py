# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The wire: an HTTP/1.1 server on 127.0.0.1 that keeps connections, and can end them badly on purpose."""

from __future__ import annotations

import contextlib
import http.client
import io
import os
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wrappers import Response

from .faults import WireAnswer

HOST = "127.0.0.1"
# SO_LINGER on, zero seconds: closing sends RST instead of FIN.
_RESET_OPTION = struct.pack("ii", 1, 0)
# The list in which the application may leave a WireAnswer, for the handler to send as it is.
WIRE_ANSWERS = "simulator.wire_answers"


class Handler(WSGIRequestHandler):
    """Runs the application for each request of a connection; werkzeug's own handler closes after the first."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def run_wsgi(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        given: list[WireAnswer] = []
        self.environ = self.make_environ() | {"wsgi.input": io.BytesIO(body), WIRE_ANSWERS: given}
        response = Response.from_app(self.server.app, self.environ)
        plain = WireAnswer(response.status_code, dict(response.headers), response.get_data())
        answer = given[0] if given else plain
        if answer.delay:
            self.server.stopping.wait(answer.delay)
        if answer.pieces is not None:
            self._pour(answer.pieces, answer.pace)
        elif answer.ending in ("reset", "close"):
            self._drop(reset=answer.ending == "reset")
        else:
            self._send(answer)

    def _send(self, answer: WireAnswer) -> None:
        headers = answer.headers | {"Content-Length": str(len(answer.body))}
        body = answer.body[: len(answer.body) // 2] if answer.ending == "cut" else answer.body
        self.close_connection = self.close_connection or answer.ending == "cut"
        lines = [f"HTTP/1.1 {answer.status} {http.client.responses.get(answer.status, '')}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        # In one write: two would wait for the client's delayed acknowledgement.
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def _pour(self, pieces: Iterator[bytes], pace: float) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):  # the client has enough
            for piece in pieces:
                self.wfile.write(piece)
                if self.server.stopping.wait(pace):
                    break

    def _drop(self, reset: bool) -> None:
        self.close_connection = True
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_OPTION)
        os.close(self.connection.detach())

    def log_request(self, *_arguments: Any) -> None:
        """Quiet: the record of calls tells more."""


class Server(ThreadedWSGIServer):
    """One listening port; ``stop`` also ends the connections that clients keep open."""

    def __init__(self, app: Any, port: int = 0, ssl_context: ssl.SSLContext | None = None) -> None:
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        super().__init__(HOST, port, app, Handler, ssl_context=ssl_context)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), name="simulator", daemon=True)

    @property
    def endpoint(self) -> str:
        """The URL of the service."""
        return f"{'https' if self.ssl_context else 'http'}://{HOST}:{self.port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.stopping.set()
        self.shutdown()
        self._thread.join()
        self.server_close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):  # the client may be quicker
                connection.shutdown(socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)
