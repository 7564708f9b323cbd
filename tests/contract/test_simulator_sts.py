# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator's STS, confirmed by the vendor's SDK of STS and, for signed RPC, by the vendor's credentials library."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from alibabacloud_credentials.provider import RamRoleArnCredentialsProvider
from alibabacloud_sas20181203 import models as sas
from alibabacloud_sts20150401 import models
from alibabacloud_sts20150401.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.models import Config
from Tea.core import TeaCore

from simulator import Simulator
from simulator.clients import sdk_client
from simulator.seed_accounts import (
    ACCESS_KEY_ID,
    ACCESS_KEY_SECRET,
    MEMBER_ACCOUNT,
    OWN_ACCOUNT,
    READ_ONLY_KEY_ID,
    ROLE_NAME,
)
from simulator.state import Role

ROLE = f"acs:ram::{MEMBER_ACCOUNT}:role/{ROLE_NAME}"


def sts(simulator: Simulator, key_id: str = ACCESS_KEY_ID, secret: str = ACCESS_KEY_SECRET, **given: str) -> Client:
    address = urlsplit(simulator.endpoint)
    return Client(
        Config(
            access_key_id=key_id,
            access_key_secret=secret,
            endpoint=address.netloc,
            protocol=address.scheme.upper(),
            **given,
        )
    )


def ask(**given: object) -> models.AssumeRoleRequest:
    return models.AssumeRoleRequest(**{"role_arn": ROLE, "role_session_name": "a-person", **given})


def test_the_sdk_assumes_a_role_and_works_under_it_until_it_ends(simulator: Simulator):
    simulator.clock.shift(-600)  # so that 15 minutes later it is not too far from the SDK's clock
    given = sts(simulator).assume_role(ask(duration_seconds=900)).body
    assert given.assumed_role_user.arn == f"acs:ram::{MEMBER_ACCOUNT}:assumed-role/{ROLE_NAME}/a-person"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", given.credentials.expiration)
    session = {
        "access_key_id": given.credentials.access_key_id,
        "access_key_secret": given.credentials.access_key_secret,
        "security_token": given.credentials.security_token,
    }
    [key_id, secret, token] = session.values()
    who = sts(simulator, key_id, secret, security_token=token).get_caller_identity().body
    assert (who.account_id, who.identity_type, who.arn) == (
        str(MEMBER_ACCOUNT),
        "AssumedRoleUser",
        given.assumed_role_user.arn,
    )
    listing = sas.DescribeSuspEventsRequest(dealed="N", current_page="1", page_size="20")
    assert sdk_client(simulator, **session).describe_susp_events(listing).status_code == 200
    simulator.clock.shift(901)
    with pytest.raises(ClientException) as caught:
        sts(simulator, key_id, secret, security_token=token).get_caller_identity()
    assert caught.value.code == "InvalidSecurityToken.Expired"


def test_who_calls_by_a_key_of_ones_own(simulator: Simulator):
    who = sts(simulator).get_caller_identity().body
    assert (who.account_id, who.identity_type) == (str(OWN_ACCOUNT), "RAMUser")
    assert who.arn.startswith(f"acs:ram::{OWN_ACCOUNT}:user/")


@pytest.mark.parametrize(
    ("key_id", "given", "code"),
    [
        (ACCESS_KEY_ID, {"role_arn": ROLE + "-gone"}, "EntityNotExist.Role"),
        (ACCESS_KEY_ID, {"role_arn": f"acs:ram::{OWN_ACCOUNT}:role/closed"}, "NoPermission"),
        (ACCESS_KEY_ID, {"external_id": "unasked"}, "NoPermission"),
        (READ_ONLY_KEY_ID, {}, "NoPermission"),
        (ACCESS_KEY_ID, {"duration_seconds": 3601}, "InvalidParameter.DurationSeconds"),
        (ACCESS_KEY_ID, {"policy": "{}"}, "InvalidParameter.PolicyGrammar"),
    ],
)
def test_a_role_that_may_not_be_assumed(simulator: Simulator, key_id: str, given: dict[str, str], code: str):
    simulator.state.roles.append(Role(f"acs:ram::{OWN_ACCOUNT}:role/closed", OWN_ACCOUNT))
    with pytest.raises(ClientException) as caught:
        sts(simulator, key_id).assume_role(ask(**given))
    assert caught.value.code == code


@pytest.mark.parametrize("secret", [ACCESS_KEY_SECRET, "another"])
def test_the_credentials_library_signs_rpc_calls_that_are_believed(monkeypatch, secret: str):
    with Simulator(tls=True) as simulator:
        monkeypatch.setenv("SSL_CERT_FILE", str(simulator.ca_path))
        monkeypatch.setattr(TeaCore, "_sessions", {})
        provider = RamRoleArnCredentialsProvider(
            access_key_id=ACCESS_KEY_ID,
            access_key_secret=secret,
            role_arn=ROLE,
            role_session_name="a-person",
            policy='{"Version":"1","Statement":[{"Effect":"Allow","Action":["yundun-sas:DescribeSuspEvents"]}]}',
            sts_endpoint=urlsplit(simulator.endpoint).netloc,
        )
        if secret == ACCESS_KEY_SECRET:
            assert provider.get_credentials().get_access_key_id() == simulator.state.keys[-1].access_key_id
            assert simulator.state.keys[-1].permissions == ["DescribeSuspEvents"]
        else:
            with pytest.raises(Exception, match="SignatureDoesNotMatch"):
                provider.get_credentials()
