# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What we sign is, byte for byte, what the official SDK's own code signs."""

from __future__ import annotations

import random

from alibabacloud_tea_openapi.utils import Utils
from darabonba.request import DaraRequest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.signature import (
    authorization,
    query_string,
    sha256_hex,
)

# Plain letters, everything reserved in a URL, white space and controls, and text from one to four bytes in UTF-8.
_CHARACTERS = "abcXYZ019-_.~!*'();:@&=+$,/?#[]%\"<>\\^`{|} \t\n\r\x00\x7f\xa0éßЖ告警\u202e\ufeff\U0001f512\U0010ffff"
_NAMES = (
    "SecurityEventIds.1",
    "SecurityEventIds.10",
    "SecurityEventIds.2",
    "Remark",
    "Lang",
    "From",
    "a",
    "B",
    "_",
    "Z9",
    "K8s",
)


def _text(chance: random.Random, longest: int = 40) -> str:
    return "".join(chance.choices(_CHARACTERS, k=chance.randrange(longest)))


def _plain(chance: random.Random, length: int) -> str:
    return "".join(chance.choices("abcdefXYZ0123456789+/=.-", k=length))


def _request(chance: random.Random) -> DaraRequest:
    request = DaraRequest()
    request.method = chance.choice(("POST", "GET", "PUT"))
    request.pathname = chance.choice(("/", "", "/api/v1", "/a%20b"))
    request.query = {name: _text(chance) for name in chance.sample(_NAMES, chance.randrange(len(_NAMES)))}
    request.headers = {
        "host": chance.choice(("tds.cn-shanghai.aliyuncs.com", "127.0.0.1:8080")),
        "x-acs-action": "HandleSecurityEvents",
        "x-acs-version": "2018-12-03",
        "x-acs-date": f"2026-11-22T09:00:{chance.randrange(60):02}Z",
        "x-acs-signature-nonce": _plain(chance, 32),
    }
    body = b""
    if chance.random() < 0.5:
        body = query_string({name: _text(chance) for name in chance.sample(_NAMES, 3)}).encode()
        request.headers["content-type"] = "application/x-www-form-urlencoded"
    if chance.random() < 0.5:
        request.headers["x-acs-accesskey-id"] = _plain(chance, 24)
        request.headers["x-acs-security-token"] = f" {_plain(chance, 600)} "
    request.headers["x-acs-content-sha256"] = sha256_hex(body)
    return request


def test_two_thousand_random_requests_are_signed_as_the_official_sdk_signs_them():
    chance = random.Random(20181203)
    for _each in range(2000):
        request, key, secret = _request(chance), _plain(chance, 24), _plain(chance, 30)
        payload = request.headers["x-acs-content-sha256"]
        ours = authorization(
            key,
            secret,
            method=request.method,
            path=request.pathname or "/",
            query=query_string(request.query),
            headers=request.headers,
            body_sha256=payload,
        )
        assert ours == Utils.get_authorization(request, "ACS3-HMAC-SHA256", payload, key, secret), request.query
