# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as a table for spreadsheets: one row an alert."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from .._openapi.text import printable

_LONGEST = 32_000  # a spreadsheet's cell holds 32,767 characters
# What makes a formula of a cell, in its full-width and small forms too, when blanks or quotes come before it. A separator
# begins a cell where the reader's settings have that one: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = re.compile("(^|[,;|])(?=[\\s\"']*[=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212])")

COLUMNS = (
    "security_event_id",
    "rule",
    "operation_code",
    "approval",
    "outcome",
    "error_code",
    "message",
    "event_status_before",
    "event_status_after",
    "event_status_now",
    "disagreement",
    "level",
    "alarm_event_type",
    "alarm_event_type_display",
    "alarm_event_name",
    "alarm_event_name_display",
    "name",
    "instance_name",
    "instance_id",
    "uuid",
    "internet_ip",
    "intranet_ip",
    "attacker_addresses",
    "source_ali_uid",
    "support_operate_code",
    "occurrence_time",
    "last_time",
    "operate_time",
    "contained_after",
    "task_id",
    "request_id",
    "remark",
    "revert",
)


def csv_of(rows: Iterable[Mapping[str, Any]]) -> str:
    """The rows of a report as RFC 4180 has them, after the mark by which spreadsheets know UTF-8."""
    lines = [COLUMNS, *([row.get(column) for column in COLUMNS] for row in rows)]
    return "\ufeff" + "".join(",".join(map(cell, line)) + "\r\n" for line in lines)


def cell(value: Any) -> str:
    """``value`` as a quoted cell in one line that no spreadsheet takes for a formula.

    Line breaks and control characters are shown as escapes, and an apostrophe stands before what would begin a formula.
    """
    if isinstance(value, int):  # a number is ours, and True is written as in JSON
        return f'"{json.dumps(value)}"'
    if isinstance(value, Mapping):
        value = json.dumps(value)
    shown = printable(" ".join(map(str, value)) if isinstance(value, list) else value or "", _LONGEST)
    # Escapes and apostrophes make a text longer, and a spreadsheet puts what is too long into the next cell.
    return '"' + _FORMULA.sub(r"\1'", shown)[:_LONGEST].replace('"', '""') + '"'
