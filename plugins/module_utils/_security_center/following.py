# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Follow what was sent to its end: ask its tasks, and the alerts themselves where no task tells."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from .._openapi.client import OpenApiClient
from .._openapi.errors import ApiError
from .alerts import Record, find_rows, rows_of, text
from .outcomes import UNKNOWN, Run, end_all, end_by_alert, end_by_status
from .plan import alert_query
from .report import Journal
from .results import record_ended, status_after


def follow(client: OpenApiClient, run: Run, journal: Journal) -> None:
    """Ask until each event has ended: its task where there is one, the alert itself where there is none."""
    request = run.plan.request
    until = run.last_send + request.wait_timeout
    pause = 0.25
    gave_up = f"no end was seen within wait_timeout ({request.wait_timeout:g} s)"
    while open_ids := [event_id for event_id, ending in run.endings.items() if not ending.outcome]:
        left = until - time.monotonic()
        if left <= 0:
            end_all(run, open_ids, UNKNOWN, gave_up, "")
            return
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, 5.0)
        try:
            _ask_alerts(client, run, _ask_tasks(client, run, open_ids))
        except ApiError as error:
            run.note(error)
            if error.every_call:
                until, gave_up = 0.0, f"it can't be followed: {error.code or error.message}"
        record_ended(run, journal)


def _ask_tasks(client: OpenApiClient, run: Run, event_ids: list[str]) -> list[str]:
    """Ask the tasks of ``event_ids``; returns those events whose alerts have to be asked themselves.

    That is what has no task, what its task does not tell or can't be asked, and all of a member account:
    DescribeSecurityEventOperationStatus takes no account.
    """
    by_task: dict[int | None, list[str]] = {}
    for event_id in event_ids:
        task_id = None if run.plan.request.account else run.endings[event_id].task_id
        by_task.setdefault(task_id, []).append(event_id)
    untold = by_task.pop(None, [])
    for task_id, ids in by_task.items():
        try:
            task_status, statuses = read_task(client, task_id, ids, run.plan.request.source_ip)
        except ApiError as error:
            run.note(error)
            untold += ids
            continue
        for task in run.tasks:
            if task["task_id"] == task_id:
                task["task_status"] = task_status
        for event_id in ids:
            if event_id in statuses:
                end_by_status(run.endings[event_id], **statuses[event_id])
            elif task_status in ("Success", "Failure", "Failed"):
                untold.append(event_id)  # the task is over, and says nothing of this event
    return untold


def read_task(
    client: OpenApiClient, task_id: Any, event_ids: list[str], source_ip: str | None
) -> tuple[str | None, dict[str, dict[str, str | None]]]:
    """A task's TaskStatus, and ``status`` and ``error_code`` of each event. Raises ApiError.

    The reference asks for TaskId or SecurityEventIds; in practice both are wanted.
    """
    answer = client.call(
        "DescribeSecurityEventOperationStatus",
        {"TaskId": task_id, "SecurityEventIds": event_ids, "SourceIp": source_ip},
        subject=f"task {task_id}, alerts {', '.join(event_ids)}",
    )
    response = answer.get("SecurityEventOperationStatusResponse")
    response = response if isinstance(response, dict) else {}
    statuses = {
        str(row.get("SecurityEventId")): {"status": text(row.get("Status")), "error_code": text(row.get("ErrorCode"))}
        for row in rows_of(response.get("SecurityEventOperationStatuses"))
    }
    return text(response.get("TaskStatus")), statuses


def _ask_alerts(client: OpenApiClient, run: Run, event_ids: list[str]) -> None:
    if not event_ids:
        return
    now = read_again(client, run, event_ids)
    mine = {event_id for batch in run.sent for event_id in batch.event_ids}
    for event_id in event_ids:
        if event_id in now:
            sent = event_id in mine
            end_by_alert(
                run.endings[event_id], run.plan.request.operation, run.before[event_id], now[event_id], sent=sent
            )


def read_again(client: OpenApiClient, run: Run, event_ids: Iterable[str]) -> dict[str, Record]:
    """The alerts of ``event_ids`` as they are now, by event id."""
    row_ids = {event_id: str(run.before[event_id]["id"]) for event_id in event_ids}
    rows = find_rows(client, list(dict.fromkeys(row_ids.values())), alert_query(run.plan.request))
    return {event_id: rows[row_id] for event_id, row_id in row_ids.items() if row_id in rows}


def read_statuses(client: OpenApiClient, run: Run, *, everything: bool) -> None:
    """Read the alerts again whose status is not certain by now, or ``everything`` that was sent or followed."""
    unread = [
        event_id
        for target in run.plan.targets
        for event_id in target.event_ids
        if event_id in run.endings and (everything or status_after(run, target, run.endings[event_id]) is None)
    ]
    if not unread or (run.error and run.error.every_call):
        return
    try:
        now = read_again(client, run, unread)
    except ApiError as error:
        run.note(error)
        return
    for event_id in unread:
        if event_id in now:
            run.endings[event_id].status = now[event_id]["event_status_code"]
