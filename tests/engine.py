# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine itself, without Ansible, over a real socket to a simulator."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.client import OpenApiClient
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.credentials import Credentials
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.transport import Connection
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import (
    following,
    handling,
    sending,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.service import PRODUCT
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.sessions import Plane
from simulator import Simulator

Handle = Callable[..., dict[str, Any]]


def client_of(simulator: Simulator, credentials: Credentials | None = None, **connection: Any) -> OpenApiClient:
    """A client with the simulator's key, or others; ``connection`` are fields of Connection."""
    credentials = credentials or Credentials(simulator.access_key_id, simulator.access_key_secret)
    options = {"requests_per_second": 1000, "ca_path": simulator.ca_path, **connection}
    return OpenApiClient(PRODUCT, credentials, Connection(simulator.endpoint, **options))


def on_one_plane(run: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """What asks several data planes, as a function that asks the one of a client."""
    return lambda client, *given: run([Plane(None, client)], *given)


def handler(simulator: Simulator, **connection: Any) -> Handle:
    """A function that handles alerts as handle_security_events does: ids and options in, the result out."""

    def handle(*ids: str, environ: dict[str, str] | None = None, **options: Any) -> dict[str, Any]:
        report = Report(check_mode=False, diff=False, environ=environ or {}, warn=lambda text: None)
        given = {"security_event_ids": ids, "operation_code": "ignore", "wait_timeout": 5} | options
        return handling.run(client_of(simulator, **connection), given, report)

    return handle


def shorten_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the engine wait as often as always, but not as long."""
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, 0.06)))
    monkeypatch.setattr(sending, "_LOOKS", (0.06, 0.06))
    monkeypatch.setattr(sending, "_LONG_LOOKS", (0.06, 0.06, 0.06, 0.06))
    monkeypatch.setattr(following, "_SOON", 0.03)
    monkeypatch.setattr(following, "_SELDOM", 0.1)
