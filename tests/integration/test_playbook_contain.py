# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook contain: which server a name stands for, when hosts outside of the cloud tell names of their own."""

from __future__ import annotations

import json

import pytest
import yaml
from conftest import HERE, Play, Run

from simulator import Simulator
from simulator.seed_accounts import DB_1, WEB_1

PLAYBOOKS = HERE.parents[1] / "playbooks"
IGNORE = [{"name": "ignore", "match": {"levels": ["serious"]}, "operation_code": "ignore"}]


def contain(play: Play, server: str) -> Run:
    policy, answers = play.folder / "policy.yml", play.folder / "answers.json"
    policy.write_text(json.dumps(IGNORE), encoding="utf-8")
    given = {
        "contain_server": server,
        "contain_since": "9000h",
        "contain_apply": True,
        "contain_policy_file": str(policy),
    }
    answers.write_text(json.dumps(given), encoding="utf-8")
    loaded = yaml.safe_load((PLAYBOOKS / "contain.yml").read_text(encoding="utf-8"))
    return play.playbook(loaded, "-e", f"@{answers}")


def servers(simulator: Simulator) -> set[str]:
    return {simulator.alert(one).uuid for one in simulator.state.handled}


def rename(simulator: Simulator, uuid: str, name: str) -> None:
    simulator.add_alert(id=77001, uuid=uuid, level="serious", operations=["ignore"])
    next(asset for asset in simulator.state.assets if asset.uuid == uuid).name = name


@pytest.mark.parametrize("told", ["instance_id", "intranet_ip", "name"])
def test_a_server_is_known_by_its_id_its_address_or_its_name(told: str, simulator: Simulator, play: Play):
    web = next(asset for asset in simulator.state.assets if asset.uuid == WEB_1)
    run = contain(play, f" {getattr(web, told)} ")
    assert run.code == 0 and servers(simulator) == {WEB_1}, run.output


@pytest.mark.parametrize("told", ["instance_id", "intranet_ip"])
def test_a_host_that_takes_the_id_or_the_address_for_a_name_is_not_in_the_way(
    told: str, simulator: Simulator, play: Play
):
    web = next(asset for asset in simulator.state.assets if asset.uuid == WEB_1)
    rename(simulator, DB_1, getattr(web, told))
    run = contain(play, getattr(web, told))
    assert run.code == 0 and servers(simulator) == {WEB_1}, run.output


def test_an_address_is_never_the_name_of_another_server(simulator: Simulator, play: Play):
    rename(simulator, DB_1, "10.9.8.7")
    run = contain(play, "10.9.8.7")
    assert run.code == 2 and "no server of this name, instance id or address" in run.output
    assert servers(simulator) == set()


def test_two_servers_of_one_name_are_told_apart_by_a_person(simulator: Simulator, play: Play):
    rename(simulator, DB_1, "web-prod-1")
    run = contain(play, "web-prod-1")
    assert run.code == 2 and "contain_server names 2 servers: give the instance id" in run.output
    assert servers(simulator) == set()
