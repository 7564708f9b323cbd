# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tasks that take a response back, as text for a playbook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from .alerts import Record
from .guardrails import DEFAULT_MAX_EVENTS
from .outcomes import HANDLED, UNKNOWN

_MODULE = re.compile(r"alicloud\.security_center\.[a-z_]+")
_NAME = re.compile("[a-z_]+")
_IDS_A_LINE = 8
# Marks of a template. A text with the header is one without any of the others: the header names other marks.
_TEMPLATE = ("{{", "{%", "{#", "#jinja2:")


def ways_back(rows: Iterable[Record]) -> list[dict[str, Any]]:
    """The tasks that take back what was done, or may have been: module, options, and ``task``, the same as YAML.

    Alerts that go back in the same way share a task, as many as one task takes by default.
    """
    groups: dict[str, tuple[str, dict[str, Any], list[str]]] = {}
    for row in rows:
        if row["outcome"] in (HANDLED, UNKNOWN) and row["revert"]:
            module, options = str(row["revert"].get("module")), row["revert"].get("options")
            if not (_MODULE.fullmatch(module) and isinstance(options, Mapping) and all(map(_NAME.fullmatch, options))):
                continue  # no run of ours wrote that, and what is pasted into a playbook is carried out
            same = {name: value for name, value in options.items() if name != "security_event_ids"}
            key = json.dumps([module, same], sort_keys=True)
            groups.setdefault(key, (module, same, []))[2].append(row["security_event_id"])
    tasks = []
    for module, same, ids in groups.values():
        for start in range(0, len(ids), DEFAULT_MAX_EVENTS):
            options = {"security_event_ids": ids[start : start + DEFAULT_MAX_EVENTS], **same}
            tasks.append({"module": module, "options": options, "task": task_text(module, options)})
    return tasks


def task_text(module: str, options: Mapping[str, Any]) -> str:
    """A task as YAML. What could be a template in it is marked as none (C(!unsafe)): it may be an attacker's text."""
    ids = options["security_event_ids"]
    count = "1 alert" if len(ids) == 1 else f"{len(ids)} alerts"
    what = options.get("operation_code") or "the handling"
    lines = [f"- name: {_scalar(f'Take back {what} of {count}')}", f"  {module}:"]
    lines.append("    security_event_ids:")
    for start in range(0, len(ids), _IDS_A_LINE):
        before, after = "[" if not start else " ", "," if start + _IDS_A_LINE < len(ids) else "]"
        lines.append(f"      {before}{', '.join(map(_scalar, ids[start : start + _IDS_A_LINE]))}{after}")
    same = {name: value for name, value in options.items() if name != "security_event_ids"}
    lines += [f"    {name}: {_value(value)}" for name, value in same.items()]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    """``value`` in YAML's flow style, on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(name)}: {_value(part)}" for name, part in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_value, value)) + "]"
    return _scalar(value) if isinstance(value, str) else json.dumps(value)


def _scalar(text: str) -> str:
    """``text`` as a double-quoted scalar of printable characters (https://yaml.org/spec/1.1/#id872840)."""
    quoted = '"' + "".join(map(_character, text)) + '"'
    return f"!unsafe {quoted}" if any(mark in text for mark in _TEMPLATE) else quoted


def _character(one: str) -> str:
    if one in '\\"':
        return "\\" + one
    if one.isprintable():
        return one
    code = ord(one)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
