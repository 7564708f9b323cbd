# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a check found, as lines for a person. A line with what Ansible puts around it fits 80 columns."""

from __future__ import annotations

import textwrap
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from .._openapi.text import printable
from .alerts import Record

WIDTH = 68
_LABEL = 12
_MOST_ACCOUNTS = 20
_WIDE = ("W", "F")


def table_of(found: Record) -> list[str]:
    """The lines of what preflight_info ``found``."""
    lines = [
        *line("Caller", _caller(found)),
        *line("Login", found["credential_method"]),
        *line("Clock", _clock(found["clock"])),
    ]
    for plane in found["data_planes"]:
        lines += ["", *_plane(plane)]
    for name in dict.fromkeys(one["data_plane"] for one in found["accounts"]):
        lines += ["", *_accounts(name, [one for one in found["accounts"] if one["data_plane"] == name])]
    return [*lines, "", *numbered("Next", found["next_steps"])]


def line(label: str, value: object) -> list[str]:
    """A label and its value, the value cut into lines of its own column."""
    head = printable(label)
    gap = " " * max(1, _LABEL - len(head))
    return _wrapped(f"{head}{gap}{_narrow(value)}", " " * _LABEL)


def numbered(title: str, steps: Sequence[str]) -> list[str]:
    """A title, and steps below it."""
    return [title, *(one for at, step in enumerate(steps, 1) for one in _wrapped(f"  {at}. {_narrow(step)}", "     "))]


def _clock(clock: Record) -> str:
    if clock["ok"] is None:
        return "not known: no answer told the time"
    return f"{clock['skew']:+d} s ({'ok' if clock['ok'] else 'TOO FAR OFF'}, the limit is {clock['limit']} s)"


def _caller(found: Record) -> str:
    identity = found["identity"]
    if identity:
        return f"{identity['arn']} ({identity['identity_type']})"
    error = found["identity_error"]
    return f"not known: {error['code'] or error['message']}"


def _plane(plane: Record) -> list[str]:
    name = plane["data_plane"] or "as given"
    if not plane["answers"]:
        return line("Data plane", f"{name}: NO ANSWER ({plane['error']['code'] or plane['error']['message']})")
    bought = plane["edition"] or f"number {plane['version']}" if plane["version"] is not None else "not told"
    count = Counter(one["status"] for one in plane["permissions"])
    lines = line("Data plane", f"{name}: answers, edition {bought}")
    lines += line("  Reads", f"{count['granted']} of {sum(count.values())} granted")
    for one in plane["permissions"]:
        if one["status"] != "granted":
            why = f": {one['reason']}" if one["status"] in ("unknown", "not probed") else ""
            lines += _wrapped(f"  {one['status']:<11}{one['action']}{_narrow(why)}", " " * 13)
    return lines


def _accounts(plane: str | None, accounts: Sequence[Record]) -> list[str]:
    """The members on one plane, those that do not answer first: there may be hundreds of the others."""
    shown = sorted(accounts, key=lambda one: one["error"] is None)[:_MOST_ACCOUNTS]
    silent = sum(one["error"] is not None for one in accounts)
    where = f"{plane}: " if plane else ""
    lines = line("Members", f"{where}{len(accounts) - silent} answer, {silent} do not")
    for one in shown:
        told = one["error"]["code"] or one["error"]["message"] if one["error"] else f"open alerts: {one['total_count']}"
        lines += _wrapped(f"  {printable(one['resource_directory_account_id'] or 'all')}  {_narrow(told)}", "    ")
    left = len(accounts) - len(shown)
    return [*lines, f"  and {left} more"] if left else lines


def _narrow(value: object) -> str:
    """``value`` in one column a character, and without what a result shows as two."""
    text = printable(value, longest=300).replace("\\", "/").replace('"', "'")
    return "".join("?" if unicodedata.east_asian_width(c) in _WIDE or unicodedata.combining(c) else c for c in text)


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False) or [""]


def joined(groups: Iterable[Sequence[Any]]) -> list[Any]:
    """The groups, an empty line between them."""
    lines: list[Any] = []
    for group in groups:
        lines += ["", *group] if lines else group
    return lines
