# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take back what is only a mark on an alert: by the engine, in calls of many alerts."""

from __future__ import annotations

from typing import Any, Callable

from .._openapi.client import OpenApiClient
from .._openapi.errors import ApiError
from .checks import Checks
from .finding import Found
from .handling import execute
from .operations import OPERATIONS
from .outcomes import FAILED, Run
from .plan import Batch, Plan, Planner
from .report import Report
from .request import HandleRequest
from .results import actions_of, changed
from .ways_back import WAYS, Reversal


class Part:
    """The alerts that have one way back: ``run`` tells what becomes of each, its plan's batches which calls that takes."""

    def __init__(self, request: HandleRequest, reversals: list[Reversal]) -> None:
        self.reversals = reversals
        self.run = Run(Plan(request, [reversal.target for reversal in reversals], []))
        # What a diff shows beside the status, before and after, by the id that was given.
        self.beside: dict[str, tuple[str, str]] = {}

    def narrow(self) -> None:
        """Refuse what turns on other alerts that are refused by now."""

    def settle(self, stop: str) -> None:
        """Take in what was decided over all parts; ``stop`` says why nothing at all may be sent."""
        self.run.plan = self.run.plan._replace(stop=stop)

    def actions(self, *, check_mode: bool) -> list[dict[str, Any]]:
        """The calls that were made, in check mode those that would be made."""
        return actions_of(self.run, check_mode=check_mode)

    def changed(self, *, check_mode: bool) -> bool:
        """Whether anything was done, or may have been; in check mode whether anything would be."""
        return changed(self.run, check_mode=check_mode)

    def execute(self) -> None:
        """Make the calls and follow them. What becomes of each alert is in ``run``."""


class Rest(Part):
    """The alerts of which nothing is to be taken back, or of which ``error`` is all that could be read."""

    def __init__(self, request: HandleRequest, reversals: list[Reversal], error: ApiError | None = None) -> None:
        if error is not None:
            for reversal in reversals:
                target = reversal.target
                target.decision, target.code, target.message = FAILED, error.code, f"not sent: {error}"
        ids = tuple(reversal.target.given for reversal in reversals)
        super().__init__(request._replace(ids=ids), reversals)
        self.run.error = error


class Apart(Part):
    """What is undone by calls of their own, one for each thing and not for each alert; ``things`` names them in a sentence."""

    things: str

    def __init__(
        self, client: OpenApiClient, request: HandleRequest, reversals: list[Reversal], report: Report
    ) -> None:
        request = request._replace(
            ids=tuple(reversal.target.given for reversal in reversals),
            operation=WAYS[reversals[0].way],
            check_operations="never",
        )
        super().__init__(request, reversals)
        self._client = client
        self._report = report
        targets = self.run.plan.targets
        if request.blind:
            for target in targets:
                reason = f"the {self.things} of a member account can't be listed: give member_role_name"
                target.refuse("MemberAccount", reason)
        else:
            Checks(client, request, report.warn).check(targets)

    def _make(self, undo: Callable[[Batch], None], batches: list[Batch]) -> None:
        """Undo what each of ``batches`` names, several at a time; what was sent is told in the order of the plan."""
        self._client.at_once(undo, batches)
        self.run.sent.sort(key=self.run.plan.batches.index)


class Marks(Part):
    """Marks that one operation, or one call of its own, takes back."""

    def __init__(
        self, client: OpenApiClient, request: HandleRequest, reversals: list[Reversal], report: Report
    ) -> None:
        operation = WAYS[reversals[0].way]
        request = request._replace(
            ids=tuple(reversal.target.given for reversal in reversals),
            operation=operation,
            check_operations="auto" if operation.code in OPERATIONS else "never",
        )
        self._client = client
        self._report = report
        self._planner = Planner(client, request, report.warn)
        targets = self._planner.decide(
            {one.target.given: Found(one.target.alert, one.target.event_ids) for one in reversals}
        )
        for reversal, target in zip(reversals, targets):
            reversal.target = target
        super().__init__(request, reversals)

    def settle(self, stop: str) -> None:
        super().settle(stop)
        self.run.plan.batches.extend(self._planner.batches(self.run.plan.targets))

    def execute(self) -> None:
        execute(self._client, self.run, lambda *_lines: None, self._report.warn, read_after=self._report.diff)
