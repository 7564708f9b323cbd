# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import ApiError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.alerts import record_of
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.guardrails import GuardRails
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.outcomes import Ending, Run
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.plan import Batch, Plan, Target
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.request import handle_request
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.results import result_of

_NAMES = ("requested", "handled", "unchanged", "refused", "failed", "unknown", "planned")


def _target(given: str, decision: str = "send", status: int = 1, code: str = "", message: str = "") -> Target:
    alert = record_of({"Id": 9, "EventStatus": status, "SecurityEventIds": given})
    return Target(given, alert, (given,), decision, code, message)


def _run(targets: list[Target], stop: str = "", **options: object) -> Run:
    """A run of ``ignore`` over ``targets``, before anything was sent."""
    given = {"security_event_ids": [target.given for target in targets], "operation_code": "ignore", **options}
    request = handle_request(given, GuardRails(), 0.0, print)
    ids = [target.given for target in targets if target.decision == "send"]
    size = request.batch_size
    parts = [tuple(ids[start : start + size]) for start in range(0, len(ids), size)]
    parameters = {"OperationCode": "ignore", "Remark": "r"}
    return Run(Plan(request, targets, [Batch(part, {**parameters, "SecurityEventIds": [*part]}) for part in parts], stop))


def _sent(run: Run, **endings: Ending) -> Run:
    """``run`` with all of its batches sent; ``endings`` by event id, written as _10001."""
    run.sent += run.plan.batches
    run.endings.update((name.lstrip("_"), ending) for name, ending in endings.items())
    run.tasks.append({"task_id": 7, "request_id": "r-1", "task_status": "Success", "count": len(endings)})
    return run


def _summary(**counts: int) -> dict:
    return {**dict.fromkeys(_NAMES, 0), **counts}


_HANDLED = Ending(7, "handled", "ignore.Success", "", 2)


def test_a_run_that_went_well():
    run = _sent(_run([_target("10001"), _target("10002", "unchanged", 2, message="is ignored already")]), _10001=_HANDLED)
    assert result_of(run, check_mode=False, diff=True) == {
        "changed": True,
        "operation_code": "ignore",
        "events": [
            {
                "security_event_id": "10001",
                "outcome": "handled",
                "event_status_before": "pending",
                "event_status_after": "ignored",
                "task_id": 7,
                "error_code": "ignore.Success",
                "message": "",
                "revert": {
                    "module": "alicloud.security_center.revert_security_events",
                    "options": {"security_event_ids": ["10001"], "operation_code": "ignore"},
                },
            },
            {
                "security_event_id": "10002",
                "outcome": "unchanged",
                "event_status_before": "ignored",
                "event_status_after": "ignored",
                "task_id": None,
                "error_code": "",
                "message": "is ignored already",
                "revert": None,
            },
        ],
        "summary": _summary(requested=2, handled=1, unchanged=1),
        "tasks": [{"task_id": 7, "request_id": "r-1", "task_status": "Success", "count": 1}],
        "actions": [
            {
                "action": "HandleSecurityEvents",
                "parameters": {"OperationCode": "ignore", "Remark": "r", "SecurityEventIds": ["10001"]},
            }
        ],
        "diff": {
            "before": {"10001": "pending", "10002": "ignored"},
            "after": {"10001": "ignored", "10002": "ignored"},
        },
    }


_FAILED = Ending(7, "failed", "ignore.Failed", "the service reports ignore.Failed", 1)
_UNKNOWN = Ending(7, "unknown", "", "no end was seen", None)
_OPEN = Ending(7)
_REFUSED = _target("10001", "refused", 64, "Expired", "the alert is expired")
_UNCHANGED = _target("10001", "unchanged", 2)


@pytest.mark.parametrize(
    ("run", "check_mode", "changed", "failed", "counts", "status_after"),
    [
        pytest.param(_run([_target("10001")]), True, True, False, {"planned": 1}, "ignored", id="check mode"),
        pytest.param(_run([_target("10001")], "too many"), True, False, True, {"planned": 1}, "pending", id="stopped in check mode"),
        pytest.param(_run([_target("10001")], "too many"), False, False, True, {"planned": 1}, "pending", id="stopped"),
        pytest.param(_run([_UNCHANGED]), False, False, False, {"unchanged": 1}, "ignored", id="nothing to do"),
        pytest.param(_run([_UNCHANGED]), True, False, False, {"unchanged": 1}, "ignored", id="nothing to do in check mode"),
        pytest.param(_run([_REFUSED]), False, False, True, {"refused": 1}, "expired", id="refused"),
        pytest.param(_run([_REFUSED], on_refused="ignore"), False, False, False, {"refused": 1}, "expired", id="refused, ignored"),
        pytest.param(_run([_REFUSED]), True, False, True, {"refused": 1}, "expired", id="refused in check mode"),
        pytest.param(_sent(_run([_target("10001")]), _10001=_FAILED), False, False, True, {"failed": 1}, "pending", id="failed"),
        pytest.param(_sent(_run([_target("10001")]), _10001=_UNKNOWN), False, True, True, {"unknown": 1}, None, id="unknown"),
        pytest.param(_sent(_run([_target("10001")], wait=False), _10001=_OPEN), False, True, False, {"unknown": 1}, None, id="no wait"),
        pytest.param(
            _sent(_run([_target("10001")], wait=False), _10001=_UNKNOWN), False, True, True, {"unknown": 1}, None, id="no wait, answer lost"
        ),
        pytest.param(_run([_target("10001", "follow", 16)]), True, False, False, {"unchanged": 1}, "processing", id="followed in check mode"),
    ],
)  # fmt: skip
def test_what_changed_and_what_failed(run, check_mode, changed, failed, counts, status_after):
    result = result_of(run, check_mode=check_mode, diff=False)
    assert result["changed"] is changed
    assert result.get("failed", False) is failed
    assert ("msg" in result) is failed
    assert result["summary"] == _summary(requested=1, **counts)
    assert result["events"][0]["event_status_after"] == status_after
    assert "diff" not in result


def test_check_mode_returns_the_exact_call():
    result = result_of(_run([_target("10001")]), check_mode=True, diff=False)
    parameters = {"OperationCode": "ignore", "Remark": "r", "SecurityEventIds": ["10001"]}
    assert result["actions"] == [{"action": "HandleSecurityEvents", "parameters": parameters}]


def test_of_the_events_of_one_alert_the_worst_speaks():
    target = _target("10001")
    target.event_ids = ("1", "2", "3")
    run = _sent(_run([target]), _1=_HANDLED, _2=_FAILED, _3=_UNKNOWN)
    run.plan.batches[0] = run.sent[0] = Batch(target.event_ids, {})
    assert [event["outcome"] for event in result_of(run, check_mode=False, diff=False)["events"]] == ["failed"]


def test_ids_are_told_once_when_there_are_several_calls():
    result = result_of(_run([_target("1"), _target("2"), _target("3")], batch_size=2), check_mode=True, diff=False)
    call = {"action": "HandleSecurityEvents", "parameters": {"OperationCode": "ignore", "Remark": "r"}}
    assert result["actions"] == [{**call, "count": 2}, {**call, "count": 1}]


def test_a_large_result_tells_what_went_well_in_two_words():
    targets = [_target(str(number)) for number in range(1, 1001)]
    assert len(result_of(_run(targets), check_mode=True, diff=False)["events"][0]) == 8
    events = result_of(_run([*targets, _REFUSED]), check_mode=True, diff=False)["events"]
    assert events[0] == {"security_event_id": "1", "outcome": "planned"}
    assert events[-1] == {
        "security_event_id": "10001",
        "outcome": "refused",
        "event_status_before": "expired",
        "event_status_after": "expired",
        "error_code": "Expired",
        "message": "the alert is expired",
    }


def test_the_sentence_of_a_failure_names_counts_alerts_request_id_and_hint():
    targets = [_REFUSED, *(_target(str(number)) for number in range(1, 8))]
    run = _sent(_run(targets), **{f"_{number}": _FAILED for number in range(1, 7)}, _7=_UNKNOWN)
    run.error = ApiError("m", action="HandleSecurityEvents", code="X", request_id="r-9", hint="do this")
    result = result_of(run, check_mode=False, diff=False)
    assert result["msg"] == (
        "8 of 8 alerts were not handled by ignore (1 refused, 6 failed, 1 unknown) - 10001: the alert is expired; "
        + "; ".join(f"{number}: the service reports ignore.Failed" for number in range(1, 5))
        + " (and 3 more, see events); request id r-9; do this; "
        "wait a minute and run the task again: it reads the alerts first and sends only what is still to be done"
    )
    assert result["error"] == run.error.as_dict()


def test_the_sentence_in_check_mode_says_would():
    message = result_of(_run([_REFUSED]), check_mode=True, diff=False)["msg"]
    assert message == "1 of 1 alerts would not be handled by ignore (1 refused) - 10001: the alert is expired"


def test_the_sentence_of_a_stop_is_the_stop():
    message = result_of(_run([_target("1"), _REFUSED], "2 alerts would be handled"), check_mode=False, diff=False)["msg"]
    assert message == "2 alerts would be handled - 10001: the alert is expired"
