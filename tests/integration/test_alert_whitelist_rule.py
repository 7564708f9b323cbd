# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whitelist rules by ansible-playbook: check, run, repeat, diff, what a person sees, and each kind of bad input."""

from __future__ import annotations

import re
from typing import Any

from conftest import COLLECTION, Play

from simulator import Simulator
from simulator.seed_accounts import DB_1, WEB_1

KEEP, LIST = f"{COLLECTION}.alert_whitelist_rule", f"{COLLECTION}.alert_whitelist_rule_info"
RULE = {
    "event_type": "Suspicious Process",
    "event_name": "suspicious_download",
    "field": "cmdLine",
    "operate": "contains",
    "field_value": "/opt/backup/agent.tgz",
    "uuid": DB_1,
}


def ids(simulator: Simulator) -> list[int]:
    return [rule.id for rule in simulator.state.whitelist_rules]


def test_a_rule_is_made_once_and_removed_once(simulator: Simulator, play: Play):
    absent = {KEEP: {**RULE, "state": "absent"}}
    by_id = {KEEP: {"state": "absent", "rule_id": "600002"}}
    tasks = [
        {KEEP: RULE, "check_mode": True, "diff": True},
        {KEEP: RULE, "diff": True},
        {KEEP: RULE, "diff": True},
        {LIST: {"uuid": DB_1}},
        {**absent, "check_mode": True, "diff": True},
        {**absent, "diff": True},
        {**absent, "diff": True},
        {**by_id, "diff": True},
        by_id,
    ]
    run = play.tasks(tasks)
    assert run.code == 0, run.output
    planned, made, kept, listed, going, gone, missing, by_its_id, again = run.results
    changed = [True, True, False, False, True, True, False, True, False]
    assert [result["changed"] for result in run.results] == changed

    assert planned["actions"] == made["actions"] and planned["diff"] == made["diff"] == {"before": {}, "after": RULE}
    assert planned["alert_whitelist_rule"]["id"] is None and made["alert_whitelist_rule"]["id"] == "600003"
    assert [match["id"] for match in made["matches"]] == ["10015"]
    assert (made["matches_count"], made["matches_complete"]) == (1, True)
    assert kept["actions"] == [] and kept["diff"] == {"before": RULE, "after": RULE}
    assert listed["alert_whitelist_rules"] == [made["alert_whitelist_rule"]] == [kept["alert_whitelist_rule"]]
    assert listed["total_count"] == 1 and listed["alert_whitelist_rules"][0]["instance_name"] == "db-prod-1"

    assert going["actions"] == gone["actions"] != missing["actions"] == []
    assert going["diff"] == gone["diff"] == {"before": RULE, "after": {}}
    assert missing["diff"] == {"before": {}, "after": {}}
    assert by_its_id["diff"]["before"]["field_value"] == "nmap -sn" and "diff" not in again
    assert ids(simulator) == [600001]


def test_the_diff_shows_a_rule_to_a_person(play: Play):
    run = play.tasks([{KEEP: RULE}], "--check", "--diff")
    assert run.code == 0, run.output
    shown = set(re.findall(r'^\+ +"(\w+)": "(.*?)",?$', run.output, re.M))
    assert shown == set(RULE.items())


GUARD = {"protected_assets": [{"name": "web-*"}]}
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no value": ({"field_value": ""}, "field_value is empty: give what it is compared with"),
    "an option that is missing": (
        {"field_value": "{{ omit }}"},
        "field_value is missing: a rule is named by event_type, event_name, field, operate, field_value, uuid",
    ),
    "another comparison": ({"operate": "like"}, "value of operate must be one of: contains, notContains, regex, "),
    "a comparison for addresses": (
        {"operate": "inIpSegment", "field_value": "192.0.2.0/24"},
        "operate inIpSegment is not allowed for field cmdLine: allowed are contains, notContains, regex, ",
    ),
    "no such field": (
        {"field": "path"},
        "field path is none of alerts of event_type Suspicious Process and event_name ",
    ),
    "no such server": (
        {"uuid": "db-prod-1"},
        "uuid db-prod-1 is no server of this account: give a server's uuid, or ALL",
    ),
    "all servers": (
        {"uuid": "ALL"},
        "the rule is broad: uuid ALL has it hold on every server, on those to come too - make ",
    ),
    "a short value": (
        {"field_value": "/"},
        "the rule is broad: field_value / has fewer than 4 characters - make it narrower, or set allow_broad: true",
    ),
    "an expression for everything": (
        {"operate": "regex", "field_value": "{{ '.*' }}"},
        "the rule is broad: field_value .* is found in most texts - make it narrower, or set allow_broad: true",
    ),
    "a protected server": (
        {**GUARD, "uuid": WEB_1},
        f"no rule is made for {WEB_1}: the asset is protected by protected_assets (name: web-*)",
    ),
    "all servers with a protected one": (
        {**GUARD, "uuid": "ALL", "allow_broad": True},
        "uuid ALL covers the assets in protected_assets too: make a rule for each server's uuid",
    ),
    "an operation that is not allowed": (
        {"allowed_operations": ["ignore", "block_ip"]},
        "a rule needs advance_mark_mis_info in allowed_operations: allowed are block_ip, ignore",
    ),
    "an id for a new rule": ({"rule_id": "600001"}, "rule_id goes with state absent: "),
    "an id and a field": ({"state": "absent", "rule_id": "600001"}, "rule_id names the rule: leave out event_type, "),
}


def test_bad_input_is_told_and_nothing_is_written(simulator: Simulator, play: Play):
    run = play.tasks([{KEEP: RULE | given, "ignore_errors": True} for given, _message in BAD.values()])
    told = dict(zip(BAD, run.results, strict=True))
    for name, (_given, message) in BAD.items():
        assert told[name]["failed"] and told[name].get("msg", "").startswith(message), f"{name}: {told[name]}"
        assert not told[name].get("changed"), name
    assert ids(simulator) == [600001, 600002]
    assert {call.action for call in simulator.calls if not call.action.startswith("Describe")} == {
        "AdvanceSecurityEventOperations"
    }


def test_a_key_without_the_permission_is_told_what_to_grant(simulator: Simulator, play: Play):
    reads = ["DescribeSecurityEventMarkMissList"]
    simulator.state.keys[0].permissions = reads
    result = play("alert_whitelist_rule", state="absent", rule_id="600001")
    assert result["failed"] and not result["changed"]
    assert result["error"]["hint"].startswith("grant the RAM action yundun-sas:DeleteSecurityEventMarkMissList to ")
    assert ids(simulator) == [600001, 600002]
