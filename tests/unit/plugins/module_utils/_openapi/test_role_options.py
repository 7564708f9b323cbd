# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.credentials import resolve
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.secrets import Hidden

_ROLE = "acs:ram::1234567890123456:role/responder"
_GIVEN = {
    "access_key_id": "i",
    "access_key_secret": "s",
    "role_arn": _ROLE,
    "timeout": 5,
    "max_retries": 0,
    "requests_per_second": 8,
    "max_concurrency": 5,
    "validate_certs": True,
    "ca_path": None,
}


@pytest.mark.parametrize(
    ("given", "environ", "sentence"),
    [
        (
            {"role_arn": "responder"},
            {},
            "role_arn responder is not the name of a role: give it as acs:ram::<account id>:role/<role name>",
        ),
        (
            {"role_arn": None},
            {"ALIBABA_CLOUD_ROLE_ARN": _ROLE + "\n"},
            f"role_arn {_ROLE}\\n is not the name of a role: give it as acs:ram::<account id>:role/<role name>",
        ),
        (
            {"role_session_name": "a person"},
            {},
            "role_session_name a person is not usable: give 2 to 64 of letters, digits and . @ - _",
        ),
        (
            {},
            {"ALIBABA_CLOUD_ROLE_SESSION_NAME": "x"},
            "ALIBABA_CLOUD_ROLE_SESSION_NAME x is not usable: give 2 to 64 of letters, digits and . @ - _",
        ),
        ({"external_id": "Hush Hush"}, {}, "external_id is not usable: give 2 to 1224 of letters, digits and = , . @ : / + - _"),
        ({"role_session_expiration": 899}, {}, "role_session_expiration 899 is out of range: give 900 to 43200 seconds"),
        ({"role_session_expiration": 43201}, {}, "role_session_expiration 43201 is out of range: give 900 to 43200 seconds"),
        ({"role_policy": "{"}, {}, "role_policy is not JSON: Expecting property name enclosed in double quotes: "),
        ({"role_policy": "[]"}, {}, "role_policy is not a policy: give a JSON object with Version and Statement"),
        ({"role_policy": "x" * 2049}, {}, "role_policy has 2049 characters: shorten it to 2048"),
        (
            {"sts_endpoint": "http://sts.aliyuncs.com"},
            {},
            "sts_endpoint http://sts.aliyuncs.com is plain http: use https (http is for the loopback address only)",
        ),
        (
            {"sts_endpoint": "https://"},
            {},
            "sts_endpoint https:// is not usable: give a host such as sts.cn-shanghai.aliyuncs.com, without path or user",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_role_is_told_before_anything_is_sent(given, environ, sentence):
    with pytest.raises(OptionError) as caught:
        resolve({**_GIVEN, **given}, environ, Hidden())
    assert str(caught.value).startswith(sentence)


def test_the_method_names_the_role_and_what_it_is_assumed_on():
    assert resolve(_GIVEN, {}, Hidden()).method == "role_arn over task options"
