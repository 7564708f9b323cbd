# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide "Five hundred accounts" does what it says, with fewer of them: its files, its playbook, its commands."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import HERE, Play, Run, writes
from test_examples import BLOCKS

from simulator import Simulator
from simulator.seed_accounts import OWN_ACCOUNT, ROLE_NAME
from simulator.seed_crowd import FIRST_MEMBER, crowd_of_members
from simulator.state import Role

NAME = "guide_five_hundred_accounts.rst"
GUIDE = (HERE.parent.parent / "docs" / "docsite" / "rst" / NAME).read_text(encoding="utf-8")
ACCOUNTS, VARIABLES, PLAYBOOK, OWN, ROLE, OWN_ROLE = (BLOCKS[f"{NAME}-{number}"] for number in range(1, 7))
COMMANDS = re.findall(r"^ +\$ (ansible-.+)$", GUIDE, re.M)
MEMBERS, ALERTS_EACH = 3, 4


@pytest.fixture
def guide(simulator: Simulator, play: Play) -> Play:
    """The guide's files beside each other, and a service with a few members that have alerts."""
    simulator.reset(crowd_of_members(MEMBERS, ALERTS_EACH))
    write(play, "member_accounts.yml", ACCOUNTS)
    write(play, "group_vars/security_center_accounts.yml", VARIABLES)
    return play


def write(play: Play, name: str, *blocks: str) -> None:
    path = play.folder / "inventory" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    here = f"endpoint: {play.simulator.endpoint}\n" if name == "member_accounts.yml" else ""
    path.write_text("".join(blocks) + here, encoding="utf-8")


def command(play: Play, *words: str, playbook: str = PLAYBOOK) -> Run:
    """Run the guide's shortest command that has these words."""
    found = min((one for one in COMMANDS if all(word in one for word in words)), key=len)
    _program, *flags = shlex.split(found)
    flags.remove("end_miners.yml")
    return play.playbook(playbook, *flags)


def miners(simulator: Simulator, *accounts: int) -> dict[str, int]:
    """The serious mining alerts of these accounts, or of all: how often each was handled when each was handled once."""
    return {
        str(alert.id): 1
        for alert in simulator.state.alerts
        if alert.name == "Mining program"
        and alert.level == "serious"
        and (not accounts or alert.account_id in accounts)
    }


def test_the_graph_is_the_guides(guide: Play) -> None:
    _program, *flags = shlex.split(min(COMMANDS, key=lambda one: "--graph" not in one))
    program = Path(sys.executable).with_name("ansible-inventory")
    shown = subprocess.run(
        [program, *flags], cwd=guide.folder, env=guide.environ, capture_output=True, text=True, check=True
    )
    assert shown.stdout.rstrip() in re.sub(r"^    ", "", GUIDE, flags=re.M)
    assert shown.stdout.count("400000000000000") == 2 * MEMBERS, shown.stderr


def test_each_alert_of_each_account_is_handled_once(simulator: Simulator, guide: Play) -> None:
    rehearsal = command(guide, "--forks", "--check")
    assert rehearsal.code == 0 and writes(simulator) == [], rehearsal.output
    first = command(guide, "--forks")
    assert first.code == 0, first.output
    assert simulator.state.handled == miners(simulator)
    assert f"{len(miners(simulator))} alerts handled in {MEMBERS} accounts" in first.output
    sent = len(writes(simulator))
    assert {call["ResourceDirectoryAccountId"] for call in writes(simulator)} == {
        str(FIRST_MEMBER + number) for number in range(MEMBERS)
    }
    again = command(guide, "--forks")
    assert again.code == 0 and len(writes(simulator)) == sent
    assert "changed=0" in again.output and "changed=1" not in again.output


def test_one_account_that_fails_keeps_no_other_but_a_first_batch_that_fails_does(
    simulator: Simulator, guide: Play
) -> None:
    gone, second, *others = (FIRST_MEMBER + number for number in range(MEMBERS))
    for member in (gone, second):
        simulator.state.account(member).left = True
    assert re.search(rf"{second} .*failed=1", command(guide, "--forks").output)
    assert simulator.state.handled == {}
    simulator.state.account(second).left = False
    assert re.search(rf"{gone} .*failed=1", command(guide, "--forks").output)
    assert simulator.state.handled == miners(simulator, second, *others)


def test_a_limit_takes_one_account_or_leaves_one(simulator: Simulator, guide: Play) -> None:
    one, other, another = (FIRST_MEMBER + number for number in range(MEMBERS))
    assert command(guide, f"--limit {other}").code == 0
    assert simulator.state.handled == miners(simulator, other)
    assert command(guide, "--limit 'all:!").code == 0
    assert simulator.state.handled == miners(simulator, one, other, another)


def test_a_role_in_each_member_and_the_own_account_without(simulator: Simulator, guide: Play) -> None:
    for number in range(MEMBERS):
        member = FIRST_MEMBER + number
        simulator.state.roles.append(Role(f"acs:ram::{member}:role/{ROLE_NAME}", member, [str(OWN_ACCOUNT)]))
    own = {"account_id": OWN_ACCOUNT, "name": "Mining program", "level": "serious", "operations": ["kill_process"]}
    simulator.add_alert(id=77, **own)
    write(guide, "member_accounts.yml", ACCOUNTS, OWN)
    write(guide, "group_vars/security_center_accounts.yml", VARIABLES, ROLE)
    write(guide, "host_vars/own_account.yml", OWN_ROLE)
    document = yaml.safe_load(PLAYBOOK)
    for defaults in document[0]["module_defaults"].values():
        defaults["sts_endpoint"] = simulator.endpoint
    run = command(guide, "--forks", playbook=yaml.safe_dump(document))
    assert run.code == 0, run.output
    assert simulator.state.handled == miners(simulator)
    by = {call.headers.get("x-acs-accesskey-id") for call in simulator.calls if call.action == "HandleSecurityEvents"}
    assert len(by) == MEMBERS + 1
    assert not any("ResourceDirectoryAccountId" in call for call in writes(simulator))
