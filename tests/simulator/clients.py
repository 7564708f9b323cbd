# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients for the tests: the official SDK, and raw requests signed by the official SDK's signer.

The simulator itself imports neither.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from alibabacloud_sas20181203.client import Client  # type: ignore[import-untyped]  # ships no types
from alibabacloud_tea_openapi.models import Config  # type: ignore[import-untyped]  # ships no types
from alibabacloud_tea_openapi.utils import Utils  # type: ignore[import-untyped]  # ships no types

from .embedded import Simulator


class Wire:
    """Raw requests to a simulator, signed by the official SDK's signer; a test may spoil one before it is sent."""

    def __init__(self, simulator: Simulator, session: requests.Session) -> None:
        self.simulator = simulator
        self.session = session

    def prepare(
        self,
        action: str,
        query: dict[str, str] | None = None,
        *,
        form: dict[str, str] | None = None,
        headers: dict[str, str | None] | None = None,
        key_id: str | None = None,
        secret: str | None = None,
    ) -> requests.PreparedRequest:
        """A signed call. ``headers`` are changed before it is signed; None leaves one out."""
        body = urlencode(form) if form else ""
        body_hash = hashlib.sha256(body.encode()).hexdigest()
        signed: dict[str, str | None] = {
            "host": urlsplit(self.simulator.endpoint).netloc,
            "x-acs-action": action,
            "x-acs-version": "2018-12-03",
            "x-acs-date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": uuid.uuid4().hex,
            "x-acs-content-sha256": body_hash,
            **({"content-type": "application/x-www-form-urlencoded"} if form else {}),
            **(headers or {}),
        }
        kept = {name: value for name, value in signed.items() if value is not None}
        request = SimpleNamespace(method="POST", pathname="/", query=query or {}, headers=kept)
        kept["Authorization"] = Utils.get_authorization(
            request,
            "ACS3-HMAC-SHA256",
            body_hash,
            key_id or self.simulator.access_key_id,
            secret or self.simulator.access_key_secret,
        )
        return requests.Request("POST", self.simulator.endpoint, params=query, data=body, headers=kept).prepare()

    def send(self, prepared: requests.PreparedRequest, **options: Any) -> requests.Response:
        return self.session.send(prepared, **{"timeout": 5, "allow_redirects": False, **options})

    def call(self, action: str, query: dict[str, str] | None = None, **options: Any) -> requests.Response:
        """Sign and send; ``options`` are those of ``prepare``."""
        return self.send(self.prepare(action, query, **options))

    def code(self, action: str, query: dict[str, str] | None = None, **options: Any) -> tuple[int, str]:
        """Sign and send; HTTP status and Code of the answer ("" for a success)."""
        answer = self.call(action, query, **options)
        return answer.status_code, answer.json().get("Code", "")


def sdk_client(simulator: Simulator, **config: str) -> Client:
    """The official SDK's client of a simulator; ``config`` are fields of its Config."""
    keys = {"access_key_id": simulator.access_key_id, "access_key_secret": simulator.access_key_secret}
    address = urlsplit(simulator.endpoint)
    return Client(Config(**(keys | {"endpoint": address.netloc, "protocol": address.scheme.upper()} | config)))
