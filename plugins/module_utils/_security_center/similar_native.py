# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service's own bulk call: one HandleSimilarSecurityEvents for all that a search has found.

It acts on everything at once, tells nothing, and can leave nothing out. So it is made only when each alert that is shown
could be handled alone, and its outcome is read from the alerts.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from .._openapi.client import OpenApiClient
from .._openapi.errors import ApiError, SecurityCenterError
from .alerts import Record
from .guardrails import GuardRails
from .handling import follow, stopped
from .outcomes import FAILED, UNKNOWN, Ending, Run, differs, end_all
from .parent import ParentGone
from .plan import FOLLOW, REFUSED, SEND, UNCHANGED, Batch, Plan, Target, plan, to_send
from .report import Journal, Report, journal
from .request import HandleRequest, handle_request
from .rereading import read_again
from .results import record_ended, result_of
from .sending import FRESH
from .similar import Preview, Search, look

ACTION = "HandleSimilarSecurityEvents"
# Seconds before each look at the alerts when the answer was lost.
_LOOKS = (2.0, 4.0, 8.0)
_NOT_FOLLOWED = "sent, and not followed to its end: look at the alert with security_event_info"


def handle_native(
    client: OpenApiClient, options: Mapping[str, Any], rails: GuardRails, search: Search, report: Report
) -> dict[str, Any]:
    """Handle what ``search`` has found by one call, and follow each alert. Raises SecurityCenterError before it is made."""
    asked = handle_request({**options, "security_event_ids": search.ids()}, rails, time.time(), report.warn)
    with journal(None if report.check_mode else options.get("result_file"), client.hidden) as write:
        run = Run(_plan(client, asked, search, report))
        if run.plan.batches and not report.check_mode:
            try:
                _carry_out(client, run, search.preview, write, read_after=report.diff)
            except ParentGone:
                raise  # nobody reads a result any more
            except Exception as error:  # whatever it was: the record of what was done must not be lost with it
                if not run.sent_at and isinstance(error, SecurityCenterError):
                    raise
                return {**stopped(run, error, diff=report.diff), "unknowable": _unknowable(search, run)}
        record_ended(run, write, run.plan.targets, everything=True)
    result = result_of(run, check_mode=report.check_mode, diff=report.diff)
    return {**result, "unknowable": _unknowable(search, run)}


# --- before the call ---


def _plan(client: OpenApiClient, asked: HandleRequest, search: Search, report: Report) -> Plan:
    """The one call as a plan of one batch; without it, and with ``stop``, when it may not be made."""
    planned = plan(client, asked, report.warn)
    # An alert that the search does not show may be handled with the others or not: it is guarded, and not promised.
    all_of_it = search.shows_itself or not search.open
    targets = [target for target in planned.targets if all_of_it or target.given != search.given]
    native = asked.operation._replace(action=ACTION)
    request = asked._replace(operation=native, ids=tuple(target.given for target in targets))
    sends = bool(to_send(planned.targets))
    for target in planned.targets:
        shown = search.preview.rows.keys() & set(target.event_ids)
        if target.given == search.given and target.decision == SEND and shown and len(shown) < len(target.event_ids):
            which = f"the preview shows {len(shown)} of the {len(target.event_ids)} events of this alert"
            target.refuse("PartlyShown", f"{which}, and which of them mode native would handle is not known")
        _refuse_what_can_t_be_left_out(asked, target, shown=bool(shown), sends=sends)
    stop = planned.stop or _why_not(planned.targets)
    if stop:
        return Plan(asked, planned.targets, [], stop, planned.read_at)
    going = tuple(dict.fromkeys(event_id for target in to_send(targets) for event_id in target.event_ids))
    if not going and len(targets) < len(planned.targets):
        stop = (
            f"the preview does not show alert {search.given} itself, and nothing else is left to do: nothing was sent; "
            "use mode expand"
        )
        return Plan(asked, planned.targets, [], stop, planned.read_at)
    if not going:
        return Plan(request, targets, [], "", planned.read_at)
    return Plan(request, targets, [Batch(going, _parameters(asked, search.preview.task_id))], "", planned.read_at)


def _refuse_what_can_t_be_left_out(asked: HandleRequest, target: Target, *, shown: bool, sends: bool) -> None:
    """Refuse what the engine would leave alone, or send with rules of its own: the call treats all alike.

    ``shown`` says whether the preview shows the alert, ``sends`` whether there is anything to send at all.
    """
    if target.decision == FOLLOW:
        target.refuse("BeingHandled", f"{target.message}, and mode native might handle it once more")
    elif asked.operation.whitelists and target.decision == SEND:
        if json.loads(target.rules or "[]") != [dict(rule) for rule in asked.mark_rules]:
            target.refuse("RulesReplaced", "the alert has whitelist rules already, and mode native would replace them")
    elif target.decision == UNCHANGED and shown and sends:
        if asked.operation.whitelists:
            target.refuse("RulesReplaced", "the alert is whitelisted already, and mode native might replace its rules")
        elif not asked.operation.marks:  # neither its server nor an address was checked, and a mark harms none
            target.refuse("DoneAlready", f"{target.message}, and mode native might do it once more")


def _why_not(targets: list[Target]) -> str:
    refused = sum(target.decision == REFUSED for target in targets)
    if not refused:
        return ""
    return (
        f"{refused} of {len(targets)} alerts of the kind are refused, and mode native can't leave one out: nothing was "
        "sent; use mode expand"
    )


def _parameters(asked: HandleRequest, task_id: int) -> dict[str, Any]:
    # The reference's example of the rule has no uuid.
    rules = [{name: value for name, value in rule.items() if name != "uuid"} for rule in asked.mark_rules]
    parameters = {
        "TaskId": task_id,
        "OperationCode": asked.operation.code,
        "OperationParams": asked.operation_params,
        "MarkMissParam": json.dumps(rules[0], ensure_ascii=False) if rules else None,
        "Remark": asked.remark,
        "SourceIp": asked.source_ip,
    }
    return {name: value for name, value in parameters.items() if value is not None}


def _changed_since(client: OpenApiClient, run: Run, preview: Preview) -> str:
    """Why the plan does not hold any more, or an empty text. Raises ApiError."""
    request, (batch,) = run.plan.request, run.plan.batches
    if time.monotonic() - run.plan.read_at > FRESH:
        now = read_again(client, run, batch.event_ids)
        moved = [one for one in batch.event_ids if one not in now or differs(run.before[one], now[one])]
        if moved:
            return (
                f"{len(moved)} of {len(batch.event_ids)} alerts changed while they were checked, {moved[0]} among them"
            )
    seen = look(client, preview.task_id, request)
    if seen.rows.keys() == preview.rows.keys() and seen.total == preview.total:
        return ""
    return f"the preview changed while its alerts were checked, from {preview.total} to {seen.total}"


# --- the call ---


def _carry_out(client: OpenApiClient, run: Run, preview: Preview, write: Journal, *, read_after: bool) -> None:
    reason = _changed_since(client, run, preview)
    if reason:
        run.plan = run.plan._replace(stop=f"{reason}: nothing was sent, run the task again", batches=[])
        return
    (batch,) = run.plan.batches
    _send(client, run, batch, write)
    open_ones = run.open(batch.event_ids)
    if open_ones and run.plan.request.wait:
        follow(client, run, write, read_after=read_after)


def _send(client: OpenApiClient, run: Run, batch: Batch, write: Journal) -> None:
    """Make the call, once: what a lost answer did is read from the alerts, and it is never repeated."""
    write({"action": ACTION, "parameters": batch.parameters})
    run.sent.append(batch)
    run.sent_at.update(dict.fromkeys(batch.event_ids, client.now()))
    run.endings.update((event_id, Ending(message=_NOT_FOLLOWED)) for event_id in batch.event_ids)
    try:
        client.call(ACTION, batch.parameters, write=True, subject=str(batch.parameters["TaskId"]))
    except ApiError as error:
        run.note(error)
        if not error.maybe_done:
            run.sent.remove(batch)
            end_all(run, batch.event_ids, FAILED, f"the call was refused: {error.message}", error.code)
        write({"action": ACTION, "error": error.as_dict()})
        if error.maybe_done and not _has_moved(client, run, batch):
            message = f"the answer was lost: {error.message}; no alert has moved since, and the call is not repeated"
            end_all(run, batch.event_ids, UNKNOWN, message, error.code)
    run.last_send = time.monotonic()


def _has_moved(client: OpenApiClient, run: Run, batch: Batch) -> bool:
    """Whether any alert has moved since it was read: then the call has arrived, and the rest is followed as well."""
    for pause in _LOOKS:
        time.sleep(pause)
        try:
            now: dict[str, Record] = read_again(client, run, batch.event_ids)
        except ApiError as error:
            run.note(error)
            continue
        if any(differs(run.before[event_id], record) for event_id, record in now.items()):
            return True
    return False


def _unknowable(search: Search, run: Run) -> list[str]:
    """What nobody can tell of such a call."""
    if run.plan.stop or not run.plan.batches:
        return []
    told = [
        "alerts that joined the kind after the preview may be handled too, and are in no outcome here",
        f"{ACTION} names no task to follow: each outcome is what the alert itself tells",
    ]
    if run.plan.request.operation.whitelists:
        told.append("which whitelist rules the call replaced, and whether its rule holds on one server or on all")
    if search.open and not search.shows_itself:
        told.append(f"whether alert {search.given} itself is handled with the others: the preview does not show it")
    return told
