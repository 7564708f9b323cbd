# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the simulator does not let pass: signatures, dates, nonces, tokens, unknown names.

The requests are signed by the official SDK's signer, so that a refusal is the simulator's and not a mistake in signing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from simulator.clients import Wire
from simulator.seed_accounts import (
    ACCESS_KEY_SECRET,
    INACTIVE_KEY_ID,
    READ_ONLY_KEY_ID,
    TEMPORARY_KEY_ID,
    TEMPORARY_KEY_SECRET,
    TEMPORARY_KEY_TOKEN,
)

LISTING = "DescribeSuspEvents"
TEMPORARY = {"key_id": TEMPORARY_KEY_ID, "secret": TEMPORARY_KEY_SECRET}
IGNORE_ONE = {"OperationCode": "ignore", "SecurityEventIds.1": "10001"}


def utc(**ago: int) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_well_signed_call_passes(wire: Wire) -> None:
    answer = wire.call(LISTING, {"Id": "10001", "Remark": "web prod~1/*+é"}, form={"TacticId": "TA0002"})
    assert (answer.status_code, answer.json()["TotalCount"]) == (200, 0)
    assert wire.call(LISTING, {"Id": "10001"}).json()["TotalCount"] == 1


def test_a_refusal_has_the_gateways_fields(wire: Wire) -> None:
    answer = wire.call(LISTING, secret="wrong")
    body = answer.json()
    assert set(body) == {"RequestId", "HostId", "Code", "Message", "Recommend"}
    assert body["RequestId"] == answer.headers["x-acs-request-id"]
    assert body["RequestId"].isupper()
    assert body["HostId"] in wire.simulator.endpoint
    assert "Date" in answer.headers


def test_wrong_secret(wire: Wire) -> None:
    assert wire.code(LISTING, secret="wrong") == (400, "SignatureDoesNotMatch")


def test_unknown_key(wire: Wire) -> None:
    assert wire.code(LISTING, key_id="LTAI5tNobody") == (404, "InvalidAccessKeyId.NotFound")


def test_inactive_key(wire: Wire) -> None:
    assert wire.code(LISTING, key_id=INACTIVE_KEY_ID) == (400, "InvalidAccessKeyId.Inactive")


def test_a_query_changed_after_signing(wire: Wire) -> None:
    prepared = wire.prepare(LISTING, {"Id": "10001"})
    assert prepared.url
    prepared.url = prepared.url.replace("Id=10001", "Id=10002")
    assert wire.send(prepared).json()["Code"] == "SignatureDoesNotMatch"


def test_a_parameter_added_after_signing(wire: Wire) -> None:
    prepared = wire.prepare("HandleSecurityEvents", IGNORE_ONE)
    assert prepared.url
    prepared.url += "&SecurityEventIds.2=10002"
    assert wire.send(prepared).json()["Code"] == "SignatureDoesNotMatch"
    assert wire.simulator.state.tasks == []


def test_a_body_changed_after_signing(wire: Wire) -> None:
    prepared = wire.prepare(LISTING, form={"TacticId": "TA0002"})
    prepared.body = "TacticId=TA0011"
    assert wire.send(prepared).json()["Code"] == "SignatureDoesNotMatch"


def test_a_body_changed_together_with_its_hash(wire: Wire) -> None:
    forged = wire.prepare(LISTING, form={"TacticId": "TA0011"})
    prepared = wire.prepare(LISTING, form={"TacticId": "TA0002"})
    prepared.body = forged.body
    prepared.headers["x-acs-content-sha256"] = forged.headers["x-acs-content-sha256"]
    assert wire.send(prepared).json()["Code"] == "SignatureDoesNotMatch"


def test_another_action_than_the_signed_one(wire: Wire) -> None:
    prepared = wire.prepare(LISTING)
    prepared.headers["x-acs-action"] = "DescribeNsasSuspEventType"
    assert wire.send(prepared).json()["Code"] == "SignatureDoesNotMatch"


def test_another_host_than_the_signed_one(wire: Wire) -> None:
    assert wire.code(LISTING, headers={"host": "tds.example.com"}) == (200, "")
    prepared = wire.prepare(LISTING)
    prepared.headers["host"] = "tds.example.com"
    assert wire.send(prepared).json()["Code"] == "SignatureDoesNotMatch"


@pytest.mark.parametrize("name", ["x-acs-extra", "x-acs-security-token"])
def test_an_unsigned_x_acs_header(wire: Wire, name: str) -> None:
    signed = wire.prepare(LISTING, **TEMPORARY, headers={"x-acs-security-token": TEMPORARY_KEY_TOKEN})
    assert wire.send(signed).status_code == 200
    signs_all_but_one = {"x-acs-security-token": TEMPORARY_KEY_TOKEN} if name == "x-acs-extra" else {}
    prepared = wire.prepare(LISTING, **TEMPORARY, headers=signs_all_but_one)
    prepared.headers[name] = TEMPORARY_KEY_TOKEN
    answer = wire.send(prepared).json()
    assert answer["Code"] == "SignatureDoesNotMatch"
    assert name in answer["Message"]


def test_an_unsigned_content_type(wire: Wire) -> None:
    prepared = wire.prepare(LISTING, form={"TacticId": "TA0002"}, headers={"content-type": None})
    prepared.headers["content-type"] = "application/x-www-form-urlencoded"
    answer = wire.send(prepared).json()
    assert answer["Code"] == "SignatureDoesNotMatch"
    assert "content-type" in answer["Message"]


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("x-acs-action", "MissingAction"),
        ("x-acs-version", "MissingVersion"),
        ("x-acs-date", "MissingDate"),
        ("x-acs-signature-nonce", "MissingSignatureNonce"),
        ("x-acs-content-sha256", "MissingContentSha256"),
    ],
)
def test_a_missing_header(wire: Wire, header: str, code: str) -> None:
    assert wire.code(LISTING, headers={header: None}) == (400, code)


def test_no_authorization(wire: Wire) -> None:
    prepared = wire.prepare(LISTING)
    del prepared.headers["Authorization"]
    assert wire.send(prepared).json()["Code"] == "MissingAuthorization"


@pytest.mark.parametrize("how", ["Basic dTpw", "ACS3-HMAC-SHA256 Credential=a,Signature=b"])
def test_an_authorization_of_another_kind(wire: Wire, how: str) -> None:
    prepared = wire.prepare(LISTING)
    prepared.headers["Authorization"] = how
    assert wire.send(prepared).json()["Code"] == "IncompleteSignature"


def test_a_reused_nonce(wire: Wire) -> None:
    nonce = {"x-acs-signature-nonce": "the-same-twice"}
    assert wire.code(LISTING, headers=nonce) == (200, "")
    assert wire.code(LISTING, headers=nonce) == (400, "SignatureNonceUsed")


def test_the_nonce_of_a_refused_call_is_not_used_up(wire: Wire) -> None:
    nonce = {"x-acs-signature-nonce": "refused-first"}
    assert wire.code(LISTING, headers=nonce, secret="wrong")[1] == "SignatureDoesNotMatch"
    assert wire.code(LISTING, headers=nonce) == (200, "")


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (16, (400, "InvalidTimeStamp.Expired")),
        (14, (200, "")),
        (-14, (200, "")),
        (-16, (400, "InvalidTimeStamp.Expired")),
    ],
)
def test_a_date_is_good_for_a_quarter_of_an_hour(wire: Wire, minutes: int, expected: tuple[int, str]) -> None:
    assert wire.code(LISTING, headers={"x-acs-date": utc(minutes=minutes)}) == expected


def test_the_services_clock_counts_not_the_clients(wire: Wire) -> None:
    wire.simulator.clock.shift(3600)
    answer = wire.call(LISTING)
    assert answer.json()["Code"] == "InvalidTimeStamp.Expired"
    ahead = parsedate_to_datetime(answer.headers["Date"]) - datetime.now(UTC)
    assert timedelta(minutes=59) < ahead < timedelta(minutes=61)


@pytest.mark.parametrize("text", ["2026-11-22 10:22:32", "2026-11-22T10:22:32", "2026-13-22T10:22:32Z", "yesterday"])
def test_a_malformed_date(wire: Wire, text: str) -> None:
    assert wire.code(LISTING, headers={"x-acs-date": text}) == (400, "InvalidTimeStamp.Format")


def test_a_temporary_key_without_its_token(wire: Wire) -> None:
    assert wire.code(LISTING, **TEMPORARY) == (400, "InvalidSecurityToken.Expired")


@pytest.mark.parametrize("key", [TEMPORARY, {}], ids=["temporary", "static"])
def test_a_token_of_another_key(wire: Wire, key: dict[str, str]) -> None:
    headers = {"x-acs-security-token": "of-another"}
    assert wire.code(LISTING, headers=headers, **key) == (400, "InvalidSecurityToken.MismatchWithAccessKey")


def test_a_wrong_version(wire: Wire) -> None:
    assert wire.code(LISTING, headers={"x-acs-version": "2016-01-01"}) == (404, "InvalidProduct.NotFound")


def test_an_unknown_action(wire: Wire) -> None:
    assert wire.code("DescribeSuspEvent") == (404, "InvalidApi.NotFound")


def test_an_unknown_parameter(wire: Wire) -> None:
    assert wire.code(LISTING, {"Pagesize": "20"}) == (400, "InvalidParameter")
    assert wire.code(LISTING, form={"Pagesize": "20"}) == (400, "InvalidParameter")


@pytest.mark.parametrize(
    "query",
    [
        {"SecurityEventIds": "10001"},
        {"SecurityEventIds.0": "10001"},
        {"SecurityEventIds.1": "10001", "SecurityEventIds.3": "10003"},
    ],
    ids=["not numbered", "from zero", "with a hole"],
)
def test_a_list_that_is_not_one(wire: Wire, query: dict[str, str]) -> None:
    assert wire.code("HandleSecurityEvents", {"OperationCode": "ignore", **query}) == (400, "InvalidParameter")


def test_a_parameter_given_twice(wire: Wire) -> None:
    assert wire.code(LISTING, {"TacticId": "TA0002"}, form={"TacticId": "TA0002"}) == (400, "InvalidParameter")


@pytest.mark.parametrize(
    ("action", "query"),
    [
        (LISTING, {"Id": "ten"}),
        (LISTING, {"PageSize": "many"}),
        (LISTING, {"SourceAliUids": "1,two"}),
        ("DescribeSecurityEventOperations", {"SecurityEventId": "1e3"}),
        ("DescribeCloudCenterInstances", {"UseNextToken": "yes"}),
    ],
)
def test_a_parameter_of_another_type(wire: Wire, action: str, query: dict[str, str]) -> None:
    assert wire.code(action, query) == (400, "InvalidParameter")


@pytest.mark.parametrize(
    ("action", "query", "code"),
    [
        ("HandleSecurityEvents", {"SecurityEventIds.1": "10001"}, "MissingOperationCode"),
        ("HandleSecurityEvents", {"OperationCode": "ignore"}, "MissingSecurityEventId"),
        ("DescribeSecurityEventOperations", {}, "MissingSecurityEventId"),
        ("DescribeSecurityEventOperationStatus", {"SecurityEventIds.1": "10001"}, "MissingTaskId"),
        ("DescribeSecurityEventOperationStatus", {"TaskId": "15411"}, "MissingSecurityEventId"),
        ("DescribeSuspEventDetail", {"SuspiciousEventId": "10001"}, "MissingFrom"),
        ("DescribeSuspEventDetail", {"From": "sas"}, "MissingSuspiciousEventId"),
    ],
)
def test_a_missing_parameter(wire: Wire, action: str, query: dict[str, str], code: str) -> None:
    assert wire.code(action, query) == (400, code)


def test_a_key_without_the_permission(wire: Wire) -> None:
    key = {"key_id": READ_ONLY_KEY_ID, "secret": ACCESS_KEY_SECRET}
    assert wire.code(LISTING, **key) == (200, "")
    answer = wire.call("HandleSecurityEvents", IGNORE_ONE, **key)
    assert (answer.status_code, answer.json()["Code"]) == (403, "Forbidden.RAM")
    assert answer.json()["AccessDeniedDetail"]["AuthAction"] == "yundun-sas:HandleSecurityEvents"
    assert wire.simulator.alert(10001).status == 1


def test_another_method_than_post(wire: Wire) -> None:
    prepared = wire.prepare(LISTING)
    prepared.method = "GET"
    assert wire.send(prepared).json()["Code"] == "UnsupportedHTTPMethod"


def test_a_body_that_is_no_form(wire: Wire) -> None:
    answer = wire.call(LISTING, form={"TacticId": "TA0002"}, headers={"content-type": "application/json"})
    assert answer.json()["Code"] == "InvalidParameter"


def test_more_calls_a_second_than_the_quota(wire: Wire) -> None:
    wire.simulator.clock.freeze()
    wire.simulator.state.settings.quotas = {"*": 2, "DescribeNsasSuspEventType": 1}
    assert [wire.code(LISTING)[1] for _call in range(3)] == ["", "", "Throttling.User"]
    assert wire.code("DescribeNsasSuspEventType") == (200, "")
    wire.simulator.clock.shift(0.3)
    throttled = wire.call("DescribeNsasSuspEventType")
    assert (throttled.status_code, throttled.json()["Code"]) == (400, "Throttling.User")
    assert throttled.headers["x-acs-retry-after"] == "700"
    wire.simulator.clock.shift(0.7)
    assert wire.code("DescribeNsasSuspEventType") == (200, "")
