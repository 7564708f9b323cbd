# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The official SDK as a client of the simulator: member accounts, both data planes, quotas, servers by the thousand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_sas20181203 import models
from alibabacloud_sas20181203.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException, ThrottlingException

import simulator as package
from simulator import Simulator
from simulator.clients import sdk_client
from simulator.seed_accounts import FREE_MEMBER_ACCOUNT, MEMBER_ACCOUNT, MEMBER_SERVER, OWN_ACCOUNT, WEB_1, WEB_2
from simulator.seed_crowd import FIRST_MEMBER, crowd_of_members, crowd_of_servers
from simulator.state import Asset, dump_state, parse_state


@pytest.fixture
def abroad(simulator: Simulator) -> Client:
    """The SDK as a client of the other plane, where the account has one server with an alert."""
    simulator.state.assets.append(
        Asset("f00d", OWN_ACCOUNT, "i-sg", "web-sg-1", region_id="ap-southeast-1", plane="international")
    )
    simulator.add_alert(id=80001, uuid="f00d", attacker_ip="198.51.100.9", plane="international")
    return sdk_client(simulator, endpoint=simulator.endpoint_international.partition("//")[2])


def alerts(sdk: Client, **query: Any) -> list[Any]:
    request = models.DescribeSuspEventsRequest(page_size="100", current_page="1", lang="en", from_="sas", **query)
    return list(sdk.describe_susp_events(request).body.susp_events)


def servers(sdk: Client, **query: Any) -> Any:
    return sdk.describe_cloud_center_instances(models.DescribeCloudCenterInstancesRequest(lang="en", **query)).body


def handle(sdk: Client, event: int, **more: Any) -> int:
    request = models.HandleSecurityEventsRequest(
        operation_code="ignore", security_event_ids=[str(event)], operation_params="{}", **more
    )
    task: int = sdk.handle_security_events(request).body.handle_security_events_response.task_id
    return task


def refusal(call: Any, *given: Any, **more: Any) -> str:
    with pytest.raises(ClientException) as refused:
        call(*given, **more)
    return str(refused.value.code)


def test_the_members_with_their_editions(sdk: Client) -> None:
    answer = sdk.describe_monitor_accounts().body
    assert answer.account_ids == [str(MEMBER_ACCOUNT), str(FREE_MEMBER_ACCOUNT)]
    told = [(one.account_id, one.sas_version, one.operator_uid) for one in answer.account_id_infos]
    assert told == [(str(MEMBER_ACCOUNT), "3", str(OWN_ACCOUNT)), (str(FREE_MEMBER_ACCOUNT), "1", str(OWN_ACCOUNT))]
    assert {(one.add_time, one.post_basic_service) for one in answer.account_id_infos} == {(1735689600, 0)}
    listed = sdk.list_accounts_in_resource_directory().body.accounts
    assert (listed[0].account_id, listed[0].display_name) == (str(MEMBER_ACCOUNT), "example-subsidiary")


def test_editions(sdk: Client) -> None:
    def version(**whose: int) -> int:
        return int(sdk.describe_version_config(models.DescribeVersionConfigRequest(**whose)).body.version)

    assert [version(), version(resource_directory_account_id=FREE_MEMBER_ACCOUNT)] == [7, 1]


def test_a_member_that_left_is_told_and_refused(sdk: Client, simulator: Simulator) -> None:
    next(one for one in simulator.state.accounts if one.id == MEMBER_ACCOUNT).left = True
    assert str(MEMBER_ACCOUNT) in sdk.describe_monitor_accounts().body.account_ids
    member = {"resource_directory_account_id": MEMBER_ACCOUNT}
    assert refusal(alerts, sdk, **member) == "RdCheckNoPermission"
    assert refusal(servers, sdk, **member) == "RdCheckNoPermission"
    assert refusal(handle, sdk, 50001, **member) == "RdCheckNoPermission"
    assert {row.source_ali_uid for row in alerts(sdk, multi_account_action_type=1)} == {
        OWN_ACCOUNT,
        FREE_MEMBER_ACCOUNT,
    }


def test_a_member_on_the_free_edition_is_listed_and_not_handled(sdk: Client) -> None:
    free = {"resource_directory_account_id": FREE_MEMBER_ACCOUNT}
    assert [row.id for row in alerts(sdk, **free)] == [60001]
    assert refusal(handle, sdk, 60001, **free) == "FreeVersionNotPermit"


def test_one_list_of_all_accounts(sdk: Client) -> None:
    everyone = {row.source_ali_uid for row in alerts(sdk, multi_account_action_type=1)}
    assert everyone == {OWN_ACCOUNT, MEMBER_ACCOUNT, FREE_MEMBER_ACCOUNT}
    assert {row.source_ali_uid for row in alerts(sdk, multi_account_action_type=0)} == {OWN_ACCOUNT}
    some = alerts(sdk, multi_account_action_type=1, source_ali_uids=[MEMBER_ACCOUNT, FREE_MEMBER_ACCOUNT])
    assert {row.id for row in some} == {50001, 60001}


def test_each_plane_lists_and_counts_its_own(sdk: Client, abroad: Client, simulator: Simulator) -> None:
    assert [row.id for row in alerts(abroad)] == [80001]
    assert 80001 not in {row.id for row in alerts(sdk)}
    assert alerts(sdk, id=80001) == []
    assert [(one.instance_name, one.safe_event_count) for one in servers(abroad).instances] == [("web-sg-1", 1)]
    assert "web-sg-1" not in {one.instance_name for one in servers(sdk, page_size=100).instances}
    detail = models.DescribeSuspEventDetailRequest(from_="sas", suspicious_event_id=80001)
    assert refusal(sdk.describe_susp_event_detail, detail) == "SecurityEventNotExists"
    assert {call.plane for call in simulator.calls} == {"china", "international"}


def test_each_plane_handles_its_own(sdk: Client, abroad: Client, simulator: Simulator) -> None:
    assert refusal(handle, sdk, 80001) == "SecurityEventNotExists"
    assert refusal(handle, abroad, 10001) == "SecurityEventNotExists"
    task = handle(abroad, 80001)
    status = models.DescribeSecurityEventOperationStatusRequest(task_id=task, security_event_ids=["80001"])
    assert refusal(sdk.describe_security_event_operation_status, status) == "OperationTaskNotExists"
    answer = abroad.describe_security_event_operation_status(status).body.security_event_operation_status_response
    assert answer.security_event_operation_statuses[0].security_event_id == "80001"
    assert simulator.alert(10001).status == 1


def test_a_block_is_of_the_plane_where_it_was_made(sdk: Client, abroad: Client) -> None:
    record = {"block_ip": "198.51.100.77", "bound": "in", "expire_time": 4_000_000_000_000}
    assert refusal(abroad.create_custom_block_record, models.CreateCustomBlockRecordRequest(uuids=WEB_1, **record))
    abroad.create_custom_block_record(models.CreateCustomBlockRecordRequest(uuids="f00d", **record))

    def addresses(client: Client) -> set[str]:
        found = client.describe_custom_block_records(models.DescribeCustomBlockRecordsRequest()).body.record_list
        return {one.block_ip for one in found}

    assert "198.51.100.77" in addresses(abroad)
    assert "198.51.100.77" not in addresses(sdk)


def test_quotas_count_by_account_that_calls_plane_and_action(sdk: Client, abroad: Client, simulator: Simulator) -> None:
    simulator.clock.freeze()
    simulator.state.settings.quotas = {"*": 2}
    for whose in (None, MEMBER_ACCOUNT):
        alerts(sdk, resource_directory_account_id=whose)
    with pytest.raises(ThrottlingException):
        alerts(sdk, resource_directory_account_id=FREE_MEMBER_ACCOUNT)
    alerts(abroad)
    servers(sdk)


def test_an_account_may_have_quotas_of_its_own(sdk: Client, simulator: Simulator) -> None:
    simulator.clock.freeze()
    simulator.state.settings.quotas = {"*": 1}
    simulator.state.accounts[0].quotas = {"DescribeSuspEvents": 3}
    for _call in range(3):
        alerts(sdk)
    with pytest.raises(ThrottlingException):
        alerts(sdk)
    servers(sdk)
    with pytest.raises(ThrottlingException):
        servers(sdk)


@pytest.mark.parametrize(
    ("criteria", "logic", "names"),
    [
        ([("uuid", WEB_1), ("uuid", WEB_2)], "OR", ["web-prod-1", "web-prod-2"]),
        ([("groupName", "web"), ("internetIp", "203.0.113.12")], "AND", ["web-prod-2"]),
        ([("riskStatus", "NO")], "AND", []),
        ([("osName", "Debian GNU/Linux 12 (bookworm)"), ("alarmStatus", "YES")], "AND", ["build-1"]),
    ],
)
def test_servers_by_criteria(sdk: Client, criteria: list[Any], logic: str, names: list[str]) -> None:
    text = json.dumps([{"name": name, "value": value} for name, value in criteria])
    found = servers(sdk, criteria=text, logical_exp=logic).instances
    assert [one.instance_name for one in found] == names


def test_servers_of_others_and_of_other_clouds(sdk: Client) -> None:
    found = servers(sdk, resource_directory_account_id=MEMBER_ACCOUNT).instances
    assert [(one.uuid, one.auth_version_name) for one in found] == [(MEMBER_SERVER, "Enterprise Edition")]
    assert servers(sdk, flags="1,2").instances == []
    assert servers(sdk, machine_types="cloud_product").instances == []


def test_a_crowd_of_servers_by_page_and_by_token() -> None:
    with Simulator(crowd_of_servers(250, 20)) as simulator:
        sdk = sdk_client(simulator)
        pages = [servers(sdk, page_size=100, current_page=page) for page in (1, 2, 3)]
        assert [page.page_info.total_count for page in pages] == [250] * 3
        by_page = [one.uuid for page in pages for one in page.instances]
        by_token, token = [], ""
        for _page in count():
            answer = servers(sdk, page_size=100, use_next_token=True, next_token=token)
            by_token += [one.uuid for one in answer.instances]
            if not (token := answer.page_info.next_token):
                break
        assert by_page == by_token
        assert len(set(by_page)) == 250
        assert sum(one.alarm_status == "YES" for page in pages for one in page.instances) == 20
        assert len({row.uuid for row in alerts(sdk)}) == 20


def test_a_crowd_of_members() -> None:
    with Simulator(crowd_of_members(3, 7)) as simulator:
        sdk = sdk_client(simulator)
        ids = sdk.describe_monitor_accounts().body.account_ids
        assert ids == [str(FIRST_MEMBER + number) for number in range(3)]
        assert [len(alerts(sdk, resource_directory_account_id=int(one))) for one in ids] == [7, 7, 7]
        assert len({row.id for row in alerts(sdk, multi_account_action_type=1)}) == 21
        assert alerts(sdk) == []


def test_a_state_file_knows_planes_and_members_that_left(simulator: Simulator) -> None:
    simulator.add_alert(id=80001, plane="international")
    simulator.state.accounts[1].left = True
    again = parse_state(dump_state(simulator.state))
    assert [alert.id for alert in again.alerts if alert.plane == "international"] == [80001]
    assert again.accounts[1].left
    with pytest.raises(ValueError, match="plane must be among china, international, not 'moon'"):
        simulator.add_alert(id=80002, plane="moon")


@pytest.mark.parametrize(
    ("options", "told"),
    [(("--members", "3", "--alerts-each", "4"), [4, 30, 12]), (("--servers", "9", "--with-alerts", "2"), [3, 9, 2])],
)
def test_the_command_line_has_both_crowds_and_both_planes(options: tuple[str, ...], told: list[int]) -> None:
    script = (
        "import json, os, urllib.request as u;"
        "print(*[u.urlopen(os.environ[name] + '/_simulator/state').read().decode()"
        " for name in ('SIMULATOR_ENDPOINT', 'SIMULATOR_ENDPOINT_INTERNATIONAL')], sep='')"
    )
    command = [sys.executable, "-m", "simulator", "exec", *options, "--", sys.executable, "-c", script]
    surroundings = os.environ | {"PYTHONPATH": str(Path(package.__file__).parents[1])}
    ended = subprocess.run(command, env=surroundings, stdout=subprocess.PIPE, text=True, timeout=30, check=True)
    china, international = map(json.loads, filter(None, ended.stdout.splitlines()))
    assert china == international
    assert [len(china[name]) for name in ("accounts", "assets", "alerts")] == told
