# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take back what is only a mark on an alert: by the engine, in calls of many alerts."""

from __future__ import annotations

from typing import Any

from .._openapi.client import OpenApiClient
from .finding import Found
from .handling import execute
from .operations import OPERATIONS
from .outcomes import Run
from .plan import Plan, Planner
from .report import Report
from .request import HandleRequest
from .results import actions_of, changed
from .ways_back import WAYS, Reversal


class Part:
    """The alerts that have one way back: ``run`` tells what becomes of each, its plan's batches which calls that takes."""

    def __init__(self, request: HandleRequest, reversals: list[Reversal]) -> None:
        self.reversals = reversals
        self.run = Run(Plan(request, [reversal.target for reversal in reversals], []))

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
    """The alerts of which nothing is to be taken back."""

    def __init__(self, request: HandleRequest, reversals: list[Reversal]) -> None:
        ids = tuple(reversal.target.given for reversal in reversals)
        super().__init__(request._replace(ids=ids), reversals)


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
