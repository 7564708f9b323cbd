# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan keeps of each alert: what a rule wants to be done about it, and the state that it was seen in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Callable

from .._openapi.text import printable
from .alerts import FIELD_NAMES, Record, rows_of, texts
from .choosing import Case
from .finding import Found
from .policy import Step

# What is read of an alert: what decides about it, and what the operation may act upon.
FIELDS = tuple(name for name in FIELD_NAMES if name not in ("desc", "event_notes", "tactic_items"))
_SHOWN = (
    "id", "name", "alarm_event_name", "alarm_event_name_display", "alarm_event_type", "alarm_event_type_display", "level",
    "event_status", "occurrence_time", "occurrence_time_stamp", "last_time", "last_time_stamp", "uuid", "instance_id",
    "instance_name", "internet_ip", "intranet_ip", "source_ali_uid", "support_operate_code", "attacker_addresses",
)  # fmt: skip
# What must be the same when the plan is carried out. That an alert occurs again does not make it another one.
_SEEN = (
    "security_event_ids", "event_status", "level", "name", "alarm_event_name", "alarm_event_type", "uuid", "instance_id",
    "instance_name", "support_operate_code", "attacker_addresses",
)  # fmt: skip
# And what one operation of a rule may change before the next one is tried.
_HANDLING = ("operate_error_code", "operate_time_stamp")


def line_of(
    given: str, found: Found, case: Case | None, row: Mapping[str, Any] | None, tidy: Callable[[Any], Any]
) -> dict[str, Any]:
    """The line of an alert: with a ``case``, and the ``row`` of the result, when a rule has chosen it.

    ``tidy`` is that of :func:`.saved_files.tidier`.
    """
    alert = found.alert or {}
    row = row or {}
    line = {
        "security_event_id": given,
        "event_ids": list(found.event_ids),
        "rule": case.rule if case else None,
        "operation_code": case.step.operation_code if case else None,
        "steps": [step._asdict() for step in case.steps[case.place :]] if case else [],
        "approval": bool(case and case.approval),
        "remark": case.remark if case else None,
        "outcome": row.get("outcome"),
        "error_code": row.get("error_code") or found.code,
        "message": row.get("message") or found.reason,
        "alert": {name: alert.get(name) for name in _SHOWN},
    }
    return {**tidy(line), "seen": seen(alert, tidy) if alert else {}}


def case_of(line: Mapping[str, Any]) -> Case:
    """What a line wants to be done about an alert, which is still to be read again."""
    steps = tuple(
        Step(
            str(step.get("operation_code")),
            dict(step.get("operation_params") or {}),
            tuple(rows_of(step.get("mark_miss_param"))),
        )
        for step in rows_of(line["steps"])
    )
    return Case(
        str(line["security_event_id"]),
        Found(None),
        str(line["rule"]),
        steps,
        line["remark"],
        approval=line["approval"] is not False,
    )


def seen(alert: Record, tidy: Callable[[Any], Any]) -> dict[str, Any]:
    """The state of an alert, as far as a rule or an operation may turn on it. Its details are told as a digest."""
    details = json.dumps(alert["details"], sort_keys=True).encode("ascii")
    state: dict[str, Any] = tidy({name: alert[name] for name in (*_SEEN, *_HANDLING)})
    return {**state, "details": hashlib.sha256(details).hexdigest()}


def what_changed(before: Mapping[str, Any], now: Mapping[str, Any], *, tried: bool) -> str:
    """What is different between two states of an alert as :func:`seen` tells them, for a sentence, or an empty text.

    ``tried`` says that an operation of the rule was tried since, and leaves its trace.
    """
    for name in (*_SEEN, *(() if tried else _HANDLING), "details"):
        if before.get(name) != now[name]:
            if name == "details":
                return "its details are others than when the plan was made"
            return f"{name} was {_told(before.get(name))} when the plan was made, and is {_told(now[name])} now"
    return ""


def _told(value: object) -> str:
    shown = ", ".join(texts(value)) if isinstance(value, list) else value
    return "not told" if shown in (None, "") else printable(shown)
