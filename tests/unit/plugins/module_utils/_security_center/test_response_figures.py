# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.response_figures import (
    containment,
    figures_of,
    percentile,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.response_rows import (
    disagreement,
)

_ROW = {
    "rule": None,
    "approval": False,
    "outcome": None,
    "error_code": "",
    "level": "serious",
    "event_status_now": None,
    "contained_after": None,
    "disagreement": None,
}


def _rows(*changes: dict) -> list[dict]:
    return [{**_ROW, **change} for change in changes]


@pytest.mark.parametrize(
    ("numbers", "percent", "told"),
    [
        ([], 50, None),
        ([7], 50, 7),
        ([7], 90, 7),
        ([10, 20], 50, 15),
        ([10, 20, 30], 50, 20),
        ([0, 100], 90, 90),
        (list(range(101)), 90, 90),
        ([1, 2, 3, 4], 0, 1),
        ([1, 2, 3, 4], 100, 4),
    ],
)
def test_a_percentile_is_between_its_neighbours(numbers, percent, told):
    assert percentile(numbers, percent) == told


def test_times_to_containment_fall_into_the_columns_of_the_histogram():
    told = containment([300, 301, None, 3600, 700_000, 0])
    assert [(one["up_to"], one["count"]) for one in told["histogram"]] == [
        ("5 min", 2),
        ("15 min", 1),
        ("1 h", 1),
        ("4 h", 0),
        ("1 d", 0),
        ("1 week", 0),
        ("longer", 1),
    ]
    assert (told["alerts"], told["without_time"], told["median_seconds"]) == (5, 1, 301)


def test_only_what_was_handled_counts_as_contained():
    rows = _rows({"outcome": "handled", "contained_after": 5}, {"outcome": "unchanged", "contained_after": 7}, {})
    assert figures_of(rows, [], 3)["containment"]["alerts"] == 1


def test_a_report_of_no_alerts_is_all_noughts():
    told = figures_of([], [], 0)
    assert (told["alerts"], told["levels"], told["rules"], told["containment"]["median_seconds"]) == (0, [], [], None)
    assert set(told["outcomes"].values()) == {0}


def test_each_rule_tells_its_outcomes_in_the_order_of_the_policy():
    rules = [{"name": name, "approval": name == "b", "operation_code": "ignore", "count": 99} for name in "ba"]
    rows = _rows(
        {"rule": "a", "outcome": "handled"},
        {"rule": "b", "outcome": "refused", "error_code": "MaxShare"},
        {"rule": "b", "outcome": "planned", "approval": True},
        {},
    )
    told = figures_of(rows, rules, 4)
    assert [(rule["name"], rule["count"], rule["outcomes"]["refused"]) for rule in told["rules"]] == [("b", 2, 1), ("a", 1, 0)]
    assert told["left_for_approval"] == [{"name": "b", "count": 1}]
    assert told["refusals"] == [{"error_code": "MaxShare", "count": 1}]
    assert (told["matched"], told["unmatched"]) == (3, 1)


def test_levels_are_told_before_and_after_the_most_serious_first():
    rows = _rows(
        {"level": "remind"},
        {"level": None, "outcome": "handled", "event_status_now": "handled"},
        {"outcome": "handled", "event_status_now": "ignored"},
        {"outcome": "failed", "event_status_now": "pending"},
        {"outcome": "handled", "event_status_now": "processing"},
    )
    told = figures_of(rows, [], 5)["levels"]
    assert [(level["level"], level["before"], level["after"]) for level in told] == [
        ("serious", 3, 2),
        ("remind", 1, 1),
        ("unknown", 1, 0),
    ]


@pytest.mark.parametrize(
    ("outcome", "left", "now", "told"),
    [
        ("handled", "ignored", "ignored", None),
        ("handled", "ignored", "pending", "told handled, and the service shows pending"),
        ("handled", "ignored", "handled", "told handled and left ignored, and the service shows handled"),
        ("handled", None, "handled", None),
        ("handled", "processing", "processing", None),
        ("handled", "processing", "handled", None),
        ("handled", "processing", "ignored", "told handled and left processing, and the service shows ignored"),
        ("refused", "processing", "handled", "told refused and left processing, and the service shows handled"),
        ("handled", None, "processing", "told handled, and the service shows processing"),
        ("handled", "handled", None, "told handled, and the service does not list the alert any more"),
        ("unchanged", "ignored", "pending", "told unchanged, and the service shows pending"),
        ("refused", "pending", "pending", None),
        ("refused", "pending", "handled", "told refused and left pending, and the service shows handled"),
        ("refused", None, "handled", "told refused, and the service shows handled"),
        ("failed", None, "pending", None),
        ("planned", "pending", "ignored", "told planned and left pending, and the service shows ignored"),
        ("unknown", None, "pending", None),
        ("unknown", None, "handled", None),
        ("unknown", "pending", None, None),
    ],
)
def test_a_disagreement_is_a_status_that_the_outcome_does_not_lead_to(outcome, left, now, told):
    assert disagreement(outcome, left, now) == told
