# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What security_event_note does: a note is on an alert, or is not (CreateSuspEventNote, DeleteSuspEventNode)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._openapi.client import OpenApiClient
from .._openapi.errors import OptionError, SecurityCenterError
from .alerts import Record, record_of
from .changes import Changes, NotDone, wait_until
from .finding import check_id, check_ids, find_alerts
from .guardrails import guard_rails
from .pages import read_page
from .report import Report
from .request import account_id, sendable

_FIELDS = ("id", "security_event_ids", "event_notes")
_SHOWN_LATER = 10.0  # seconds within which the alert must show what was written


_CREATE, _DELETE = "CreateSuspEventNote", "DeleteSuspEventNode"  # the API spells it so


class _Notes:
    """The notes of one alert, as they were read last."""

    def __init__(self, client: OpenApiClient, query: Mapping[str, Any], alert: Record) -> None:
        self._client = client
        self._query = query
        self.row_id = str(alert["id"])
        self.all = self._readable(alert)

    def read(self) -> list[Record]:
        """Read them again. Raises ApiError, and NotDone when the alert is gone."""
        rows, _total = read_page(self._client, {**self._query, "Id": self.row_id}, 1)
        for record in (record_of(row, _FIELDS) for row in rows):
            if record["id"] == self.row_id:
                self.all = self._readable(record)
                return self.all
        raise NotDone(f"alert {self.row_id} is gone, and its notes with it: look it up again")

    def _readable(self, alert: Record) -> list[Record]:
        notes: list[Record] | None = alert["event_notes"]
        if notes is None:
            raise NotDone(f"the notes of alert {self.row_id} can't be read: look at it in the console")
        return notes

    def with_text(self, text: str) -> list[Record]:
        """Those that say just this; white space around a text tells nothing."""
        return [one for one in self.all if isinstance(one["note"], str) and one["note"].strip() == text.strip()]

    def with_id(self, note_id: object) -> list[Record]:
        """The one with this id, if there is one."""
        return [one for one in self.all if str(one["note_id"]) == str(note_id)]

    def texts(self) -> list[str | None]:
        return [one["note"] for one in self.all]


def run(client: OpenApiClient, options: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Options of security_event_note in, its result out. Raises SecurityCenterError."""
    given = check_ids("security_event_id", [options["security_event_id"]])[0]
    text, note_id = _text(options), _note_id(options)
    account = account_id("resource_directory_account_id", options.get("resource_directory_account_id"))
    rails = guard_rails(options, report.environ)  # but for the time, none of them refuses a note
    query = {"Lang": "en", "ResourceDirectoryAccountId": account}
    found = find_alerts(client, [given], query, _FIELDS)[given]
    if found.alert is None:
        raise NotDone(found.reason)
    changes, notes = Changes(client, report, rails), _Notes(client, query, found.alert)
    before = notes.texts()
    try:
        if options["state"] == "absent":
            _remove(changes, notes, notes.with_id(note_id) if text is None else notes.with_text(text), account)
        elif text is not None and not notes.with_text(text):
            _add(changes, notes, text, account)
    except SecurityCenterError as error:
        return changes.failure(error, {"security_event_id": given, "event_notes": notes.all})
    record = {"security_event_id": given, "event_notes": notes.all}
    return changes.result(record, {"notes": before}, {"notes": notes.texts()}, report)


def _text(options: Mapping[str, Any]) -> str | None:
    text: str | None = sendable("note", options.get("note"))
    if text is not None and not text.strip():
        raise OptionError("note is empty: give the text of the note")
    return text


def _note_id(options: Mapping[str, Any]) -> str | None:
    if options.get("note_id") is None:
        return None
    return check_id("note_id", options["note_id"], "a note's", "security_event_info tells them in event_notes")


def _add(changes: Changes, notes: _Notes, text: str, account: str | None) -> None:
    def stands() -> bool:
        notes.read()
        return bool(notes.with_text(text))

    parameters = {"EventId": notes.row_id, "Note": text, "ResourceDirectoryAccountId": account}
    changes.make(_CREATE, parameters, stands, subject=notes.row_id)
    if changes.check_mode:
        notes.all = [*notes.all, {"note": text, "note_id": None, "note_time": None}]
    elif not wait_until(stands, _SHOWN_LATER):
        raise NotDone(
            f"the service took the note and does not show it on alert {notes.row_id}: look at the alert before running "
            "the task again, which would add a second one"
        )


def _remove(changes: Changes, notes: _Notes, unwanted: list[Record], account: str | None) -> None:
    for note in unwanted:
        _remove_one(changes, notes, note["note_id"], account)


def _remove_one(changes: Changes, notes: _Notes, note_id: int | None, account: str | None) -> None:
    if note_id is None:
        raise NotDone(f"the service does not tell the id of a note on alert {notes.row_id}: remove it in the console")

    def gone() -> bool:
        notes.read()
        return not notes.with_id(note_id)

    changes.make(_DELETE, {"NoteId": note_id, "ResourceDirectoryAccountId": account}, gone, subject=notes.row_id)
    if changes.check_mode:
        notes.all = [one for one in notes.all if one["note_id"] != note_id]
    elif not wait_until(gone, _SHOWN_LATER):
        raise NotDone(
            f"the service took the removal and still shows note {note_id} on alert {notes.row_id}: run the task again"
        )
