# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """``rounds`` of ``tasks`` over each of ``schemes``; alerts handled, batches that ``uri`` sends, alerts listed, planned;
    members, the alerts of each, and rounds over all of them as hosts; servers, those with alerts, and
    rounds of their inventory; of the event source its interval, the alerts that appear, within how many seconds, those that wait
    when it starts, and those that it remembers.
    """

    tasks: int
    rounds: int
    schemes: tuple[str, ...]
    handled: int
    uri_batches: int
    listed: int
    growth: tuple[int, ...]
    planned: int
    members: int
    alerts_each: int
    member_rounds: int
    servers: int
    servers_with_alerts: int
    inventory_rounds: int
    events: tuple[int, int, int, int, int]


FULL = Sizes(
    20,
    5,
    ("http", "https"),
    10_000,
    100,
    100_000,
    (1, 10, 100, 1_000, 10_000),
    5_000,
    300,
    1_000,
    3,
    50_000,
    2_000,
    3,
    (10, 100, 120, 10_000, 100_000),
)
# To see that everything runs; its figures mean nothing.
QUICK = Sizes(1, 1, ("https",), 21, 1, 300, (1, 21, 41), 120, 3, 110, 1, 120, 40, 1, (1, 3, 1, 210, 1_100))
