# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What revert_security_events does: find out what was done to each alert, and take it back."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping
from typing import Any, Callable

from .._openapi.client import OpenApiClient
from .._openapi.errors import ApiError, OptionError
from .._openapi.text import printable
from .._openapi.transport import base_url
from .alerts import FIELD_NAMES
from .finding import check_ids, find_alerts
from .guardrails import GuardRails, guard_rails
from .operations import OPERATIONS, RESTORE, UNBLOCK
from .outcomes import FAILED, HANDLED, PLANNED, UNKNOWN
from .plan import REFUSED, limit_each_asset, limit_time, to_send, too_many
from .report import Report
from .request import HandleRequest, account_id, at_least, sendable, wire_rules
from .results import broken_off, compacted, events_of, failed, failure_of, summary_of, verb
from .reverting_marks import Marks, Part, Rest
from .saved_results import Done, from_file, from_result
from .service import endpoint_of, plane_of
from .ways_back import WAYS, Reversal

_FIELDS = tuple(name for name in FIELD_NAMES if name not in ("desc", "event_notes", "tactic_items"))


def run(client: OpenApiClient, options: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Options of revert_security_events in, its result out. Raises SecurityCenterError before anything is sent."""
    rails = guard_rails(options, report.environ)
    done = _of_plane(_of_account(_done(options, report), options, report), options, report)
    request = _request(options, rails, done)
    query = {"Lang": request.lang, "ResourceDirectoryAccountId": request.account}
    found = find_alerts(client, list(done), query, _FIELDS)
    reversals = _without_repeats([Reversal(given, found[given], what) for given, what in done.items()])
    for reversal in reversals:
        _check_operation(reversal, rails)
    parts = _parts(client, request, reversals, report)
    limit_each_asset(rails, [reversal.target for reversal in reversals])
    limit_time(rails, [reversal.target for reversal in reversals], client.now())
    for part in parts:
        part.narrow()
    stop = _limit(reversals, rails, options.get("on_refused"))
    for part in parts:
        part.settle(stop)
    crash = {} if stop or report.check_mode else _execute(parts)
    return {**_result(reversals, parts, stop, options, report), **crash}


def _done(options: Mapping[str, Any], report: Report) -> dict[str, Done]:
    """What is to be taken back, by id. Raises OptionError."""
    ids, code, rules = (options.get(name) for name in ("security_event_ids", "operation_code", "mark_miss_param"))
    if rules and code != "advance_mark_mis_info":
        raise OptionError("mark_miss_param goes with operation_code advance_mark_mis_info: give that too, or remove it")
    if ids is not None:
        named = None if rules is None else tuple(rules)
        wire_rules(named or (), report.warn)
        done = dict.fromkeys(check_ids("security_event_ids", ids), Done(code or "", rules=named))
        if not done:
            raise OptionError("security_event_ids is empty: name at least one alert")
        return done
    if options.get("result") is not None:
        return from_result(options["result"])
    return from_file(options["result_file"], report.warn)


def _of_account(done: Mapping[str, Done], options: Mapping[str, Any], report: Report) -> Mapping[str, Done]:
    """Without what a saved result tells to be of another account than the one that is given. Raises OptionError."""
    wanted = account_id("resource_directory_account_id", options.get("resource_directory_account_id"))
    others = {one: what.account for one, what in done.items() if what.account not in (None, wanted)}
    if wanted is None or not others:
        return done
    told = ", ".join(sorted({printable(account) for account in others.values()}))
    if len(others) == len(done):
        raise OptionError(
            f"the saved result is of member account {told}, not of {wanted}: give that one as resource_directory_account_id, or none"
        )
    report.warn(f"{len(others)} alerts of the saved result are of other accounts ({told}): they are left as they are")
    return {one: what for one, what in done.items() if one not in others}


def _of_plane(done: Mapping[str, Done], options: Mapping[str, Any], report: Report) -> Mapping[str, Done]:
    """Without what a saved result tells to be on another data plane than the one that is asked. Raises OptionError.

    An id may stand for another alert there.
    """
    planes = sorted({what.plane for what in done.values() if what.plane})
    if not planes:
        return done
    asked = endpoint_of(options)
    told = {what.plane: base_url(what.endpoint) for what in done.values() if what.plane and what.endpoint}
    name = plane_of(asked) or next((plane for plane, url in told.items() if url == asked), None)
    shown = ", ".join(map(printable, planes))
    if name is None:
        if len(planes) == 1 and planes[0] not in told:
            return done
        raise OptionError(
            f"the saved result is of the data planes {shown}, and endpoint is of none that it tells: name by region_id, or by "
            "the endpoint of that time, the one whose alerts are meant"
        )
    there = {one: what for one, what in done.items() if what.plane in (None, name)}
    if not there:
        raise OptionError(
            f"the saved result is of the data plane {shown}, and this task asks {name}: give a region_id of {shown}"
        )
    if len(there) < len(done):
        others = ", ".join(printable(plane) for plane in planes if plane != name)
        report.warn(
            f"{len(done) - len(there)} alerts of the saved result are on the data plane {others}: they are left as they are, "
            "take them back in a task of their own"
        )
    return there


def _request(options: Mapping[str, Any], rails: GuardRails, done: Mapping[str, Done]) -> HandleRequest:
    """What all ways back have in common, as a request of the engine. Raises OptionError."""
    accounts = {what.account for what in done.values()}
    if options.get("resource_directory_account_id") is not None:
        accounts = {options["resource_directory_account_id"]}
    if len(accounts) > 1:
        raise OptionError(
            "the saved result is of several accounts: name by resource_directory_account_id the one whose alerts are meant"
        )
    return HandleRequest(
        ids=(),
        operation=OPERATIONS["ignore"],
        operation_params=None,
        mark_rules=(),
        mark_batch=False,
        remark=sendable("remark", options.get("remark")),
        account=account_id("resource_directory_account_id", next(iter(accounts), None)),
        source_ip=None,
        lang="en",
        # What turns on all alerts together, or on the time, is checked over all ways back. A share of the open alerts is
        # none of those that are taken back.
        guard_rails=rails._replace(
            max_events=max(rails.max_events, len(done)), max_events_per_asset=None, max_share=None, time_windows=()
        ),
        wait_timeout=at_least("wait_timeout", options.get("wait_timeout"), 0, default=300),
        member_role=options.get("member_role_name"),
    )


def _without_repeats(reversals: list[Reversal]) -> list[Reversal]:
    """Without what a killed run had sent under an event's id, when another id stands for the same alert."""
    covered = {event_id for one in reversals if one.done.sure for event_id in one.target.event_ids}
    return [one for one in reversals if one.done.sure or one.target.given not in covered]


def _check_operation(reversal: Reversal, rails: GuardRails) -> None:
    """A code that would be sent must be allowed; for a call that has none, what it takes back must be."""
    code = reversal.way if reversal.way in OPERATIONS else reversal.operation_code
    if reversal.way and code not in rails.allowed_operations:
        reversal.target.refuse("NotAllowed", f"{code} is not in allowed_operations")
        reversal.way = ""


def _parts(client: OpenApiClient, request: HandleRequest, reversals: list[Reversal], report: Report) -> list[Part]:
    """What is to be done for each way back. One of which that can't be read does not keep the others."""
    parts: list[Part] = []
    for way in WAYS:
        some = [reversal for reversal in reversals if reversal.way == way]
        if not some:
            continue
        try:
            parts.append(_part(way)(client, request, some, report))
        except ApiError as error:
            parts.append(Rest(request, some, error))
    rest = [reversal for reversal in reversals if not reversal.way]
    return [*parts, Rest(request, rest)] if rest else parts


def _part(way: str) -> Callable[[OpenApiClient, HandleRequest, list[Reversal], Report], Part]:
    # Each when it is used: each task compiles what it imports.
    if way == RESTORE:
        from .reverting_files import Files

        return Files
    if way == UNBLOCK:
        from .reverting_blocks import Blocks

        return Blocks
    if way == "rm_mark_mis_info":
        from .reverting_rules import Whitelisted

        return Whitelisted
    return Marks


def _limit(reversals: list[Reversal], rails: GuardRails, on_refused: str | None) -> str:
    """Why nothing at all may be sent, or an empty text."""
    targets = [reversal.target for reversal in reversals]
    events = {event_id for target in to_send(targets) for event_id in target.event_ids}
    if len(events) > rails.max_events:
        return too_many(rails, len(events))
    refused = sum(target.decision in (REFUSED, FAILED) for target in targets)
    if refused and on_refused == "abort":
        return f"{refused} of {len(targets)} alerts are refused and on_refused is abort: nothing was sent"
    return ""


def _execute(parts: Iterable[Part]) -> dict[str, Any]:
    """Carry out each part; what the result says besides when one of them broke off."""
    crash: dict[str, Any] = {}
    for part in parts:
        try:
            if not crash:
                part.execute()
        except Exception as error:  # whatever it was: the record of what was done must not be lost with it
            crash = {**broken_off(error), "exception": traceback.format_exc()}
        part.run.complete()
    return crash


def _result(
    reversals: list[Reversal], parts: list[Part], stop: str, options: Mapping[str, Any], report: Report
) -> dict[str, Any]:
    rows = {
        row["security_event_id"]: row for part in parts for row in events_of(part.run, check_mode=report.check_mode)
    }
    events = [_event(reversal, rows[reversal.target.given]) for reversal in reversals]
    summary = summary_of(events)
    result: dict[str, Any] = {
        "changed": any(part.changed(check_mode=report.check_mode) for part in parts),
        "events": compacted(events),
        "summary": summary,
        "tasks": [task for part in parts for task in part.run.tasks],
        "actions": [action for part in parts for action in part.actions(check_mode=report.check_mode)],
    }
    if report.diff:
        beside = {} if stop else {given: pair for part in parts for given, pair in part.beside.items()}
        result["diff"] = _diff(events, beside)
    error = next((part.run.error for part in parts if part.run.error), None)
    bad = (FAILED, UNKNOWN) if options.get("on_refused") == "ignore" else (FAILED, UNKNOWN, REFUSED)
    what = f"handlings {verb(report.check_mode)} taken back"
    return {**result, **failed(failure_of(events, bad, what, stop, error, summary), error)}


def _diff(events: list[dict[str, Any]], beside: Mapping[str, tuple[str, str]]) -> dict[str, dict[str, str | None]]:
    """The status of each alert before and after, with what stands beside it: the alert of a restored file stays handled."""
    diff: dict[str, dict[str, str | None]] = {"before": {}, "after": {}}
    for event in events:
        given, status = event["security_event_id"], event["event_status_before"]
        diff["before"][given], diff["after"][given] = status, event["event_status_after"]
        if given in beside:
            before, after = beside[given]
            known = {HANDLED: after, PLANNED: after, UNKNOWN: "unknown"}
            diff["before"][given] = f"{status}, {before}"
            diff["after"][given] = f"{event['event_status_after']}, {known.get(event['outcome'], before)}"
    return diff


def _event(reversal: Reversal, row: Mapping[str, Any]) -> dict[str, Any]:
    event = {name: value for name, value in row.items() if name != "revert"}
    if reversal.way in (RESTORE, UNBLOCK):
        event["event_status_after"] = event["event_status_before"]  # neither call touches the alert
    return {**event, "operation_code": reversal.operation_code}
