# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times of the week: what users write, such as ``Mon-Fri 22:00-06:00 +08:00``, and whether a moment is within."""

from __future__ import annotations

import re
from typing import NamedTuple

from .._openapi.errors import OptionError
from .._openapi.text import printable

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = 24 * 60  # minutes
_FIRST_DAY = 3  # 1 January 1970 was a Thursday
_DAY_RANGE = r"[a-z]{3}(?:-[a-z]{3})?"
_WINDOW = re.compile(
    rf"(?:(?P<days>{_DAY_RANGE}(?:,{_DAY_RANGE})*) +)?"
    r"(?P<start>[0-9]{2}:[0-9]{2})-(?P<end>[0-9]{2}:[0-9]{2}) *(?P<zone>z|[+-][0-9]{2}:[0-9]{2})",
    re.IGNORECASE,
)


class Window(NamedTuple):
    """A time of the week. ``start``, ``end`` and ``offset`` (east of UTC) are in minutes, days are counted from Monday, 0.

    One that ends before it starts goes on after midnight, and belongs to the day on which it starts.
    """

    written: str
    days: frozenset[int]
    start: int
    end: int
    offset: int

    def holds(self, milliseconds: float) -> bool:
        """Whether the moment, in milliseconds since 1970, is within. The end is not."""
        days, minute = divmod(int(milliseconds // 60_000) + self.offset, _DAY)
        today = (days + _FIRST_DAY) % 7
        if self.start < self.end:
            return today in self.days and self.start <= minute < self.end
        return (today in self.days and minute >= self.start) or ((today - 1) % 7 in self.days and minute < self.end)


def parse_window(option: str, text: str) -> Window:
    """The window that ``text`` names. Raises :class:`OptionError` that names ``option``."""
    found = _WINDOW.fullmatch(text.strip())
    if not found:
        raise OptionError(
            f"{option} {printable(text)} is not a time window: write one such as Mon-Fri 22:00-06:00 +08:00, or 08:00-18:00 Z"
        )
    days = _days(option, found["days"]) if found["days"] else frozenset(range(7))
    start, end = (_minutes(option, text, found[part], _DAY) for part in ("start", "end"))
    if start in (end, _DAY):
        raise OptionError(f"{option} {printable(text)} has no length: write 00:00-24:00 for whole days")
    return Window(text.strip(), days, start, end, _offset(option, text, found["zone"]))


def _days(option: str, text: str) -> frozenset[int]:
    days: set[int] = set()
    for part in text.lower().split(","):
        ends = part.split("-")
        unknown = [day for day in ends if day not in _DAYS]
        if unknown:
            known = ", ".join(map(str.capitalize, _DAYS))
            raise OptionError(f"{option} names the day {unknown[0]}, which is none: known are {known}")
        first, last = _DAYS.index(ends[0]), _DAYS.index(ends[-1])
        days.update((first + day) % 7 for day in range((last - first) % 7 + 1))
    return frozenset(days)


def _offset(option: str, text: str, zone: str) -> int:
    if zone in "Zz":
        return 0
    minutes = _minutes(option, text, zone[1:], 14 * 60)  # as far as zones of the world go
    return -minutes if zone[0] == "-" else minutes


def _minutes(option: str, text: str, written: str, most: int) -> int:
    hours, minutes = map(int, written.split(":"))
    if minutes > 59 or hours * 60 + minutes > most:
        raise OptionError(
            f"{option} {printable(text)} has {written}, which is no time: give at most {most // 60:02}:00"
        )
    return hours * 60 + minutes
