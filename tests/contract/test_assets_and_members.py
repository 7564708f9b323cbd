# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""asset_info and monitor_account_info without Ansible, over a real socket to a simulator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.client import OpenApiClient
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.credentials import Credentials
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import ApiError, OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.transport import Connection
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import (
    asset_info,
    monitor_account_info,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.service import PRODUCT
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.sessions import Plane
from engine import client_of
from simulator import Simulator
from simulator.seed_accounts import BUILD_1, FREE_MEMBER_ACCOUNT, MEMBER_ACCOUNT, MEMBER_SERVER, WEB_1, WEB_2
from simulator.seed_crowd import crowd_of_members, crowd_of_servers
from simulator.state import Asset

Ask = Callable[..., dict[str, Any]]
OWN = ["web-prod-1", "web-prod-2", "db-prod-1", "cache-1", "k8s-node-1", "build-1"]
MEMBER, FREE_MEMBER = str(MEMBER_ACCOUNT), str(FREE_MEMBER_ACCOUNT)


@pytest.fixture
def warnings() -> list[str]:
    """What the user was warned of."""
    return []


@pytest.fixture
def ask(simulator: Simulator, warnings: list[str]) -> Ask:
    """A function that asks as asset_info does, on the plane that has the seed."""
    return lambda **options: asked(simulator, warnings, **options)


def asked(simulator: Simulator, warnings: list[str], *names: str | None, **options: Any) -> dict[str, Any]:
    """What asset_info returns from the planes ``names``."""
    key = Credentials(simulator.access_key_id, simulator.access_key_secret)
    endpoints = [(name, simulator.endpoints[name or "china"]) for name in names or (None,)]
    planes = [
        Plane(name, OpenApiClient(PRODUCT, key, Connection(endpoint, requests_per_second=1000)))
        for name, endpoint in endpoints
    ]
    report = Report(check_mode=False, diff=False, environ={}, warn=warnings.append)
    return asset_info.run(planes, {"lang": "en", **options}, report)


def names_of(told: dict[str, Any]) -> list[str]:
    return [asset["instance_name"] for asset in told["assets"]]


def test_all_servers_of_the_own_account(ask: Ask) -> None:
    told = ask()
    assert (names_of(told), told["total_count"], told["changed"]) == (OWN, 6, False)
    assert "accounts" not in told
    web = told["assets"][0]
    assert (web["uuid"], web["importance"], web["alarm_status"], web["client_status"]) == (
        WEB_1,
        "important",
        True,
        "online",
    )
    assert "resource_directory_account_id" not in web


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"criteria": [{"name": "groupName", "value": "web"}]}, ["web-prod-1", "web-prod-2"]),
        ({"criteria": [{"name": "tag", "value": "build"}, {"name": "groupName", "value": "k8s"}]}, OWN[4:]),
        (
            {
                "criteria": [{"name": "tag", "value": "prod"}, {"name": "groupName", "value": "k8s"}],
                "logical_exp": "AND",
            },
            OWN[4:5],
        ),
        ({"importance": "general"}, ["cache-1", "build-1"]),
        ({"asset_region_id": "cn-beijing"}, []),
        ({"machine_types": "eci"}, []),
        ({"flags": ["1", "2"]}, []),
        ({"flags": ["0"], "limit": 2}, OWN[:2]),
        ({"uuids": [BUILD_1, WEB_2, BUILD_1]}, ["build-1", "web-prod-2"]),
        ({"resource_directory_account_id": MEMBER}, ["shop-1"]),
    ],
)
def test_search_conditions(ask: Ask, options: dict[str, Any], names: list[str]) -> None:
    assert names_of(ask(**options)) == names


def test_only_the_fields_asked_for(ask: Ask) -> None:
    assert ask(fields=["uuid", "os"], limit=1)["assets"] == [{"uuid": WEB_1, "os": "linux"}]


def test_servers_of_all_accounts_say_whose_they_are(ask: Ask, warnings: list[str]) -> None:
    told = ask(accounts=["all"])
    assert {(one["instance_name"], one["resource_directory_account_id"]) for one in told["assets"]} == {
        *((name, None) for name in OWN),
        ("shop-1", MEMBER),
        ("lab-1", FREE_MEMBER),
    }
    counts = {one["resource_directory_account_id"]: one["total_count"] for one in told["accounts"]}
    assert counts == {None: 6, MEMBER: 1, FREE_MEMBER: 1}
    assert told["total_count"] == 8
    assert warnings == []


def test_a_member_that_left_is_told_beside_the_others(ask: Ask, simulator: Simulator, warnings: list[str]) -> None:
    simulator.state.accounts[1].left = True
    told = ask(accounts=[FREE_MEMBER, MEMBER])
    assert names_of(told) == ["lab-1"]
    failed = next(one for one in told["accounts"] if one["error"])
    assert (failed["resource_directory_account_id"], failed["total_count"]) == (MEMBER, None)
    assert failed["error"]["code"] == "RdCheckNoPermission"
    assert [warning.startswith(f"member account {MEMBER} is missing in the result: ") for warning in warnings] == [True]
    with pytest.raises(ApiError, match="RdCheckNoPermission"):
        ask(accounts=[MEMBER])


def test_both_planes(simulator: Simulator, warnings: list[str]) -> None:
    simulator.state.assets.append(
        Asset("f00d", simulator.state.accounts[0].id, "i-1", "web-sg-1", plane="international")
    )
    told = asked(simulator, warnings, "china", "international", data_planes="both")
    assert {one["instance_name"]: one["data_plane"] for one in told["assets"]} == {
        **dict.fromkeys(OWN, "china"),
        "web-sg-1": "international",
    }
    assert [(one["data_plane"], one["total_count"]) for one in told["accounts"]] == [("china", 6), ("international", 1)]
    told = asked(simulator, warnings, "china", "international", data_planes="both", uuids=["f00d", WEB_1])
    assert names_of(told) == ["web-prod-1", "web-sg-1"]
    assert warnings == []


def test_a_server_is_not_told_to_be_nowhere_while_an_account_is_missing(
    ask: Ask, simulator: Simulator, warnings: list[str]
) -> None:
    simulator.state.account(MEMBER_ACCOUNT).left = True
    told = ask(accounts=[FREE_MEMBER, MEMBER], uuids=[MEMBER_SERVER])
    assert told["assets"] == [] and len(warnings) == 1
    assert warnings[0].startswith(f"member account {MEMBER} is missing in the result")


def test_a_uuid_that_no_account_has_is_told(ask: Ask, warnings: list[str]) -> None:
    told = ask(accounts=["all"], uuids=[MEMBER_SERVER, "none-\x1b[31m such"])
    assert names_of(told) == ["shop-1"]
    assert len(warnings) == 1
    assert "no server with the uuid none-" in warnings[0] and "\x1b" not in warnings[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"criteria": []}, "criteria is empty: give at least one name and value, or remove it"),
        ({"logical_exp": "AND"}, "logical_exp AND joins criteria, and there are none: give criteria, or remove it"),
        ({"flags": ["ALIYUN"]}, "flags has the entry ALIYUN: give the numbers of providers, such as 0 and 2"),
        ({"uuids": []}, "uuids is empty: give the uuids of servers"),
        ({"uuids": [" "]}, "uuids has an entry of no text: give the uuids of servers"),
        ({"uuids": ["u"], "limit": 1}, "limit does not go with uuids, which names the servers: remove one of them"),
        ({"limit": 0}, "limit 0 is not a count: give a whole number from 1"),
        ({"fields": ["Uuid"]}, "fields has the unknown name Uuid: known are uuid, instance_id, "),
        ({"accounts": []}, "accounts is empty: give all, or the ids of member accounts"),
        ({"accounts": ["all", MEMBER]}, "accounts names all, and others beside it: give all alone, or only ids"),
        ({"accounts": ["shop"]}, "accounts shop is not an account id: give its decimal digits"),
        (
            {"accounts": ["all"], "resource_directory_account_id": MEMBER},
            "resource_directory_account_id does not go with accounts, which says whose servers are listed: remove one of them",
        ),
    ],
)
def test_a_wrong_option_is_told_before_anything_is_sent(
    ask: Ask, simulator: Simulator, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(OptionError) as wrong:
        ask(**options)
    assert str(wrong.value).startswith(message)
    assert simulator.calls == []


def test_many_servers_are_read_page_by_page() -> None:
    with Simulator(crowd_of_servers(1234, 10)) as simulator:
        told = asked(simulator, [], fields=["uuid"])
        assert len({one["uuid"] for one in told["assets"]}) == told["total_count"] == 1234
        assert len(simulator.calls) == 13


def test_the_members_and_their_editions(simulator: Simulator) -> None:
    report = Report(check_mode=False, diff=False, environ={}, warn=str)
    told = monitor_account_info.run(client_of(simulator), {}, report)
    assert told["total_count"] == 2
    assert told["accounts"][0] == {
        "account_id": MEMBER,
        "sas_version": 3,
        "edition": "enterprise",
        "operator_uid": "1234567890123456",
        "add_time": "2025-01-01T00:00:00Z",
        "add_time_stamp": 1735689600,
        "post_basic_service": False,
    }
    assert told["accounts"][1]["edition"] == "free"


def test_the_servers_of_many_members_are_each_read_once() -> None:
    with Simulator(crowd_of_members(40, 1)) as simulator:
        told = asked(simulator, [], accounts=["all"], fields=["uuid"])
        assert len({one["uuid"] for one in told["assets"]}) == 400
        assert len(told["accounts"]) == 41
        assert len(simulator.calls) == 42
