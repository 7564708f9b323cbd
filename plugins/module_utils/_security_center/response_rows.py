# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One row an alert: as it was seen, what became of it, and how the service shows it now. Calls nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .alerts import Record, number, rows_of, text, texts
from .outcomes import HANDLED, UNKNOWN
from .plan import UNCHANGED
from .response_figures import OPEN
from .response_journal import Told
from .results import OUTCOMES
from .times import iso

# What a report tells of an alert itself.
ALERT_FIELDS = (
    "id",
    "name",
    "alarm_event_name",
    "alarm_event_name_display",
    "alarm_event_type",
    "alarm_event_type_display",
    "level",
    "occurrence_time",
    "occurrence_time_stamp",
    "last_time",
    "last_time_stamp",
    "uuid",
    "instance_id",
    "instance_name",
    "internet_ip",
    "intranet_ip",
    "source_ali_uid",
    "support_operate_code",
    "attacker_addresses",
)
PERIOD_FIELDS = (
    *ALERT_FIELDS,
    "event_status",
    "operate_time",
    "operate_time_stamp",
    "operate_error_code",
    "operate_msg",
)
_CUT_SHORT = "it was sent, and its run ended before it could tell what became of it"
_WORD_STANDS = (HANDLED, UNCHANGED)  # outcomes that say that an alert is done


def rows_of_plan(lines: Iterable[Mapping[str, Any]], told: Told | None) -> list[Record]:
    """The alerts of a plan, with what the journal told of each."""
    return [_row_of_plan(line, told) for line in lines]


def _row_of_plan(line: Mapping[str, Any], told: Told | None) -> Record:
    alert = line.get("alert")
    alert = alert if isinstance(alert, Mapping) else {}
    one = str(line.get("security_event_id"))
    event_ids = texts(line.get("event_ids"))
    matched = text(line.get("rule")) is not None
    row: Record = {
        "security_event_id": one,
        "rule": text(line.get("rule")),
        "approval": line.get("approval") is True,
        "operation_code": text(line.get("operation_code")),
        "outcome": _outcome(line.get("outcome")) if matched else None,
        "error_code": text(line.get("error_code")) or "",
        "message": text(line.get("message")) or "",
        "event_status_before": text(alert.get("event_status")),
        "event_status_after": text(alert.get("event_status")),
        "task_id": None,
        "request_id": None,
        "tried": [],
        "remark": text(line.get("remark")),
        "revert": None,
        **{name: _of_its_type(name, alert.get(name)) for name in ALERT_FIELDS},
    }
    if told is not None and matched:
        _add_what_was_told(row, told.rows.get(one))
        if told.is_cut_short(one, (one, *event_ids)):
            row.update(outcome=UNKNOWN, error_code="CutShort", message=_CUT_SHORT, event_status_after=None)
    return {**row, "event_status_now": None, "operate_time": None, "contained_after": None, "disagreement": None}


def _of_its_type(name: str, value: Any) -> Any:
    """A field of an alert: a plan that is not signed may hold anything."""
    if name == "attacker_addresses":
        return texts(value)
    return number(value) if name.endswith("_stamp") else text(value)


def _outcome(given: object) -> str:
    return given if isinstance(given, str) and given in OUTCOMES else UNKNOWN


def _add_what_was_told(row: Record, told: Mapping[str, Any] | None) -> None:
    if told is None:
        return
    row["outcome"] = _outcome(told.get("outcome"))
    for name in ("error_code", "message"):
        row[name] = text(told.get(name)) or ""
    for name in ("event_status_before", "event_status_after"):
        row[name] = text(told.get(name))
    row["operation_code"] = text(told.get("operation_code")) or row["operation_code"]
    row["task_id"] = number(told.get("task_id"))
    row["request_id"] = text(told.get("request_id"))
    row["tried"] = rows_of(told.get("tried"))
    row["revert"] = told.get("revert") if isinstance(told.get("revert"), Mapping) else None


def rows_of_period(records: Iterable[Record]) -> list[Record]:
    """The alerts that were handled in a period, as the service's own rows tell of it."""
    return [_row_of_period(record) for record in records]


def _row_of_period(record: Record) -> Record:
    code = record["operate_error_code"] or ""
    row = {
        "security_event_id": record["id"],
        "rule": None,
        "approval": False,
        "operation_code": code.partition(".")[0] or None,
        "outcome": HANDLED if record["event_status"] not in OPEN else UNKNOWN,
        "error_code": code,
        "message": "",
        "event_status_before": None,
        "event_status_after": record["event_status"],
        "task_id": None,
        "request_id": None,
        "tried": [],
        "remark": record["operate_msg"],
        "revert": None,
        **{name: record[name] for name in ALERT_FIELDS},
        "event_status_now": record["event_status"],
        "operate_time": record["operate_time"],
        "contained_after": _seconds(record["occurrence_time_stamp"], record["operate_time_stamp"]),
        "disagreement": None,
    }
    return row


def verify(rows: Iterable[Record], found: Mapping[str, Record]) -> None:
    """Add to each row that a rule matched how the service shows the alert now, and where that is not what was told.

    ``found`` are the alerts as they are now, by the id of their row; one that is not among them is gone.
    """
    for row in rows:
        if row["outcome"] is None or row["id"] is None:
            continue
        alert = found.get(row["id"])
        row["disagreement"] = disagreement(
            row["outcome"], row["event_status_after"], alert["event_status"] if alert else None
        )
        if alert is not None:
            row["event_status_now"] = alert["event_status"]
            row["operate_time"] = iso(alert["operate_time_stamp"])
            if row["outcome"] == HANDLED and row["disagreement"] is None:
                row["contained_after"] = _seconds(row["occurrence_time_stamp"], alert["operate_time_stamp"])


def disagreement(outcome: str, told: str | None, now: str | None) -> str | None:
    """A sentence when the service shows another status than what was told of an alert leads to; None when it does not.

    ``told`` is the status in which the alert was left, None when that was not told. An outcome that is unknown claims
    nothing. An alert that is gone is none that can be vouched for.
    """
    if outcome == UNKNOWN or (told is not None and now == told):
        return None
    done = outcome in _WORD_STANDS
    if done and (told, now) == ("processing", "handled"):
        return None  # some operations leave an alert processing for a while
    if now is None:
        return f"told {outcome}, and the service does not list the alert any more"
    if told is None and (done != (now in OPEN)):
        return None
    left = "" if told is None or (done and now in OPEN) else f" and left {told}"
    return f"told {outcome}{left}, and the service shows {now}"


def _seconds(start: Any, end: Any) -> int | None:
    """From one time to a later one, both in milliseconds; None when one is not known, or the order is not theirs."""
    first, last = number(start), number(end)
    return (last - first) // 1000 if first and last and last >= first else None
