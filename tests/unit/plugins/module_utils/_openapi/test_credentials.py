# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.credentials import (
    Credentials,
    resolve,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.secrets import Hidden

_NEW = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "new-id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "new-secret"}
_OLD = {"ALICLOUD_ACCESS_KEY": "old-id", "ALICLOUD_SECRET_KEY": "old-secret"}
_OLD_2 = {"ALICLOUD_ACCESS_KEY_ID": "old2-id", "ALICLOUD_SECRET_ACCESS_KEY": "old2-secret"}
_NEW_TOKEN = {"ALIBABA_CLOUD_SECURITY_TOKEN": "new-token"}
_OLD_TOKEN = {"ALICLOUD_SECURITY_TOKEN": "old-token"}
_GIVEN = {"access_key_id": "given-id", "access_key_secret": "given-secret"}


@pytest.mark.parametrize(
    ("options", "environ", "wanted"),
    [
        pytest.param(_GIVEN, {}, ("given-id", "given-secret", None), id="options"),
        pytest.param({**_GIVEN, "security_token": "t"}, {}, ("given-id", "given-secret", "t"), id="options with token"),
        pytest.param({}, _NEW, ("new-id", "new-secret", None), id="new names"),
        pytest.param({}, {**_NEW, **_NEW_TOKEN}, ("new-id", "new-secret", "new-token"), id="new names with token"),
        pytest.param({}, _OLD, ("old-id", "old-secret", None), id="old names"),
        pytest.param({}, {**_OLD, **_OLD_TOKEN}, ("old-id", "old-secret", "old-token"), id="old names with token"),
        pytest.param({}, _OLD_2, ("old2-id", "old2-secret", None), id="the old names' other spelling"),
        pytest.param(
            {}, {**dict.fromkeys(_OLD, ""), **_OLD_2}, ("old2-id", "old2-secret", None), id="an empty spelling is passed over"
        ),
        pytest.param({}, {**_OLD, **_OLD_2}, ("old-id", "old-secret", None), id="the first spelling wins"),
        pytest.param(_GIVEN, {**_NEW, **_NEW_TOKEN}, ("given-id", "given-secret", None), id="a key meets no token"),
        pytest.param({}, {**_NEW, **_OLD_TOKEN}, ("new-id", "new-secret", None), id="generations are not mixed"),
        pytest.param({}, {**dict.fromkeys(_NEW, ""), **_OLD}, ("old-id", "old-secret", None), id="empty is not set"),
        pytest.param(dict.fromkeys(_GIVEN, ""), _OLD, ("old-id", "old-secret", None), id="empty options"),
    ],
)
def test_a_set_is_taken_whole_from_the_first_source(options, environ, wanted):
    found = resolve(options, environ, Hidden())
    assert (found.access_key_id, found.access_key_secret, found.security_token) == wanted


@pytest.mark.parametrize(
    ("options", "environ", "sentence"),
    [
        (
            {},
            {},
            "no credentials: give the options access_key_id and access_key_secret, or set one of the pairs of environment variables "
            "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or ALICLOUD_ACCESS_KEY and ALICLOUD_SECRET_KEY",
        ),
        (
            {"access_key_id": "i"},
            _NEW,
            "half a set of credentials: the task's options give access_key_id but not access_key_secret: give both, or neither",
        ),
        (
            {"security_token": "t"},
            _NEW,
            "half a set of credentials: the task's options give security_token but not access_key_id: give both, or neither",
        ),
        (
            {"access_key_secret": "s", "security_token": "t"},
            {},
            "half a set of credentials: the task's options give access_key_secret and security_token but not access_key_id: "
            "give both, or neither",
        ),
        (
            {},
            {**_NEW_TOKEN, **_OLD},
            "half a set of credentials: the environment gives ALIBABA_CLOUD_SECURITY_TOKEN but not ALIBABA_CLOUD_ACCESS_KEY_ID: "
            "give both, or neither",
        ),
        (
            {},
            {"ALICLOUD_ACCESS_KEY_ID": "i"},
            "half a set of credentials: the environment gives ALICLOUD_ACCESS_KEY_ID but not ALICLOUD_SECRET_KEY: give both, or neither",
        ),
    ],
)
def test_half_a_set_is_refused_with_the_missing_name(options, environ, sentence):
    with pytest.raises(OptionError) as caught:
        resolve(options, environ, Hidden())
    assert str(caught.value) == sentence


@pytest.mark.parametrize("part", ["access_key_id", "access_key_secret", "security_token"])
@pytest.mark.parametrize("slip", ["{}\n", " {}", "{}\x00", "{}é", "{}\u200b", "{}\ud800", "\t"], ids=ascii)
def test_a_slip_of_copy_and_paste_is_told_and_never_shown(part, slip):
    with pytest.raises(OptionError) as caught:
        resolve({**_GIVEN, part: slip.format("Hush")}, {}, Hidden())
    assert str(caught.value) == f"{part} holds white space or characters outside ASCII: copy it again, without line breaks"


def test_no_secret_is_in_a_repr():
    shown = repr(Credentials("an-id", "Hush-secret", "Hush-token"))
    assert "an-id" in shown
    assert "Hush" not in shown
