# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What handle_similar_security_events does: find the alerts of the kind of one alert, show them, handle them."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from .._openapi.client import OpenApiClient
from .._openapi.errors import OptionError, no_such_answer
from .._openapi.text import printable
from . import handling
from .alerts import Row, is_id, number, rows_of, text
from .changes import NotDone
from .finding import Found, check_ids, find_alerts
from .guardrails import guard_rails
from .outcomes import Run
from .plan import REFUSED, SEND, alert_query, decide, plan
from .report import Report
from .request import HandleRequest, handle_request
from .results import result_of
from .rows import read_counted

SCENARIOS = ("default", "same_file_content", "same_ip", "same_url")
EXPAND, NATIVE = "expand", "native"
DEFAULT_PREVIEW_TIMEOUT = 60.0

# The service never says that a search is over. Seconds between looks at it, and how long it has to stand still to be
# taken as whole: longer when it does not show even the alert that it started from, which it may leave out.
_FIRST_LOOK, _PAUSE = 0.5, 3.0
_STILL, _LONG_STILL = 3.0, 6.0
_MOST_TIMEOUT = 3600
_MOST_NAMES = 20
_LONGEST_NAME = 200


class Preview(NamedTuple):
    """What a search has found: the rows, by event id, and whether they stood still. ``total`` is the service's count."""

    task_id: int
    rows: Mapping[str, Row]
    total: int
    complete: bool

    def told(self) -> dict[str, Any]:
        """The preview as it is returned: its ids are told once, in the events."""
        rows = self.rows.values()
        return {
            "task_id": self.task_id,
            "total_count": self.total,
            "complete": self.complete,
            "event_names": most_common(text(row.get("EventName")) for row in rows),
            "servers": most_common(text(row.get("Uuid")) for row in rows),
        }


class Search(NamedTuple):
    """One alert, what the service offers to compare it by, and what it found. ``event_ids`` are those of the alert, which
    is ``open`` when it can be handled itself."""

    given: str
    event_ids: tuple[str, ...]
    open: bool
    scenario: str
    offered: list[str]
    preview: Preview

    def ids(self) -> tuple[str, ...]:
        """What to handle: the alert itself first, by the id that was given, shown or not."""
        return (self.given, *(one for one in self.preview.rows if one not in self.event_ids))

    @property
    def shows_itself(self) -> bool:
        """Whether the preview shows the alert itself, which it may leave out."""
        return not self.preview.rows.keys().isdisjoint(self.event_ids)

    def told(self) -> dict[str, Any]:
        return {"scenario": self.scenario, "scenarios": self.offered, "preview": self.preview.told()}


def run(client: OpenApiClient, options: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Options of handle_similar_security_events in, its result out. Raises SecurityCenterError before anything is sent."""
    rails = guard_rails(options, report.environ)
    given, scenario, timeout = _checked(options)
    request = handle_request({**options, "security_event_ids": [given]}, rails, time.time(), lambda text: None)
    if options.get("mode") == NATIVE and request.operation.whitelists and rails.protected_assets:
        raise OptionError(
            f"operation_code {request.operation.code} does not go with mode native and protected_assets: that its rule leaves "
            "other servers alone is not documented; use mode expand"
        )
    found = find_alerts(client, [given], alert_query(request))
    target = decide(request.operation, given, found[given])
    if target.decision == REFUSED:
        return _refused(client, request, found, scenario, report)
    offered = read_scenarios(client, target.event_ids[0], request.source_ip)
    if not offered and target.decision != SEND:
        # Whether the service offers a scenario for an alert that is done is not documented.
        report.warn(
            f"alert {given} {target.message}, and the service offers no scenario: nothing of its kind was looked for"
        )
        result = handling.run(client, {**options, "security_event_ids": [given]}, report)
        return {**result, "scenario": scenario, "scenarios": [], "preview": None}
    if scenario not in offered:
        known = f"it offers {', '.join(map(printable, offered))}" if offered else "it offers none"
        raise OptionError(f"scenario {scenario} is not offered by the service for alert {given} now; {known}")
    is_open = target.decision == SEND
    task_id = _start_search(client, target.event_ids[0], scenario, request.source_ip)
    preview = grown(client, task_id, request, target.event_ids, timeout, may_be_empty=not is_open)
    search = Search(given, target.event_ids, is_open, scenario, offered, preview)
    if not preview.complete:
        raise NotDone(_unfinished(search, timeout))
    if not preview.rows:
        report.warn(f"alert {given} {target.message}, and the service finds no open alert of its kind")
    if options.get("mode") == NATIVE:
        from .similar_native import handle_native  # when it is used: each task compiles what it imports

        return {**handle_native(client, options, rails, search, report), **search.told()}
    return {**handling.run(client, {**options, "security_event_ids": search.ids()}, report), **search.told()}


def _checked(options: Mapping[str, Any]) -> tuple[str, str, float]:
    """The alert, the scenario and the seconds for the preview. Raises OptionError."""
    given = check_ids("security_event_id", [options["security_event_id"]])[0]
    scenario = options.get("scenario") or SCENARIOS[0]
    timeout = options.get("preview_timeout")
    timeout = DEFAULT_PREVIEW_TIMEOUT if timeout is None else timeout
    if not 1 <= timeout <= _MOST_TIMEOUT:
        raise OptionError(f"preview_timeout {timeout} is out of range: give 1 to {_MOST_TIMEOUT} seconds")
    if options.get("mode") == NATIVE:
        rules = options.get("mark_miss_param") or []
        if options["operation_code"] == "advance_mark_mis_info" and len(rules) != 1:
            raise OptionError(
                f"mode native takes exactly one rule in mark_miss_param, {len(rules)} are given: give one, or use mode expand"
            )
        if any(rule.get("uuid") == "ALL" for rule in rules):
            raise OptionError(
                "mark_miss_param[0].uuid ALL does not go with mode native, whose API call documents no uuid: use mode expand"
            )
        if options.get("mark_batch"):
            raise OptionError("mark_batch does not go with mode native, which makes one call: remove it")
    return given, scenario, timeout


def _refused(
    client: OpenApiClient, request: HandleRequest, found: Mapping[str, Found], scenario: str, report: Report
) -> dict[str, Any]:
    """The result for an alert that can't be handled: nothing of its kind is looked for."""
    planned = plan(client, request, report.warn, found)
    result = result_of(Run(planned), check_mode=report.check_mode, diff=report.diff)
    if found[request.ids[0]].alert is not None and "msg" in result:
        result["msg"] += "; name an alert of the kind that can be handled, nothing was looked for"
    return {**result, "scenario": scenario, "scenarios": [], "preview": None}


# --- the search ---


def read_scenarios(client: OpenApiClient, event_id: str, source_ip: str | None) -> list[str]:
    """The codes of what the service offers to compare an alert by. Raises ApiError."""
    action = "DescribeSimilarEventScenarios"
    answer = client.call(action, {"SecurityEventId": event_id, "SourceIp": source_ip}, subject=event_id)
    if not isinstance(answer.get("Scenarios"), list):
        raise no_such_answer(action, "list Scenarios")
    return [code for row in rows_of(answer["Scenarios"]) if (code := text(row.get("Code")))]


def _start_search(client: OpenApiClient, event_id: str, scenario: str, source_ip: str | None) -> int:
    """The id of a new query task. Raises ApiError and NotDone."""
    action = "CreateSimilarSecurityEventsQueryTask"
    parameters = {
        "SecurityEventId": event_id,
        "SimilarEventScenarioCode": scenario,
        "SourceIp": source_ip,
        # With it the call can be repeated like a read: it changes no alert, and the second answer names the same task.
        "ClientToken": os.urandom(16).hex(),
    }
    response = client.call(action, parameters, subject=event_id).get(f"{action}Response")
    response = response if isinstance(response, dict) else {}
    task_id = number(response.get("TaskId"))
    if task_id is None:
        raise no_such_answer(action, "id of a task")
    status = text(response.get("Status"))
    if status in ("Failed", "PartialFailed"):
        raise NotDone(f"nothing was sent: the service could not look for alerts of the kind of {event_id} ({status})")
    return task_id


def grown(
    client: OpenApiClient,
    task_id: int,
    request: HandleRequest,
    event_ids: Iterable[str],
    timeout: float,
    *,
    may_be_empty: bool,
) -> Preview:
    """The preview when it stands still, or after ``timeout`` seconds as it is then. Raises ApiError.

    ``event_ids`` are those of the alert that it started from: one that shows them need not stand still for so long.
    """
    until = time.monotonic() + timeout
    pause, before, since = _FIRST_LOOK, None, 0.0
    while True:
        time.sleep(max(0.0, min(pause, until - time.monotonic())))
        looked_at = time.monotonic()
        seen = look(client, task_id, request)
        if before is None or seen.rows.keys() != before:
            before, since = seen.rows.keys(), looked_at
        shows_itself = not seen.rows.keys().isdisjoint(event_ids)
        still = looked_at - since >= (_STILL if shows_itself else _LONG_STILL)
        if still and seen.total == len(seen.rows) and (seen.rows or may_be_empty):
            return seen._replace(complete=True)
        if time.monotonic() >= until:
            return seen
        pause = _PAUSE


def look(client: OpenApiClient, task_id: int, request: HandleRequest) -> Preview:
    """The preview as it is now. Raises ApiError."""
    action, name = "DescribeSimilarSecurityEvents", "SecurityEventsResponse"
    query = {"TaskId": task_id, "Lang": request.lang, "SourceIp": request.source_ip}
    found, total = read_counted(client, action, name, query, key="SecurityEventId")
    rows = {str(number(row.get("SecurityEventId"))): row for row in found}
    if not all(map(is_id, rows)):
        raise no_such_answer(action, "id for each alert")
    return Preview(task_id, rows, total, complete=False)


def _unfinished(search: Search, timeout: float) -> str:
    count = len(search.preview.rows)
    if not count:
        return (
            f"nothing was sent: the service shows no alert of the kind of {search.given} after preview_timeout "
            f"({timeout:g} s), not even itself: give a longer preview_timeout, or handle it with handle_security_events"
        )
    return (
        f"nothing was sent: the preview of the alerts of the kind of {search.given} has not stood still for long enough "
        f"within preview_timeout ({timeout:g} s), {count} are shown and {search.preview.total} counted: give a longer preview_timeout"
    )


def most_common(values: Iterable[str | None]) -> dict[str, int]:
    """How often each value occurs, the most frequent first; beyond twenty the rest together, as ``others``."""
    count = Counter(printable(value or "", _LONGEST_NAME) for value in values)
    told = dict(count.most_common(_MOST_NAMES))
    others = sum(count.values()) - sum(told.values())
    if others:
        told["others"] = told.get("others", 0) + others
    return told
