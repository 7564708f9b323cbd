# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.similar import (
    Preview,
    Search,
    most_common,
)

TWENTY = {f"name {number}": 2 for number in range(20)}


def repeated(counts):
    return [name for name, count in counts.items() for _time in range(count)]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([], {}),
        (["b", "a", "b"], {"b": 2, "a": 1}),
        ([None, ""], {"": 2}),
        (repeated(TWENTY), TWENTY),
        (repeated({**TWENTY, "rare": 1, "rarer": 1}), {**TWENTY, "others": 2}),
        (["others", "others", *repeated(TWENTY)], {"others": 4, **{f"name {number}": 2 for number in range(19)}}),
        (["a\x1b[2J\nb"], {"a\\x1b[2J\\nb": 1}),
        (["x" * 300], {"x" * 200 + "…": 1}),
    ],
    ids=["none", "counted", "nameless", "twenty", "more than twenty", "one called others", "control characters", "long"],
)
def test_names_are_counted_and_bounded(values, told):
    assert most_common(values) == told


@pytest.mark.parametrize(
    ("given", "event_ids", "shown", "ids", "shows_itself"),
    [
        ("1", ("1",), ["1", "2"], ("1", "2"), True),
        ("1", ("1",), ["2", "1"], ("1", "2"), True),
        ("1", ("1",), ["2"], ("1", "2"), False),
        ("1", ("1",), [], ("1",), False),
        ("9", ("1", "2"), ["2", "3"], ("9", "3"), True),
        ("9", ("1", "2"), ["3"], ("9", "3"), False),
    ],
)
def test_the_alert_itself_is_handled_once_whether_it_is_shown_or_not(given, event_ids, shown, ids, shows_itself):
    preview = Preview(7, {one: {} for one in shown}, len(shown), complete=True)
    search = Search(given, event_ids, True, "default", ["default"], preview)
    assert (search.ids(), search.shows_itself) == (ids, shows_itself)
