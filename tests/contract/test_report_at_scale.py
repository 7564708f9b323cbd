# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report of thousands of alerts reads the service as little as it can."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import response_report
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.plan_file import sealed
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from engine import client_of
from simulator import Simulator
from simulator.seed_crowd import crowd

COUNT = 3000
PLAN_ID = "20261122T090000Z-1a2b3c4d"


@pytest.mark.parametrize(("matched", "calls"), [(0, 0), (3, 3), (COUNT, COUNT // 100)])
def test_alerts_are_read_again_by_the_page_and_those_without_a_rule_not_at_all(
    matched: int, calls: int, tmp_path: Path
):
    with Simulator(crowd(COUNT)) as simulator:
        lines = []
        for number, alert in enumerate(simulator.state.alerts):
            one = {"id": str(alert.id), "last_time_stamp": alert.last_ms, "event_status": "pending", "level": "serious"}
            rule = "r" if number < matched else None
            line = {"security_event_id": str(alert.id), "event_ids": [str(alert.id)], "rule": rule, "approval": False}
            line |= (
                {"operation_code": "ignore", "remark": None, "steps": [{"operation_code": "ignore"}]}
                if rule
                else {"steps": []}
            )
            lines.append({**line, "outcome": rule and "planned", "seen": {}, "alert": one})
        about = {
            "plan_id": PLAN_ID,
            "created_stamp": 0,
            "valid_until": "",
            "valid_until_stamp": 0,
            "endpoint": simulator.endpoint,
            "policy_digest": "",
            "lang": "en",
            "rules": [{"name": "r", "approval": False, "operation_code": "ignore", "count": matched}],
        }
        plan = tmp_path / "plan.jsonl"
        plan.write_bytes(sealed(about, lines, None)[0])
        options = {"plan_file": str(plan), "report_directory": str(tmp_path), "endpoint": simulator.endpoint}
        how = Report(check_mode=False, diff=False, environ={}, warn=lambda text: None)
        told = response_report.run(client_of(simulator), options, how)
        assert len(simulator.calls) == calls
    assert (told["report"]["alerts"], told["report"]["matched"], told["disagreements"]) == (COUNT, matched, [])
    data = json.loads(Path(told["files"]["json"]).read_text(encoding="ascii"))
    assert sum(row["event_status_now"] == "pending" for row in data["alerts"]) == matched
