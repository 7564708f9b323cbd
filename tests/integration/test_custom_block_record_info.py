# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Blocks are listed by playbooks."""

from __future__ import annotations

from typing import Any

from conftest import COLLECTION, Play

from simulator import Simulator
from simulator.seed_accounts import WEB_1, WEB_2
from simulator.seed_blocks import BRUTE_FORCE_ADDRESS, CONSOLE_ADDRESS

INFO = f"{COLLECTION}.custom_block_record_info"


def test_records_and_filters(simulator: Simulator, play: Play):
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({}, ["700001", "710001", "710002"]),
        ({"address": CONSOLE_ADDRESS}, ["700001"]),
        ({"address": BRUTE_FORCE_ADDRESS, "status": "invalid"}, ["710002"]),
        ({"kinds": ["brute_force"]}, ["710001", "710002"]),
        ({"address": CONSOLE_ADDRESS, "details": True}, ["700001"]),
    ]
    run = play.tasks([{INFO: given} for given, _ids in cases])
    assert run.code == 0, run.output
    for (given, ids), result in zip(cases, run.results, strict=True):
        told = [one["id"] for one in result["custom_block_records"] + result["brute_force_records"]]
        assert (told, result["total_count"], result["changed"]) == (ids, len(ids), False), given
    [record] = run.results[-1]["custom_block_records"]
    assert (record["servers"], record["in_force"]) == ([WEB_1, WEB_2], True)
    assert [(one["uuid"], one["status"]) for one in record["instances"]] == [(WEB_1, "enabled"), (WEB_2, "enabled")]
    assert {call.action.startswith("Describe") for call in simulator.calls} == {True}


def test_bad_input(simulator: Simulator, play: Play):
    cases: list[tuple[dict[str, Any], str]] = [
        ({"address": "198.51.100.0/24"}, "address 198.51.100.0/24 is a network"),
        ({"address": "web-1"}, "address web-1 is not an IP address"),
        ({"status": "on"}, "value of status must be one of: invalid, enabled, failed, got: on"),
        ({"kinds": ["all"]}, "value of kinds must be one or more of: custom, brute_force. Got no match for: all"),
        ({"kinds": []}, "kinds is empty: name custom or brute_force"),
        ({"kinds": ["brute_force"], "details": True}, "details are told of custom block records"),
    ]
    run = play.tasks([{INFO: given, "ignore_errors": True} for given, _sentence in cases])
    for (given, sentence), result in zip(cases, run.results, strict=True):
        assert result["failed"] and sentence in result["msg"], (given, result)
    assert simulator.calls == []
