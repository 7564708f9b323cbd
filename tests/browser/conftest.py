# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A browser, and reports to look at: with an attacker's text in every place of an alert, and with many alerts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from integration.corpus import corpus
from playwright.sync_api import Browser, sync_playwright

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import response_report
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.operations import (
    HANDLED,
    PENDING,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.plan_file import sealed
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from engine import client_of
from simulator import Simulator

PLAN_ID = "20261122T090000Z-1a2b3c4d"
FIRST_MS = 1_795_337_000_000
REVERT = "alicloud.security_center.revert_security_events"
# Carried out in a page, these set a mark on its window, open a dialog, or call a server.
MARKUP = {
    "script": "<script>window.marked = 1; alert(1)</script>",
    "handler": "\"><img src=x onerror='window.marked = 1'>",
    "svg": "</title></svg><svg onload='window.marked = 1'><script>window.marked = 1</script>",
    "style": "</style><style>@import url(http://127.0.0.1:9/x.css);</style>",
    "frame": "<iframe src='http://127.0.0.1:9/'></iframe><object data='http://127.0.0.1:9/'></object>",
    "link": "<link rel=stylesheet href=http://127.0.0.1:9/><a href='javascript:window.marked=1'>x</a>",
    "refresh": "<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/'><base href='http://127.0.0.1:9/'>",
    "form": "<form action='http://127.0.0.1:9/'><input autofocus onfocus='window.marked=1'></form>",
    "comment": "<!--", "cdata": "]]>", "entity": "&lt;script&gt;window.marked=1&lt;/script&gt;",
    "pre": "</code></pre></section></main><h1>all is well</h1>",
}  # fmt: skip
TEXTS = list((MARKUP | corpus("CANARY")).values())

Make = Callable[..., Path]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    assert path, "Debian's package chromium is not installed"
    quiet = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu", *quiet])
        yield started
        started.close()


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        running.state.alerts.clear()
        yield running


@pytest.fixture
def report(simulator: Simulator, tmp_path: Path) -> Make:
    """A function that makes a report of alerts with these texts everywhere, and gives the path of the page."""

    def make(texts: list[str]) -> Path:
        simulator.reset()
        simulator.state.alerts.clear()
        for number in range(len(texts)):
            times = {"occurred_ms": FIRST_MS + number, "last_ms": FIRST_MS + number, "operate_ms": FIRST_MS + 600_000}
            simulator.add_alert(id=500_001 + number, status=PENDING if number % 7 == 1 else HANDLED, **times)
        about = about_of(texts[number_of(texts)] if texts else "", simulator.endpoint, len(texts))
        lines = [line_of(number, text) for number, text in enumerate(texts)]
        content, digest = sealed(about, lines, None)
        plan, journal = tmp_path / f"{PLAN_ID}.jsonl", tmp_path / "journal.jsonl"
        plan.write_bytes(content)
        context = {"time": "2026-11-22T09:05:00Z", "plan_id": PLAN_ID, "digest": digest}
        told = [told_of(number, text) for number, text in enumerate(texts) if lines[number]["rule"]]
        # The calls that failed, the last lines of a run that was stopped.
        for text in texts[:3]:
            error = dict.fromkeys(("action", "code", "message", "request_id"), text)
            told.append({"action": "HandleSecurityEvents", "error": error})
        journal.write_text("".join(json.dumps({**context, **line}) + "\n" for line in told), encoding="ascii")
        options = {
            "endpoint": simulator.endpoint,
            "plan_file": str(plan),
            "journal_file": str(journal),
            "report_directory": str(tmp_path),
        }
        how = Report(check_mode=False, diff=False, environ={}, warn=lambda text: None)
        result = response_report.run(client_of(simulator), options, how)
        return Path(result["files"]["html"])

    return make


def number_of(texts: list[str]) -> int:
    return len(texts) // 2


def about_of(text: str, endpoint: str, count: int) -> dict[str, Any]:
    rules = [{"name": text, "approval": True, "operation_code": text, "count": count}]
    same = ("created", "created_by", "job_id", "valid_until", "policy_digest", "policy_file")
    about = {"plan_id": PLAN_ID, "endpoint": endpoint, "lang": "en", "open_count": count, "rules": rules}
    stamps = {"created_stamp": 0, "valid_until_stamp": 0}
    return {**about, **stamps, "resource_directory_account_id": None, **dict.fromkeys(same, text)}


ALERT_TEXTS = (
    "name", "alarm_event_name", "alarm_event_name_display", "alarm_event_type", "alarm_event_type_display", "level",
    "occurrence_time", "last_time", "uuid", "instance_id", "instance_name", "internet_ip", "intranet_ip", "source_ali_uid",
    "support_operate_code", "event_status",
)  # fmt: skip


def line_of(number: int, text: str) -> dict[str, Any]:
    one = str(500_001 + number)
    stamps = dict.fromkeys(("occurrence_time_stamp", "last_time_stamp"), FIRST_MS + number)
    alert = {"id": one, **dict.fromkeys(ALERT_TEXTS, text), "attacker_addresses": [text], **stamps}
    rule = {"rule": text or "r", "operation_code": text, "approval": number % 2 == 0, "remark": text}
    if number % 5 == 4:
        rule = {"rule": None, "operation_code": None, "approval": False, "remark": None}
    told = {"outcome": "planned" if rule["rule"] else None, "error_code": text, "message": text}
    return {
        "security_event_id": one,
        "event_ids": [one],
        **rule,
        **told,
        "steps": [{"operation_code": "ignore"}],
        "seen": {},
        "alert": alert,
    }


def told_of(number: int, text: str) -> dict[str, Any]:
    outcomes = ("handled", "handled", "failed", "refused", "unknown", "unchanged", "planned")
    marks = [{"field": text, "operate": "contains", "field_value": text}]
    options = {"security_event_ids": ["1"], "operation_code": text, "mark_miss_param": marks}
    row = dict.fromkeys(
        ("error_code", "message", "operation_code", "request_id", "event_status_before", "run", "user"), text
    )
    tried = [{"operation_code": text, "error_code": text, "message": text}]
    told = {"outcome": outcomes[number % len(outcomes)], "event_status_after": "handled", "approved_by": text}
    return {
        "security_event_id": str(500_001 + number),
        **row,
        **told,
        "tried": tried,
        "revert": {"module": REVERT, "options": options},
    }
