# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.whitelist_checks import (
    is_of_kind,
    matches,
    networks,
    too_broad,
    unfit,
    wanted_id,
    wanted_rule,
)

_RULE = {
    "event_type": "type",
    "event_name": "name",
    "field": "cmdLine",
    "operate": "contains",
    "field_value": "curl",
    "uuid": "uuid-1",
}


def _rule(operate: str, value: str, **more: str) -> dict[str, str]:
    return {**_RULE, "operate": operate, "field_value": value, **more}


@pytest.mark.parametrize(
    ("operate", "value"),
    [
        ("contains", "curl"),
        ("contains", "告警告警"),
        ("strEqual", "x"),
        ("strEqual", "0"),
        ("regex", "^/opt/backup/"),
        ("regex", "^$"),
        ("regex", r"\.sh$"),
        ("regex", "^(wget|curl) "),
        ("regex", "^10\\."),
        ("regex", "^root$"),
        ("regex", "(?i)\\.exe"),
        ("inIpSegment", "192.0.2.1"),
        ("inIpSegment", "10.0.0.0/8"),
        ("inIpSegment", "10.0.0.0/9, 10.128.0.0/9"),
        ("inIpSegment", "2001:db8::/32"),
        ("inIpSegment", "::ffff:192.0.2.0/120"),
        ("inIpSegment", "10.0.0.0/8,2001:db8::/32"),
    ],
)
def test_a_narrow_rule(operate, value):
    assert too_broad(_rule(operate, value)) == []


@pytest.mark.parametrize(
    ("operate", "value", "reason"),
    [
        ("contains", "/", "field_value / has fewer than 4 characters"),
        ("contains", "cur", "field_value cur has fewer than 4 characters"),
        ("contains", "  a  ", "field_value   a   has fewer than 4 characters"),
        ("notContains", "curl -o /x", "operate notContains matches nearly everything"),
        ("strNotEqual", "curl -o /x", "operate strNotEqual matches nearly everything"),
        ("regex", ".*", "field_value .* is found in most texts"),
        ("regex", ".+", "field_value .+ is found in most texts"),
        ("regex", "", "field_value  is found in most texts"),
        ("regex", "^", "field_value ^ is found in most texts"),
        ("regex", "a*", "field_value a* is found in most texts"),
        ("regex", "x|", "field_value x| is found in most texts"),
        ("regex", "[0-9]", "field_value [0-9] is found in most addresses and hashes"),
        # A field has values of one kind. What is found in all of them is broad, whatever other texts there are.
        ("regex", "/", "field_value / is found in most paths"),
        ("regex", "^/", "field_value ^/ is found in most paths"),
        ("regex", " ", "field_value   is found in most command lines"),
        ("regex", r"[0-9]{1,3}(\.[0-9]{1,3}){3}", r"field_value [0-9]{1,3}(\.[0-9]{1,3}){3} is found in most addresses"),
        ("regex", "^[0-9a-f]{32,}$", "field_value ^[0-9a-f]{32,}$ is found in most hashes"),
        ("regex", r"^\w{4}|^\w+[-\\]", r"field_value ^\w{4}|^\w+[-\\] is found in most hashes and names"),
        ("regex", r"(?s).{3}", "field_value (?s).{3} is found in most texts"),
        ("inIpSegment", "0.0.0.0/0", "field_value holds more addresses than an IPv4 network /8"),
        ("inIpSegment", "10.0.0.0/7", "field_value holds more addresses than an IPv4 network /8"),
        ("inIpSegment", "10.0.0.0/8,192.0.2.1", "field_value holds more addresses than an IPv4 network /8"),
        ("inIpSegment", "::ffff:0:0/96", "field_value holds more addresses than an IPv4 network /8"),
        ("inIpSegment", "10.0.0.0/8,::ffff:192.0.2.1", "field_value holds more addresses than an IPv4 network /8"),
        ("inIpSegment", "::/0", "field_value holds more addresses than an IPv6 network /32"),
        ("inIpSegment", "2001:db8::/31", "field_value holds more addresses than an IPv6 network /32"),
    ],
)
def test_a_broad_rule(operate, value, reason):
    assert too_broad(_rule(operate, value)) == [reason]


@pytest.mark.parametrize("value", ["(", "(?<n>a)", "(?a)(?u)x", "a{" + "9" * 5000 + "}", "a{99999999999}", "(" * 5000, "(\\w|\\d|.)+(\\w|\\d|.)+!$"])
def test_an_expression_that_cannot_be_tried_is_broad(value):
    [reason] = too_broad(_rule("regex", value))
    assert "can't be tried here, so nobody knows what it matches" in reason


def test_every_reason_is_told():
    reasons = too_broad(_rule("contains", "x", uuid="ALL"))
    assert reasons == ["uuid ALL has it hold on every server, on those to come too", "field_value x has fewer than 4 characters"]


@pytest.mark.parametrize("value", ["", "x", "10.0.0.0/33", "10.0.0.0/8,", "10.0.0.1-10.0.0.9", "fe80::1%eth0%"])
def test_what_is_no_network(value):
    with pytest.raises(OptionError, match="is not an address or network, which operate inIpSegment needs: write one"):
        networks(value)


@pytest.mark.parametrize(
    ("operate", "value", "own", "expected"),
    [
        ("contains", "curl", ["a curl b"], True),
        ("contains", "curl", ["CURL"], False),
        ("contains", "curl", ["wget", "curl"], True),
        ("contains", "curl", [], False),
        ("strEqual", "curl", ["curl"], True),
        ("strEqual", "curl", ["curl "], False),
        ("notContains", "curl", ["wget"], True),
        ("notContains", "curl", ["wget", "curl"], False),
        ("notContains", "curl", [], None),
        ("strNotEqual", "curl", ["curl "], True),
        ("strNotEqual", "curl", ["curl"], False),
        ("regex", "^c.r", ["curl"], True),
        ("regex", "^c.r", ["a curl"], False),
        ("regex", "^c.r", [], False),
        ("regex", "(", ["curl"], None),
        ("regex", "b", ["a" * 5000], None),
        ("regex", "a", ["a" * 5000], True),
        ("inIpSegment", "192.0.2.0/24", ["192.0.2.7"], True),
        ("inIpSegment", "192.0.2.0/24", ["198.51.100.1,192.0.2.7"], True),
        ("inIpSegment", "192.0.2.0/24", ["198.51.100.1"], False),
        ("inIpSegment", "192.0.2.0/24", ["nonsense"], False),
        ("inIpSegment", "192.0.2.0/24", ["2001:db8::1"], False),
        ("inIpSegment", "198.51.100.1, 2001:db8::/32", ["2001:db8::1"], True),
        ("inIpSegment", "::ffff:192.0.2.0/120", ["192.0.2.7"], True),
    ],
)
def test_what_a_rule_matches(operate, value, own, expected):
    # Each alert is told of by itself, whatever stands beside it.
    assert matches(_rule(operate, value), [own, own, own]) == [expected] * 3


def test_each_alert_has_its_own_answer():
    assert matches(_rule("regex", "a"), [["b"], ["c", "a"], [], ["a"]]) == [False, True, False, True]


_SOURCES = [
    {"field": "cmdLine", "supported_operates": ["contains", "regex"]},
    {"field": "filePath", "supported_operates": []},
    {"field": None, "supported_operates": ["contains"]},
]


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (_RULE, ""),
        ({**_RULE, "operate": "strEqual"}, "operate strEqual is not allowed for field cmdLine: allowed are contains, regex"),
        ({**_RULE, "field": "filePath"}, "operate contains is not allowed for field filePath: allowed are none"),
        (
            {**_RULE, "field": "None"},
            "field None is none of alerts of event_type type and event_name name: allowed are cmdLine, filePath",
        ),
    ],
)
def test_what_a_kind_of_alert_allows(rule, reason):
    assert unfit(rule, _SOURCES) == reason


def test_a_kind_of_which_the_service_names_no_field():
    assert unfit(_RULE, []) == (
        "the service names no field for alerts of event_type type and event_name name: check both codes, "
        "alert_whitelist_rule_info shows some"
    )


_ALERT = dict.fromkeys(
    ["event_sub_type", "alarm_event_name", "alarm_event_name_display", "alarm_event_type", "alarm_event_type_display"]
)


@pytest.mark.parametrize("name", ["event_sub_type", "alarm_event_name", "alarm_event_name_display"])
@pytest.mark.parametrize("type_", ["alarm_event_type", "alarm_event_type_display"])
def test_an_alert_is_of_the_rules_kind_by_type_and_name(name, type_):
    assert is_of_kind(_RULE, {**_ALERT, name: "name", type_: "type"}) is True
    assert is_of_kind(_RULE, {**_ALERT, name: "name", type_: "other"}) is None
    assert is_of_kind(_RULE, {**_ALERT, name: "other", type_: "type"}) is False


_OPTIONS = {"state": "present", "rule_id": None, **_RULE}


def test_a_rule_out_of_the_options():
    assert wanted_rule(_OPTIONS) == _RULE
    assert wanted_rule({**_OPTIONS, "uuid": "all"})["uuid"] == "ALL"
    assert wanted_rule({**_OPTIONS, "field_value": " x "})["field_value"] == " x "


@pytest.mark.parametrize(("given", "rule_id"), [("600001", "600001"), (" 7 ", "7"), ("007", "7"), ("0", "0"), (None, None)])
def test_the_id_of_a_rule(given, rule_id):
    assert wanted_id({"state": "absent", "rule_id": given}) == rule_id


@pytest.mark.parametrize("given", ["", "x", "1,2", "-1", "1.5", "١", "9" * 20])
def test_what_is_no_id(given):
    with pytest.raises(OptionError, match="is not a rule's id: give its decimal digits"):
        wanted_id({"state": "absent", "rule_id": given})
