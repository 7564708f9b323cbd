# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mix of faults that the engine and what is built on it are tested under."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

from simulator import Simulator

TIMEOUT = 0.3  # of the client's answers
FAULTS: list[dict[str, Any]] = [
    {"how": "error"},
    {"how": "error", "http_status": 503, "code": "ServiceUnavailable"},
    {"how": "throttle"},
    {"how": "throttle", "retry_after_ms": 30},
    {"how": "reset_before"},
    {"how": "reset_after"},
    {"how": "timeout_before", "seconds": 2 * TIMEOUT},
    {"how": "timeout_after", "seconds": 2 * TIMEOUT},
    {"how": "truncated"},
    {"how": "truncated", "clean": True},
    {"how": "html"},
    {"how": "html_after"},
    {"how": "garbage"},
    {"how": "slow", "seconds": TIMEOUT / 3},
]


def plan_faults(simulator: Simulator, seed: int, actions: Iterable[str], calls: int = 1000) -> None:
    """Let about one in eight of the next ``calls`` of each action go wrong, which ones and how as the seed has it."""
    chance = random.Random(seed)
    for action in actions:
        for nth in range(1, calls):
            if chance.random() < 0.125:
                simulator.fail(action, nth, **chance.choice(FAULTS))
