# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide "Whitelist and blocks under version control" does what it says."""

from __future__ import annotations

from typing import Any

import yaml
from conftest import Play, Run
from test_examples import BLOCKS

from simulator import Simulator
from simulator.seed_accounts import DB_1, WEB_1, WEB_2

NAME = "guide_version_control.rst"
WRITE_DOWN, KEEP = f"{NAME}-1", f"{NAME}-2"
REMOVE = ("-e", "remove_unlisted=true")
WEB_BLOCK, THEIR_BLOCK = ("198.51.100.23", "in", [WEB_1, WEB_2]), ("198.51.100.200", "in", [WEB_1, WEB_2])


def keep(play: Play, *flags: str) -> Run:
    run = play.playbook(BLOCKS[KEEP], *flags)
    assert run.code == 0, run.output
    return run


def rules(simulator: Simulator) -> list[tuple[str, str]]:
    return sorted((rule.field_value, rule.uuid) for rule in simulator.state.whitelist_rules)


def blocks(simulator: Simulator) -> list[tuple[str, str, list[str]]]:
    return sorted((block.block_ip, block.bound, sorted(block.uuids)) for block in simulator.state.block_records)


def unlisted(run: Run) -> dict[str, Any]:
    """What the play shows as there and not in the list."""
    return next(result["msg"] for result in run.results if "rules" in (result.get("msg") or {}))


def test_the_list_is_made_once_and_the_rest_is_shown(simulator: Simulator, play: Play):
    before = rules(simulator), blocks(simulator)
    drift = keep(play, "--check", "--diff")
    assert (rules(simulator), blocks(simulator)) == before
    assert drift.recap["changed"] == 2
    for shown in ('+    "field_value": "restore-test.sh"', '+    "address": "198.51.100.23"', "matches 0"):
        assert shown in drift.output, drift.output

    made = keep(play)
    assert made.recap["changed"] == 2
    listed = [("/opt/backup/", "ALL"), ("restore-test.sh", DB_1)]
    assert rules(simulator) == sorted([*listed, ("nmap -sn", WEB_1)])
    assert blocks(simulator) == [THEIR_BLOCK, WEB_BLOCK]
    for run in (drift, made):
        assert [rule["field_value"] for rule in unlisted(run)["rules"]] == ["nmap -sn"]
        assert unlisted(run)["blocks"] == [{"address": "198.51.100.200", "direction": "in"}]

    # What the list names is as it should be now, so only the rest would change.
    planned = keep(play, "--check", *REMOVE)
    assert planned.recap["changed"] == 2 and len(rules(simulator)) == 3
    assert keep(play, *REMOVE).recap["changed"] == 2
    assert (rules(simulator), blocks(simulator)) == (listed, [WEB_BLOCK])
    last = keep(play, *REMOVE)
    assert last.recap["changed"] == 0 and unlisted(last) == {"rules": [], "blocks": []}


def test_what_is_written_down_is_the_list_of_what_is_there(simulator: Simulator, play: Play):
    run = play.playbook(BLOCKS[WRITE_DOWN])
    assert run.code == 0, run.output
    written = yaml.safe_load((play.folder / "whitelist.yml").read_text(encoding="utf-8"))
    [document] = yaml.safe_load(BLOCKS[KEEP])
    document["vars"]["whitelist"] = [{**rule, "allow_broad": True} for rule in written["whitelist"]]
    document["vars"]["blocks"] = []
    kept = play.playbook([document])
    assert kept.code == 0 and kept.recap["changed"] == 0, kept.output
    assert unlisted(kept)["rules"] == [] and len(simulator.state.whitelist_rules) == 2


def test_nothing_of_the_list_is_removed_because_it_is_written_otherwise(simulator: Simulator, play: Play):
    [document] = yaml.safe_load(BLOCKS[KEEP])
    rule = document["vars"]["whitelist"][1]
    document["vars"]["whitelist"] = [{**rule, "field_value": 4711}, {**rule, "uuid": "all", "allow_broad": True}]
    document["vars"]["blocks"] = [{**document["vars"]["blocks"][0], "address": "2001:DB8:0::1"}]
    document["vars"]["remove_unlisted"] = True
    for changed in (4, 0):  # the list is made and the rest removed, rules and blocks each
        kept = play.playbook([document])
        assert kept.code == 0 and kept.recap["changed"] == changed, kept.output
        assert rules(simulator) == [("4711", DB_1), ("restore-test.sh", "ALL")]
        assert [block[:1] for block in blocks(simulator)] == [("2001:db8::1",)]
