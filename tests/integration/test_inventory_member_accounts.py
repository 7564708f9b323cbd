# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory member_accounts as ansible-inventory shows it: its examples, its cache, and what it says of bad input."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from conftest import COLLECTION, Play, collection_folder

from simulator import Simulator
from simulator.seed_accounts import FREE_MEMBER_ACCOUNT, MEMBER_ACCOUNT

PLUGIN = f"{COLLECTION}.member_accounts"
MEMBERS = [str(MEMBER_ACCOUNT), str(FREE_MEMBER_ACCOUNT)]


def shown(play: Play, *files: dict[str, Any], environ: dict[str, str] | None = None) -> tuple[dict[str, Any], str]:
    """What ansible-inventory lists of each of these files, by number, and what it says beside."""
    flags = []
    for number, options in enumerate(files):
        path = play.folder / f"{number}.member_accounts.yml"
        path.write_text(
            yaml.safe_dump({"plugin": PLUGIN, "endpoint": play.simulator.endpoint} | options), encoding="utf-8"
        )
        flags += ["--inventory", path]
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-inventory"), "--list", "--export", *flags],
        env=play.environ | {"ANSIBLE_DEPRECATION_WARNINGS": "false"} | (environ or {}),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout), " ".join(done.stderr.split())


def listed(simulator: Simulator) -> int:
    return [call.action for call in simulator.calls].count("DescribeMonitorAccounts")


def test_its_examples_are_true(simulator: Simulator, play: Play) -> None:
    text = (collection_folder() / "plugins" / "inventory" / "member_accounts.py").read_text(encoding="utf-8")
    every, cached, assumed = yaml.safe_load_all(text.split('EXAMPLES = r"""')[1].split('"""')[0])
    cached["cache_connection"] = str(play.folder)
    assumed["sts_endpoint"] = simulator.endpoint
    assumed["role_arn"] = simulator.state.roles[0].arn
    told, beside = shown(play, every, cached, assumed)
    assert "Failed" not in beside
    assert told["security_center_accounts"]["hosts"] == [*MEMBERS, "own_account"]
    assert told["edition_enterprise"]["hosts"] == MEMBERS[:1] and told["edition_free"]["hosts"] == MEMBERS[1:]
    assert "new" not in told  # nobody was added this year
    variables = plain(told["_meta"]["hostvars"][MEMBERS[0]])
    assert Path(variables["ansible_python_interpreter"]).samefile(sys.executable)
    assert variables == {
        "ansible_connection": "local",
        "ansible_python_interpreter": variables["ansible_python_interpreter"],
        "resource_directory_account_id": MEMBERS[0],
        "sas_version": 3,
        "edition": "enterprise",
        "add_time": "2025-01-01T00:00:00Z",
        "post_basic_service": False,
    }
    assert listed(simulator) == 3


def plain(value: Any) -> Any:
    """A value as it was before ansible-inventory marked it as unsafe."""
    if isinstance(value, dict):
        return value.get("__ansible_unsafe") or {key: plain(one) for key, one in value.items()}
    return value


def test_the_cache_saves_the_call_and_a_broken_one_does_not_harm(simulator: Simulator, play: Play) -> None:
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(play.folder / "cache")}
    first, _beside = shown(play, cache)
    # The filters are no part of what is kept.
    again, _beside = shown(play, cache | {"editions": ["free"]})
    assert listed(simulator) == 1
    assert first["security_center_accounts"]["hosts"] == MEMBERS
    assert again["security_center_accounts"]["hosts"] == MEMBERS[1:]
    [file] = (play.folder / "cache").iterdir()
    file.write_text(file.read_text(encoding="utf-8").replace(MEMBERS[0], "../../etc"), encoding="utf-8")
    assert shown(play, cache)[0]["security_center_accounts"]["hosts"] == MEMBERS
    assert listed(simulator) == 2


def test_bad_input_is_told_in_a_sentence_and_makes_no_host(simulator: Simulator, play: Play) -> None:
    gone = "9999999999999999"
    told, beside = shown(
        play,
        {"editons": ["free"]},
        {"editions": ["gold"]},
        {"accounts": [gone]},
        {"access_key_id": "LTAI5tHalfAPair"},
        {"endpoint": None, "region_id": "mars-1"},
        {"plugin": f"{COLLECTION}.member_account"},
    )
    assert told["_meta"]["hostvars"] == {}
    for sentence in (
        f"editons is no option of {PLUGIN}: did you mean editions?",
        "gold",
        f"accounts names {gone}: not among the member accounts of the caller",
        "access_key_secret",
        "mars-1",
    ):
        assert sentence in beside, beside
    assert listed(simulator) == 1
    nobody = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": ""}
    _told, beside = shown(play, {}, environ=nobody)
    assert "ALIBABA_CLOUD_ACCESS_KEY_ID" in beside and "Traceback" not in beside
