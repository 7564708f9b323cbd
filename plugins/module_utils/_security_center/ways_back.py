# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which way back a handled alert has. Calls nothing."""

from __future__ import annotations

from .._openapi.text import printable
from .finding import Found
from .operations import (
    CANCEL_IGNORE,
    FALSE_POSITIVE,
    HANDLED,
    IGNORED,
    OPERATIONS,
    PENDING,
    PROCESSING,
    RESTORE,
    UNBLOCK,
    Operation,
    lost_for_good,
    succeeded,
    way_back,
)
from .plan import UNCHANGED, Target
from .saved_results import Done

# Each way back as an operation of its own, so that the engine can carry it out, or at least tell of it.
WAYS: dict[str, Operation] = {
    CANCEL_IGNORE: Operation(
        CANCEL_IGNORE, "opens an ignored alert again", (PENDING,), (IGNORED,), marks=True, action=CANCEL_IGNORE
    ),
    "rm_mark_mis_info": OPERATIONS["rm_mark_mis_info"],
    "cancle_manual": OPERATIONS["cancle_manual"],
    RESTORE: Operation(RESTORE, "restores the quarantined file", action=RESTORE),
    UNBLOCK: Operation(UNBLOCK, "lifts the block", action=UNBLOCK),
}

_ONLY_ONE = {
    IGNORED: "ignore",
    FALSE_POSITIVE: "advance_mark_mis_info",
}  # what leads to a status, when nothing says more


class Reversal:
    """One id, what was done to its alert, and the way back; ``target`` says what becomes of it."""

    def __init__(self, given: str, found: Found, done: Done) -> None:
        self.target = Target(given, found.alert, found.event_ids)
        self.done = done
        self.operation_code = ""
        self.way = ""
        if found.alert is None:
            self.target.refuse(found.code, found.reason)
        else:
            self._decide(found)

    def _decide(self, found: Found) -> None:
        alert = found.alert or {}
        status, code = alert["event_status_code"], alert["operate_error_code"]
        name = alert["event_status"] or "in a status that the service does not tell"
        by = f" ({printable(code)})" if code else ""
        said = (code or "").split(".")
        # An operation that the catalogue does not know is another one than what is named, too.
        other = said[0] if said[-1] == "Success" else ""
        told = other if other in OPERATIONS and succeeded(code, OPERATIONS[other]) else ""
        named = self.done.operation_code or told or _ONLY_ONE.get(status or 0, "")
        operation = OPERATIONS.get(named)
        self.operation_code = named
        if status == PENDING:
            self.target.decision, self.target.message = UNCHANGED, "is pending already"
            if self.done.rules:
                self.target.message += ": whether the rules that the handling had added still stand was not looked at"
        elif operation is None:
            reason = f"the alert is {name}{by}, and the service does not tell by which operation"
            if status == HANDLED:
                reason += ": name it with operation_code"
            self.target.refuse("UnknownOperation", reason)
        elif (told or self.done.operation_code) and other not in ("", named):
            self.target.refuse(
                "OtherOperation",
                f"the alert is {name} by {printable(other)} now, not by {named}: take that back, or nothing",
            )
        elif status == PROCESSING and not (told and status in operation.leads_to):
            self.target.refuse("Processing", f"the alert is being handled{by}: run the task again when that has ended")
        elif status not in operation.leads_to:
            self.target.refuse("WrongStatus", f"the alert is {name}{by}, to which {named} does not lead")
        else:
            self._choose(operation)

    def _choose(self, operation: Operation) -> None:
        sub_operation = self.done.sub_operation or None
        self.way = way_back(operation, sub_operation)
        if self.way in WAYS:
            return
        if self.way:
            reason = f"{operation.code} is taken back by handle_security_events with operation_code {self.way}"
        else:
            what = f"{operation.code} with {sub_operation}" if sub_operation else operation.code
            reason = f"{what} can't be taken back: {lost_for_good(operation, sub_operation) or 'no way back is known'}"
        self.way = ""
        self.target.refuse("NoWayBack", reason)
