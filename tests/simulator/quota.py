# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calls a second: the service's flow control."""

from __future__ import annotations

import time
from collections import deque

from .errors import throttled


class Quota:
    """Counts the calls of each account and action over the last second."""

    def __init__(self) -> None:
        self._calls: dict[tuple[int, str], deque[float]] = {}

    def use(self, account_id: int, action: str, limits: dict[str, int]) -> None:
        """Count a call; the throttling answer, with the wait in milliseconds, when it is one too many."""
        limit = limits.get(action, limits.get("*"))
        if limit is None:
            return
        now = time.monotonic()
        calls = self._calls.setdefault((account_id, action), deque())
        while calls and calls[0] <= now - 1:
            calls.popleft()
        if len(calls) >= limit:
            wait_ms = int((calls[0] + 1 - now) * 1000) + 1 if calls else 1000
            raise throttled({"x-acs-retry-after": str(wait_ms)})
        calls.append(now)
