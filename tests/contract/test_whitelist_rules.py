# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whitelist rules as alert_whitelist_rule and alert_whitelist_rule_info keep them, over a simulator."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.client import OpenApiClient
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import (
    ApiError,
    OptionError,
    SecurityCenterError,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import (
    whitelist,
    whitelist_rule,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from engine import client_of, shorten_waits
from simulator import Simulator
from simulator.seed_accounts import (
    CACHE_1,
    DB_1,
    K8S_NODE_1,
    MEMBER_SERVER,
    OWN_ACCOUNT,
    READ_ONLY_KEY_ID,
    WEB_1,
    WEB_2,
)
from simulator.state import WhitelistRule

MODIFY, DELETE = "ModifySecurityEventMarkMissIndividually", "DeleteSecurityEventMarkMissList"
LIST = "DescribeSecurityEventMarkMissList"
RULE = {
    "event_type": "Suspicious Process",
    "event_name": "suspicious_download",
    "field": "cmdLine",
    "operate": "contains",
    "field_value": "/opt/backup/agent.tgz",
    "uuid": DB_1,
}
SEEDED = {
    "event_type": "Suspicious Process",
    "event_name": "suspicious_command",
    "field": "cmdLine",
    "operate": "contains",
    "field_value": "nmap -sn",
    "uuid": WEB_1,
}
Keep = Callable[..., "dict[str, Any]"]


@pytest.fixture
def keep(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Keep:
    """``keep(field_value="x")`` is the result of alert_whitelist_rule with RULE's options and these."""
    shorten_waits(monkeypatch)
    return keeper(client_of(simulator))


def keeper(client: OpenApiClient) -> Keep:
    def run(check: bool = False, diff: bool = False, **options: Any) -> dict[str, Any]:
        named = {} if "rule_id" in options else RULE
        report = Report(check_mode=check, diff=diff, environ={}, warn=pytest.fail)
        return whitelist_rule.run(client, {"state": "present", **named, **options}, report)

    return run


def rules(simulator: Simulator) -> list[tuple[str, ...]]:
    """The rules that the service has, in the order of KEYS."""
    return [
        (rule.event_type, rule.event_name, rule.field, rule.operate, rule.field_value, rule.uuid)
        for rule in simulator.state.whitelist_rules
    ]


def calls(simulator: Simulator, *actions: str) -> list[str]:
    return [call.action for call in simulator.calls if call.action in (actions or (MODIFY, DELETE))]


def test_check_run_repeat(simulator: Simulator, keep: Keep) -> None:
    before = rules(simulator)
    planned = keep(check=True, diff=True)
    assert rules(simulator) == before
    assert planned["changed"] and planned["diff"] == {"before": {}, "after": RULE}
    assert planned["alert_whitelist_rule"] == {**dict.fromkeys(planned["alert_whitelist_rule"]), **RULE}
    [action] = planned["actions"]
    entry = {
        "field": "cmdLine",
        "operate": "contains",
        "eventType": "Suspicious Process",
        "eventName": "suspicious_download",
        "fieldValue": "/opt/backup/agent.tgz",
        "uuids": DB_1,
    }
    assert action["action"] == MODIFY
    assert json.loads(action["parameters"]["InsertMarkMissParam"]) == [entry]

    done = keep(diff=True)
    assert {key: done[key] for key in ("changed", "actions", "diff", "matches")} == {
        key: planned[key] for key in ("changed", "actions", "diff", "matches")
    }
    assert rules(simulator) == [*before, tuple(RULE.values())]
    told = done["alert_whitelist_rule"]
    assert (told["id"], told["instance_name"], told["account"]) == ("600003", "db-prod-1", str(OWN_ACCOUNT))

    again = keep(diff=True)
    assert (again["changed"], again["actions"], again["alert_whitelist_rule"]) == (False, [], told)
    assert again["diff"] == {"before": RULE, "after": RULE}
    assert calls(simulator) == [MODIFY]


@pytest.mark.parametrize("named", [{"rule_id": "600002"}, {"rule_id": "0600002"}, SEEDED])
def test_removing_a_rule(simulator: Simulator, keep: Keep, named: dict[str, str]) -> None:
    planned = keep(state="absent", check=True, diff=True, **named)
    assert len(rules(simulator)) == 2
    done = keep(state="absent", diff=True, **named)
    assert planned == done
    assert done["actions"] == [{"action": DELETE, "parameters": {"Ids": ["600002"]}}]
    assert (done["alert_whitelist_rule"], done["diff"]) == (None, {"before": SEEDED, "after": {}})
    assert [rule.id for rule in simulator.state.whitelist_rules] == [600001]
    again = keep(state="absent", **named)
    assert (again["changed"], again["actions"], again["alert_whitelist_rule"]) == (False, [], None)
    assert calls(simulator) == [DELETE]


def test_several_rows_of_the_same_rule_are_all_removed(simulator: Simulator, keep: Keep) -> None:
    simulator.state.whitelist_rules.append(replace(simulator.state.whitelist_rules[1], id=7))
    assert keep(state="absent", **SEEDED)["actions"] == [{"action": DELETE, "parameters": {"Ids": ["600002", "7"]}}]
    assert [rule.id for rule in simulator.state.whitelist_rules] == [600001]


@pytest.mark.parametrize("differs", ["event_type", "event_name", "field", "operate", "field_value", "uuid"])
def test_a_rule_that_differs_in_one_thing_is_another_rule(simulator: Simulator, keep: Keep, differs: str) -> None:
    other = {"operate": "regex", "uuid": WEB_2}.get(differs, "other")
    assert not keep(state="absent", **{**SEEDED, differs: other})["changed"]
    assert len(rules(simulator)) == 2


# --- what a new rule matches ---


@pytest.mark.parametrize(
    ("operate", "value", "ids"),
    [
        ("contains", "backup", ["10015"]),
        ("contains", "restore", []),
        ("strEqual", "curl -o /opt/backup/agent.tgz", ["10015"]),
        ("strEqual", "curl", []),
        ("strNotEqual", "curl", ["10015"]),
        ("notContains", "curl", []),
        ("notContains", "wget", ["10015"]),
        ("regex", "^curl .*tgz$", ["10015"]),
        ("regex", "^tgz", []),
    ],
)
def test_the_open_alerts_that_a_rule_matches_are_shown(keep: Keep, operate: str, value: str, ids: list[str]) -> None:
    result = keep(check=True, operate=operate, field_value=value, allow_broad=True)
    assert [match["id"] for match in result["matches"]] == ids
    assert (result["matches_count"], result["matches_complete"]) == (len(ids), True)


def test_a_match_tells_what_a_person_needs_to_judge_it(keep: Keep) -> None:
    assert keep(check=True)["matches"] == [
        {
            "id": "10015",
            "security_event_ids": ["10015"],
            "name": "Suspicious Process-Suspicious download",
            "instance_name": "db-prod-1",
            "uuid": DB_1,
            "value": "curl -o /opt/backup/agent.tgz",
        }
    ]


STORM = {"event_type": "Unusual Logon", "event_name": "ssh_brute_force", "field": "loginSourceIp"}


def test_at_most_fifty_alerts_are_compared(simulator: Simulator, keep: Keep) -> None:
    result = keep(check=True, **STORM, operate="inIpSegment", field_value="192.0.2.0/24", uuid=WEB_1)
    assert len(calls(simulator, "DescribeSecurityEventOperations")) == 50
    # Of five addresses three are in the network, and 60 alerts are on the server.
    assert (result["matches_count"], len(result["matches"]), result["matches_complete"]) == (30, 30, False)
    assert {match["uuid"] for match in result["matches"]} == {WEB_1}


def test_alerts_of_other_servers_are_matched_by_a_rule_for_all(simulator: Simulator, keep: Keep) -> None:
    simulator.add_alert(
        id=9,
        event_type="Suspicious Process",
        sub_type="suspicious_download",
        uuid=CACHE_1,
        mark_sources={"cmdLine": "x"},
    )
    wide = {"field_value": "x", "operate": "strEqual", "allow_broad": True}
    assert keep(check=True, **wide)["matches"] == []
    assert [match["id"] for match in keep(check=True, **wide, uuid="all")["matches"]] == ["9"]


@pytest.mark.parametrize(
    "fields",
    [
        {"event_type": "Another type"},  # the name says yes, the type no
        {"online": False},  # offers nothing
        {"operations": ["ignore"]},
        {"mark_sources": {"cmdLine": "y" * 5000}, "_operate": "regex"},
        {"mark_sources": {"filePath": "y"}, "_operate": "strNotEqual"},
    ],
)
def test_an_alert_that_cannot_be_compared_is_told(simulator: Simulator, keep: Keep, fields: dict[str, Any]) -> None:
    operate = fields.pop("_operate", "strEqual")
    kind = {"event_type": "Suspicious Process", "sub_type": "suspicious_download"}
    simulator.add_alert(**{"id": 9, "uuid": DB_1, "mark_sources": {"cmdLine": "y"}, **kind, **fields})
    result = keep(check=True, operate=operate, field_value="agent.tgz$", allow_broad=True)
    assert "9" not in [match["id"] for match in result["matches"]]
    assert result["matches_complete"] is False


def test_of_an_alert_with_several_events_a_no_of_the_first_says_nothing(simulator: Simulator, keep: Keep) -> None:
    assert simulator.alert(10015).event_ids == [10015]
    for events in ([10015], [10015, 10016]):
        simulator.add_alert(id=10015, event_ids=events)
        assert keep(check=True)["matches_complete"] is True
        assert keep(check=True, field_value="another")["matches_complete"] is (len(events) == 1)


def test_an_alert_that_is_gone_when_it_is_looked_at_is_left_out(simulator: Simulator, keep: Keep) -> None:
    for value, ids in (("/opt/backup/agent.tgz", ["10015"]), ("gone", []), ("wget", [])):
        found = keep(check=True, operate="contains", field_value=value)
        assert [match["id"] for match in found["matches"]] == ids
        simulator.fail("DescribeSecurityEventOperations", how="error", http_status=400, code="SecurityEventNotExists")
        result = keep(check=True, operate="contains", field_value=value)
        assert (result["matches"], result["matches_complete"]) == ([], True)


def test_no_word_of_an_attacker_hides_an_alert(simulator: Simulator, keep: Keep) -> None:
    simulator.add_alert(id=10015, mark_sources={"cmdLine": "gone"})
    assert keep(check=True, operate="strEqual", field_value="gone")["matches_count"] == 1


def test_alerts_beyond_those_that_are_listed_are_told(
    simulator: Simulator, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert keep(check=True)["matches_complete"] is True
    monkeypatch.setattr(whitelist_rule, "_MOST_LISTED", 1)
    assert keep(check=True)["matches_complete"] is False


def test_when_an_alert_cannot_be_asked_for_no_rule_is_made(simulator: Simulator, keep: Keep) -> None:
    simulator.fail("DescribeSecurityEventOperations", how="error", http_status=400, code="NoPermission")
    with pytest.raises(ApiError, match="DescribeSecurityEventOperations failed: NoPermission"):
        keep()
    assert calls(simulator) == []


def test_a_value_that_cannot_be_read_is_told(simulator: Simulator, keep: Keep) -> None:
    def spoil(answer: dict[str, Any]) -> dict[str, Any]:
        offers = [{**offer} for offer in answer["SecurityEventOperationsResponse"]]
        for offer in offers:
            offer["MarkFieldsSource"] = [{**one, "MarkMisValue": ["x"]} for one in offer.get("MarkFieldsSource", [])]
        return {"SecurityEventOperationsResponse": offers}

    result = keeper(spoilt(simulator, "DescribeSecurityEventOperations", spoil))(check=True)
    assert (result["matches"], result["matches_complete"]) == ([], False)


def test_a_long_value_is_shown_in_part(simulator: Simulator, keep: Keep) -> None:
    simulator.add_alert(id=10015, mark_sources={"cmdLine": "a" * 5000 + "tail"})
    [match] = keep(check=True, operate="contains", field_value="atail")["matches"]
    assert match["value"] == "a" * 4096


def test_an_expression_that_takes_for_ever_is_given_up(simulator: Simulator, keep: Keep) -> None:
    simulator.add_alert(id=10015, mark_sources={"cmdLine": "a" * 5000})
    result = keep(check=True, operate="regex", field_value="(a+)+b", allow_broad=True)
    assert (result["matches"], result["matches_complete"]) == ([], False)


# --- what is refused ---

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a broad rule": (
        {"uuid": "ALL", "operate": "notContains"},
        "the rule is broad: uuid ALL has it hold on every server, on those to come too; operate notContains matches nearly "
        "everything - make it narrower, or set allow_broad: true",
    ),
    "an operation that is not allowed": (
        {"allowed_operations": ["ignore"]},
        "a rule needs advance_mark_mis_info in allowed_operations: allowed are ignore",
    ),
    "all servers, some of them protected": (
        {"uuid": "ALL", "allow_broad": True, "protected_assets": [{"name": "db-*"}]},
        "uuid ALL covers the assets in protected_assets too: make a rule for each server's uuid",
    ),
    "a protected server": (
        {"protected_assets": [{"name": "db-*"}]},
        f"no rule is made for {DB_1}: the asset is protected by protected_assets (name: db-*)",
    ),
    "a node that may hold a protected namespace": (
        {"uuid": K8S_NODE_1, "protected_assets": [{"namespace": "payments"}]},
        f"no rule is made for {K8S_NODE_1}: protected_assets (namespace: payments) can't be checked: the service does not "
        "tell the namespace of this alert's asset",
    ),
    "a server that is not there": (
        {"uuid": "part"},
        "uuid part is no server of this account: give a server's uuid, or ALL",
    ),
    "another account's server": (
        {"uuid": MEMBER_SERVER},
        f"uuid {MEMBER_SERVER} is no server of this account: give a server's uuid, or ALL",
    ),
    "two servers": (
        {"uuid": f"{WEB_1},{WEB_2}"},
        f"uuid {WEB_1},{WEB_2} is no server of this account: give a server's uuid, or ALL",
    ),
    "a field that the kind does not have": (
        {"field": "loginUser"},
        "field loginUser is none of alerts of event_type Suspicious Process and event_name suspicious_download: allowed are "
        "cmdLine, filePath",
    ),
    "a comparison that the field does not allow": (
        {"operate": "inIpSegment", "field_value": "192.0.2.0/24"},
        "operate inIpSegment is not allowed for field cmdLine: allowed are contains, notContains, regex, strEqual, strNotEqual",
    ),
    "no network": (
        {"operate": "inIpSegment", "field_value": "192.0.2.0/24,x"},
        "field_value 192.0.2.0/24,x is not an address or network, which operate inIpSegment needs: write one such as "
        "192.0.2.0/24",
    ),
    "a value that is missing": (
        {"field_value": None},
        "field_value is missing: a rule is named by event_type, event_name, field, operate, field_value, uuid",
    ),
    "a value that is empty": ({"field_value": " \t"}, "field_value is empty: give what it is compared with"),
    "an empty server, which the list would read as all": ({"uuid": ""}, "uuid is empty: give a server's uuid, or ALL"),
    "a character that can't be sent": (
        {"field_value": "a\ud800"},
        r"field_value holds a character that can't be sent (a\ud800): remove it",
    ),
    "a new rule with an id": (
        {"rule_id": "600001"},
        "rule_id goes with state absent: the service gives a new rule its id, so leave rule_id out",
    ),
    "an id that is none": (
        {"state": "absent", "rule_id": "x"},
        "rule_id x is not a rule's id: give its decimal digits, as alert_whitelist_rule_info shows them",
    ),
    "an id and a field": (
        {"state": "absent", "rule_id": "600001", "field": "cmdLine"},
        "rule_id names the rule: leave out field, or name it by event_type, event_name, field, operate, field_value, uuid",
    ),
    "half a rule to remove": (
        {"state": "absent", "event_name": None},
        "event_name is missing: a rule is named by event_type, event_name, field, operate, field_value, uuid, or rule_id "
        "alone",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_is_a_sentence_and_nothing_is_sent(simulator: Simulator, keep: Keep, what: str) -> None:
    options, sentence = REFUSED[what]
    for check in (True, False):
        with pytest.raises(OptionError) as refused:
            keep(check=check, **options)
        assert str(refused.value) == sentence
    assert calls(simulator) == [] and len(rules(simulator)) == 2


def test_a_kind_for_which_the_service_names_no_field(simulator: Simulator, keep: Keep) -> None:
    run = keeper(spoilt(simulator, "AdvanceSecurityEventOperations", {"SecurityEventOperationsResponse": []}))
    with pytest.raises(OptionError, match="the service names no field for alerts of event_type a and event_name b"):
        run(event_type="a", event_name="b")
    assert calls(simulator) == []


@pytest.mark.parametrize("wrong", [None, "x", {}])
def test_fields_of_a_kind_that_cannot_be_read_are_no_answer(simulator: Simulator, keep: Keep, wrong: Any) -> None:
    run = keeper(spoilt(simulator, "AdvanceSecurityEventOperations", {"SecurityEventOperationsResponse": wrong}))
    with pytest.raises(ApiError, match="the answer holds no list of operations"):
        run()
    assert calls(simulator) == []


def test_a_rule_without_an_id_is_left_to_a_person(simulator: Simulator, keep: Keep) -> None:
    def spoil(answer: dict[str, Any]) -> dict[str, Any]:
        return {**answer, "List": [{**row, "Id": ["x"]} for row in answer["List"][1:]], "PageInfo": {"TotalCount": 1}}

    result = keeper(spoilt(simulator, LIST, spoil))(state="absent", **SEEDED)
    assert result["failed"] and not result["changed"] and calls(simulator) == []
    assert "does not tell the id of a rule that is to be removed: remove it in the console" in result["msg"]


@pytest.mark.parametrize("rail", [{"namespace": "payments"}, {"cluster": "another"}, {"name": "web-*"}])
def test_a_server_that_no_guard_rail_protects_gets_its_rule(keep: Keep, rail: dict[str, str]) -> None:
    assert keep(check=True, protected_assets=[rail])["changed"]
    if "namespace" not in rail:
        assert keep(check=True, uuid=K8S_NODE_1, protected_assets=[rail])["changed"]


def test_a_broad_rule_that_is_meant_is_made(simulator: Simulator, keep: Keep) -> None:
    made = keep(uuid="ALL", operate="notContains", allow_broad=True)
    assert made["alert_whitelist_rule"]["uuid"] == "ALL"
    assert rules(simulator)[2][3:] == ("notContains", RULE["field_value"], "ALL")


def test_no_guard_rail_keeps_a_rule_from_being_removed(simulator: Simulator, keep: Keep) -> None:
    rails = {"protected_assets": [{"name": "*"}], "allowed_operations": []}
    assert keep(state="absent", rule_id="600001", **rails)["changed"]
    assert keep(state="absent", **SEEDED, **rails)["changed"]
    assert rules(simulator) == []


# --- when things go wrong ---


@pytest.mark.parametrize("how", ["reset_after", "reset_before"])
@pytest.mark.parametrize(
    ("action", "options"), [(MODIFY, {}), (DELETE, {"state": "absent", "rule_id": "600002"})], ids=[MODIFY, DELETE]
)
def test_a_lost_answer_is_looked_into(
    simulator: Simulator, keep: Keep, how: str, action: str, options: dict[str, Any]
) -> None:
    simulator.fail(action, how=how)
    result = keep(**options)
    assert result["changed"] and len(result["actions"]) == 1
    assert calls(simulator) == [action] * (1 if how == "reset_after" else 2)
    assert not keep(**options)["changed"]


def test_an_answer_that_stays_lost_is_no_success(simulator: Simulator, keep: Keep) -> None:
    simulator.fail(MODIFY, times=3, how="reset_before")
    result = keep()
    assert result["failed"] and result["changed"] and result["error"]["action"] == MODIFY
    assert result["matches_count"] == 1 and len(result["actions"]) == 1
    assert len(rules(simulator)) == 2


@pytest.mark.parametrize(
    ("action", "options"), [(MODIFY, {}), (DELETE, {"state": "absent", "rule_id": "600002"})], ids=[MODIFY, DELETE]
)
def test_a_refusal_of_the_service_changes_nothing(
    simulator: Simulator, keep: Keep, action: str, options: dict[str, Any]
) -> None:
    simulator.fail(action, how="error", http_status=400, code="IllegalParam", message="no")
    result = keep(**options)
    assert (result["failed"], result["changed"], result["actions"]) == (True, False, [])
    assert result["error"]["code"] == "IllegalParam"


def test_a_key_that_may_only_read(simulator: Simulator, keep: Keep) -> None:
    own_key = next(key for key in simulator.state.keys if key.access_key_id == simulator.access_key_id)
    reads = next(key.permissions for key in simulator.state.keys if key.access_key_id == READ_ONLY_KEY_ID)
    own_key.permissions = [*(reads or []), "AdvanceSecurityEventOperations"]
    for options in ({}, {"state": "absent", "rule_id": "600002"}):
        result = keep(**options)
        assert result["failed"] and result["error"]["code"] == "Forbidden.RAM" and not result["changed"]


def test_throttling_is_waited_out(simulator: Simulator, keep: Keep) -> None:
    for action in (LIST, "AdvanceSecurityEventOperations", MODIFY):
        simulator.fail(action, how="throttle", retry_after_ms=1)
    assert keep()["changed"] and len(rules(simulator)) == 3


def meddled(simulator: Simulator, action: str, meddle: Callable[[], object]) -> OpenApiClient:
    """A client between whose last reading and whose first call of ``action`` somebody else is quicker."""
    client = client_of(simulator)
    call, pending = client.call, [meddle]

    def with_somebody(called: str, *given: Any, **more: Any) -> Any:
        if called == action and pending:
            pending.pop()()
        return call(called, *given, **more)

    client.call = with_somebody
    return client


def spoilt(simulator: Simulator, action: str, answer: Any) -> OpenApiClient:
    """A client to which the service answers ``action`` with ``answer``, or what that makes of the true one."""
    client = client_of(simulator)
    call = client.call

    def with_answer(called: str, *given: Any, **more: Any) -> Any:
        told = call(called, *given, **more)
        if called != action:
            return told
        return answer(told) if callable(answer) else answer

    client.call = with_answer
    return client


def test_a_rule_that_vanishes_before_it_is_removed_is_gone(simulator: Simulator, keep: Keep) -> None:
    client = meddled(simulator, DELETE, simulator.state.whitelist_rules.clear)
    result = keeper(client)(state="absent", rule_id="600002")
    assert (result.get("failed"), result["changed"], result["actions"]) == (None, False, [])


def test_what_is_left_of_several_rows_is_removed(simulator: Simulator, keep: Keep) -> None:
    simulator.state.whitelist_rules.append(replace(simulator.state.whitelist_rules[1], id=7))
    client = meddled(simulator, DELETE, lambda: simulator.state.whitelist_rules.pop(1))
    result = keeper(client)(state="absent", **SEEDED)
    assert result["actions"] == [{"action": DELETE, "parameters": {"Ids": ["7"]}}]
    assert [rule.id for rule in simulator.state.whitelist_rules] == [600001]


def test_a_rule_that_somebody_else_makes_first_is_there(simulator: Simulator, keep: Keep) -> None:
    theirs = WhitelistRule(5, OWN_ACCOUNT, *RULE.values())
    client = meddled(simulator, MODIFY, lambda: simulator.state.whitelist_rules.append(theirs))
    result = keeper(client)()
    assert (result.get("failed"), result["changed"], result["actions"]) == (None, False, [])
    assert result["alert_whitelist_rule"]["id"] == "5" and len(rules(simulator)) == 3


def test_a_rule_that_the_service_takes_and_does_not_list_is_no_success(
    simulator: Simulator, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whitelist, "_SHOWN_LATER", 0.1)
    client = spoilt(simulator, LIST, {"List": [], "PageInfo": {"TotalCount": 0}})
    result = keeper(client)()
    assert result["failed"] and result["changed"]
    assert "does not list it: look at the rules in the console" in result["msg"]


def test_a_rule_that_stays_after_its_removal_is_no_success(
    simulator: Simulator, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whitelist, "_SHOWN_LATER", 0.1)
    before = client_of(simulator).call(LIST, {"CurrentPage": 1, "PageSize": 100})
    result = keeper(spoilt(simulator, LIST, before))(state="absent", rule_id="600002")
    assert result["failed"] and result["changed"]
    assert "the service took the removal and still lists 600002" in result["msg"]


WRONG = [None, True, 5, 1.5, "", "x", [], ["x"], {}, {"a": 1}, [None], [[]]]


@pytest.mark.parametrize(
    "name", ["Id", "EventNameOriginal", "EventTypeOriginal", "Field", "Operate", "FieldValue", "Uuid"]
)
def test_a_wrong_type_in_a_rule_removes_no_other_one(simulator: Simulator, keep: Keep, name: str) -> None:
    for wrong in WRONG:

        def spoil(answer: dict[str, Any], wrong: Any = wrong) -> dict[str, Any]:
            return {**answer, "List": [{**row, name: wrong} for row in answer["List"]]}

        try:
            result = keeper(spoilt(simulator, LIST, spoil))(state="absent", **{**SEEDED, "uuid": DB_1})
        except SecurityCenterError:
            continue
        assert not result["changed"], wrong
    assert len(rules(simulator)) == 2


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize(
    ("action", "name"),
    [
        (LIST, "List"),
        (LIST, "PageInfo"),
        ("AdvanceSecurityEventOperations", "SecurityEventOperationsResponse"),
        ("DescribeCloudCenterInstances", "Instances"),
        ("DescribeSecurityEventOperations", "SecurityEventOperationsResponse"),
        ("DescribeSuspEvents", "SuspEvents"),
    ],
)
def test_a_wrong_type_in_an_answer_opens_no_guard_rail(
    simulator: Simulator, keep: Keep, monkeypatch: pytest.MonkeyPatch, action: str, name: str, wrong: Any
) -> None:
    monkeypatch.setattr(whitelist, "_SHOWN_LATER", 0.0)
    run = keeper(spoilt(simulator, action, lambda answer: {**answer, name: wrong}))
    try:
        result = run(protected_assets=[{"name": "db-*"}])
    except SecurityCenterError:
        result = {"failed": True}
    assert result["failed"] and calls(simulator) == []


# --- the list ---


def listed(client: OpenApiClient, **options: str) -> list[str]:
    report = Report(check_mode=False, diff=False, environ={}, warn=pytest.fail)
    result = whitelist.run(client, options, report)
    assert result["changed"] is False and result["total_count"] == len(result["alert_whitelist_rules"])
    return [rule["id"] for rule in result["alert_whitelist_rules"]]


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ({}, ["600001", "600002"]),
        ({"event_name": "suspicious_download"}, ["600001"]),
        ({"event_name": "可疑命令执行"}, ["600002"]),
        ({"field": "filePath"}, ["600001"]),
        ({"field": "filePath", "uuid": WEB_1}, []),
        ({"uuid": WEB_1}, ["600002"]),
        ({"uuid": "all"}, ["600001"]),
        ({"search": "web-prod"}, ["600002"]),
        ({"search": "nothing"}, []),
    ],
)
def test_the_rules_are_listed(simulator: Simulator, options: dict[str, str], ids: list[str]) -> None:
    assert listed(client_of(simulator), **options) == ids


def test_a_list_of_many_pages_is_read_whole(simulator: Simulator) -> None:
    first = simulator.state.whitelist_rules[0]
    simulator.state.whitelist_rules += [
        replace(first, id=number, field_value=f"/x/{number}") for number in range(1, 251)
    ]
    assert listed(client_of(simulator)) == ["600001", "600002", *map(str, range(1, 251))]
    assert len(calls(simulator, LIST)) == 3


def test_the_list_fails_as_the_call_does(simulator: Simulator) -> None:
    simulator.fail(LIST, how="error", http_status=400, code="NoPermission")
    with pytest.raises(ApiError, match="NoPermission"):
        listed(client_of(simulator))
