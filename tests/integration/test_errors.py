# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors say what happened and what to do."""

from __future__ import annotations

import re
from typing import Any

import pytest
from conftest import COLLECTION, MODULES, OWN_PROCESS, Play, writes

from simulator import Simulator
from simulator.seed_accounts import (
    INACTIVE_KEY_ID,
    READ_ONLY_KEY_ID,
)

RULE = {"name": "noise", "match": {"levels": ["remind"]}, "operation_code": "ignore"}
HANDLE = f"{COLLECTION}.handle_security_events"
REQUEST_ID = "[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}"

NO_WRITE_PERMISSION = (
    r"1 of 1 alerts were not handled by ignore \(1 failed\) - 10001: the call was refused: User not authorized to operate on the "
    rf"specified resource, or this API doesn't support RAM\.; request id {REQUEST_ID}; grant the RAM action "
    rf"yundun-sas:HandleSecurityEvents to the user or role behind access key {READ_ONLY_KEY_ID}"
)
STOPPED = "nothing was sent: DescribeSuspEvents failed: "
ERRORS: dict[str, tuple[dict[str, Any], str]] = {
    "a wrong secret": (
        {"access_key_id": Simulator.access_key_id, "access_key_secret": "wrong"},
        rf"{STOPPED}SignatureDoesNotMatch: Specified signature does not match our calculation: server CanonicalRequest "
        rf"is \[POST.*… \(request id {REQUEST_ID}\) - access_key_secret is not the secret of access key "
        rf"{Simulator.access_key_id}, or a proxy changed the request",
    ),
    "a key that does not exist": (
        {"access_key_id": "LTAI5tNobody", "access_key_secret": "wrong"},
        rf"{STOPPED}InvalidAccessKeyId\.NotFound: Specified access key is not found\. \(request id {REQUEST_ID}\) - the "
        r"access key id is LTAI5tNobody: look it up in the RAM console, it may have been deleted",
    ),
    "a key that is disabled": (
        {"access_key_id": INACTIVE_KEY_ID, "access_key_secret": Simulator.access_key_secret},
        rf"{STOPPED}InvalidAccessKeyId\.Inactive: Specified access key is disabled\. \(request id {REQUEST_ID}\) - access "
        rf"key {INACTIVE_KEY_ID} is disabled: enable it in the RAM console, or use another",
    ),
    "a key that may only read": (
        {"access_key_id": READ_ONLY_KEY_ID, "access_key_secret": Simulator.access_key_secret},
        NO_WRITE_PERMISSION,
    ),
    "an id that does not exist": (
        {"security_event_ids": ["99999"]},
        r"1 of 1 alerts were not handled by ignore \(1 refused\) - no alert has the id 99999: check the id, region_id and "
        r"the account",
    ),
    "block_ip without parameters": (
        {"operation_code": "block_ip"},
        r"operation_params is required for operation_code block_ip: give either expire_time \(milliseconds since 1970\) or "
        r"expire_in \(a duration such as 6h\)",
    ),
    "101 ids": (
        {"security_event_ids": [str(event_id) for event_id in range(20001, 20102)]},
        r"101 alerts would be handled, max_events is 100: name fewer, or raise it where it is set",
    ),
    "a port where nobody listens": (
        {"endpoint": "http://127.0.0.1:9", "max_retries": 0},
        rf"{STOPPED}127\.0\.0\.1:9 can't be reached: .*Connection refused.* - check endpoint, network and proxy",
    ),
}


@pytest.mark.parametrize("variables", [{}, OWN_PROCESS], ids=["in the worker", "in a process of its own"])
def test_errors_are_clear(simulator: Simulator, play: Play, variables: dict[str, str]):
    play.variables = variables
    usable = {"security_event_ids": ["10001"], "operation_code": "ignore"}
    run = play.tasks([{HANDLE: usable | given, "ignore_errors": True} for given, _message in ERRORS.values()])
    told = dict(zip(ERRORS, run.results, strict=True))
    for name, (_given, message) in ERRORS.items():
        assert re.fullmatch(message, told[name].get("msg", "")), f"{name}: {told[name]}"
        assert told[name]["failed"] and not told[name].get("changed"), name
    assert [call["OperationCode"] for call in writes(simulator)] == ["ignore"]  # that of the key that may only read
    assert simulator.state.handled == {}


@pytest.mark.parametrize("module", [module for module in MODULES if module != "handle_security_events"])
def test_every_module_tells_a_wrong_secret_and_an_unusable_endpoint(module: str, play: Play):
    given = {
        "preflight_info": {},
        "quarantined_file": {"quarantined_file_id": "800001"},
        "quarantined_file_info": {},
        "revert_security_events": {"security_event_ids": ["10011"]},
        "alert_whitelist_rule": {"state": "absent", "rule_id": "600001"},
        "alert_whitelist_rule_info": {},
        "asset_info": {},
        "monitor_account_info": {},
        "custom_block_record": {"address": "198.51.100.23", "state": "absent"},
        "custom_block_record_info": {},
        "handle_similar_security_events": {"security_event_id": "10001", "operation_code": "ignore"},
        "security_event_apply": {},
        "security_event_info": {},
        "security_event_note": {"security_event_id": "10001", "note": "seen"},
        "security_event_operation_info": {"security_event_id": "10001"},
        "security_event_plan": {"policy": [RULE]},
        "security_event_report": {"time_start": "1d", "report_directory": "."},
        "security_event_task_info": {"security_event_ids": ["10001"], "task_id": "1"},
        "verify_service_info": {},
    }[module]
    key = {"access_key_id": Simulator.access_key_id, "access_key_secret": "wrong"}
    if module == "security_event_apply":
        given = {"packed": play("security_event_plan", policy=[RULE], pack=True)["plan"]["packed"]}
    tasks = [
        {f"{COLLECTION}.{module}": given | more, "ignore_errors": True} for more in (key, {"endpoint": "http://a.b"})
    ]
    wrong_secret, unusable = play.tasks(tasks).results
    assert wrong_secret["error"]["code"] == "SignatureDoesNotMatch"
    assert wrong_secret["error"]["hint"].startswith("access_key_secret is not the secret of access key")
    assert unusable["msg"] == "endpoint http://a.b is plain http: use https (http is for the loopback address only)"
