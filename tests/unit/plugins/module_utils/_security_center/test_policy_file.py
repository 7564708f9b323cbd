# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.policy import (
    PolicyError,
    read_policy,
)

yaml = pytest.importorskip("yaml", reason="policy files need PyYAML, as they tell who gives one")

NOW = 1_795_000_000.0

ISSUE = """
respond_policy:
  - name: quarantine miners
    match: {levels: [serious], event_types: [Malicious Software], name_regex: "(?i)miner", asset_groups: [web], min_age: 5m, ai_verdicts: [real_attack]}
    operation_code: kill_and_quara
    operation_params: {sub_operation: killAndQuaraFileByMd5andPath}
    approval: required
    remark: "policy miners, change 4711"
    fallback_operations:
      - quara
      - operation_code: block_ip
        operation_params: {expire_in: 6h}
      - operation_code: advance_mark_mis_info
        mark_miss_param: [{field: md5, operate: strEqual, field_value: abc}]
"""


def test_a_file_and_a_task_s_option_say_the_same(tmp_path):
    path = tmp_path / "respond.yml"
    path.write_text(ISSUE, encoding="utf-8")
    read = read_policy({"policy_file": str(path)}, NOW)
    bare = tmp_path / "bare.yml"
    bare.write_text("# a comment\n" + yaml.safe_dump(yaml.safe_load(ISSUE)["respond_policy"]), encoding="utf-8")
    assert read == read_policy({"policy_file": str(bare)}, NOW)
    assert read == read_policy({"policy": yaml.safe_load(ISSUE)["respond_policy"]}, NOW)

    (one,) = read.rules
    assert (one.name, one.approval, one.remark) == ("quarantine miners", True, "policy miners, change 4711")
    assert one.match["min_age"] == "5m"
    assert [step._asdict() for step in one.steps] == [
        {
            "operation_code": "kill_and_quara",
            "operation_params": {"sub_operation": "killAndQuaraFileByMd5andPath"},
            "mark_miss_param": (),
        },
        {"operation_code": "quara", "operation_params": {}, "mark_miss_param": ()},
        {"operation_code": "block_ip", "operation_params": {"expire_in": "6h"}, "mark_miss_param": ()},
        {
            "operation_code": "advance_mark_mis_info",
            "operation_params": {},
            "mark_miss_param": ({"field": "md5", "operate": "strEqual", "field_value": "abc"},),
        },
    ]


TEN_MISTAKES = b"""\
# Ten mistakes, and how often YAML helps with them.
- name: quarantine miners
  match:
    levels: [high, serious]
    min_age: 1:30
    name_regex: "("
    colour: red
  operation_code: kill_and_quara
  approval: no
- match: {}
  operation_code: rm_mark_mis_info
- name: quarantine miners
  match: {levels: [serious]}
  operation_code: ignore
"""


def test_a_file_with_ten_mistakes_gets_ten_lines_each_with_its_place(tmp_path):
    path = tmp_path / "respond.yml"
    path.write_bytes(TEN_MISTAKES)
    with pytest.raises(PolicyError) as caught:
        read_policy({"policy_file": str(path)}, NOW)
    told = [line.replace(f"policy_file {path} ", "") for line in str(caught.value).splitlines()]
    miners = 'rule "quarantine miners":'
    starts = [
        f"line 7: {miners} match.colour: is not a known key: ",
        f"line 4: {miners} match.levels[0]: is high: ",
        f"line 5: {miners} match.min_age: 1:30 is not a duration: ",
        f"line 6: {miners} match.name_regex: ( is no regular expression to Python: ",
        f"line 2: {miners} operation_params: is required for operation_code kill_and_quara: ",
        f"line 9: {miners} approval: is False: write required, or leave it out",
        "line 10: rule 2: name: is missing",
        "line 10: rule 2: match: is empty, and would match every alert: ",
        "line 11: rule 2: operation_code: rm_mark_mis_info takes a handling back",
        f"line 12: {miners} name: is the name of an earlier rule: ",
    ]
    assert [line[: len(start)] for line, start in zip(told, starts)] == starts
    assert len(told) == 10


def test_a_number_that_yaml_takes_for_another_one_names_what_is_written(tmp_path):
    path = tmp_path / "respond.yml"
    path.write_text("- {name: 0x10, match: {asset_groups: [012, 12], asset_names: [10:30]}, operation_code: ignore}")
    (rule,) = read_policy({"policy_file": str(path)}, NOW).rules
    assert rule.name == "0x10"
    assert rule.match == {"asset_groups": ["012", "12"], "asset_names": ["10:30"]}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", " line 1: is null, not a list: write each entry after a dash, or all in brackets"),
        (b"just text", " line 1: is just text, not a list: "),
        (b"respond_policy: 5", " line 1: is 5, not a list: "),
        (b"\n\nrespond_policy:\n", " line 3: is null, not a list: "),
        (b"policy: []", " line 1: is neither a list of rules nor a mapping that holds one: a mapping has the one key respond_policy"),
        (b"respond_policy: []\nother: 1", " line 1: is neither a list of rules nor a mapping"),
        (b"- name: a\n  name: b", " is not valid YAML, nothing is done without it: the key name is given twice in line 2"),
        (b"- {name: a, <<: {match: {}}}", " is not valid YAML, nothing is done without it: line 1 has a key that is no text: "),
        (b"- &a {name: [*a]}", " is not valid YAML, nothing is done without it: it has more than 100000 values, or they are nested "),
        (b"- !vault x", " is not valid YAML, nothing is done without it: could not determine a constructor for the tag '!vault'"),
        (b"- {no: x}", " line 1: rule 1: False: is not a known key: known are name, "),
        (b"- {name: n, match: {min_age: 2026-11-22}, operation_code: ignore}", ' line 1: rule "n": match.min_age: is 2026-11-22, not text: '),
        (b"- {name: n, match: {name_regex: ~}, operation_code: ignore}", ' line 1: rule "n": match.name_regex: is null, not text'),
        (b"- {name: n, match: {levels: [serious]}, operation_code: ignore, remark: !!binary aGk=}", " remark: is b'hi', not text: "),
    ],
    ids=lambda value: repr(value)[:50],
)  # fmt: skip
def test_a_trap_of_yaml_ends_in_a_sentence(tmp_path, content, told):
    path = tmp_path / "respond.yml"
    path.write_bytes(content)
    with pytest.raises(OptionError) as caught:
        read_policy({"policy_file": str(path)}, NOW)
    lines = str(caught.value).splitlines()
    assert all(line.startswith(f"policy_file {path} ") for line in lines)
    assert any(told in line for line in lines)


def test_a_file_that_is_missing_is_told():
    with pytest.raises(OptionError, match=r"^policy_file /none can't be read \(No such file or directory\)"):
        read_policy({"policy_file": "/none"}, NOW)
