# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.credentials import (
    Credentials,
    resolve,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import (
    MissingLibrary,
    OptionError,
)
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
        (
            {},
            {"ALIBABA_CLOUD_OIDC_TOKEN_FILE": "/token", "ALIBABA_CLOUD_ROLE_ARN": "acs:ram::1:role/r"},
            "half a set of credentials: the environment gives ALIBABA_CLOUD_ROLE_ARN and ALIBABA_CLOUD_OIDC_TOKEN_FILE but not "
            "ALIBABA_CLOUD_OIDC_PROVIDER_ARN: give all three, or none",
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


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({**_GIVEN, "profile": "p"}, "access_key_id and profile"),
        ({"profile": "p", "ecs_role_name": "r"}, "profile and ecs_role_name"),
        ({"security_token": "t", "ecs_role_name": "r"}, "security_token and ecs_role_name"),
    ],
)
def test_a_task_names_one_way_to_log_in(given, named):
    with pytest.raises(OptionError) as caught:
        resolve(given, {}, Hidden())
    assert str(caught.value) == f"{named} each name credentials of their own: give one of them"


def test_without_credentials_every_place_is_named(tmp_path):
    with pytest.raises(OptionError) as caught:
        resolve({}, {"HOME": str(tmp_path), "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"}, Hidden())
    assert str(caught.value) == (
        "no credentials: there are none in the task's options (access_key_id and access_key_secret, profile, ecs_role_name), in the "
        "environment variables (ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, ALICLOUD_ACCESS_KEY and "
        "ALICLOUD_SECRET_KEY, ALIBABA_CLOUD_OIDC_PROVIDER_ARN with ALIBABA_CLOUD_ROLE_ARN and ALIBABA_CLOUD_OIDC_TOKEN_FILE, "
        "ALIBABA_CLOUD_PROFILE, ALIBABA_CLOUD_CREDENTIALS_FILE, ALIBABA_CLOUD_ECS_METADATA, ALIBABA_CLOUD_CREDENTIALS_URI), in the "
        f"files {tmp_path}/.aliyun/config.json and {tmp_path}/.alibabacloud/credentials.ini, nor at the ECS metadata service "
        "(ALIBABA_CLOUD_ECS_METADATA_DISABLED forbids to ask it): give them in one of these places"
    )


def test_without_the_library_plain_keys_work_and_every_other_way_names_it(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "alibabacloud_credentials", None)  # as if it were not installed
    assert resolve(_GIVEN, {}, Hidden()).method == "task options"
    with pytest.raises(MissingLibrary) as caught:
        resolve({"ecs_role_name": "r"}, {}, Hidden())
    assert (caught.value.library, caught.value.why) == ("alibabacloud_credentials", "to log in by ecs_ram_role")
    with pytest.raises(OptionError, match="not asked, because the Python package alibabacloud_credentials is missing"):
        resolve({}, {"HOME": str(tmp_path)}, Hidden())


def test_plain_keys_load_neither_the_library_nor_the_files_around_it(monkeypatch):
    inner = resolve.__module__.rpartition(".")[0]
    rare = {f"{inner}.{name}" for name in ("places", "library", "login_files", "assumed_role")}
    for name in {*rare, "alibabacloud_credentials"} & set(sys.modules):
        monkeypatch.delitem(sys.modules, name)
    resolve(_GIVEN, {}, Hidden())
    assert {*rare, "alibabacloud_credentials"} & set(sys.modules) == set()
