# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator's one clock: it dates answers, alerts and tasks, and judges the dates of signed requests."""

from __future__ import annotations

import time


class Clock:
    """Real time, which a test may shift or stop.

    Requests are refused when their x-acs-date is more than 15 minutes away from this clock, as at the service: a shift
    beyond that shuts out a client that does not follow.
    """

    def __init__(self) -> None:
        self._shift_ms = 0
        self._frozen_ms: int | None = None

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        base = self._real_ms() if self._frozen_ms is None else self._frozen_ms
        return base + self._shift_ms

    def shift(self, seconds: float) -> None:
        """Move the clock on (or back, when negative) from where it is."""
        self._shift_ms += int(seconds * 1000)

    def freeze(self) -> None:
        """Stop the clock where it is; ``shift`` still moves it."""
        if self._frozen_ms is None:
            self._frozen_ms = self._real_ms()

    def resume(self) -> None:
        """Real time again, without any shift."""
        self._frozen_ms = None
        self._shift_ms = 0

    @staticmethod
    def _real_ms() -> int:
        return time.time_ns() // 1_000_000
