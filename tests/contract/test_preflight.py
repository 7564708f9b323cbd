# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""preflight_info over both data planes: what it finds, what it tells, and that it writes nothing."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.secrets import Hidden
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.preflight import run
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.preflight_table import WIDTH
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.sessions import open_planes
from simulator import Simulator
from simulator.seed_accounts import FREE_MEMBER_ACCOUNT, MEMBER_ACCOUNT, OWN_ACCOUNT, READ_ONLY_KEY_ID

GUIDE = Path(__file__).parents[2] / "docs" / "docsite" / "rst" / "guide_permissions.rst"
READS = re.compile("(Describe|Get|List)[A-Z]")


def look(simulator: Simulator, **given: Any) -> dict[str, Any]:
    """The result of preflight_info on both planes."""
    options = {
        "access_key_id": simulator.access_key_id,
        "access_key_secret": simulator.access_key_secret,
        "sts_endpoint": simulator.endpoint,
        "data_planes": "both",
        "data_plane_endpoints": simulator.endpoints,
        "timeout": 30,
        "max_retries": 0,
        "requests_per_second": 1000,
        "max_concurrency": 4,
        "validate_certs": True,
        "ca_path": None,
        **given,
    }
    planes = open_planes(options, {}, Hidden())
    result = run(planes, options, Report(False, False, {}, pytest.fail))
    assert max(map(len, result["table"])) <= WIDTH
    assert all(READS.match(call.action) for call in simulator.calls)
    return result


def statuses(plane: dict[str, Any]) -> dict[str, str]:
    return {one["action"]: one["status"] for one in plane["permissions"]}


def test_all_is_told_of_a_login_that_may_everything(simulator: Simulator):
    simulator.clock.shift(90)
    result = look(simulator, accounts=["all"])
    assert result["usable"] and "failed" not in result and result["changed"] is False
    assert result["identity"]["account_id"] == str(OWN_ACCOUNT)
    assert result["credential_method"] == "task options"
    assert 85 <= result["clock"]["skew"] <= 95 and result["clock"]["ok"]
    assert [(plane["data_plane"], plane["edition"]) for plane in result["data_planes"]] == [
        ("china", "ultimate"),
        ("international", "ultimate"),
    ]
    for plane in result["data_planes"]:
        assert Counter(statuses(plane).values()) == {"granted": 15, "not probed": 1}
    members = {(one["data_plane"], one["resource_directory_account_id"]): one["error"] for one in result["accounts"]}
    assert members == {
        (plane, str(one)): None for plane in simulator.endpoints for one in (MEMBER_ACCOUNT, FREE_MEMBER_ACCOUNT)
    }
    assert result["policy"] is None
    assert result["table"][-1].endswith("alicloud.security_center.verify_service.")


def test_the_permissions_are_those_of_the_policy_to_read(simulator: Simulator):
    (plane, _other) = look(simulator)["data_planes"]
    read = json.loads(re.findall(r"code-block:: json\n\n(.*?)\n\n(?=\S)", GUIDE.read_text(encoding="utf-8"), re.S)[0])
    assert [f"yundun-sas:{action}" for action in statuses(plane)] == read["Statement"][0]["Action"]


def test_what_is_missing_is_told_with_the_policy_that_grants_it(simulator: Simulator):
    key = next(key for key in simulator.state.keys if key.access_key_id == READ_ONLY_KEY_ID)
    lacking = {"DescribeSuspEventQuaraFiles", "DescribeVersionConfig"}
    key.permissions = [one for one in key.permissions or [] if one not in lacking]
    result = look(simulator, access_key_id=READ_ONLY_KEY_ID)
    assert result["usable"]
    for plane in result["data_planes"]:
        assert {action for action, status in statuses(plane).items() if status == "missing"} == lacking
        assert plane["edition"] is None and plane["answers"]
    assert result["policy"]["Statement"][0]["Action"] == [f"yundun-sas:{one}" for one in sorted(lacking)]
    assert "  missing    DescribeSuspEventQuaraFiles" in result["table"]


def test_what_proves_nothing_is_unknown_with_its_sentence(simulator: Simulator):
    simulator.fail(
        "DescribeSuspEvents", times=2, how="error", http_status=400, code="Strange\x1b", message='{{ 1 }} "\\' * 90
    )
    result = look(simulator)
    (told,) = (one for one in result["data_planes"][0]["permissions"] if one["action"] == "DescribeSuspEvents")
    assert told["status"] == "unknown" and "Strange" in told["reason"]
    assert not any(sign in line for line in result["table"] for sign in '\x1b"\\')


def test_a_dead_plane_and_a_member_that_left_keep_nothing_else(simulator: Simulator):
    simulator.state.account(MEMBER_ACCOUNT).left = True
    dead = {"china": simulator.endpoint, "international": "http://127.0.0.1:9"}
    result = look(simulator, accounts=[str(MEMBER_ACCOUNT), str(FREE_MEMBER_ACCOUNT)], data_plane_endpoints=dead)
    china, international = result["data_planes"]
    assert result["usable"] and china["answers"] and not international["answers"]
    codes = {one["resource_directory_account_id"]: (one["error"] or {}).get("code") for one in result["accounts"]}
    assert codes == {str(MEMBER_ACCOUNT): "RdCheckNoPermission", str(FREE_MEMBER_ACCOUNT): None}
    assert any("NO ANSWER" in line for line in result["table"])
    at = result["table"].index("Members     china: 1 answer, 1 do not")
    assert result["table"][at + 1] == f"  {MEMBER_ACCOUNT}  RdCheckNoPermission"
    assert [step.split(":")[0] for step in result["next_steps"]] == [
        "Data plane international",
        "Name in accounts only members that answer, or see to those that do not.",
    ]


@pytest.mark.parametrize("sts", ["answers", "dead"])
def test_a_refused_login_ends_it_with_one_sentence(sts: str, simulator: Simulator):
    endpoint = simulator.endpoint if sts == "answers" else "http://127.0.0.1:9"
    result = look(simulator, access_key_secret="wrong", sts_endpoint=endpoint)
    assert result["failed"] and not result["usable"]
    assert result["error"]["code"] == "SignatureDoesNotMatch"
    assert result["msg"].startswith("nothing can work: SignatureDoesNotMatch: ")
    asked = Counter(call.action for call in simulator.calls)
    assert asked == ({"GetCallerIdentity": 1} if sts == "answers" else {"DescribeVersionConfig": 2})


def test_where_sts_is_out_of_reach_the_rest_is_told(simulator: Simulator):
    result = look(simulator, sts_endpoint="http://127.0.0.1:9")
    assert result["usable"] and result["identity"] is None and result["identity_error"]["action"] == "GetCallerIdentity"
    assert result["table"][0].startswith("Caller      not known: ")


def test_a_clock_too_far_off_is_named(simulator: Simulator):
    simulator.clock.shift(3600)
    result = look(simulator)
    assert result["failed"] and result["error"]["code"] == "InvalidTimeStamp.Expired"
    assert result["clock"]["ok"] is False and result["clock"]["skew"] > 3500
    assert "Set this machine's clock by NTP." in result["next_steps"]


@pytest.mark.parametrize(("number", "name"), [(8, "multi-edition"), (10, "value-added services only"), (99, None)])
def test_each_edition_that_the_reference_names_has_its_name(number: int, name: str | None, simulator: Simulator):
    simulator.state.account(OWN_ACCOUNT).edition = number
    result = look(simulator)
    assert {(plane["edition"], plane["version"]) for plane in result["data_planes"]} == {(name, number)}
    assert f"Data plane  china: answers, edition {name or 'number 99'}" in result["table"]


def test_without_an_answer_nothing_is_claimed(simulator: Simulator):
    dead = "http://127.0.0.1:9"
    result = look(simulator, sts_endpoint=dead, data_plane_endpoints=dict.fromkeys(simulator.endpoints, dead))
    assert result["failed"] and not result["usable"]
    assert result["clock"] == {"skew": None, "limit": 900, "ok": None}
    assert "Clock       not known: no answer told the time" in result["table"]
    assert "Set this machine's clock by NTP." not in result["next_steps"]


@pytest.mark.parametrize(
    ("status", "code"), [(503, "ServiceUnavailable"), (404, "InvalidProduct.NotFound"), (400, "Throttling.User")]
)
def test_what_answers_for_the_service_is_not_the_service(status: int, code: str, simulator: Simulator):
    simulator.fail("*", times=99, how="error", http_status=status, code=code)
    result = look(simulator)
    assert result["failed"] and not result["usable"] and result["error"]["code"] == code
    assert [(plane["answers"], plane["permissions"]) for plane in result["data_planes"]] == [(False, [])] * 2
    assert f"Data plane  china: NO ANSWER ({code})" in result["table"]


def test_what_the_edition_does_not_allow_is_not_told_as_granted(simulator: Simulator):
    simulator.fail("*", times=99, how="error", http_status=400, code="FreeVersionNotPermit")
    for plane in look(simulator)["data_planes"]:
        assert plane["answers"] and set(statuses(plane).values()) == {"unknown", "not probed"}
        assert "edition of Security Center does not allow" in plane["permissions"][1]["reason"]
