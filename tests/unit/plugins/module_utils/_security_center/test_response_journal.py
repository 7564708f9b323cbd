# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.response_journal import (
    read_journal,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.response_rows import (
    rows_of_plan,
    verify,
)

PLAN, DIGEST = "20261122T090000Z-1a2b3c4d", "d" * 64


def _line(**more) -> str:
    context = {"time": "2026-11-22T09:00:00Z", "plan_id": PLAN, "digest": DIGEST, "run": "4711", "user": "awx", "approved_by": None}
    return json.dumps({**context, **more}) + "\n"


def _ended(one: str, outcome: str, **more) -> str:
    return _line(security_event_id=one, outcome=outcome, **more)


@pytest.fixture
def read(tmp_path):
    """A function that makes a journal of its lines, and reads it; the warnings are in its list."""

    def journal(*lines: str):
        path = tmp_path / "journal.jsonl"
        path.write_text("".join(lines), encoding="utf-8")
        return read_journal(str(path), PLAN, DIGEST, journal.warnings.append)

    journal.warnings = []
    return journal


def test_the_last_line_of_an_alert_speaks(read):
    told = read(_line(event="apply_started", count=1), _ended("1", "failed"), _ended("1", "handled"))
    assert told.rows["1"]["outcome"] == "handled"


@pytest.mark.parametrize(
    ("first", "then", "told"),
    [
        ("handled", "unchanged", "handled"),
        ("handled", "planned", "handled"),
        ("handled", "refused", "handled"),
        ("handled", "failed", "failed"),
        ("unknown", "unchanged", "unchanged"),
        ("planned", "refused", "refused"),
        ("refused", "handled", "handled"),
    ],
)
def test_what_was_done_stays_done_when_a_later_run_leaves_it_alone(read, first, then, told):
    revert = {"module": "m", "options": {}}
    row = read(_ended("1", first, revert=revert), _ended("1", then, revert=None)).rows["1"]
    assert row["outcome"] == told
    assert (row["revert"] is not None) == (first in ("handled", "unknown") and then in ("unchanged", "planned", "refused"))


def test_lines_of_other_plans_are_passed_by_and_junk_is_warned_of(read):
    told = read(
        _ended("1", "handled"),
        _line(security_event_id="2", outcome="handled", plan_id="20261122T090000Z-00000000"),
        '{"other": 1}\n',
        "junk\n",
        "\n",
        f'{{"plan_id": "{PLAN}", "cut\n',
        _line(security_event_id="3", outcome="handled", digest="e" * 64),
        f'{{"plan_id": "{PLAN}", "half',
    )
    assert set(told.rows) == {"1"}
    lines, foreign = read.warnings
    assert "has 3 lines that are none of a journal, the first is line 3" in lines
    assert f"has 1 lines of another plan with the id {PLAN}, the first is line 7" in foreign


def test_another_plan_that_names_this_one_is_not_this_one(read):
    assert read(_line(plan_id="20261122T090000Z-00000000", message=f"after {PLAN}")) is None and not read.warnings


def test_what_was_sent_last_and_has_no_line_is_unknown(read):
    call = {"action": "HandleSecurityEvents", "parameters": {"SecurityEventIds": ["71", "72"]}}
    told = read(_line(**call), _ended("7", "handled"), _line(action="HandleSecurityEvents", error={"code": "X"}))
    assert told.failed_calls == [{"code": "X"}] and told.runs[0]["ended"] is None
    line = {"security_event_id": "8", "event_ids": ["72"], "rule": "r", "outcome": "planned", "alert": {"id": "8"}}
    row, other = rows_of_plan([line, line | {"security_event_id": "7", "event_ids": ["71"]}], told)
    assert other["outcome"] == "handled"
    assert row["outcome"] == "unknown" and row["error_code"] == "CutShort"
    verify([row], {"8": {"event_status": "handled", "operate_time_stamp": None}})
    assert row["event_status_now"] == "handled" and row["disagreement"] is None


def test_what_failed_of_an_alert_with_events_of_other_ids_was_told(read):
    call = _line(action="HandleSecurityEvents", parameters={"SecurityEventIds": ["71", "72"]})
    line = {"security_event_id": "7", "event_ids": ["71", "72"], "rule": "r", "outcome": "planned", "alert": {"id": "7"}}
    for lines, outcome in (
        ((call, _ended("7", "failed")), "failed"),
        ((call, _ended("7", "failed"), call), "unknown"),
        ((call, _ended("7", "handled"), call), "unknown"),
        ((call, _ended("7", "failed"), call, _ended("7", "handled")), "handled"),
        ((call, _ended("7", "failed"), _ended("71", "handled")), "failed"),  # another alert, which has the id of an event
    ):
        (row,) = rows_of_plan([line], read(*lines))
        assert row["outcome"] == outcome, lines


def test_a_second_apply_of_the_same_job_that_is_broken_off_has_not_ended(read):
    begun, over = _line(event="apply_started", count=1), _line(event="apply_ended", summary={})
    assert [run["ended"] is None for run in read(begun, over, begun).runs] == [True]


def test_a_journal_that_is_not_there_is_warned_of_and_one_that_can_not_be_read_is_an_error(tmp_path):
    warnings: list[str] = []
    assert read_journal(str(tmp_path / "none"), PLAN, DIGEST, warnings.append) is None
    assert "is not there" in warnings[0]
    with pytest.raises(OptionError, match=r"journal_file .* can't be read: Is a directory"):
        read_journal(str(tmp_path), PLAN, DIGEST, warnings.append)


def test_time_to_containment_is_from_the_first_occurrence_to_the_handling():
    line = {"security_event_id": "8", "rule": "r", "outcome": "planned", "alert": {"id": "8", "occurrence_time_stamp": 10_000}}
    rows = rows_of_plan([line] * 3, None)
    for row, stamp in zip(rows, (70_000, 9_000, None)):
        row.update(outcome="handled", event_status_after="handled")
        verify([row], {"8": {"event_status": "handled", "operate_time_stamp": stamp}})
    assert [row["contained_after"] for row in rows] == [60, None, None]
