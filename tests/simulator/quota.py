# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls a second: the service's flow control."""

from __future__ import annotations

from collections import deque

from .errors import throttled
from .state import Account


class Quota:
    """Counts the calls of each account, plane and action over the last second."""

    def __init__(self) -> None:
        self._calls: dict[tuple[int, str, str], deque[int]] = {}

    def use(self, caller: Account, action: str, limits: dict[str, int], now_ms: int) -> None:
        """Count a call; throttled, with the wait in milliseconds, when it is one too many in the last second."""
        limits = limits | caller.quotas
        limit = limits.get(action, limits.get("*"))
        if limit is None:
            return
        calls = self._calls.setdefault((caller.id, caller.plane, action), deque())
        while calls and calls[0] <= now_ms - 1000:
            calls.popleft()
        if len(calls) >= limit:
            wait_ms = calls[0] + 1000 - now_ms if calls else 1000
            raise throttled({"x-acs-retry-after": str(wait_ms)})
        calls.append(now_ms)
