# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide "The servers under attack" and the inventory's examples do what they say: files, playbooks, commands."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import COLLECTION, HERE, Play, Run, collection_folder, writes
from inventories import ansible_inventory, inventory_file
from test_examples import BLOCKS

from simulator import Simulator
from simulator.state import INTERNATIONAL

NAME = "guide_under_attack.rst"
GUIDE = (HERE.parent.parent / "docs" / "docsite" / "rst" / NAME).read_text(encoding="utf-8")
INVENTORY, EVIDENCE, CONTAIN, EVERYWHERE = (BLOCKS[f"{NAME}-{number}"] for number in range(1, 5))
GRAPH, *PLAYS = re.findall(r"^ +\$ (ansible-.+)$", GUIDE, re.M)
FILE = "security_center_assets.yml"


def write(play: Play, text: str) -> Path:
    """The inventory file of a block, asking the simulator."""
    given = yaml.safe_load(text)
    given.pop("region_id", None)
    plugin = given.pop("plugin").rpartition(".")[2]
    ends = {"data_plane_endpoints": play.simulator.endpoints} if "data_planes" in given else {}
    return inventory_file(play, plugin, FILE, **given, **ends)


def carried_out(play: Play, command: str, playbook: str) -> Run:
    """Run a command of the guide; the servers are this machine."""
    _program, *flags = (word for word in shlex.split(command) if not word.endswith(("evidence.yml", "contain.yml")))
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    return play.playbook(playbook, *flags, "-e", json.dumps(here))


def test_the_servers_are_seen_kept_and_contained(simulator: Simulator, play: Play):
    write(play, INVENTORY)
    _program, *flags = shlex.split(GRAPH)
    flags[flags.index(FILE)] = str(play.folder / FILE)
    code, graph, _errors = ansible_inventory(play, *flags)
    assert (code, "--@level_serious:" in graph, "--@asset_group_web:" in graph) == (0, True, True)

    run = carried_out(play, PLAYS[0], EVIDENCE)
    assert run.code == 0, run.output
    kept = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in play.folder.glob("evidence-*.json")}
    assert {"evidence-web-prod-1", "evidence-cache-1"} <= kept.keys()
    assert all(one["alerts"] and len(one["processes"]) > 1 for one in kept.values())

    run = carried_out(play, PLAYS[1], CONTAIN)
    assert run.code == 0, run.output
    outcomes = {event["security_event_id"]: event["outcome"] for result in run.results for event in result["events"]}
    assert outcomes == {"10001": "planned", "10013": "unchanged"}
    assert writes(simulator) == []


def test_an_alert_is_contained_on_the_plane_that_it_is_on(simulator: Simulator, play: Play):
    """Of the two planes' inventory, with the same playbook."""
    [abroad] = [asset for asset in simulator.state.assets if asset.name == "web-prod-1"]
    abroad.plane = INTERNATIONAL
    for alert in simulator.state.alerts:
        if alert.uuid == abroad.uuid:
            alert.plane = INTERNATIONAL
    write(play, EVERYWHERE)
    [contain] = yaml.safe_load(CONTAIN)
    ends = {"data_plane_endpoints": simulator.endpoints, "endpoint": None, "region_id": "cn-shanghai"}
    contain["module_defaults"] = {f"group/{COLLECTION}.all": ends}
    run = carried_out(play, PLAYS[1], yaml.safe_dump([contain]))
    assert run.code == 0, run.output
    outcomes = {event["security_event_id"]: event["outcome"] for result in run.results for event in result["events"]}
    assert outcomes == {"10001": "planned", "10013": "unchanged"}
    assert writes(simulator) == []


def examples() -> list[str]:
    """The inventory files in the plugin's documentation."""
    command = [Path(sys.executable).with_name("ansible-doc"), "--json", "--type", "inventory", f"{COLLECTION}.assets"]
    environ = {"ANSIBLE_COLLECTIONS_PATH": str(collection_folder().parents[2]), "HOME": str(HERE)}
    told = json.loads(subprocess.run(command, env=environ, stdout=subprocess.PIPE, text=True, check=True).stdout)
    return [yaml.safe_dump(one) for one in yaml.safe_load_all(told[f"{COLLECTION}.assets"]["examples"])]


@pytest.mark.parametrize("text", [EVERYWHERE, *examples()])
def test_each_inventory_file_is_one(text: str, play: Play):
    code, _graph, errors = ansible_inventory(play, "-i", write(play, text), "--graph")
    assert (code, errors) == (0, "")
