# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.alerts import record_of
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.operations import OPERATIONS
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.outcomes import (
    Ending,
    end_by_alert,
    end_by_status,
)


@pytest.mark.parametrize(
    ("status", "error_code", "outcome", "message"),
    [
        ("Success", "ignore.Success", "handled", ""),
        ("Success", None, "handled", ""),
        ("Success", "kill_and_quara.AgentOffline", "unknown", "the service reports Success, with the code kill_and_quara.AgentOffline"),
        ("Failed", "kill_and_quara.AgentOffline", "failed", "the service reports kill_and_quara.AgentOffline"),
        ("Failure", "ignore.Failed", "failed", "the service reports ignore.Failed"),
        ("Failed", None, "failed", "the service reports a failure without a code"),
        ("Processing", "ignore.Processing", "", ""),
        ("Pending", None, "", ""),
        ("success", "ignore.Success", "", ""),
        ("", "", "", ""),
        (None, None, "", ""),
    ],
)
def test_a_tasks_word_ends_an_event_or_leaves_it_open(status, error_code, outcome, message):
    ending = Ending()
    end_by_status(ending, status, error_code)
    assert (ending.outcome, ending.message) == (outcome, message)
    assert ending.error_code == (error_code or "" if outcome else "")


def _alert(status: int, code: str | None, operated: int | None = None) -> dict:
    return record_of({"Id": 1, "EventStatus": status, "OperateErrorCode": code, "OperateTime": operated})


_PENDING = _alert(1, None)


# operation, before, now, sent by this run -> outcome
@pytest.mark.parametrize(
    ("operation", "before", "now", "sent", "outcome"),
    [
        ("ignore", _PENDING, _alert(2, "ignore.Success"), True, "handled"),
        ("ignore", _alert(16, None), _alert(2, "ignore.Success"), False, "unchanged"),
        ("ignore", _PENDING, _alert(2, None), True, "handled"),
        ("kill_and_quara", _PENDING, _alert(16, "kill_and_quara.Success"), True, "handled"),
        ("cancle_manual", _alert(32, "manual_handled.Success"), _alert(1, "cancle_manual.Success"), True, "handled"),
        # Not yet.
        ("ignore", _PENDING, _PENDING, True, ""),
        ("ignore", _PENDING, _alert(16, None), True, ""),
        ("ignore", _PENDING, _alert(16, "ignore.Processing"), True, ""),
        ("ignore", _alert(16, None), _alert(16, None), False, ""),
        # Done before, and not again by this run: no word.
        ("ignore", _alert(2, "ignore.Success", 5), _alert(2, "ignore.Success", 5), True, ""),
        ("ignore", _alert(2, "ignore.Success", 5), _alert(2, "ignore.Success", 6), True, "handled"),
        # Failed.
        ("ignore", _PENDING, _alert(1, "ignore.Failed"), True, "failed"),
        ("kill_and_quara", _PENDING, _alert(1, "kill_and_quara.AgentOffline"), True, "failed"),
        ("kill_and_quara", _alert(16, None), _alert(1, "kill_and_quara.AgentOffline"), False, "failed"),
        ("ignore", _alert(1, "ignore.Failed", 5), _alert(1, "ignore.Failed", 6), True, "failed"),
        ("ignore", _alert(1, "ignore.Failed", 5), _alert(1, "ignore.Failed", 5), True, ""),
        # Something else had it.
        ("ignore", _PENDING, _alert(32, "manual_handled.Success"), True, "unknown"),
        ("ignore", _PENDING, _alert(64, None), True, "unknown"),
        ("ignore", _alert(16, None), _alert(32, "kill_and_quara.Success"), False, "refused"),
        ("manual_handled", _PENDING, _alert(32, "block_ip.Success"), True, "unknown"),
        ("ignore", _alert(16, None), _alert(1, None), False, "refused"),
        ("ignore", _alert(16, None), _alert(2, None), False, "refused"),
    ],
)
def test_the_alerts_row_ends_an_event_as_far_as_it_tells(operation, before, now, sent, outcome):
    ending = Ending()
    end_by_alert(ending, OPERATIONS[operation], before, now, sent=sent, alone=True)
    assert ending.outcome == outcome
    assert ending.status == now["event_status_code"]


@pytest.mark.parametrize(("alone", "outcome"), [(True, "handled"), (False, "")])
def test_a_row_speaks_of_one_of_its_events_without_saying_of_which(alone, outcome):
    before = {**_PENDING, "security_event_ids": ["1", "2"]}
    ending = Ending()
    end_by_alert(ending, OPERATIONS["ignore"], before, {**before, **_alert(1, "ignore.Success", 5)}, sent=True, alone=alone)
    assert ending.outcome == outcome
