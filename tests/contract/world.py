# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service without a wire, for thousands of runs: a client that asks the simulator's actions directly."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.client import OpenApiClient, flatten
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.credentials import Credentials
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import ApiError
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.lanes import Lanes
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.transport import Connection
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.service import PRODUCT
from simulator.actions import ACTIONS
from simulator.clock import Clock
from simulator.errors import ApiFault
from simulator.parameters import typed
from simulator.seed_accounts import OWN_ACCOUNT, accounts, assets, keys
from simulator.seed_alerts import handmade, whitelist_rules
from simulator.service import Service
from simulator.state import State

Answer = dict[str, Any]
Spoil = Callable[[str, Answer], Answer]

# A run that goes on for ever is found by its calls.
MOST_CALLS = 100


class World(OpenApiClient):
    """A client whose service is a few of the seed's alerts, their fields changed by ``changes``; tasks end at once.

    Each answer goes through ``spoil(action, answer)``; when ``late``, only those to calls after the write do.
    """

    def __init__(
        self,
        alert_ids: tuple[int, ...],
        changes: Mapping[str, Any] | None = None,
        spoil: Spoil = lambda _action, answer: answer,
        late: bool = False,
    ) -> None:
        super().__init__(PRODUCT, Credentials("id", "secret"), Connection("127.0.0.1"))
        found = (alert for alert in handmade(Clock().now_ms()) if alert.id in alert_ids)
        alerts = [replace(alert, **(changes or {})) for alert in found]
        known = {"accounts": accounts(), "keys": keys([]), "assets": assets(), "whitelist_rules": whitelist_rules()}
        state = State(**known, alerts=alerts)
        self.service = Service(state, {"task_seconds": 0.0})
        self.actions: list[str] = []
        self.told: dict[str, Answer] = {}
        self._spoil = spoil
        self._late = late

    def call(
        self,
        action: str,
        parameters: Mapping[str, Any],
        *,
        write: bool = False,
        subject: str = "",
        not_after: float | None = None,
    ) -> dict[str, Any]:
        with self.service.lock:
            spoils = not self._late or "HandleSecurityEvents" in self.actions
            self.actions.append(action)
            assert len(self.actions) <= MOST_CALLS, "the run does not end"
            state = self.service.state
            try:
                answer = ACTIONS[action](state, state.account(OWN_ACCOUNT), typed(action, flatten(parameters)))
            except ApiFault as fault:
                raise ApiError(fault.message, action=action, code=fault.code, http_status=400) from fault
            answer = {"RequestId": "r-1", **answer}
            self.told[action] = self._spoil(action, answer) if spoils else answer
            return self.told[action]

    def handled_times(self, event_id: str) -> int:
        """How often an operation on the event succeeded."""
        return self.service.state.handled.get(event_id, 0)


def hasten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make each pause of the engine a 200th of what it is, by its own clock as well."""
    sleep, monotonic, next_end = time.sleep, time.monotonic, Lanes.next_end
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(seconds / 200))
    monkeypatch.setattr(time, "monotonic", lambda: monotonic() * 200)
    monkeypatch.setattr(Lanes, "next_end", lambda lanes, timeout=1.0: next_end(lanes, timeout / 200))
