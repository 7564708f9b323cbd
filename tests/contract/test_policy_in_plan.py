# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A policy as security_event_plan follows it, over a real socket to a simulator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import event_plan, policy
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.policy import PolicyError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from engine import client_of
from simulator import Simulator

Plan = Callable[..., "dict[str, Any]"]
SERIOUS = {"name": "serious", "match": {"levels": ["serious"]}, "operation_code": "ignore"}


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def plan(simulator: Simulator, warnings: list[str]) -> Plan:
    """A function that plans by the rules given."""

    def run(*rules: dict[str, Any], **options: Any) -> dict[str, Any]:
        report = Report(check_mode=False, diff=False, environ={}, warn=warnings.append)
        given = {"endpoint": simulator.endpoint, "policy": list(rules), "max_events": 1000, **options}
        return event_plan.run(client_of(simulator), given, report)

    return run


def test_a_policy_with_mistakes_is_told_before_any_call(simulator: Simulator, plan: Plan):
    with pytest.raises(PolicyError) as caught:
        plan({**SERIOUS, "approval": False}, {**SERIOUS, "match": {}})
    assert len(str(caught.value).splitlines()) == 3
    assert simulator.calls == []


def test_a_rule_that_is_never_reached_is_worth_a_warning(plan: Plan, warnings: list[str]):
    later = {"name": "old and serious", "match": {"levels": ["serious"], "min_age": "1h"}, "operation_code": "ignore"}
    result = plan(SERIOUS, later)
    assert {event["rule"] for event in result["events"]} == {"serious"}
    assert (
        "rule old and serious of the policy is never reached: rule serious, which comes first, matches the same alerts"
        in warnings
    )


@pytest.mark.parametrize(
    ("pattern", "warned"), [("miner|", True), ("(mining)?", True), ("(?i)mining", False), ("^$x", False)]
)
def test_an_expression_that_is_found_in_every_name_is_worth_a_warning(
    plan: Plan, warnings: list[str], pattern: str, warned: bool
):
    plan({"name": "miners", "match": {"name_regex": pattern}, "operation_code": "ignore"})
    assert [text for text in warnings if "look whether it matches more than you mean" in text] == (
        [
            f"the name_regex of rule miners of the policy ({pattern}) is found in an empty name too: "
            "look whether it matches more than you mean"
        ]
        if warned
        else []
    )


def test_an_alert_with_a_name_that_takes_for_ever_is_left_alone(simulator: Simulator, plan: Plan, warnings: list[str]):
    simulator.add_alert(id=77001, name="a" * 60 + "!", level="serious", operations=["ignore"])
    slow = {"name": "slow", "match": {"name_regex": "^(a+)+$"}, "operation_code": "ignore"}
    result = plan(slow, SERIOUS)
    assert "77001" in result["unmatched"]
    assert result["summary"]["matched"] > 0
    assert (
        sum(
            warning.startswith("a name_regex of the policy takes too long on the names of alert 77001")
            for warning in warnings
        )
        == 1
    )


def test_servers_are_asked_for_only_when_a_rule_turns_on_them(simulator: Simulator, plan: Plan):
    group = {"name": "web", "match": {"levels": ["serious"], "asset_groups": [7]}, "operation_code": "ignore"}
    assert plan(SERIOUS)["events"]
    assert "DescribeCloudCenterInstances" not in {call.action for call in simulator.calls}
    asset = next(asset for asset in simulator.state.assets if asset.uuid == simulator.alert("10001").uuid)
    group["match"]["asset_groups"] = [asset.group_id]
    assert "10001" in {event["security_event_id"] for event in plan(group)["events"]}
    assert "DescribeCloudCenterInstances" in {call.action for call in simulator.calls}


def test_the_first_rule_wins_too_when_its_expression_was_too_slow_for_a_moment(
    simulator: Simulator, plan: Plan, monkeypatch: pytest.MonkeyPatch
):
    """Alerts are looked at twice: for the servers to ask for, and to choose. A machine that stood still makes one look fail."""
    looks: list[object] = []
    alerts = len(plan(SERIOUS)["unmatched"]) + len(plan(SERIOUS)["events"])

    def in_time(work: Callable[[], Any]) -> Any:
        looks.append(work)
        return work() if len(looks) > alerts else None

    server = next(asset for asset in simulator.state.assets if asset.uuid == simulator.alert("10001").uuid)
    group = {"asset_groups": [server.group_id], "name_regex": "(?i)mining"}
    careful = {"name": "careful", "match": group, "operation_code": "manual_handled", "approval": "required"}
    monkeypatch.setattr(policy, "in_time", in_time)
    chosen = {event["security_event_id"]: event["rule"] for event in plan(careful, SERIOUS)["events"]}
    assert chosen["10001"] == "careful"
