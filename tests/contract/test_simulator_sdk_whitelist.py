# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vendor's SDK as a client of the simulator: whitelist rules that last."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alibabacloud_sas20181203 import models
from alibabacloud_sas20181203.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException

from simulator import Simulator
from simulator.seed_accounts import CACHE_1, DB_1, MEMBER_ACCOUNT, MEMBER_SERVER, OWN_ACCOUNT, WEB_1, WEB_2

RULE = {
    "field": "loginUser",
    "operate": "strEqual",
    "fieldValue": "root",
    "eventType": "Unusual Logon",
    "eventName": "ssh_brute_force",
    "uuids": f"{WEB_1},{WEB_2}",
}


def listed(sdk: Client, page: int = 1, size: int = 20, **filters: Any) -> Any:
    request = models.DescribeSecurityEventMarkMissListRequest(current_page=page, page_size=size, **filters)
    return sdk.describe_security_event_mark_miss_list(request).body


def modify(sdk: Client, **changes: Any) -> Any:
    given = {
        f"{name}_mark_miss_param": rules if isinstance(rules, str) else json.dumps(rules)
        for name, rules in changes.items()
    }
    request = models.ModifySecurityEventMarkMissIndividuallyRequest(from_="sas", lang="en", **given)
    return sdk.modify_security_event_mark_miss_individually(request).body


def refusal(sdk: Client, simulator: Simulator, **changes: Any) -> str:
    """The code of a call that is refused as a whole: the rules are what they were."""
    before = list(simulator.state.whitelist_rules)
    with pytest.raises(ClientException) as refused:
        modify(sdk, **changes)
    assert simulator.state.whitelist_rules == before
    return str(refused.value.code)


def test_the_rules_are_listed(sdk: Client) -> None:
    answer = listed(sdk)
    info = answer.page_info
    assert (info.count, info.total_count, info.current_page, info.page_size) == (2, 2, 1, 20)
    everywhere, here = answer.list
    assert (everywhere.id, everywhere.ali_uid, everywhere.uuid) == (600001, OWN_ACCOUNT, "ALL")
    assert everywhere.instance_id is everywhere.instance_name is everywhere.internet_ip is None
    assert (here.id, here.uuid, here.instance_id, here.instance_name) == (
        600002,
        WEB_1,
        "i-bp1web0000000001",
        "web-prod-1",
    )
    assert (here.internet_ip, here.intranet_ip) == ("203.0.113.11", "10.0.1.11")
    assert (here.event_name, here.event_name_original) == ("可疑命令执行", "suspicious_command")
    assert (here.event_type, here.event_type_original) == ("进程异常行为", "Suspicious Process")
    assert (here.field, here.filed_alias_name, here.operate, here.field_value) == (
        "cmdLine",
        "命令行",
        "contains",
        "nmap -sn",
    )


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({"event_name": "可疑命令执行"}, [600002]),
        ({"event_name": "no such name"}, []),
        ({"remark": "web-prod"}, [600002]),
        ({"remark": "10.0.1.11"}, [600002]),
        ({"remark": "db"}, []),
        ({"size": 1}, [600001]),
        ({"size": 1, "page": 2}, [600002]),
        ({"size": 1, "page": 3}, []),
    ],
)
def test_the_list_is_filtered_and_paged(sdk: Client, filters: dict[str, Any], ids: list[int]) -> None:
    assert [rule.id for rule in listed(sdk, **filters).list] == ids


@pytest.mark.parametrize("wrong", [{"page": 0}, {"size": 0}, {"size": 101}])
def test_a_page_that_is_none_is_refused(sdk: Client, wrong: dict[str, int]) -> None:
    with pytest.raises(ClientException, match="IllegalParam"):
        listed(sdk, **wrong)


def test_a_rule_for_two_servers_is_two_rows_and_holds_for_the_alerts_of_its_kind(
    sdk: Client, simulator: Simulator
) -> None:
    answer = modify(sdk, insert=[RULE])
    assert (answer.success, answer.code, answer.http_status_code) == (True, "200", 200)
    assert [(rule.id, rule.uuid) for rule in listed(sdk).list[2:]] == [(600003, WEB_1), (600004, WEB_2)]
    # 20001 is on the one server, 20002 on the other; 10003 is of another kind.
    assert [[rule.id for rule in simulator.state.rules_of(simulator.alert(id))] for id in (20001, 20002, 10003)] == [
        [600003],
        [600004],
        [],
    ]
    request = models.DescribeSecurityEventOperationsRequest(security_event_id=20001)
    offers = sdk.describe_security_event_operations(request).body.security_event_operations_response
    [whitelist] = [offer for offer in offers if offer.operation_code == "advance_mark_mis_info"]
    assert [(rule.filed_name, rule.mark_mis_value) for rule in whitelist.mark_field] == [("loginUser", "root")]


def test_one_call_deletes_and_inserts(sdk: Client) -> None:
    modify(sdk, insert=[RULE])
    modify(sdk, delete=[RULE], insert=[{**RULE, "uuids": "ALL"}])
    assert [(rule.field_value, rule.uuid) for rule in listed(sdk).list[2:]] == [("root", "ALL")]


def test_what_is_not_right_has_the_whole_call_refused(sdk: Client, simulator: Simulator) -> None:
    for wrong in (
        {},
        {"insert": "nonsense"},
        {"insert": []},
        {"insert": RULE},
        {"insert": [RULE, RULE]},
        {"insert": [RULE, "loginUser"]},
        {"insert": [{key: value for key, value in RULE.items() if key != "eventName"}]},
        {"insert": [{**RULE, "remark": "x"}]},
        {"insert": [{**RULE, "fieldValue": 5}]},
        {"insert": [{**RULE, "fieldValue": ""}]},
        {"insert": [{**RULE, "uuids": ""}]},
        {"insert": [{**RULE, "uuids": "part"}]},
        {"insert": [{**RULE, "uuids": f"{WEB_1},ALL"}]},
        {"insert": [{**RULE, "uuids": f"{WEB_1},{MEMBER_SERVER}"}]},
        {"insert": [{**RULE, "field": "cmdLine"}]},  # no field of this kind of alert
        {"insert": [{**RULE, "operate": "contains"}]},  # no comparison of this field
        {"delete": [RULE]},  # there is none such
        {"delete": "nonsense", "insert": [RULE]},
    ):
        assert refusal(sdk, simulator, **wrong) == "IllegalParam", wrong
    modify(sdk, insert=[RULE])
    assert refusal(sdk, simulator, insert=[{**RULE, "uuids": WEB_1}]) == "IllegalParam"  # it is there


def test_a_kind_without_alerts_has_every_known_field(sdk: Client) -> None:
    modify(sdk, insert=[{**RULE, "eventName": "login_common_ip", "field": "md5", "uuids": DB_1}])
    assert [(rule.event_name, rule.event_name_original) for rule in listed(sdk).list[2:]] == [
        ("login_common_ip", "login_common_ip")
    ]


def test_rules_are_deleted_by_id(sdk: Client, simulator: Simulator) -> None:
    def delete(*ids: int) -> None:
        sdk.delete_security_event_mark_miss_list(models.DeleteSecurityEventMarkMissListRequest(ids=list(ids)))

    for wrong in ((600001, 5), ()):
        with pytest.raises(ClientException, match="IllegalParam"):
            delete(*wrong)
    assert len(simulator.state.whitelist_rules) == 2
    delete(600002, 600001)
    assert listed(sdk).list == [] and listed(sdk).page_info.total_count == 0


def test_a_members_rules_are_its_own(sdk: Client, simulator: Simulator) -> None:
    rule = {"field": "filePath", "operate": "contains", "fieldValue": "/srv/", "eventType": "Webshell"}
    request = models.ModifySecurityEventMarkMissIndividuallyRequest(
        insert_mark_miss_param=json.dumps([{**rule, "eventName": "webshell_file", "uuids": MEMBER_SERVER}]),
        resource_directory_account_id=MEMBER_ACCOUNT,
    )
    sdk.modify_security_event_mark_miss_individually(request)
    assert [rule.id for rule in simulator.state.rules_of(simulator.alert(50001))] == [600003]
    assert [rule.id for rule in listed(sdk).list] == [600001, 600002]  # the list knows the caller's own alone
    with pytest.raises(ClientException, match="IllegalParam"):
        sdk.delete_security_event_mark_miss_list(models.DeleteSecurityEventMarkMissListRequest(ids=[600003]))


def test_the_fields_that_a_kind_of_alert_allows(sdk: Client, simulator: Simulator) -> None:
    simulator.add_alert(
        event_type="Suspicious Process", sub_type="suspicious_download", uuid=CACHE_1, mark_sources={"md5": "0" * 32}
    )
    request = models.AdvanceSecurityEventOperationsRequest(
        event_type="Suspicious Process", event_name="suspicious_download"
    )
    [offer] = sdk.advance_security_event_operations(request).body.security_event_operations_response
    assert (offer.operation_code, offer.user_can_operate, offer.operation_params) == ("advance_mark_mis_info", True, "")
    allowed = {source.filed_name: source.supported_mis_type for source in offer.mark_fields_source}
    assert allowed == {
        "cmdLine": ["contains", "notContains", "regex", "strEqual", "strNotEqual"],
        "filePath": ["contains", "notContains", "regex", "strEqual", "strNotEqual"],
        "md5": ["strEqual"],
    }
    [rule] = offer.mark_field
    assert (rule.filed_name, rule.mark_mis_type, rule.mark_mis_value) == ("filePath", "contains", "/opt/backup/")


@pytest.mark.parametrize("given", [{}, {"event_type": "Webshell"}, {"event_name": "webshell_file"}])
def test_type_and_name_come_together(sdk: Client, given: dict[str, str]) -> None:
    with pytest.raises(ClientException, match="IllegalParam"):
        sdk.advance_security_event_operations(models.AdvanceSecurityEventOperationsRequest(**given))
