# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alerts that appear while the simulator runs."""

from __future__ import annotations

import dataclasses
import itertools
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from .embedded import Simulator
from .seed_crowd import alerts_of

FIRST_NUMBER = 1_000_000
_SEED = 1


@contextmanager
def stream(simulator: Simulator, per_minute: float) -> Iterator[None]:
    """Show ``per_minute`` new alerts a minute, at random moments and on the account's servers, within the ``with`` block."""
    ended = threading.Event()
    servers = [server for server in simulator.state.assets if server.account_id == simulator.state.accounts[0].id]

    def show() -> None:
        chance = random.Random(_SEED)
        alerts = alerts_of(FIRST_NUMBER, itertools.cycle(servers), simulator.clock.now_ms)
        while not ended.wait(chance.expovariate(per_minute / 60)):
            alert = next(alerts)
            simulator.add_alert(**{field.name: getattr(alert, field.name) for field in dataclasses.fields(alert)})

    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
