# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times and durations: what users write, what the service writes, milliseconds in between."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from .._openapi.errors import OptionError
from .._openapi.text import printable

# The vendor's text times carry no zone and are read as UTC+8.
_SERVICE_ZONE = timezone(timedelta(hours=8))
_SERVICE_FORMAT = "%Y-%m-%d %H:%M:%S"

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"(?:[0-9]{1,9}[smhdw])+")
_EARLIEST, _LATEST = 0, 253402300799999  # the years 1970 to 9999, in milliseconds
_LAST_GIVEN = _LATEST - 86400000  # a time that a user gives must have a form in the service's zone as well


def iso(milliseconds: int | None) -> str | None:
    """``milliseconds`` since 1970 as ISO 8601 in UTC, or None when there are none or they name no time."""
    if milliseconds is None or not _EARLIEST <= milliseconds <= _LATEST:
        return None
    moment = datetime.fromtimestamp(milliseconds // 1000, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def service_text(milliseconds: float) -> str:
    """``milliseconds`` since 1970 as the service's filters want them: ``2026-11-22 17:00:00``, in UTC+8."""
    return datetime.fromtimestamp(milliseconds // 1000, _SERVICE_ZONE).strftime(_SERVICE_FORMAT)


def from_service_text(text: object) -> int | None:
    """The milliseconds of a text time of the service, or None when it is none."""
    try:
        moment = datetime.strptime(str(text), _SERVICE_FORMAT).replace(tzinfo=_SERVICE_ZONE)
    except ValueError:
        return None
    return int(moment.timestamp() * 1000)


def parse_time(option: str, text: str) -> int:
    """Milliseconds since 1970 of a time that a user gave: ISO 8601 with a zone, or milliseconds.

    Raises :class:`OptionError` that names ``option``.
    """
    if not text.strip():
        raise OptionError(f"{option} is empty: give a time, or remove it")
    if text.isascii() and text.isdigit():
        if len(text) > 13 or not 10**11 <= int(text) <= _LAST_GIVEN:
            raise OptionError(
                f"{option} {printable(text)} is not a time in milliseconds since 1970: it has 12 or 13 digits"
            )
        return int(text)
    try:
        moment = datetime.fromisoformat(re.sub("[zZ]$", "+00:00", text.strip()))
    except ValueError:
        raise OptionError(
            f"{option} {printable(text)} is not a time: give ISO 8601 with a zone, such as 2026-11-22T09:00:00Z, "
            "or milliseconds since 1970"
        ) from None
    if moment.tzinfo is None:
        raise OptionError(
            f"{option} {printable(text)} has no time zone: add Z for UTC or an offset such as +08:00 (the service's own texts are UTC+8)"
        )
    milliseconds = int(moment.timestamp() * 1000)
    if not _EARLIEST <= milliseconds <= _LAST_GIVEN:
        raise OptionError(f"{option} {printable(text)} is out of range: give a time from 1970 to 9999")
    return milliseconds


def parse_duration(option: str, text: str) -> int:
    """Milliseconds of a duration such as ``6h``, ``7d`` or ``1h30m``. Raises :class:`OptionError` that names ``option``."""
    if not _DURATION.fullmatch(text):
        raise OptionError(
            f"{option} {printable(text)} is not a duration: give digits and a unit, such as 30m, 6h or 7d"
        )
    seconds = sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)([smhdw])", text))
    if not 0 < seconds <= 100 * 365 * 86400:
        raise OptionError(
            f"{option} {printable(text)} is out of range: give more than nothing and less than a hundred years"
        )
    return seconds * 1000
