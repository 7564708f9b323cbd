# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.guardrails import (
    from_options,
    outside_windows,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.windows import parse_window


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


# 23 November 2026 is a Monday.
@pytest.mark.parametrize(
    ("window", "within", "outside"),
    [
        ("08:00-18:00 Z", ["2026-11-23T08:00:00+00:00", "2026-11-28T17:59:59+00:00"], ["2026-11-23T07:59:59+00:00", "2026-11-23T18:00:00+00:00"]),
        ("Mon-Fri 08:00-18:00 Z", ["2026-11-23T12:00:00+00:00", "2026-11-27T12:00:00+00:00"], ["2026-11-22T12:00:00+00:00", "2026-11-28T12:00:00+00:00"]),
        ("00:00-24:00 Z", ["2026-11-23T00:00:00+00:00", "2026-11-23T23:59:59+00:00"], []),
        ("Mon 22:00-24:00 Z", ["2026-11-23T23:59:59+00:00"], ["2026-11-24T00:00:00+00:00", "2026-11-22T23:00:00+00:00"]),
        ("Mon 22:00-00:00 Z", ["2026-11-23T23:59:59+00:00"], ["2026-11-24T00:00:00+00:00", "2026-11-23T00:00:00+00:00"]),
        # Over midnight the night belongs to the day on which it starts.
        ("Mon-Fri 22:00-06:00 Z", ["2026-11-23T22:00:00+00:00", "2026-11-28T05:59:59+00:00"],
         ["2026-11-23T05:00:00+00:00", "2026-11-28T06:00:00+00:00", "2026-11-28T23:00:00+00:00"]),
        ("Sun 22:00-06:00 Z", ["2026-11-22T23:00:00+00:00", "2026-11-23T01:00:00+00:00"], ["2026-11-22T01:00:00+00:00", "2026-11-23T23:00:00+00:00"]),
        # A zone moves the day as well as the hour.
        ("Mon-Fri 22:00-06:00 +08:00", ["2026-11-23T14:00:00+00:00", "2026-11-27T21:59:59+00:00"], ["2026-11-23T13:59:59+00:00", "2026-11-27T22:00:00+00:00"]),
        ("Mon 00:00-24:00 +08:00", ["2026-11-22T16:00:00+00:00"], ["2026-11-22T15:59:59+00:00", "2026-11-23T16:00:00+00:00"]),
        ("Mon 00:00-24:00 -05:00", ["2026-11-24T04:59:59+00:00"], ["2026-11-23T04:59:59+00:00"]),
        ("12:00-12:01 +05:45", ["2026-11-23T06:15:30+00:00"], ["2026-11-23T06:14:59+00:00", "2026-11-23T12:00:30+00:00"]),
        ("Sat,Sun 00:00-24:00 Z", ["2026-11-28T12:00:00+00:00", "2026-11-22T12:00:00+00:00"], ["2026-11-23T12:00:00+00:00"]),
        ("Fri-Mon 10:00-11:00 Z", ["2026-11-27T10:00:00+00:00", "2026-11-23T10:00:00+00:00"], ["2026-11-24T10:00:00+00:00", "2026-11-26T10:00:00+00:00"]),
        ("mon-tue,SAT 10:00-11:00z", ["2026-11-24T10:00:00+00:00", "2026-11-28T10:00:00+00:00"], ["2026-11-25T10:00:00+00:00"]),
    ],
)  # fmt: skip
def test_a_window_holds_from_its_start_to_before_its_end(window, within, outside):
    parsed = parse_window("time_window", window)
    assert [one for one in within if not parsed.holds(moment(one) * 1000)] == []
    assert [one for one in outside if parsed.holds(moment(one) * 1000)] == []


_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@pytest.mark.parametrize("offset", [-14 * 60, -5 * 60, -1, 0, 345, 8 * 60, 14 * 60])
@pytest.mark.parametrize(("start", "end"), [(0, 1), (0, 1439), (480, 1080), (1320, 360), (1439, 0), (720, 719)])
def test_a_window_holds_when_a_calendar_says_so(start, end, offset):
    """Against Python's own calendar: the window of the day before or of this day has begun and not ended."""
    sign, off = ("-", -offset) if offset < 0 else ("+", offset)
    clock = "{:02}:{:02}-{:02}:{:02} {}{:02}:{:02}".format(*divmod(start, 60), *divmod(end, 60), sign, *divmod(off, 60))
    windows = [parse_window("time_window", f"{name} {clock}") for name in _NAMES]
    length = timedelta(minutes=(end - start) % (24 * 60))
    for at in range(1_795_000_000, 1_795_000_000 + 8 * 86400, 41 * 60):
        here = datetime.fromtimestamp(at, timezone(timedelta(minutes=offset)))
        midnight = here.replace(hour=0, minute=0, second=0)
        begun = [day for day in (midnight, midnight - timedelta(days=1)) if day <= here - timedelta(minutes=start) < day + length]
        assert [day for day, window in enumerate(windows) if window.holds(at * 1000)] == [day.weekday() for day in begun]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "time_window  is not a time window: write one such as Mon-Fri 22:00-06:00 +08:00, or 08:00-18:00 Z"),
        ("always", "time_window always is not a time window: "),
        ("08:00-18:00", "time_window 08:00-18:00 is not a time window: "),
        ("8:00-18:00 Z", " is not a time window: "),
        ("08:00-18:00 CET", " is not a time window: "),
        ("08:00-18:00 +8", " is not a time window: "),
        ("Mon-Wed-Fri 08:00-18:00 Z", " is not a time window: "),
        ("Mon Tue 08:00-18:00 Z", " is not a time window: "),
        ("٠٨:٠٠-١٨:٠٠ Z", " is not a time window: "),
        ("\x1b[2J", r"time_window \x1b[2J is not a time window: "),
        ("Mon-Sit 08:00-18:00 Z", "time_window names the day sit, which is none: known are Mon, Tue, Wed, Thu, Fri, Sat, Sun"),
        ("08:00-08:00 Z", "time_window 08:00-08:00 Z has no length: write 00:00-24:00 for whole days"),
        ("24:00-06:00 Z", "time_window 24:00-06:00 Z has no length: "),
        ("00:00-24:01 Z", "time_window 00:00-24:01 Z has 24:01, which is no time: give at most 24:00"),
        ("00:60-02:00 Z", "has 00:60, which is no time"),
        ("00:00-02:00 +14:01", "has 14:01, which is no time: give at most 14:00"),
    ],
)
def test_what_is_no_window_is_told(text, message):
    with pytest.raises(OptionError) as caught:
        parse_window("time_window", text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("option", "files", "at", "reason"),
    [
        (None, [], "2026-11-23T03:00:00+00:00", ""),
        (["08:00-09:00 Z", "02:00-04:00 Z"], [], "2026-11-23T03:00:00+00:00", ""),
        (["08:00-09:00 Z"], [], "2026-11-23T03:00:00+00:00",
         "it is 2026-11-23T03:00:00Z at the service, and time_window is 08:00-09:00 Z"),
        # It must be time for each source: a task can't open a window that a file closes.
        (["00:00-24:00 Z"], [["08:00-09:00 Z", "Sun 02:00-04:00 Z"]], "2026-11-23T03:00:00+00:00",
         "it is 2026-11-23T03:00:00Z at the service, and time_window is 08:00-09:00 Z, Sun 02:00-04:00 Z"),
        (["02:00-04:00 Z"], [["02:00-03:30 Z"], ["03:15-05:00 Z"]], "2026-11-23T03:20:00+00:00", ""),
        (["02:00-04:00 Z"], [["02:00-03:30 Z"], ["03:15-05:00 Z"]], "2026-11-23T03:10:00+00:00",
         "it is 2026-11-23T03:10:00Z at the service, and time_window is 03:15-05:00 Z"),
    ],
)  # fmt: skip
def test_it_must_be_time_for_each_source(option, files, at, reason):
    named = [(f"f{place}", {"time_window": content}) for place, content in enumerate(files)]
    rails = from_options({"time_window": option}, named)
    assert outside_windows(rails, moment(at)) == reason
