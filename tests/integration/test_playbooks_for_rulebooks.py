# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks that rulebooks run, by themselves: what they refuse, and that running again does no harm."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from conftest import HERE, Play, Run, writes

from simulator import Simulator
from simulator.seed_accounts import MEMBER_ACCOUNT, WEB_1

PLAYBOOKS = HERE.parents[1] / "playbooks"
SECRET = "hooks/k3y-Zq8rT2vX5yB7"


def run(play: Play, name: str, environ: dict[str, str] | None = None, **variables: Any) -> Run:
    """Run a playbook as ansible-rulebook does, with variables from a file."""
    given = play.folder / "variables.json"
    connection = {"security_center_endpoint": play.simulator.endpoint}
    folder = {"quarantine_directory": str(play.folder / "security-center")}
    given.write_text(json.dumps({**connection, **folder, **variables}), encoding="utf-8")
    plays = yaml.safe_load((PLAYBOOKS / f"{name}.yml").read_text(encoding="utf-8"))
    return play.playbook(plays, "-e", f"@{given}", environ=environ)


@pytest.fixture
def web_shell(simulator: Simulator) -> None:
    """Alert 801, a web shell."""
    simulator.state.alerts.clear()
    fields = {"level": "serious", "event_type": "Webshell", "operations": ["quara", "ignore"]}
    simulator.add_alert(id=5_000_801, event_ids=[801], uuid=WEB_1, **fields)


def quarantine(play: Play, event_id: int = 801, **variables: Any) -> Run:
    given = {"quarantine_security_event_ids": event_id, "quarantine_protected_assets": [], **variables}
    return run(play, "quarantine_web_shells", **given)


def test_nothing_is_quarantined_until_somebody_says_what_is_protected(
    web_shell: None, simulator: Simulator, play: Play
):
    ran = quarantine(play, quarantine_protected_assets=None)
    assert ran.code == 2 and "Nobody has said which servers are never touched" in ran.output
    assert writes(simulator) == []


def test_a_web_shell_that_is_gone_is_no_failure(simulator: Simulator, play: Play):
    """ansible-rulebook runs an action again after it was killed. This one is a member account's, told as a number."""
    simulator.alert(50001).operations.append("kill_and_quara")
    for _time in range(2):
        ran = quarantine(play, 50001, quarantine_resource_directory_account_id=int(MEMBER_ACCOUNT))
        assert ran.code == 0, ran.output
    assert simulator.state.handled == {"50001": 1}


def test_an_alert_that_has_waited_for_the_end_of_a_storm_is_left_to_a_person(
    web_shell: None, simulator: Simulator, play: Play
):
    simulator.alert(801).last_ms -= 11 * 60 * 1000
    ran = quarantine(play, quarantine_storm_alerts=20, quarantine_storm_minutes=10)
    assert ran.code == 0 and "Alert 801 is left to a person: it is older than 10 minutes" in ran.output
    assert writes(simulator) == []


@pytest.mark.parametrize("url", [SECRET, f"htp://127.0.0.1/{SECRET}", f"http://[::1/{SECRET}", ""])
def test_what_is_no_url_is_refused_and_not_shown(url: str, play: Play):
    ran = run(
        play,
        "call_on_call",
        environ={"SECURITY_CENTER_ON_CALL_WEBHOOK": url},
        call_reason="a rehearsal",
        call_key="1",
    )
    assert ran.code == 2 and "SECURITY_CENTER_ON_CALL_WEBHOOK is not set, or no URL" in ran.output
    assert SECRET not in ran.output
