# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What wins when several places name credentials: the order that the guide "Ways to log in" gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.credentials import Source, resolve
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.secrets import Hidden

ROLE = "acs:ram::1234567890123456:role/responder"
INI = "[default]\ntype = access_key\naccess_key_id = i\naccess_key_secret = s\n"
KEYS = {"access_key_id": "i", "access_key_secret": "s"}
HOW = {
    "timeout": 5,
    "max_retries": 0,
    "requests_per_second": 8,
    "max_concurrency": 5,
    "validate_certs": True,
    "ca_path": None,
}
OIDC = {
    "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": "acs:ram::1:oidc-provider/p",
    "ALIBABA_CLOUD_OIDC_TOKEN_FILE": "/token",
    "ALIBABA_CLOUD_ROLE_ARN": ROLE,
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    profiles = [{"name": name, "mode": "AK", **KEYS} for name in ("lies-here", "named")]
    for name, text in (
        (".aliyun/config.json", json.dumps({"current": "lies-here", "profiles": profiles})),
        (".alibabacloud/credentials.ini", INI),
        ("named.ini", INI + INI.replace("default", "named")),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def source(environ: dict[str, str], **options: Any) -> Source:
    return resolve({**HOW, **options}, environ, Hidden())


def test_each_place_wins_over_all_that_come_after_it(home: Path):
    environ = {
        "HOME": str(home),
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "new",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "s",
        "ALICLOUD_ACCESS_KEY": "old",
        "ALICLOUD_SECRET_KEY": "s",
        **OIDC,
        "ALIBABA_CLOUD_PROFILE": "named",
        "ALIBABA_CLOUD_CREDENTIALS_FILE": str(home / "named.ini"),
        "ALIBABA_CLOUD_ECS_METADATA": "a-role",
        "ALIBABA_CLOUD_CREDENTIALS_URI": "http://127.0.0.1:9/",
    }
    for options in (KEYS, {"profile": "named"}, {"ecs_role_name": "a-role"}):
        assert source(environ, **options).method in ("task options", "profile", "ecs_ram_role")
        assert source(environ, **options).method != source(environ).method

    won = []
    for taken_away in (
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
        ("ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY"),
        tuple(OIDC),
        ("ALIBABA_CLOUD_PROFILE",),
        ("ALIBABA_CLOUD_CREDENTIALS_FILE",),
        ("ALIBABA_CLOUD_ECS_METADATA",),
        ("ALIBABA_CLOUD_CREDENTIALS_URI",),
    ):
        found = source(environ)
        won.append((found.method, getattr(found, "access_key_id", "")))
        for name in taken_away:
            del environ[name]
    assert won == [
        ("environment", "new"),
        ("environment", "old"),
        ("oidc_role_arn", ""),
        ("profile", ""),
        ("credentials_file", ""),
        ("ecs_ram_role", ""),
        ("credentials_uri", ""),
    ]
    assert source(environ).method == "profile"
    (home / ".aliyun" / "config.json").unlink()
    assert source(environ).method == "credentials_file"
    (home / ".alibabacloud" / "credentials.ini").unlink()
    with pytest.raises(OptionError, match="no credentials"):
        source({**environ, "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"})


def test_what_a_variable_switches_off_is_passed_over(home: Path):
    environ = {"HOME": str(home), "ALIBABA_CLOUD_CLI_PROFILE_DISABLED": "true", "ALIBABA_CLOUD_PROFILE": "default"}
    assert source(environ).method == "credentials_file"
    uri = {"ALIBABA_CLOUD_CREDENTIALS_URI": "http://127.0.0.1:9/", "ALIBABA_CLOUD_ECS_METADATA": "a-role"}
    assert source({**uri, "HOME": str(home), "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "TRUE"}).method == "credentials_uri"
    assert source(environ, profile="named").method == "profile"  # a task that names one means it


def test_a_profile_that_a_variable_names_is_a_section_where_there_is_no_cli(home: Path):
    (home / ".aliyun" / "config.json").unlink()
    named = {"HOME": str(home), "ALIBABA_CLOUD_PROFILE": "named"}
    assert source({**named, "ALIBABA_CLOUD_CREDENTIALS_FILE": str(home / "named.ini")}).method == "credentials_file"
    with pytest.raises(OptionError, match=r"there is no section named in .*credentials.ini: there are default"):
        source(named)
    (home / ".alibabacloud" / "credentials.ini").unlink()
    with pytest.raises(OptionError, match=r"config.json can't be read: No such file or directory"):
        source(named)


@pytest.mark.parametrize(
    ("options", "environ", "method"),
    [
        (KEYS, {"ALIBABA_CLOUD_ROLE_ARN": ROLE}, "role_arn over task options"),
        ({**KEYS, "role_arn": ROLE}, {}, "role_arn over task options"),
        ({"profile": "named"}, {"ALIBABA_CLOUD_ROLE_ARN": ROLE}, "role_arn over profile"),
        # Beside the OIDC variables it names the role of that login alone.
        ({}, OIDC, "oidc_role_arn"),
        (KEYS, OIDC, "task options"),
        ({"role_arn": ROLE}, OIDC, "oidc_role_arn"),
        ({"role_arn": f"{ROLE}-2"}, OIDC, "role_arn over oidc_role_arn"),
        ({**KEYS, "role_arn": ROLE}, OIDC, "role_arn over task options"),
    ],
)
def test_a_role_is_assumed_once_on_top(home: Path, options: dict[str, str], environ: dict[str, str], method: str):
    assert source({"HOME": str(home), **environ}, **options).method == method


@pytest.mark.parametrize("options", [KEYS, {"profile": "named"}], ids=["keys", "profile"])
@pytest.mark.parametrize("environ", [{}, OIDC], ids=["no role", "the role of a login that did not win"])
def test_a_policy_that_would_narrow_nothing_is_refused(home: Path, options: dict[str, str], environ: dict[str, str]):
    with pytest.raises(OptionError, match="role_policy is of no use without a role, which it would narrow"):
        source({"HOME": str(home), **environ}, role_policy='{"Statement": []}', **options)
    assert source({"HOME": str(home), **OIDC}, role_policy='{"Statement": []}').method == "oidc_role_arn"
