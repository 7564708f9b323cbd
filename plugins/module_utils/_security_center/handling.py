# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Execute and follow: send a plan's batches, find out what became of each alert, and tell it."""

from __future__ import annotations

import time
import traceback
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Callable

from .._openapi.client import OpenApiClient
from .._openapi.errors import ApiError, SecurityCenterError
from .._openapi.text import printable
from .alerts import Record, find_alerts, number, rows_of, text
from .guardrails import from_options
from .guardrails_file import read_files
from .operations import PROCESSING, Operation, status_name, succeeded
from .plan import FOLLOW, REFUSED, SEND, UNCHANGED, Batch, Plan, Target, alert_query, plan
from .report import Report, journal
from .request import HandleRequest, handle_request

HANDLED, FAILED, UNKNOWN, PLANNED = "handled", "failed", "unknown", "planned"
OUTCOMES = (HANDLED, UNCHANGED, REFUSED, FAILED, UNKNOWN, PLANNED)

# A refusal of the whole call that is the fault of one event: the batch is split until that one is alone.
_OF_ONE_EVENT = "SecurityEventNotExists"
_SENDS = 3
# Of the events of one alert the one that ended worst speaks for it; an empty outcome is still open.
_WORST_FIRST = (FAILED, UNKNOWN, "", REFUSED, HANDLED, UNCHANGED)
_COMPACT_FROM = 1000

Journal = Callable[[Mapping[str, Any]], None]


@dataclass
class Ending:
    """What became of one event. ``outcome`` is empty while that is open; ``status`` is its EventStatus, if it was read."""

    task_id: int | None = None
    outcome: str = ""
    error_code: str = ""
    message: str = ""
    status: int | None = None

    def end(self, outcome: str, message: str = "", error_code: str = "") -> None:
        self.outcome, self.message, self.error_code = outcome, message, error_code


@dataclass
class Run:
    """A plan being carried out: how each event stands, the tasks, the calls made, the error that tells most."""

    plan: Plan
    endings: dict[str, Ending] = field(default_factory=dict)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    sent: list[Batch] = field(default_factory=list)
    error: ApiError | None = None
    last_send: float = field(default_factory=time.monotonic)
    before: dict[str, Record] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.before = {
            event_id: target.alert for target in self.plan.targets if target.alert for event_id in target.event_ids
        }

    def note(self, error: ApiError) -> None:
        """Keep the first error, or the one that concerns every further call."""
        if self.error is None or error.every_call:
            self.error = error


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
            _end_all(run, batch.event_ids, FAILED, f"not sent: {run.error}", run.error.code)
        else:
            waiting[:0] = _send(client, run, batch, journal)
        _record(run, journal)
    if plan.request.wait:
        for target in plan.targets:
            if target.decision == FOLLOW:
                run.endings.update((event_id, Ending()) for event_id in target.event_ids)
        _follow(client, run, journal)
        _read_after(client, run, everything=read_after)
    _record(run, journal, everything=True)


def _record(run: Run, journal: Journal, *, everything: bool = False) -> None:
    """Write a line for each alert that has ended since the last time; at the end, for ``everything``."""
    for target in run.plan.targets:
        endings = [run.endings.get(event_id) for event_id in target.event_ids]
        over = target.decision in (UNCHANGED, REFUSED) or all(ending and ending.outcome for ending in endings)
        if target.given not in run.told and (over or everything):
            run.told.add(target.given)
            journal(_event(run, target, check_mode=False))


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


# --- send -------------------------------------------------------------------------------------------------------------


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
            rest = _unmoved(client, run, left, error, pause=2.0**attempt)
            if not rest:
                return []
            left = _part(left, rest)
        else:
            _note_task(run, left, answer, journal)
            return []
    _end_all(run, left.event_ids, UNKNOWN, "the answers to several calls were lost, and the alert has not moved", "")
    return []


def _refused(run: Run, batch: Batch, error: ApiError, *, first: bool) -> list[Batch]:
    """A call that has done nothing. One that was lost before it may have, though: then nobody knows."""
    if not first:
        message = f"the answer to a call was lost, and repeating it was refused: {error.message}"
        _end_all(run, batch.event_ids, UNKNOWN, message, error.code)
        return []
    if error.code == _OF_ONE_EVENT and len(batch.event_ids) > 1:
        for event_id in batch.event_ids:
            del run.endings[event_id]
        return _halves(batch)
    _end_all(run, batch.event_ids, FAILED, f"not sent: {error.message}", error.code)
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


def _unmoved(client: OpenApiClient, run: Run, batch: Batch, lost: ApiError, *, pause: float) -> tuple[str, ...]:
    """The events of a batch whose answer was lost that are to be sent again: those whose alerts have not moved.

    Those that moved are followed. What can't be read, and what shares its alert with an event that was sent before, is
    unknown: the alert may have moved for the other one.
    """
    time.sleep(pause)  # the service may still be at it
    message = f"the answer was lost: {lost.message}"
    try:
        now = _read_again(client, run, batch.event_ids)
    except ApiError:
        now = {}
    rest = []
    for event_id in batch.event_ids:
        others = {other for other in run.before[event_id]["security_event_ids"] if other in run.endings}
        if event_id not in now or not others <= set(batch.event_ids):
            run.endings[event_id].end(UNKNOWN, message, lost.code)
        elif not _differs(run.before[event_id], now[event_id]):
            rest.append(event_id)
    return tuple(rest)


def _differs(before: Record, now: Record) -> bool:
    return any(before[key] != now[key] for key in ("event_status_code", "operate_error_code", "operate_time_stamp"))


def _end_all(run: Run, event_ids: Iterable[str], outcome: str, message: str, error_code: str) -> None:
    for event_id in event_ids:
        ending = run.endings.setdefault(event_id, Ending())
        ending.end(outcome, message, error_code)


# --- follow -----------------------------------------------------------------------------------------------------------


def _follow(client: OpenApiClient, run: Run, journal: Journal) -> None:
    """Ask until each event has ended: its task where there is one, the alert itself where there is none."""
    request = run.plan.request
    until = run.last_send + request.wait_timeout
    pause = 0.25
    gave_up = f"no end was seen within wait_timeout ({request.wait_timeout:g} s)"
    while open_ids := [event_id for event_id, ending in run.endings.items() if not ending.outcome]:
        left = until - time.monotonic()
        if left <= 0:
            _end_all(run, open_ids, UNKNOWN, gave_up, "")
            return
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, 5.0)
        try:
            _ask_alerts(client, run, _ask_tasks(client, run, open_ids))
        except ApiError as error:
            run.note(error)
            if error.every_call:
                until, gave_up = 0.0, f"it can't be followed: {error.code or error.message}"
        _record(run, journal)


def _ask_tasks(client: OpenApiClient, run: Run, event_ids: list[str]) -> list[str]:
    """Ask the tasks of ``event_ids``; returns those events whose alerts have to be asked themselves.

    That is what has no task, what belongs to a task that can't be asked, and all of a member account:
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


def end_by_status(ending: Ending, status: str | None, error_code: str | None) -> None:
    """End an event by the service's word in its task; Processing, or a word that no document names, ends nothing."""
    if status == "Success" and (error_code or "").rpartition(".")[2] in ("", "Success"):
        ending.end(HANDLED, error_code=error_code or "")
    elif status == "Success":
        ending.end(UNKNOWN, f"the service reports Success, with the code {printable(error_code)}", error_code or "")
    elif status in ("Failed", "Failure"):
        ending.end(
            FAILED, f"the service reports {printable(error_code or 'a failure without a code')}", error_code or ""
        )


def _ask_alerts(client: OpenApiClient, run: Run, event_ids: list[str]) -> None:
    if not event_ids:
        return
    now = _read_again(client, run, event_ids)
    mine = {event_id for batch in run.sent for event_id in batch.event_ids}
    for event_id in event_ids:
        if event_id in now:
            sent = event_id in mine
            end_by_alert(
                run.endings[event_id], run.plan.request.operation, run.before[event_id], now[event_id], sent=sent
            )


def end_by_alert(ending: Ending, operation: Operation, before: Record, now: Record, *, sent: bool) -> None:
    """End an event by its alert's row, as far as that tells; ``sent`` says whether this run has sent it."""
    status, code = now["event_status_code"], now["operate_error_code"]
    ending.status = status
    fresh = any(before[key] != now[key] for key in ("operate_error_code", "operate_time_stamp"))
    over = status != PROCESSING and status != before["event_status_code"]
    if succeeded(code, operation) and status in operation.leads_to and (fresh or over):
        ending.end(
            HANDLED if sent else UNCHANGED, "" if sent else "another run had it in hand, and it is done", code or ""
        )
    elif status == PROCESSING or not (fresh or over):
        return
    elif (code or "").split(".")[0] == operation.code and not succeeded(code, operation):
        ending.end(FAILED, f"the service reports {printable(code)}", code or "")
    elif sent and status in operation.leads_to and not code:
        ending.end(HANDLED)
    else:
        by = f"by {printable(code)}" if code else "and the service does not tell by which operation"
        ending.end(UNKNOWN if sent else REFUSED, f"the alert is {status_name(status)} now, {by}", code or "")


def _read_again(client: OpenApiClient, run: Run, event_ids: Iterable[str]) -> dict[str, Record]:
    """The alerts of ``event_ids`` as they are now, by event id."""
    row_ids = {event_id: str(run.before[event_id]["id"]) for event_id in event_ids}
    found = find_alerts(client, list(dict.fromkeys(row_ids.values())), alert_query(run.plan.request))
    alerts = {event_id: found[row_id].alert for event_id, row_id in row_ids.items()}
    return {event_id: alert for event_id, alert in alerts.items() if alert is not None}


def _read_after(client: OpenApiClient, run: Run, *, everything: bool) -> None:
    """Read the alerts whose status the operation alone does not tell: everything, else those that did not end well."""
    request = run.plan.request
    certain = len(request.operation.leads_to) == 1 and not everything
    for ending in run.endings.values():
        if certain and ending.outcome == HANDLED and ending.status is None:
            ending.status = request.operation.leads_to[0]
    unread = [event_id for event_id, ending in run.endings.items() if ending.status is None]
    if not unread or (run.error and run.error.every_call):
        return
    try:
        now = _read_again(client, run, unread)
    except ApiError as error:
        run.note(error)
        return
    for event_id in unread:
        if event_id in now:
            run.endings[event_id].status = now[event_id]["event_status_code"]


# --- tell -------------------------------------------------------------------------------------------------------------


def result_of(run: Run, *, check_mode: bool, diff: bool) -> dict[str, Any]:
    """The result of a run, as the module returns it: what is known of each alert, complete in failure too."""
    plan = run.plan
    events = [_event(run, target, check_mode) for target in plan.targets]
    count = Counter(event["outcome"] for event in events)
    batches = plan.batches if check_mode else run.sent
    result: dict[str, Any] = {
        "changed": _changed(run, count, check_mode),
        "operation_code": plan.request.operation.code,
        "events": events,
        "summary": {"requested": len(events), **{outcome: count[outcome] for outcome in OUTCOMES}},
        "tasks": run.tasks,
        "actions": [] if plan.stop else [_action(batch, alone=len(batches) == 1) for batch in batches],
    }
    if diff:
        result["diff"] = {
            "before": {event["security_event_id"]: event["event_status_before"] for event in events},
            "after": {event["security_event_id"]: event["event_status_after"] for event in events},
        }
    failure = _failure(run, events, count, check_mode)
    if failure:
        result.update(failed=True, msg=failure)
        if run.error is not None:
            result["error"] = run.error.as_dict()
    if len(events) > _COMPACT_FROM:
        result["events"] = [_compact(event) for event in events]
    return result


def _changed(run: Run, count: Mapping[str, int], check_mode: bool) -> bool:
    if check_mode:
        return count[PLANNED] > 0 and not run.plan.stop
    sent = {event_id for batch in run.sent for event_id in batch.event_ids}
    return any(run.endings[event_id].outcome in (HANDLED, UNKNOWN, "") for event_id in sent if event_id in run.endings)


def _event(run: Run, target: Target, check_mode: bool) -> dict[str, Any]:
    before = target.alert["event_status_code"] if target.alert else None
    event: dict[str, Any] = {
        "security_event_id": target.given,
        "outcome": target.decision,
        "event_status_before": status_name(before),
        "event_status_after": status_name(before),
        "task_id": None,
        "error_code": target.code,
        "message": target.message,
    }
    endings = [run.endings[event_id] for event_id in target.event_ids if event_id in run.endings]
    if target.decision in (SEND, FOLLOW) and endings and not run.plan.stop:
        worst = min(endings, key=lambda ending: _WORST_FIRST.index(ending.outcome))
        event.update(
            outcome=worst.outcome or UNKNOWN,
            event_status_after=status_name(worst.status),
            task_id=worst.task_id,
            error_code=worst.error_code,
            message=worst.message
            if worst.outcome
            else "sent, and not followed to its end: ask security_event_task_info",
        )
    elif target.decision == SEND:
        after = run.plan.request.operation.leads_to[0]
        event.update(
            outcome=PLANNED, event_status_after=status_name(after if check_mode and not run.plan.stop else before)
        )
    elif target.decision == FOLLOW:
        event.update(outcome=UNCHANGED if check_mode or run.plan.stop else UNKNOWN)
    return event


def _compact(event: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a large result: what went well is told in two words, the rest in the result file."""
    if event["outcome"] in (HANDLED, UNCHANGED, PLANNED):
        return {"security_event_id": event["security_event_id"], "outcome": event["outcome"]}
    return {name: value for name, value in event.items() if value}


def _action(batch: Batch, *, alone: bool) -> dict[str, Any]:
    """A call as it was made. Its ids are told once, in ``events``, when there is more than one batch."""
    if alone:
        return {"action": "HandleSecurityEvents", "parameters": dict(batch.parameters)}
    parameters = {name: value for name, value in batch.parameters.items() if name != "SecurityEventIds"}
    return {"action": "HandleSecurityEvents", "parameters": parameters, "count": len(batch.event_ids)}


def _told(given: str, message: str) -> str:
    return message if f" {given}:" in message else f"{given}: {message}"


def _failure(run: Run, events: list[dict[str, Any]], count: Mapping[str, int], check_mode: bool) -> str:
    """One sentence that says what went wrong, with which alerts, and what to do next; empty when all is well."""
    request = run.plan.request
    if run.plan.stop:
        bad = [REFUSED]
    else:
        bad = [FAILED]
        bad += [UNKNOWN] if request.wait or any(e.outcome == UNKNOWN for e in run.endings.values()) else []
        bad += [REFUSED] if request.on_refused != "ignore" else []
    wrong = [event for event in events if event["outcome"] in bad]
    if not wrong and not run.plan.stop:
        return ""
    told = [_told(event["security_event_id"], event["message"]) for event in wrong[:5]]
    more = f" (and {len(wrong) - 5} more, see events)" if len(wrong) > 5 else ""
    if run.plan.stop:
        return run.plan.stop + (f" - {'; '.join(told)}{more}" if told else "")
    counts = ", ".join(f"{count[outcome]} {outcome}" for outcome in OUTCOMES if count[outcome])
    verb = "would not be" if check_mode else "were not"
    parts = [
        f"{len(wrong)} of {len(events)} alerts {verb} handled by {request.operation.code} ({counts}) - {'; '.join(told)}{more}"
    ]
    if run.error is not None and run.error.request_id:
        parts.append(f"request id {run.error.request_id}")
    if run.error is not None and run.error.hint:
        parts.append(run.error.hint)
    if count[UNKNOWN]:
        parts.append(
            "wait a minute and run the task again: it reads the alerts first and sends only those that are still pending"
        )
    return "; ".join(parts)
