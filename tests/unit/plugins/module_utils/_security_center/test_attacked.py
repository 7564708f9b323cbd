# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.attacked import (
    EVENT_FIELDS,
    GROUPS_BY,
    MOST_EVENTS,
    NOWHERE,
    SERVER_FIELDS,
    is_answer,
    servers_of,
)

OPTIONS = {
    "criteria": None,
    "with_alerts": True,
    "accounts": None,
    "hostnames": ["instance_name", "instance_id"],
    "connect_with": ["internet_ip", "intranet_ip"],
    "group_by": list(GROUPS_BY),
}


def server(**fields):
    return {**dict.fromkeys(SERVER_FIELDS), "uuid": "u-1", "instance_name": "web", **fields}


def alert(**fields):
    of_server = dict.fromkeys(("uuid", "instance_id", "instance_name", "internet_ip", "intranet_ip"))
    return {**of_server, **dict.fromkeys(EVENT_FIELDS), "uuid": "u-1", "id": "1", "level": "serious", **fields}


def hosts(servers, alerts, **options):
    place = {"data_plane": "china", "account": None, "servers": servers, "alerts": alerts}
    answer = {"places": [place], "missing": []}
    assert is_answer(answer)
    return servers_of(answer, {**OPTIONS, **options}, lambda _name, _uuid: False)


def test_a_host_keeps_its_newest_alerts_and_counts_them_all():
    alerts = [alert(id=str(number), name="Miner", last_time=f"2026-01-01T00:00:{number:03}Z") for number in range(MOST_EVENTS + 1, 0, -1)]  # fmt: skip
    [host] = hosts([server()], [*alerts, alert(level="remind", uuid=None)])
    told = host.variables
    assert (len(told["security_events"]), told["security_events_left_out"]) == (MOST_EVENTS, 1)
    assert told["security_event_ids"][0] == str(MOST_EVENTS + 1)
    assert (told["security_event_count"], told["security_event_counts"]) == (MOST_EVENTS + 1, {"serious": MOST_EVENTS + 1})  # fmt: skip
    assert (told["security_event_names"], told["security_event_last_time"][-4:]) == (["Miner"], "101Z")


def test_a_server_that_only_its_alert_knows_is_a_host_without_address_unless_it_had_to_meet_conditions():
    late = alert(uuid="u-2", instance_name="new", internet_ip="192.0.2.2")
    [host] = hosts([server()], [late])
    told = host.variables
    assert (host.name, told["ansible_host"], told["internet_ip"], told["os"]) == ("new", NOWHERE, "192.0.2.2", None)
    assert hosts([server()], [late], criteria=[{"name": "groupName", "value": "web"}]) == []
    assert [one.name for one in hosts([server()], [late], with_alerts=False)] == ["web", "new"]


@pytest.mark.parametrize(
    ("addresses", "host"),
    [
        (("203.0.113.1", "10.0.0.1"), "203.0.113.1"),
        (("", "10.0.0.1"), "10.0.0.1"),
        (("2001:db8::1", None), "2001:db8::1"),
        (("127.0.0.1", "::ffff:127.0.0.1"), NOWHERE),
        (("0.0.0.0", "::"), NOWHERE),
        (("169.254.169.254", "224.0.0.1"), NOWHERE),
        (("2001:db8::1%$(id)", "evil.example"), NOWHERE),
    ],
)
def test_a_host_is_reached_at_an_address_of_another_machine(addresses, host):
    public, private = addresses
    [told] = hosts([server(internet_ip=public, intranet_ip=private)], [alert()])
    assert told.variables["ansible_host"] == host


@pytest.mark.parametrize(
    ("group_by", "accounts", "groups"),
    [
        (GROUPS_BY, ["all"], ["level_serious", "region_cn_x", "os_linux", "asset_group_14", "account_own", "data_plane_china"]),
        (["account", "level"], None, ["level_serious"]),
        ([], ["all"], []),
    ],
)  # fmt: skip
def test_the_groups_are_those_asked_for(group_by, accounts, groups):
    one = server(region_id="cn-x", os="linux", group_trace="默认", group_id=14)
    [host] = hosts([one], [alert()], group_by=list(group_by), accounts=accounts)
    assert sorted(host.groups) == sorted(["security_center_assets", *groups])


@pytest.mark.parametrize(
    "kept", [None, {}, {"missing": [], "places": [{}]}, {"missing": [1], "places": []}, {"missing": [], "places": 1}]
)
def test_what_is_no_answer_is_known(kept):
    assert not is_answer(kept)
