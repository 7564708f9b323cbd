# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide "Ways to log in" does what it says, tells by which method, and shows no secret at any verbosity."""

from __future__ import annotations

import json
import time
from typing import Any

import yaml
from conftest import COLLECTION, HERE, Play, Run
from leaks import forms
from login_servers import Answers, serving
from test_examples import BLOCKS

from simulator import Simulator
from simulator.seed_accounts import (
    MEMBER_ACCOUNT,
    OIDC_PROVIDER,
    OIDC_TOKEN,
    OWN_ACCOUNT,
    ROLE_NAME,
    TEMPORARY_KEY_ID,
    TEMPORARY_KEY_SECRET,
    TEMPORARY_KEY_TOKEN,
)
from simulator.state import Key

PROFILE, ROLE, POD, INSTANCE, SERVER = (f"guide_credentials.rst-{number}" for number in range(1, 6))
GROUP = f"group/{COLLECTION}.all"
NO_KEYS = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": ""}


def block(name: str, **defaults: str) -> list[dict[str, Any]]:
    """A play of the guide's, with more options for all its modules."""
    [document] = yaml.safe_load(BLOCKS[name])
    document.setdefault("module_defaults", {}).setdefault(GROUP, {}).update(defaults)
    return [document]


def method(run: Run, simulator: Simulator) -> str:
    """By which method the one task of ``run`` logged in; what the run showed holds none of the simulator's secrets."""
    assert run.code == 0, run.output
    keys = simulator.state.keys
    secrets = [OIDC_TOKEN, *(part for key in keys for part in (key.secret, key.token) if part)]
    assert [name for secret in secrets for name, form in forms(secret).items() if form in run.output] == []
    [result] = run.results
    assert result["total_count"] > 0
    return str(result["credential_method"])


def temporary_set() -> dict[str, str]:
    ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    parts = (TEMPORARY_KEY_ID, TEMPORARY_KEY_SECRET, TEMPORARY_KEY_TOKEN, ends, "Success")
    return dict(zip(("AccessKeyId", "AccessKeySecret", "SecurityToken", "Expiration", "Code"), parts, strict=True))


def test_a_profile(simulator: Simulator, play: Play):
    profile = {"name": "responder", "mode": "AK", "access_key_id": simulator.access_key_id}
    config = {"current": "", "profiles": [{**profile, "access_key_secret": simulator.access_key_secret}]}
    (play.folder / ".aliyun").mkdir()
    (play.folder / ".aliyun" / "config.json").write_text(json.dumps(config), encoding="utf-8")
    assert method(play.playbook(block(PROFILE), "-vvv", environ=NO_KEYS), simulator) == "profile"


def test_a_role(simulator: Simulator, play: Play):
    run = play.playbook(block(ROLE, sts_endpoint=simulator.endpoint), "-vvv")
    assert method(run, simulator) == "role_arn over environment"
    assert [call.action for call in simulator.calls].count("AssumeRole") == 1
    session = simulator.state.keys[-1].session_arn
    assert session == f"acs:ram::{OWN_ACCOUNT}:assumed-role/{ROLE_NAME}/night-shift"


def test_a_member_is_handled_under_a_role_of_its_own(simulator: Simulator, play: Play):
    task = {"member_role_name": ROLE_NAME, "resource_directory_account_id": str(MEMBER_ACCOUNT)}
    result = play("security_event_info", verbosity=2, sts_endpoint=simulator.endpoint, **task)
    assert (result["credential_method"], result["failed"]) == ("role_arn over environment", False)
    assert simulator.calls[-1].headers["x-acs-accesskey-id"] == simulator.state.keys[-1].access_key_id


def test_a_pod(play: Play):
    (play.folder / "token").write_text(OIDC_TOKEN, encoding="utf-8")
    with Simulator(tls=True) as sts:
        assert sts.ca_path
        environ = {
            "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": OIDC_PROVIDER,
            "ALIBABA_CLOUD_OIDC_TOKEN_FILE": str(play.folder / "token"),
            "ALIBABA_CLOUD_ROLE_ARN": f"acs:ram::{OWN_ACCOUNT}:role/{ROLE_NAME}",
            "SSL_CERT_FILE": sts.ca_path,
        }
        given = {"sts_endpoint": sts.endpoint, "endpoint": sts.endpoint, "ca_path": sts.ca_path}
        run = play.playbook(block(POD, **given), "-vvv", environ=NO_KEYS | environ)
        assert method(run, sts) == "oidc_role_arn"
        assert sts.state.keys[-1].session_arn.endswith("/nightly-report")


def test_an_instance(simulator: Simulator, play: Play):
    path = "/latest/meta-data/ram/security-credentials/security-responder"
    with serving(Answers({"/latest/api/token": "a-token", path: temporary_set()})) as metadata:
        here = f"import login_servers, socket\nsocket.getaddrinfo = login_servers.metadata_at({metadata.server_port})\n"
        (play.folder / "sitecustomize.py").write_text(here, encoding="utf-8")
        environ = NO_KEYS | {"PYTHONPATH": f"{play.folder}:{HERE.parent}"}
        assert method(play.playbook(block(INSTANCE), "-vvv", environ=environ), simulator) == "ecs_ram_role"


def test_a_server_of_ones_own(simulator: Simulator, play: Play):
    with serving(Answers({"/alibaba/responder": temporary_set()})) as server:
        [document] = block(SERVER)
        document["environment"]["ALIBABA_CLOUD_CREDENTIALS_URI"] = f"{server.url}/alibaba/responder"
        assert method(play.playbook([document], "-vvv", environ=NO_KEYS), simulator) == "credentials_uri"


def test_failures_show_no_secret_and_name_what_to_check(simulator: Simulator, play: Play):
    simulator.state.keys.append(Key("LTAI5tUntrusted", simulator.access_key_secret, MEMBER_ACCOUNT))
    listing = {f"{COLLECTION}.security_event_info": {}, "ignore_errors": True}
    refused = {**listing, "environment": {"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI5tUntrusted"}}
    role = f"acs:ram::{OWN_ACCOUNT}:role/{ROLE_NAME}"
    tasks = [
        {**refused, f"{COLLECTION}.security_event_info": {"role_arn": role, "sts_endpoint": simulator.endpoint}},
        {**listing, "environment": NO_KEYS | {"ALIBABA_CLOUD_CREDENTIALS_URI": f"{simulator.endpoint}/?Hush=Hush"}},
        {**listing, "environment": NO_KEYS | {"ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"}},
    ]
    run = play.tasks(tasks, "-vvv")
    assert run.code == 0, run.output
    told = [result["msg"] for result in run.results]
    assert told[0].startswith("AssumeRole failed: NoPermission: ") and "access key LTAI5tUntrusted" in told[0]
    assert told[1].startswith("Login by credentials_uri failed: ") and "Hush" not in told[1]
    assert told[2].startswith("no credentials: ")
    assert simulator.access_key_secret not in run.output
