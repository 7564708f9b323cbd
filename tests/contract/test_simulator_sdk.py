# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vendor's official SDK, unchanged, as a client of the simulator: every action, and it believes the answers."""

from __future__ import annotations

import json
import re
import time

import pytest
from alibabacloud_sas20181203 import models
from alibabacloud_sas20181203.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException, ThrottlingException
from darabonba.runtime import RuntimeOptions

from simulator import Simulator
from simulator.actions import ACTIONS
from simulator.clients import sdk_client
from simulator.seed_accounts import (
    MEMBER_ACCOUNT,
    OWN_ACCOUNT,
    TEMPORARY_KEY_ID,
    TEMPORARY_KEY_SECRET,
    TEMPORARY_KEY_TOKEN,
    WEB_1,
)

RULE = {
    "field": "loginUser",
    "operate": "strEqual",
    "fieldValue": "root",
    "eventType": "Unusual Logon",
    "eventName": "ssh_brute_force",
    "uuids": WEB_1,
}
FIRST_CALLS = {
    "HandleSecurityEvents": models.HandleSecurityEventsRequest(operation_code="ignore", security_event_ids=["10001"]),
    "DescribeSuspEvents": models.DescribeSuspEventsRequest(),
    "DescribeSuspEventDetail": models.DescribeSuspEventDetailRequest(from_="sas", suspicious_event_id=10001),
    "DescribeSecurityEventOperations": models.DescribeSecurityEventOperationsRequest(security_event_id=10001),
    "DescribeSecurityEventOperationStatus": models.DescribeSecurityEventOperationStatusRequest(
        security_event_ids=["10001"]
    ),
    "DescribeNsasSuspEventType": models.DescribeNsasSuspEventTypeRequest(),
    "DescribeCloudCenterInstances": models.DescribeCloudCenterInstancesRequest(),
    "DescribeMonitorAccounts": None,
    "ListAccountsInResourceDirectory": None,
    "DescribeVersionConfig": models.DescribeVersionConfigRequest(),
    "CreateSuspEventNote": models.CreateSuspEventNoteRequest(event_id=10001, note="seen"),
    "DeleteSuspEventNode": models.DeleteSuspEventNodeRequest(note_id=900001),
    "DescribeSecurityEventMarkMissList": models.DescribeSecurityEventMarkMissListRequest(current_page=1, page_size=20),
    "ModifySecurityEventMarkMissIndividually": models.ModifySecurityEventMarkMissIndividuallyRequest(
        insert_mark_miss_param=json.dumps([RULE])
    ),
    "DeleteSecurityEventMarkMissList": models.DeleteSecurityEventMarkMissListRequest(ids=[600001]),
    "AdvanceSecurityEventOperations": models.AdvanceSecurityEventOperationsRequest(
        event_type="Webshell", event_name="webshell_file"
    ),
    "DescribeSimilarEventScenarios": models.DescribeSimilarEventScenariosRequest(security_event_id=20001),
    "CreateSimilarSecurityEventsQueryTask": models.CreateSimilarSecurityEventsQueryTaskRequest(security_event_id=20001),
    "DescribeSimilarSecurityEvents": models.DescribeSimilarSecurityEventsRequest(task_id=880001),
    "HandleSimilarSecurityEvents": models.HandleSimilarSecurityEventsRequest(task_id=880001, operation_code="ignore"),
    "OperationCancelIgnoreSuspEvent": models.OperationCancelIgnoreSuspEventRequest(security_event_ids=[10011]),
    "DescribeSuspEventQuaraFiles": models.DescribeSuspEventQuaraFilesRequest(from_="sas"),
    "RollbackSuspEventQuaraFile": models.RollbackSuspEventQuaraFileRequest(from_="sas", quara_file_id=800001),
    "DescribeCustomBlockRecords": models.DescribeCustomBlockRecordsRequest(),
    "CreateCustomBlockRecord": models.CreateCustomBlockRecordRequest(
        block_ip="198.51.100.201", bound="in", expire_time=4_000_000_000_000, uuids=WEB_1
    ),
    "ModifyCustomBlockRecord": models.ModifyCustomBlockRecordRequest(
        block_ip="198.51.100.200", bound="in", expire_time=4_000_000_000_000, uuids=WEB_1
    ),
    "EnableCustomBlockRecord": models.EnableCustomBlockRecordRequest(block_ip="198.51.100.200", bound="in"),
    "DisableCustomBlockRecord": models.DisableCustomBlockRecordRequest(block_ip="198.51.100.200", bound="in"),
    "DeleteCustomBlockRecord": models.DeleteCustomBlockRecordRequest(id=700001),
    "DescribeCustomBlockInstances": models.DescribeCustomBlockInstancesRequest(),
    "DescribeBruteForceRecords": models.DescribeBruteForceRecordsRequest(),
    "DisableBruteForceRecord": models.DisableBruteForceRecordRequest(block_ip="192.0.2.99", uuid=WEB_1),
}


def status_of(sdk: Client, task_id: int, *event_ids: str) -> models.DescribeSecurityEventOperationStatusResponseBody:
    request = models.DescribeSecurityEventOperationStatusRequest(task_id=task_id, security_event_ids=list(event_ids))
    return sdk.describe_security_event_operation_status(request).body.security_event_operation_status_response


def follow(sdk: Client, task_id: int, *event_ids: str) -> models.DescribeSecurityEventOperationStatusResponseBody:
    """The task's status when it has ended."""
    for _attempt in range(200):
        answer = status_of(sdk, task_id, *event_ids)
        if answer.task_status not in ("Pending", "Processing"):
            return answer
        time.sleep(0.005)
    raise AssertionError(f"task {task_id} does not end")


def handle(sdk: Client, operation: str, *event_ids: str, **more: object) -> int:
    """HandleSecurityEvents; the id of the task."""
    request = models.HandleSecurityEventsRequest(operation_code=operation, security_event_ids=list(event_ids), **more)
    return sdk.handle_security_events(request).body.handle_security_events_response.task_id


def rows(sdk: Client, **filters: object) -> list[models.DescribeSuspEventsResponseBodySuspEvents]:
    return sdk.describe_susp_events(models.DescribeSuspEventsRequest(lang="en", **filters)).body.susp_events


def test_a_task_is_followed_to_its_end(sdk: Client, simulator: Simulator) -> None:
    simulator.clock.freeze()
    simulator.state.settings.task_seconds = 60
    task_id = handle(sdk, "ignore", "10001", "10003", remark="known job, as agreed")
    assert task_id >= 15411

    simulator.clock.shift(1)
    assert status_of(sdk, task_id, "10001").task_status == "Pending"
    simulator.clock.shift(30)
    under_way = status_of(sdk, task_id, "10001", "10003")
    assert under_way.task_status == "Processing"
    assert {event.status for event in under_way.security_event_operation_statuses} == {"Processing"}
    assert rows(sdk, id=10001)[0].event_status == 16

    simulator.clock.shift(30)
    ended = status_of(sdk, task_id, "10001", "10003")
    assert ended.task_status == "Success"
    assert [
        (event.security_event_id, event.status, event.error_code) for event in ended.security_event_operation_statuses
    ] == [("10001", "Success", "ignore.Success"), ("10003", "Success", "ignore.Success")]
    [row] = rows(sdk, id=10001)
    assert (row.event_status, row.operate_error_code, row.operate_msg) == (2, "ignore.Success", "known job, as agreed")
    assert row.operate_time > row.last_time_stamp


def test_a_row_has_what_the_reference_documents(sdk: Client) -> None:
    answer = sdk.describe_susp_events(models.DescribeSuspEventsRequest(id=10001, lang="en", from_="sas")).body
    assert (answer.count, answer.total_count, answer.current_page, answer.page_size) == (1, 1, 1, 20)
    assert len(answer.request_id) == 36
    [row] = answer.susp_events
    assert (row.id, row.security_event_ids, row.event_status, row.level) == (10001, "10001", 1, "serious")
    assert row.name == "Malicious Process (Cloud Threat Detection)-Mining program"
    assert (row.uuid, row.instance_id, row.instance_name) == (WEB_1, "i-bp1web0000000001", "web-prod-1")
    assert (row.internet_ip, row.intranet_ip, row.source_ali_uid) == ("203.0.113.11", "10.0.1.11", OWN_ACCOUNT)
    assert (row.can_be_deal_on_line, row.can_cancel_fault, row.support_operate_code) == (True, False, "AI.real_attack")
    assert [(item.tactic_id, item.tactic_display_name) for item in row.tactic_items] == [
        ("TA0002", "Execution"),
        ("TA0040", "Impact"),
    ]
    assert {item.name_display: item.value for item in row.details}["Malicious File Path"] == "/tmp/.cache/xmrig"
    assert row.last_time_stamp > row.occurrence_time_stamp > 0
    assert len(row.last_time) == len(row.occurrence_time) == 19


def test_a_container_row_has_its_container(sdk: Client) -> None:
    [row] = rows(sdk, container_field_name="namespace", container_field_value="payments")
    assert (row.id, row.k_8s_namespace, row.app_name) == (10007, "payments", "payments-api")
    assert row.cluster_id == row.k_8s_cluster_id != ""


def test_the_tactic_travels_in_a_form_body(sdk: Client, simulator: Simulator) -> None:
    found = rows(sdk, tactic_id="TA0011", dealed="N")
    assert [row.id for row in found] == [10005]
    assert simulator.calls[-1].headers["content-type"] == "application/x-www-form-urlencoded"


def test_source_accounts_travel_comma_joined(sdk: Client, simulator: Simulator) -> None:
    found = rows(sdk, multi_account_action_type=1, source_ali_uids=[MEMBER_ACCOUNT, 9], levels="serious")
    assert [row.id for row in found] == [50001]
    assert simulator.calls[-1].parameters["SourceAliUids"] == f"{MEMBER_ACCOUNT},9"


def test_lists_texts_and_odd_characters_arrive_as_sent(sdk: Client, simulator: Simulator) -> None:
    remark = "a b+c/d~e*f'(é中)&=%"
    task_id = handle(sdk, "ignore", *(str(number) for number in range(20001, 20013)), remark=remark)
    ended = follow(sdk, task_id, *(str(number) for number in range(20001, 20013)))
    assert len(ended.security_event_operation_statuses) == 12
    assert simulator.alert(20012).operate_message == remark


def test_paging_reaches_every_row_once(sdk: Client) -> None:
    seen: list[int] = []
    for page in range(1, 4):
        request = models.DescribeSuspEventsRequest(current_page=str(page), page_size="60", dealed="N", lang="en")
        answer = sdk.describe_susp_events(request).body
        assert (answer.current_page, answer.page_size, answer.count) == (page, 60, len(answer.susp_events))
        seen += [row.id for row in answer.susp_events]
    assert len(seen) == len(set(seen)) == answer.total_count == 133


def test_the_operations_of_an_alert(sdk: Client) -> None:
    request = models.DescribeSecurityEventOperationsRequest(security_event_id=10015, lang="en")
    offers = {
        offer.operation_code: offer
        for offer in sdk.describe_security_event_operations(request).body.security_event_operations_response
    }
    assert set(offers) == {"kill_process", "advance_mark_mis_info", "ignore", "manual_handled"}
    assert all(offer.user_can_operate is True and offer.operation_params == "" for offer in offers.values())
    [rule] = offers["advance_mark_mis_info"].mark_field
    assert (rule.filed_name, rule.filed_alias_name, rule.mark_mis_type) == ("filePath", "File Path", "contains")
    assert (rule.mark_mis_value, rule.uuid) == ("/opt/backup/", "ALL")
    source = offers["advance_mark_mis_info"].mark_fields_source[0]
    assert (source.filed_name, source.mark_mis_value) == ("cmdLine", "curl -o /opt/backup/agent.tgz")
    assert source.supported_mis_type == ["contains", "notContains", "regex", "strEqual", "strNotEqual"]


def test_an_operation_beyond_the_edition_is_shown_but_not_allowed(sdk: Client) -> None:
    request = models.DescribeSecurityEventOperationsRequest(security_event_id=10002)
    offers = sdk.describe_security_event_operations(request).body.security_event_operations_response
    assert {offer.operation_code for offer in offers if not offer.user_can_operate} == {"cleanup"}


def test_the_attackers_address_has_a_stable_name(sdk: Client) -> None:
    request = models.DescribeSecurityEventOperationsRequest(security_event_id=10003)
    offers = sdk.describe_security_event_operations(request).body.security_event_operations_response
    [whitelist] = [offer for offer in offers if offer.operation_code == "advance_mark_mis_info"]
    fields = {field.filed_name: field for field in whitelist.mark_fields_source}
    assert fields["loginSourceIp"].mark_mis_value == "198.51.100.23"
    assert "inIpSegment" in fields["loginSourceIp"].supported_mis_type


def test_whitelisting_several_alerts_at_once(sdk: Client, simulator: Simulator) -> None:
    rules = [{"uuid": "ALL", "field": "loginUser", "operate": "strEqual", "fieldValue": "root"}]
    more = {"mark_miss_param": json.dumps(rules), "mark_batch": "true"}
    ended = follow(sdk, handle(sdk, "advance_mark_mis_info", "20001", "20002", **more), "20001", "20002")
    codes = {event.error_code for event in ended.security_event_operation_statuses}
    assert codes == {"advance_mark_mis_info.User.Success"}
    assert [simulator.alert(event).status for event in (20001, 20002)] == [8, 8]


def test_one_alert_in_detail(sdk: Client) -> None:
    request = models.DescribeSuspEventDetailRequest(from_="sas", suspicious_event_id=10003, lang="en")
    detail = sdk.describe_susp_event_detail(request).body
    assert (detail.id, detail.event_name, detail.event_type_desc) == (
        10003,
        "Successful SSH brute force",
        "Unusual Logon",
    )
    assert (detail.event_status, detail.level, detail.instance_name) == ("1", "serious", "web-prod-1")
    assert (detail.can_be_deal_on_line, detail.uuid, detail.internet_ip) == (True, WEB_1, "203.0.113.11")
    assert {item.name_display: item.value for item in detail.details}["Logon Source IP"] == "198.51.100.23"


@pytest.mark.parametrize(("lang", "name"), [("en", "Unusual Logon"), ("zh", "异常登录"), (None, "异常登录")])
def test_types_of_alerts_are_named_in_the_language_asked_for(sdk: Client, lang: str | None, name: str) -> None:
    answer = sdk.describe_nsas_susp_event_type(models.DescribeNsasSuspEventTypeRequest(lang=lang, from_="sas")).body
    types = {entry.type: entry for entry in answer.event_types}
    assert types["Unusual Logon"].name == name
    assert types["Unusual Logon"].susp_event_count == 3
    assert types["Webshell"].susp_event_count == 1


def test_assets_are_found_by_their_criteria(sdk: Client) -> None:
    criteria = [{"name": "instanceName", "value": "web-prod-1"}, {"name": "internetIp", "value": "203.0.113.51"}]
    request = models.DescribeCloudCenterInstancesRequest(criteria=json.dumps(criteria), logical_exp="OR", lang="en")
    answer = sdk.describe_cloud_center_instances(request).body
    assert answer.success is True
    info = answer.page_info
    assert (info.count, info.total_count, info.current_page, info.page_size) == (2, 2, 1, 20)
    web, build = answer.instances
    assert (web.uuid, web.instance_id, web.internet_ip) == (WEB_1, "i-bp1web0000000001", "203.0.113.11")
    assert (web.intranet_ip, web.group_id, web.tag, web.region_id) == ("10.0.1.11", 11, "prod", "cn-hangzhou")
    assert (web.client_status, web.alarm_status, build.client_status) == ("online", "YES", "offline")
    assert (web.safe_event_count, build.safe_event_count) == (62, 1)


def test_assets_are_paged_by_token(sdk: Client) -> None:
    token, names = "", []
    for _page in range(3):
        request = models.DescribeCloudCenterInstancesRequest(use_next_token=True, next_token=token, page_size=2)
        answer = sdk.describe_cloud_center_instances(request).body
        names += [asset.instance_name for asset in answer.instances]
        assert answer.page_info.total_count is None
        token = answer.page_info.next_token
    assert token == ""
    assert names == ["web-prod-1", "web-prod-2", "db-prod-1", "cache-1", "k8s-node-1", "build-1"]


def test_a_temporary_key(simulator: Simulator) -> None:
    sdk = sdk_client(
        simulator,
        access_key_id=TEMPORARY_KEY_ID,
        access_key_secret=TEMPORARY_KEY_SECRET,
        security_token=TEMPORARY_KEY_TOKEN,
    )
    assert [row.id for row in rows(sdk, id=10001)] == [10001]
    assert simulator.calls[-1].headers["x-acs-accesskey-id"] == TEMPORARY_KEY_ID


def test_a_member_account(sdk: Client, simulator: Simulator) -> None:
    assert [row.id for row in rows(sdk, resource_directory_account_id=MEMBER_ACCOUNT)] == [50001]
    task_id = handle(sdk, "quara", "50001", resource_directory_account_id=MEMBER_ACCOUNT)
    assert follow(sdk, task_id, "50001").task_status == "Success"
    assert simulator.handled_times(50001) == 1


def test_https_with_a_certificate_that_the_client_trusts() -> None:
    with Simulator(tls=True) as simulator:
        runtime = RuntimeOptions(ca=simulator.ca_path)
        request = models.DescribeSuspEventsRequest(id=10001, lang="en")
        answer = sdk_client(simulator).describe_susp_events_with_options(request, runtime)
        assert answer.body.susp_events[0].id == 10001


def test_a_refusal_arrives_as_the_sdks_exception(sdk: Client) -> None:
    with pytest.raises(ClientException) as refused:
        handle(sdk, "ignore", "99999")
    assert (refused.value.status_code, refused.value.code) == (400, "SecurityEventNotExists")
    assert len(refused.value.request_id) == 36


def test_throttling_arrives_with_its_wait(sdk: Client, simulator: Simulator) -> None:
    simulator.fail("DescribeSuspEvents", how="throttle", retry_after_ms=1500)
    with pytest.raises(ThrottlingException) as throttled:
        rows(sdk)
    assert (throttled.value.code, throttled.value.retry_after) == ("Throttling.User", 1500)


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_answers_the_sdk(sdk: Client, action: str) -> None:
    """A new action needs its line in FIRST_CALLS, and a test above of what it answers."""
    method = re.sub(r"(?<!^)(?=[A-Z])", "_", action).lower()
    if action == "DescribeSecurityEventOperationStatus":
        FIRST_CALLS[action].task_id = handle(sdk, "ignore", "10001")
    if action in ("DescribeSimilarSecurityEvents", "HandleSimilarSecurityEvents"):
        sdk.create_similar_security_events_query_task(FIRST_CALLS["CreateSimilarSecurityEventsQueryTask"])
    request = FIRST_CALLS[action]
    answer = getattr(sdk, method)(*[request] if request else [])
    assert answer.status_code == 200
    assert answer.body.request_id == answer.headers["x-acs-request-id"]
