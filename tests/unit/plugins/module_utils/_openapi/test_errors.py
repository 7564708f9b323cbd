# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import (
    ApiError,
    Circumstances,
    SecurityCenterError,
    from_answer,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.service import ERROR_CODES

_HERE = Circumstances(
    action="HandleSecurityEvents",
    ram_action="yundun-sas:HandleSecurityEvents",
    access_key_id="LTAI-key",
    skew="901 s behind the service's",
    subject="10001, 10002",
)
MAYBE_DONE, REPEATABLE, EVERY_CALL = "maybe_done", "repeatable", "every_call"


def _failure(http_status: int, body: dict, retry_after: float | None = None) -> ApiError | None:
    return from_answer(http_status, body, _HERE, ERROR_CODES, retry_after)


# Every code of the gateway's and the service's references: what it says about the call, and what its hint must name.
@pytest.mark.parametrize(
    ("http_status", "code", "says", "hint_names"),
    [
        (404, "InvalidProduct.NotFound", {EVERY_CALL}, "check endpoint and region_id"),
        (404, "InvalidApi.NotFound", {EVERY_CALL}, "the action HandleSecurityEvents: check endpoint"),
        (404, "InvalidAccessKeyId.NotFound", {EVERY_CALL}, "LTAI-key"),
        (400, "InvalidAccessKeyId.NotFound", {EVERY_CALL}, "LTAI-key"),
        (400, "InvalidAccessKeyId.Inactive", {EVERY_CALL}, "LTAI-key is disabled"),
        (400, "InvalidSecurityToken.Expired", {EVERY_CALL}, "LTAI-key have expired"),
        (400, "InvalidSecurityToken.Malformed", {EVERY_CALL}, "security_token"),
        (400, "InvalidSecurityToken.MismatchWithAccessKey", {EVERY_CALL}, "LTAI-key are not of one set"),
        (400, "MissingTimestamp", set(), "a parameter"),
        (400, "MissingOperationCode", set(), "a parameter"),
        (400, "InvalidTimeStamp.Format", set(), "x-acs-date"),
        (400, "InvalidTimeStamp.Expired", {EVERY_CALL}, "clock is 901 s behind the service's: set it by NTP"),
        (400, "SignatureNonceUsed", {MAYBE_DONE, REPEATABLE}, "a proxy may repeat requests"),
        (400, "SignatureDoesNotMatch", {EVERY_CALL}, "access_key_secret is not the secret of access key LTAI-key"),
        (403, "SignatureDoesNotMatch", {EVERY_CALL}, "access_key_secret is not the secret of access key LTAI-key"),
        (400, "IncompleteSignature", {EVERY_CALL}, "proxy"),
        (400, "InvalidProtocol.NeedSsl", {EVERY_CALL}, "https"),
        (403, "Forbidden.RAM", {EVERY_CALL}, "yundun-sas:HandleSecurityEvents to the user or role behind access key LTAI-key"),
        (400, "NoPermission", {EVERY_CALL}, "yundun-sas:HandleSecurityEvents to the user or role behind access key LTAI-key"),
        (403, "NoPermission", {EVERY_CALL}, "yundun-sas:HandleSecurityEvents to the user or role behind access key LTAI-key"),
        (400, "Throttling", {REPEATABLE}, "requests_per_second"),
        (400, "Throttling.User", {REPEATABLE}, "requests_per_second"),
        (400, "Throttling.Api", {REPEATABLE}, "requests_per_second"),
        (400, "Rejected.Throttling", {REPEATABLE}, "requests_per_second"),
        (503, "Throttling.User", {REPEATABLE}, "requests_per_second"),
        (429, "", {REPEATABLE}, "requests_per_second"),
        (500, "InternalError", {MAYBE_DONE, REPEATABLE}, "reads first how things stand"),
        (503, "ServiceUnavailable", {MAYBE_DONE, REPEATABLE}, "reads first how things stand"),
        (400, "SecurityEventNotExists", set(), "no such alert: 10001, 10002; look it up with security_event_info"),
        (400, "MissingSecurityEventId", set(), "no alert was named"),
        (400, "OperationTaskNotExists", set(), "no such task for these alerts: 10001, 10002"),
        (400, "IllegalParam", set(), "security_event_operation_info"),
        (400, "ClientOffline", set(), "agent"),
        (400, "FreeVersionNotPermit", set(), "does not allow HandleSecurityEvents"),
        (400, "RdCheckNoPermission", {EVERY_CALL}, "access key LTAI-key may not act on that member account"),
        (500, "RdCheckInnerError", {MAYBE_DONE, REPEATABLE}, "reads first how things stand"),
        (500, "ServerError", {MAYBE_DONE, REPEATABLE}, "reads first how things stand"),
        # In no table: the HTTP status tells.
        (400, "Novel.Refusal", set(), ""),
        (409, "", set(), ""),
        (500, "Novel.Fault", {MAYBE_DONE, REPEATABLE}, "reads first how things stand"),
        (504, "", {MAYBE_DONE, REPEATABLE}, "reads first how things stand"),
    ],
)
def test_what_a_code_means_and_what_to_do(http_status, code, says, hint_names):
    failure = _failure(http_status, {"Code": code, "Message": "m", "RequestId": "r"})
    assert {flag for flag in (MAYBE_DONE, REPEATABLE, EVERY_CALL) if getattr(failure, flag)} == says
    assert hint_names in failure.hint
    assert bool(failure.hint) == bool(hint_names)
    assert failure.code == (code or f"HTTP {http_status}")


@pytest.mark.parametrize(
    ("http_status", "body", "code"),
    [
        pytest.param(200, {}, None, id="nothing said"),
        pytest.param(200, {"RequestId": "r", "TotalCount": 0}, None, id="a plain answer"),
        pytest.param(200, {"Code": "200", "Success": True}, None, id="code 200"),
        pytest.param(200, {"Code": 200}, None, id="code 200, a number"),
        pytest.param(200, {"code": "OK"}, None, id="code OK"),
        pytest.param(200, {"Success": "true"}, None, id="success as text"),
        pytest.param(200, {"AccessCode": "ok"}, None, id="access code ok"),
        pytest.param(200, {"Success": False, "Code": "IllegalParam"}, "IllegalParam", id="success false with a code"),
        pytest.param(200, {"Success": False}, "Success is false", id="success false alone"),
        pytest.param(200, {"success": False, "code": "IllegalParam"}, "IllegalParam", id="lower camel case"),
        pytest.param(200, {"Success": "false", "Code": "X"}, "X", id="success false as text"),
        pytest.param(200, {"AccessCode": "no_permission"}, "NoPermission", id="access code"),
        pytest.param(200, {"accessCode": "no_permission", "Success": True}, "NoPermission", id="access code first"),
        pytest.param(200, {"Code": "ServerError"}, "ServerError", id="a code alone"),
        pytest.param(400, {"code": "Throttling.User"}, "Throttling.User", id="lower camel case of an error"),
        pytest.param(500, {}, "HTTP 500", id="an error that says nothing"),
        pytest.param(400, {"Code": None, "Message": None}, "HTTP 400", id="null"),
        pytest.param(400, {"Code": {"a": 1}, "Message": ["b"], "RequestId": 7}, "{'a': 1}", id="wrong types"),
        pytest.param(200, {"Success": 0, "Code": 200, "AccessCode": []}, None, id="wrong types of a success"),
    ],
)
def test_what_is_a_failure(http_status, body, code):
    failure = _failure(http_status, body)
    assert (failure.code if failure else None) == code


def test_the_text_of_a_failure_is_one_sentence_with_code_request_id_and_hint():
    failure = _failure(400, {"Code": "ClientOffline", "Message": "offline\x1b[2J", "RequestId": "A-1"}, retry_after=1.5)
    assert isinstance(failure, SecurityCenterError)
    assert str(failure) == (
        "HandleSecurityEvents failed: ClientOffline: offline\\x1b[2J (request id A-1) - "
        "the agent on the server is offline: bring it back, or handle the alert by hand"
    )
    assert failure.retry_after == 1.5
    assert failure.as_dict() == {
        "action": "HandleSecurityEvents",
        "code": "ClientOffline",
        "message": "offline\\x1b[2J",
        "http_status": 400,
        "request_id": "A-1",
        "hint": "the agent on the server is offline: bring it back, or handle the alert by hand",
    }


def test_a_long_message_is_cut_in_the_sentence_only():
    failure = _failure(400, {"Code": "SignatureDoesNotMatch", "Message": "x" * 400})
    assert "x" * 160 + "…" in str(failure)
    assert failure.message == "x" * 400


def test_lower_camel_case_fields_are_read_too():
    failure = _failure(400, {"code": "Novel", "message": "said", "requestId": "A-2"})
    assert str(failure) == "HandleSecurityEvents failed: Novel: said (request id A-2)"


def test_a_hint_takes_what_it_names_literally():
    subject = "{access_key_id}{0}"
    answer = from_answer(
        400, {"Code": "SecurityEventNotExists"}, Circumstances("A", "r", "k", "s", subject), ERROR_CODES, None
    )
    assert subject in answer.hint
