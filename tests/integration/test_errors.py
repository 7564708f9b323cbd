# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets stay secret, what attackers write stays data, and errors say what to do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from conftest import COLLECTION, MODULES, Play, writes

from simulator import Simulator
from simulator.actions import rows
from simulator.seed_accounts import (
    INACTIVE_KEY_ID,
    READ_ONLY_KEY_ID,
    TEMPORARY_KEY_ID,
    TEMPORARY_KEY_SECRET,
    TEMPORARY_KEY_TOKEN,
)

HANDLE = f"{COLLECTION}.handle_security_events"
REQUEST_ID = "[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}"

# --- secrets ------------------------------------------------------------------------------------------------------

RIGHT = (TEMPORARY_KEY_ID, TEMPORARY_KEY_SECRET, TEMPORARY_KEY_TOKEN)
WRONG_SECRET = (TEMPORARY_KEY_ID, "a-secret-that-is-wrong/+=", TEMPORARY_KEY_TOKEN)


def as_environment(key: tuple[str, str, str]) -> dict[str, str]:
    names = ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN")
    return dict(zip(names, key, strict=True))


def as_options(key: tuple[str, str, str]) -> dict[str, str]:
    return dict(zip(("access_key_id", "access_key_secret", "security_token"), key, strict=True))


@pytest.mark.parametrize("source", ["options", "environment"])
def test_no_secret_is_ever_shown(source: str, simulator: Simulator, play: Play, tmp_path: Path):
    """In success and in failure, at the highest verbosity: not in the output, a result or the result file."""
    # A signature error quotes the request, with the token in it: that of a write goes into the result file too.
    quote_of = f"server CanonicalRequest is [x-acs-security-token:{TEMPORARY_KEY_TOKEN}]"
    simulator.fail(
        "HandleSecurityEvents", 2, how="error", http_status=400, code="SignatureDoesNotMatch", message=quote_of
    )
    told, codes = "", []
    for key, ids in ((RIGHT, ("10001", "99999", "10002")), (WRONG_SECRET, ("10002",))):
        tasks = [{HANDLE: ask(event_id, tmp_path), "ignore_errors": True} for event_id in ids]
        if source == "options":
            for task in tasks:
                task[HANDLE] |= as_options(key)
        environ = as_environment(key if source == "environment" else ("", "", ""))
        run = play.tasks(tasks, "-vvvv", "--diff", environ=environ)
        codes += [result.get("error", {}).get("code", result["failed"]) for result in run.results]
        told += run.output + json.dumps(run.results)
    told += (tmp_path / "result.jsonl").read_text(encoding="ascii")
    assert codes == [False, True, "SignatureDoesNotMatch", "SignatureDoesNotMatch"]
    assert "a remark to be shown" in told  # it is as talkative as it was asked to be
    for secret in {*RIGHT[1:], *WRONG_SECRET[1:]}:
        assert secret not in told and quote(secret, safe="") not in told


def ask(event_id: str, folder: Path) -> dict[str, Any]:
    return {
        "security_event_ids": [event_id],
        "operation_code": "ignore",
        "remark": "a remark to be shown",
        "result_file": str(folder / "result.jsonl"),
    }


def test_a_netrc_file_changes_nothing(simulator: Simulator, play: Play):
    netrc = Path(play.environ["HOME"], ".netrc")
    netrc.write_text("machine 127.0.0.1 login someone password else\ndefault login someone password else\n")
    netrc.chmod(0o600)
    result = play("security_event_operation_info", security_event_id="10001")
    assert result.get("total_count") == 6, result


# --- what attackers write -----------------------------------------------------------------------------------------

EVIL = "\x1b[31m{{ 7 * 7 }}{% set a = 1 %}\u202e\r\nPLAY RECAP \x00 {{ lookup('ansible.builtin.pipe', 'touch PATH') }}"


def test_text_in_alerts_is_data(simulator: Simulator, play: Play, tmp_path: Path):
    evil = EVIL.replace("PATH", str(tmp_path / "evaluated"))
    fields = {"uuid": "", "name": evil, "details": {"path": evil}, "operations": ["ignore", evil]}
    simulator.add_alert(id=70001, **fields)
    simulator.add_alert(id=70002, status=32, operate_error_code=f"{evil}.Success", **fields)
    tasks = [
        {f"{COLLECTION}.security_event_info": {"security_event_ids": ["70001"], "details": True}, "register": "told"},
        {"ansible.builtin.debug": {"msg": "{{ told.security_events[0].alarm_event_name }}"}},
        {f"{COLLECTION}.security_event_operation_info": {"security_event_id": "70001"}},
        {HANDLE: {"security_event_ids": ["70001"], "operation_code": "kill_process"}, "ignore_errors": True},
        {HANDLE: {"security_event_ids": ["70002"], "operation_code": "ignore"}, "ignore_errors": True},
        {
            HANDLE: {
                "security_event_ids": ["70001"],
                "operation_code": "ignore",
                "remark": "{{ told.security_events[0].name }}",
            }
        },
    ]
    run = play.tasks(tasks, "-vvv", "--diff")
    listed, shown, offered, not_offered, wrong_status, handled = run.results
    assert listed["security_events"][0]["alarm_event_name"] == evil
    assert listed["security_events"][0]["details"][0]["value"] == evil
    assert shown["msg"] == evil
    assert offered["operable"] == ["ignore", evil]
    assert r"it offers ignore, \x1b[31m{{ 7 * 7 }}" in not_offered["msg"]
    assert r"the alert is handled (\x1b[31m{{ 7 * 7 }}" in wrong_status["msg"]
    assert handled["summary"]["handled"] == 1
    assert simulator.alert(70001).operate_message == f"Suspicious Process-{evil}"
    assert not (tmp_path / "evaluated").exists()
    assert not any(control in not_offered["msg"] + wrong_status["msg"] for control in "\x1b\x00\r\n\u202e")


def test_text_that_is_no_unicode_is_told_and_the_record_of_work_done_survives(
    simulator: Simulator, play: Play, tmp_path: Path
):
    """Newer ansible-core drops a whole result that holds a lone surrogate."""
    broken = "\ud800 {{ 7 * 7 }}"
    row = rows.row(simulator.state, simulator.alert(10001), "en") | {
        "AlarmEventNameDisplay": broken,
        "EventSubType": broken,
    }
    listing = json.dumps({"RequestId": broken, "SuspEvents": [row], "TotalCount": 1})
    simulator.fail("DescribeSuspEvents", nth=1, times=2, how="body", body=listing)
    status = {"SecurityEventId": "10001", "Status": "Failed", "ErrorCode": f"ignore.{broken}"}
    response = {"TaskStatus": broken, "SecurityEventOperationStatuses": [status]}
    answer = json.dumps({"RequestId": broken, "SecurityEventOperationStatusResponse": response})
    simulator.fail("DescribeSecurityEventOperationStatus", times=100, how="body", body=answer)
    accepted = json.dumps({"RequestId": broken, "HandleSecurityEventsResponse": {"TaskId": 1}})
    simulator.fail("HandleSecurityEvents", how="body", body=accepted)
    file = tmp_path / "result.jsonl"
    tasks = [
        {f"{COLLECTION}.security_event_info": {"security_event_ids": ["10001"]}},
        {
            HANDLE: {"security_event_ids": ["10001"], "operation_code": "ignore", "result_file": str(file)},
            "ignore_errors": True,
        },
    ]
    run = play.tasks(tasks, "-vvv")
    assert len(run.results) == 2, run.output
    listed, handled = run.results
    assert listed["security_events"][0]["alarm_event_name_display"] == "\ufffd {{ 7 * 7 }}"
    assert handled["events"][0]["outcome"] == "failed", handled
    assert handled["events"][0]["error_code"] == "ignore.\ufffd {{ 7 * 7 }}"
    assert r"ignore.\ud800 {{ 7 * 7 }}" in handled["msg"]
    assert [json.loads(line).get("outcome") for line in file.read_text(encoding="ascii").splitlines()][-1] == "failed"


# --- errors that say what to do -----------------------------------------------------------------------------------

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


def test_errors_are_clear(simulator: Simulator, play: Play):
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
        "security_event_info": {},
        "security_event_operation_info": {"security_event_id": "10001"},
        "security_event_task_info": {"security_event_ids": ["10001"], "task_id": "1"},
    }[module]
    key = {"access_key_id": Simulator.access_key_id, "access_key_secret": "wrong"}
    tasks = [
        {f"{COLLECTION}.{module}": given | more, "ignore_errors": True} for more in (key, {"endpoint": "http://a.b"})
    ]
    wrong_secret, unusable = play.tasks(tasks).results
    assert wrong_secret["error"]["code"] == "SignatureDoesNotMatch"
    assert wrong_secret["error"]["hint"].startswith("access_key_secret is not the secret of access key")
    assert unusable["msg"] == "endpoint http://a.b is plain http: use https (http is for the loopback address only)"
