# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How each event of a run stands, and how the service's words end it. Calls nothing."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from .._openapi.errors import ApiError
from .._openapi.text import printable
from .alerts import Record
from .operations import PROCESSING, Operation, status_name, succeeded
from .plan import REFUSED, SEND, UNCHANGED, Batch, Plan, Target

HANDLED, FAILED, UNKNOWN, PLANNED = "handled", "failed", "unknown", "planned"


class Ending:
    """What became of one event. ``outcome`` is empty while that is open; ``status`` is its EventStatus, if it was read."""

    def __init__(
        self,
        task_id: int | None = None,
        outcome: str = "",
        error_code: str = "",
        message: str = "",
        status: int | None = None,
    ) -> None:
        self.task_id = task_id
        self.outcome = outcome
        self.error_code = error_code
        self.message = message
        self.status = status

    def end(self, outcome: str, message: str = "", error_code: str = "") -> None:
        self.outcome, self.message, self.error_code = outcome, message, error_code


class Run:
    """A plan being carried out: how each event stands, the tasks, the calls made, the error that tells most.

    ``abandoned`` says that whoever started the run is gone.

    ``sent_at`` is when each event was sent first, in seconds since 1970 by the service's clock. ``before`` and
    ``targets`` are the alert and the targets of each event; ``told`` is what the journal was told of each id; ``blind``
    are the events that were sent on an old look, because a new one would have cost too many calls.
    """

    def __init__(self, plan: Plan, error: ApiError | None = None) -> None:
        self.plan = plan
        self.error = error
        self.endings: dict[str, Ending] = {}
        self.tasks: list[dict[str, Any]] = []
        self.sent: list[Batch] = []
        self.sent_at: dict[str, float] = {}
        self.last_send = time.monotonic()
        self.told: dict[str, dict[str, Any]] = {}
        self.blind: set[str] = set()
        self.abandoned = False
        self.before: dict[str, Record] = {}
        self.targets: dict[str, list[Target]] = {}
        self._index(plan.targets)

    def add(self, targets: list[Target]) -> None:
        """Take over targets that were decided about while others are on their way."""
        self.plan.targets.extend(targets)
        self._index(targets)

    def _index(self, targets: Iterable[Target]) -> None:
        for target in targets:
            if target.alert is not None:
                self.before.update(dict.fromkeys(target.event_ids, target.alert))
            for event_id in target.event_ids:
                self.targets.setdefault(event_id, []).append(target)

    def complete(self) -> None:
        """Put the targets in the order of the ids, and say of those that were never read, or sent, that they were not."""
        by_id = {target.given: target for target in self.plan.targets}
        reason = f"not sent: {self.error}" if self.error else "not sent"
        for given in self.plan.request.ids:
            if given not in by_id:
                by_id[given] = Target(
                    given, decision=FAILED, code=self.error.code if self.error else "", message=reason
                )
        self.plan.targets[:] = [by_id[given] for given in self.plan.request.ids]
        for target in self.plan.targets:
            if target.decision == SEND and self.endings.keys().isdisjoint(target.event_ids):
                target.decision, target.message = FAILED, reason

    def note(self, error: ApiError) -> None:
        """Keep the first error, or the one that concerns every further call."""
        if self.error is None or error.every_call:
            self.error = error

    def open(self, event_ids: Iterable[str]) -> list[str]:
        """Those of the events that have not ended."""
        return [event_id for event_id in event_ids if not self.endings[event_id].outcome]


def end_all(run: Run, event_ids: Iterable[str], outcome: str, message: str, error_code: str = "") -> None:
    for event_id in event_ids:
        ending = run.endings.setdefault(event_id, Ending())
        ending.end(outcome, message, error_code)


def differs(before: Record, now: Record) -> bool:
    return any(before[key] != now[key] for key in ("event_status_code", "operate_error_code", "operate_time_stamp"))


def handled_anew(operation: Operation, before: Record, now: Record) -> bool:
    """Whether another operation has handled an alert whose handling ``operation`` was to take back."""
    was, by = ((record["operate_error_code"] or "").split(".")[0] for record in (before, now))
    return by not in ("", was, operation.code)


def end_by_status(ending: Ending, status: str | None, error_code: str | None) -> None:
    """End an event by the service's word in its task; Processing, or a word that no document names, ends nothing."""
    if status == "Success" and (error_code or "").rpartition(".")[2] in ("", "Success"):
        ending.end(HANDLED, error_code=error_code or "")
    elif status == "Success":
        ending.end(UNKNOWN, f"the service reports Success, with the code {printable(error_code)}", error_code or "")
    elif status in ("Failed", "Failure"):
        ending.end(
            FAILED, f"the service reports {printable(error_code or 'a failure without a code')}", error_code or ""
        )


def end_by_alert(ending: Ending, operation: Operation, before: Record, now: Record, *, sent: bool, alone: bool) -> None:
    """End an event by its alert's row, as far as that tells.

    ``sent`` says whether this run has sent it, ``alone`` whether it has sent no other event of the alert: the row does not
    tell which of its events it speaks of.
    """
    status, code = now["event_status_code"], now["operate_error_code"]
    ending.status = status
    fresh = any(before[key] != now[key] for key in ("operate_error_code", "operate_time_stamp"))
    over = status != PROCESSING and status != before["event_status_code"]
    if operation.reopens and over and status in operation.leads_to:
        ending.end(HANDLED if sent else UNCHANGED, "" if sent else "another run had it in hand, and it is pending")
    elif succeeded(code, operation) and status in operation.leads_to and (fresh or over):
        ending.end(
            HANDLED if sent else UNCHANGED, "" if sent else "another run had it in hand, and it is done", code or ""
        )
    elif status == PROCESSING or not (fresh or over) or (sent and not alone):
        return
    elif sent and succeeded(code, operation) and len(before["security_event_ids"]) > 1:
        ending.end(HANDLED, "other events of the alert are not", code or "")
    elif (code or "").split(".")[0] == operation.code and not succeeded(code, operation):
        ending.end(FAILED, f"the service reports {printable(code)}", code or "")
    elif sent and status in operation.leads_to and not code:
        ending.end(HANDLED)
    else:
        by = f"by {printable(code)}" if code else "and the service does not tell by which operation"
        ending.end(UNKNOWN if sent else REFUSED, f"the alert is {status_name(status)} now, {by}", code or "")


def end_by_other(ending: Ending, operation: Operation, before: Record, now: Record) -> None:
    """End an event that is open or has failed, but whose alert another run has handled in the meantime."""
    status, code = now["event_status_code"], now["operate_error_code"]
    by_this = operation.reopens or succeeded(code, operation)
    done = status in operation.leads_to and by_this and differs(before, now)
    if ending.outcome in ("", FAILED) and done:
        ending.status = status
        refused = f", and this run was refused ({printable(ending.error_code)})" if ending.error_code else ""
        ending.end(UNCHANGED, f"another run was quicker: it is {status_name(status)}{refused}", code or "")
