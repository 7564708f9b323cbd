# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rulebooks say nothing that nobody hears: a variable with a typing error would be left out without a word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
RULEBOOKS = sorted((ROOT / "extensions" / "eda" / "rulebooks").glob("*.yml"))
# What a rule may take of an event: what no attacker writes.
OF_AN_EVENT = {"security_event_ids", "meta.uuid", "resource_directory_account_id"}


def plays(rulebook: Path) -> list[dict]:
    """What is given to each run_playbook of a rulebook."""
    rules = [rule for rules in yaml.safe_load(rulebook.read_text(encoding="utf-8")) for rule in rules["rules"]]
    return [rule["action"]["run_playbook"] for rule in rules if "run_playbook" in rule["action"]]


@pytest.mark.parametrize("rulebook", RULEBOOKS, ids=lambda path: path.stem)
def test_a_playbook_knows_every_variable_that_a_rulebook_gives_it(rulebook: Path):
    for play in plays(rulebook):
        text = (ROOT / "playbooks" / f"{play['name'].rpartition('.')[2]}.yml").read_text(encoding="utf-8")
        used = set(re.findall(r"\b[a-z_]+\b", re.sub(r"(?m)^\s*(#.*|[a-z_]+: (\"\"|[0-9]+)$)", "", text)))
        assert play["extra_vars"].keys() <= used


@pytest.mark.parametrize("rulebook", RULEBOOKS, ids=lambda path: path.stem)
def test_a_rulebook_takes_ids_of_an_event_and_no_text(rulebook: Path):
    text = rulebook.read_text(encoding="utf-8")
    assert set(re.findall(r"{{ event\.([a-z_.]+)", text)) <= OF_AN_EVENT and "ansible_eda" not in text


def test_no_playbook_of_a_rulebook_reads_the_event_itself():
    """Its texts are templates there: what a playbook needs of an alert it reads by the alert's id."""
    names = {play["name"].rpartition(".")[2] for rulebook in RULEBOOKS for play in plays(rulebook)}
    assert names == {"notify_alert", "quarantine_web_shells", "open_ticket", "call_on_call"}
    for name in names:
        assert "ansible_eda" not in (ROOT / "playbooks" / f"{name}.yml").read_text(encoding="utf-8")
