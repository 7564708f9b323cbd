# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What security_event_report does: a plan and its journal, or a period, in; a page, its data and a table out."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from typing import Any

from .._openapi.client import OpenApiClient
from .._openapi.errors import OptionError
from .._openapi.text import printable
from .alerts import number, record_of
from .event_info import given_time
from .finding import find_rows
from .listing import list_alerts
from .plan_file import saved_plan
from .report import Report
from .request import account_id
from .response_csv import csv_of
from .response_figures import figures_of
from .response_journal import read_journal
from .response_page import page_of
from .response_rows import PERIOD_FIELDS, rows_of_period, rows_of_plan, verify
from .response_tasks import ways_back
from .saved_files import tidier, write_file
from .service import endpoint_of
from .times import iso

_FORMAT = 1
_MOST_RETURNED = 200  # disagreements in a result; the files have them all


def run(client: OpenApiClient, options: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Options of security_event_report in, its result out. Raises SecurityCenterError."""
    directory = options["report_directory"]
    if "\0" in directory or not os.path.isdir(directory):
        raise OptionError(f"report_directory {printable(directory, longest=1000)} is no directory: make it first")
    endpoint = endpoint_of(options)
    account = account_id("resource_directory_account_id", options.get("resource_directory_account_id"))
    source = _of_a_plan if options.get("time_start") is None else _of_a_period
    content = source(client, {**options, "endpoint": endpoint, "resource_directory_account_id": account}, report)
    content = tidier(client)(content)
    name, made = content["name"], iso(int(client.now() * 1000))
    files = {kind: os.path.join(directory, f"{name}.{kind}") for kind in ("html", "json", "csv")}
    changed = not _is_there(files, content)
    if changed and not report.check_mode:
        content["made"] = made
        for kind, text in (
            ("html", page_of(content)),
            ("csv", csv_of(content["alerts"])),
            ("json", json.dumps(content, indent=1) + "\n"),  # last: what it tells is there in the other two
        ):
            write_file("report_directory", directory, f"{name}.{kind}", text.encode())
    told = ("security_event_id", "rule", "outcome", "event_status_after", "event_status_now", "disagreement")
    rows = [row for row in content["alerts"] if row["disagreement"]][:_MOST_RETURNED]
    return {
        "changed": changed,
        "files": files,
        "report": {"kind": content["kind"], "name": name, **content["figures"]},
        "disagreements": [{field: row[field] for field in told} for row in rows],
    }


def _of_a_plan(client: OpenApiClient, options: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """The content of the report of a plan, and of what the journal tells of it."""
    plan = saved_plan(options, report.environ)
    for name in ("endpoint", "resource_directory_account_id"):
        made, given = plan.about.get(name), options[name]
        if made != given and not (name == "resource_directory_account_id" and given is None):
            raise OptionError(
                f"{name} {printable(given)} is not that of the plan, {printable(made)}: the alerts would be looked for where they are not"
            )
    journal = options.get("journal_file")
    told = read_journal(journal, plan.plan_id, plan.digest, report.warn) if journal else None
    rows = rows_of_plan(plan.alerts, told)
    query = {
        "Lang": plan.about.get("lang"),
        "ResourceDirectoryAccountId": plan.about.get("resource_directory_account_id"),
    }
    matched = [row for row in rows if row["outcome"] and row["id"]]
    verify(rows, find_rows(client, matched, query))
    return _content(
        "plan" if told is None else "response",
        plan.plan_id,
        rows,
        endpoint=options["endpoint"],
        account=plan.about.get("resource_directory_account_id"),
        lang=plan.about.get("lang"),
        plan={**plan.about, "digest": plan.digest, "signature_checked": plan.signed},
        runs=told.runs if told else [],
        failed_calls=told.failed_calls if told else [],
        figures=figures_of(rows, plan.rules, number(plan.about.get("open_count"))),
    )


def _of_a_period(client: OpenApiClient, options: Mapping[str, Any], _report: Report) -> dict[str, Any]:
    """The content of the report of what was handled in a period, by the service's own handling times."""
    now = time.time()
    start = given_time("time_start", options["time_start"], now)
    end = int(now * 1000) if options.get("time_end") is None else given_time("time_end", options["time_end"], now)
    if start > end:
        raise OptionError("time_start is later than time_end: swap them")
    query = {
        "Lang": options["lang"],
        "ResourceDirectoryAccountId": options["resource_directory_account_id"],
        "Dealed": "Y",
        "OperateTimeStart": start,
        "OperateTimeEnd": end,
    }
    records, _total = list_alerts(client, query, make=lambda row: record_of(row, PERIOD_FIELDS))
    rows = rows_of_period(records)
    period = {"start": iso(start), "end": iso(end)}
    # Reports of several accounts, endpoints or languages may be kept side by side.
    asked = json.dumps([options["endpoint"], options["resource_directory_account_id"], options["lang"]])
    mark = hashlib.sha256(asked.encode()).hexdigest()[:8]
    name = "-".join(["period", *(str(at).replace("-", "").replace(":", "") for at in period.values()), mark])
    return _content(
        "period",
        name,
        rows,
        endpoint=options["endpoint"],
        account=options["resource_directory_account_id"],
        lang=options["lang"],
        period=period,
        figures=figures_of(rows, [], None),
    )


def _content(kind: str, name: str, rows: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {"plan": None, "period": None, "runs": [], "failed_calls": []}
    return {
        "security_event_report": _FORMAT,
        "kind": kind,
        "name": name,
        **empty,
        **more,
        "ways_back": ways_back(rows),
        "alerts": rows,
    }


def _is_there(files: Mapping[str, str], content: Mapping[str, Any]) -> bool:
    """Whether the files are there, and tell this content already."""
    try:
        with open(files["json"], encoding="utf-8") as stream:
            there = json.load(stream)
    except (OSError, ValueError, RecursionError):
        return False
    same = isinstance(there, dict) and {key: value for key, value in there.items() if key != "made"} == content
    return same and all(map(os.path.isfile, files.values()))
