# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What verify_service_info does: look at each fact on each data plane, and say what to set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._openapi.errors import ApiError
from .._openapi.text import printable
from .alerts import Record
from .preflight_table import joined, line, numbered
from .report import Report
from .service_facts import FACTS, NOT_SEEN, NOT_VISIBLE, REFUTED, Asking, Fact
from .sessions import Plane


def run(planes: list[Plane], _options: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Options of verify_service_info in, its result out. Raises SecurityCenterError when no plane answers."""
    looks, failures = [], []
    for plane in planes:
        try:
            looks.append(_look_at(plane))
        except ApiError as error:
            failures.append(error)
            report.warn(f"data plane {plane.name or 'asked'} is missing in the result: {error}")
            looks.append({"data_plane": plane.name, "calls": 0, "facts": [], "error": error.as_dict()})
    if len(failures) == len(planes):
        raise failures[0]
    to_set = {one["name"]: one["to_set"] for look in looks for one in look["facts"] if one["to_set"]}
    not_visible = [{"statement": statement, "reason": reason} for statement, reason in NOT_VISIBLE]
    return {
        "changed": False,
        "data_planes": looks,
        "not_visible": not_visible,
        "to_set": to_set,
        "table": _table(looks, to_set),
    }


def _look_at(plane: Plane) -> Record:
    asking = Asking(plane.client)
    asking.open_alerts()  # what ends this ends all
    facts = [_look(fact, asking) for fact in FACTS]
    return {"data_plane": plane.name, "calls": asking.calls, "facts": facts, "error": None}


def _look(fact: Fact, asking: Asking) -> Record:
    asking.asked = []
    try:
        verdict, evidence = fact.look(asking)
    except ApiError as error:
        verdict, evidence = NOT_SEEN, str(error)
    return {
        "name": fact.name,
        "statement": fact.statement,
        "verdict": verdict,
        "evidence": printable(evidence),
        "to_set": fact.otherwise if verdict == REFUTED else "",
        "asked": asking.asked,
    }


def _table(looks: Sequence[Record], to_set: Mapping[str, str]) -> list[str]:
    groups = []
    for look in looks:
        name = look["data_plane"] or "as given"
        if look["error"]:
            groups.append(
                line("Data plane", f"{name}: NO ANSWER ({look['error']['code'] or look['error']['message']})")
            )
            continue
        lines = line("Data plane", f"{name}: {look['calls']} calls, all of them reads")
        for one in look["facts"]:
            lines += line(one["verdict"], one["statement"])
            if one["verdict"] != "confirmed":
                lines += line("", one["evidence"])
        groups.append(lines)
    groups.append(numbered("To set", [f"{name}: {what}" for name, what in to_set.items()] or ["Nothing."]))
    seen = [f"{statement} {reason[0].upper()}{reason[1:]}." for statement, reason in NOT_VISIBLE]
    groups.append(numbered("Not to be seen by reading", seen))
    return joined(groups)
