# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine on the simulator, where guard rails, rows of several events and lost records meet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.credentials import Credentials
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from engine import Handle, client_of, handler, shorten_waits
from simulator import Simulator

BLOCK = {"operation_code": "block_ip", "operation_params": {"expire_in": "1h"}}


@pytest.fixture
def handle(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Handle:
    shorten_waits(monkeypatch)
    return handler(simulator)


def writes(simulator: Simulator) -> list[dict[str, str]]:
    return [call.parameters for call in simulator.calls if call.action == "HandleSecurityEvents"]


def only(result: dict[str, Any]) -> dict[str, Any]:
    (event,) = result["events"]
    return event


@pytest.mark.parametrize(
    "rule",
    [{"address": "10.0.1.0/24"}, {"cluster": "prod-cluster"}, {"name": "K8S-*"}, {"group": "100"}, {"tag": "prod"}],
    ids=str,
)
def test_a_rule_that_the_alert_alone_does_not_answer_is_asked_of_the_server(simulator, handle, rule):
    asset = next(asset for asset in simulator.state.assets if asset.name == "k8s-node-1")
    values = {"address": asset.intranet_ip, "group": str(asset.group_id), "tag": asset.tag}
    result = handle("10007", protected_assets=[{key: values.get(key, wanted) for key, wanted in rule.items()}])
    assert only(result)["error_code"] == "ProtectedAsset"
    assert writes(simulator) == []


def test_each_event_of_an_alert_has_its_address_checked(simulator, handle):
    simulator.add_alert(id=30001, operations=["block_ip", "advance_mark_mis_info"], attacker_ip="10.9.9.9")
    result = handle("30001", **BLOCK)
    assert only(result)["message"] == "10.9.9.9 is a private address (never_block: private)"
    asked = [call.parameters["SecurityEventId"] for call in simulator.calls if call.action.endswith("Operations")]
    assert asked == ["40001", "40002"]


@pytest.mark.parametrize(
    "told", ["198.51.100.9,10.0.0.0/8", "198.51.100.9 (unknown)", "198.51.100.9."], ids=["network", "words", "dot"]
)
def test_an_address_that_is_told_in_part_is_not_checked_in_part(simulator, handle, told):
    simulator.add_alert(id=10003, mark_sources={"loginSourceIp": told})
    result = handle("10003", **BLOCK)
    assert only(result)["message"].startswith("never_block can't be checked")
    assert writes(simulator) == []


def test_an_alert_of_several_events_needs_the_address_of_each(simulator, handle):
    simulator.add_alert(id=30001, operations=["block_ip"], attacker_ip="198.51.100.9")
    result = handle("30001", **BLOCK)
    assert only(result)["error_code"] == "NeverBlock"
    assert writes(simulator) == []


def test_the_events_of_one_alert_share_a_call_and_are_sent_once(simulator, handle):
    simulator.add_alert(id=31001, event_ids=[41001, 41002], uuid=simulator.alert("10001").uuid)
    result = handle("10001", "31001", "41001", "10002", batch_size=2)
    sent = [
        [value for name, value in call.items() if name.startswith("SecurityEventIds.")] for call in writes(simulator)
    ]
    assert sorted(sent) == [["10001"], ["10002"], ["41001", "41002"]]
    assert result["summary"]["handled"] == 4
    assert {simulator.handled_times(event_id) for event_id in (10001, 41001, 41002, 10002)} == {1}


def test_a_call_that_is_refused_after_a_lost_answer_leaves_the_alert_unknown(simulator, handle):
    simulator.fail("HandleSecurityEvents", nth=1, how="timeout_before", seconds=0.1)
    simulator.fail("HandleSecurityEvents", nth=2, how="error", http_status=400, code="IllegalParam")
    result = handle("10001")
    assert (only(result)["outcome"], result["changed"], result["failed"]) == ("unknown", True, True)
    assert only(result)["message"].startswith("the answer to a call was lost, and repeating it was refused")


def test_a_task_that_can_t_be_asked_is_followed_by_its_alerts(simulator, handle):
    simulator.fail(
        "DescribeSecurityEventOperationStatus", times=99, how="error", http_status=400, code="OperationTaskNotExists"
    )
    result = handle("10001", "10002")
    assert result["summary"]["handled"] == 2
    assert "failed" not in result


def test_a_task_that_ended_without_a_word_of_an_alert_is_followed_by_the_alert(simulator, handle):
    told = {"SecurityEventOperationStatusResponse": {"TaskStatus": "Success", "SecurityEventOperationStatuses": []}}
    simulator.fail("DescribeSecurityEventOperationStatus", times=99, how="body", body=json.dumps(told))
    result = handle("10001")
    assert (only(result)["outcome"], only(result)["event_status_after"]) == ("handled", "ignored")


def test_an_alert_whose_row_id_is_another_s_event_is_read_again_by_its_row(simulator, handle):
    simulator.fail("HandleSecurityEvents", how="reset_after")
    result = handle("10017")
    assert (only(result)["outcome"], only(result)["event_status_after"]) == ("handled", "ignored")
    assert simulator.handled_times("10017") == 1


@pytest.mark.parametrize(
    "body", [{"Success": False}, {"Success": False, "Code": "500"}, {"Code": "InternalError.Dispatch"}], ids=str
)
def test_a_fault_of_the_service_told_in_http_200_is_a_lost_answer(simulator, handle, body):
    simulator.fail("HandleSecurityEvents", how="body", body=json.dumps(body))
    result = handle("10001")
    assert (only(result)["outcome"], simulator.handled_times("10001")) == ("handled", 1)


def test_the_rest_of_an_alert_whose_event_was_handled_is_not_sent_by_a_repeat(simulator, handle):
    first, second = handle("40002"), handle("40002")
    assert (only(first)["outcome"], only(second)["outcome"]) == ("handled", "refused")
    assert (only(second)["error_code"], len(writes(simulator))) == ("PartlyHandled", 1)


def test_no_permission_to_follow_is_told_as_what_it_is(simulator, handle):
    for action in ("DescribeSecurityEventOperationStatus", "DescribeSuspEvents"):
        nth = 2 if action == "DescribeSuspEvents" else 1
        simulator.fail(action, nth=nth, times=99, how="error", http_status=403, code="Forbidden.RAM")
    result = handle("10001", check_operations="never")
    assert only(result)["outcome"] == "unknown"
    assert only(result)["message"] == "it can't be followed: Forbidden.RAM"
    assert result["error"]["hint"].startswith("grant the RAM action yundun-sas:Describe")


def test_a_record_that_can_t_be_written_stops_the_run_before_anything_is_sent(simulator, handle):
    result = handle("10001", result_file="/dev/full")
    assert writes(simulator) == []
    assert result["msg"].startswith("result_file /dev/full can't be written: No space left on device")
    assert (only(result)["outcome"], only(result)["message"]) == ("failed", "not sent")


def test_the_result_file_tells_each_call_before_it_is_made_and_each_alert_as_it_ends(simulator, handle, tmp_path):
    path = tmp_path / "record.jsonl"
    handle("10001", "10009", result_file=str(path))
    lines = [json.loads(line) for line in Path(path).read_text(encoding="ascii").splitlines()]
    assert [line.get("action") or line.get("task_id") or line["outcome"] for line in lines[:3]] == [
        "refused",
        "HandleSecurityEvents",
        15411,
    ]
    told = {line["security_event_id"]: line["outcome"] for line in lines if "outcome" in line}
    assert told == {"10001": "handled", "10009": "refused"}
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_result_file_tells_the_status_that_the_result_tells(simulator, handle, tmp_path):
    path = tmp_path / "record.jsonl"
    result = handle("10001", result_file=str(path))
    assert json.loads(path.read_text(encoding="ascii").splitlines()[-1]) == only(result)
    assert only(result)["event_status_after"] == "ignored"


def test_the_status_of_an_alert_of_which_one_event_was_handled_is_read(simulator, handle):
    result = handle("40002")
    assert (only(result)["outcome"], only(result)["event_status_after"]) == ("handled", "pending")


def test_an_alert_whose_rules_can_t_be_compared_says_so(simulator, handle):
    rule = {"field": "cmdLine", "operate": "contains", "field_value": "other"}
    result = handle("10014", operation_code="advance_mark_mis_info", mark_miss_param=[rule])
    assert only(result)["outcome"] == "unchanged"
    assert only(result)["message"].endswith("with which rules the service does not tell")


def test_a_guard_rails_variable_that_is_set_but_empty_is_refused(simulator, handle):
    with pytest.raises(OptionError, match="SECURITY_CENTER_GUARDRAILS is set but empty"):
        handle("10001", environ={"SECURITY_CENTER_GUARDRAILS": " "})
    assert simulator.calls == []


def test_an_answer_that_is_no_list_is_not_an_empty_one(simulator, handle):
    simulator.fail("DescribeSuspEvents", times=99, how="body", body="{}")
    result = handle("10001")
    assert result["msg"] == (
        "nothing was sent: DescribeSuspEvents failed: the answer holds no list of alerts - check endpoint and proxy"
    )
    assert only(result)["outcome"] == "failed"


def test_the_secret_parts_are_taken_out_of_the_service_s_messages(simulator):
    client = client_of(simulator, credentials=Credentials("STS.x", simulator.access_key_secret, "a/token+with=signs"))
    message = f"canonical request: x-acs-security-token:a/token+with=signs {simulator.access_key_secret} a%2Ftoken%2Bwith%3Dsigns"
    body = json.dumps({"Code": "SignatureDoesNotMatch", "Message": message})
    simulator.fail("DescribeSuspEvents", how="body", http_status=400, body=body)
    with pytest.raises(Exception, match="SignatureDoesNotMatch") as caught:
        client.call("DescribeSuspEvents", {})
    assert caught.value.message == "canonical request: x-acs-security-token:*** *** ***"
