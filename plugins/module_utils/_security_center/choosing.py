# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alerts that each have a choice of operations: which of them it is, and the engine's plan for all that share one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Callable, NamedTuple

from .._openapi.client import OpenApiClient
from .._openapi.errors import OptionError
from .alerts import Record
from .finding import Found
from .guardrails import GuardRails
from .operations import OPERATIONS, succeeded
from .outcomes import Run
from .pages import count_alerts
from .plan import (
    REFUSED,
    Plan,
    Planner,
    Target,
    is_done,
    limit_each_asset,
    limit_share,
    limit_time,
    plan,
    to_send,
    too_many,
)
from .policy import Step
from .request import LATER, HandleRequest, handle_request
from .results import events_of

NOT_OFFERED = "OperationNotOffered"


class Case:
    """An alert, and what a rule wants to be done about it.

    ``place`` is that of the one of ``steps`` that is tried; ``tried`` tells what became of those before it. ``target`` is
    what the engine decided about it.
    """

    def __init__(
        self, given: str, found: Found, rule: str, steps: tuple[Step, ...], remark: str | None, *, approval: bool
    ) -> None:
        self.given = given
        self.found = found
        self.rule = rule
        self.steps = steps
        self.remark = remark
        self.approval = approval
        self.place = 0
        self.tried: list[dict[str, Any]] = []
        self.target = Target(given)

    @property
    def step(self) -> Step:
        return self.steps[self.place]

    @property
    def alert(self) -> Record:
        return self.found.alert or {}

    def begin_where_it_is_done(self) -> None:
        """Take the step by which the alert is done already: an earlier run may have come to one of the later ones."""
        status, code = self.alert.get("event_status_code"), self.alert.get("operate_error_code")
        for place in range(self.place, len(self.steps)):
            if status is not None and is_done(OPERATIONS[self.steps[place].operation_code], status, code):
                self.place = place
                return

    def has_failed(self) -> bool:
        """Whether the last that was done to the alert is one of the steps, and failed."""
        code = self.alert.get("operate_error_code") or ""
        by = [step.operation_code for step in self.steps if step.operation_code == code.split(".")[0]]
        return bool(by) and not succeeded(code, OPERATIONS[by[0]])

    def next_step(self, outcome: str, error_code: str, message: str) -> bool:
        """Go on to the next of the steps, when there is one, because this one came to ``outcome``; whether there is."""
        if self.place + 1 == len(self.steps):
            return False
        self.tried.append(
            {
                "operation_code": self.step.operation_code,
                "outcome": outcome,
                "error_code": error_code,
                "message": message,
            }
        )
        self.place += 1
        return True


class Group:
    """The cases that share an operation, its parameters and its remark; ``run`` is the engine's, made of its ``plan``."""

    def __init__(self, cases: list[Case], plan: Plan) -> None:
        self.cases = cases
        self.run = Run(plan)
        self._by_id = {case.given: case for case in cases}

    def keep(self, cases: list[Case]) -> None:
        """Leave out the others."""
        plan = self.run.plan
        ids = tuple(case.given for case in cases)
        self.cases = cases
        self.run = Run(plan._replace(request=plan.request._replace(ids=ids), targets=[case.target for case in cases]))

    def rows(self, *, check_mode: bool) -> list[dict[str, Any]]:
        """What became of each case, as a result has it."""
        return [self.told(row) for row in events_of(self.run, check_mode=check_mode)]

    def told(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row of the engine with the rule, the operation, what was tried before it, and the request id of its call."""
        case = self._by_id[row["security_event_id"]]
        requests = {task["task_id"]: task["request_id"] for task in self.run.tasks}
        return {
            **row,
            "rule": case.rule,
            "approval": case.approval,
            "operation_code": case.step.operation_code,
            "operation_params": dict(case.step.operation_params),
            "tried": list(case.tried),
            "request_id": requests.get(row["task_id"]),
        }

    def make_calls(self, client: OpenApiClient, warn: Callable[[str], None]) -> None:
        """Make the calls for what is still to be sent, after some were refused: limits were checked over all groups."""
        plan = self.run.plan
        self.run.plan = plan._replace(stop="", batches=Planner(client, plan.request, warn).batches(plan.targets))


class Choosing(NamedTuple):
    """How to make requests of steps: the task's options, its guard rails, and the time in seconds since 1970."""

    client: OpenApiClient
    options: Mapping[str, Any]
    rails: GuardRails
    now: float
    warn: Callable[[str], None]

    def request(self, cases: list[Case]) -> HandleRequest:
        """The request for ``cases``, which share a step and a remark. Raises OptionError."""
        step = cases[0].step
        options = {
            **self.options,
            "security_event_ids": [case.given for case in cases],
            "operation_code": step.operation_code,
            "operation_params": step.operation_params,
            "mark_miss_param": list(step.mark_miss_param),
            "remark": cases[0].remark,
            "on_refused": "continue",
        }
        # What turns on all alerts together, or on the time, is checked over all groups.
        rails = self.rails._replace(
            max_events=max(self.rails.max_events, len(cases)),
            max_events_per_asset=None,
            max_share=None,
            time_windows=(),
        )
        return handle_request(options, rails, self.now, self.warn)

    def choose(self, cases: list[Case], read_at: float, *, ask: bool = True) -> list[Group]:
        """Groups of all ``cases``, each alert with the first of its steps that the service offers for it.

        ``read_at`` is when the alerts were read (of time.monotonic). With ``ask`` False the service is not asked what they
        offer, and no address and no whitelist is looked up: that is left for later. Raises ApiError.
        """
        for case in cases:
            case.begin_where_it_is_done()
        groups: list[Group] = []
        while cases:
            again: list[Case] = []
            for some in _alike(cases):
                group = self._group(some, read_at, ask)
                groups.append(group)
                for case in some:
                    if case.target.code == NOT_OFFERED and case.next_step(REFUSED, NOT_OFFERED, case.target.message):
                        again.append(case)
                group.keep([case for case in some if case not in again])
            cases = again
        _each_event_once(groups)
        return [group for group in groups if group.cases]

    def _group(self, cases: list[Case], read_at: float, ask: bool) -> Group:
        code = cases[0].step.operation_code
        if code not in self.rails.allowed_operations:
            return self.settled(cases, REFUSED, "NotAllowed", f"{code} is not in allowed_operations")
        try:
            request = self.request(cases)
        except OptionError as error:
            return self.settled(cases, REFUSED, "IllegalParam", str(error))
        request = request if ask else request._replace(check_operations=LATER)
        decided = plan(self.client, request, self.warn, {case.given: case.found for case in cases})
        for case, target in zip(cases, decided.targets):
            case.target = target
            if not ask and request.mark_rules:
                target.rules = json.dumps(request.mark_rules, ensure_ascii=False)
        return Group(cases, decided._replace(read_at=read_at))

    def settled(self, cases: list[Case], decision: str, code: str, message: str) -> Group:
        """A group of ``cases`` of which none is sent, for one reason."""
        for case in cases:
            case.target = Target(case.given, case.found.alert, case.found.event_ids, decision, code, message)
        request = HandleRequest(
            ids=tuple(case.given for case in cases),
            operation=OPERATIONS[cases[0].step.operation_code],
            operation_params=None,
            mark_rules=(),
            mark_batch=False,
            remark=None,
            account=None,
            source_ip=None,
            lang="en",
            guard_rails=self.rails,
        )
        return Group(cases, Plan(request, [case.target for case in cases], []))

    def limit(self, groups: list[Group]) -> None:
        """Refuse what is more than the guard rails allow over all ``groups``, or at a time when they do not. Raises ApiError."""
        targets = [case.target for group in groups for case in group.cases]
        count = len({event_id for target in to_send(targets) for event_id in target.event_ids})
        if count > self.rails.max_events:
            for target in to_send(targets):
                target.refuse("MaxEvents", too_many(self.rails, count))
        limit_each_asset(self.rails, targets)
        if self.rails.max_share is not None and to_send(targets):
            account = {"ResourceDirectoryAccountId": self.options.get("resource_directory_account_id")}
            limit_share(self.rails, targets, count_alerts(self.client, {**account, "Dealed": "N"}))
        limit_time(self.rails, targets, self.client.now())


def _each_event_once(groups: list[Group]) -> None:
    """Refuse an alert that was named by several ids, and for which they come to several operations: all but the first one."""
    sent: dict[str, Group] = {}
    for group in groups:
        for case in group.cases:
            for target in to_send([case.target]):
                if any(sent.setdefault(event_id, group) is not group for event_id in target.event_ids):
                    target.refuse(
                        "NamedTwice", "another id names the same alert, for which another operation is chosen"
                    )


def _alike(cases: list[Case]) -> list[list[Case]]:
    """Those of ``cases`` together that go into the same calls, in their order."""
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(json.dumps([case.step, case.remark]), []).append(case)
    return list(groups.values())
