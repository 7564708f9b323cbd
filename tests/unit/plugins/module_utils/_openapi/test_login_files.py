# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.login_files import (
    profile_to_use,
    type_of_section,
)

_KEYS = {"access_key_id": "an-id", "access_key_secret": "Hush"}
_AK = {"name": "plain", "mode": "AK", **_KEYS}


def _config(*profiles, current="plain"):
    return json.dumps({"current": current, "profiles": list(profiles)})


@pytest.mark.parametrize(
    ("text", "wanted", "sentence"),
    [
        (_config(_AK), "prod", "there is no profile prod in {path}: there are plain"),
        (_config(_AK, current=""), None, "{path} names no current profile: name one by the option profile"),
        (
            _config({**_AK, "mode": "RsaKeyPair"}),
            None,
            "profile plain in {path} has the mode RsaKeyPair, which is not known: use one of AK, StsToken, RamRoleArn, EcsRamRole, "
            "OIDC, ChainableRamRoleArn, CloudSSO, OAuth, External",
        ),
        (_config({"name": "plain"}), None, "profile plain in {path} has no mode: use one of AK, StsToken, "),
        (_config({**_AK, "access_key_secret": ""}), None, "profile plain in {path} (mode AK) has no access_key_secret: give it there"),
        (
            _config({"name": "plain", "mode": "ChainableRamRoleArn", "ram_role_arn": "r", "source_profile": "base"}),
            None,
            "there is no profile base in {path}: there are plain",
        ),
        (
            _config(
                {"name": "plain", "mode": "ChainableRamRoleArn", "ram_role_arn": "r", "source_profile": "other"},
                {"name": "other", "mode": "ChainableRamRoleArn", "ram_role_arn": "r", "source_profile": "plain"},
            ),
            None,
            "profile plain in {path} leads back to itself by source_profile",
        ),
        ('{"current": "plain",\n "profiles": [Hush]}', None, "{path} is not JSON (line 2, column 15): make it again with aliyun configure"),
        ("[" * 100_000, None, "{path} is nested too deeply: make it again with aliyun configure"),
        ("[]", None, "{path} is not a JSON object: make it again with aliyun configure"),
        ('{"profiles": "Hush"}', None, "{path} has no list of profiles: make it again with aliyun configure"),
        (_config({**_AK, "name": "\u001b[2Jx"}), "y", "there is no profile y in {path}: there are \\x1b[2Jx"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_file_of_the_cli(tmp_path, text, wanted, sentence):
    path = tmp_path / "config.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OptionError) as caught:
        profile_to_use(str(path), wanted)
    assert str(caught.value).startswith(sentence.format(path=path))
    assert "Hush" not in str(caught.value)


def test_a_profile_by_name_and_the_current_one(tmp_path):
    path = tmp_path / "config.json"
    sso = {"name": "sso", "mode": "External", "process_command": "get-key"}
    role = {"name": "role", "mode": "ChainableRamRoleArn", "ram_role_arn": "r", "source_profile": "sso"}
    path.write_text(_config(_AK, sso, role), encoding="utf-8")
    assert profile_to_use(str(path), None) == ("plain", ("AK",))
    assert profile_to_use(str(path), "role") == ("role", ("ChainableRamRoleArn", "External"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[other]\ntype = access_key\n", "there is no section default in {path}: there are other"),
        ("[default]\ntype = bearer\n", "section default in {path} has the type bearer, which is not known: use one of access_key, "),
        ("[default]\naccess_key_id = i\n", "section default in {path} has no type: use one of access_key, "),
        (
            "[default]\ntype = access_key\naccess_key_id = an-id\n",
            "section default in {path} (type access_key) has no access_key_secret: give it there",
        ),
        ("Hush\n[default]\n", "{path} is not a credentials file: line 1 is wrong: give [sections] with name = value"),
        ("[default]\nHush\n", "{path} is not a credentials file: line 2 is wrong: give [sections] with name = value"),
        ("[default]\na = 1\na = Hush\n", "{path} is not a credentials file: line 3 is wrong: give [sections] with name = value"),
        (
            "[default]\ntype = access_key\naccess_key_id = i\naccess_key_secret = Hush%x\n",
            "{path} has a % in section default, option access_key_secret: write it as %%",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_credentials_file(tmp_path, text, sentence):
    path = tmp_path / "credentials.ini"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OptionError) as caught:
        type_of_section(str(path), "default")
    assert str(caught.value).startswith(sentence.format(path=path))
    assert "Hush" not in str(caught.value)


def test_a_file_that_can_not_be_read(tmp_path):
    with pytest.raises(OptionError) as caught:
        type_of_section(str(tmp_path), "default")
    assert str(caught.value) == f"{tmp_path} can't be read: Is a directory"
    (tmp_path / "latin").write_bytes(b"\xff\xfe")
    with pytest.raises(OptionError) as caught:
        profile_to_use(str(tmp_path / "latin"), None)
    assert str(caught.value) == f"{tmp_path}/latin is not text in UTF-8"
