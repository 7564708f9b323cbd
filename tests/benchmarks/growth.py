# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One alert, ten, a hundred …: calls, time and memory grow with the alerts, and no faster."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from .harness import PACE, crowd_ids, play, simulator, told_calls
from .report import Table
from .sizes import Sizes
from .ten_thousand import handle_task

_HOW = """One task of `handle_security_events` for each number of alerts, with `check_operations: never`, against a
service that answers after 50 ms and takes 10 calls a second of each action; `requests_per_second: 10`. What one alert
more costs is told between each size and the one before. A growth that is linear has a ratio of 1 between its last two
steps, or less where it has yet to outgrow what a task costs at the least."""


@dataclass(frozen=True)
class _Point:
    count: int
    calls: Counter[str]
    seconds: float
    peak_mb: float


def measure(sizes: Sizes) -> Table:
    """The table of this benchmark."""
    table = Table("calls, time and memory by the number of alerts", _HOW)
    points = [_point(count) for count in sizes.growth]
    for point in points:
        figures = f"{point.seconds:.1f} s, {point.peak_mb:.1f} MB of memory, calls: {told_calls(point.calls)}"
        table.add(f"alerts handled: {point.count:,}", figures)
    steps = []
    for before, after in pairwise(points):
        steps.append(_step(before, after))
        figures = "{:.3f} calls, {:.4f} s, {:.2f} KB of memory".format(*steps[-1])
        table.add(f"one alert more, from {before.count:,} to {after.count:,}", figures)
    (calls_before, seconds_before, _kilobytes_before), (calls, seconds, kilobytes) = steps[-2:]
    table.judge("calls for one alert more, last step / the one before", calls / calls_before, 1.1)
    table.judge("time for one alert more, last step / the one before", seconds / seconds_before, 1.1)
    table.judge("memory for one alert more, last step", kilobytes, 10, " KB")
    return table


def _point(count: int) -> _Point:
    with simulator("--crowd", str(count), *PACE) as service:
        took = play([handle_task(service, crowd_ids(count), check_operations="never")], peak=True)
        if service.handled_once() != count:
            raise RuntimeError(f"not all of {count} alerts were handled")
        return _Point(count, service.calls(), took.seconds, took.peak_mb)


def _step(before: _Point, after: _Point) -> tuple[float, float, float]:
    """What one alert more costs: calls, seconds, kilobytes."""
    more = after.count - before.count
    calls = (after.calls.total() - before.calls.total()) / more
    return calls, (after.seconds - before.seconds) / more, 1024 * (after.peak_mb - before.peak_mb) / more
