# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pace of calls: so many of each action in a second, and what the service says about it."""

from __future__ import annotations

import random
import time
from collections import deque
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
        self._most = max(1, int(per_second))
        self._span = max(1.0, 1 / per_second)
        self._clock = clock
        self._sleep = sleep
        self._starts: dict[str, deque[float]] = {}

    def wait(self, action: str) -> None:
        """Return when the next call of ``action`` may start."""
        now = self._clock()
        starts = self._starts.setdefault(action, deque(maxlen=self._most))
        # A bucket of tokens would let through the burst and a second's refill in one second, nearly twice the rate.
        start = max(now, starts[0] + self._span) if len(starts) == self._most else now
        starts.append(start)
        if start > now:
            self._sleep(start - now)


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
