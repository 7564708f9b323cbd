# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.whitelist import (
    KEYS,
    rule_in_words,
    rule_kind,
    rule_record,
    same_rule,
)

_RULE = {
    "event_type": "SIL_AI_ALERT",
    "event_name": "login_common_ip",
    "field": "loginSourceIp",
    "operate": "contains",
    "field_value": "192.0.2.1",
    "uuid": "uuid-1",
}


def test_the_codes_of_a_rule_are_what_the_service_calls_original():
    row = {"Id": 7, "EventName": "shown", "EventNameOriginal": "name", "EventType": "said", "EventTypeOriginal": "type", "AliUid": 9}
    record = rule_record(row)
    assert (record["id"], record["account"]) == ("7", "9")
    assert (record["event_name"], record["event_name_display"]) == ("name", "shown")
    assert (record["event_type"], record["event_type_display"]) == ("type", "said")


@pytest.mark.parametrize(
    ("told", "uuid"),
    [
        ("uuid-1", "uuid-1"),
        ("ALL", "ALL"),
        ("all", "ALL"),
        ("", "ALL"),
        (" ", "ALL"),
        (None, "ALL"),
        # What can't be read is no server, and not all of them either.
        ([], None),
        ({}, None),
        (True, None),
    ],
)
def test_all_servers_are_told_by_a_word_an_empty_text_or_nothing(told, uuid):
    assert rule_record({"Uuid": told})["uuid"] == uuid


def test_a_rule_without_a_server_is_for_all():
    assert rule_record({})["uuid"] == "ALL"


@pytest.mark.parametrize("key", KEYS)
def test_two_rules_are_the_same_when_all_that_makes_them_is(key):
    assert same_rule({**_RULE, "id": "1"}, {**_RULE, "id": "2"})
    assert not same_rule(_RULE, {**_RULE, key: "other"})
    assert not same_rule(_RULE, {**_RULE, key: None})


def test_the_kind_of_an_alert_is_its_type_and_subtype():
    alert = {"alarm_event_type": "Unusual Logon", "event_sub_type": "login_common_ip", "alarm_event_name": "other"}
    assert rule_kind(alert) == {"event_type": "Unusual Logon", "event_name": "login_common_ip"}


def test_a_rule_in_words_holds_no_control_character():
    assert rule_in_words({**_RULE, "field_value": "a\x1b[2Jb\n"}) == (
        r"SIL_AI_ALERT/login_common_ip: loginSourceIp contains a\x1b[2Jb\n on uuid-1"
    )
