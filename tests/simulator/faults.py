# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What shall go wrong: planned failures of single calls, and what each looks like on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .errors import ApiFault, throttled

# Kind of fault: its details with their defaults. The kinds of the second table do the work first.
_INSTEAD: dict[str, dict[str, Any]] = {
    "error": {"http_status": 500, "code": "InternalError", "message": "The request processing has failed."},
    "throttle": {"retry_after_ms": None, "rate_limit": None},
    "reset_before": {},
    "timeout_before": {"seconds": 30.0},
    "html": {"http_status": 502},
    "redirect": {"location": "http://127.0.0.1:9/"},
    "garbage": {},
    "body": {"body": "", "http_status": 200, "headers": {}},
}
_AFTER: dict[str, dict[str, Any]] = {
    "reset_after": {},
    "timeout_after": {"seconds": 30.0},
    "html_after": {"http_status": 502},
    "truncated": {"clean": False},
    "slow": {"seconds": 1.0},
}


@dataclass
class WireAnswer:
    """An HTTP answer and how the connection fares: ``ending`` is "" (kept), "cut", "reset" or "close".

    "cut" sends all but the second half of the body under its full length and closes; "reset" and "close" send nothing.
    ``delay`` seconds pass first.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    ending: str = ""
    delay: float = 0.0


@dataclass
class Fault:
    """A planned failure of ``action`` ("*": any): of its calls from now on, the ``nth`` and ``times - 1`` more."""

    action: str
    how: str
    nth: int
    times: int
    details: dict[str, Any]
    seen: int = 0

    @property
    def does_the_work(self) -> bool:
        """Whether the call is carried out before it goes wrong."""
        return self.how in _AFTER


class FaultPlan:
    """The faults to come, in the order they were planned."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, action: str, nth: int = 1, times: int = 1, *, how: str, **details: Any) -> Fault:
        """Plan a fault; ValueError when the kind or one of its details does not exist."""
        defaults = (_INSTEAD | _AFTER).get(how)
        if defaults is None:
            raise ValueError(f"no fault {how!r}: choose among {', '.join(_INSTEAD | _AFTER)}")
        if unknown := sorted(details.keys() - defaults.keys()):
            raise ValueError(f"fault {how} has no {', '.join(unknown)}: it has {', '.join(defaults) or 'no details'}")
        fault = Fault(action, how, nth, times, defaults | details)
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        self._faults.clear()

    def take(self, action: str) -> Fault | None:
        """Count a call of the action; the fault that hits it, if one does."""
        hit = None
        for fault in self._faults:
            if fault.action in (action, "*"):
                fault.seen += 1
                if hit is None and fault.nth <= fault.seen < fault.nth + fault.times:
                    hit = fault
        return hit


def spoil(fault: Fault, answer: WireAnswer) -> WireAnswer:
    """What goes over the wire instead of ``answer``, which for a fault that does no work is never seen."""
    details, headers = fault.details, answer.headers
    match fault.how:
        case "reset_before" | "reset_after":
            return WireAnswer(answer.status, headers, answer.body, ending="reset")
        case "timeout_before" | "timeout_after":
            return WireAnswer(answer.status, headers, answer.body, ending="close", delay=details["seconds"])
        case "slow":
            return WireAnswer(answer.status, headers, answer.body, delay=details["seconds"])
        case "truncated":
            if details["clean"]:
                return WireAnswer(answer.status, headers, answer.body[: len(answer.body) // 2])
            return WireAnswer(answer.status, headers, answer.body, ending="cut")
        case "html" | "html_after":
            page = b"<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"
            return WireAnswer(details["http_status"], {"Content-Type": "text/html"}, page)
        case "redirect":
            return WireAnswer(302, {"Location": details["location"]}, b"")
        case "garbage":
            return WireAnswer(200, headers, b"\x00\xff this is no JSON")
        case "body":
            literal = {"Content-Type": "application/json;charset=utf-8"} | details["headers"]
            return WireAnswer(details["http_status"], literal, details["body"].encode())
        case _:
            return answer


def planned_refusal(fault: Fault) -> ApiFault:
    """How a call ends that is not carried out; without a code where ``spoil`` replaces the whole answer."""
    details = fault.details
    if fault.how == "error":
        return ApiFault(details["http_status"], details["code"], details["message"])
    if fault.how == "throttle":
        # Newer gateways send the first hint, older ones the second.
        hints = {"x-acs-retry-after": details["retry_after_ms"], "x-ratelimit-user-api": details["rate_limit"]}
        return throttled({name: str(value) for name, value in hints.items() if value is not None})
    return ApiFault(503, "", "")
