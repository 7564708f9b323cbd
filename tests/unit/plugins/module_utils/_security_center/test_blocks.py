# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import ApiError, OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.blocks import (
    address_of,
    is_enabled,
    read_block_records,
    read_brute_force_records,
    read_instances,
)

# A row of each list with every field of the reference.
_RECORD = {
    "Id": 700001,
    "BlockIp": "198.51.100.23",
    "Bound": "in",
    "BlockExpireDate": 4_000_000_000_000,
    "Status": 1,
    "ServerCount": 2,
    "EnableCount": 2,
    "Source": "console",
    "TargetList": [{"Target": "b", "TargetType": "uuid"}, {"Target": "a", "TargetType": "uuid"}],
}
_OWN = {
    "Id": 710001,
    "BlockIp": "198.51.100.23",
    "Uuid": "a",
    "InstanceName": "web-1",
    "InternetIp": "203.0.113.11",
    "IntranetIp": "10.0.1.11",
    "Port": "22",
    "RuleName": "ssh",
    "Source": "blinkRule",
    "Status": 2,
    "BlockExpireDate": 4_000_000_000_000,
    "BlockType": "group",
    "ErrorCode": "AliNetNotOnline",
    "AliNetOnline": False,
}
_INSTANCE = {
    "Uuid": "a",
    "InstanceName": "web-1",
    "InternetIp": "203.0.113.11",
    "IntranetIp": "10.0.1.11",
    "Status": 0,
    "BlockType": "alinet",
    "ErrorCode": "",
    "AliNetOnline": True,
    "SuccessInfo": "done",
}


class Lists:
    """A client for which each list has these rows."""

    def __init__(self, *rows: dict) -> None:
        self.rows = list(rows)
        self.asked: list[dict] = []

    def call(self, action: str, parameters: dict) -> dict:
        self.asked.append(parameters)
        info = {"PageInfo": {"TotalCount": len(self.rows)}}
        return {**dict.fromkeys(("RecordList", "MachineList", "InstanceList"), self.rows), **info}

    def at_once(self, work, items):
        return [work(item) for item in items]


def test_the_record_of_a_block():
    assert read_block_records(Lists(_RECORD)) == [
        {
            "id": "700001",
            "address": "198.51.100.23",
            "direction": "in",
            "status": "enabled",
            "status_code": 1,
            "expire_time": "2096-10-02T07:06:40Z",
            "expire_time_stamp": 4_000_000_000_000,
            "servers": ["a", "b"],
            "server_count": 2,
            "enable_count": 2,
            "source": "console",
            "in_force": True,
        }
    ]


def test_the_record_of_one_of_the_services_own():
    assert read_brute_force_records(Lists(_OWN)) == [
        {
            "id": "710001",
            "address": "198.51.100.23",
            "uuid": "a",
            "instance_name": "web-1",
            "port": "22",
            "rule_name": "ssh",
            "source": "blinkRule",
            "status": "failed",
            "status_code": 2,
            "expire_time": "2096-10-02T07:06:40Z",
            "expire_time_stamp": 4_000_000_000_000,
            "block_type": "group",
            "error_code": "AliNetNotOnline",
            "ali_net_online": False,
            "internet_ip": "203.0.113.11",
            "intranet_ip": "10.0.1.11",
        }
    ]


def test_how_a_server_stands():
    client = Lists(_INSTANCE)
    assert read_instances(client, {"address": "198.51.100.23", "direction": "out"}) == [
        {
            "uuid": "a",
            "instance_name": "web-1",
            "status": "disabled",
            "status_code": 0,
            "error_code": "",
            "block_type": "alinet",
            "ali_net_online": True,
            "internet_ip": "203.0.113.11",
            "intranet_ip": "10.0.1.11",
            "success_info": "done",
        }
    ]
    assert (client.asked[0]["BlockIp"], client.asked[0]["Bound"]) == ("198.51.100.23", "out")


@pytest.mark.parametrize(
    ("changed", "in_force"),
    [
        ({}, True),
        ({"Status": "1"}, True),
        ({"ServerCount": 3, "EnableCount": 3}, True),  # a server that the list does not name
        ({"EnableCount": 1}, False),
        ({"EnableCount": 3}, False),
        ({"ServerCount": 1, "EnableCount": 1}, False),  # the count is older than the list
        ({"ServerCount": 0, "EnableCount": 0, "TargetList": []}, False),
        ({"ServerCount": None, "EnableCount": None}, False),
        ({"ServerCount": "two", "EnableCount": "two"}, False),
        ({"TargetList": None}, False),
        ({"TargetList": [{"Target": None}, {}, None]}, False),
        ({"Status": 0}, False),
        ({"Status": 2}, False),
        ({"Status": None}, False),
        ({"Status": True}, False),
    ],
)
def test_in_force_is_what_is_so_on_every_server(changed, in_force):
    [record] = read_block_records(Lists({**_RECORD, **changed}))
    assert record["in_force"] is in_force


@pytest.mark.parametrize(
    ("stamp", "milliseconds", "text"),
    [
        (1_800_000_000_000, 1_800_000_000_000, "2027-01-15T08:00:00Z"),
        ("1800000000000", 1_800_000_000_000, "2027-01-15T08:00:00Z"),
        (1_800_000_000, 1_800_000_000_000, "2027-01-15T08:00:00Z"),
        (0, None, None),
        (None, None, None),
        ("tomorrow", None, None),
        (10**400, 10**400, None),
    ],
)
def test_the_expiry_is_in_milliseconds_or_can_only_be_in_seconds(stamp, milliseconds, text):
    [record] = read_block_records(Lists({**_RECORD, "BlockExpireDate": stamp}))
    assert (record["expire_time_stamp"], record["expire_time"]) == (milliseconds, text)


@pytest.mark.parametrize(("code", "name"), [(0, "invalid"), (1, "enabled"), ("2", "failed"), (9, "status_9"), ("on", None)])
def test_a_status_has_a_name(code, name):
    assert read_block_records(Lists({**_RECORD, "Status": code}))[0]["status"] == name


@pytest.mark.parametrize(("code", "enabled"), [(0, False), (1, True), (2, False), (9, True), (None, True)])
def test_a_record_that_does_not_tell_is_taken_as_enabled(code, enabled):
    assert is_enabled(read_brute_force_records(Lists({**_OWN, "Status": code}))[0]) is enabled


@pytest.mark.parametrize("read", [read_block_records, read_brute_force_records])
def test_an_address_is_matched_exactly(read):
    found = [("1", "198.51.100.23"), ("2", "198.51.100.230"), ("3", " 198.51.100.23"), ("4", "198.51.100.0/24")]
    client = Lists(*({**_RECORD, "Id": key, "BlockIp": address} for key, address in found))
    assert [record["id"] for record in read(client, "198.51.100.23")] == ["1", "3"]
    assert client.asked[0]["BlockIp"] == "198.51.100.23"
    assert len(read(client)) == 4


@pytest.mark.parametrize("read", [read_block_records, read_brute_force_records])
def test_an_ipv6_address_is_found_in_each_spelling(read):
    client = Lists({**_RECORD, "Id": "1", "BlockIp": "2001:0DB8::0001"}, {**_RECORD, "Id": "2", "BlockIp": "2001:db8::2"})
    assert [record["address"] for record in read(client, "2001:db8::1")] == ["2001:0DB8::0001"]
    assert client.asked[0]["BlockIp"] is None


@pytest.mark.parametrize("read", [read_block_records, read_brute_force_records])
def test_a_status_is_matched_whatever_the_service_filters(read):
    client = Lists({**_RECORD, "Id": "1", "Status": 0}, {**_RECORD, "Id": "2"})
    assert [record["id"] for record in read(client, None, 1)] == ["2"]


@pytest.mark.parametrize("address", [None, "", [], {}, 1.5, "somewhere"])
def test_an_entry_without_its_address_is_not_taken_for_another_ones(address):
    client = Lists({**_RECORD, "BlockIp": address})
    with pytest.raises(ApiError, match="the answer holds no address in BlockIp for each entry of RecordList"):
        read_block_records(client, "198.51.100.23")
    assert len(read_block_records(client)) == 1


def test_entries_without_an_id_are_not_taken_for_one():
    rows = [{**_RECORD, "Id": None, "Bound": bound} for bound in ("in", "out")]
    with pytest.raises(ApiError, match="the answer holds no Id for each entry of RecordList"):
        read_block_records(Lists(*rows))


@pytest.mark.parametrize(
    ("given", "address"),
    [
        (" 198.51.100.23 ", "198.51.100.23"),
        ("2001:0DB8::0001", "2001:db8::1"),
        ("::ffff:10.0.0.7", "10.0.0.7"),  # it would be in no private range
    ],
)
def test_an_address_is_written_as_usual(given, address):
    assert address_of(given) == address


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("198.51.100.0/24", "address 198.51.100.0/24 is a network: records are of one address, give each of its own"),
        ("198.51.100.23/24", "address 198.51.100.23/24 is a network: records are of one address, give each of its own"),
        ("198.51.100.256", "address 198.51.100.256 is not an IP address: give one such as 198.51.100.23"),
        ("fe80::1%eth0", "address fe80::1%eth0 is not an IP address: give one such as 198.51.100.23"),
        ("web\x1b[31m", r"address web\x1b[31m is not an IP address: give one such as 198.51.100.23"),
        ("", "address is empty and is not an IP address: give one such as 198.51.100.23"),
    ],
)
def test_what_is_no_address_is_refused(given, sentence):
    with pytest.raises(OptionError) as refusal:
        address_of(given)
    assert str(refusal.value) == sentence
