# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run returns and records: one row an alert, complete in failure too."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from .._openapi.errors import ApiError, SecurityCenterError
from .._openapi.text import printable
from .operations import OPERATIONS, status_name, way_back
from .outcomes import FAILED, HANDLED, PLANNED, UNKNOWN, Ending, Run
from .plan import FOLLOW, REFUSED, SEND, UNCHANGED, Batch, Target
from .report import Journal
from .request import HandleRequest

OUTCOMES = (HANDLED, UNCHANGED, REFUSED, FAILED, UNKNOWN, PLANNED)
# Of the events of one alert the one that ended worst speaks for it; an empty outcome is still open.
_WORST_FIRST = (FAILED, UNKNOWN, "", REFUSED, HANDLED, UNCHANGED)
_COMPACT_FROM = 1000


def result_of(run: Run, *, check_mode: bool, diff: bool) -> dict[str, Any]:
    """The result of a run, as the module returns it: what is known of each alert, complete in failure too."""
    return result_of_planes({None: run}, run.plan.request, check_mode=check_mode, diff=diff)


def result_of_planes(
    runs: Mapping[str | None, Run], request: HandleRequest, *, check_mode: bool, diff: bool
) -> dict[str, Any]:
    """The result of a request that is carried out in a run for each data plane, or in one where no plane is named."""
    rows = {
        event["security_event_id"]: {**event, **_named(plane)}
        for plane, run in runs.items()
        for event in events_of(run, check_mode=check_mode)
    }
    order = {given: place for place, given in enumerate(request.ids)}
    events = sorted(rows.values(), key=lambda event: order.get(event["security_event_id"], len(order)))
    summary = summary_of(events)
    result: dict[str, Any] = {
        "changed": any(changed(run, check_mode=check_mode) for run in runs.values()),
        "operation_code": request.operation.code,
        "events": compacted(events, "data_plane"),
        "summary": summary,
        "tasks": [{**task, **_named(plane)} for plane, run in runs.items() for task in run.tasks],
        "actions": [
            {**action, **_named(plane)}
            for plane, run in runs.items()
            for action in actions_of(run, check_mode=check_mode)
        ],
    }
    if diff:
        result["diff"] = diff_of(events)
    error = next((run.error for run in runs.values() if run.error), None)
    endings = [ending for run in runs.values() for ending in run.endings.values()]
    bad = [FAILED]
    bad += [UNKNOWN] if request.wait or any(ending.outcome == UNKNOWN for ending in endings) else []
    bad += [REFUSED] if request.on_refused != "ignore" else []
    stop = next((run.plan.stop for run in runs.values() if run.plan.stop), "")
    what = f"alerts {verb(check_mode)} handled by {request.operation.code}"
    return {**result, **failed(failure_of(events, bad, what, stop, error, summary), error)}


def _named(plane: str | None) -> dict[str, str]:
    return {} if plane is None else {"data_plane": plane}


def summary_of(events: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many alerts there are, and how many came to each outcome."""
    count = Counter(event["outcome"] for event in events)
    return {"requested": sum(count.values()), **{outcome: count[outcome] for outcome in OUTCOMES}}


def diff_of(events: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, str | None]]:
    """The status of each alert before and after."""
    diff: dict[str, dict[str, str | None]] = {"before": {}, "after": {}}
    for event in events:
        for side, of_each in diff.items():
            of_each[event["security_event_id"]] = event[f"event_status_{side}"]
    return diff


def failed(sentence: str, error: ApiError | None) -> dict[str, Any]:
    """What a result says besides when the task failed, as ``sentence`` tells; nothing when that is empty."""
    if not sentence:
        return {}
    return {"failed": True, "msg": sentence, **({"error": error.as_dict()} if error is not None else {})}


def broken_off(error: Exception) -> dict[str, Any]:
    """What a result says besides when ``error`` put an end to the run."""
    told: dict[str, Any] = failed(
        f"{printable(error)}; the run stopped there, events says what was done until then", None
    )
    if isinstance(error, SecurityCenterError):
        return told
    return {**told, "exception": "".join(traceback.format_exception(type(error), error, error.__traceback__))}


def unread(result: Mapping[str, Any]) -> dict[str, Any]:
    """What is left of a result that nobody reads: a worker of Ansible that is left alone hangs on more than a pipe holds."""
    return {name: result[name] for name in ("failed", "changed", "msg", "summary") if name in result}


def events_of(run: Run, *, check_mode: bool) -> list[dict[str, Any]]:
    """What became of each target, a row each."""
    return [_event(run, target, check_mode) for target in run.plan.targets]


def actions_of(run: Run, *, check_mode: bool) -> list[dict[str, Any]]:
    """The calls that were made, in check mode those that would be made."""
    batches = [] if run.plan.stop else run.plan.batches if check_mode else run.sent
    action = run.plan.request.operation.action
    return [_action(action, batch, alone=len(batches) == 1) for batch in batches]


def record_ended(run: Run, journal: Journal, targets: Iterable[Target], *, everything: bool = False) -> None:
    """Write a line for each of ``targets`` that has ended, with ``everything`` for the open ones too; none twice."""
    lines = []
    for target in targets:
        endings = [run.endings.get(event_id) for event_id in target.event_ids]
        over = target.decision in (UNCHANGED, REFUSED) or all(ending and ending.outcome for ending in endings)
        if over or everything:
            event = _event(run, target, check_mode=False)
            if run.told.get(target.given) != event:
                run.told[target.given] = event
                lines.append(event)
    journal(*lines)


def changed(run: Run, *, check_mode: bool) -> bool:
    """Whether anything was done, or may have been; in check mode whether anything would be."""
    if check_mode:
        return bool(run.plan.batches) and not run.plan.stop
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
        "revert": None,
    }
    endings = [run.endings[event_id] for event_id in target.event_ids if event_id in run.endings]
    if target.decision in (SEND, FOLLOW) and endings and not run.plan.stop:
        worst = min(endings, key=lambda ending: _WORST_FIRST.index(ending.outcome))
        event.update(
            outcome=worst.outcome or UNKNOWN,
            event_status_after=status_name(status_after(run, target, worst)),
            task_id=worst.task_id,
            error_code=worst.error_code,
            message=worst.message
            if worst.outcome or worst.message
            else "sent, and not followed to its end: ask security_event_task_info",
        )
    elif target.decision == SEND:
        after = run.plan.request.operation.leads_to[0]
        event.update(
            outcome=PLANNED, event_status_after=status_name(after if check_mode and not run.plan.stop else before)
        )
    elif target.decision == FOLLOW:
        event.update(outcome=UNCHANGED if check_mode or run.plan.stop else UNKNOWN)
    if event["outcome"] in (HANDLED, UNKNOWN, PLANNED) and target.decision == SEND:
        event["revert"] = _revert(run.plan.request, target)
    return event


def _revert(request: HandleRequest, target: Target) -> dict[str, Any] | None:
    """The task that takes a handling back, or None when nothing does."""
    way = way_back(request.operation, request.sub_operation)
    if not way:
        return None
    handles = way in OPERATIONS and not OPERATIONS[way].reopens
    module = "handle_security_events" if handles else "revert_security_events"
    options: dict[str, Any] = {
        "security_event_ids": [target.given],
        "operation_code": way if handles else request.operation.code,
    }
    if target.added_rules:
        options["mark_miss_param"] = [
            {"field_value" if name == "fieldValue" else name: value for name, value in rule.items()}
            for rule in target.added_rules
        ]
    if request.account:
        options["resource_directory_account_id"] = request.account
    if request.member_role:
        options["member_role_name"] = request.member_role
    options.update(request.plane_options)
    return {"module": f"alicloud.security_center.{module}", "options": options}


def status_after(run: Run, target: Target, ending: Ending) -> int | None:
    """The status of a target that has ended: as it was read, else the one that its operation is certain to lead to.

    That is certain when all events of the alert were handled, and the operation leads to one status only.
    """
    leads_to = run.plan.request.operation.leads_to
    whole = all(event_id in run.endings for event_id in (target.alert or {})["security_event_ids"])
    certain = ending.outcome == HANDLED and whole and len(leads_to) == 1
    return leads_to[0] if ending.status is None and certain else ending.status


def compacted(events: list[dict[str, Any]], *kept: str) -> list[dict[str, Any]]:
    """The rows as a result has them: all of each, when they are not too many. What is named in ``kept`` stays in any case."""
    return events if len(events) <= _COMPACT_FROM else [_compact(event, kept) for event in events]


def _compact(event: Mapping[str, Any], kept: tuple[str, ...]) -> dict[str, Any]:
    """A row of a large result: what went well is told in two words, the rest in the result file."""
    names = ("security_event_id", "outcome", *kept)
    well = event["outcome"] in (HANDLED, UNCHANGED, PLANNED)
    return {
        name: value for name, value in event.items() if name in names[:2] or (value and (name in names or not well))
    }


def _action(action: str, batch: Batch, *, alone: bool) -> dict[str, Any]:
    """A call as it was made. Its ids are told once, in ``events``, when there is more than one batch."""
    if alone:
        return {"action": action, "parameters": dict(batch.parameters)}
    parameters = {name: value for name, value in batch.parameters.items() if name != "SecurityEventIds"}
    return {"action": action, "parameters": parameters, "count": len(batch.event_ids)}


def failure_of(
    events: list[dict[str, Any]],
    bad: Iterable[str],
    what: str,
    stop: str,
    error: ApiError | None,
    count: Mapping[str, int],
) -> str:
    """The sentence of a task in which an alert came to one of the ``bad`` outcomes, or that was stopped; else an empty text.

    ``what`` follows the numbers, as in ``3 of 4 alerts were not handled by ignore``.
    """
    wrong = [event for event in events if event["outcome"] in ([REFUSED] if stop else bad)]
    if not wrong and not stop:
        return ""
    first = [told(event["security_event_id"], event["message"]) for event in wrong[:5]]
    more = f" (and {len(wrong) - 5} more, see events)" if len(wrong) > 5 else ""
    which = f" - {'; '.join(first)}{more}" if first else ""
    if stop:
        return stop + which
    counts = ", ".join(f"{count[outcome]} {outcome}" for outcome in OUTCOMES if count[outcome])
    parts = [f"{len(wrong)} of {len(events)} {what} ({counts}){which}"]
    if error is not None and error.request_id:
        parts.append(f"request id {error.request_id}")
    if error is not None and error.hint:
        parts.append(error.hint)
    if count[UNKNOWN]:
        parts.append(
            "wait a minute and run the task again: it reads the alerts first and sends only what is still to be done"
        )
    return "; ".join(parts)


def verb(check_mode: bool) -> str:
    """What a task says of an alert that went wrong."""
    return "would not be" if check_mode else "were not"


def told(given: str, message: str) -> str:
    """What became of one id, for a sentence; a message that names the id stands alone."""
    return message if f" {given}:" in message else f"{given}: {message}"
