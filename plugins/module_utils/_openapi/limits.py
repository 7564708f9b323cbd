# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pace of calls: a token bucket for each action, and what the service says about it."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from typing import Callable


class Pace:
    """Lets at most ``per_second`` calls of one action start in any second, with no wait for the first ones.

    The quota of one action is not used up by another: the service counts for each account and action.
    """

    def __init__(
        self,
        per_second: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._per_second = per_second
        self._clock = clock
        self._sleep = sleep
        self._full_at: dict[str, float] = {}

    def wait(self, action: str) -> None:
        """Return when the next call of ``action`` may start."""
        now = self._clock()
        burst = max(1.0, self._per_second)
        # The bucket as the time at which it is full again: each call moves it one interval on.
        full_at = max(now, self._full_at.get(action, now))
        full_at += 1 / self._per_second
        self._full_at[action] = full_at
        early = full_at - now - burst / self._per_second
        if early > 0:
            self._sleep(early)


_LONGEST_WAIT = 60.0


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the service asks to wait, 60 at most, or None.

    ``x-acs-retry-after`` gives milliseconds; older gateways send
    ``x-ratelimit-user-api: Limit:1,Remain:0,TimeLeft:2000,Reset:1234``, with TimeLeft in milliseconds.
    """
    waits = [headers.get("x-acs-retry-after", "")]
    for name in ("x-ratelimit-user-api", "x-ratelimit-user"):
        pairs = (pair.partition(":") for pair in headers.get(name, "").split(","))
        waits += [value for key, _colon, value in pairs if key.strip() == "TimeLeft"]
    usable = [int(wait) / 1000 for wait in waits if wait.strip().isdecimal()]
    return min(max(usable), _LONGEST_WAIT) if usable else None


def backoff(attempt: int) -> float:
    """Seconds to wait before repeating for the ``attempt``-th time (from 1): growing, with jitter, at most 20."""
    return min(20.0, 0.5 * 2.0 ** (attempt - 1)) * random.uniform(0.5, 1.0)
