# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A role on top of other credentials: assumed once, renewed in time, and its failures told so that they can be mended."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from login_servers import Answers, serving

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.assumed_role import (
    caller_identity,
    sts_client,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.client import OpenApiClient
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.credentials import Source, resolve
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import ApiError
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.secrets import Hidden
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.transport import connection_of
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.service import PRODUCT
from simulator import Simulator
from simulator.seed_accounts import ACCESS_KEY_ID, MEMBER_ACCOUNT, OWN_ACCOUNT, READ_ONLY_KEY_ID, ROLE_NAME
from simulator.state import Key, Role

ROLE = f"acs:ram::{MEMBER_ACCOUNT}:role/{ROLE_NAME}"
POLICY = json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", "Action": ["yundun-sas:DescribeSuspEvents"]}]})


class Login:
    """A role of a simulator's, and what becomes known to be secret."""

    def __init__(self, simulator: Simulator, **given: Any) -> None:
        self.options = {
            "access_key_id": simulator.access_key_id,
            "access_key_secret": simulator.access_key_secret,
            "role_arn": ROLE,
            "sts_endpoint": simulator.endpoint,
            "timeout": 5,
            "max_retries": 0,
            "requests_per_second": 1000,
            "max_concurrency": 8,
            "validate_certs": True,
            "ca_path": None,
            **given,
        }
        self.secrets: list[str] = []
        self.hidden = Hidden(learn=self.secrets.append)
        self.simulator = simulator

    def source(self, **environ: str) -> Source:
        return resolve(self.options, environ, self.hidden)

    def client(self, **environ: str) -> OpenApiClient:
        connection = connection_of(self.options, self.simulator.endpoint)
        return OpenApiClient(PRODUCT, self.source(**environ), connection, hidden=self.hidden)


def listing(client: OpenApiClient) -> int:
    return int(client.call("DescribeSuspEvents", {"CurrentPage": "1", "PageSize": "20"})["TotalCount"])


def actions(simulator: Simulator) -> list[str]:
    return [call.action for call in simulator.calls]


def test_a_role_is_assumed_once_with_all_that_was_asked_for(simulator: Simulator):
    simulator.state.roles.append(Role(f"{ROLE}-2", MEMBER_ACCOUNT, [ACCESS_KEY_ID], external_id="partner-1"))
    login = Login(
        simulator,
        role_arn=f"{ROLE}-2",
        external_id="partner-1",
        role_policy=POLICY,
        role_session_expiration=1200,
        role_session_name="a-person",
    )
    client = login.client()
    with ThreadPoolExecutor(8) as pool:
        counts = set(pool.map(lambda _turn: listing(client), range(24)))
    assert len(counts) == 1
    assert actions(simulator).count("AssumeRole") == 1
    key = simulator.state.keys[-1]
    assert (key.session_arn, key.permissions) == (
        f"acs:ram::{MEMBER_ACCOUNT}:assumed-role/{ROLE_NAME}-2/a-person",
        ["DescribeSuspEvents"],
    )
    assert simulator.calls[0].parameters["DurationSeconds"] == "1200"
    assert {key.secret, key.token, simulator.access_key_secret} == set(login.secrets)


def test_the_session_has_a_name_that_tells_no_person(simulator: Simulator):
    Login(simulator).source().current()
    Login(simulator).source(ALIBABA_CLOUD_ROLE_SESSION_NAME="of-the-job").current()
    names = [call.parameters["RoleSessionName"] for call in simulator.calls]
    assert names == ["ansible-security-center", "of-the-job"]


def test_a_session_is_renewed_before_it_ends(simulator: Simulator):
    source = Login(simulator).source()
    first = source.current()
    assert first.expires_at == pytest.approx(time.time() + 3600, abs=5)
    source._renew_at = 0.0  # five minutes before its end are not waited for
    second = source.current()
    assert second.security_token != first.security_token
    assert source.current() is second
    assert actions(simulator) == ["AssumeRole"] * 2


def test_a_short_session_is_renewed_in_the_last_fifth_of_it(simulator: Simulator):
    source = Login(simulator, role_session_expiration=900).source()
    assert source.current().expires_at - source._renew_at == pytest.approx(180, abs=2)


def test_a_renewal_ahead_of_time_that_fails_costs_nothing(simulator: Simulator):
    source = Login(simulator).source()
    first = source.current()
    source._renew_at = 0.0
    simulator.fail("AssumeRole", how="error")
    assert source.current() is first
    assert source.current() is first
    assert actions(simulator) == ["AssumeRole"] * 2  # and is not tried again at once


def test_a_session_that_ends_in_the_middle_is_renewed_once_by_all_threads(simulator: Simulator):
    client = Login(simulator).client()
    count = listing(client)
    simulator.state.keys[-1].expires_ms = simulator.clock.now_ms()
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _turn: listing(client), range(24))) == {count}
    assert actions(simulator).count("AssumeRole") == 2


def test_a_base_that_has_expired_is_renewed_beneath_the_role(simulator: Simulator):
    def given(number: int) -> dict[str, str]:
        [key] = [key for key in simulator.state.keys if key.access_key_id == f"STS.base-{number}"]
        ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        parts = {"AccessKeyId": key.access_key_id, "AccessKeySecret": key.secret, "SecurityToken": key.token}
        return {"Code": "Success", "Expiration": ends, **parts}

    for number in (1, 2):
        simulator.state.keys.append(Key(f"STS.base-{number}", f"secret-{number}", OWN_ACCOUNT, token=f"token-{number}"))
    login = Login(simulator, access_key_id=None, access_key_secret=None)
    with serving(Answers({"/set": given(1)})) as server:
        client = login.client(ALIBABA_CLOUD_CREDENTIALS_URI=f"{server.url}/set", HOME="/nowhere")
        assert client.method == "role_arn over credentials_uri"
        listing(client)
        for key in simulator.state.keys:
            key.expires_ms = 1 if key.access_key_id == "STS.base-1" or key.session_arn else 0
        server.paths["/set"] = given(2)
        listing(client)
    codes = [(call.action, call.code) for call in simulator.calls]
    expired = "InvalidSecurityToken.Expired"
    assert codes == [
        *[("AssumeRole", ""), ("DescribeSuspEvents", "")],
        *[("DescribeSuspEvents", expired), ("AssumeRole", expired), ("AssumeRole", ""), ("DescribeSuspEvents", "")],
    ]


@pytest.mark.parametrize(
    ("given", "code", "hint"),
    [
        (
            {"role_arn": f"acs:ram::{OWN_ACCOUNT}:role/gone"},
            "EntityNotExist.Role",
            f"there is no role acs:ram::{OWN_ACCOUNT}:role/gone: check role_arn (or member_role_name)",
        ),
        (
            {"access_key_id": READ_ONLY_KEY_ID},
            "NoPermission",
            f"grant the RAM action sts:AssumeRole to the user or role behind access key {READ_ONLY_KEY_ID}, let the trust policy of "
            f"role {ROLE} name it, and check external_id (an account's own key can't assume roles)",
        ),
        (
            {"role_session_expiration": 43200},
            "InvalidParameter.DurationSeconds",
            "lower role_session_expiration, or raise the role's maximum session duration in RAM",
        ),
    ],
)
def test_a_role_that_may_not_be_assumed_stops_every_call(
    simulator: Simulator, given: dict[str, Any], code: str, hint: str
):
    client = Login(simulator, **given).client()
    with pytest.raises(ApiError) as caught:
        client.call("HandleSecurityEvents", {}, write=True)
    error = caught.value
    assert (error.action, error.code, error.hint) == ("AssumeRole", code, hint)
    assert (error.every_call, error.maybe_done) == (True, False)
    assert actions(simulator) == ["AssumeRole"]


def test_a_fault_of_sts_casts_no_doubt_on_the_work(simulator: Simulator):
    simulator.fail("AssumeRole", how="error")
    with pytest.raises(ApiError, match="AssumeRole failed: InternalError") as caught:
        Login(simulator).client().call("HandleSecurityEvents", {}, write=True)
    assert (caught.value.every_call, caught.value.maybe_done) == (True, False)


def test_what_is_no_answer_of_sts_is_not_quoted(simulator: Simulator):
    secret = '{"Credentials": {"AccessKeySecret": "Hush'
    parts = {"AccessKeyId": "i", "AccessKeySecret": "Hush"}
    ends = {"Expiration": "2030-01-01T00:00:00Z"}
    for body, reason in (
        (secret, "the answer (HTTP 200) is not one of STS"),
        (json.dumps({"Credentials": parts}), "the answer holds no usable Credentials"),
        (
            json.dumps({"Credentials": {**parts, **ends, "SecurityToken": "Hush\nHush"}}),
            "the answer holds no usable Credentials",
        ),
        (
            json.dumps({"Credentials": {**parts, "Expiration": "Hush", "SecurityToken": "t"}}),
            "the answer holds no usable Credentials",
        ),
    ):
        with serving(Answers({"/": body})) as server, pytest.raises(ApiError) as caught:
            Login(simulator, sts_endpoint=server.url).source().current()
        assert str(caught.value) == f"AssumeRole failed: {reason} - check sts_endpoint and proxy"
        assert (caught.value.every_call, caught.value.maybe_done) == (True, False)


def test_who_calls(simulator: Simulator):
    login = Login(simulator)
    who = caller_identity(sts_client(login.source(), login.options, login.hidden))
    assert who == {
        "account_id": str(MEMBER_ACCOUNT),
        "arn": f"acs:ram::{MEMBER_ACCOUNT}:assumed-role/{ROLE_NAME}/ansible-security-center",
        "identity_type": "AssumedRoleUser",
    }
