# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
import yaml

from ansible_collections.alicloud.security_center.plugins.module_utils import _openapi
from ansible_collections.alicloud.security_center.plugins.module_utils._module import (
    CONNECTION_OPTIONS,
    GUARD_RAIL_OPTIONS,
    MEMBER_OPTIONS,
    PLANE_OPTIONS,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import (
    alerts,
    asset_listing,
    blocks,
    members,
    offers,
    quarantine,
    whitelist,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.guardrails import (
    DEFAULT_OPERATIONS,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.operations import OPERATIONS

_PLUGINS = "ansible_collections.alicloud.security_center.plugins"
_ROOT = Path(_openapi.__file__).parents[3]
_MODULES = sorted(path.stem for path in (_ROOT / "plugins" / "modules").glob("*.py") if path.stem != "__init__")


def _module(name: str):
    return importlib.import_module(f"{_PLUGINS}.modules.{name}")


def _fragment(name: str) -> dict:
    """A documentation fragment by the name under which a module extends it."""
    parts = name.split(".")[2:]
    fragment = importlib.import_module(f"{_PLUGINS}.doc_fragments.{parts[0]}").ModuleDocFragment
    return yaml.safe_load(getattr(fragment, parts[1].upper() if len(parts) > 1 else "DOCUMENTATION"))


def _documentation(name: str) -> dict:
    return yaml.safe_load(_module(name).DOCUMENTATION)


def _documented_options(name: str) -> dict:
    documentation = _documentation(name)
    options: dict = {}
    for fragment in documentation["extends_documentation_fragment"]:
        options.update(_fragment(fragment)["options"])
    return {**options, **documentation["options"]}


def _extends(name: str, fragment: str) -> bool:
    return f"alicloud.security_center.{fragment}" in _documentation(name)["extends_documentation_fragment"]


def _writes(name: str) -> bool:
    return _extends(name, "guard_rails")


def _specified_options(name: str) -> dict:
    options = {**CONNECTION_OPTIONS, **_module(name).OPTIONS}
    if "resource_directory_account_id" in options:
        options.update(MEMBER_OPTIONS)
    for fragment, table in (("guard_rails", GUARD_RAIL_OPTIONS), ("planes", PLANE_OPTIONS)):
        if _extends(name, fragment):
            options.update(table)
    return options


def _promise(option: dict, suboptions: str) -> dict:
    """What an option's documentation and its specification both say, in one form."""
    names = ("type", "elements", "choices", "default", "required", "aliases")
    nothing = {"type": "str", "required": False, "aliases": []}
    said = {name: option.get(name, nothing.get(name)) for name in names}
    return {**said, "options": {name: _promise(one, suboptions) for name, one in (option.get(suboptions) or {}).items()}}


@pytest.mark.parametrize("name", _MODULES)
def test_the_documentation_says_what_the_specification_does(name):
    documented = {option: _promise(about, "suboptions") for option, about in _documented_options(name).items()}
    specified = {option: _promise(about, "options") for option, about in _specified_options(name).items()}
    assert documented == specified


@pytest.mark.parametrize("name", _MODULES)
def test_no_option_is_called_by_two_names_of_one_spelling(name):
    options = _specified_options(name)
    spellings = [*options, *(alias for about in options.values() for alias in about.get("aliases", []))]
    assert sorted(spellings) == sorted(set(spellings))


def test_the_operations_are_those_of_the_catalogue():
    allowed = _fragment("alicloud.security_center.guard_rails")["options"]["allowed_operations"]
    assert allowed["choices"] == list(OPERATIONS)
    assert allowed["default"] == list(DEFAULT_OPERATIONS)
    handle = _documentation("handle_security_events")["options"]["operation_code"]
    assert handle["choices"] == list(OPERATIONS)
    assert [code for code in OPERATIONS if f"V({code})" not in " ".join(handle["description"])] == []


def test_alerts_of_a_kind_are_handled_with_the_options_of_those_that_are_named():
    named, of_a_kind = _module("handle_security_events").OPTIONS, _module("handle_similar_security_events").OPTIONS
    assert {name: about for name, about in of_a_kind.items() if name in named} == {
        name: about for name, about in named.items() if name in of_a_kind
    }
    assert named.keys() - of_a_kind.keys() == {"security_event_ids", "resource_directory_account_id"}
    assert of_a_kind.keys() - named.keys() == {"security_event_id", "scenario", "mode", "preview_timeout"}


@pytest.mark.parametrize(
    ("name", "where", "fields", "beside"),
    [
        ("alert_whitelist_rule", "alert_whitelist_rule", whitelist.FIELDS, []),
        ("alert_whitelist_rule_info", "alert_whitelist_rules", whitelist.FIELDS, []),
        ("security_event_info", "security_events", alerts.FIELDS, ["event_detail", "resource_directory_account_id", "data_plane"]),
        ("asset_info", "assets", asset_listing.FIELDS, ["resource_directory_account_id", "data_plane"]),
        ("monitor_account_info", "accounts", members.FIELDS, []),
        ("security_event_operation_info", "operations", offers.FIELDS, []),
        ("quarantined_file_info", "quarantined_files", quarantine.FIELDS, []),
        ("quarantined_file", "quarantined_file", quarantine.FIELDS, []),
        ("custom_block_record_info", "custom_block_records", blocks.RECORD_FIELDS, ["in_force", "instances"]),
        ("custom_block_record_info", "brute_force_records", blocks.BRUTE_FORCE_FIELDS, []),
        ("custom_block_record", "custom_block_record", blocks.RECORD_FIELDS, ["in_force"]),
    ],
)
def test_what_a_module_returns_is_its_table_of_fields(name, where, fields, beside):
    contains = yaml.safe_load(_module(name).RETURN)[where]["contains"]
    assert list(contains) == [field.name for field in fields] + beside
    said = {field.name: (contains[field.name]["type"], contains[field.name]["description"]) for field in fields}
    assert said == {field.name: (field.type, field.description) for field in fields}
    assert {field.name for field in fields if ("elements" in contains[field.name]) != (field.type == "list")} == set()


def test_the_comparisons_of_a_rule_are_those_of_a_handling():
    rule = _documentation("handle_security_events")["options"]["mark_miss_param"]["suboptions"]
    assert _documentation("alert_whitelist_rule")["options"]["operate"]["choices"] == rule["operate"]["choices"]


def _groups() -> dict[str, list[str]]:
    return yaml.safe_load((_ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))["action_groups"]


def test_every_module_is_in_the_group_all_and_those_that_write_in_the_group_write():
    assert _groups() == {"all": _MODULES, "write": [name for name in _MODULES if _writes(name)]}


@pytest.mark.parametrize("name", _MODULES)
def test_the_documentation_names_the_groups_that_a_module_is_in(name):
    fragments = _documentation(name)["extends_documentation_fragment"]
    membership: list[str] = []
    for fragment in fragments:
        told = _fragment(fragment).get("attributes", {}).get("action_group", {})
        membership = membership or told.get("membership", [])  # of two fragments the first one named is heard
    assert membership == [f"alicloud.security_center.{group}" for group, modules in _groups().items() if name in modules]
    own = set(_documentation(name).get("attributes", {}))
    assert "alicloud.security_center.attributes.info" in fragments or _writes(name) or own >= {"check_mode", "diff_mode"}
