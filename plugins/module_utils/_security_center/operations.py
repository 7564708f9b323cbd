# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The catalogue of operation codes: what each needs, what it does, to what it leads.

Sources: the vendor's references of HandleSecurityEvents, DescribeSecurityEventOperations and HandleSimilarSecurityEvents.
"""

from __future__ import annotations

from typing import NamedTuple

PENDING, IGNORED, CONFIRMED, FALSE_POSITIVE, PROCESSING, HANDLED, EXPIRED = 1, 2, 4, 8, 16, 32, 64

STATUS_NAMES: dict[int, str] = {
    PENDING: "pending",
    IGNORED: "ignored",
    CONFIRMED: "confirmed",
    FALSE_POSITIVE: "false_positive",
    PROCESSING: "processing",
    HANDLED: "handled",
    EXPIRED: "expired",
    128: "deleted",
    512: "auto_blocking",
    513: "auto_blocked",
    604: "false_positive_by_system",
}


def status_name(code: int | None) -> str | None:
    """The name of an EventStatus; a number that no document names reads ``status_<number>``."""
    return None if code is None else STATUS_NAMES.get(code, f"status_{code}")


KILL_AND_QUARANTINE_SUB_OPERATIONS = (
    "killAndQuaraFileByMd5andPath",
    "killByMd5andPath",
    "quaraFileByMd5andPath",
    "killAndQuaraFileByPidAndMd5andPath",
    "killProcessByPidandPathandCmdline",
    "killContainerProcessByMd5AndPath",
)


HANDLE = "HandleSecurityEvents"
# The ways back, by the call or the operation code that is the last step of each.
CANCEL_IGNORE, RESTORE, UNBLOCK = (
    "OperationCancelIgnoreSuspEvent",
    "RollbackSuspEventQuaraFile",
    "DisableCustomBlockRecord",
)

_PROCESS_IS_LOST = "a process that is ended is not started again"
_CONTAINER_IS_LOST = "a container that is stopped is not started again"


class Operation(NamedTuple):
    """One operation code.

    ``leads_to``: the statuses of an alert that was handled so; ``starts_from``: the statuses in which it can be.
    ``known``: the vendor's reference of HandleSecurityEvents names it. ``raw``: its parameters are not known in full.
    ``marks``: it sets the alert's status and touches nothing else. ``warning`` is said whenever the operation is asked for.
    ``destructive``: it ends, moves or removes something on a server. ``undone_by`` is the call or the operation code that
    takes it back, empty when none is known; ``lost`` says what of it nothing brings back. ``action`` is its API call.
    """

    code: str
    does: str
    leads_to: tuple[int, ...] = (HANDLED,)
    starts_from: tuple[int, ...] = (PENDING,)
    known: bool = True
    needs_expiry: bool = False
    sub_operations: tuple[str, ...] = ()
    raw: bool = False
    whitelists: bool = False
    marks: bool = False
    warning: str = ""
    destructive: bool = False
    undone_by: str = ""
    lost: str = ""
    action: str = HANDLE

    @property
    def needs_params(self) -> bool:
        return self.needs_expiry or bool(self.sub_operations)

    @property
    def reopens(self) -> bool:
        """Whether it takes a handling back: the alert is pending again."""
        return self.leads_to == (PENDING,)

    @property
    def needs(self) -> tuple[str, ...]:
        """What it needs: options, and the agent on the server."""
        needs = ["operation_params.expire_time or expire_in"] if self.needs_expiry else []
        needs += ["operation_params.sub_operation"] if self.sub_operations else []
        return (*needs, *(["the agent online on the server"] if self.destructive else []))


_CATALOGUE = (
    Operation("block_ip", "blocks the attacker's address for a time", needs_expiry=True, undone_by=UNBLOCK),
    Operation(
        "advance_mark_mis_info", "whitelists by rules", leads_to=(FALSE_POSITIVE,), whitelists=True, marks=True,
        undone_by="rm_mark_mis_info",
    ),
    Operation("ignore", "ignores this alert", leads_to=(IGNORED,), marks=True, undone_by=CANCEL_IGNORE),
    Operation("manual_handled", "marks as handled by hand", marks=True, undone_by="cancle_manual"),
    Operation("kill_process", "ends the malicious process", destructive=True, lost=_PROCESS_IS_LOST),
    Operation(
        "cleanup", "scans in depth and removes the malware", raw=True, destructive=True,
        lost="what is removed is not brought back",
    ),
    Operation(
        "kill_and_quara",
        "ends the malicious process and quarantines its file, as sub_operation says",
        leads_to=(HANDLED, PROCESSING),
        sub_operations=KILL_AND_QUARANTINE_SUB_OPERATIONS,
        destructive=True,
        undone_by=RESTORE,
        lost=_PROCESS_IS_LOST,
    ),
    Operation(
        "disable_malicious_defense",
        "stops the container, or turns the malicious behaviour defence off: the vendor's references disagree",
        raw=True,
        warning="disable_malicious_defense is dangerous: by the vendor's references it stops the container, or turns the "
        "defence against malicious behaviour off",
        destructive=True,
        lost="no way back is documented",
    ),
    Operation(
        "client_problem_check",
        "starts the troubleshooting of the agent",
        raw=True,
        warning="client_problem_check is known to work from the console only",
    ),
    Operation("quara", "quarantines the file of the malicious process", destructive=True, undone_by=RESTORE),
    Operation(
        "defense_mark_mis_info", "keeps the precise defence but stops its notices", known=False, raw=True,
        undone_by="rm_defense_mark_mis_info",
    ),
    Operation(
        "rm_defense_mark_mis_info", "starts the notices of the precise defence again", known=False, raw=True,
        undone_by="defense_mark_mis_info",
    ),
    Operation(
        "rm_mark_mis_info",
        "takes the alert off the whitelist",
        leads_to=(PENDING,),
        marks=True,
        starts_from=(FALSE_POSITIVE,),
        known=False,
        raw=True,
        undone_by="advance_mark_mis_info",
    ),
    Operation(
        "cancle_manual",
        "takes back manual_handled",
        leads_to=(PENDING,),
        marks=True,
        starts_from=(HANDLED,),
        known=False,
        raw=True,
        undone_by="manual_handled",
    ),
    Operation(
        "virus_quara", "quarantines the file", sub_operations=("quaraFileByMd5andPath",), known=False,
        destructive=True, undone_by=RESTORE,
    ),
    Operation("offline_handled", "marks as handled offline", known=False, raw=True, marks=True),
    Operation(
        "virus_quara_bin", "quarantines the binary", known=False, raw=True, destructive=True, undone_by=RESTORE,
    ),
    Operation("kill_virus", "ends the virus' process", known=False, raw=True, destructive=True, lost=_PROCESS_IS_LOST),
    Operation(
        "stop_container", "stops the container", known=False, raw=True, destructive=True, lost=_CONTAINER_IS_LOST,
    ),
    Operation(
        "kill_container_process", "ends a process in a container", known=False, raw=True, destructive=True,
        lost=_PROCESS_IS_LOST,
    ),
    Operation(
        "mark_mis_info", "whitelists this one alert", leads_to=(FALSE_POSITIVE,), known=False, raw=True,
        marks=True, undone_by="rm_mark_mis_info",
    ),
)  # fmt: skip

OPERATIONS: dict[str, Operation] = {operation.code: operation for operation in _CATALOGUE}

DANGEROUS = "disable_malicious_defense"


def quarantines(operation: Operation, sub_operation: str | None) -> bool:
    """Whether the operation moves a file into quarantine. ``sub_operation`` is None when it is not known: then it may."""
    return operation.undone_by == RESTORE and "quara" in (sub_operation or "quara").lower()


def way_back(operation: Operation, sub_operation: str | None) -> str:
    """The call or the operation code that takes a handling back, empty when there is none."""
    return "" if operation.undone_by == RESTORE and not quarantines(operation, sub_operation) else operation.undone_by


def lost_for_good(operation: Operation, sub_operation: str | None) -> str:
    """What of a handling nothing brings back, or an empty text."""
    return operation.lost if (sub_operation or "kill").lower().startswith("kill") else ""


def succeeded(error_code: str | None, operation: Operation) -> bool:
    """Whether an ErrorCode says that ``operation`` was done.

    Codes are ``<operation>.<result>``, some have three parts (``advance_mark_mis_info.User.Success``): the first part
    names the operation, the last one the result (DescribeSecurityEventOperationStatus).
    """
    parts = (error_code or "").split(".")
    return parts[0] == operation.code and parts[-1] == "Success"
