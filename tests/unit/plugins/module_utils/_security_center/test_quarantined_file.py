# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import quarantine
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.changes import NotDone
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.quarantined_file import choose

_ROW = {
    "Id": 7, "Status": "quaraDone", "Path": "/tmp/x", "Md5": "0A", "Uuid": "u-1", "InstanceId": "i-1", "InstanceName": "web-1",
    "Ip": "203.0.113.1", "InternetIp": "203.0.113.1", "IntranetIp": "10.0.0.1", "EventName": "Worm", "EventType": "Malicious Process",
    "Tag": "t", "ModifyTime": "2026-11-22 17:00:00", "Link": "https://example.com/x?Signature=secret",
}


def _file(number: int, status: str | None, **fields: object) -> dict:
    return {**quarantine.record_of({**_ROW, "Id": number, "Status": status}), **fields}


def test_a_row_becomes_a_record_without_its_download():
    assert quarantine.record_of(_ROW) == {
        "id": "7", "status": "quaraDone", "path": "/tmp/x", "md5": "0A", "modify_time": "2026-11-22T09:00:00Z",
        "modify_time_stamp": 1795338000000, "event_name": "Worm", "event_type": "Malicious Process", "uuid": "u-1",
        "instance_id": "i-1", "instance_name": "web-1", "ip": "203.0.113.1", "internet_ip": "203.0.113.1",
        "intranet_ip": "10.0.0.1", "tag": "t",
    }


@pytest.mark.parametrize("wrong", [None, True, "", "text", [], {}, [None]], ids=str)
def test_wrong_types_become_no_record_of_anything(wrong):
    record = quarantine.record_of(dict.fromkeys(_ROW, wrong))
    assert set(record.values()) <= {wrong if isinstance(wrong, str) else None, None}
    assert record["modify_time"] is record["modify_time_stamp"] is None


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [
        ({}, True),
        ({"id": "7"}, True),
        ({"id": "70"}, False),
        ({"path": "/tmp/x", "md5": "0a", "uuid": "u-1", "instance_name": "WEB-1"}, True),
        ({"path": "/tmp/X"}, False),
        ({"uuid": "U-1"}, False),
        ({"path": "/tmp/x", "md5": "0b"}, False),
        ({"path": "/tmp"}, False),
    ],
    ids=str,
)
def test_all_that_is_wanted_must_match(wanted, meant):
    assert quarantine.matches(quarantine.record_of(_ROW), wanted) is meant


@pytest.mark.parametrize("name", ["path", "md5", "uuid", "instance_name"])
def test_what_the_service_does_not_tell_matches_nothing(name):
    assert not quarantine.matches({**quarantine.record_of(_ROW), name: None}, {name: "none"})


# The statuses of the files that match, and which of them is meant: its place, or what the refusal says.
_DONE, _FAILED, _GOING = "quaraDone", "quaraFailed", "quaraing"
_BACK, _NOT_BACK, _ON_ITS_WAY = "rollbackDone", "rollbackFailed", "rollbacking"


@pytest.mark.parametrize(
    ("statuses", "meant"),
    [
        ([_DONE], 0),
        ([_NOT_BACK], 0),
        ([_ON_ITS_WAY], 0),
        ([_BACK], 0),
        ([_BACK, _BACK], 1),
        ([_BACK, _DONE], 1),
        ([_DONE, _BACK, _BACK], 0),
        ([_FAILED, _DONE], 1),
        ([_FAILED, _BACK], 1),
        ([_FAILED, _ON_ITS_WAY, _BACK], 1),
        ([_BACK, _NOT_BACK, _FAILED], 1),
        ([], "no quarantined file has path /tmp/x: "),
        ([_FAILED], "was not quarantined"),
        ([_FAILED, _FAILED], "was not quarantined"),
        ([_GOING], "is being quarantined right now"),
        ([_GOING, _BACK], "is being quarantined right now"),
        (["text"], "has a status that is not known (text), so nothing was sent"),
        ([None], "has a status that is not known (None), so nothing was sent"),
        ([None, _BACK], "has a status that is not known (None), so nothing was sent"),
        ([_DONE, _DONE], "2 quarantined files could be meant"),
        ([_DONE, _NOT_BACK, _ON_ITS_WAY, _BACK], "3 quarantined files could be meant"),
        ([_DONE, _GOING], "2 quarantined files could be meant"),
        ([_DONE, None], "2 quarantined files could be meant"),
    ],
    ids=str,
)
def test_which_file_is_meant(statuses, meant):
    files = [_file(place, status, modify_time_stamp=place) for place, status in enumerate(statuses)]
    others = [_file(99, _DONE, path="/tmp/another")]
    if isinstance(meant, int):
        assert choose([*files, *others], {"path": "/tmp/x"})["id"] == str(meant)
        return
    with pytest.raises(NotDone) as refused:
        choose([*files, *others], {"path": "/tmp/x"})
    assert meant in str(refused.value)


def test_what_the_service_says_is_harmless_in_a_refusal():
    evil = "\x1b]0;owned\x07{{ 7 * 7 }}\n"
    files = [_file(place, _DONE, path=evil, instance_name=evil, md5=evil) for place in range(9)]
    with pytest.raises(NotDone) as refused:
        choose(files, {"path": evil.strip()} | {"path": evil})
    assert str(refused.value).isprintable()
