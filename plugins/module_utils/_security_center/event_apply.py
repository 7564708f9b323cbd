# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What security_event_apply does: carry out exactly what a saved plan says, and nothing that has changed since."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from .._openapi.client import OpenApiClient
from .._openapi.errors import ApiError, OptionError
from .._openapi.lanes import at_once
from .._openapi.text import printable
from .apply_journal import ApplyJournal, apply_journal
from .approval import Approved, approved
from .choosing import Case, Choosing, Group
from .finding import find_alerts
from .guardrails import guard_rails
from .handling import execute, warn_of_blind
from .outcomes import FAILED, PLANNED, UNKNOWN
from .plan import REFUSED, limit_time, to_send
from .plan_file import SavedPlan, saved_plan
from .plan_lines import FIELDS, case_of, seen, what_changed
from .report import Report, once
from .results import actions_of, broken_off, changed, compacted, diff_of, failed, failure_of, summary_of, unread, verb
from .saved_files import tidier
from .service import endpoint_of

_OFFLINE = "ClientOffline"  # the service refuses the call itself when the agent is away


class _Work:
    """What a plan comes to: the rows of its alerts so far, by id, and the groups that were planned or carried out."""

    def __init__(self, rows: dict[str, dict[str, Any]]) -> None:
        self.rows = rows
        self.groups: list[Group] = []
        self.stop = ""
        self.crash: dict[str, Any] = {}

    @property
    def error(self) -> ApiError | None:
        errors = [group.run.error for group in self.groups if group.run.error]
        return next((error for error in errors if error.every_call), errors[0] if errors else None)


def run(client: OpenApiClient, options: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Options of security_event_apply in, its result out. Raises SecurityCenterError before anything is sent."""
    report = report._replace(warn=once(report.warn))
    rails = guard_rails(options, report.environ)
    plan = saved_plan(options, report.environ)
    _check(plan, options, time.time())
    approval = approved(plan, options, report.environ)
    own = {
        "resource_directory_account_id": plan.about.get("resource_directory_account_id"),
        "lang": plan.about.get("lang"),
    }
    planned = [line for line in plan.alerts if line.get("outcome") == PLANNED]
    work = _Work({str(line["security_event_id"]): _left(line, approval) for line in planned})
    lines = {
        given: line for given, line in zip(work.rows, planned) if not line["approval"] or line["rule"] in approval.rules
    }
    with apply_journal(client, options, report, plan, approval) as write:
        write.started(len(lines))
        if lines:
            choosing = Choosing(client, {**options, **own}, rails, time.time(), report.warn)
            _carry_out(choosing, work, plan, lines, write, report)
        result = _result(work, plan, approval, options, report)
        # What was stopped, or broke off, may have told of nothing yet.
        untold = [row for given, row in work.rows.items() if given not in lines or work.stop or work.crash]
        try:
            write.ended(untold, result["summary"])
        except OptionError as error:  # what was done must not be lost with its record
            msg = "; ".join(filter(None, (result.get("msg"), f"{error}; events says what was done")))
            result.update(failed=True, msg=msg)
    return unread(result) if any(group.run.abandoned for group in work.groups) else result


def _check(plan: SavedPlan, options: Mapping[str, Any], now: float) -> None:
    """Whether the plan may be carried out by a task with ``options`` at all. Raises OptionError."""
    about, wanted = plan.about, options.get("digest")
    if wanted is not None and wanted != plan.digest:
        raise OptionError(
            f"digest {printable(wanted)} is not that of plan {plan.plan_id}, which is {plan.digest}: look at the plan again"
        )
    endpoint, account = endpoint_of(options), options.get("resource_directory_account_id")
    if account is not None and account != about.get("resource_directory_account_id"):
        raise OptionError(
            f"resource_directory_account_id {printable(account)} is not that of plan {plan.plan_id}, which is "
            f"{printable(about.get('resource_directory_account_id') or 'none')}: apply it where it was made"
        )
    if endpoint != about.get("endpoint"):
        raise OptionError(
            f"plan {plan.plan_id} was made for {printable(about.get('endpoint'))}, and this task talks to {endpoint}: give the "
            "region_id or the endpoint of the plan"
        )
    if now * 1000 > about["valid_until_stamp"]:
        raise OptionError(f"plan {plan.plan_id} was valid until {printable(about['valid_until'])}: make a new plan")


def _left(line: Mapping[str, Any], approval: Approved) -> dict[str, Any]:
    """The row of a planned alert that is not touched, because its rule needs approval and has none."""
    alert = line["alert"]
    code, outcome = ("NotApproved", REFUSED) if approval.denied else ("NeedsApproval", PLANNED)
    return {
        "security_event_id": line["security_event_id"],
        "outcome": outcome,
        "event_status_before": alert.get("event_status"),
        "event_status_after": alert.get("event_status"),
        "task_id": None,
        "error_code": code,
        "message": f"rule {printable(line['rule'])} needs approval: {approval.reason}",
        "revert": None,
        "rule": line["rule"],
        "approval": True,
        "operation_code": line["operation_code"],
        "operation_params": dict(line["steps"][0].get("operation_params") or {}),
        "tried": [],
        "request_id": None,
    }


def _carry_out(
    choosing: Choosing,
    work: _Work,
    plan: SavedPlan,
    lines: Mapping[str, Mapping[str, Any]],
    write: ApplyJournal,
    report: Report,
) -> None:
    """Plan again what ``lines`` say, and do it, with the next operation of a rule where the service says that one can't be done.

    What comes of it is in ``work``. Whatever goes wrong ends in rows and not in an exception: what was done is never lost.
    """
    cases = {given: case_of(line) for given, line in lines.items()}
    open_cases = list(cases.values())
    while open_cases:
        try:
            groups = _groups(choosing, plan, open_cases, lines, again=bool(work.groups))
        except Exception as error:
            if not work.groups:
                raise
            work.crash = broken_off(error)
            break
        if not work.groups:
            work.stop = _stop(choosing, work, open_cases)
            for group in groups if work.stop else ():
                group.run.plan = group.run.plan._replace(stop=work.stop)
        work.groups += groups
        if not report.check_mode and not work.stop:
            _execute(choosing.client, groups, work, write, report)
        rows = {row["security_event_id"]: row for group in groups for row in group.rows(check_mode=report.check_mode)}
        work.rows.update(rows)
        going_on = not (report.check_mode or work.stop or work.crash or any(group.run.abandoned for group in groups))
        open_cases = [
            case for group in groups for case in group.cases if going_on and _goes_on(group, case, rows[case.given])
        ]
    warn_of_blind(sum(len(group.run.blind) for group in work.groups), report.warn)


def _groups(
    choosing: Choosing, plan: SavedPlan, cases: list[Case], lines: Mapping[str, Mapping[str, Any]], *, again: bool
) -> list[Group]:
    """Read the alerts and plan anew what is to be sent of them. ``again`` says that an operation of each was sent, and failed."""
    account, lang = (choosing.options[name] for name in ("resource_directory_account_id", "lang"))
    query = {"Lang": lang, "ResourceDirectoryAccountId": account}
    read_at = time.monotonic()
    try:
        found = find_alerts(choosing.client, [case.given for case in cases], query, FIELDS)
        if choosing.client.now() * 1000 > plan.about["valid_until_stamp"]:
            reason = f"plan {plan.plan_id} was valid until {plan.about['valid_until']}: make a new plan"
            return [choosing.settled(cases, FAILED if again else REFUSED, "Expired", reason)]
        for case in cases:
            case.found = found[case.given]
        groups = choosing.choose(cases, read_at)
        if again:  # what is tried next was counted the first time
            limit_time(choosing.rails, [case.target for case in cases], choosing.client.now())
        else:
            choosing.limit(groups)
    except ApiError as error:
        group = choosing.settled(cases, FAILED, error.code, f"not sent: {error}")
        group.run.error = error
        return [group]
    tidy = tidier(choosing.client)
    for case in cases:
        if to_send([case.target]):
            tried = again or case.has_failed()  # by an earlier run of the plan
            reason = what_changed(lines[case.given]["seen"], seen(case.alert, tidy), tried=tried)
            if reason:
                case.target.refuse("Changed", f"{reason}: make a new plan")
        if again and case.target.decision == REFUSED:  # the operation before this one has failed, and that stands
            case.target.decision = FAILED
    for group in groups:
        group.make_calls(choosing.client, choosing.warn)
    return groups


def _stop(choosing: Choosing, work: _Work, cases: list[Case]) -> str:
    """Why nothing at all may be sent, or an empty text."""
    refused = sum(case.target.decision in (REFUSED, FAILED) for case in cases)
    refused += sum(row["outcome"] == REFUSED for row in work.rows.values())  # whose approval does not count
    if refused and choosing.options.get("on_refused") == "abort":
        return f"{refused} of {len(work.rows)} alerts are refused and on_refused is abort: nothing was sent"
    return ""


def _execute(client: OpenApiClient, groups: list[Group], work: _Work, write: ApplyJournal, report: Report) -> None:
    """Carry out all ``groups`` at once: one whose servers are slow does not keep the others."""

    def carry_out(group: Group) -> None:
        try:
            execute(client, group.run, write.of(group), report.warn, read_after=report.diff)
        except Exception as error:  # whatever it was: the record of what was done must not be lost with it
            work.crash = broken_off(error)
            group.run.complete()

    at_once(len(groups), carry_out, groups)


def _goes_on(group: Group, case: Case, row: Mapping[str, Any]) -> bool:
    """Whether the service says of all events of an alert that an operation can't be done, and the rule has another one to try."""
    endings = [group.run.endings.get(event_id) for event_id in case.target.event_ids]
    can_not = all(
        ending is not None
        and ending.outcome == FAILED
        and (ending.error_code == _OFFLINE or ending.error_code.split(".")[0] == case.step.operation_code)
        for ending in endings
    )
    return can_not and bool(endings) and case.next_step(row["outcome"], row["error_code"] or "", row["message"])


def _result(
    work: _Work, plan: SavedPlan, approval: Approved, options: Mapping[str, Any], report: Report
) -> dict[str, Any]:
    events = list(work.rows.values())
    summary = summary_of(events)
    result: dict[str, Any] = {
        "changed": any(changed(group.run, check_mode=report.check_mode) for group in work.groups) and not work.stop,
        "plan": {"plan_id": plan.plan_id, "digest": plan.digest, "policy_digest": plan.about["policy_digest"]},
        "approval": approval.told(),
        "events": compacted(events, "operation_code", "operation_params"),
        "summary": summary,
        "tasks": [task for group in work.groups for task in group.run.tasks],
        "actions": [
            action
            for group in work.groups
            if not work.stop
            for action in actions_of(group.run, check_mode=report.check_mode)
        ],
    }
    if report.diff:
        result["diff"] = diff_of(events)
    endings = [ending for group in work.groups for ending in group.run.endings.values()]
    lost = options.get("wait") is not False or any(ending.outcome == UNKNOWN for ending in endings)
    bad = [FAILED, *([UNKNOWN] if lost else [])]
    bad += [REFUSED] if options.get("on_refused") != "ignore" else []
    what = f"alerts of plan {plan.plan_id} {verb(report.check_mode)} handled as planned"
    failure = failure_of(events, bad, what, work.stop, work.error, summary)
    return {**result, **failed(failure, work.error), **work.crash}
