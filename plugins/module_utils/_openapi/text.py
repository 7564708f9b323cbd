# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text from outside, made fit for a sentence that a person reads in a terminal or a log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

_LONGEST = 200


def printable(value: object, longest: int = _LONGEST) -> str:
    r"""``value`` as one line without control characters, cut to ``longest`` characters.

    Control, format and surrogate characters (escape sequences, line breaks, right-to-left overrides) are shown as
    ``\x1b`` or ``\u202e``, so that text written by an attacker is read and never acted upon.
    """
    text = value if isinstance(value, str) else str(value)
    cut = text[:longest]
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut)
    return shown if len(text) <= longest else f"{shown}…"


def clean(text: str) -> str:
    """``text`` with each lone surrogate replaced by U+FFFD, so that it can be encoded as UTF-8."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
    return text


def every_text(change: Callable[[str], str], value: Any) -> Any:
    """``value``, a tree of mappings and lists, with ``change`` applied to each text in it, names included."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {change(str(name)): every_text(change, part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [every_text(change, part) for part in value]
    return value
