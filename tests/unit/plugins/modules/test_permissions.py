# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The RAM policies to paste grant what the code calls, and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path

_ROOT = Path(__file__).parents[4]
_GUIDE = _ROOT / "docs" / "docsite" / "rst" / "guide_permissions.rst"
_VERBS = ("Advance", "Create", "Delete", "Describe", "Disable", "Enable", "Handle", "Modify", "OperationCancel", "Rollback")
_CALLS = re.compile(rf'"((?:{"|".join(_VERBS)})[A-Z][A-Za-z]{{8,}})(?<!Response)"')
_READS = ("Describe", "AdvanceSecurityEventOperations")


def _policies() -> dict[str, list[str]]:
    """The actions of each policy of the guide, by the title above it."""
    found = re.findall(r"^(\w+)\n-+\n.*?code-block:: json\n\n(.*?)\n\n(?=\S)", _GUIDE.read_text(encoding="utf-8"), re.M | re.S)
    return {title: [action for statement in json.loads(block)["Statement"] for action in statement["Action"]] for title, block in found}


def _called(folder: str = "module_utils") -> set[str]:
    files = (_ROOT / "plugins" / folder).rglob("*.py")
    return {name for file in files for name in _CALLS.findall(file.read_text(encoding="utf-8"))}


def test_the_policies_grant_exactly_what_is_called():
    policies = {title: {action.partition(":")[2] for action in actions} for title, actions in _policies().items()}
    assert set().union(*policies.values()) == _called()
    assert {action for action in _called() if action.startswith(_READS)} == policies["Read"]
    assert not policies["Read"] & (policies["Respond"] | policies["Revert"])


def test_each_policy_names_an_action_once_in_order():
    assert list(_policies()) == ["Read", "Respond", "Revert"]
    for actions in _policies().values():
        assert actions == sorted(set(actions))
