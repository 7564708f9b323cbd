# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.alerts import record_of
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.finding import Found
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.guardrails import from_options
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.operations import OPERATIONS
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.plan import (
    FOLLOW,
    REFUSED,
    SEND,
    UNCHANGED,
    Target,
    decide,
    limit_share,
    plan,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.request import handle_request


def _found(status: object, code: str = "", online: object = True) -> Found:
    row = {
        "Id": 1,
        "SecurityEventIds": "10001",
        "EventStatus": status,
        "OperateErrorCode": code or None,
        "CanBeDealOnLine": online,
    }
    return Found(record_of(row), ("10001",))


# status, OperateErrorCode, operation -> what is to become of the alert, by which code
@pytest.mark.parametrize(
    ("status", "code", "operation", "decision", "refused_by"),
    [
        (1, "", "ignore", SEND, ""),
        (1, "", "kill_and_quara", SEND, ""),
        (1, "ignore.Failed", "ignore", SEND, ""),
        (1, "kill_and_quara.AgentOffline", "kill_and_quara", SEND, ""),
        # Done already, by this operation or by the only one that leads there.
        (2, "ignore.Success", "ignore", UNCHANGED, ""),
        (2, "", "ignore", UNCHANGED, ""),
        (32, "manual_handled.Success", "manual_handled", UNCHANGED, ""),
        (32, "kill_and_quara.Success", "kill_and_quara", UNCHANGED, ""),
        (16, "kill_and_quara.Success", "kill_and_quara", UNCHANGED, ""),
        (8, "advance_mark_mis_info.User.Success", "advance_mark_mis_info", UNCHANGED, ""),
        (8, "mark_mis_info.Success", "mark_mis_info", UNCHANGED, ""),
        # Taken back already: an alert that is pending needs no way back.
        (1, "", "cancle_manual", UNCHANGED, ""),
        (1, "ignore.Success", "rm_mark_mis_info", UNCHANGED, ""),
        # The same status by something else is not the same.
        (2, "manual_handled.Success", "ignore", REFUSED, "WrongStatus"),
        (32, "", "manual_handled", REFUSED, "WrongStatus"),
        (32, "block_ip.Success", "manual_handled", REFUSED, "WrongStatus"),
        (32, "manual_handled.Success", "block_ip", REFUSED, "WrongStatus"),
        (8, "", "advance_mark_mis_info", REFUSED, "WrongStatus"),
        (8, "mark_mis_info.Success", "advance_mark_mis_info", REFUSED, "WrongStatus"),
        # In hand: never sent again.
        (16, "", "ignore", FOLLOW, ""),
        (16, "kill_and_quara.Processing", "kill_and_quara", FOLLOW, ""),
        (16, "", "cancle_manual", FOLLOW, ""),
        # The way back starts from where its operation led.
        (32, "manual_handled.Success", "cancle_manual", SEND, ""),
        (8, "mark_mis_info.Success", "rm_mark_mis_info", SEND, ""),
        (2, "ignore.Success", "cancle_manual", REFUSED, "WrongStatus"),
        # Final, or unknown.
        (64, "", "ignore", REFUSED, "Expired"),
        (64, "", "cancle_manual", REFUSED, "Expired"),
        (4, "", "ignore", REFUSED, "WrongStatus"),
        (128, "", "ignore", REFUSED, "WrongStatus"),
        (512, "", "block_ip", REFUSED, "WrongStatus"),
        (513, "", "block_ip", REFUSED, "WrongStatus"),
        (604, "", "advance_mark_mis_info", REFUSED, "WrongStatus"),
        (7, "", "ignore", REFUSED, "WrongStatus"),
        (None, "", "ignore", REFUSED, "WrongStatus"),
    ],
)
def test_what_the_alerts_own_state_says(status, code, operation, decision, refused_by):
    target = decide(OPERATIONS[operation], "10001", _found(status, code))
    assert (target.decision, target.code) == (decision, refused_by)
    assert bool(target.message) == (decision != SEND)
    assert (target.given, target.event_ids) == ("10001", ("10001",))


@pytest.mark.parametrize("operation", [code for code in OPERATIONS if OPERATIONS[code].starts_from == (1,)])
@pytest.mark.parametrize(
    ("status", "decision"), [(1, SEND), (16, FOLLOW), (64, REFUSED), (128, REFUSED), (604, REFUSED), (4, REFUSED)]
)
def test_every_operation_that_starts_from_pending(operation, status, decision):
    assert decide(OPERATIONS[operation], "10001", _found(status)).decision == decision


@pytest.mark.parametrize(("online", "decision"), [(True, SEND), (False, REFUSED), ("false", REFUSED), (None, SEND)])
def test_an_alert_that_can_not_be_handled_online_is_refused(online, decision):
    assert decide(OPERATIONS["ignore"], "10001", _found(1, online=online)).decision == decision


@pytest.mark.parametrize(
    ("found", "operation", "code", "message"),
    [
        (Found(None, code="SecurityEventNotExists", reason="no alert has the id 5: check"), "ignore", "SecurityEventNotExists", "no alert has the id 5: check"),
        (Found(None, code="AmbiguousId", reason="5 is an event of alert 6"), "ignore", "AmbiguousId", "5 is an event of alert 6"),
        (_found(64), "ignore", "Expired", "the alert is expired: the service offers no operation for it any more"),
        (_found(8, "x.Success"), "ignore", "WrongStatus", "the alert is false_positive (x.Success): ignore needs one that is pending"),
        (_found(2), "cancle_manual", "WrongStatus", "the alert is ignored: cancle_manual needs one that is handled"),
        (_found(2), "rm_mark_mis_info", "WrongStatus", "the alert is ignored: rm_mark_mis_info needs one that is false_positive"),
        (_found(16, "x\x1b.y"), "ignore", "", "is being handled already (x\\x1b.y)"),
        (_found(2, "ignore.Success"), "ignore", "", "is ignored already (ignore.Success)"),
        (
            _found(32, "block_ip.Success"),
            "block_ip",
            "",
            "is handled already (block_ip.Success), with which operation_params the service does not tell",
        ),
        (_found(None), "ignore", "WrongStatus", "the alert is in a status that the service does not tell: ignore needs one that is pending"),
        (
            _found(1, online=False),
            "ignore",
            "NotHandleableOnline",
            "the service says that this alert can't be handled online: handle it on the server",
        ),
    ],
)  # fmt: skip
def test_the_reason_in_words(found, operation, code, message):
    target = decide(OPERATIONS[operation], "5", found)
    assert (target.code, target.message) == (code, message)


# --- whitelisting: an alert that is whitelisted already, but without the new rule, is sent after all ---

_RULE = {"field": "cmdLine", "operate": "contains", "field_value": "nmap", "uuid": "part"}


@pytest.mark.parametrize(
    ("count", "of", "share", "refused"),
    [
        (10, 50, 20, False),
        (11, 50, 20, True),
        (323, 1000, 32.3, False),
        (324, 1000, 32.3, True),
        (1, 10_000, 0.01, False),
        (2, 10_000, 0.01, True),
        (50, 50, 100, False),
        (51, 50, 100, True),
        (1, 0, 100, True),
        (0, 0, 20, False),
        (5, 1, None, False),
    ],
)
def test_more_than_the_share_is_refused_and_exactly_the_share_is_not(count, of, share, refused):
    going = [Target(str(one), event_ids=(str(one),)) for one in range(count)]
    # What is not sent, and an event that is named twice, do not count.
    targets = [*going, *going[:1], Target("x", event_ids=("x",), decision=UNCHANGED)]
    limit_share(from_options({"max_share": share}, []), targets, of)
    assert {target.decision for target in going} == ({REFUSED if refused else SEND} if going else set())
    assert targets[-1].decision == UNCHANGED


class _Service:
    """One whitelisted alert on db-1 that still takes rules."""

    def __init__(self, **row: object) -> None:
        self.row = {
            "Id": 5,
            "SecurityEventIds": "5",
            "EventStatus": 8,
            "OperateErrorCode": "advance_mark_mis_info.User.Success",
            "CanBeDealOnLine": True,
            "Uuid": "u-1",
            "InstanceName": "db-1",
            **row,
        }

    max_concurrency = 1

    def at_once(self, work, items):
        return [work(item) for item in items]

    def call(self, action: str, parameters: dict, **_about: object) -> dict:
        source = {"FiledName": "cmdLine", "SupportedMisType": ["contains"]}
        return {
            "DescribeSuspEvents": {"SuspEvents": [self.row], "TotalCount": 1},
            "DescribeSecurityEventOperations": {
                "SecurityEventOperationsResponse": [
                    {
                        "OperationCode": "advance_mark_mis_info",
                        "UserCanOperate": True,
                        "MarkField": [{"FiledName": "cmdLine", "MarkMisType": "contains", "MarkMisValue": "curl", "Uuid": "a-uuid"}],
                        "MarkFieldsSource": [source],
                    }
                ]
            },
            "DescribeCloudCenterInstances": {"Instances": [{"Uuid": "u-1", "InstanceName": "db-1"}]},
        }[action]


def _whitelist(service: _Service, **options: object):
    given = {
        "security_event_ids": ["5"],
        "operation_code": "advance_mark_mis_info",
        "mark_miss_param": [_RULE],
        **options,
    }
    return plan(service, handle_request(given, from_options(options, []), 0.0, print), print)


def test_a_whitelisted_alert_that_lacks_a_rule_is_sent_with_its_own_rules():
    (batch,) = _whitelist(_Service()).batches
    assert json.loads(batch.parameters["MarkMissParam"]) == [
        {"uuid": "part", "field": "cmdLine", "operate": "contains", "fieldValue": "curl"},
        {"uuid": "part", "field": "cmdLine", "operate": "contains", "fieldValue": "nmap"},
    ]


def test_a_whitelisted_alert_that_has_the_rule_is_left_alone():
    planned = _whitelist(_Service(), mark_miss_param=[{**_RULE, "field_value": "curl"}])
    assert (planned.targets[0].decision, planned.batches) == ("unchanged", [])


@pytest.mark.parametrize(
    ("row", "options", "code"),
    [
        ({}, {"protected_assets": [{"name": "db-*"}]}, "ProtectedAsset"),
        ({"CanBeDealOnLine": False}, {}, "NotHandleableOnline"),
        ({}, {"mark_miss_param": [{**_RULE, "operate": "regex"}]}, "IllegalParam"),
    ],
)
def test_what_is_sent_after_all_passes_every_check(row, options, code):
    planned = _whitelist(_Service(**row), **options)
    assert (planned.targets[0].decision, planned.targets[0].code, planned.batches) == ("refused", code, [])
