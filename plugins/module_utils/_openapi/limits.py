# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pace of calls: so many of each action in a second, and what the service says about it."""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import Callable

_LONGEST_WAIT = 60.0
_A_LITTLE_SLOWER = 0.9
_SLOWER = 0.7
_SLOWEST = 0.05
_RECOVERY = 0.02
# A second here may be a little less there.
_MARGIN = 0.02


class _Action:
    """How one action fares: its last starts, its share of the full rate, and the time before which nothing starts."""

    def __init__(self, most: int) -> None:
        self.starts: deque[float] = deque(maxlen=most)
        self.share = 1.0
        self.not_before = 0.0


class Pace:
    """Lets at most ``per_second`` calls of one action start in any second, with no wait for the first ones.

    The quota of one action is not used up by another: the service counts for each account and action. An action that
    is throttled gets slower, evenly spaced, and recovers with each call that goes well. For use by several threads.
    """

    def __init__(
        self,
        per_second: float,
        clock: Callable[[], float] | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self._gap = 1 / per_second
        self._most = max(1, int(per_second))
        self._span = max(1.0, self._gap) + _MARGIN
        self._clock = clock or time.monotonic
        self._sleep = sleep or time.sleep
        self._lock = threading.Lock()
        self._actions: dict[str, _Action] = {}

    def wait(self, action: str) -> None:
        """Return when a call of ``action`` might start. Whether it may is told by :meth:`take`, when it is about to."""
        with self._lock:
            pause = self._start(action) - self._clock()
        if pause > 0:
            self._sleep(pause)

    def take(self, action: str) -> bool:
        """Whether a call of ``action`` may start now; when it may, it is counted."""
        with self._lock:
            now = self._clock()
            if self._start(action) > now:
                return False
            self._lane(action).starts.append(now)
            return True

    def _start(self, action: str) -> float:
        lane = self._lane(action)
        start = lane.not_before
        # A bucket of tokens would let through the burst and a second's refill in one second, nearly twice the rate.
        if len(lane.starts) == self._most:
            start = max(start, lane.starts[0] + self._span / lane.share)
        if lane.share < 1 and lane.starts:
            start = max(start, lane.starts[-1] + self._gap / lane.share)
        return start

    def throttled(self, action: str, seconds: float) -> None:
        """The service refused a call as one too many: pause the action for about ``seconds``, then go slower."""
        with self._lock:
            lane = self._lane(action)
            now = self._clock()
            if now >= lane.not_before:  # one of several that were on their way together speaks for all
                # Once may be chance: calls are not all on their way for the same time.
                lane.share = max(_SLOWEST, lane.share * (_SLOWER if lane.share < 1 else _A_LITTLE_SLOWER))
            lane.not_before = max(lane.not_before, now + seconds * random.uniform(1.0, 1.25))

    def went_well(self, action: str, hold: float | None) -> None:
        """A call was answered: recover a little. ``hold`` is how long the service says that the quota is used up."""
        with self._lock:
            lane = self._lane(action)
            lane.share = min(1.0, lane.share + _RECOVERY)
            if hold:
                lane.not_before = max(lane.not_before, self._clock() + hold)

    def _lane(self, action: str) -> _Action:
        return self._actions.setdefault(action, _Action(self._most))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the service asks to wait after a refusal, 60 at most, or None.

    ``x-acs-retry-after`` gives milliseconds; older gateways send
    ``x-ratelimit-user-api: Limit:1,Remain:0,TimeLeft:2000,Reset:1234``, with TimeLeft in milliseconds.
    """
    waits = [headers.get("x-acs-retry-after", ""), *(quota.get("TimeLeft", "") for quota in _quotas(headers))]
    return _seconds(waits)


def used_up(headers: Mapping[str, str]) -> float | None:
    """Seconds until a quota is filled again of which nothing remains, as older gateways tell with each answer, or None."""
    return _seconds([quota.get("TimeLeft", "") for quota in _quotas(headers) if quota.get("Remain") == "0"])


def _quotas(headers: Mapping[str, str]) -> list[dict[str, str]]:
    told = [headers.get(name, "") for name in ("x-ratelimit-user-api", "x-ratelimit-user")]
    pairs = [[pair.partition(":") for pair in quota.split(",")] for quota in told]
    return [{name.strip(): value.strip() for name, _colon, value in quota} for quota in pairs]


def _seconds(milliseconds: list[str]) -> float | None:
    # Nine digits are eleven days: more is no wait, and far more is a number that int() refuses to read.
    usable = [int(wait) / 1000 for wait in milliseconds if wait.strip().isdecimal() and len(wait.strip()) <= 9]
    return min(max(usable), _LONGEST_WAIT) if usable else None


def backoff(attempt: int) -> float:
    """Seconds to wait before repeating for the ``attempt``-th time (from 1): growing, with jitter, at most 20."""
    return min(20.0, 0.5 * 2.0 ** (attempt - 1)) * random.uniform(0.5, 1.0)
