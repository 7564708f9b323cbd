# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Notes come and go as a task says, each text once, and no other note is touched."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import changes, notes
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.changes import Changes, NotDone
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from engine import client_of
from simulator import Simulator
from simulator.actions import ACTIONS
from simulator.seed_accounts import MEMBER_ACCOUNT
from simulator.state import Note

CREATE, DELETE, LIST = "CreateSuspEventNote", "DeleteSuspEventNode", "DescribeSuspEvents"
TEXT = "INC-4711: asked the owner"
OLD = "The owner was travelling."  # on alert 10018 of the seed, with the id 900001

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run("10001", note="seen")`` is what security_event_note does with these options."""
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, 0.03)))
    monkeypatch.setattr(changes, "_SOON", 0.02)
    monkeypatch.setattr(notes, "_SHOWN_LATER", 0.2)

    def one(alert_id: str, *, check_mode: bool = False, diff: bool = False, **options: Any) -> dict[str, Any]:
        report = Report(check_mode=check_mode, diff=diff, environ={}, warn=lambda text: None)
        given = {"security_event_id": alert_id, "state": "present", **options}
        return notes.run(client_of(simulator), given, report)

    return one


def texts(simulator: Simulator, alert_id: int) -> list[str]:
    return [note.text for note in simulator.alert(alert_id).notes]


def writes(simulator: Simulator) -> list[tuple[str, dict[str, str]]]:
    return [(call.action, call.parameters) for call in simulator.calls if call.action in (CREATE, DELETE)]


def test_a_note_is_put_on_in_check_and_run_and_once(simulator: Simulator, run: Run):
    planned = run("10018", note=TEXT, check_mode=True, diff=True)
    assert writes(simulator) == []
    done = run("10018", note=TEXT, diff=True)
    assert planned["actions"] == done["actions"] == [
        {"action": CREATE, "parameters": {"EventId": "10018", "Note": TEXT}}
    ]  # fmt: skip
    assert planned["changed"] is done["changed"] is True
    assert planned["diff"] == done["diff"] == {"before": {"notes": [OLD]}, "after": {"notes": [OLD, TEXT]}}
    assert planned["event_notes"][-1] == {"note": TEXT, "note_id": None, "note_time": None}
    assert [(note["note_id"], note["note"]) for note in done["event_notes"]] == [(900001, OLD), (900002, TEXT)]
    assert done["event_notes"][-1]["note_time"].endswith("Z")
    assert done["security_event_id"] == "10018"

    repeated = run("10018", note=TEXT)
    assert (repeated["changed"], repeated["actions"], repeated["event_notes"]) == (False, [], done["event_notes"])
    assert writes(simulator) == [(CREATE, {"EventId": "10018", "Note": TEXT})]


@pytest.mark.parametrize("same", [f"{TEXT}\n", f"  {TEXT}", f"\t{TEXT}\r\n"])
def test_white_space_around_a_text_does_not_count(simulator: Simulator, run: Run, same: str):
    run("10001", note=TEXT)
    assert run("10001", note=same)["changed"] is False
    assert run("10001", note=same, state="absent")["changed"] is True
    assert texts(simulator, 10001) == []


@pytest.mark.parametrize("other", [TEXT.lower(), TEXT + ".", TEXT.replace(" ", "  ", 1)])
def test_another_text_is_another_note(simulator: Simulator, run: Run, other: str):
    run("10001", note=TEXT)
    assert run("10001", note=other)["changed"] is True
    assert run("10001", note=other, state="absent")["changed"] is True
    assert texts(simulator, 10001) == [TEXT]


def test_a_text_is_sent_as_it_is(simulator: Simulator, run: Run):
    text = "{{ 7 * 7 }} 中 a+b/c~d*e'f&g=%\n\nand a second line\n"
    run("10001", note=text)
    assert texts(simulator, 10001) == [text]


def test_all_notes_with_a_text_are_removed_and_no_other(simulator: Simulator, run: Run):
    simulator.alert(10018).notes += [Note(1, TEXT), Note(2, f"{TEXT} "), Note(3, "other")]
    simulator.alert(10001).notes += [Note(4, TEXT)]
    planned = run("10018", note=TEXT, state="absent", check_mode=True, diff=True)
    done = run("10018", note=TEXT, state="absent", diff=True)
    assert planned["actions"] == done["actions"] == [
        {"action": DELETE, "parameters": {"NoteId": 1}}, {"action": DELETE, "parameters": {"NoteId": 2}}
    ]  # fmt: skip
    assert planned["diff"] == done["diff"]
    assert planned["event_notes"] == done["event_notes"]
    assert (texts(simulator, 10018), texts(simulator, 10001)) == ([OLD, "other"], [TEXT])
    assert run("10018", note=TEXT, state="absent")["changed"] is False
    assert len(writes(simulator)) == 2


@pytest.mark.parametrize("given", ["900001", " 0900001 "])
def test_a_note_is_removed_by_its_id(simulator: Simulator, run: Run, given: str):
    assert run("10018", note_id=given, state="absent")["changed"] is True
    assert run("10018", note_id=given, state="absent")["changed"] is False
    assert texts(simulator, 10018) == []


def test_an_id_of_another_alerts_note_removes_nothing(simulator: Simulator, run: Run):
    assert run("10001", note_id="900001", state="absent")["changed"] is False
    assert (texts(simulator, 10018), writes(simulator)) == ([OLD], [])


def test_the_note_goes_to_the_row_of_the_event(simulator: Simulator, run: Run):
    done = run("40002", note=TEXT)
    assert (done["security_event_id"], texts(simulator, 30001)) == ("40002", [TEXT])
    assert run("30001", note=TEXT)["changed"] is False


def test_an_alert_of_a_member_account(simulator: Simulator, run: Run):
    member = {"resource_directory_account_id": str(MEMBER_ACCOUNT)}
    with pytest.raises(NotDone, match="no alert has the id 50001"):
        run("50001", note=TEXT)
    run("50001", note=TEXT, **member)
    assert texts(simulator, 50001) == [TEXT]
    run("50001", note=TEXT, state="absent", **member)
    assert texts(simulator, 50001) == []
    assert all(
        parameters["ResourceDirectoryAccountId"] == str(MEMBER_ACCOUNT) for _action, parameters in writes(simulator)
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"note": ""}, "note is empty: give the text of the note"),
        ({"note": " \n"}, "note is empty: give the text of the note"),
        ({"note": "a\udc80b"}, "note holds a character that can't be sent"),
        ({"state": "absent", "note_id": "x"}, "note_id x is not a note's id: give its decimal digits, as security_event_info"),
        ({"state": "absent", "note_id": " "}, "note_id is empty and is not a note's id"),
        ({"note": TEXT, "security_event_id": "x"}, "security_event_id must be decimal digits"),
        ({"note": TEXT, "resource_directory_account_id": "me"}, "resource_directory_account_id me is not an account id"),
        ({"note": TEXT, "guardrails_file": "/none"}, "guardrails_file /none can't be read"),
    ],
    ids=str,
)  # fmt: skip
def test_what_can_not_be_is_told_before_anything_is_sent(
    simulator: Simulator, run: Run, options: dict[str, Any], sentence: str
):
    with pytest.raises(OptionError, match=f"^{sentence}"):
        run("10001", **options) if "security_event_id" not in options else run(
            options.pop("security_event_id"), **options
        )
    assert simulator.calls == []


def test_no_guard_rail_refuses_a_note(simulator: Simulator, run: Run, tmp_path: Path):
    file = tmp_path / "rails.yml"
    file.write_text("allowed_operations: []\nmax_events: 1\n", encoding="ascii")
    rails = {"protected_assets": [{"name": "*"}], "guardrails_file": str(file)}
    assert run("10001", note=TEXT, **rails)["changed"] is True


def test_an_alert_that_does_not_exist_is_told(simulator: Simulator, run: Run):
    for options in ({"note": TEXT}, {"note": TEXT, "state": "absent"}):
        with pytest.raises(NotDone, match=r"^no alert has the id 99999: check the id, region_id and the account$"):
            run("99999", **options)
    assert writes(simulator) == []


@pytest.mark.parametrize("how", ["reset_before", "reset_after", "garbage", "throttle", "truncated"])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_lost_answer_makes_no_second_note(simulator: Simulator, run: Run, state: str, how: str):
    note = {"present": TEXT, "absent": OLD}[state]
    simulator.fail(CREATE if state == "present" else DELETE, how=how)
    assert run("10018", note=note, state=state)["changed"] is True
    assert texts(simulator, 10018) == ([OLD, TEXT] if state == "present" else [])


def test_a_refusal_is_told_as_the_service_words_it(simulator: Simulator, run: Run):
    failed = run("10001", note="x" * 1001)
    assert (failed["failed"], failed["changed"], failed["actions"]) == (True, False, [])
    assert failed["msg"].startswith("CreateSuspEventNote failed: IllegalParam: Note is too long.")
    assert (failed["error"]["action"], failed["event_notes"]) == (CREATE, [])


def test_a_failure_tells_what_was_done_until_then(simulator: Simulator, run: Run):
    simulator.alert(10018).notes += [Note(1, OLD)]
    simulator.fail(DELETE, nth=2, how="error", http_status=403, code="Forbidden.RAM", message="No.")
    failed = run("10018", note=OLD, state="absent")
    assert (failed["failed"], failed["changed"]) == (True, True)
    assert failed["actions"] == [{"action": DELETE, "parameters": {"NoteId": 900001}}]
    assert [note["note_id"] for note in failed["event_notes"]] == [1]


def test_a_note_that_somebody_else_removed_is_gone(simulator: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch):
    make = Changes.make

    def late(self: Changes, *arguments: Any, **more: Any) -> None:
        simulator.alert(10018).notes.clear()
        make(self, *arguments, **more)

    monkeypatch.setattr(Changes, "make", late)
    result = run("10018", note=OLD, state="absent")
    assert (result["changed"], result["actions"], result["event_notes"]) == (False, [], [])


def test_an_alert_that_is_gone_meanwhile_is_told(simulator: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch):
    make = Changes.make

    def late(self: Changes, *arguments: Any, **more: Any) -> None:
        make(self, *arguments, **more)
        simulator.state.alerts[:] = [alert for alert in simulator.state.alerts if alert.id != 10001]

    monkeypatch.setattr(Changes, "make", late)
    failed = run("10001", note=TEXT)
    assert (failed["failed"], failed["changed"]) == (True, True)
    assert failed["msg"].startswith("alert 10001 is gone, and its notes with it")


@pytest.mark.parametrize("state", ["present", "absent"])
def test_what_the_alert_does_not_show_is_never_called_done(
    simulator: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch, state: str
):
    """The service says yes and does nothing."""
    for action in (CREATE, DELETE):
        monkeypatch.setitem(ACTIONS, action, lambda *_arguments: {"Success": True})
    failed = run("10018", note=TEXT if state == "present" else OLD, state=state)
    assert (failed["failed"], failed["changed"]) == (True, True)
    assert ("does not show it" if state == "present" else "still shows note 900001") in failed["msg"]


@pytest.mark.parametrize("wrong", [True, 7, "text", {"a": 1}, [None], [[]]], ids=str)
@pytest.mark.parametrize("state", ["present", "absent"])
def test_notes_that_can_not_be_read_are_never_taken_as_none(
    simulator: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch, state: str, wrong: Any
):
    described = ACTIONS[LIST]

    def spoilt(*arguments: Any) -> dict[str, Any]:
        answer = described(*arguments)
        return answer | {"SuspEvents": [row | {"EventNotes": wrong} for row in answer["SuspEvents"]]}

    monkeypatch.setitem(ACTIONS, LIST, spoilt)
    with pytest.raises(NotDone, match=r"^the notes of alert 10018 can't be read: look at it in the console$"):
        run("10018", note=OLD, state=state)
    assert writes(simulator) == []


@pytest.mark.parametrize("wrong", [None, True, "text", {}, []], ids=str)
def test_a_note_without_an_id_can_not_be_removed(
    simulator: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch, wrong: Any
):
    described = ACTIONS[LIST]

    def spoilt(*arguments: Any) -> dict[str, Any]:
        answer = described(*arguments)
        return answer | {
            "SuspEvents": [row | {"EventNotes": [{"Note": OLD, "NoteId": wrong}]} for row in answer["SuspEvents"]]
        }

    monkeypatch.setitem(ACTIONS, LIST, spoilt)
    failed = run("10018", note=OLD, state="absent")
    assert failed["failed"] and "does not tell the id of a note on alert 10018" in failed["msg"]
    assert writes(simulator) == []
