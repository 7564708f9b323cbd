# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The schema that editors check a policy with says what the collection says, as far as a schema can. The judge is jsonschema."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.policy import (
    MATCH_KEYS,
    PolicyError,
    read_policy,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.policy_check import (
    MARK_KEYS,
    OPEN_CODES,
    PARAM_KEYS,
    RULE_KEYS,
    STEP_KEYS,
)
from policy_schema import FILE, schema, written

NOW = 1_795_000_000.0
SCHEMA = schema()
VALIDATOR = Draft202012Validator(SCHEMA)
MARK = {"field": "md5", "operate": "strEqual", "field_value": "abc"}
KILL = {"operation_code": "kill_and_quara", "operation_params": {"sub_operation": "killByMd5andPath"}}
BLOCK = {"operation_code": "block_ip", "operation_params": {"expire_in": "6h"}}
WHITELIST = {"operation_code": "advance_mark_mis_info", "mark_miss_param": [MARK]}


def rule(**changes: Any) -> dict[str, Any]:
    given = {"name": "one", "match": {"levels": ["serious"]}, "operation_code": "ignore", **changes}
    return {key: value for key, value in given.items() if value is not ...}


def read(policy: Any) -> bool:
    """Whether the collection takes a policy."""
    try:
        read_policy({"policy": policy}, NOW)
    except PolicyError:
        return False
    return True


def test_the_file_that_ships_is_the_schema():
    assert FILE.read_text(encoding="utf-8") == written(), "run PYTHONPATH=tests python -m policy_schema"
    Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_knows_the_keys_that_the_collection_knows():
    parts = SCHEMA["$defs"]
    assert set(parts["rule"]["properties"]) == set(RULE_KEYS)
    assert set(parts["match"]["properties"]) == set(MATCH_KEYS)
    assert set(parts["fallback"]["else"]["properties"]) == set(STEP_KEYS)
    assert set(parts["operation_params"]["properties"]) == set(PARAM_KEYS)
    assert set(parts["mark_miss_param"]["properties"]) == set(MARK_KEYS)


@pytest.mark.parametrize(
    "policy",
    [
        [rule()],
        [rule(approval="required", remark="r", fallback_operations=["quara", BLOCK, WHITELIST])],
        [rule(**KILL), rule(name="two", **BLOCK), rule(name="three", **WHITELIST)],
        [rule(operation_code="block_ip", operation_params={"expire_time": 1_900_000_000_000})],
        [rule(operation_code="cleanup", operation_params={"raw": '{"a": 1}'})],
        [rule(operation_code="cleanup"), rule(name="two", operation_params={})],
        [rule(operation_code="advance_mark_mis_info")],
        [
            rule(
                match={
                    "asset_names": ["web-*", 7],
                    "asset_groups": [17, "/prod"],
                    "min_age": "1h30m",
                    "name_regex": "(?i)x",
                }
            )
        ],
        [rule(match={"ai_verdicts": ["real_attack"], "event_types": ["Malicious Software"]})],
    ],
    ids=lambda policy: str(policy)[:60],
)
def test_what_the_collection_takes_the_schema_takes(policy):
    assert read(policy)
    for content in (policy, {"respond_policy": policy}):
        assert [error.message for error in VALIDATOR.iter_errors(content)] == []


@pytest.mark.parametrize(
    "policy",
    [
        "ignore", [], {}, [5], [[]],
        [rule(name=...)], [rule(match=...)], [rule(operation_code=...)], [rule(action="x")],
        [rule(name=False)], [rule(name=" ")], [rule(name="x" * 101)], [rule(approval=False)], [rule(remark=4711)],
        [rule(match={})], [rule(match=[])], [rule(match={"level": ["serious"]})],
        [rule(match={"levels": "serious"})], [rule(match={"levels": []})], [rule(match={"levels": ["high"]})],
        [rule(match={"event_types": [True]})], [rule(match={"event_types": [""]})], [rule(match={"event_types": [5]})],
        [rule(match={"asset_groups": [1.5]})], [rule(match={"asset_names": [True]})], [rule(match={"asset_names": [" "]})],
        [rule(match={"ai_verdicts": ["AI.real_attack"]})], [rule(match={"min_age": 300})], [rule(match={"min_age": "5"})],
        [rule(match={"name_regex": ["a"]})], [rule(match={"name_regex": ""})],
        [rule(operation_code="delete")], [rule(operation_code="rm_mark_mis_info")], [rule(operation_code="cancle_manual")],
        [rule(operation_code="block_ip")], [rule(operation_params=None)], [rule(operation_params={"expire_in": "6h"})],
        [rule(operation_code="block_ip", operation_params={"expire_in": 6})],
        [rule(operation_code="block_ip", operation_params={"expire_in": "6h", "expire_time": 1_900_000_000_000})],
        [rule(operation_code="block_ip", operation_params={"expire_in": "6h", "sub_operation": "killByMd5andPath"})],
        [rule(operation_code="block_ip", operation_params={"expire_time": "soon"})],
        [rule(operation_code="kill_and_quara")], [rule(operation_code="kill_and_quara", operation_params={"sub_operation": "x"})],
        [rule(operation_code="cleanup", operation_params={"sub_operation": "x"})],
        [rule(mark_miss_param=[MARK])], [rule(**{**WHITELIST, "mark_miss_param": MARK})],
        [rule(**{**WHITELIST, "mark_miss_param": [{**MARK, "operate": "equals"}]})],
        [rule(**{**WHITELIST, "mark_miss_param": [{**MARK, "uuid": "all"}]})],
        [rule(**{**WHITELIST, "mark_miss_param": [{"field": "md5", "operate": "strEqual"}]})],
        [rule(fallback_operations="quara")], [rule(fallback_operations=[5])], [rule(fallback_operations=["quaro"])],
        [rule(fallback_operations=["block_ip"])], [rule(fallback_operations=[{**BLOCK, "remark": "x"}])],
        [rule(fallback_operations=[{"operation_params": {}}])], [rule(fallback_operations=[{"operation_code": "block_ip"}])],
    ],
    ids=lambda policy: str(policy)[:80],
)  # fmt: skip
def test_what_the_schema_refuses_the_collection_refuses(policy):
    assert not VALIDATOR.is_valid(policy)
    assert not read(policy)
    assert not VALIDATOR.is_valid({"respond_policy": policy})


def test_the_policy_that_ships_is_one():
    policy = yaml.safe_load(
        (FILE.parents[3] / "playbooks" / "files" / "contain_policy.yml").read_text(encoding="utf-8")
    )
    assert VALIDATOR.is_valid(policy)
    assert read(policy["respond_policy"])


def test_nothing_stands_beside_the_rules_in_a_file():
    assert not VALIDATOR.is_valid({"respond_policy": [rule()], "other": 1})


@pytest.mark.parametrize("code", OPEN_CODES)
def test_the_schema_and_the_collection_agree_on_what_each_operation_takes(code):
    """Every code with each of the parameters, alone, and with none."""
    values = {
        "expire_in": "6h",
        "expire_time": 1_900_000_000_000,
        "sub_operation": "quaraFileByMd5andPath",
        "raw": "{}",
    }
    tried = [{}, *({key: value} for key, value in values.items())]
    policies = [[rule(operation_code=code, operation_params=params)] for params in tried]
    policies += [[rule(operation_code=code)], [rule(fallback_operations=[code])] if code != "ignore" else [rule()]]
    assert [VALIDATOR.is_valid(policy) for policy in policies] == [read(policy) for policy in policies]
