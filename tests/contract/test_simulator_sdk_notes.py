# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vendor's official SDK writes notes on alerts, removes them, and ends the ignoring of alerts."""

from __future__ import annotations

import pytest
from alibabacloud_sas20181203 import models
from alibabacloud_sas20181203.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException

from simulator import Simulator
from simulator.seed_accounts import MEMBER_ACCOUNT


def create(sdk: Client, alert_id: int, note: str, **more: object) -> models.CreateSuspEventNoteResponseBody:
    return sdk.create_susp_event_note(models.CreateSuspEventNoteRequest(event_id=alert_id, note=note, **more)).body


def delete(sdk: Client, note_id: int, **more: object) -> models.DeleteSuspEventNodeResponseBody:
    return sdk.delete_susp_event_node(models.DeleteSuspEventNodeRequest(note_id=note_id, **more)).body


def open_again(sdk: Client, *event_ids: int, **more: object) -> models.OperationCancelIgnoreSuspEventResponseBody:
    request = models.OperationCancelIgnoreSuspEventRequest(security_event_ids=list(event_ids), **more)
    return sdk.operation_cancel_ignore_susp_event(request).body


def notes(sdk: Client, alert_id: int) -> list[tuple[int, str]]:
    request = models.DescribeSuspEventsRequest(id=alert_id, lang="en")
    [row] = sdk.describe_susp_events(request).body.susp_events
    assert all(len(note.note_time) == 19 for note in row.event_notes)
    return [(note.note_id, note.note) for note in row.event_notes]


def code(refused: pytest.ExceptionInfo[ClientException]) -> tuple[int, str]:
    return refused.value.status_code, refused.value.code


def test_notes_come_and_go(sdk: Client) -> None:
    text = "中 a b+c/d~e*f'(é)&=%\nand a second line"
    answer = create(sdk, 10018, text)
    assert (answer.success, answer.code, answer.http_status_code) == (True, "200", 200)
    assert notes(sdk, 10018) == [(900001, "The owner was travelling."), (900002, text)]
    assert delete(sdk, 900001).success is True
    assert notes(sdk, 10018) == [(900002, text)]


def test_the_same_text_again_is_another_note(sdk: Client) -> None:
    create(sdk, 10001, "seen")
    create(sdk, 10001, "seen")
    assert notes(sdk, 10001) == [(900002, "seen"), (900003, "seen")]


def test_a_note_goes_to_the_row_not_to_an_event(sdk: Client) -> None:
    create(sdk, 30001, "by row")
    with pytest.raises(ClientException) as refused:
        create(sdk, 40002, "by event")
    assert code(refused) == (400, "SecurityEventNotExists")
    assert notes(sdk, 30001) == [(900002, "by row")]


def test_what_is_not_there_or_too_long_is_refused(sdk: Client) -> None:
    for call in (lambda: delete(sdk, 1), lambda: create(sdk, 10001, "x" * 1001)):
        with pytest.raises(ClientException) as refused:
            call()
        assert code(refused) == (400, "IllegalParam")


def test_notes_of_a_member_account(sdk: Client, simulator: Simulator) -> None:
    with pytest.raises(ClientException):
        create(sdk, 50001, "not ours")
    create(sdk, 50001, "a member's", resource_directory_account_id=MEMBER_ACCOUNT)
    with pytest.raises(ClientException):
        delete(sdk, 900002)
    assert [note.text for note in simulator.alert(50001).notes] == ["a member's"]
    delete(sdk, 900002, resource_directory_account_id=MEMBER_ACCOUNT)
    assert simulator.alert(50001).notes == []


def test_an_ignored_alert_is_opened_again(sdk: Client, simulator: Simulator) -> None:
    answer = open_again(sdk, 10011, remark="not the night shift")
    assert (answer.success, answer.code) == (True, "200")
    assert simulator.alert(10011).status == 1


def test_only_ignored_alerts_are_opened_again_and_all_or_none(sdk: Client, simulator: Simulator) -> None:
    refusals = []
    for other in (10001, 99999, 50001):
        with pytest.raises(ClientException) as refused:
            open_again(sdk, 10011, other)
        refusals.append(code(refused))
    assert refusals == [(400, "IllegalParam"), (400, "SecurityEventNotExists"), (400, "SecurityEventNotExists")]
    assert simulator.alert(10011).status == 2
