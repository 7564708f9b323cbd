# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.signature import (
    authorization,
    percent_encode,
    query_string,
    sha256_hex,
)

# The vendor's published example of the V3 signature.
_VECTOR = {
    "method": "POST",
    "path": "/",
    "query": "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai",
    "headers": {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    },
    "body_sha256": sha256_hex(b""),
}
_PUBLISHED = (
    "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,"
    "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
    "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
)


def _signed(**changes: object) -> str:
    return authorization("YourAccessKeyId", "YourAccessKeySecret", **{**_VECTOR, **changes})


def test_the_vendors_published_vector():
    assert _signed() == _PUBLISHED


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({name.upper(): value for name, value in _VECTOR["headers"].items()}, id="in any case"),
        pytest.param({name: f" \t{value} " for name, value in _VECTOR["headers"].items()}, id="trimmed"),
        pytest.param(dict(reversed(_VECTOR["headers"].items())), id="in any order"),
    ],
)
def test_headers_are_signed_in_one_form(headers):
    assert _signed(headers=headers) == _PUBLISHED


@pytest.mark.parametrize(
    "change",
    [
        {"method": "GET"},
        {"path": "/x"},
        {"query": _VECTOR["query"] + "1"},
        {"body_sha256": sha256_hex(b"{}")},
        *({"headers": {**_VECTOR["headers"], name: "x"}} for name in _VECTOR["headers"]),
    ],
    ids=str,
)
def test_every_part_of_a_request_is_signed(change):
    assert _signed(**change) != _PUBLISHED


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("AZaz09-_.~", "AZaz09-_.~"),
        (" ", "%20"),
        ("+", "%2B"),
        ("*", "%2A"),
        ("/", "%2F"),
        ("%7E", "%257E"),
        ("&=", "%26%3D"),
        ("\n\x00", "%0A%00"),
        ("é", "%C3%A9"),
        ("告警", "%E5%91%8A%E8%AD%A6"),
        ("\U0001f512", "%F0%9F%94%92"),
        ("", ""),
    ],
)
def test_percent_encoding_is_that_of_rfc_3986(text, encoded):
    assert percent_encode(text) == encoded


@pytest.mark.parametrize(
    ("parameters", "query"),
    [
        ({}, ""),
        ({"b": "2", "a": "1"}, "a=1&b=2"),
        ({"a": "", "B": "2", "_": "3"}, "B=2&_=3&a="),
        ({"Ids.10": "x", "Ids.2": "y", "Ids.1": "z"}, "Ids.1=z&Ids.10=x&Ids.2=y"),
        ({"a b": "c/d"}, "a%20b=c%2Fd"),
    ],
)
def test_a_query_is_in_code_point_order_and_encoded(parameters, query):
    assert query_string(parameters) == query
