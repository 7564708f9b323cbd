# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Regular expressions tried within a time.

A pattern is the user's, and some take for ever on a text that does not suit them; the texts are parts of alerts, written
by whoever attacks. A bound on the length of a text does not bound the time, so both are bounded here.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from typing import Callable, NoReturn, TypeVar

Result = TypeVar("Result")

LONGEST = 4096  # of each text so many characters are looked at
_SECONDS = 1.0


class _TooSlow(Exception):
    """The time is over."""


def found_in(pattern: str, texts: Sequence[str]) -> list[bool] | None:
    """For each of ``texts`` whether ``pattern`` is found in its first characters.

    None when that can't be told: Python can't compile the pattern, or it takes longer than a second for all of them.
    """

    def search() -> list[bool]:
        compiled = re.compile(pattern)
        return [compiled.search(text[:LONGEST]) is not None for text in texts]

    try:
        return in_time(search)
    except (re.error, RecursionError, OverflowError, MemoryError, ValueError):  # e.g. a count of 5,000 digits
        return None


def in_time(work: Callable[[], Result]) -> Result | None:
    """What ``work`` answers; None when it takes longer than a second, or this is not the main thread.

    It is stopped wherever it is: what it has noted until then stays.
    """

    def stop(_number: int, _frame: object) -> NoReturn:
        raise _TooSlow

    try:
        # Python's matcher looks for signals while it works. That is its only way out.
        previous = signal.signal(signal.SIGALRM, stop)
    except ValueError:  # not the main thread, which alone gets signals
        return None
    try:
        signal.setitimer(signal.ITIMER_REAL, _SECONDS)
        try:
            return work()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except _TooSlow:
        return None
    finally:
        signal.signal(signal.SIGALRM, previous or signal.SIG_DFL)
