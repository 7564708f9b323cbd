# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every way to log in by the vendor's library, the library itself against servers of this machine."""

from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from alibabacloud_credentials.utils import auth_util
from login_servers import Answers, metadata_at, proxy_to, serving
from Tea.core import TeaCore

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi import library
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.credentials import (
    Credentials,
    Source,
    resolve,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import ApiError, OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.secrets import Hidden
from simulator import Simulator
from simulator.seed_accounts import (
    ACCESS_KEY_ID,
    ACCESS_KEY_SECRET,
    MEMBER_ACCOUNT,
    OIDC_PROVIDER,
    OIDC_TOKEN,
    OWN_ACCOUNT,
    ROLE_NAME,
)
from simulator.tls import server_context

ROLE = f"acs:ram::{OWN_ACCOUNT}:role/{ROLE_NAME}"
METADATA = "/latest/meta-data/ram/security-credentials/"
KEYS = {"access_key_id": ACCESS_KEY_ID, "access_key_secret": ACCESS_KEY_SECRET}
Home = Callable[..., dict[str, str]]


def key_set(number: int = 1, **given: str) -> dict[str, str]:
    """A set as the metadata service, a credentials URI and the sign-in services give it."""
    return {
        "Code": "Success",
        "AccessKeyId": f"STS.number-{number}",
        "AccessKeySecret": f"Hush-secret-{number}",
        "SecurityToken": f"Hush-token-{number}",
        "Expiration": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600)),
        **given,
    }


def trust(monkeypatch: pytest.MonkeyPatch, ca: object) -> None:
    """Let the library trust a throw-away CA: behind a proxy it knows no file but the one of certifi."""
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(ca))


@pytest.fixture(autouse=True)
def _no_connection_of_another_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TeaCore, "_sessions", {})
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Writes the files of a home directory; what comes back is an environment with that home."""

    def write(profiles: list[dict[str, Any]] | None = None, ini: str = "", **environ: str) -> dict[str, str]:
        if profiles is not None:
            (tmp_path / ".aliyun").mkdir(exist_ok=True)
            config = {"current": profiles[0]["name"], "profiles": profiles}
            (tmp_path / ".aliyun" / "config.json").write_text(json.dumps(config), encoding="utf-8")
        if ini:
            (tmp_path / ".alibabacloud").mkdir(exist_ok=True)
            (tmp_path / ".alibabacloud" / "credentials.ini").write_text(ini, encoding="utf-8")
        (tmp_path / "token").write_text(OIDC_TOKEN, encoding="utf-8")
        return {"HOME": str(tmp_path), **environ}

    return write


@pytest.fixture
def sts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """STS where the library looks for it: the proxy leads sts.aliyuncs.com to the simulator, whose CA is trusted."""
    with Simulator(tls=True, tls_name="sts.aliyuncs.com") as simulator:
        port = urlsplit(simulator.endpoint).port
        assert port
        with proxy_to(port) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy)
            trust(monkeypatch, simulator.ca_path)
            yield simulator


@pytest.fixture
def metadata(monkeypatch: pytest.MonkeyPatch) -> Iterator[Answers]:
    """The ECS metadata service with one role, at its own address."""
    paths = {"/latest/api/token": "a-token", METADATA: "instance-role", f"{METADATA}instance-role": key_set()}
    with serving(Answers(paths)) as server:
        monkeypatch.setattr(socket, "getaddrinfo", metadata_at(server.server_port))
        yield server


def login(environ: dict[str, str], **options: Any) -> Source:
    return resolve(options, environ, Hidden())


def parts(found: Credentials) -> tuple[str, str, str | None]:
    return found.access_key_id, found.access_key_secret, found.security_token


FIRST = ("STS.number-1", "Hush-secret-1", "Hush-token-1")
SECOND = ("STS.number-2", "Hush-secret-2", "Hush-token-2")


def test_profiles_that_hold_or_print_a_set(home: Home):
    printed = {"mode": "StsToken", "access_key_id": "i", "access_key_secret": "s", "sts_token": "t"}
    script = f"import json; print(json.dumps({printed!r}))"
    environ = home(
        [
            {"name": "plain", "mode": "AK", **KEYS},
            {"name": "token", "mode": "StsToken", **KEYS, "sts_token": "t"},
            {"name": "external", "mode": "External", "process_command": f'{sys.executable} -c "{script}"'},
        ]
    )
    current = login(environ)
    assert (current.method, parts(current.current())) == ("profile", (ACCESS_KEY_ID, ACCESS_KEY_SECRET, None))
    assert parts(login(environ, profile="token").current()) == (ACCESS_KEY_ID, ACCESS_KEY_SECRET, "t")
    assert parts(login(environ, profile="external").current()) == ("i", "s", "t")


def test_profiles_that_sts_opens(sts: Simulator, home: Home):
    role = {"ram_role_arn": ROLE, "ram_session_name": "a-person"}
    token_file = str(Path(home()["HOME"], "token"))
    oidc = {"ram_role_arn": ROLE, "oidc_provider_arn": OIDC_PROVIDER, "oidc_token_file": token_file}
    chained = {**role, "ram_role_arn": f"acs:ram::{MEMBER_ACCOUNT}:role/{ROLE_NAME}", "source_profile": "role"}
    environ = home(
        [
            {"name": "role", "mode": "RamRoleArn", **KEYS, **role},
            {"name": "oidc", "mode": "OIDC", **oidc, "role_session_name": "a-pod"},
            {"name": "chained", "mode": "ChainableRamRoleArn", **chained},
        ]
    )
    for profile, account, session in (
        ("role", OWN_ACCOUNT, "a-person"),
        ("oidc", OWN_ACCOUNT, "a-pod"),
        ("chained", MEMBER_ACCOUNT, "a-person"),
    ):
        found = login(environ, profile=profile).current()
        key = sts.state.keys[-1]
        assert parts(found) == (key.access_key_id, key.secret, key.token)
        assert key.session_arn == f"acs:ram::{account}:assumed-role/{ROLE_NAME}/{session}"
    assert [call.action for call in sts.calls] == ["AssumeRole", "AssumeRoleWithOIDC", "AssumeRole", "AssumeRole"]


def test_a_profile_of_an_ecs_role(metadata: Answers, home: Home):
    environ = home([{"name": "ecs", "mode": "EcsRamRole", "ram_role_name": "instance-role"}])
    assert parts(login(environ).current()) == FIRST


def test_profiles_of_people_who_signed_in(home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    ca = tmp_path / "ca.pem"
    paths = {
        "/cloud-credentials": {"CloudCredential": key_set(1)},
        "/v1/token": {"access_token": "Hush-new", "refresh_token": "Hush-refresh"},
        "/v1/exchange": key_set(2),
    }
    with (
        serving(Answers(paths, server_context(ca, "oauth.aliyun.com"))) as oauth,
        serving(Answers(paths)) as sso,
        proxy_to(oauth.server_port) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        trust(monkeypatch, ca)
        signed_in = {
            "cloud_sso_sign_in_url": f"{sso.url}/start",
            "cloud_sso_account_id": "1",
            "cloud_sso_access_config": "ac-1",
            "access_token": "Hush",
            "cloud_sso_access_token_expire": int(time.time()) + 3600,
        }
        environ = home(
            [
                {"name": "sso", "mode": "CloudSSO", **signed_in},
                {"name": "oauth", "mode": "OAuth", "oauth_refresh_token": "Hush-refresh"},
                {"name": "ended", "mode": "CloudSSO", **signed_in, "cloud_sso_access_token_expire": 1},
            ]
        )
        assert parts(login(environ).current()) == FIRST
        with pytest.raises(ApiError) as caught:
            login(environ, profile="ended").current()
        assert "log in again with aliyun configure when its login has ended" in str(caught.value)
        assert sso.asked == ["POST /cloud-credentials"]
        oauth_source = login(environ, profile="oauth")
        assert parts(oauth_source.current()) == SECOND
        assert oauth.asked == ["POST /v1/token", "POST /v1/exchange"]


def test_each_type_of_a_credentials_file(sts: Simulator, metadata: Answers, home: Home):
    token_file = Path(home()["HOME"], "token")
    key = f"access_key_id = {ACCESS_KEY_ID}\naccess_key_secret = {ACCESS_KEY_SECRET}\n"
    environ = home(
        ini=f"[default]\ntype = access_key\n{key}[role]\ntype = ram_role_arn\n{key}role_arn = {ROLE}\nrole_session_name = me\n"
        f"[oidc]\ntype = oidc_role_arn\nrole_arn = {ROLE}\noidc_provider_arn = {OIDC_PROVIDER}\n"
        f"oidc_token_file_path = {token_file}\n[ecs]\ntype = ecs_ram_role\nrole_name = instance-role\n"
    )
    plain = login(environ)
    assert (plain.method, parts(plain.current())) == ("credentials_file", (ACCESS_KEY_ID, ACCESS_KEY_SECRET, None))
    for section in ("role", "oidc"):
        found = login({**environ, "ALIBABA_CLOUD_PROFILE": section}).current()
        assert found.security_token == sts.state.keys[-1].token
    named = {"HOME": "/nowhere", "ALIBABA_CLOUD_CREDENTIALS_FILE": f"{environ['HOME']}/.alibabacloud/credentials.ini"}
    assert parts(login({**named, "ALICLOUD_PROFILE": "ecs"}).current()) == FIRST


def oidc_variables(home: Home, **more: str) -> dict[str, str]:
    environ = home(**more)
    return environ | {
        "ALIBABA_CLOUD_ROLE_ARN": ROLE,
        "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": OIDC_PROVIDER,
        "ALIBABA_CLOUD_OIDC_TOKEN_FILE": f"{environ['HOME']}/token",
    }


def test_the_oidc_role_is_assumed_once_in_the_session_that_was_asked_for(home: Home, monkeypatch: pytest.MonkeyPatch):
    with Simulator(tls=True) as sts:
        trust(monkeypatch, sts.ca_path)
        asked = {"sts_endpoint": sts.endpoint, "role_session_expiration": 1800, "role_session_name": "a-job"}
        source = login(oidc_variables(home), **asked)
        assert (source.method, source.current().access_key_id) == ("oidc_role_arn", sts.state.keys[-1].access_key_id)
        assert [(call.action, call.parameters["DurationSeconds"]) for call in sts.calls] == [
            ("AssumeRoleWithOIDC", "1800")
        ]
        assert sts.state.keys[-1].session_arn.endswith("/a-job")


def test_what_the_library_says_is_not_passed_on(sts: Simulator, home: Home, caplog: pytest.LogCaptureFixture):
    environ = oidc_variables(home)
    sts.state.oidc_tokens.clear()
    with pytest.raises(ApiError) as caught:
        login(environ).current()
    error = caught.value
    assert str(error) == (
        "Login by oidc_role_arn failed: AuthenticationFail.OIDCToken.Invalid: the answer was HTTP 400 - check that the trust policy "
        f"of role {ROLE} names {OIDC_PROVIDER}, the token's file, and sts.aliyuncs.com"
    )
    assert (error.every_call, error.maybe_done, error.__cause__, error.__suppress_context__) == (
        True,
        False,
        None,
        True,
    )
    Path(environ["HOME"], "token").unlink()
    with pytest.raises(ApiError, match="token can't be read: No such file"):
        login(environ).current()
    with serving(
        Answers(
            {
                "/set": {"status": 500, "AccessKeySecret": "Hush"},
                "/half": "{Hush",
                "/broken": key_set(SecurityToken="Hush\n"),
            }
        )
    ) as server:
        for path, reason in (
            ("/set?password=Hush", "the answer was HTTP 500"),
            ("/half", "no set came (JSONDecodeError)"),
            ("/broken", "the set that came is not usable"),
            ("/none", "the answer was HTTP 404"),
        ):
            with pytest.raises(ApiError) as caught:
                login({"ALIBABA_CLOUD_CREDENTIALS_URI": server.url + path}).current()
            assert caught.value.message == reason
            assert "Hush" not in str(caught.value)
    # What it logs it writes to stderr by a handler of its own.
    assert [record.name for record in caplog.records if not record.name.startswith("urllib3")] == []


@pytest.fixture
def time_flies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_ASK_AGAIN", 0.0)


def test_a_set_is_asked_for_once_and_renewed_when_it_is_refused():
    with serving(Answers({"/set": key_set(1)})) as server:
        source = login({"ALIBABA_CLOUD_CREDENTIALS_URI": f"{server.url}/set"})
        assert {parts(source.current()) for _turn in range(50)} == {FIRST}
        assert server.asked == ["GET /set"]
        refused = source.current()
        assert source.renewed(refused) is None  # it has no other
        server.paths["/set"] = key_set(2)
        other = source.renewed(refused)
        assert other and parts(other) == SECOND
        assert source.renewed(refused) is other  # another thread came with the same refusal
        assert len(server.asked) == 3
        assert source.current() is other


def test_a_renewal_ahead_of_time_that_fails_costs_nothing(time_flies: None):
    ends_soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 300))
    with serving(Answers({"/set": key_set(1, Expiration=ends_soon)})) as server:
        source = login({"ALIBABA_CLOUD_CREDENTIALS_URI": f"{server.url}/set"})
        refused = source.current()
        server.paths.clear()
        assert parts(source.current()) == FIRST
        with pytest.raises(ApiError, match="Login by credentials_uri failed: the answer was HTTP 404"):
            source.renewed(refused)


def test_the_role_of_this_instance_by_name_or_when_nothing_else_is_there(metadata: Answers, home: Home):
    environ = home()
    last = login(environ)
    assert (last.method, parts(last.current())) == ("ecs_ram_role", FIRST)
    assert parts(login({**environ, "ALIBABA_CLOUD_ECS_METADATA": "instance-role"}).current()) == FIRST
    assert (
        parts(login({"ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"}, ecs_role_name="instance-role").current()) == FIRST
    )
    with pytest.raises(ApiError) as caught:
        login(environ, ecs_role_name="other").current()
    assert str(caught.value) == (
        "Login by ecs_ram_role failed: the answer was HTTP 404 - check that this is an ECS instance which has the role other"
    )
    metadata.paths.clear()
    with pytest.raises(OptionError, match=r"nor at the ECS metadata service \(it gave none\)"):
        login(environ)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy"])
def test_a_proxy_is_not_asked_for_the_role_of_its_own_instance(metadata: Answers, home: Home, name: str):
    ini = "[default]\ntype = ecs_ram_role\n"
    environ = home([{"name": "ecs", "mode": "EcsRamRole"}], ini, **{name: "http://proxy.example.com"})
    no_cli = {**environ, "ALIBABA_CLOUD_CLI_PROFILE_DISABLED": "true"}
    for place, options in ((environ, {}), (no_cli, {}), (no_cli, {"ecs_role_name": "instance-role"})):
        with pytest.raises(OptionError, match=f"{name} is set, and the proxy would be asked for its instance's role"):
            login(place, **options)
    with pytest.raises(OptionError, match=f"not asked, because the library would ask the proxy of {name}"):
        login({**environ, "HOME": "/nowhere"})
    assert metadata.asked == []


def test_the_environment_that_was_given_is_the_one_that_counts(home: Home, monkeypatch: pytest.MonkeyPatch):
    # A profile that names no session is filled up from the environment that was given, and its role from none.
    monkeypatch.setattr(auth_util, "environment_role_session_name", "of-this-process")
    with Simulator(tls=True, tls_name="sts-vpc.cn-beijing.aliyuncs.com") as sts:
        port = urlsplit(sts.endpoint).port
        assert port
        with proxy_to(port) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy)
            trust(monkeypatch, sts.ca_path)
            environ = home(
                [{"name": "role", "mode": "RamRoleArn", **KEYS, "ram_role_arn": ROLE}],
                ALIBABA_CLOUD_ROLE_SESSION_NAME="of-the-caller",
                ALIBABA_CLOUD_STS_REGION="cn-beijing",
                ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED="true",
            )
            login(environ).current()
        assert sts.state.keys[-1].session_arn.endswith("/of-the-caller")
    assert auth_util.environment_role_session_name == "of-this-process"
