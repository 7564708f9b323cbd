# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HandleSecurityEvents and the life of its task."""

from __future__ import annotations

import json
from typing import Any

from ..catalogue import OPERATION_CODES, SUB_OPERATIONS, WHITELISTING_OPERATIONS, mark_field
from ..errors import ApiFault, illegal
from ..state import FREE_EDITION, Account, Alert, MarkRule, State, Task, next_id
from ..tasks import start
from .common import target_account

LARGEST_BATCH = 20
FIRST_TASK_ID = 15411
_RULE_KEYS = {"uuid", "field", "operate", "fieldValue"}


def handle_security_events(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """Accept the events of one call as a task, or refuse the whole call and do nothing."""
    target = target_account(state, account, parameters)
    if target.edition == FREE_EDITION:
        raise ApiFault(400, "FreeVersionNotPermit", "The free edition does not permit this operation.")
    operation = parameters["OperationCode"]
    if operation not in OPERATION_CODES:
        raise illegal(f"OperationCode {operation} is not supported.")
    alerts = _named_alerts(state, target, parameters["SecurityEventIds"])
    task = Task(
        id=next_id(state.tasks, FIRST_TASK_ID),
        account_id=account.id,
        plane=account.plane,
        operation=operation,
        started_ms=state.clock.now_ms(),
        ends_ms=state.clock.now_ms() + int(state.settings.task_seconds * 1000),
        events=[],
        parameters=operation_params(operation, parameters.get("OperationParams", "{}"), state.clock.now_ms()),
        mark_rules=_mark_rules(operation, parameters, list(alerts.values())),
        remark=parameters.get("Remark", ""),
    )
    start(state, task, alerts)
    return {"HandleSecurityEventsResponse": {"TaskId": task.id}}


def describe_security_event_operation_status(
    state: State, account: Account, parameters: dict[str, Any]
) -> dict[str, Any]:
    """How far a task of the caller is. Ids that are not of the task are left out of the answer."""
    task = state.task(parameters["TaskId"])
    if task is None or not account.owns(task):
        raise ApiFault(400, "OperationTaskNotExists", "The operation task does not exist.")
    asked = set(parameters["SecurityEventIds"])
    statuses = [
        {
            "SecurityEventId": str(event.event_id),
            "Status": event.status,
            "ErrorCode": event.result if task.ended else "",
        }
        for event in task.events
        if str(event.event_id) in asked
    ]
    answer = {"TaskStatus": _task_status(task, state.clock.now_ms()), "SecurityEventOperationStatuses": statuses}
    return {"SecurityEventOperationStatusResponse": answer}


def _task_status(task: Task, now_ms: int) -> str:
    if task.ended:
        return "Success" if any(event.succeeds for event in task.events) else "Failure"
    # The first fifth of its time a task has not begun.
    return "Pending" if now_ms - task.started_ms < (task.ends_ms - task.started_ms) / 5 else "Processing"


def _named_alerts(state: State, target: Account, ids: list[str]) -> dict[int, Alert]:
    if len(ids) > LARGEST_BATCH:
        raise illegal(f"At most {LARGEST_BATCH} security events can be handled at a time.")
    if len(set(ids)) != len(ids):
        raise illegal("SecurityEventIds names an event twice.")
    alerts = {}
    for event_id in ids:
        alert = state.event(target, event_id)
        if alert is None:
            raise ApiFault(400, "SecurityEventNotExists", "Security event not exists.")
        alerts[int(event_id)] = alert
    return alerts


def operation_params(operation: str, text: str, now_ms: int) -> dict[str, Any]:
    """OperationParams, an object with what the operation needs; IllegalParam for anything else."""
    params = parse_json("OperationParams", text)
    if not isinstance(params, dict):
        raise illegal("OperationParams must be a JSON object.")
    if operation == "block_ip":
        expires = params.get("expireTime")
        if not isinstance(expires, int) or isinstance(expires, bool) or expires <= now_ms:
            raise illegal("OperationParams.expireTime must be a time in the future, in milliseconds.")
    if operation == "kill_and_quara" and params.get("subOperation") not in SUB_OPERATIONS:
        raise illegal("OperationParams.subOperation is not supported.")
    return params


def _mark_rules(operation: str, parameters: dict[str, Any], alerts: list[Alert]) -> list[MarkRule]:
    batch = parameters.get("MarkBatch", "false")
    if batch not in ("true", "false"):
        raise illegal("MarkBatch must be true or false.")
    if operation == "advance_mark_mis_info" and len(alerts) > 1 and batch != "true":
        raise illegal("MarkBatch must be true to whitelist several security events.")
    if "MarkMissParam" not in parameters:
        return []
    if operation not in WHITELISTING_OPERATIONS:
        raise illegal(f"MarkMissParam is not supported by {operation}.")
    rules = parse_json("MarkMissParam", parameters["MarkMissParam"])
    if not isinstance(rules, list):
        raise illegal("MarkMissParam must be a JSON array.")
    return [mark_rule(rule, alerts) for rule in rules]


def mark_rule(rule: Any, alerts: list[Alert]) -> MarkRule:
    """One rule of MarkMissParam that each of ``alerts`` supports; IllegalParam for any other."""
    if not isinstance(rule, dict) or set(rule) != _RULE_KEYS or not all(isinstance(v, str) for v in rule.values()):
        raise illegal(f"Each rule of MarkMissParam has the texts {', '.join(sorted(_RULE_KEYS))}.")
    if rule["uuid"] not in ("part", "ALL"):
        raise illegal("MarkMissParam.uuid must be part or ALL.")
    if not rule["fieldValue"]:
        raise illegal("MarkMissParam.fieldValue must not be empty.")
    for alert in alerts:
        if rule["uuid"] == "part" and not alert.uuid:
            raise illegal("MarkMissParam.uuid must be ALL for a security event without a server.")
        if rule["field"] not in alert.mark_sources or rule["operate"] not in mark_field(rule["field"])[2]:
            raise illegal(f"MarkMissParam: {rule['field']} {rule['operate']} is not supported by the security event.")
    return MarkRule(rule["field"], rule["operate"], rule["fieldValue"], rule["uuid"])


def parse_json(name: str, text: str) -> Any:
    """The value of the parameter ``name``; IllegalParam when it is no JSON."""
    try:
        return json.loads(text)
    except ValueError:
        raise illegal(f"{name} must be JSON.") from None
