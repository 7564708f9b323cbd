# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Notes on alerts, and the end of ignoring them."""

from __future__ import annotations

from typing import Any

from ..errors import ApiFault, illegal
from ..state import IGNORED, PENDING, Account, Note, State
from .common import Action, target_account

LONGEST_NOTE = 1000
_OK = {"Success": True, "Code": "200", "Message": "successful", "HttpStatusCode": 200}


def create_susp_event_note(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """Add a note to the alert whose row Id is EventId, as often as it is asked for."""
    target = target_account(state, account, parameters)
    alert = state.row(parameters["EventId"])
    if alert is None or not target.owns(alert):
        raise ApiFault(400, "SecurityEventNotExists", "Security event not exists.")
    if len(parameters["Note"]) > LONGEST_NOTE:
        raise illegal("Note is too long.")
    number = 1 + max((note.id for one in state.alerts for note in one.notes), default=900000)
    alert.notes.append(Note(number, parameters["Note"], state.clock.now_ms()))
    state.revision += 1
    return dict(_OK)


def delete_susp_event_node(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """Remove a note; one that is not there is refused."""
    target = target_account(state, account, parameters)
    for alert in state.alerts:
        for note in alert.notes:
            if note.id == parameters["NoteId"] and target.owns(alert):
                alert.notes.remove(note)
                state.revision += 1
                return {name: value for name, value in _OK.items() if name != "HttpStatusCode"}
    raise illegal("NoteId does not exist.")


def operation_cancel_ignore_susp_event(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """Open ignored alerts again, at once; one that is not ignored has the whole call refused."""
    target = target_account(state, account, parameters)
    alerts = [state.event(target, event_id) for event_id in parameters["SecurityEventIds"]]
    if None in alerts:
        raise ApiFault(400, "SecurityEventNotExists", "Security event not exists.")
    found = [alert for alert in alerts if alert is not None]
    if any(alert.status != IGNORED for alert in found):
        raise illegal("A security event is not ignored.")
    for alert in found:
        # The row goes on to tell of the handling that was taken back: no document says that it is cleared.
        alert.status, alert.done_event_ids = PENDING, []
    state.revision += 1
    return {**_OK, "TimeCost": 1}


ACTIONS: dict[str, Action] = {
    "CreateSuspEventNote": create_susp_event_note,
    "DeleteSuspEventNode": delete_susp_event_node,
    "OperationCancelIgnoreSuspEvent": operation_cancel_ignore_susp_event,
}
