# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the journal tells of one plan: what became of each alert, in which run, by whom."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Callable, NamedTuple

from .._openapi.errors import OptionError
from .._openapi.text import printable
from .alerts import text, texts
from .outcomes import FAILED, HANDLED, UNKNOWN

_DONE = (HANDLED, UNKNOWN)  # what may have been done
_SAYS_MORE = (HANDLED, FAILED, UNKNOWN)  # outcomes of an alert that was sent


class Told(NamedTuple):
    """``rows`` are the rows that speak for alerts, by the id that they name.

    ``rows_at`` are the lines with the last row of each, ``sent_at`` those with the last call for each event id.
    ``runs`` are the runs of apply, in order: run, user, approved_by, started, ended (None when it was broken off).
    ``failed_calls`` are the calls that the service refused or that went wrong: action, code, message, request_id and so on.
    """

    rows: dict[str, Mapping[str, Any]]
    rows_at: dict[str, int]
    sent_at: dict[str, int]
    runs: list[dict[str, Any]]
    failed_calls: list[Mapping[str, Any]]

    def is_cut_short(self, one: str, event_ids: Iterable[str]) -> bool:
        """Whether the events of the alert ``one`` were sent, and no row has told since what became of it."""
        return any(self.sent_at.get(event_id, 0) > self.rows_at.get(one, 0) for event_id in event_ids)


def read_journal(path: str, plan_id: str, digest: str, warn: Callable[[str], None]) -> Told | None:
    """What the journal ``path`` tells of the plan, or None when it tells nothing of it.

    A half line at the end is what a run leaves that was killed, and lines of other plans are passed by; ``warn`` is told of a
    file that is not there, of lines that are no lines of a journal, and of those of another plan with this id. Raises
    :class:`OptionError` when the file can't be read.
    """
    name = f"journal_file {printable(path, longest=1000)}"
    rows: dict[str, Mapping[str, Any]] = {}
    rows_at: dict[str, int] = {}
    sent_at: dict[str, int] = {}
    runs: dict[str, dict[str, Any]] = {}
    failed_calls: list[Mapping[str, Any]] = []
    wrong, foreign = [], []
    for number, line in _lines(path, name, plan_id, warn):
        if line is None:
            wrong.append(number)
        elif line.get("plan_id") != plan_id:
            continue
        elif line.get("digest") != digest:
            foreign.append(number)
        else:
            _add_run(runs, line)
            one = text(line.get("security_event_id"))
            if one is not None and text(line.get("outcome")) is not None:
                rows[one] = _later(rows.get(one), line)
                rows_at[one] = number
            elif "action" in line and isinstance(line.get("parameters"), dict):
                sent_at.update(dict.fromkeys(texts(line["parameters"].get("SecurityEventIds")), number))
            elif isinstance(line.get("error"), dict):
                failed_calls.append(line["error"])
    if wrong:
        warn(
            f"{name} has {len(wrong)} lines that are none of a journal, the first is line {wrong[0]}: they are left out"
        )
    if foreign:
        warn(
            f"{name} has {len(foreign)} lines of another plan with the id {plan_id}, the first is line {foreign[0]}: they are left out"
        )
    return Told(rows, rows_at, sent_at, list(runs.values()), failed_calls) if runs else None


def _lines(
    path: str, name: str, plan_id: str, warn: Callable[[str], None]
) -> Iterator[tuple[int, Mapping[str, Any] | None]]:
    """The lines that name the plan, and None for each that is no line of a journal.

    A journal grows for years: lines of other plans are told by their text, and not decoded.
    """
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            for number, line in enumerate(stream, start=1):
                if plan_id not in line:
                    if line.strip() and line.endswith("\n") and not (line.startswith("{") and '"plan_id"' in line):
                        yield number, None
                    continue
                try:
                    content = json.loads(line)
                except (ValueError, RecursionError):
                    content = None
                if isinstance(content, dict):
                    yield number, content
                elif line.endswith("\n"):
                    yield number, None
    except FileNotFoundError:
        warn(f"{name} is not there: the report tells what was planned, and not what was done")
    except (OSError, ValueError) as error:  # a ValueError is a path with a character that can't be
        raise OptionError(f"{name} can't be read: {printable(getattr(error, 'strerror', None) or error)}") from error


def _later(before: Mapping[str, Any] | None, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row that speaks for an alert, of the one so far and a later one.

    What this plan has done stays done, when a later run finds it so, or leaves it alone: only a later sending says more. The
    way back of what may have been done is kept as well.
    """
    if before is None or row["outcome"] in _SAYS_MORE or before["outcome"] not in _DONE:
        return row
    if before["outcome"] == HANDLED:
        return before
    return {**row, "revert": row.get("revert") or before.get("revert")}


def _add_run(runs: dict[str, dict[str, Any]], line: Mapping[str, Any]) -> None:
    at = text(line.get("time"))
    run = runs.setdefault(
        str(line.get("run")),
        {
            "run": text(line.get("run")),
            "user": text(line.get("user")),
            "approved_by": text(line.get("approved_by")),
            "started": at,
            "ended": None,
        },
    )
    if line.get("event") == "apply_started":  # perhaps a second time in the same job
        run["ended"] = None
    run["approved_by"] = run["approved_by"] or text(line.get("approved_by"))
    if line.get("event") == "apply_ended":
        run["ended"] = at
