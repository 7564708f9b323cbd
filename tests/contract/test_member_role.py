# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alerts of a member account: followed by listing, or under a role in the member, where nothing is missing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._module import CONNECTION_OPTIONS
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.secrets import Hidden
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import (
    event_info,
    handling,
    reverting,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.sessions import open_planes
from simulator import Simulator
from simulator.seed_accounts import MEMBER_ACCOUNT, OWN_ACCOUNT, ROLE_NAME

MEMBER = {"resource_directory_account_id": str(MEMBER_ACCOUNT)}
ROLE = {**MEMBER, "member_role_name": ROLE_NAME}
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(task_seconds=0) as running:
        running.add_alert(id=77001, account_id=MEMBER_ACCOUNT)
        running.add_alert(id=77002, account_id=MEMBER_ACCOUNT)
        yield running


@pytest.fixture
def member(simulator: Simulator) -> Run:
    """``member(run, **options)`` runs what a module runs, with the connection options as they are when nobody gives any."""

    def start(run: Run, *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        given = {name: spec.get("default") for name, spec in CONNECTION_OPTIONS.items()} | {
            "access_key_id": simulator.access_key_id,
            "access_key_secret": simulator.access_key_secret,
            "endpoint": simulator.endpoint,
            "sts_endpoint": simulator.endpoint,
            "requests_per_second": 1000,
            "wait_timeout": 5,
            **options,
        }
        report = Report(check_mode=check_mode, diff=False, environ={}, warn=lambda _text: None)
        return run(open_planes(given, {}, Hidden()), given, report)

    return start


def _calls(simulator: Simulator) -> list[str]:
    return [call.action for call in simulator.calls]


HANDLE = {"security_event_ids": ["77001", "77002"], "operation_code": "ignore"}


def test_without_a_role_a_member_s_alerts_are_followed_by_listing(simulator, member):
    result = member(handling.run_on_planes, **HANDLE, **MEMBER)
    assert result["summary"]["handled"] == 2
    assert "DescribeSecurityEventOperationStatus" not in _calls(simulator)
    assert result["actions"][0]["parameters"]["ResourceDirectoryAccountId"] == str(MEMBER_ACCOUNT)


def test_under_a_role_nothing_is_missing_and_no_call_names_the_account(simulator, member):
    result = member(handling.run_on_planes, **HANDLE, **ROLE)
    assert [row["error_code"] for row in result["events"]] == ["ignore.Success"] * 2
    assert _calls(simulator).count("AssumeRole") == 1
    assert {"DescribeSecurityEventOperations", "DescribeSecurityEventOperationStatus"} <= set(_calls(simulator))
    assert [call for call in simulator.calls if "ResourceDirectoryAccountId" in call.parameters] == []
    assert "ResourceDirectoryAccountId" not in result["actions"][0]["parameters"]
    again = member(handling.run_on_planes, **HANDLE, **ROLE)
    assert (again["changed"], again["summary"]["unchanged"]) == (False, 2)


def test_the_way_back_that_a_result_tells_goes_through_the_role(simulator, member):
    done = member(handling.run_on_planes, **HANDLE, **ROLE)
    (options,) = {
        str(row["revert"]["options"] | {"security_event_ids": None}): row["revert"]["options"] for row in done["events"]
    }.values()
    assert {name: options[name] for name in ROLE} == ROLE
    back = member(
        on_one_plane_of_planes(reverting.run), **{**options, "security_event_ids": HANDLE["security_event_ids"]}
    )
    assert back["summary"]["handled"] == 2
    assert [simulator.alert(one).status for one in HANDLE["security_event_ids"]] == [1, 1]


def test_a_policy_narrows_the_session_in_the_member_and_not_the_one_beneath_it(simulator, member):
    """The role beneath has nothing to do but to assume the member's."""
    own = f"acs:ram::{OWN_ACCOUNT}:role/{ROLE_NAME}"
    simulator.state.roles[1].trusted.append(str(OWN_ACCOUNT))
    policy = json.dumps(
        {"Version": "1", "Statement": [{"Effect": "Allow", "Action": ["yundun-sas:DescribeSuspEvents"]}]}
    )
    member(event_info.run, **ROLE, role_arn=own, role_policy=policy, fields=["id"])
    beneath, in_member = (key for key in simulator.state.keys if key.session_arn)
    assert (beneath.permissions, in_member.permissions) == (None, ["DescribeSuspEvents"])
    result = member(handling.run_on_planes, **HANDLE, **ROLE, role_arn=own, role_policy=policy)
    assert result["failed"] and [simulator.alert(one).status for one in HANDLE["security_event_ids"]] == [1, 1]


def on_one_plane_of_planes(run: Run) -> Run:
    """What takes a client, as a function that takes a list of one plane."""
    return lambda planes, *given: run(planes[0].client, *given)


def test_what_a_member_offers_may_be_asked_under_a_role_only(member):
    with pytest.raises(OptionError, match="give member_role_name as well"):
        member(handling.run_on_planes, **HANDLE, **MEMBER, check_operations="each")
    assert member(handling.run_on_planes, check_mode=True, **HANDLE, **ROLE, check_operations="each")["changed"]


def test_a_member_s_alerts_are_listed_under_a_role(simulator, member):
    listed = member(event_info.run, **ROLE, dealed=False, fields=["id"])
    assert {"77001", "77002"} <= {alert["id"] for alert in listed["security_events"]}
    assert [call for call in simulator.calls if "ResourceDirectoryAccountId" in call.parameters] == []


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"member_role_name": ROLE_NAME},
            "member_role_name security-responder is of no use without resource_directory_account_id",
        ),
        (
            {**ROLE, "resource_directory_account_id": "1 2"},
            "resource_directory_account_id 1 2 is not an account id: give its",
        ),
        ({**ROLE, "member_role_name": "a b"}, "role_arn acs:ram::"),
    ],
    ids=["no account", "no account id", "no role name"],
)
def test_a_role_that_can_not_be_one_is_refused_before_any_call(simulator, member, options, sentence):
    with pytest.raises(OptionError) as caught:
        member(handling.run_on_planes, **{**HANDLE, **options})
    assert str(caught.value).startswith(sentence)
    assert simulator.calls == []
