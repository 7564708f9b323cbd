# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.policy import (
    Policy,
    PolicyError,
    first_match,
    read_policy,
    unreachable,
)

NOW = 1_795_000_000.0  # 2026-11-18T11:06:40Z
NOW_MS = int(NOW * 1000)


def rule(**changes):
    given = {"name": "one", "match": {"levels": ["serious"]}, "operation_code": "ignore", **changes}
    return {key: value for key, value in given.items() if value is not ...}


def policy_of(*matches) -> Policy:
    rules = [rule(name=str(place), match=match) for place, match in enumerate(matches)]
    return read_policy({"policy": rules}, NOW)


def mistakes(rules) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        read_policy({"policy": rules}, NOW)
    return str(caught.value).splitlines()


# --- reading ---


@pytest.mark.parametrize(
    "changes",
    [{"name": "two"}, {"operation_code": "quara"}, {"approval": "required"}, {"remark": "r"}, {"match": {"levels": ["remind"]}}],
    ids=str,
)  # fmt: skip
def test_the_digest_says_when_a_rule_says_something_else(changes):
    as_it_was = read_policy({"policy": [rule()]}, NOW)
    assert read_policy({"policy": [rule(**changes)]}, NOW).digest != as_it_was.digest
    assert len(as_it_was.digest) == 64


def test_the_digest_of_rules_in_another_order_is_another():
    one, other = rule(), rule(name="two", match={"levels": ["remind"]})
    digests = {read_policy({"policy": rules}, NOW).digest for rules in ([one, other], [other, one])}
    assert len(digests) == 2


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ("ignore", "policy: is ignore, not a list: write each entry after a dash, or all in brackets"),
        ({"respond_policy": []}, "policy: is a mapping, not a list: write each entry after a dash, or all in brackets"),
        ([], "policy: is an empty list: give at least one entry"),
        ([5], "policy[0]: is 5, not a mapping: known keys are name, match, operation_code, operation_params, "),
        ([rule(action="x")], "policy[0].action: is not a known key: known are name, match, operation_code, "),
        ([rule(**{"\x1b[2J": "x"})], r"policy[0].\x1b[2J: is not a known key"),
        ([rule(name=...)], "policy[0].name: is missing"),
        ([rule(match=...)], "policy[0].match: is missing"),
        ([rule(operation_code=...)], "policy[0].operation_code: is missing"),
        ([rule(name=False)], "policy[0].name: is False, not text: put it into quotes"),
        ([rule(name=None)], "policy[0].name: is null, not text"),
        ([rule(name=" ")], "policy[0].name: is empty"),
        ([rule(name="a\nb")], "policy[0].name: is longer than 100 characters, or holds one that can't be seen: shorten it"),
        ([rule(name="x" * 101)], "policy[0].name: is longer than 100 characters, or holds one that can't be seen: shorten it"),
        ([rule(), rule(match={"levels": ["remind"]})], "policy[1].name: is the name of an earlier rule: give each its own"),
        ([rule(approval=False)], "policy[0].approval: is False: write required, or leave it out"),
        ([rule(approval="Required")], "policy[0].approval: is Required: write required, or leave it out"),
        ([rule(approval=None)], "policy[0].approval: is null: write required, or leave it out"),
        ([rule(remark=4711)], "policy[0].remark: is 4711, not text: put it into quotes"),
        ([rule(remark="\ud800")], r"policy[0].remark: holds a character that can't be sent (\ud800): remove it"),
        # what it matches
        ([rule(match={})], "policy[0].match: is empty, and would match every alert: give one of levels, "),
        ([rule(match=["serious"])], "policy[0].match: is a list, not a mapping: known keys are levels, "),
        ([rule(match={"level": ["serious"]})], "policy[0].match.level: is not a known key: known are levels, "),
        ([rule(match={"levels": "serious"})], "policy[0].match.levels: is serious, not a list: write each entry after a dash"),
        ([rule(match={"levels": []})], "policy[0].match.levels: is an empty list: give at least one entry"),
        ([rule(match={"levels": None})], "policy[0].match.levels: is null, not a list"),
        ([rule(match={"levels": ["high"]})], "policy[0].match.levels[0]: is high: give serious, suspicious or remind"),
        ([rule(match={"levels": ["serious", ["remind"]]})], "policy[0].match.levels[1]: is a list, not text"),
        ([rule(match={"event_types": [True]})], "policy[0].match.event_types[0]: is True, not text: put it into quotes"),
        ([rule(match={"event_types": [""]})], "policy[0].match.event_types[0]: is empty"),
        ([rule(match={"asset_groups": [1.5]})], "policy[0].match.asset_groups[0]: is 1.5, not text: put it into quotes"),
        ([rule(match={"asset_names": [True]})], "policy[0].match.asset_names[0]: is True, not text"),
        ([rule(match={"ai_verdicts": ["AI.real_attack"]})], "policy[0].match.ai_verdicts[0]: is AI.real_attack: give real_attack, "),
        ([rule(match={"min_age": 300})], "policy[0].match.min_age: is 300, not text: put it into quotes"),
        ([rule(match={"min_age": "5"})], "policy[0].match.min_age: 5 is not a duration: give digits and a unit, such as 30m"),
        ([rule(match={"min_age": "0m"})], "policy[0].match.min_age: 0m is out of range"),
        ([rule(match={"name_regex": "("})], "policy[0].match.name_regex: ( is no regular expression to Python: missing ), "),
        ([rule(match={"name_regex": "a{99999999999999999999}"})], "policy[0].match.name_regex: a{99999999999999999999} is no "),
        ([rule(match={"name_regex": ["a"]})], "policy[0].match.name_regex: is a list, not text"),
        # what it does
        ([rule(operation_code="delete")], "policy[0].operation_code: delete is not known: give one of block_ip, "),
        ([rule(operation_code=1)], "policy[0].operation_code: is 1, not text: put it into quotes"),
        *(
            ([rule(operation_code=code)], f"policy[0].operation_code: {code} takes a handling back, and a policy is for open alerts: ")
            for code in ("rm_mark_mis_info", "cancle_manual")
        ),
        ([rule(operation_code="block_ip")], "policy[0].operation_params: is required for operation_code block_ip: give either "),
        ([rule(operation_params=None)], "policy[0].operation_params: is null, not a mapping: known keys are expire_in, "),
        ([rule(operation_params={"expire_in": "6h"})], "policy[0].operation_params.expire_in: does not belong to operation_code ignore"),
        ([rule(operation_params={"until": "x"})], "policy[0].operation_params.until: is not a known key: known are expire_in, "),
        (
            [rule(operation_code="block_ip", operation_params={"expire_in": "6"})],
            "policy[0].operation_params.expire_in: 6 is not a duration: ",
        ),
        (
            [rule(operation_code="block_ip", operation_params={"expire_in": 6})],
            "policy[0].operation_params.expire_in: is 6, not text",
        ),
        (
            [rule(operation_code="block_ip", operation_params={"expire_time": "1795"})],
            "policy[0].operation_params.expire_time: is 1795, not a whole number",
        ),
        (
            [rule(operation_code="block_ip", operation_params={"expire_time": NOW_MS - 1})],
            "policy[0].operation_params.expire_time: is in the past (2026-11-18T11:06:39Z): give a later time, or expire_in",
        ),
        (
            [rule(operation_code="kill_and_quara", operation_params={"sub_operation": "kill"})],
            "policy[0].operation_params.sub_operation: kill is not one of kill_and_quara: give one of ",
        ),
        (
            [rule(operation_code="cleanup", operation_params={"raw": "[]"})],
            "policy[0].operation_params.raw: [] is not a JSON object: ",
        ),
        (
            [rule(mark_miss_param=[{"field": "md5", "operate": "strEqual", "field_value": "x"}])],
            "policy[0].mark_miss_param: does not go with operation_code ignore: remove it",
        ),
        *(
            ([rule(operation_code="advance_mark_mis_info", mark_miss_param=[mark])], f"policy[0].mark_miss_param[0]{told}")
            for mark, told in (
                ("md5", ": is md5, not a mapping: known keys are field, operate, field_value, uuid"),
                ({"operate": "strEqual", "field_value": "x"}, ".field: is missing"),
                ({"field": "a", "operate": "equals", "field_value": "x"}, ".operate: is equals: give contains, "),
                ({"field": "a", "operate": "strEqual", "field_value": "x", "uuid": "all"}, ".uuid: is all: give part or ALL"),
                ({"field": "a", "operate": "strEqual", "field_value": 5}, ".field_value: is 5, not text: put it into quotes"),
                ({"field": "a", "operate": "inIpSegment", "field_value": "x"}, ".field_value: x is not an address or network: "),
            )
        ),
        # what it does when that can't be done
        ([rule(fallback_operations="quara")], "policy[0].fallback_operations: is quara, not a list: "),
        ([rule(fallback_operations=[5])], "policy[0].fallback_operations[0]: is 5, not a mapping: known keys are operation_code, "),
        ([rule(fallback_operations=["quaro"])], "policy[0].fallback_operations[0].operation_code: quaro is not known: "),
        ([rule(fallback_operations=[{}])], "policy[0].fallback_operations[0].operation_code: is missing"),
        ([rule(fallback_operations=[{"operation_code": "quara", "remark": "x"}])], "policy[0].fallback_operations[0].remark: is not a known "),
        ([rule(fallback_operations=["block_ip"])], "policy[0].fallback_operations[0].operation_params: is required for "),
        ([rule(fallback_operations=["quara", "ignore"])], "policy[0].fallback_operations[1]: repeats an operation that was tried before it"),
    ],
    ids=lambda value: str(value)[:60],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(rules, told):
    (line,) = mistakes(rules)
    assert line.startswith(told)


@pytest.mark.parametrize("options", [{}, {"policy": [rule()], "policy_file": "/none"}], ids=["none", "both"])
def test_one_of_two_ways_is_given(options):
    with pytest.raises(OptionError, match=r"^policy and policy_file are two ways to give one policy: give one of them"):
        read_policy(options, NOW)


# --- matching ---

ALERT = {
    "id": "1",
    "level": "serious",
    "name": "DDoS Trojan",
    "alarm_event_name": "MinerX",
    "alarm_event_name_display": "Mining program",
    "alarm_event_type": "Malicious Software",
    "alarm_event_type_display": "恶意软件",
    "event_sub_type": "mining",
    "occurrence_time_stamp": NOW_MS - 300_000,
    "support_operate_code": "AI.real_attack",
    "instance_name": "Web-1",
    "uuid": "u-1",
}
SERVERS = {"u-1": {"groups": ["17", "/prod/web"]}}


@pytest.mark.parametrize(
    ("match", "changes", "matches"),
    [
        ({"levels": ["serious"]}, {}, True),
        ({"levels": ["remind", "serious"]}, {}, True),
        ({"levels": ["remind"]}, {}, False),
        ({"levels": ["serious"]}, {"level": None}, False),
        ({"event_types": ["Malicious Software"]}, {}, True),
        ({"event_types": ["恶意软件"]}, {}, True),
        ({"event_types": ["mining"]}, {}, True),
        ({"event_types": ["Malicious"]}, {}, False),
        ({"event_types": ["None"]}, {"alarm_event_type": None}, False),
        ({"name_regex": "(?i)miner"}, {}, True),
        ({"name_regex": "^DDoS"}, {}, True),
        ({"name_regex": "program$"}, {}, True),
        ({"name_regex": "miner"}, {}, False),
        # Each name is looked at by itself, and none is made up.
        ({"name_regex": "Trojan.*Miner"}, {}, False),
        ({"name_regex": "None"}, {"name": None}, False),
        ({"name_regex": ".*"}, dict.fromkeys(("name", "alarm_event_name", "alarm_event_name_display")), False),
        ({"name_regex": "end"}, {"name": "x" * 997 + "end"}, True),
        ({"name_regex": "end"}, {"name": "x" * 998 + "end"}, False),
        ({"min_age": "5m"}, {}, True),
        ({"min_age": "5m1s"}, {}, False),
        ({"min_age": "1s"}, {"occurrence_time_stamp": None}, False),
        ({"min_age": "1s"}, {"occurrence_time_stamp": NOW_MS + 5000}, False),
        ({"ai_verdicts": ["real_attack"]}, {}, True),
        ({"ai_verdicts": ["real_attack"]}, {"support_operate_code": "ai.Real_Attack"}, True),
        ({"ai_verdicts": ["false_positive"]}, {}, False),
        ({"ai_verdicts": ["real_attack"]}, {"support_operate_code": None}, False),
        ({"ai_verdicts": ["Insufficient_information_to_evaluate"]}, {"support_operate_code": "AI.Insufficient_information_to_evaluate"}, True),
        ({"asset_names": ["web-?"]}, {}, True),
        ({"asset_names": ["db-*", "WEB-*"]}, {}, True),
        ({"asset_names": ["web"]}, {}, False),
        ({"asset_names": ["*"]}, {"instance_name": None}, False),
        ({"asset_groups": ["/prod/web"]}, {}, True),
        ({"asset_groups": [17]}, {}, True),
        ({"asset_groups": ["web"]}, {}, False),
        ({"asset_groups": ["17"]}, {"uuid": "u-2"}, False),
        ({"asset_groups": ["17"]}, {"uuid": None}, False),
        ({"levels": ["serious"], "event_types": ["mining"], "asset_groups": ["17"], "min_age": "1m"}, {}, True),
        ({"levels": ["serious"], "event_types": ["mining"], "asset_groups": ["18"], "min_age": "1m"}, {}, False),
        ({"levels": ["remind"], "event_types": ["mining"], "asset_groups": ["17"], "min_age": "1m"}, {}, False),
    ],
    ids=str,
)  # fmt: skip
def test_a_rule_matches_what_the_alert_tells(match, changes, matches):
    found = first_match(policy_of(match), {**ALERT, **changes}, NOW_MS, SERVERS.get)
    assert (found is not None) is matches


@pytest.mark.parametrize("key", ["levels", "event_types", "name_regex", "min_age", "ai_verdicts", "asset_names", "asset_groups"])
def test_an_alert_that_tells_nothing_matches_nothing(key):
    wanted = {"levels": ["serious"], "name_regex": "x*", "min_age": "1s", "ai_verdicts": ["real_attack"]}.get(key, ["*"])
    assert first_match(policy_of({key: wanted}), {}, NOW_MS, SERVERS.get) is None


def test_the_first_rule_that_matches_wins():
    policy = policy_of({"levels": ["remind"]}, {"asset_groups": ["17"]}, {"levels": ["serious"]})
    assert first_match(policy, ALERT, NOW_MS, SERVERS.get).name == "1"
    assert first_match(policy, {**ALERT, "uuid": None}, NOW_MS, SERVERS.get).name == "2"


def test_a_server_is_looked_up_only_when_a_rule_turns_on_it():
    asked: list[str] = []
    policy = policy_of({"levels": ["remind"], "asset_groups": ["17"]}, {"levels": ["serious"]}, {"asset_groups": ["17"]})
    assert first_match(policy, ALERT, NOW_MS, asked.append).name == "1"
    assert asked == []


SLOW = {"name_regex": "(a+)+$"}
HOSTILE = {**ALERT, "name": "a" * 50 + "!"}


def test_an_alert_whose_name_is_made_to_take_for_ever_is_left_alone_and_told():
    """It is not given to a later rule, which may be there to ignore what the others left."""
    warned: list[str] = []
    policy = policy_of(SLOW, {"levels": ["serious"]})
    assert first_match(policy, HOSTILE, NOW_MS, SERVERS.get, warned.append) is None
    assert warned == [
        "a name_regex of the policy takes too long on the names of alert 1, which is left alone: "
        "write the expression without repeats inside repeats"
    ]


def test_a_rule_that_comes_before_takes_such_an_alert():
    warned: list[str] = []
    policy = policy_of({"asset_groups": ["17"]}, SLOW)
    assert first_match(policy, HOSTILE, NOW_MS, SERVERS.get, warned.append).name == "0"
    assert warned == []


def test_beside_the_main_thread_no_alert_is_taken_and_that_is_told():
    warned: list[str] = []
    found: list[object] = []
    policy = policy_of({"levels": ["serious"]})
    thread = threading.Thread(target=lambda: found.append(first_match(policy, ALERT, NOW_MS, SERVERS.get, warned.append)))
    thread.start()
    thread.join()
    assert (found, len(warned)) == ([None], 1)


# --- warnings ---


@pytest.mark.parametrize(
    ("earlier", "later", "reached"),
    [
        ({"levels": ["serious"]}, {"levels": ["serious"]}, False),
        ({"levels": ["serious", "remind"]}, {"levels": ["remind"]}, False),
        ({"levels": ["serious"]}, {"levels": ["serious"], "min_age": "5m"}, False),
        ({"min_age": "1m"}, {"min_age": "5m"}, False),
        ({"min_age": "60s"}, {"min_age": "1m"}, False),
        ({"name_regex": "a"}, {"name_regex": "a", "levels": ["remind"]}, False),
        ({"levels": ["serious"]}, {"levels": ["serious", "remind"]}, True),
        ({"levels": ["serious"], "min_age": "5m"}, {"levels": ["serious"]}, True),
        ({"min_age": "5m"}, {"min_age": "1m"}, True),
        ({"name_regex": "a"}, {"name_regex": "ab"}, True),
        ({"levels": ["serious"]}, {"event_types": ["x"]}, True),
    ],
)
def test_a_rule_that_no_alert_can_reach_is_worth_a_warning(earlier, later, reached):
    told = unreachable(policy_of(earlier, later))
    assert told == ([] if reached else [
        "rule 1 of the policy is never reached: rule 0, which comes first, matches the same alerts"
    ])  # fmt: skip
