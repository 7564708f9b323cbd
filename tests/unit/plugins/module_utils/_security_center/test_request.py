# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.guardrails import GuardRails
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.operations import OPERATIONS
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.request import (
    HandleRequest,
    handle_request,
    operation_params,
)

_NOW = 1795338000.5  # 2026-11-22T09:00:00.5Z
_NOW_MS = 1795338000500
_RAILS = GuardRails(allowed_operations=frozenset(OPERATIONS))
_RULE = {"field": "filePath", "operate": "strEqual", "field_value": "/x", "uuid": "part"}
_WHITELIST = {"operation_code": "advance_mark_mis_info"}
_BLOCK = {"operation_code": "block_ip"}
_KILL = {"operation_code": "kill_and_quara"}


def _request(options: dict, warned: list | None = None, rails: GuardRails = _RAILS) -> HandleRequest:
    given = {"security_event_ids": ["10001"], "operation_code": "ignore", **options}
    return handle_request(given, rails, _NOW, (warned if warned is not None else []).append)


def _rule(**changes: object) -> dict:
    return {**_WHITELIST, "mark_miss_param": [_RULE, {**_RULE, **changes}]}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"operation_code": "Ignore"}, "operation_code Ignore is not known: give one of block_ip, advance_mark_mis_info, "),
        (
            {"mark_miss_param": [_RULE]},
            "mark_miss_param does not go with operation_code ignore: use advance_mark_mis_info, or remove it",
        ),
        (
            {"operation_code": "mark_mis_info", "mark_batch": True},
            "mark_batch does not go with operation_code mark_mis_info: use advance_mark_mis_info, or remove it",
        ),
        ({"security_event_ids": []}, "security_event_ids is empty: name at least one alert"),
        ({"security_event_ids": ["1", "a"]}, "security_event_ids must be decimal digits, as security_event_info gives them; not so: a"),
        ({"batch_size": 21}, "batch_size 21 is out of range: give 1 to 20"),
        ({"batch_size": -1}, "batch_size -1 is out of range: give 1 to 20"),
        ({"batch_size": 0}, "batch_size 0 is out of range: give 1 to 20"),
        ({"wait_timeout": -1}, "wait_timeout -1 is out of range: give seconds from 0"),
        ({"wait_timeout": float("nan")}, "wait_timeout nan is out of range: give seconds from 0"),
        ({"wait_timeout": float("inf")}, "wait_timeout inf is out of range: give seconds from 0"),
        ({"resource_directory_account_id": "me"}, "resource_directory_account_id me is not an account id: give its decimal digits"),
        ({"resource_directory_account_id": " "}, "resource_directory_account_id is empty and is not an account id: give its decimal digits"),
        ({"source_ip": "host"}, "source_ip host is not an IP address: give the caller's, such as 192.0.2.10"),
        (
            {"resource_directory_account_id": "123", "check_operations": "each"},
            "check_operations each can't be used with resource_directory_account_id: DescribeSecurityEventOperations takes no account; ",
        ),
        # operation_params
        (
            {"operation_params": {"expire_in": "6h"}},
            "operation_params.expire_in does not belong to operation_code ignore, which takes no operation_params: remove it",
        ),
        (
            {"operation_code": "cleanup", "operation_params": {"sub_operation": "x"}},
            "operation_params.sub_operation does not belong to operation_code cleanup, which takes raw: remove it",
        ),
        (
            {**_BLOCK, "operation_params": {"expire_in": "6h", "sub_operation": "x"}},
            "operation_params.sub_operation does not belong to operation_code block_ip, which takes expire_time or expire_in: remove it",
        ),
        (
            _BLOCK,
            "operation_params is required for operation_code block_ip: give either expire_time (milliseconds since 1970) or "
            "expire_in (a duration such as 6h)",
        ),
        (
            {**_BLOCK, "operation_params": {"expire_in": "6h", "expire_time": _NOW_MS + 1}},
            "operation_params is required for operation_code block_ip: give either expire_time ",
        ),
        (
            {**_BLOCK, "operation_params": {"expire_time": 1795251600000}},
            "operation_params.expire_time is in the past (2026-11-21T09:00:00Z): give a later time, or expire_in",
        ),
        ({**_BLOCK, "operation_params": {"expire_time": _NOW_MS}}, "operation_params.expire_time is in the past ("),
        ({**_BLOCK, "operation_params": {"expire_time": -1}}, "operation_params.expire_time is in the past (-1): "),
        (
            {**_BLOCK, "operation_params": {"expire_time": 1795424400}},
            "operation_params.expire_time 1795424400 looks like seconds: give milliseconds, or expire_in",
        ),
        (
            {**_BLOCK, "operation_params": {"expire_time": 253402300800000}},
            "operation_params.expire_time 253402300800000 is beyond the year 9999: give milliseconds since 1970, or expire_in",
        ),
        ({**_BLOCK, "operation_params": {"expire_in": "tomorrow"}}, "operation_params.expire_in tomorrow is not a duration: "),
        (
            _KILL,
            "operation_params is required for operation_code kill_and_quara: give sub_operation (what to do with the file); "
            "sub_operation is one of killAndQuaraFileByMd5andPath, ",
        ),
        (
            {**_KILL, "operation_params": {"sub_operation": "kill"}},
            "operation_params.sub_operation kill is not one of kill_and_quara: give one of killAndQuaraFileByMd5andPath, ",
        ),
        (
            {"operation_code": "virus_quara", "operation_params": {"sub_operation": "killByMd5andPath"}},
            "operation_params.sub_operation killByMd5andPath is not one of virus_quara: give one of quaraFileByMd5andPath",
        ),
        *(
            (
                {"operation_code": "cleanup", "operation_params": {"raw": raw}},
                f"operation_params.raw {raw[:60]}{'…' if len(raw) > 60 else ''} is not a JSON object: write one such as '{{\"key\": \"value\"}}'",
            )
            for raw in ("", "x", "[]", '"a"', "[" * 100000)
        ),
        # mark_miss_param
        (_rule(field=""), "mark_miss_param[1].field is empty: give what the rule is to match"),
        (_rule(field=" "), "mark_miss_param[1].field is empty: "),
        (_rule(field_value=""), "mark_miss_param[1].field_value is empty: "),
        (
            _rule(operate="inIpSegment", field_value="192.0.2.0/24, here"),
            "mark_miss_param[1].field_value 192.0.2.0/24, here is not an address or network: write one such as 192.0.2.0/24",
        ),
    ],
    ids=lambda value: str(value)[:60],
)  # fmt: skip
def test_what_can_not_be_sent_is_told_with_the_way_out(options, sentence):
    with pytest.raises(OptionError) as caught:
        _request(options)
    assert str(caught.value).startswith(sentence)


def test_a_rule_for_all_assets_is_refused_while_any_is_protected():
    rails = GuardRails(protected_assets=({"name": "db-*"},))
    rules = [_RULE, {**_RULE, "uuid": "ALL"}]
    with pytest.raises(OptionError) as caught:
        _request({**_WHITELIST, "mark_miss_param": rules}, rails=rails)
    assert str(caught.value) == "mark_miss_param[1].uuid ALL covers the assets in protected_assets too: use part"
    assert len(_request({**_WHITELIST, "mark_miss_param": rules}).mark_rules) == 2
    assert len(_request({**_WHITELIST, "mark_miss_param": rules[:1]}, rails=rails).mark_rules) == 1


def test_an_operation_that_the_guard_rails_do_not_allow_is_refused():
    with pytest.raises(OptionError) as caught:
        _request({}, rails=GuardRails(allowed_operations=frozenset({"quara", "block_ip"})))
    assert str(caught.value) == "operation_code ignore is not in allowed_operations: allowed are block_ip, quara"


_NOT_WHOLE = "can't be taken back whole"
_PROCESS = "a process that is ended is not started again"


@pytest.mark.parametrize(
    ("code", "sub_operation", "expected"),
    [
        (
            "disable_malicious_defense",
            None,
            ["disable_malicious_defense is dangerous: ", f"operation_code disable_malicious_defense {_NOT_WHOLE}: no way back is documented"],
        ),
        ("client_problem_check", None, ["client_problem_check is known to work from the console only"]),
        (
            "offline_handled",
            None,
            ["operation_code offline_handled is not in the vendor's reference of HandleSecurityEvents: the service may refuse it"],
        ),
        ("kill_process", None, [f"operation_code kill_process {_NOT_WHOLE}: {_PROCESS}"]),
        ("cleanup", None, [f"operation_code cleanup {_NOT_WHOLE}: what is removed is not brought back"]),
        ("kill_and_quara", "killAndQuaraFileByMd5andPath", [f"operation_code kill_and_quara {_NOT_WHOLE}: {_PROCESS}"]),
        ("kill_and_quara", "killByMd5andPath", [f"operation_code kill_and_quara {_NOT_WHOLE}: {_PROCESS}"]),
        ("kill_and_quara", "quaraFileByMd5andPath", []),
        ("quara", None, []),
        ("ignore", None, []),
    ],
)
def test_what_is_dangerous_undocumented_or_final_is_sent_with_a_warning(code, sub_operation, expected):
    warned: list[str] = []
    params = {"operation_params": {"sub_operation": sub_operation}} if sub_operation else {}
    _request({"operation_code": code, **params}, warned)
    assert [text[: len(start)] for text, start in zip(warned, expected)] == expected
    assert len(warned) == len(expected)


def test_the_least_that_can_be_given():
    assert _request({}) == HandleRequest(
        ids=("10001",),
        operation=OPERATIONS["ignore"],
        operation_params=None,
        mark_rules=(),
        mark_batch=False,
        remark=None,
        account=None,
        source_ip=None,
        lang="en",
        guard_rails=_RAILS,
        wait=True,
        wait_timeout=300,
        batch_size=20,
        check_operations="auto",
        on_refused="continue",
    )


@pytest.mark.parametrize(
    ("option", "given", "field", "value"),
    [
        ("security_event_ids", ["2", "1", "2"], "ids", ("2", "1")),
        ("batch_size", 1, "batch_size", 1),
        ("wait", False, "wait", False),
        ("wait_timeout", 0, "wait_timeout", 0),
        ("remark", "告警", "remark", "告警"),
        ("resource_directory_account_id", " 123 ", "account", "123"),
        ("source_ip", " 2001:DB8::0:1", "source_ip", "2001:db8::1"),
        ("lang", "zh", "lang", "zh"),
        ("check_operations", "never", "check_operations", "never"),
        ("on_refused", "abort", "on_refused", "abort"),
    ],
)
def test_an_option_arrives(option, given, field, value):
    assert getattr(_request({option: given}), field) == value


@pytest.mark.parametrize(
    ("code", "params", "wire"),
    [
        ("block_ip", {"expire_time": _NOW_MS + 1}, {"expireTime": _NOW_MS + 1}),
        ("block_ip", {"expire_in": "6h"}, {"expireTime": _NOW_MS + 21600000}),
        ("block_ip", {"expire_in": "6h", "expire_time": None, "raw": None}, {"expireTime": _NOW_MS + 21600000}),
        ("kill_and_quara", {"sub_operation": "killByMd5andPath"}, {"subOperation": "killByMd5andPath"}),
        ("virus_quara", {"sub_operation": "quaraFileByMd5andPath"}, {"subOperation": "quaraFileByMd5andPath"}),
        ("cleanup", {"raw": '{"a": 1}'}, {"a": 1}),
        ("cleanup", {}, None),
        ("ignore", {}, None),
    ],
)
def test_operation_params_on_the_wire(code, params, wire):
    sent = _request({"operation_code": code, "operation_params": params}).operation_params
    assert (None if sent is None else json.loads(sent)) == wire


def test_rules_are_named_as_the_wire_names_them():
    other = {"field": "loginSourceIp", "operate": "inIpSegment", "field_value": "192.0.2.0/24,2001:db8::1", "uuid": "ALL"}
    request = _request({**_WHITELIST, "mark_miss_param": [_RULE, other], "mark_batch": True})
    assert request.mark_batch
    assert request.mark_rules == (
        {"uuid": "part", "field": "filePath", "operate": "strEqual", "fieldValue": "/x"},
        {"uuid": "ALL", "field": "loginSourceIp", "operate": "inIpSegment", "fieldValue": "192.0.2.0/24,2001:db8::1"},
    )


@pytest.mark.parametrize("value", ["(?<n>a", "(?a)(?u)x"])
def test_a_regular_expression_of_another_dialect_is_sent_with_a_warning(value):
    warned: list[str] = []
    rule = {**_RULE, "operate": "regex", "field_value": value}
    assert _request({**_WHITELIST, "mark_miss_param": [rule]}, warned).mark_rules[0]["fieldValue"] == value
    (warning,) = warned
    assert warning.startswith(f"mark_miss_param[0].field_value {value} is no regular expression to Python (")


def test_a_raw_parameter_that_can_not_be_sent_is_refused_before_anything_is():
    with pytest.raises(OptionError, match=r"operation_params\.raw holds a character that can't be sent"):
        operation_params(OPERATIONS["cleanup"], {"raw": '{"a": "\ud800"}'}, 0.0)
