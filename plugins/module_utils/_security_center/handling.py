# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What handle_security_events does: plan, send, follow, tell."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Callable

from .._openapi.client import OpenApiClient
from .._openapi.errors import ApiError
from .._openapi.lanes import Lanes
from .guardrails import guard_rails
from .outcomes import FAILED, Ending, Run
from .plan import FOLLOW, Plan, Target, plan, plan_in_parts
from .report import Journal, Report, journal
from .request import HandleRequest, handle_request
from .results import broken_off, record_ended, result_of, unread
from .sending import FRESH, Sending
from .sessions import Plane

if TYPE_CHECKING:
    from .following import Following

_IDLE = 60.0


def run_on_planes(planes: Sequence[Plane], options: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """What handle_security_events does: its options in, its result out. Raises SecurityCenterError before anything is sent."""
    if len(planes) == 1:
        return run(planes[0].client, options, report)
    from .handling_both import run as run_on_both  # when it is used: each task compiles what it imports

    return run_on_both(planes, options, report)


def run(client: OpenApiClient, options: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """The same on the plane of ``client``. Raises SecurityCenterError before anything is sent."""
    rails = guard_rails(options, report.environ)
    request = handle_request(options, rails, time.time(), report.warn)
    with journal(None if report.check_mode else options.get("result_file"), client.hidden) as write:
        if report.check_mode or not request.in_parts:
            try:
                done = Run(plan(client, request, report.warn))
            except ApiError as error:
                return result_of(unread_run(request, error), check_mode=report.check_mode, diff=False)
        else:
            done = Run(Plan(request, [], []))
        if not report.check_mode:
            try:
                execute(client, done, write, report.warn, read_after=report.diff)
            except Exception as error:  # whatever it was: the record of what was done must not be lost with it
                return stopped(done, error, diff=report.diff)
    warn_of_blind(len(done.blind), report.warn)
    result = result_of(done, check_mode=report.check_mode, diff=report.diff)
    return unread(result) if done.abandoned else result


def warn_of_blind(count: int, warn: Callable[[str], None]) -> None:
    """Say of how many alerts that they were sent on an old look."""
    if count:
        warn(
            f"{count} alerts were sent more than {FRESH:g} s after they had been read, because reading them again would "
            "have cost too many calls: another run at the same time may have handled them too"
        )


def stopped(run: Run, error: Exception, *, diff: bool) -> dict[str, Any]:
    """The result of a run that ``error`` has put an end to: what was done until then is in it."""
    run.complete()
    return {**result_of(run, check_mode=False, diff=diff), **broken_off(error)}


def unread_run(request: HandleRequest, error: ApiError) -> Run:
    """A run that ended before it began, because the alerts could not be read."""
    targets = [Target(given, decision=FAILED, code=error.code, message="not sent") for given in request.ids]
    return Run(Plan(request, targets, [], stop=f"nothing was sent: {error}"), error=error)


def execute(
    client: OpenApiClient, run: Run, journal: Journal, warn: Callable[[str], None], *, read_after: bool = False
) -> None:
    """Send the batches of the run's plan and follow each event to its end, or until ``wait_timeout`` after the last send.

    A plan without targets is made on the way, in parts. Reading, sending and following overlap: each action has a quota of
    its own. ``journal`` gets a line for each batch as it ends; ``read_after`` reads the status of every alert at the end. An
    error of a call ends in the run, not in an exception: what was done before is never lost.
    """
    plan = run.plan
    if plan.stop:
        return
    lanes = Lanes(client.max_concurrency)
    following = _following(client, run, lanes) if plan.request.wait else None
    sending = Sending(client, run, lanes, journal, following)

    def take(part: Plan) -> None:
        sending.add(part.batches, part.read_at)
        for target in part.targets:
            if target.decision == FOLLOW and following:
                run.endings.update((event_id, Ending()) for event_id in target.event_ids)
                following.watch(target.event_ids)
        record_ended(run, journal, part.targets)

    def take_more(part: Plan, _error: None) -> tuple[()]:
        run.add(part.targets)
        take(part)
        return ()

    try:
        if plan.targets:
            take(plan)
        else:
            tell = partial(lanes.tell, take_more)
            lanes.start("plan", partial(_all_read, run), partial(plan_in_parts, client, plan.request, warn, tell))
        _work(run, lanes, sending, following, journal)
    finally:
        lanes.close()
    run.complete()
    if following and not run.abandoned:
        following.read_statuses(everything=read_after)
    record_ended(run, journal, plan.targets, everything=True)


def follow(client: OpenApiClient, run: Run, journal: Journal, *, read_after: bool = False) -> None:
    """Follow what a run has sent by a call of its own, by the alerts, as :func:`execute` does what it sends."""
    lanes = Lanes(client.max_concurrency)
    following = _following(client, run, lanes)
    following.watch(run.endings)
    try:
        _work(run, lanes, Sending(client, run, lanes, journal, following), following, journal)
    finally:
        lanes.close()
    following.read_statuses(everything=read_after)
    record_ended(run, journal, run.plan.targets, everything=True)


def _all_read(run: Run, _result: None, error: BaseException | None) -> tuple[()]:
    if isinstance(error, ApiError):
        run.note(error)  # what was not read is not sent
    elif error is not None:
        raise error
    return ()


def _following(client: OpenApiClient, run: Run, lanes: Lanes) -> Following:
    from .following import Following  # when it is used: each task compiles what it imports

    return Following(client, run, lanes)


def _work(run: Run, lanes: Lanes, sending: Sending, following: Following | None, journal: Journal) -> None:
    while True:
        sending.start_due()
        over = not sending.busy and (sending.halted or not lanes.open("plan"))
        if over and (run.abandoned or following is None):
            return
        waits = [sending.due]
        if following:
            following.start_due()
            waits.append(following.due)
            if over and not following.busy:
                return
        if following and over:
            until = run.last_send + run.plan.request.wait_timeout
            if time.monotonic() >= until:
                following.give_up(f"no end was seen within wait_timeout ({run.plan.request.wait_timeout:g} s)")
                return
            waits.append(until)
        pause = min((at - time.monotonic() for at in waits if at is not None), default=_IDLE)
        end = lanes.next_end(max(0.0, pause))
        if end is not None:
            ended = end.tag(end.result, end.error)
            record_ended(run, journal, [target for event_id in ended for target in run.targets[event_id]])
