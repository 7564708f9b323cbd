# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as one page that needs nothing else: no network, no script, only what the report holds."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .outcomes import FAILED, HANDLED, PLANNED, UNKNOWN
from .plan import REFUSED, UNCHANGED
from .response_charts import bars, columns
from .response_figures import LEVELS
from .response_markup import Markup, joined, markup, tag, text_block
from .response_style import STYLE
from .response_tables import (
    MOST_ROWS,
    Column,
    Row,
    alert_columns,
    badge,
    duration,
    lines,
    moment,
    table,
    unmatched_columns,
)

_MOST_TASKS = 20  # ways back that are shown; the JSON has them all
_TITLES = {
    "plan": "Plan for open alerts",
    "response": "Response to alerts",
    "period": "Handled alerts",
}


def page_of(content: Mapping[str, Any]) -> str:
    """The page of a report, whose content is as the JSON file has it."""
    style_hash = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'sha256-{style_hash}'; base-uri 'none'; form-action 'none'"
    title = f"{_TITLES[content['kind']]} · {content['name']}"
    head = tag(
        "head",
        Markup('<meta charset="utf-8">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{markup(policy, 1000)}">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="color-scheme" content="light dark">'),
        Markup('<meta name="referrer" content="no-referrer">'),
        tag("title", title),
        Markup(f"<style>{STYLE}</style>"),
    )
    sections = [section for section in _sections(content) if section is not None]
    links = [tag("li", tag("a", heading, href=f"#{name}")) for name, heading, _body in sections]
    body = tag(
        "body",
        tag("header", *_heading(content)),
        tag(
            "main",
            tag("nav", tag("ul", *links), aria_label="Sections"),
            _tiles(content),
            *(_section(name, heading, part) for name, heading, part in sections),
        ),
        tag("footer", _where_the_rest_is(content)),
    )
    return "<!DOCTYPE html>\n" + tag("html", head, body, lang="en") + "\n"


Section = tuple[str, str, Markup]


def _sections(content: Row) -> Iterable[Section | None]:
    alerts = content["alerts"]

    def of(*outcomes: str | None) -> list[Row]:
        return [row for row in alerts if row["outcome"] in outcomes]

    def listed(name: str, heading: str, told: str, rows: Sequence[Row]) -> Section | None:
        return (name, f"{heading} ({len(rows):,})", _alerts(content, told, rows)) if rows else None

    yield _disagreements(content)
    yield _charts(content)
    yield _rules(content)
    yield _left_for_approval(content)
    yield listed(
        "failures",
        "Failed or unknown",
        "Alerts of which the service said that it failed, or of which nobody knows. A request id is what the vendor's support asks for.",
        of(FAILED, UNKNOWN),
    )
    yield _failed_calls(content)
    yield listed(
        "refused",
        "Refused",
        "Alerts that nothing was sent for, because a guard rail or a check forbade it.",
        of(REFUSED),
    )
    yield listed("handled", "Handled", "Alerts that the service said it has handled.", of(HANDLED))
    yield _way_back(content)
    yield listed("unchanged", "Unchanged", "Alerts that were already as their rule wants them.", of(UNCHANGED))
    planned = "Alerts that a rule chose, and that nothing was sent for yet."
    yield listed("planned", "Planned", planned, of(PLANNED))
    yield _unmatched(content, of(None))
    yield _record(content)


def _section(name: str, heading: str, body: Markup) -> Markup:
    return tag(
        "section",
        tag("h2", heading, id=f"{name}-heading"),
        body,
        id=name,
        aria_labelledby=f"{name}-heading",
        class_="warning" if name == "disagreements" else None,
    )


def _alerts(content: Row, told: str, rows: Sequence[Row], shown: Sequence[Column] | None = None) -> Markup:
    """A table of alerts, the most serious first, and where the rest of them is."""
    by_level = sorted(rows, key=lambda row: LEVELS.index(row["level"]) if row["level"] in LEVELS else len(LEVELS))
    return joined(table(told, shown or alert_columns(content), by_level), _more(content, rows, "csv", "json"))


def _more(content: Row, rows: Sequence[Row], *kinds: str) -> Markup | str:
    """Where the rows are that a table has no room for."""
    if len(rows) <= MOST_ROWS:
        return ""
    files = " and ".join(f"{content['name']}.{kind}" for kind in kinds)
    where = f"The first {MOST_ROWS} of {len(rows):,} are shown here. All of them are in {files}."
    return tag("p", where, class_="note")


def _heading(content: Row) -> Iterable[Markup]:
    figures, outcomes = content["figures"], content["figures"]["outcomes"]
    yield tag("h1", _TITLES[content["kind"]])
    done = ", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.items() if count) or "none"
    if content["kind"] == "period":
        period = content["period"]
        between = f"between {moment(period['start'])} and {moment(period['end'])}"
        lead = f"{_count(figures['alerts'], 'alert')} handled {between}."
    else:
        matched = "matches" if figures["matched"] == 1 else "match"
        lead = f"Of {_count(figures['alerts'], 'open alert')}, {figures['matched']:,} {matched} a rule of the policy: {done}."
        if not figures["alerts"]:
            lead = "No alert was open when the plan was made."
        elif not figures["matched"]:
            lead = f"Of {_count(figures['alerts'], 'open alert')}, none matches a rule of the policy."
    yield tag("p", lead, class_="lead")
    member = f"member account {content['account']} at " if content["account"] else ""
    yield tag("p", f"Made {moment(content['made'])} of {member}{content['endpoint']}", class_="note")


def _tiles(content: Row) -> Markup:
    figures, outcomes = content["figures"], content["figures"]["outcomes"]
    time = figures["containment"]
    tiles: list[tuple[str, str, str, str]] = []
    if content["kind"] != "period":
        open_now = sum(level["after"] for level in figures["levels"])
        tiles.append(("Open when planned", f"{figures['alerts']:,}", f"{open_now:,} open now", ""))
    if content["kind"] != "plan":
        tiles.append(
            (
                "Handled",
                f"{outcomes[HANDLED]:,}",
                _share(outcomes[HANDLED], figures["matched"] or figures["alerts"]),
                HANDLED,
            )
        )
    not_sure = outcomes[FAILED] + outcomes[UNKNOWN]
    if content["kind"] != "period":
        tiles += [
            (
                "Planned",
                f"{outcomes[PLANNED]:,}",
                f"{sum(rule['count'] for rule in figures['left_for_approval']):,} wait for an approval",
                PLANNED,
            ),
            ("Refused", f"{outcomes[REFUSED]:,}", "nothing was sent", REFUSED),
        ]
    if content["kind"] == "response":
        tiles.append(("Failed or unknown", f"{not_sure:,}", f"{outcomes[UNKNOWN]:,} unknown", FAILED))
    if content["kind"] != "plan":
        p90 = f"90 % within {duration(time['p90_seconds'])}" if time["alerts"] else "no times known"
        tiles.append(("Median to containment", duration(time["median_seconds"]), p90, ""))
    return tag(
        "dl",
        *(
            tag("div", tag("dt", name), tag("dd", value, tag("small", more)), class_=tone or None)
            for name, value, more, tone in tiles
        ),
        class_="tiles",
    )


def _disagreements(content: Row) -> Section | None:
    rows = [row for row in content["alerts"] if row["disagreement"]]
    if not rows:
        return None
    alert, _level, asset, *_rest = alert_columns(content)
    shown = [
        alert,
        asset,
        Column("Rule", lambda row: lines((row["rule"], ""))),
        Column("Told", _told),
        Column("The service shows", lambda row: lines((row["event_status_now"] or "not listed", "differs"))),
    ]
    told = "Each alert was read again for this report. Look at these in the console: what the service shows is not what was told of them."
    return (
        "disagreements",
        f"The service disagrees on {_count(len(rows), 'alert')}",
        _alerts(content, told, rows, shown),
    )


def _failed_calls(content: Row) -> Section | None:
    calls = content["failed_calls"]
    if not calls:
        return None
    shown = [
        Column("Call", lambda row: lines((row.get("action"), "id"))),
        Column("Code", lambda row: lines((row.get("code"), ""))),
        Column("What the service said", lambda row: lines((row.get("message"), ""))),
        Column("Request id", lambda row: lines((row.get("request_id"), "id"))),
    ]
    body = table("Calls that went wrong, in their order.", shown, calls)
    return "failed-calls", f"Failed calls ({len(calls):,})", joined(body, _more(content, calls, "json"))


def _told(row: Row) -> Markup:
    left = row["event_status_after"]
    return joined(badge(row["outcome"]), lines((f"left {left}", "small")) if left else "")


def _charts(content: Row) -> Section | None:
    figures = content["figures"]
    if not figures["alerts"]:
        return None
    drawings = []
    outcomes = [(name, count, name) for name, count in figures["outcomes"].items() if count]
    if figures["unmatched"]:
        outcomes.append(("no rule", figures["unmatched"], "none"))
    if content["kind"] != "period":
        described = "; ".join(f"{name}: {count}" for name, count, _class in outcomes)
        drawings.append(
            _figure(
                "Outcomes",
                bars("outcomes", "Outcomes", described, outcomes),
                "What became of each alert that was open.",
            )
        )
    drawings.append(_levels(content))
    time = figures["containment"]
    if time["alerts"]:
        histogram = [(one["up_to"], one["count"]) for one in time["histogram"]]
        described = "; ".join(
            f"up to {label}: {count}" if label != "longer" else f"longer: {count}" for label, count in histogram
        )
        left_out = f"; of {time['without_time']:,} more a time is not known" if time["without_time"] else ""
        drawings.append(
            _figure(
                "Time from detection to containment",
                columns("containment", "Time from detection to containment", described, histogram),
                f"Median {duration(time['median_seconds'])}, 90th percentile {duration(time['p90_seconds'])}, "
                f"of {_count(time['alerts'], 'handled alert')}{left_out}. Each column counts those that took longer than the one before.",
            )
        )
    return "overview", "Overview", tag("div", *drawings, class_="charts")


def _levels(content: Row) -> Markup:
    levels = content["figures"]["levels"]
    if content["kind"] == "period":
        rows = [(level["level"], level["before"], "handled") for level in levels]
        told = "The handled alerts by level."
        title = "Handled by level"
    else:
        rows = [
            row
            for level in levels
            for row in (
                (f"{level['level']}, then", level["before"], "before"),
                (f"{level['level']}, now", level["after"], "planned"),
            )
        ]
        title = "Open alerts by level"
        told = (
            "Open when planned (dashed) and now (filled). Alerts without a rule were not read again, and count as open."
        )
    described = "; ".join(f"{label}: {count}" for label, count, _class in rows)
    return _figure(title, bars("levels", title, described, rows), told)


def _figure(title: str, drawing: Markup, told: str) -> Markup:
    return tag("figure", tag("h3", title), drawing, tag("figcaption", told))


def _rules(content: Row) -> Section | None:
    rules = content["figures"]["rules"]
    if not rules:
        return None
    seen = [HANDLED, REFUSED, FAILED, UNKNOWN, UNCHANGED, PLANNED]
    seen = [outcome for outcome in seen if any(rule["outcomes"][outcome] for rule in rules)]

    def outcome_column(outcome: str) -> Column:
        return Column(outcome.capitalize(), lambda row: f"{row['outcomes'][outcome]:,}", number=True)

    shown = [
        Column("Rule", lambda row: lines((row["name"], "strong"))),
        Column("Operation", lambda row: lines((row["operation_code"], "id"))),
        Column("Approval", lambda row: "required" if row["approval"] else "not needed"),
        Column("Alerts", lambda row: f"{row['count']:,}", number=True),
        *map(outcome_column, seen),
    ]
    return "rules", "By rule", table("The rules of the policy that chose alerts, in their order.", shown, rules)


def _left_for_approval(content: Row) -> Section | None:
    left = content["figures"]["left_for_approval"]
    if not left:
        return None
    items = [
        tag("li", tag("bdi", rule["name"], class_="strong"), f": {_count(rule['count'], 'alert')}") for rule in left
    ]
    told = "These rules act only when a second person approves them. Until then their alerts stay as they are."
    return "approval", "Left for approval", joined(tag("p", told), tag("ul", *items))


def _way_back(content: Row) -> Section | None:
    tasks = content["ways_back"]
    for_good = [row for row in content["alerts"] if row["outcome"] == HANDLED and not row["revert"]]
    if content["kind"] == "period" or not (tasks or for_good):
        return None
    parts = []
    if tasks:
        parts.append(
            tag(
                "p",
                "These tasks take back what was done, or may have been. Paste one into a playbook, and run it in check mode first.",
            )
        )
        parts += [tag("pre", tag("code", text_block(task["task"]))) for task in tasks[:_MOST_TASKS]]
    if len(tasks) > _MOST_TASKS:
        where = f"The first {_MOST_TASKS} of {_count(len(tasks), 'task')} are shown here. All of them are in {content['name']}.json."
        parts.append(tag("p", where, class_="note"))
    if for_good:
        codes = sorted({str(row["operation_code"]) for row in for_good})
        parts.append(
            tag("p", f"Nothing takes back the handling of {_count(len(for_good), 'alert')} by {', '.join(codes)}.")
        )
    return "way-back", "The way back", joined(*parts)


def _unmatched(content: Row, rows: Sequence[Row]) -> Section | None:
    if not rows:
        return None
    told = "Alerts that no rule of the policy matches. They were left alone, and not read again."
    return "no-rule", f"Without a rule ({len(rows):,})", _alerts(content, told, rows, unmatched_columns(content))


def _record(content: Row) -> Section:
    plan, facts = content["plan"], []
    if plan is not None:
        facts = [
            ("Planned", _by(plan.get("created_by"), plan.get("created"), plan.get("job_id"))),
            ("Valid until", moment(plan.get("valid_until"))),
            ("Plan", tag("span", plan["plan_id"], class_="id")),
            ("Digest of the plan", tag("span", plan["digest"], class_="id")),
            (
                "Signature",
                "fits the key of this task" if plan["signature_checked"] else "not checked: this task has no key",
            ),
            ("Digest of the policy", tag("span", plan.get("policy_digest") or "–", class_="id")),
            ("Policy file", plan.get("policy_file") or "–"),
        ]
    for run in content["runs"]:
        facts.append(("Applied", joined(_by(run["user"], run["started"], run["run"]), *_end(run))))
        facts.append(("Approved by", run["approved_by"] or "nobody"))
    if plan is not None and not content["runs"]:
        facts.append(("Applied", "not yet, as far as this report was told"))
    if content["period"]:
        facts.append(("Period", f"{moment(content['period']['start'])} to {moment(content['period']['end'])}"))
    facts += [("Account", content["account"] or "the account of the access key"), ("Endpoint", content["endpoint"])]
    body = tag("dl", *(joined(tag("dt", name), tag("dd", value)) for name, value in facts), class_="facts")
    return "record", "For the record", body


def _by(who: object, when: object, job: object) -> Markup:
    run = joined(", run ", tag("bdi", job, class_="id")) if job else ""
    return joined(tag("bdi", who or "somebody"), f", {moment(when) or 'at a time that is not told'}", run)


def _end(run: Row) -> Iterable[str]:
    yield f", ended {moment(run['ended'])}" if run["ended"] else ", broken off before its end"


def _where_the_rest_is(content: Row) -> Markup:
    name = content["name"]
    return tag(
        "p",
        f"The same as data is in {name}.json, and a table with one row an alert in {name}.csv. All times are in UTC.",
    )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def _share(part: int, whole: int) -> str:
    return f"{round(100 * part / whole)} % of {whole:,}" if whole else "of none"
