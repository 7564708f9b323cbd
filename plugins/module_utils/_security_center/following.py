# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Follow what was sent to its end: ask its tasks, and the alerts themselves where no task tells.

A list of alerts would tell of many tasks in fewer calls, but not whose handling it was: only the task knows that.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from .._openapi.client import OpenApiClient
from .._openapi.errors import ApiError, no_such_answer
from .._openapi.lanes import Lanes
from .alerts import Record, rows_of, text
from .operations import PROCESSING
from .outcomes import FAILED, UNKNOWN, Run, end_all, end_by_alert, end_by_other, end_by_status
from .rereading import read_again
from .results import status_after

_SOON, _SELDOM = 0.25, 5.0
_LOOKS_AT_OTHERS = (1.0, 2.0, 4.0)


class _Watch:
    """Events that are followed together. ``task`` is None when the alerts themselves have to be asked."""

    def __init__(self, event_ids: list[str], task: dict[str, Any] | None, pause: float) -> None:
        self.event_ids = event_ids
        self.task = task
        self.pause = pause
        self.due = time.monotonic() + pause
        self.by_alert = task is None


class Following:
    """Asks for each event until it has ended. Tells nothing itself: the endings are in ``run``."""

    def __init__(self, client: OpenApiClient, run: Run, lanes: Lanes) -> None:
        self._client = client
        self._run = run
        self._lanes = lanes
        self._watches: list[_Watch] = []
        self._hopeless = ""

    def watch(self, event_ids: Iterable[str], task: dict[str, Any] | None = None) -> None:
        """Follow events by their ``task``, or by their alerts."""
        # DescribeSecurityEventOperationStatus takes no account.
        followed = None if self._run.plan.request.blind or (task and task["task_id"] is None) else task
        self._watches.append(_Watch(list(event_ids), followed, _SOON))

    @property
    def due(self) -> float | None:
        """When the next question is due (of time.monotonic), or None when nothing is open but what was asked."""
        return min((watch.due for watch in self._watches), default=None)

    @property
    def busy(self) -> bool:
        return bool(self._watches or self._lanes.open("ask") or self._lanes.open("read"))

    def start_due(self) -> None:
        """Ask what is due."""
        if self._hopeless:
            self.give_up(self._hopeless)
        now = time.monotonic()
        due = [watch for watch in self._watches if watch.due <= now]
        asks = [watch for watch in due if not watch.by_alert]
        reads = [watch for watch in due if watch.by_alert]
        if self._lanes.open("read"):  # one list at a time: the next one tells of these too
            for watch in reads:
                watch.due = now + _SOON
            reads = []
        for watch in asks + reads:
            self._watches.remove(watch)
        for watch in asks:
            self._lanes.start("ask", partial(self._asked, watch), partial(self._ask, watch))
        if reads:
            self._lanes.start("read", partial(self._were_read, reads), partial(self._read, reads))

    def give_up(self, message: str) -> list[str]:
        """End all open events as unknown; returns them."""
        left = [event_id for event_id, ending in self._run.endings.items() if not ending.outcome]
        end_all(self._run, left, UNKNOWN, message)
        self._watches.clear()
        return left

    def read_statuses(self, *, everything: bool) -> None:
        """Read the alerts again whose status is not certain by now, or ``everything`` that was sent or followed."""
        run = self._run
        unread = [
            event_id
            for target in run.plan.targets
            for event_id in target.event_ids
            if event_id in run.endings and (everything or status_after(run, target, run.endings[event_id]) is None)
        ]
        if not unread or (run.error and run.error.every_call):
            return
        try:
            now = read_again(self._client, run, unread)
            for pause in _LOOKS_AT_OTHERS:
                if not _in_another_hand(run, now):
                    break
                time.sleep(pause)
                now = read_again(self._client, run, unread)
        except ApiError as error:
            run.note(error)
            return
        for event_id, record in now.items():
            ending = run.endings[event_id]
            ending.status = record["event_status_code"]
            end_by_other(ending, run.plan.request.operation, run.before[event_id], record)

    def _ask(self, watch: _Watch) -> tuple[str | None, dict[str, dict[str, str | None]]]:
        task_id = watch.task["task_id"] if watch.task else None
        return read_task(self._client, task_id, watch.event_ids, self._run.plan.request.source_ip)

    def _asked(self, watch: _Watch, answer: Any, error: BaseException | None) -> list[str]:
        asked = watch.event_ids
        if isinstance(error, ApiError):
            self._run.note(error)
            self._again(watch, by_alert=True)
            return []
        if error is not None:
            raise error
        task_status, statuses = answer
        if watch.task is not None:
            watch.task["task_status"] = task_status
        for event_id in asked:
            if event_id in statuses:
                end_by_status(self._run.endings[event_id], **statuses[event_id])
        if task_status in ("Success", "Failure", "Failed"):
            watch.task = None  # it is over, and says nothing of what is still open
        self._again(watch)
        return asked

    def _read(self, watches: list[_Watch]) -> dict[str, Record]:
        event_ids = [event_id for watch in watches for event_id in watch.event_ids]
        return read_again(self._client, self._run, event_ids)

    def _were_read(
        self, watches: list[_Watch], now: dict[str, Record] | None, error: BaseException | None
    ) -> list[str]:
        if isinstance(error, ApiError):
            self._run.note(error)
            if error.every_call:
                self._hopeless = f"it can't be followed: {error.code or error.message}"
        elif error is not None:
            raise error
        run = self._run
        sent = {event_id for batch in run.sent for event_id in batch.event_ids} if now else set()
        for event_id, record in (now or {}).items():
            before = run.before[event_id]
            alone = sum(other in sent for other in before["security_event_ids"]) <= 1
            if event_id in sent and self._handled_before(event_id, record):
                end_by_other(run.endings[event_id], run.plan.request.operation, before, record)
                continue
            end_by_alert(
                run.endings[event_id], run.plan.request.operation, before, record, sent=event_id in sent, alone=alone
            )
        for watch in watches:
            self._again(watch)
        return list(now or ())

    def _handled_before(self, event_id: str, record: Record) -> bool:
        """Whether the handling that a row tells of is older than this run's: another one was quicker."""
        handled_at = record["operate_time_stamp"]
        if self._run.plan.request.operation.reopens:
            return False  # the time may still be that of the handling that is taken back
        # The client's idea of the service's clock is never ahead of it: an answer's date has no fractions, and is late. Nor
        # need the row's time have any.
        return bool(handled_at) and handled_at // 1000 < int(self._run.sent_at[event_id])

    def _again(self, watch: _Watch, *, by_alert: bool = False) -> None:
        """Ask once more after a pause, if anything of it is still open."""
        watch.event_ids = self._run.open(watch.event_ids)
        if watch.event_ids:
            watch.pause = min(watch.pause * 1.5, _SELDOM)
            watch.due = time.monotonic() + (0.0 if by_alert else watch.pause)
            watch.by_alert = by_alert or watch.task is None
            self._watches.append(watch)


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
    if not isinstance(response, dict) or not response:
        raise no_such_answer("DescribeSecurityEventOperationStatus", "status of the task")
    statuses = {
        str(row.get("SecurityEventId")): {"status": text(row.get("Status")), "error_code": text(row.get("ErrorCode"))}
        for row in rows_of(response.get("SecurityEventOperationStatuses"))
    }
    return text(response.get("TaskStatus")), statuses


def _in_another_hand(run: Run, now: Mapping[str, Record]) -> bool:
    """Whether an alert is being handled although this run's own handling of it has failed."""
    return any(
        run.endings[event_id].outcome == FAILED and record["event_status_code"] == PROCESSING
        for event_id, record in now.items()
    )
