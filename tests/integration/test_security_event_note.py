# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""security_event_note, as a person runs it."""

from __future__ import annotations

from typing import Any

from conftest import COLLECTION, Play

from simulator import Simulator
from simulator.seed_accounts import MEMBER_ACCOUNT

MODULE = f"{COLLECTION}.security_event_note"
TEXT = "INC-4711: {{ '{{' }} asked }} the owner, 已确认"
SENT = "INC-4711: {{ asked }} the owner, 已确认"
OLD = "The owner was travelling."


def writes(simulator: Simulator) -> list[tuple[str, dict[str, str]]]:
    actions = ("CreateSuspEventNote", "DeleteSuspEventNode")
    return [(call.action, call.parameters) for call in simulator.calls if call.action in actions]


def test_put_on_check_run_repeat_and_take_off(simulator: Simulator, play: Play):
    present = {"security_event_id": "10018", "note": TEXT}
    absent = present | {"state": "absent"}
    steps = [(present, True), (present, False), (present, False), (absent, True), (absent, False), (absent, False)]
    run = play.tasks([{MODULE: options, "check_mode": check, "diff": True} for options, check in steps])
    assert run.code == 0, run.output
    assert [result["changed"] for result in run.results] == [True, True, False, True, True, False]
    planned, put_on, again, to_go, taken_off, gone = run.results
    assert planned["actions"] == put_on["actions"] == [
        {"action": "CreateSuspEventNote", "parameters": {"EventId": "10018", "Note": SENT}}
    ]  # fmt: skip
    assert to_go["actions"] == taken_off["actions"] == [
        {"action": "DeleteSuspEventNode", "parameters": {"NoteId": 900002}}
    ]  # fmt: skip
    with_it, without = {"notes": [OLD, SENT]}, {"notes": [OLD]}
    assert planned["diff"] == put_on["diff"] == {"before": without, "after": with_it}
    assert to_go["diff"] == taken_off["diff"] == {"before": with_it, "after": without}
    assert [note["note"] for note in again["event_notes"]] == [OLD, SENT]
    assert [note["note"] for note in gone["event_notes"]] == [OLD]
    assert [action for action, _parameters in writes(simulator)] == ["CreateSuspEventNote", "DeleteSuspEventNode"]


def test_a_note_of_several_lines_on_a_member_accounts_alert(simulator: Simulator, play: Play):
    options = {
        "security_event_id": "50001",
        "note": "first line\n\n  second line\n",
        "resource_directory_account_id": MEMBER_ACCOUNT,
    }
    assert play("security_event_note", **options)["changed"] is True
    assert play("security_event_note", **options)["changed"] is False
    assert [note.text for note in simulator.alert(50001).notes] == [options["note"]]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no text": ({}, "state is present but all of the following are missing: note"),
    "nothing to remove": (
        {"state": "absent"},
        "state is absent but any of the following are missing: note, note_id",
    ),
    "a text and an id": (
        {"note": "x", "note_id": "1", "state": "absent"},
        "parameters are mutually exclusive: note|note_id",
    ),
    "an id to put on": (
        {"note_id": "1"},
        "state is present but all of the following are missing: note",
    ),
    "an empty text": ({"note": " "}, "note is empty: give the text of the note"),
    "no note's id": (
        {"note_id": "x", "state": "absent"},
        "note_id x is not a note's id: give its decimal digits, as security_event_info tells them in event_notes",
    ),
    "no alert's id": (
        {"note": "x", "security_event_id": "alert"},
        "security_event_id must be decimal digits, as security_event_info gives them; not so: alert",
    ),
    "an unknown alert": (
        {"note": "x", "security_event_id": "99999"},
        "no alert has the id 99999: check the id, region_id and the account",
    ),
    "an id of two alerts": (
        {"note": "x", "security_event_id": "40001"},
        "40001 is an event of alert 30001 and also the id of another alert: give the id of the row, or another of its events",
    ),
    "no account": (
        {"note": "x", "resource_directory_account_id": "us"},
        "resource_directory_account_id us is not an account id: give its decimal digits",
    ),
}


def test_what_can_not_be_is_told_with_the_way_out(simulator: Simulator, play: Play):
    usual = {"security_event_id": "10018"}
    run = play.tasks([{MODULE: usual | options, "ignore_errors": True} for options, _told in REFUSED.values()])
    told = dict(zip(REFUSED, run.results, strict=True))
    for name, (_options, sentence) in REFUSED.items():
        assert told[name]["failed"] and not told[name].get("changed"), name
        assert told[name]["msg"] == sentence, name
    assert writes(simulator) == []


def test_a_refusal_of_the_service_is_told_in_its_words(simulator: Simulator, play: Play):
    failed = play("security_event_note", security_event_id="10018", note="x" * 1001)
    assert failed["failed"] and failed["changed"] is False and failed["actions"] == []
    assert failed["msg"].startswith("CreateSuspEventNote failed: IllegalParam: Note is too long. (request id ")
    assert failed["error"]["code"] == "IllegalParam"
    assert [note["note"] for note in failed["event_notes"]] == [OLD]
