# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Execute a plan: send its batches, each alert once whatever happens to the answers."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
from typing import Any

from .._openapi.client import OpenApiClient
from .._openapi.errors import ApiError, SecurityCenterError
from .._openapi.text import printable
from .alerts import Record, number, text
from .following import follow, read_again, read_statuses
from .guardrails import from_options
from .guardrails_file import read_files
from .outcomes import FAILED, UNKNOWN, Ending, Run, differs, end_all
from .plan import FOLLOW, Batch, Plan, Target, plan
from .report import Journal, Report, journal
from .request import HandleRequest, handle_request
from .results import record_ended, result_of

# A refusal of the whole call that is the fault of one event: the batch is split until that one is alone.
_OF_ONE_EVENT = "SecurityEventNotExists"
_SENDS = 3
# Seconds before each look at alerts whose answer was lost: longer where doing it twice is more than a mark set twice.
_LOOKS = (2.0, 4.0)
_LONG_LOOKS = (2.0, 4.0, 8.0, 16.0)


def run(client: OpenApiClient, options: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """What handle_security_events does: its options in, its result out. Raises SecurityCenterError before anything is sent."""
    rails = from_options(options, read_files(options.get("guardrails_file"), report.environ))
    request = handle_request(options, rails, time.time(), report.warn)
    with journal(None if report.check_mode else options.get("result_file")) as write:
        try:
            planned = plan(client, request, report.warn)
        except ApiError as error:
            return result_of(_unread(request, error), check_mode=report.check_mode, diff=False)
        done = Run(planned)
        if not report.check_mode:
            try:
                execute(client, done, write, read_after=report.diff)
            except Exception as error:  # whatever it was: the record of what was done must not be lost with it
                told = result_of(done, check_mode=False, diff=report.diff)
                told.update(
                    failed=True, msg=f"{printable(error)}; the run stopped there, events says what was done until then"
                )
                return told if isinstance(error, SecurityCenterError) else {**told, "exception": traceback.format_exc()}
    return result_of(done, check_mode=report.check_mode, diff=report.diff)


def _unread(request: HandleRequest, error: ApiError) -> Run:
    """A run that ended before it began, because the alerts could not be read."""
    targets = [Target(given, decision=FAILED, code=error.code, message="not sent") for given in request.ids]
    return Run(Plan(request, targets, [], stop=f"nothing was sent: {error}"), error=error)


def execute(client: OpenApiClient, run: Run, journal: Journal, *, read_after: bool = False) -> None:
    """Send the batches of the run's plan and follow each event to its end, or until ``wait_timeout`` after the last send.

    ``journal`` gets a line for each batch as it ends; ``read_after`` reads the status of every alert at the end. An
    error of a call ends in the run, not in an exception: what was done before is never lost.
    """
    plan = run.plan
    if plan.stop:
        return
    waiting = list(plan.batches)
    while waiting:
        batch = waiting.pop(0)
        if run.error and run.error.every_call:
            end_all(run, batch.event_ids, FAILED, f"not sent: {run.error}", run.error.code)
        else:
            waiting[:0] = _send(client, run, batch, journal)
        record_ended(run, journal)
    if plan.request.wait:
        for target in plan.targets:
            if target.decision == FOLLOW:
                run.endings.update((event_id, Ending()) for event_id in target.event_ids)
        follow(client, run, journal)
        read_statuses(client, run, everything=read_after)
    record_ended(run, journal, everything=True)


def _send(client: OpenApiClient, run: Run, batch: Batch, journal: Journal) -> list[Batch]:
    """Send one batch. Returns the smaller batches that are to be sent in its place, if it was split.

    When the answer is lost the alerts are read again: those that moved count as sent, only the rest is sent again.
    """
    left = batch
    for attempt in range(1, _SENDS + 1):
        journal({"action": "HandleSecurityEvents", "parameters": left.parameters})
        run.last_send = time.monotonic()
        run.sent.append(left)
        run.endings.update((event_id, Ending()) for event_id in left.event_ids)
        try:
            answer = client.call("HandleSecurityEvents", left.parameters, write=True, subject=", ".join(left.event_ids))
        except ApiError as error:
            run.note(error)
            journal({"action": "HandleSecurityEvents", "error": error.as_dict()})
            if not error.maybe_done:
                run.sent.remove(left)
                return _refused(run, left, error, first=attempt == 1)
            rest = _unmoved(client, run, left, error)
            if not rest:
                return []
            left = _part(left, rest)
        else:
            _note_task(run, left, answer, journal)
            return []
    end_all(run, left.event_ids, UNKNOWN, "the answers to several calls were lost, and the alert has not moved", "")
    return []


def _refused(run: Run, batch: Batch, error: ApiError, *, first: bool) -> list[Batch]:
    """A call that has done nothing. One that was lost before it may have, though: then nobody knows."""
    if not first:
        message = f"the answer to a call was lost, and repeating it was refused: {error.message}"
        end_all(run, batch.event_ids, UNKNOWN, message, error.code)
        return []
    if error.code == _OF_ONE_EVENT and len(batch.event_ids) > 1:
        for event_id in batch.event_ids:
            del run.endings[event_id]
        return _halves(batch)
    end_all(run, batch.event_ids, FAILED, f"the call was refused: {error.message}", error.code)
    return []


def _note_task(run: Run, batch: Batch, answer: Mapping[str, Any], journal: Journal) -> None:
    response = answer.get("HandleSecurityEventsResponse")
    task_id = number(response.get("TaskId")) if isinstance(response, dict) else None
    task = {
        "task_id": task_id,
        "request_id": text(answer.get("RequestId")),
        "task_status": None,
        "count": len(batch.event_ids),
    }
    run.tasks.append(task)
    run.endings.update((event_id, Ending(task_id)) for event_id in batch.event_ids)
    journal({**task, "security_event_ids": list(batch.event_ids)})


def _halves(batch: Batch) -> list[Batch]:
    middle = len(batch.event_ids) // 2
    return [_part(batch, batch.event_ids[:middle]), _part(batch, batch.event_ids[middle:])]


def _part(batch: Batch, event_ids: tuple[str, ...]) -> Batch:
    return Batch(event_ids, {**batch.parameters, "SecurityEventIds": list(event_ids)})


def _unmoved(client: OpenApiClient, run: Run, batch: Batch, lost: ApiError) -> tuple[str, ...]:
    """The events of a batch whose answer was lost that are to be sent again: those whose alerts have not moved.

    Those that moved are followed. What can't be read, and what shares its alert with an event that was sent before, is
    unknown: the alert may have moved for the other one.
    """
    message = f"the answer was lost: {lost.message}"
    now: dict[str, Record] = {}
    for pause in _LOOKS if run.plan.request.operation.marks else _LONG_LOOKS:
        time.sleep(pause)  # the service may still be at it
        try:
            now = read_again(client, run, batch.event_ids)
        except ApiError:
            now = {}
        if all(event_id in now and differs(run.before[event_id], now[event_id]) for event_id in batch.event_ids):
            break
    rest = []
    for event_id in batch.event_ids:
        others = {other for other in run.before[event_id]["security_event_ids"] if other in run.endings}
        if event_id not in now or not others <= set(batch.event_ids):
            run.endings[event_id].end(UNKNOWN, message, lost.code)
        elif not differs(run.before[event_id], now[event_id]):
            rest.append(event_id)
    return tuple(rest)
