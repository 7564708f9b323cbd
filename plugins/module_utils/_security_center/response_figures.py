# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The numbers of a report, from its rows. Calls nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .alerts import Record, text
from .outcomes import HANDLED, PLANNED
from .plan import REFUSED
from .results import OUTCOMES

OPEN = ("pending", "processing")  # the statuses of an alert that is still to be handled
LEVELS = ("serious", "suspicious", "remind")
# The columns of the histogram: up to so many seconds, and one for what took longer.
_BINS = ((300, "5 min"), (900, "15 min"), (3600, "1 h"), (14400, "4 h"), (86400, "1 d"), (604800, "1 week"))
_LONGER = "longer"


def figures_of(rows: Sequence[Record], rules: Iterable[Mapping[str, Any]], open_count: int | None) -> dict[str, Any]:
    """What the rows of a report come to.

    ``rules`` are those of the plan (name, approval, operation_code), in its order; ``open_count`` is how many alerts were open
    when it was made, None for a period.
    """
    outcomes = Counter(row["outcome"] for row in rows if row["outcome"])
    unmatched = sum(row["outcome"] is None for row in rows)
    return {
        "open": open_count,
        "alerts": len(rows),
        "matched": len(rows) - unmatched,
        "unmatched": unmatched,
        "outcomes": {outcome: outcomes[outcome] for outcome in OUTCOMES},
        "rules": _rules(rows, rules),
        "left_for_approval": _left_for_approval(rows),
        "refusals": _by_code(rows, REFUSED),
        "levels": _levels(rows),
        "containment": containment([row["contained_after"] for row in rows if row["outcome"] == HANDLED]),
        "disagreements": sum(row["disagreement"] is not None for row in rows),
    }


def _rules(rows: Iterable[Record], rules: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    count: dict[str, Counter[str]] = {}
    for row in rows:
        if row["rule"] is not None:
            count.setdefault(row["rule"], Counter())[row["outcome"]] += 1
    told = []
    for rule in rules:
        name = text(rule.get("name")) or ""
        outcomes = {outcome: count.get(name, Counter())[outcome] for outcome in OUTCOMES}
        told.append(
            {
                "name": name,
                "approval": rule.get("approval") is True,
                "operation_code": text(rule.get("operation_code")),
                "count": sum(outcomes.values()),
                "outcomes": outcomes,
            }
        )
    return told


def _left_for_approval(rows: Iterable[Record]) -> list[dict[str, Any]]:
    """The rules that wait for an approval, and how many alerts each of them has."""
    count = Counter(row["rule"] for row in rows if row["approval"] and row["outcome"] == PLANNED)
    return [{"name": name, "count": alerts} for name, alerts in count.items()]


def _by_code(rows: Iterable[Record], outcome: str) -> list[dict[str, Any]]:
    count = Counter(row["error_code"] or "" for row in rows if row["outcome"] == outcome)
    return [{"error_code": code, "count": alerts} for code, alerts in count.most_common()]


def _levels(rows: Iterable[Record]) -> list[dict[str, Any]]:
    """How many alerts of each level there were, and how many of them are open now.

    An alert that no rule matched is not read again, and counts as open.
    """
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    for row in rows:
        level = row["level"] or "unknown"
        before[level] += 1
        after[level] += row["outcome"] is None or row["event_status_now"] in OPEN
    order = [*LEVELS, *sorted(before.keys() - set(LEVELS))]
    return [{"level": level, "before": before[level], "after": after[level]} for level in order if before[level]]


def containment(seconds: Sequence[int | None]) -> dict[str, Any]:
    """From detection to containment, of the alerts that were handled: None is one of which a time is not known."""
    known = sorted(value for value in seconds if value is not None)
    count = Counter(next((label for most, label in _BINS if value <= most), _LONGER) for value in known)
    return {
        "alerts": len(known),
        "without_time": len(seconds) - len(known),
        "median_seconds": percentile(known, 50),
        "p90_seconds": percentile(known, 90),
        "histogram": [
            {"up_to": label, "count": count[label]} for label in (*(label for _most, label in _BINS), _LONGER)
        ],
    }


def percentile(ordered: Sequence[int], percent: int) -> int | None:
    """The percentile of ``ordered`` numbers, between two neighbours in proportion, in whole numbers; None when there are none."""
    if not ordered:
        return None
    place, part = divmod((len(ordered) - 1) * percent, 100)
    above = ordered[min(place + 1, len(ordered) - 1)]
    return round(ordered[place] + (above - ordered[place]) * part / 100)
