# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every example in the documentation runs, each on a fresh account."""

from __future__ import annotations

import re
import shutil
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from conftest import COLLECTION, HERE, MODULES, Play

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import guardrails
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.policy import (
    FILE_KEY,
    read_policy,
)
from ansible_collections.alicloud.security_center.plugins.plugin_utils.event_source import options_of

ROOT = HERE.parent.parent
_RST_BLOCK = re.compile(
    r"^\.\. (?:code-block|code|sourcecode):: ya?ml(?:\+jinja)?\n((?:\s+:.*\n)*\s*\n(?:(?:[ \t]+.*)?\n)+)", re.M
)
_MARKDOWN_BLOCK = re.compile(r"^```ya?ml\n(.*?)^```", re.M | re.S)


def blocks() -> Iterator[tuple[str, str]]:
    """File, number and text of each YAML block of the guides and the read-me."""
    for path in [ROOT / "README.md", *sorted((ROOT / "docs" / "docsite" / "rst").glob("*.rst"))]:
        pattern = _MARKDOWN_BLOCK if path.suffix == ".md" else _RST_BLOCK
        for number, match in enumerate(pattern.finditer(path.read_text(encoding="utf-8")), start=1):
            text = re.sub(r"^\s+:\w+:.*\n", "", match[1], flags=re.M)
            yield f"{path.name}-{number}", textwrap.dedent(text)


BLOCKS = dict(blocks())


def is_playbook(document: object) -> bool:
    return isinstance(document, list) and all("hosts" in entry or "import_playbook" in entry for entry in document)


def is_rulebook(document: object) -> bool:
    return isinstance(document, list) and all("sources" in entry for entry in document)


def check_rulebook(document: list[dict], folder: Path) -> None:
    """Its sources take their options, and its playbooks are there. ansible-rulebook runs the like in tests/eda."""
    for entry in document:
        for source in entry["sources"]:
            options = source[f"{COLLECTION}.security_events"]
            assert options_of(options | {"checkpoint": str(folder)})
        for rule in entry["rules"]:
            name = rule["action"]["run_playbook"]["name"]
            playbook = (ROOT / "playbooks" / f"{name.removeprefix(COLLECTION)[1:]}.yml").read_text(encoding="utf-8")
            assert all(variable in playbook for variable in rule["action"]["run_playbook"]["extra_vars"])


def policies_of(name: str) -> list[str]:
    """The policies of a guide, which its playbooks read from policy.yml."""
    file = name.rsplit("-", 1)[0]
    return [
        text
        for other, text in BLOCKS.items()
        if other.startswith(f"{file}-") and text.lstrip().startswith(f"{FILE_KEY}:")
    ]


# Need an AWX, other logins, an inventory, or ansible-rulebook, and are run by tests/awx/test_guide_awx.py,
# tests/eda/test_guide_events.py and by the test_guide_*.py of their names.
_ELSEWHERE = tuple(
    f"guide_{name}.rst-"
    for name in ("awx", "credentials", "five_hundred_accounts", "from_an_alert_to_an_action", "under_attack")
)


@pytest.mark.parametrize("name", [name for name in BLOCKS if not name.startswith(_ELSEWHERE)])
def test_every_yaml_block_of_the_guides_is_true(name: str, play: Play):
    document = yaml.safe_load(BLOCKS[name])
    for policy in policies_of(name):
        (play.folder / "policy.yml").write_text(policy, encoding="utf-8")
    if is_rulebook(document):
        check_rulebook(document, play.folder)
    elif is_playbook(document):
        run = play.playbook(document)
        assert run.code == 0, run.output
    elif isinstance(document, list):
        run = play.tasks(document)
        assert run.code == 0, run.output
    elif FILE_KEY in document:
        assert read_policy({"policy": document[FILE_KEY]}, time.time()).rules
    elif all(key.startswith("respond_") for key in document):  # a file of variables
        specs = yaml.safe_load((ROOT / "roles" / "respond" / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
        known = [entry["options"].keys() for entry in specs["argument_specs"].values()]
        assert any(document.keys() <= options for options in known)
    else:  # a guard rails file
        rails = guardrails.from_options({}, [(name, document)])
        assert rails != guardrails.GuardRails()


def test_the_blocks_are_found():
    assert {name.rsplit("-", 1)[0] for name in BLOCKS} >= {"README.md", "guide_first_alert.rst"}
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "docsite" / "rst").glob("*.rst")]
    assert sum(text.count(":: yaml") for text in texts) == sum(".rst-" in name for name in BLOCKS)


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_each_module_run(module: str, documentation: dict, play: Play):
    tasks = yaml.safe_load(documentation[module]["examples"])
    for given in (options for task in tasks for options in task.values() if isinstance(options, dict)):
        if "data_planes" in given:
            given |= {"data_plane_endpoints": play.simulator.endpoints, "endpoint": ""}
    run = play.tasks(tasks)
    assert run.code == 0, run.output
    assert any(f"{COLLECTION}.{module}" in task for task in tasks)


def test_the_demo_runs(play: Play, simulator):
    demo = Path(HERE.parent, "demo")
    shutil.copy(demo / "policy.yml", play.folder)
    run = play.playbook(
        (demo / "demo.yml").read_text(encoding="utf-8"), environ={"SIMULATOR_ENDPOINT": simulator.endpoint}
    )
    assert run.code == 0, run.output
    # By hand, and by the policy, which leaves 10006 for an approval.
    assert simulator.state.handled == {"10001": 1, "10002": 1, "10003": 1, "10005": 1}
    (page,) = (play.folder / "security-center" / "reports").glob("*.html")
    assert run.output.count(str(page)) == 1
