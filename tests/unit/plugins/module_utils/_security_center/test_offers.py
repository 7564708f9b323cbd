# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.offers import (
    attacker_addresses,
    merged_rules,
    operable,
    operation_record,
    unfit_rule,
    whitelist_offer,
)

# A row of DescribeSecurityEventOperations with every field of the reference.
_ROW = {
    "OperationCode": "advance_mark_mis_info",
    "OperationParams": "",
    "UserCanOperate": True,
    "MarkField": [
        {
            "FiledName": "filePath",
            "FiledAliasName": "Path",
            "MarkMisType": "strEqual",
            "MarkMisValue": "/old",
            "SupportedMisType": ["strEqual", "contains"],
            "Uuid": "ALL",
        }
    ],
    "MarkFieldsSource": [
        {"FiledName": "filePath", "FiledAliasName": "Path", "MarkMisValue": "/x", "SupportedMisType": ["strEqual", "contains"]},
        {"FiledName": "loginSourceIp", "MarkMisValue": "198.51.100.23", "SupportedMisType": ["inIpSegment"]},
    ],
    "MappingMarkFields": [
        {
            "Name": "n",
            "ShowName": "N",
            "Value": "v",
            "ShowValue": "V",
            "Description": "d",
            "FillType": "input",
            "Required": "true",
            "MinLength": 1,
            "MaxLength": "9",
        }
    ],
}  # fmt: skip
_OFFER = operation_record(_ROW)
_OLD = {"uuid": "ALL", "field": "filePath", "operate": "strEqual", "fieldValue": "/old"}
_NEW = {"uuid": "part", "field": "filePath", "operate": "contains", "fieldValue": "/new"}


def _mark(**changes: object) -> dict:
    return {"mark_field": [{**_OFFER["mark_field"][0], **changes}]}


def test_the_record_of_an_offer():
    assert _OFFER == {
        "operation_code": "advance_mark_mis_info",
        "user_can_operate": True,
        "does": "whitelists by rules",
        "needs": [],
        "leads_to": ["false_positive"],
        "destructive": False,
        "undone_by": "rm_mark_mis_info",
        "lost": "",
        "operation_params": "",
        "mark_field": [
            {
                "field": "filePath",
                "alias": "Path",
                "operate": "strEqual",
                "field_value": "/old",
                "supported_operates": ["strEqual", "contains"],
                "uuid": "ALL",
            }
        ],
        "mark_fields_source": [
            {"field": "filePath", "alias": "Path", "field_value": "/x", "supported_operates": ["strEqual", "contains"]},
            {"field": "loginSourceIp", "alias": None, "field_value": "198.51.100.23", "supported_operates": ["inIpSegment"]},
        ],
        "mapping_mark_fields": [
            {
                "name": "n",
                "show_name": "N",
                "value": "v",
                "show_value": "V",
                "description": "d",
                "fill_type": "input",
                "required": True,
                "min_length": 1,
                "max_length": 9,
            }
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "rules"), [(None, []), ([], []), (1, None), ("x", None), ({"a": 1}, None), ([None, "x"], None)], ids=str
)
def test_an_offer_of_wrong_types_has_no_fields_and_rules_that_can_not_be_read(wrong, rules):
    record = operation_record(dict.fromkeys(_ROW, wrong))
    assert [record[name] for name in ("mark_field", "mark_fields_source", "mapping_mark_fields")] == [rules, [], []]
    assert whitelist_offer([{**record, "operation_code": "ignore"}], "ignore") is None or rules == []


@pytest.mark.parametrize(
    ("offer", "rules", "merged"),
    [
        (_OFFER, (), [_OLD]),
        (_OFFER, (_NEW,), [_OLD, _NEW]),
        (_OFFER, (_OLD,), [_OLD]),
        (_OFFER, ({**_OLD, "uuid": "part"},), [_OLD, {**_OLD, "uuid": "part"}]),
        ({"mark_field": []}, (_NEW, _OLD), [_NEW, _OLD]),
        (_mark(uuid="part"), (), [{**_OLD, "uuid": "part"}]),
        (_mark(uuid="a-server"), (), [{**_OLD, "uuid": "part"}]),
        (_mark(uuid=None), (), [{**_OLD, "uuid": "part"}]),
        (_mark(operate=None), (_NEW,), [_NEW]),
    ],
)
def test_new_rules_follow_those_that_the_alert_has(offer, rules, merged):
    assert merged_rules(offer, rules) == merged


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ((), ""),
        ((_NEW, _OLD), ""),
        (({**_NEW, "field": "md5"},), "mark_miss_param names the field md5; this alert has filePath, loginSourceIp"),
        ((_NEW, {**_NEW, "operate": "regex"}), "mark_miss_param names operate regex; the field filePath allows strEqual, contains"),
    ],
)  # fmt: skip
def test_a_rule_must_be_one_that_the_alert_can_have(rules, why):
    assert unfit_rule(_OFFER, rules) == why


def test_an_alert_without_fields_can_have_no_rule():
    assert unfit_rule({"mark_fields_source": []}, (_NEW,)) == "mark_miss_param names the field filePath; this alert has none"


def test_what_can_be_carried_out():
    offers = [_OFFER, {**_OFFER, "operation_code": "ignore", "user_can_operate": False}, {**_OFFER, "operation_code": "quara"}]
    assert operable(offers) == ["advance_mark_mis_info", "quara"]
    assert whitelist_offer(offers, "quara") is offers[2]
    assert whitelist_offer(offers, "mark_mis_info") is None


@pytest.mark.parametrize(
    ("value", "found"),
    [("198.51.100.23", ["198.51.100.23"]), ("198.51.100.23,2001:db8:0::1", ["198.51.100.23", "2001:db8::1"]), ("n/a", []), (None, [])],
)
def test_the_attackers_address_is_under_a_name_of_no_language(value, found):
    source = {"field": "loginSourceIp", "field_value": value}
    other = {"field": "filePath", "field_value": "192.0.2.1"}
    assert attacker_addresses([{"mark_fields_source": [source, other]}, {"mark_fields_source": [source]}]) == found
