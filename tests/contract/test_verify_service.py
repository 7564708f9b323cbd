# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""verify_service_info over the simulator, which shows each fact as it may be and as it may not be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from test_preflight import READS

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.client import OpenApiClient
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.credentials import Credentials
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import ApiError
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.transport import Connection
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.preflight_table import WIDTH
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.service import PRODUCT
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.service_facts import FACTS
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.sessions import Plane
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.verify_service import run
from simulator import Simulator
from simulator.seed_crowd import crowd

NAMES = [fact.name for fact in FACTS]
ATTACKED = 77001


def plane_of(simulator: Simulator, name: str = "china", endpoint: str = "") -> Plane:
    connection = Connection(endpoint or simulator.endpoints[name], requests_per_second=1000, max_retries=0)
    key = Credentials(simulator.access_key_id, simulator.access_key_secret)
    return Plane(name, OpenApiClient(PRODUCT, key, connection))


def look(simulator: Simulator, *planes: Plane, warn: Callable[[str], None] = pytest.fail) -> dict[str, Any]:
    result = run(list(planes) or [plane_of(simulator)], {}, Report(False, False, {}, warn))
    assert max(map(len, result["table"])) <= WIDTH and all(line.isprintable() for line in result["table"])
    assert all(READS.match(call.action) for call in simulator.calls)
    assert max(one["calls"] for one in result["data_planes"]) <= 30
    return result


def verdicts(result: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["verdict"] for one in result["data_planes"][0]["facts"]}


@pytest.fixture
def shown(simulator: Simulator) -> Simulator:
    """A service whose alerts show every fact: one that was attacked from an address, one of several events, those of a member."""
    operations = ["block_ip", "advance_mark_mis_info", "ignore"]
    attacked = {"id": ATTACKED, "attacker_ip": "198.51.100.77", "operations": operations, "uuid": _server(simulator, 0)}
    simulator.add_alert(**attacked, event_ids=[88001, 88002])
    simulator.add_alert(id=ATTACKED + 1, uuid=_server(simulator, 1))
    simulator.add_alert(id=ATTACKED + 2, status=32, operate_error_code="ignore.Success")
    simulator.state.settings.id_filter_finds_events = True
    return simulator


def _server(simulator: Simulator, at: int) -> str:
    return simulator.state.assets[at].uuid


def test_each_fact_is_confirmed_where_it_is_so(shown: Simulator):
    result = look(shown)
    assert verdicts(result) == dict.fromkeys(NAMES, "confirmed"), result["table"]
    assert result["to_set"] == {}
    assert result["data_planes"][0]["calls"] == len(shown.calls)
    assert "  1. Nothing." in result["table"]


def _no_filter_by_id(simulator: Simulator) -> None:
    simulator.state.settings.id_filter_finds_rows = False
    simulator.state.settings.id_filter_finds_events = False  # the last row's id is that of its event too


def _unlabelled(simulator: Simulator) -> None:
    simulator.alert(ATTACKED).mark_sources = {"filePath": "/tmp/x"}


REFUTED: dict[str, Callable[[Simulator], Any]] = {
    "id_filter_row": _no_filter_by_id,
    "id_filter_event": lambda shown: setattr(shown.state.settings, "id_filter_finds_events", False),
    "text_times": lambda shown: setattr(shown.state.settings, "text_times_utc", 0.0),
    "time_filters": lambda shown: setattr(shown.state.settings, "time_filters_utc", 0.0),
    "page_size": lambda shown: setattr(shown.state.settings, "most_rows", 20),
    "uuid_exact": lambda shown: setattr(shown.state.settings, "uuid_criterion_exact", False),
    "criteria_or": lambda shown: setattr(shown.state.settings, "criteria_of_one_name", False),
    "event_types_en": lambda shown: setattr(shown.state.settings, "live_types_as_in_rows", False),
    "event_types_zh": lambda shown: setattr(shown.state.settings, "live_types_as_in_rows", False),
    "one_list": lambda shown: setattr(shown.state.settings, "one_list_for_members", False),
    "attacker_address": _unlabelled,
    "operation_codes": lambda shown: shown.add_alert(id=ATTACKED, operations=["ignore", "new\x1b_one"]),
    "operation_ends": lambda shown: shown.add_alert(id=ATTACKED + 2, operate_error_code="Ignored"),
}


@pytest.mark.parametrize("name", NAMES)
def test_each_fact_is_refuted_where_it_is_not_so(name: str, shown: Simulator):
    REFUTED[name](shown)
    result = look(shown)
    assert verdicts(result)[name] == "refuted", result["table"]
    (fact,) = (one for one in result["data_planes"][0]["facts"] if one["name"] == name)
    assert fact["asked"] and fact["evidence"].isprintable()
    assert result["to_set"][name] == fact["to_set"] != ""


def test_without_an_example_nothing_is_claimed(simulator: Simulator):
    simulator.state.alerts.clear()
    result = look(simulator)
    assert set(verdicts(result).values()) == {"not seen"} and result["to_set"] == {}


def test_a_refused_call_concerns_its_own_fact(shown: Simulator):
    shown.fail("DescribeNsasSuspEventType", times=2, how="error", http_status=403, code="Forbidden.RAM")
    told = verdicts(look(shown))
    assert {name for name, verdict in told.items() if verdict != "confirmed"} == {"event_types_en", "event_types_zh"}


def test_text_of_attackers_is_read_and_acts_upon_nothing(shown: Simulator):
    evil = '{{ 1 }}\x1b[2J\u202e\n"]' * 20
    operations = ["ignore", f"a{evil}"]
    shown.add_alert(id=ATTACKED, event_type=evil, name=evil, operations=operations, details={"cmdLine": evil})
    shown.add_alert(id=ATTACKED + 2, operate_error_code=f"b{evil}".replace(".", ""))
    facts = {one["name"]: one for one in look(shown)["data_planes"][0]["facts"]}
    for name in ("operation_codes", "operation_ends"):
        assert facts[name]["verdict"] == "refuted" and "{{ 1 }}\\x1b[2J" in facts[name]["evidence"]
        assert facts[name]["evidence"].isprintable() and len(facts[name]["evidence"]) < 300


def test_a_dead_plane_is_told_beside_the_other(shown: Simulator):
    warnings: list[str] = []
    dead = plane_of(shown, "international", "http://127.0.0.1:9")
    result = look(shown, plane_of(shown), dead, warn=warnings.append)
    assert [one["error"] is None for one in result["data_planes"]] == [True, False] and len(warnings) == 1
    with pytest.raises(ApiError, match="can't be reached"):
        look(shown, dead, warn=warnings.append)


def _deaf(plane: Plane, *names: str) -> Plane:
    """A plane whose service takes no notice of some parameters."""
    call = plane.client.call
    plane.client.call = lambda action, given, **how: call(  # type: ignore[method-assign]
        action, {name: value for name, value in given.items() if name not in names}, **how
    )
    return plane


@pytest.mark.parametrize(
    ("ignored", "refuted"),
    [
        (["Id"], {"id_filter_row", "id_filter_event"}),
        (["TimeStart"], {"time_filters"}),
        (["TimeEnd"], {"time_filters"}),
        (["Criteria"], {"uuid_exact"}),
    ],
    ids=["Id", "TimeStart", "TimeEnd", "Criteria"],
)
def test_what_the_service_takes_no_notice_of_is_not_confirmed(shown: Simulator, ignored: list[str], refuted: set[str]):
    told = verdicts(look(shown, _deaf(plane_of(shown), *ignored)))
    assert {name for name, verdict in told.items() if verdict == "refuted"} == refuted


def test_one_alert_shows_nothing_about_filters(shown: Simulator):
    shown.state.alerts[:] = [one for one in shown.state.alerts if one.id == ATTACKED]
    for plane in (plane_of(shown), _deaf(plane_of(shown), "Id")):
        told = verdicts(look(shown, plane))
        assert [told[name] for name in ("id_filter_row", "id_filter_event", "page_size")] == ["not seen"] * 3


def test_a_page_that_holds_all_does_not_show_how_much_it_holds(simulator: Simulator):
    del simulator.state.alerts[60:]
    assert verdicts(look(simulator))["page_size"] == "not seen"


def test_servers_that_are_gone_refute_nothing(shown: Simulator):
    gone, plane = _server(shown, 2), plane_of(shown)
    shown.add_alert(id=ATTACKED + 3, uuid=gone)
    call = plane.client.call

    def without(action: str, given: Mapping[str, Any], **how: Any) -> dict[str, Any]:
        answer = call(action, given, **how)
        servers = answer.get("Instances", [])
        return {**answer, "Instances": [one for one in servers if one["Uuid"] != gone]} if servers else answer

    plane.client.call = without  # type: ignore[method-assign]
    told = verdicts(look(shown, plane))
    assert (told["uuid_exact"], told["criteria_or"]) == ("confirmed", "confirmed")


def test_the_address_of_a_mining_pool_is_no_attacker_s(simulator: Simulator):
    simulator.reset(crowd(120))
    assert verdicts(look(simulator))["attacker_address"] == "not seen"
