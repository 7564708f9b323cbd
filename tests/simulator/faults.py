# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What shall go wrong: planned failures of single calls, and what each looks like on the wire."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterator
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
    "redirect": {"location": "http://127.0.0.1:9/", "http_status": 302},
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
# What an attacker in the service's place may answer, made piece by piece as the client takes it; ``done`` does the work
# first. "endless" comes as fast as it is read, "trickle" a byte each ``seconds``; "raw" is all that is sent, in latin-1.
_ATTACKS: dict[str, dict[str, Any]] = {
    "endless": {"part": "body", "done": False},
    "trickle": {"part": "body", "seconds": 0.1, "done": False},
    "huge": {"size": 1 << 30, "done": False},
    "bomb": {"size": 1 << 30, "done": False},
    "raw": {"answer": "", "done": False},
}
_KINDS = _INSTEAD | _AFTER | _ATTACKS

_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_PIECE = b" " * 65536  # white space may stand before JSON, so no client can tell yet that nothing follows
# The part of an answer that does not end: what is sent before it, and what is sent again and again.
_PARTS = {
    "body": (_OK + b"\r\n", _PIECE),
    "chunks": (_OK + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + _PIECE + b"\r\n"),
    "header": (_OK + b"x-long: ", _PIECE),
    "headers": (_OK, b"x-more: and more\r\n" * 1000),
    "continues": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
}


@dataclass
class WireAnswer:
    """An HTTP answer and how the connection fares: ``ending`` is "" (kept), "cut", "reset" or "close".

    "cut" sends all but the second half of the body under its full length and closes; "reset" and "close" send nothing.
    ``delay`` seconds pass first. ``pieces``, if any, are sent as they are instead of all that, one each ``pace``
    seconds until the client has enough; then the connection is closed.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    ending: str = ""
    delay: float = 0.0
    pieces: Iterator[bytes] | None = None
    pace: float = 0.0


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
        return self.how in _AFTER or self.details.get("done", False)


class FaultPlan:
    """The faults to come, in the order they were planned."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, action: str, nth: int = 1, times: int = 1, *, how: str, **details: Any) -> Fault:
        """Plan a fault; ValueError when the kind or one of its details does not exist."""
        defaults = _KINDS.get(how)
        if defaults is None:
            raise ValueError(f"no fault {how!r}: choose among {', '.join(_KINDS)}")
        if unknown := sorted(details.keys() - defaults.keys()):
            raise ValueError(f"fault {how} has no {', '.join(unknown)}: it has {', '.join(defaults) or 'no details'}")
        if details.get("part", "body") not in _PARTS:
            raise ValueError(f"fault {how} has no part {details['part']!r}: choose among {', '.join(_PARTS)}")
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
            return WireAnswer(details["http_status"], {"Location": details["location"]}, b"")
        case "garbage":
            return WireAnswer(200, headers, b"\x00\xff this is no JSON")
        case "body":
            literal = {"Content-Type": "application/json;charset=utf-8"} | details["headers"]
            return WireAnswer(details["http_status"], literal, details["body"].encode())
        case how if how in _ATTACKS:
            return WireAnswer(200, {}, b"", pieces=_pieces(how, details), pace=details.get("seconds", 0.0))
        case _:
            return answer


def _pieces(how: str, details: dict[str, Any]) -> Iterator[bytes]:
    """The answer of an attacker, head and body, as far as anybody asks for it."""
    match how:
        case "endless":
            start, again = _PARTS[details["part"]]
            return itertools.chain([start], itertools.repeat(again))
        case "trickle":
            start, again = _PARTS[details["part"]]
            return itertools.chain([start], (bytes([byte]) for byte in itertools.cycle(again)))
        case "huge":
            size = details["size"]
            head = _OK + f"Content-Length: {size}\r\n\r\n".encode()
            return itertools.chain([head], (_PIECE[: size - sent] for sent in range(0, size, len(_PIECE))))
        case "bomb":
            return itertools.chain([_OK + b"Content-Encoding: gzip\r\n\r\n"], _packed(details["size"]))
        case _:
            return iter([details["answer"].encode("latin-1")])


def _packed(size: int) -> Iterator[bytes]:
    """So many blanks as gzip packs them: a thousandth of it."""
    gzip = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    for sent in range(0, size, len(_PIECE)):
        yield gzip.compress(_PIECE[: size - sent])
    yield gzip.flush()


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
