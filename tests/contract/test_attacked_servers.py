# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers and their open alerts, read at once: with few calls, and complete whatever the service makes of the filter."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import ApiError, OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import attacked
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.sessions import Plane
from engine import client_of
from simulator import Simulator
from simulator.seed_crowd import crowd_of_servers

SERVERS = "DescribeCloudCenterInstances"
NONE: dict[str, Any] = dict.fromkeys(("event_names", "parent_event_types", "uuids", "time_start", "criteria", "logical_exp", "accounts"))  # fmt: skip


def read(simulator: Simulator, missing: list[str] | None = None, **options: Any) -> tuple[dict[str, int], Counter[str]]:
    """How many alerts each server has that was read, and the calls it took."""
    before = len(simulator.calls)
    given = {**NONE, "with_alerts": True, "levels": ["serious", "suspicious"], **options}
    answer = attacked.read_attacked([Plane("china", client_of(simulator, max_retries=0))], given)
    assert (len(answer["places"]), answer["missing"]) == (1, missing or [])
    [place] = answer["places"]
    count = Counter(alert["uuid"] for alert in place["alerts"])
    servers = [server["uuid"] for server in place["servers"]]
    assert len(servers) == len(set(servers))
    return {uuid: count[uuid] for uuid in servers}, Counter(call.action for call in simulator.calls[before:])


@pytest.fixture(scope="module")
def many():
    with Simulator(crowd_of_servers(1000, 150)) as running:
        yield running


def test_servers_with_alerts_are_read_by_the_page(many: Simulator):
    servers, calls = read(many)
    assert list(servers.values()) == [1] * 150
    assert calls[SERVERS] == 2
    everything, calls = read(many, with_alerts=False)
    assert Counter(everything.values()) == {1: 150, 0: 850}
    assert calls[SERVERS] >= 10


def test_servers_that_the_filter_leaves_out_are_looked_up(many: Simulator):
    expected, _calls = read(many)
    many.fail(SERVERS, how="error", code="IllegalParam", message="Criteria is not supported", http_status=400)
    servers, calls = read(many)
    assert servers == expected
    assert calls[SERVERS] <= 13


def test_conditions_and_uuids_choose_among_them(many: Simulator):
    group, _calls = read(many, criteria=[{"name": "groupName", "value": "group-01"}])
    assert len(group) == 50
    wanted = sorted(read(many)[0])[:3]
    servers, _calls = read(many, uuids=wanted)
    assert servers == dict.fromkeys(wanted, 1)


def test_a_uuid_that_no_server_has_is_told_and_an_empty_choice_chooses_not_everything(many: Simulator):
    [known] = list(read(many)[0])[:1]
    sentence = "no server with the uuid gone is found: check it, region_id and the account"
    assert read(many, [sentence], uuids=[known, "gone"])[0] == {known: 1}
    for name in ("uuids", "levels", "event_names", "parent_event_types"):
        with pytest.raises(OptionError, match=f"{name} is empty"):
            read(many, **{name: []})


def test_a_type_that_the_service_does_not_know_is_told(many: Simulator):
    given = {**NONE, "with_alerts": True, "levels": None, "parent_event_types": ["Malicous Process"]}
    planes = [Plane("china", client_of(many, max_retries=0))]
    [sentence] = attacked.read_attacked(planes, given)["missing"]
    assert sentence.startswith("parent_event_types Malicous Process is no type that the service knows now; it knows ")
    many.fail("DescribeNsasSuspEventType", how="error", code="NoPermission", message="no", http_status=403)
    assert attacked.read_attacked(planes, given)["missing"] == []


def test_an_account_whose_servers_can_not_be_read_fails_with_the_services_reason(many: Simulator):
    many.fail(SERVERS, how="error", code="NoPermission", message="no", http_status=403)
    with pytest.raises(ApiError) as told:
        read(many)
    assert told.value.code == "NoPermission"
