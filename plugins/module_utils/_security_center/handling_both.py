# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Handling on both data planes: each alert where it is. The guard rails hold for both together."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from .._openapi.errors import ApiError
from .._openapi.lanes import at_once
from .finding import Found, find_alerts
from .guardrails import guard_rails
from .handling import execute, unread_run, warn_of_blind
from .outcomes import Run
from .plan import ALERT_FIELDS, Planner, alert_query, limit_each_asset, plan, stop_of, to_send
from .report import Report, journal, once
from .request import HandleRequest, handle_request
from .results import broken_off, record_ended, result_of, result_of_planes, unread
from .service import plane_options
from .sessions import Plane

Runs = dict["str | None", Run]


def run(planes: Sequence[Plane], options: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Options of handle_security_events in, its result out. Raises SecurityCenterError before anything is sent."""
    report = report._replace(warn=once(report.warn))
    rails = guard_rails(options, report.environ)
    request = handle_request(options, rails, time.time(), report.warn)
    crash: dict[str, Any] = {}
    with journal(None if report.check_mode else options.get("result_file"), planes[0].client.hidden) as write:
        try:
            runs = _plan(planes, request, options, report)
        except ApiError as error:
            return result_of(unread_run(request, error), check_mode=report.check_mode, diff=False)

        def carry_out(plane: Plane) -> None:
            def write_of_plane(*lines: Mapping[str, Any]) -> None:
                write(*({**line, "data_plane": plane.name} for line in lines))

            try:
                execute(plane.client, runs[plane.name], write_of_plane, report.warn, read_after=report.diff)
            except Exception as error:  # whatever it was: the record of what was done must not be lost with it
                crash.update(broken_off(error))
                runs[plane.name].complete()

        if not report.check_mode:
            nowhere = runs.get(None)
            if nowhere and not nowhere.plan.stop:
                record_ended(nowhere, write, nowhere.plan.targets)
            at_once(len(planes), carry_out, [plane for plane in planes if plane.name in runs])
    warn_of_blind(sum(len(run.blind) for run in runs.values()), report.warn)
    result = result_of_planes(runs, request, check_mode=report.check_mode, diff=report.diff) | crash
    return unread(result) if any(run.abandoned for run in runs.values()) else result


def _plan(planes: Sequence[Plane], request: HandleRequest, options: Mapping[str, Any], report: Report) -> Runs:
    """What is to be done on each plane. Raises ApiError when one of them can't be read: an alert may be there."""
    read_at = time.monotonic()
    query = alert_query(request)
    found = at_once(
        len(planes), lambda plane: find_alerts(plane.client, list(request.ids), query, ALERT_FIELDS), planes
    )
    where = {given: _where(given, [of_plane[given] for of_plane in found]) for given in request.ids}
    runs: Runs = {}
    for place, plane in enumerate([*planes, Plane(None, planes[0].client)]):
        own = {given: one for given, (found_at, one) in where.items() if found_at == place}
        if own:
            there = request._replace(ids=tuple(own), plane_options=plane_options(options, plane.name))
            beside = [other.client for other in planes if other.client is not plane.client]
            planned = plan(plane.client, there, report.warn, own, beside)
            runs[plane.name] = Run(planned._replace(read_at=read_at))
    _limit_each_asset_together(request, runs, planes, report)
    return _stopped_together(request, runs)


def _where(given: str, found: list[Found]) -> tuple[int, Found]:
    """On which of the planes an alert is, and what was found there. What can't be sent to one comes behind the last plane."""
    there = [place for place, one in enumerate(found) if one.alert is not None or one.code != "SecurityEventNotExists"]
    if len(there) > 1:
        reason = f"{given} is an alert on both data planes: give data_planes china or international"
        return len(found), Found(None, code="AmbiguousId", reason=reason)
    if there and found[there[0]].alert is not None:
        return there[0], found[there[0]]
    return len(found), found[there[0] if there else 0]


def _limit_each_asset_together(request: HandleRequest, runs: Runs, planes: Sequence[Plane], report: Report) -> None:
    """Refuse what is too much for one server, or for no server, on both planes together."""
    before = [target for run in runs.values() for target in to_send(run.plan.targets)]
    limit_each_asset(request.guard_rails, before)
    if len(to_send(before)) == len(before):
        return
    for plane in planes:
        if plane.name in runs:
            planned = runs[plane.name].plan
            batches = Planner(plane.client, planned.request, report.warn).batches(planned.targets)
            runs[plane.name] = Run(planned._replace(batches=batches))


def _stopped_together(request: HandleRequest, runs: Runs) -> Runs:
    """The same, with a reason why nothing may be sent on any plane when there is one for both together."""
    plans = [run.plan for run in runs.values()]
    targets = [target for planned in plans for target in planned.targets]
    stop = stop_of(request, targets, [batch for planned in plans for batch in planned.batches])
    return {name: Run(run.plan._replace(stop=stop)) for name, run in runs.items()}
