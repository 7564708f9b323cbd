# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vendor's official SDK, unchanged, makes, changes, enables, disables and deletes blocks at the simulator."""

from __future__ import annotations

import pytest
from alibabacloud_sas20181203 import models
from alibabacloud_sas20181203.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException

from simulator import Simulator
from simulator.seed_accounts import BUILD_1, DB_1, MEMBER_SERVER, OWN_ACCOUNT, WEB_1, WEB_2
from simulator.seed_blocks import BRUTE_FORCE_ADDRESS, CONSOLE_ADDRESS

ADDRESS = "198.51.100.23"
FUTURE = 4_000_000_000_000
Record = models.DescribeCustomBlockRecordsResponseBodyRecordList
Instance = models.DescribeCustomBlockInstancesResponseBodyInstanceList
Own = models.DescribeBruteForceRecordsResponseBodyMachineList


def records(sdk: Client, **filters: object) -> list[Record]:
    request = models.DescribeCustomBlockRecordsRequest(**filters)
    return sdk.describe_custom_block_records(request).body.record_list


def instances(sdk: Client, **filters: object) -> list[Instance]:
    request = models.DescribeCustomBlockInstancesRequest(**filters)
    return sdk.describe_custom_block_instances(request).body.instance_list


def own(sdk: Client, **filters: object) -> list[Own]:
    request = models.DescribeBruteForceRecordsRequest(**filters)
    return sdk.describe_brute_force_records(request).body.machine_list


def create(sdk: Client, *uuids: str, address: str = ADDRESS, bound: str = "in", expire_time: int = FUTURE) -> None:
    request = models.CreateCustomBlockRecordRequest(
        block_ip=address, bound=bound, expire_time=expire_time, uuids=",".join(uuids)
    )
    sdk.create_custom_block_record(request)


def modify(sdk: Client, *uuids: str, expire_time: int = FUTURE) -> None:
    request = models.ModifyCustomBlockRecordRequest(
        block_ip=ADDRESS, bound="in", expire_time=expire_time, uuids=",".join(uuids)
    )
    sdk.modify_custom_block_record(request)


def enable(sdk: Client, address: str = ADDRESS) -> None:
    sdk.enable_custom_block_record(models.EnableCustomBlockRecordRequest(block_ip=address, bound="in"))


def disable(sdk: Client, address: str = ADDRESS) -> None:
    sdk.disable_custom_block_record(models.DisableCustomBlockRecordRequest(block_ip=address, bound="in"))


def lift(sdk: Client, **chosen: object) -> None:
    sdk.disable_brute_force_record(models.DisableBruteForceRecordRequest(**chosen))


def counts(sdk: Client, address: str = ADDRESS) -> tuple[int, int, int]:
    [record] = records(sdk, block_ip=address)
    return record.status, record.enable_count, record.server_count


def refused(call: object, *args: object, **more: object) -> str:
    with pytest.raises(ClientException) as refusal:
        call(*args, **more)
    return refusal.value.code


@pytest.fixture(autouse=True)
def stopped(simulator: Simulator) -> None:
    """The clock moves when a test says so."""
    simulator.clock.freeze()
    simulator.state.settings.task_seconds = 60


def test_a_record_has_what_the_reference_documents(sdk: Client) -> None:
    answer = sdk.describe_custom_block_records(models.DescribeCustomBlockRecordsRequest()).body
    info = answer.page_info
    assert (info.count, info.total_count, info.current_page, info.page_size) == (1, 1, 1, 20)
    [record] = answer.record_list
    assert (record.id, record.block_ip, record.bound, record.source) == (700001, CONSOLE_ADDRESS, "in", "console")
    assert (record.status, record.enable_count, record.server_count) == (1, 2, 2)
    assert [(target.target, target.target_type) for target in record.target_list] == [(WEB_1, "uuid"), (WEB_2, "uuid")]


def test_a_record_is_made_disabled_and_enabling_takes_its_time(sdk: Client, simulator: Simulator) -> None:
    create(sdk, WEB_1, DB_1)
    assert counts(sdk) == (0, 0, 2)
    enable(sdk)
    assert counts(sdk) == (1, 0, 2)
    simulator.clock.shift(60)
    assert counts(sdk) == (1, 2, 2)
    disable(sdk)
    assert counts(sdk) == (0, 2, 2)
    simulator.clock.shift(60)
    assert counts(sdk) == (0, 0, 2)
    assert {instance.status for instance in instances(sdk, block_ip=ADDRESS, bound="in")} == {0}


def test_a_second_record_for_an_address_and_direction_is_refused(sdk: Client) -> None:
    create(sdk, WEB_1)
    assert refused(create, sdk, WEB_2) == "RuleRecordIsExists"
    create(sdk, WEB_2, bound="out")
    assert [record.bound for record in records(sdk, block_ip=ADDRESS)] == ["in", "out"]


def test_a_server_that_is_offline_fails(sdk: Client, simulator: Simulator) -> None:
    create(sdk, WEB_1, BUILD_1)
    enable(sdk)
    simulator.clock.shift(60)
    assert counts(sdk) == (2, 1, 2)
    web, build = instances(sdk, block_ip=ADDRESS, bound="in")
    assert (web.uuid, web.status, web.error_code, web.ali_net_online) == (WEB_1, 1, "", True)
    assert (build.uuid, build.status, build.error_code, build.ali_net_online) == (BUILD_1, 2, "AliNetNotOnline", False)
    assert (build.instance_name, build.internet_ip, build.intranet_ip) == ("build-1", "203.0.113.51", "10.0.4.51")
    assert [instance.uuid for instance in instances(sdk, status=2)] == [BUILD_1]
    assert [record.block_ip for record in records(sdk, status=2)] == [ADDRESS]


def test_servers_that_are_added_wait_for_the_next_enabling(sdk: Client, simulator: Simulator) -> None:
    create(sdk, WEB_1, WEB_2)
    enable(sdk)
    simulator.clock.shift(60)
    modify(sdk, WEB_2, DB_1, expire_time=FUTURE + 1)
    simulator.clock.shift(60)
    assert counts(sdk) == (1, 1, 2)
    assert records(sdk, block_ip=ADDRESS)[0].block_expire_date == FUTURE + 1
    enable(sdk)
    simulator.clock.shift(60)
    assert counts(sdk) == (1, 2, 2)


def test_a_record_that_has_expired_is_invalid(sdk: Client, simulator: Simulator) -> None:
    soon = simulator.clock.now_ms() + 90_000
    create(sdk, WEB_1, expire_time=soon)
    enable(sdk)
    simulator.clock.shift(90)
    assert counts(sdk) == (0, 0, 1)
    assert refused(enable, sdk) == "IllegalParam"
    modify(sdk, WEB_1)
    assert counts(sdk) == (0, 0, 1)


def test_a_record_is_deleted_by_its_id(sdk: Client) -> None:
    request = models.DeleteCustomBlockRecordRequest(id=700001)
    sdk.delete_custom_block_record(request)
    assert records(sdk) == []
    assert refused(sdk.delete_custom_block_record, request) == "IllegalParam"


def test_what_is_not_right_is_refused(sdk: Client) -> None:
    wrong = [
        refused(create, sdk, WEB_1, address="203.0.113.0/24"),
        refused(create, sdk, WEB_1, bound="both"),
        refused(create, sdk, WEB_1, expire_time=1000),
        refused(create, sdk, WEB_1, WEB_1),
        refused(create, sdk, "nobody"),
        refused(create, sdk, MEMBER_SERVER),
        refused(modify, sdk, WEB_1),
        refused(enable, sdk),
        refused(disable, sdk),
    ]
    assert set(wrong) == {"IllegalParam"}
    assert [record.id for record in records(sdk)] == [700001]


def test_the_services_own_blocks(sdk: Client, simulator: Simulator) -> None:
    blocking, expired = own(sdk)
    assert (blocking.id, blocking.block_ip, blocking.uuid, blocking.port) == (710001, BRUTE_FORCE_ADDRESS, WEB_1, "22")
    assert (blocking.status, blocking.source, blocking.rule_name) == (1, "blinkRule", "ssh-brute-force")
    assert (blocking.instance_name, blocking.block_type, blocking.error_code) == ("web-prod-1", "alinet", "")
    assert (expired.id, expired.uuid, expired.status) == (710002, WEB_2, 0)
    assert [one.id for one in own(sdk, status=1)] == [710001]
    assert [one.id for one in own(sdk, remark="web-prod-2")] == [710002]
    assert [one.id for one in own(sdk, instance_id="i-bp1web0000000002")] == [710002]
    lift(sdk, block_ip=BRUTE_FORCE_ADDRESS, uuid=WEB_1, id=710001, port="22", bound="in")
    assert [one.status for one in own(sdk, block_ip=BRUTE_FORCE_ADDRESS)] == [0, 0]
    assert refused(lift, sdk, block_ip=BRUTE_FORCE_ADDRESS, uuid=WEB_1) == "IllegalParam"


def test_the_services_own_blocks_expire(sdk: Client, simulator: Simulator) -> None:
    simulator.clock.shift(5 * 3600)
    assert [record.enabled for record in simulator.state.brute_force_records] == [False, False]


def test_a_page_is_100_records_at_most(sdk: Client, simulator: Simulator) -> None:
    with pytest.raises(ClientException, match="PageSize"):
        records(sdk, page_size=101)
    state = simulator.state
    first = state.block_records[0]
    state.block_records += [
        type(first)(700002 + number, OWN_ACCOUNT, f"192.0.2.{number}", FUTURE) for number in range(44)
    ]
    told = [[one.id for one in records(sdk, page_size=20, current_page=page)] for page in (1, 2, 3)]
    assert [len(page) for page in told] == [20, 20, 5]
    assert len({one for page in told for one in page}) == 45
