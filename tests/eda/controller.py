# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""As much of an automation controller as the action run_job_template calls: a job is a function of the event."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TEMPLATE, ORGANIZATION = "Answer an alert", "Security"


class Controller:
    """Serves ``url`` within a ``with`` block. ``launched`` are the events of the jobs so far, repeats and all."""

    def __init__(self, job: Callable[[dict[str, Any]], None], workers: int = 8) -> None:
        self.launched: list[dict[str, Any]] = []
        self.url = ""
        self._job = job
        self._jobs: list[Future[None]] = []
        self._lock = threading.Lock()
        self._workers = ThreadPoolExecutor(workers)

    def __enter__(self) -> Controller:
        controller = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer(controller._read(urlsplit(self.path)))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self._answer(controller._launch(json.loads(body)))

            def _answer(self, answer: dict[str, Any]) -> None:
                body = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._workers.shutdown(cancel_futures=True)

    def finish(self) -> None:
        """Wait for the jobs that were launched; raises what the first that failed raised."""
        for job in list(self._jobs):
            job.result()

    def _launch(self, asked: dict[str, Any]) -> dict[str, Any]:
        event = asked["extra_vars"]["ansible_eda"]["event"]
        with self._lock:
            self.launched.append(event)
            self._jobs.append(self._workers.submit(self._job, event))
            return self._told(len(self._jobs))

    def _read(self, asked: Any) -> dict[str, Any]:
        if asked.path == "/api/v2/config/":
            return {"version": "24.6.1"}
        if asked.path == "/api/v2/unified_job_templates/":
            return {"next": None, "results": [_TEMPLATE]}
        last = asked.path.rstrip("/").rpartition("/")[2]
        if last.isdigit():
            return self._told(int(last))
        if "id__in" not in asked.query:
            return {"count": 1, "next": None, "results": [{"id": 1, "name": ORGANIZATION}]}
        numbers = parse_qs(asked.query)["id__in"][0].split(",")
        return {"next": None, "results": [self._told(int(number)) for number in numbers]}

    def _told(self, number: int) -> dict[str, Any]:
        job = self._jobs[number - 1]
        status = "running" if not job.done() else "failed" if job.exception() else "successful"
        return {
            "id": number,
            "type": "job",
            "url": f"/api/v2/jobs/{number}/",
            "status": status,
            "artifacts": {},
            "created": "",
        }


_TEMPLATE = {
    "id": 1,
    "type": "job_template",
    "name": TEMPLATE,
    "summary_fields": {"organization": {"name": ORGANIZATION}},
    "related": {"launch": "/api/v2/job_templates/1/launch/"},
    "ask_limit_on_launch": True,
    "ask_labels_on_launch": True,
    "ask_inventory_on_launch": True,
    "ask_variables_on_launch": True,
}
