# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What security_event_task_info does: a handling task in, how it stands out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._openapi.client import OpenApiClient
from .._openapi.errors import OptionError
from .._openapi.text import printable
from .finding import check_ids, find_alerts
from .following import read_task
from .outcomes import UNKNOWN, Ending, end_by_status
from .report import Report
from .request import MOST_IN_A_CALL, caller_address

Statuses = Mapping[str, Mapping[str, Any]]


def run(client: OpenApiClient, options: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Options of security_event_task_info in, ``task`` and ``total_count`` out. Raises SecurityCenterError."""
    task_id = str(options["task_id"]).strip()
    if not (task_id.isascii() and task_id.isdigit()):
        raise OptionError(f"task_id {printable(task_id) or 'is empty and'} is not a task's id: give its decimal digits")
    ids = check_ids("security_event_ids", options["security_event_ids"])
    if not ids:
        raise OptionError("security_event_ids is empty: name the alerts that the task handles")
    source_ip = caller_address(options.get("source_ip"))
    task_status, statuses = _read(client, task_id, ids, source_ip)
    events = [_event(one, statuses[one]) for one in ids if one in statuses]
    # What the task does not know by this id may be a row's id.
    rows = [one for one in ids if one not in statuses]
    for one, found in find_alerts(client, rows, {"Lang": "en", "SourceIp": source_ip}).items() if rows else ():
        event_ids = [event_id for event_id in found.event_ids if event_id != one]
        _status, more = _read(client, task_id, event_ids, source_ip)
        events += [_event(event_id, more[event_id]) for event_id in event_ids if event_id in more]
        if not more:
            report.warn(f"alert {one} is not one of task {task_id}")
    return {
        "changed": False,
        "task": {"task_id": task_id, "task_status": task_status, "events": events},
        "total_count": len(events),
    }


def _read(client: OpenApiClient, task_id: str, ids: list[str], source_ip: str | None) -> tuple[str | None, Statuses]:
    task_status: str | None = None
    statuses: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(ids), MOST_IN_A_CALL):
        task_status, more = read_task(client, task_id, ids[start : start + MOST_IN_A_CALL], source_ip)
        statuses.update(more)
    return task_status, statuses


def _event(event_id: str, status: Mapping[str, Any]) -> dict[str, Any]:
    ending = Ending()
    end_by_status(ending, status["status"], status["error_code"])
    return {"security_event_id": event_id, **status, "outcome": ending.outcome or UNKNOWN}
