# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator for use inside a test or another program."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from .clock import Clock
from .faults import Fault
from .seed_accounts import ACCESS_KEY_ID, ACCESS_KEY_SECRET
from .server import create_app
from .service import Call, Service
from .state import CHINA, INTERNATIONAL, PLANES, Alert, State
from .statefile import StateFile
from .tls import server_context
from .transport import Server


class Simulator:
    """The service on two ports of 127.0.0.1, one for each data plane, for the length of a ``with`` block.

    ``endpoint`` is that of the plane china, ``endpoints`` has both by the plane's name.

    ``state`` is what it begins with (the seed when None), to be changed through ``.state`` alone from then on;
    ``task_seconds``, ``latency`` and ``quotas`` win over what a state says. ``tls`` serves https with a certificate of
    a throw-away CA, found at ``ca_path`` and made out for ``tls_name`` when that is given, else for 127.0.0.1 and
    localhost. ``state_file`` keeps the state in a YAML file.
    """

    access_key_id = ACCESS_KEY_ID
    access_key_secret = ACCESS_KEY_SECRET

    def __init__(
        self,
        state: State | None = None,
        *,
        tls: bool = False,
        tls_name: str | None = None,
        latency: float | None = None,
        task_seconds: float | None = None,
        quotas: dict[str, int] | None = None,
        port: int = 0,
        state_file: Path | None = None,
    ) -> None:
        settings = {"latency": latency, "task_seconds": task_seconds, "quotas": quotas}
        given = {name: value for name, value in settings.items() if value is not None}
        self._service = Service(state, given, StateFile(state_file) if state_file else None)
        self._folder = tempfile.TemporaryDirectory(prefix="simulator-") if tls else None
        self.ca_path = str(Path(self._folder.name, "ca.pem")) if self._folder else None
        context = server_context(Path(self.ca_path), tls_name) if self.ca_path else None
        self._servers = {
            plane: Server(create_app(self._service, plane), port if plane == CHINA else 0, context) for plane in PLANES
        }
        self.endpoints = {plane: server.endpoint for plane, server in self._servers.items()}
        self.endpoint, self.endpoint_international = self.endpoints[CHINA], self.endpoints[INTERNATIONAL]

    def __enter__(self) -> Simulator:
        for server in self._servers.values():
            server.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        for server in self._servers.values():
            server.stop()
        if self._folder is not None:
            self._folder.cleanup()

    @property
    def state(self) -> State:
        """The state as it is now, finished tasks ended. To be changed only while no call is under way."""
        with self._service.lock:
            state = self._service.state
            state.lent = True
            return state

    @property
    def calls(self) -> list[Call]:
        """The API calls so far, oldest first."""
        with self._service.lock:
            return list(self._service.calls)

    @property
    def clock(self) -> Clock:
        """The service's clock, to be shifted or frozen."""
        return self._service.clock

    def fail(self, action: str, nth: int = 1, times: int = 1, *, how: str, **details: Any) -> Fault:
        """Let the ``nth`` call of an action from now on ("*": any) and ``times - 1`` more go wrong (``faults.py``)."""
        with self._service.lock:
            return self._service.faults.add(action, nth, times, how=how, **details)

    def alert(self, event_or_row_id: int | str) -> Alert:
        """The alert that has this event, or else this row Id; KeyError when there is none."""
        wanted, alerts = int(event_or_row_id), self.state.alerts
        for alert in [alert for alert in alerts if wanted in alert.event_ids] + [a for a in alerts if a.id == wanted]:
            return alert
        raise KeyError(event_or_row_id)

    def add_alert(self, **fields: Any) -> Alert:
        """Add an alert (every field has a default), or change the given fields of the one with this ``id``."""
        with self._service.lock:
            self._service.state.lent = True
            return self._service.put_alert(fields)

    def handled_times(self, event_id: int | str) -> int:
        """How often an operation on the event succeeded."""
        return self.state.handled.get(str(event_id), 0)

    def reset(self, state: State | None = None) -> None:
        """Begin again with this state, or with the seed; forgets calls, faults and the clock's shift."""
        self._service.reset(state)
