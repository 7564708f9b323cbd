# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of a report's page: on a phone each row of one is a card."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from .response_markup import Markup, joined, tag

MOST_ROWS = 100  # in one table; the files beside the page have them all

Row = Mapping[str, Any]


class Column(NamedTuple):
    heading: str
    cell: Callable[[Row], object]
    number: bool = False


def table(caption: str, columns: Sequence[Column], rows: Sequence[Row]) -> Markup:
    """The first rows as a table, whose parts keep their roles when the style sheet makes cards of them."""
    head = [tag("th", one.heading, scope="col", role="columnheader", class_=_class(one)) for one in columns]
    body = [tag("tr", *(_cell(one, row) for one in columns), role="row") for row in rows[:MOST_ROWS]]
    return tag(
        "div",
        tag(
            "table",
            tag("caption", caption),
            tag("thead", tag("tr", *head, role="row"), role="rowgroup"),
            tag("tbody", *body, role="rowgroup"),
            role="table",
        ),
        class_="table",
    )


def _cell(column: Column, row: Row) -> Markup:
    # On a phone the heading stands before the cell's parts, which stay together in one element.
    parts = tag("div", column.cell(row))
    return tag("td", parts, role="cell", data_label=column.heading, class_=_class(column))


def _class(column: Column) -> str | None:
    return "number" if column.number else None


def lines(*parts: tuple[object, str], lang: str | None = None) -> Markup:
    """Texts one below the other, each with its class; empty ones are left out.

    An attacker's text keeps its direction and its place: it can't run into what stands beside it.
    """
    shown = [
        tag("bdi", part, class_=f"text {class_}".strip(), lang=lang) for part, class_ in parts if part not in (None, "")
    ]
    return joined(*shown) if shown else tag("span", "–", class_="soft")


def badge(outcome: str) -> Markup:
    return tag("span", outcome, class_=f"badge {outcome}")


def duration(seconds: int | None) -> str:
    """Seconds in the two largest units that they fill, such as ``2 h 5 min``."""
    if seconds is None:
        return "–"
    left = seconds
    told: list[str] = []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count or (unit == "s" and not told):
            told.append(f"{count} {unit}")
        elif told:
            break
    return " ".join(told[:2])


def moment(iso: object) -> str:
    """A time as people read it: ``2026-11-22 09:00:00 UTC``."""
    return str(iso or "").replace("T", " ").replace("Z", " UTC")


def alert_columns(content: Row) -> list[Column]:
    """The columns that tell of an alert, what was done, and how it stands."""
    lang = "zh" if content["lang"] == "zh" else None
    chosen = [] if content["kind"] == "period" else [Column("Rule", _rule)]
    operation = (
        [Column("Operation", lambda row: lines((row["operation_code"], "")))] if content["kind"] == "period" else []
    )
    return [
        Column("Alert", lambda row: _alert(row, lang)),
        Column("Level", lambda row: lines((row["level"], ""))),
        Column("Asset", _asset),
        *chosen,
        *operation,
        Column("Outcome", _outcome),
        Column("Status", _status),
        Column("Detected", _detected),
    ]


def unmatched_columns(content: Row) -> list[Column]:
    left_out = ("Rule", "Outcome", "Status")
    return [column for column in alert_columns(content) if column.heading not in left_out]


def _alert(row: Row, lang: str | None) -> Markup:
    name = row["alarm_event_name_display"] or row["alarm_event_name"] or row["name"]
    kind = row["alarm_event_type_display"] or row["alarm_event_type"]
    return joined(lines((name, "strong"), (kind, "small"), lang=lang), lines((row["security_event_id"], "id small")))


def _asset(row: Row) -> Markup:
    addresses = " · ".join(str(row[name]) for name in ("internet_ip", "intranet_ip") if row[name])
    return lines((row["instance_name"] or row["instance_id"] or row["uuid"], ""), (addresses, "small"))


def _rule(row: Row) -> Markup:
    return lines((row["rule"], ""), (row["operation_code"], "id small"))


def _outcome(row: Row) -> Markup:
    before = "; ".join(
        f"{one.get('operation_code')}: {one.get('message') or one.get('error_code')}" for one in row["tried"]
    )
    said = [(row["message"], "small"), ("" if row["message"] else row["error_code"], "small")]
    said += [
        (before and f"tried before: {before}", "small"),
        (row["request_id"] and f"request {row['request_id']}", "id small"),
    ]
    return joined(badge(row["outcome"]), lines(*said) if any(text for text, _class in said) else "")


def _status(row: Row) -> Markup:
    before, after, now = (row[f"event_status_{when}"] for when in ("before", "after", "now"))
    led = after if before in (None, after) else f"{before} → {after or '?'}"
    later = (
        f"now {now}" if now not in (None, after) else "not listed now" if row["disagreement"] and now is None else ""
    )
    return lines((led, ""), (later, "differs" if row["disagreement"] else "small"))


def _detected(row: Row) -> Markup:
    contained = row["contained_after"]
    after = "" if contained is None else f"contained after {duration(contained)}"
    return lines((moment(row["occurrence_time"]), ""), (after, "small"))
