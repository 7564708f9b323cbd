# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a second person approved a plan in AWX, as AWX itself tells it.

The shapes are those of AWX's serializers for jobs, workflow jobs, their nodes, and approvals (awx/api/serializers.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from .._openapi.errors import OptionError, SecurityCenterError
from .._openapi.text import printable
from .awx_api import AwxApi, AwxError
from .times import iso, parse_time

_DEEPEST = 20  # workflows within workflows
_AGAIN = "launch the workflow again, and have somebody else approve it"


class NotApproved(SecurityCenterError):
    """No second person approved the plan, or AWX could not be asked whether one did."""


class NobodyApproved(NotApproved):
    """Nobody was asked to approve the plan, or has answered yet."""


class Approval(NamedTuple):
    """Who approved, by user name; who launched, by user name or as the schedule or webhook that did; when; the workflow job.

    ``launched_by`` launched the workflow job, ``applied_by`` the job that applies: another one, when that was launched again.
    """

    approved_by: str
    launched_by: str
    approved_at: str
    workflow_job: str
    applied_by: str


class _Launch(NamedTuple):
    """Who is behind a job: the ids of all persons who had a hand in its start, and a text for them."""

    users: frozenset[int]
    text: str


def read_approval(environ: Mapping[str, str], job_id_of_plan: str | None, plan_created_ms: int) -> Approval:
    """The approval of the plan that the AWX job ``job_id_of_plan`` made at ``plan_created_ms``.

    ``environ`` is the environment of the job that applies it: JOB_ID, and the login of :mod:`.awx_api`. The approval is that
    of a node behind the plan's own in its workflow job, given after the plan was made, by somebody who launched neither
    that workflow job nor the job that applies. Of several such nodes none may be denied or undecided.
    Raises :class:`NotApproved`, and of it :class:`NobodyApproved`.
    """
    plan_job, own_job = _job_id(job_id_of_plan, "the plan"), _job_id(environ.get("JOB_ID"), "the environment")
    try:
        return _read(AwxApi(environ), plan_job, own_job, plan_created_ms)
    except AwxError as error:
        raise NotApproved(f"the approval can't be read: {error}") from None


def _job_id(text: str | None, where: str) -> int:
    if not (text and text.isascii() and text.isdigit() and len(text) < 19):
        raise NobodyApproved(
            f"{where} names no AWX job ({printable(text)}), so no approval can belong to it: launch the workflow that plans, "
            "asks for approval and applies"
        )
    return int(text)


def _read(api: AwxApi, plan_job: int, own_job: int, plan_created_ms: int) -> Approval:
    workflow_job = _number(api.get(f"jobs/{plan_job}/"), "summary_fields", "source_workflow_job", "id")
    if workflow_job is None:
        raise NobodyApproved(
            f"job {plan_job}, which made the plan, was not part of a workflow, so nobody could approve it there: launch the "
            "workflow that plans, asks for approval and applies"
        )
    launched = _launch(api, api.get(f"workflow_jobs/{workflow_job}/"))
    applied = _launch(api, api.get(f"jobs/{own_job}/"))
    found = []
    good: Approval | None = None
    pending, undecided = True, False
    for approval in _approvals_behind(api, workflow_job, plan_job):
        name = printable(approval.get("name") or approval.get("id"))
        reason = _flaw(approval, launched, applied, plan_created_ms)
        if reason is None:
            good = good or Approval(
                approved_by=_approver(approval),
                launched_by=launched.text,
                approved_at=iso(_finished(approval)) or "",
                workflow_job=str(workflow_job),
                applied_by=applied.text,
            )
            continue
        found.append(f"{name}: {reason}")
        pending = pending and approval.get("status") == "pending"
        # What somebody has denied, or has still to decide about, another one's yes does not outweigh.
        undecided = undecided or approval.get("status") != "successful"
    if good and not undecided:
        return good
    if not found:
        raise NobodyApproved(
            f"workflow job {workflow_job} has no approval node behind the one that made the plan (job {plan_job}): add one "
            "between plan and apply"
        )
    kind = NobodyApproved if pending else NotApproved
    lacks = "an approval that was not given" if good else "no approval by a second person"
    raise kind(f"workflow job {workflow_job} holds {lacks}: {'; '.join(found)}")


def _flaw(approval: Mapping[str, Any], launched: _Launch, applied: _Launch, plan_created_ms: int) -> str | None:
    """Why an approval does not count, and what to do about it; None when it counts."""
    status, user = approval.get("status"), _number(approval, "summary_fields", "approved_or_denied_by", "id")
    if status == "pending":
        return "nobody has approved it yet: approve it, then launch the job that applies again"
    if status != "successful":
        told = "it ran out of time" if approval.get("timed_out") is True else f"its status is {printable(status)}"
        return f"{told}: launch the workflow again"
    if user is None:
        return f"AWX does not tell who approved it: {_AGAIN}"
    who, finished = _approver(approval), _finished(approval)
    if finished is None or finished < plan_created_ms:
        return (
            f"{who} approved it at {iso(finished) or 'a time that AWX does not tell'}, and the plan was made at "
            f"{iso(plan_created_ms)}: an approval must come after the plan; launch the workflow again"
        )
    if user in launched.users:
        return f"{who} approved it and is also behind its launch ({launched.text}): {_AGAIN}"
    if user in applied.users:
        return (
            f"{who} approved it and is also behind the launch of this job ({applied.text}): have somebody else launch this "
            "job again"
        )
    return None


def _approvals_behind(api: AwxApi, workflow_job: int, plan_job: int) -> Iterable[dict[str, Any]]:
    """The approvals of all nodes that come after the plan's node when nothing fails."""
    nodes = {node.get("id"): node for node in api.every(f"workflow_jobs/{workflow_job}/workflow_nodes/")}
    ahead = [number for number, node in nodes.items() if node.get("job") == plan_job]
    if not ahead:
        raise NotApproved(f"workflow job {workflow_job} has no node of job {plan_job}, which made the plan: plan again")
    seen = set(ahead)
    while ahead:
        node = nodes[ahead.pop(0)]
        if _part(node, "summary_fields", "job", "type") == "workflow_approval":
            number = _number(node, "job")
            if number is not None:
                yield api.get(f"workflow_approvals/{number}/")
        for kind in ("success_nodes", "always_nodes"):
            following = node.get(kind)
            for number in following if isinstance(following, list) else []:
                if isinstance(number, int) and number in nodes and number not in seen:
                    seen.add(number)
                    ahead.append(number)


def _launch(api: AwxApi, job: Mapping[str, Any], depth: int = 0) -> _Launch:
    """Who launched ``job``, followed through the workflows that it is part of.

    A webhook is no person. Behind a schedule are those who made it or changed it last.
    """
    users: set[int] = set()
    text = ""
    for person in (_part(job, "summary_fields", "created_by"), _part(job, "launched_by")):
        # AWX gives the name of who launched as name, that of who created as username.
        number = _number(person, "id")
        if number is not None and _part(person, "type") in (None, "user"):
            users.add(number)
            text = printable(_part(person, "username") or _part(person, "name") or f"user {number}")
    if job.get("launch_type") == "workflow":
        parent = _number(job, "summary_fields", "source_workflow_job", "id")
        if parent is not None and depth < _DEEPEST:
            above = _launch(api, api.get(f"workflow_jobs/{parent}/"), depth + 1)
            return _Launch(above.users | users, above.text)
    if _part(job, "launched_by", "type") == "schedule":
        schedule = api.get(f"schedules/{_number(job, 'launched_by', 'id')}/")
        for part in ("created_by", "modified_by"):
            number = _number(schedule, "summary_fields", part, "id")
            users |= {number} if number is not None else set()
        text = f"schedule {printable(schedule.get('name'))}"
    elif job.get("launch_type") == "webhook":
        text = "a webhook"
    if not text:
        raise NotApproved(
            f"AWX does not tell who launched job {_number(job, 'id')}, so nobody can be told from them: {_AGAIN}"
        )
    return _Launch(frozenset(users), text)


def _approver(approval: Mapping[str, Any]) -> str:
    return printable(_part(approval, "summary_fields", "approved_or_denied_by", "username") or "a user without a name")


def _finished(approval: Mapping[str, Any]) -> int | None:
    try:
        return parse_time("finished", str(approval.get("finished")))
    except OptionError:
        return None


def _part(record: Any, *path: str) -> Any:
    """What is at ``path`` in a tree of mappings, or None."""
    for name in path:
        record = record.get(name) if isinstance(record, dict) else None
    return record


def _number(record: Any, *path: str) -> int | None:
    number = _part(record, *path)
    return number if isinstance(number, int) and not isinstance(number, bool) else None
