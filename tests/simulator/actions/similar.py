# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alerts of the same kind: scenarios, a preview, and the service's own bulk call.

A search tells its finds bit by bit, none at first and all at its end, and never says that it has ended. What is fixed
when it starts is what HandleSimilarSecurityEvents acts on, told or not. Of what the reference leaves open the stricter
is chosen: a search is the caller's own, and can be used once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from ..catalogue import OPERATION_CODES, WHITELISTING_OPERATIONS
from ..errors import ApiFault, illegal
from ..state import FREE_EDITION, PENDING, Account, Alert, MarkRule, SimilarTask, State, Task, next_id
from ..tasks import start
from .common import Action, language, page, target_account
from .handling import FIRST_TASK_ID, mark_rule, operation_params, parse_json
from .rows import display_name

LARGEST_PAGE = 100
_FIRST_SEARCH_ID = 880001

# What alerts have in common in each scenario; an alert without it is not offered the scenario.
_COMMON: dict[str, Callable[[Alert], Hashable]] = {
    "default": lambda alert: (alert.event_type, alert.sub_type),
    "same_file_content": lambda alert: alert.details.get("md5"),
    "same_ip": lambda alert: alert.attacker_ip,
    "same_url": lambda alert: alert.details.get("url"),
}


def describe_similar_event_scenarios(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """By what an alert of the caller can be compared with others."""
    alert = _alert(state, account, parameters)
    return {"Scenarios": [{"Code": code} for code, common in _COMMON.items() if common(alert)]}


def create_similar_security_events_query_task(
    state: State, account: Account, parameters: dict[str, Any]
) -> dict[str, Any]:
    """Start to look for the open alerts of the kind of one alert. The same ClientToken is the same search."""
    if parameters.get("DryRun"):
        raise illegal("DryRun is not supported.")
    target = target_account(state, account, parameters)
    alert = _alert(state, target, parameters)
    scenario = parameters.get("SimilarEventScenarioCode", "default")
    if scenario not in _COMMON or not _COMMON[scenario](alert):
        raise illegal("SimilarEventScenarioCode is not offered for the security event.")
    token = parameters.get("ClientToken", "")
    for task in state.similar_tasks:
        if token and task.client_token == token and account.owns(task):
            return _created(task, state)
    now = state.clock.now_ms()
    task = SimilarTask(
        id=next_id(state.similar_tasks, _FIRST_SEARCH_ID),
        account_id=account.id,
        plane=account.plane,
        scenario=scenario,
        started_ms=now,
        ends_ms=now + int(state.settings.task_seconds * 1000),
        event_ids=_events_like(state, alert, _COMMON[scenario]),
        client_token=token,
    )
    state.similar_tasks.append(task)
    state.revision += 1
    return _created(task, state)


def describe_similar_security_events(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """What a search has found so far. Whether more is to come is not told."""
    lang = language(parameters)
    task = _search(state, account, parameters["TaskId"])
    found = task.event_ids[: int(len(task.event_ids) * _part_done(state, task))]
    current, size = parameters.get("CurrentPage", 1), parameters.get("PageSize", 20)
    part, current, size = page(found, current, size, LARGEST_PAGE)
    alerts = [(event_id, state.event(task, event_id)) for event_id in part]
    rows = [
        {
            "SecurityEventId": event_id,
            "EventName": display_name(alert, lang),
            "EventType": alert.event_type,
            "OccurrenceTime": alert.occurred_ms,
            "LastTime": alert.last_ms,
            "Uuid": alert.uuid,
        }
        for event_id, alert in alerts
        if alert is not None
    ]
    info = {"Count": len(rows), "CurrentPage": current, "PageSize": size, "TotalCount": len(found)}
    return {"SecurityEventsResponse": rows, "PageInfo": info}


def handle_similar_security_events(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """Handle all that a search finds and that is still pending. Answers with no task."""
    target = target_account(state, account, parameters)
    if target.edition == FREE_EDITION:
        raise ApiFault(400, "FreeVersionNotPermit", "The free edition does not permit this operation.")
    search = _search(state, account, parameters["TaskId"])
    if search.used:
        raise illegal("The task has been handled already.")
    operation = parameters["OperationCode"]
    if operation not in OPERATION_CODES:
        raise illegal(f"OperationCode {operation} is not supported.")
    found = {event_id: state.event(target, event_id) for event_id in search.event_ids}
    alerts = {event_id: alert for event_id, alert in found.items() if alert is not None and alert.status == PENDING}
    now = state.clock.now_ms()
    task = Task(
        id=next_id(state.tasks, FIRST_TASK_ID),
        account_id=account.id,
        plane=account.plane,
        operation=operation,
        started_ms=now,
        ends_ms=now + int(state.settings.task_seconds * 1000),
        events=[],
        parameters=operation_params(operation, parameters.get("OperationParams", "{}"), now),
        mark_rules=_one_rule(operation, parameters, list(alerts.values())),
        remark=parameters.get("Remark", ""),
    )
    search.used = True
    start(state, task, alerts)
    return {}


def _alert(state: State, account: Account, parameters: dict[str, Any]) -> Alert:
    alert = state.event(account, parameters["SecurityEventId"])
    if alert is None:
        raise ApiFault(400, "SecurityEventNotExists", "Security event not exists.")
    return alert


def _events_like(state: State, alert: Alert, common: Callable[[Alert], Hashable]) -> list[int]:
    return [
        event_id
        for other in state.alerts
        if (other.account_id, other.plane) == (alert.account_id, alert.plane)
        if other.status == PENDING and common(other) == common(alert)
        if other is not alert or state.settings.similar_finds_itself
        for event_id in other.event_ids
    ]


def _search(state: State, account: Account, task_id: int) -> SimilarTask:
    for task in state.similar_tasks:
        if task.id == task_id and account.owns(task):
            return task
    raise ApiFault(400, "OperationTaskNotExists", "The operation task does not exist.")


def _part_done(state: State, task: SimilarTask) -> float:
    """How much of a search is done, in quarters."""
    if task.ends_ms <= task.started_ms:
        return 1.0
    return min(4, max(0, 4 * (state.clock.now_ms() - task.started_ms) // (task.ends_ms - task.started_ms))) / 4


def _created(task: SimilarTask, state: State) -> dict[str, Any]:
    status = ("New", "RetrievingData", "RetrievingData", "RetrievingData", "DataRetrieved")
    return {
        "CreateSimilarSecurityEventsQueryTaskResponse": {
            "TaskId": task.id,
            "Status": status[int(4 * _part_done(state, task))],
        }
    }


def _one_rule(operation: str, parameters: dict[str, Any], alerts: list[Alert]) -> list[MarkRule]:
    if "MarkMissParam" not in parameters:
        return []
    if operation not in WHITELISTING_OPERATIONS:
        raise illegal(f"MarkMissParam is not supported by {operation}.")
    rule = parse_json("MarkMissParam", parameters["MarkMissParam"])
    if not isinstance(rule, dict) or "uuid" in rule:  # the reference's example is one object, and has none
        raise illegal("MarkMissParam must be a JSON object of field, operate and fieldValue.")
    return [mark_rule({"uuid": "part", **rule}, alerts)]


ACTIONS: dict[str, Action] = {
    "DescribeSimilarEventScenarios": describe_similar_event_scenarios,
    "CreateSimilarSecurityEventsQueryTask": create_similar_security_events_query_task,
    "DescribeSimilarSecurityEvents": describe_similar_security_events,
    "HandleSimilarSecurityEvents": handle_similar_security_events,
}
