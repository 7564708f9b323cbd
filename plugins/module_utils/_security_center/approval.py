# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which rules of a plan that need approval a second person has approved: as AWX tells it, elsewhere as the options say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .._openapi.errors import OptionError
from .._openapi.text import printable
from .plan_file import SavedPlan
from .runs import KEY_VARIABLE, in_awx, user_of

_OPTIONS = ("approved_rules", "approved_by")


class Approved(NamedTuple):
    """The ``rules`` that were approved, and by whom. ``launched_by``, ``approved_at``, ``workflow_job`` and ``applied_by``, who launched
    the job that applies, are told by AWX only.

    ``reason`` says why the others were not; ``denied`` that an approval was given, or asked for, and does not count.
    """

    rules: tuple[str, ...] = ()
    approved_by: str | None = None
    launched_by: str | None = None
    approved_at: str | None = None
    workflow_job: str | None = None
    applied_by: str | None = None
    reason: str = ""
    denied: bool = False

    def told(self) -> dict[str, Any] | None:
        """The approval as a result tells it; None when there is none."""
        names = ("approved_by", "launched_by", "approved_at", "workflow_job")
        return {"rules": list(self.rules), **{name: getattr(self, name) for name in names}} if self.rules else None


def approved(plan: SavedPlan, options: Mapping[str, Any], environ: Mapping[str, str]) -> Approved:
    """What of ``plan`` is approved. Raises :class:`OptionError`."""
    needing = tuple(str(rule["name"]) for rule in plan.rules if rule.get("approval") is not False)
    if in_awx(environ):
        given = [name for name in _OPTIONS if options.get(name)]
        if given:
            raise OptionError(
                f"{given[0]} can't be given in AWX, where a survey or a workflow could set it: remove it; the approval is read "
                "from AWX itself"
            )
        return _in_awx(plan, needing, environ) if needing else Approved()
    return _by_options(plan, needing, options, environ)


def _in_awx(plan: SavedPlan, needing: tuple[str, ...], environ: Mapping[str, str]) -> Approved:
    from .awx_approval import (  # when it is used: each task compiles what it imports
        NobodyApproved,
        NotApproved,
        read_approval,
    )

    if not plan.signed:
        reason = f"the plan is not signed: put {KEY_VARIABLE} into the environment of the jobs that plan and apply, and plan again"
        return Approved(reason=reason, denied=True)
    try:
        approval = read_approval(environ, plan.about.get("job_id"), int(plan.about["created_stamp"]))
    except NotApproved as error:
        return Approved(reason=str(error), denied=not isinstance(error, NobodyApproved))
    return Approved(needing, *approval)


def _by_options(
    plan: SavedPlan, needing: tuple[str, ...], options: Mapping[str, Any], environ: Mapping[str, str]
) -> Approved:
    rules, person = options.get("approved_rules") or [], (options.get("approved_by") or "").strip()
    if not rules:
        if person:
            raise OptionError("approved_by goes with approved_rules: name the rules that were approved, or remove it")
        return Approved(reason="name it in approved_rules, and in approved_by who approved it")
    unknown = [rule for rule in rules if rule not in needing]
    if unknown:
        known = ", ".join(map(printable, needing)) or "none"
        raise OptionError(
            f"approved_rules has {printable(unknown[0])}, and the rules of the plan that need approval are: {known}"
        )
    if not person:
        raise OptionError("approved_by is missing: name the person who approved approved_rules")
    if person in (plan.about.get("created_by"), user_of(environ)):
        raise OptionError(
            f"approved_by {printable(person)} is also who made the plan, or who applies it: approval means a second person"
        )
    if not plan.signed:
        raise OptionError(
            f"approved_rules needs a signed plan: put {KEY_VARIABLE} into the environment of the tasks that plan and apply, and plan again"
        )
    return Approved(tuple(dict.fromkeys(rules)), person, reason="name it in approved_rules")
