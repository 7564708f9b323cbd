# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both data planes in one task: each is asked, and each alert is handled where it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import ApiError, OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import (
    event_info,
    handling,
    reverting,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.sessions import Plane
from engine import client_of
from simulator import Simulator
from simulator.seed_accounts import MEMBER_ACCOUNT

CHINA, INTERNATIONAL = "10004", "70004"
BOTH = [CHINA, INTERNATIONAL]


class World:
    """Two simulators, one for each plane, of which one has the other's alerts under other ids, and the warnings so far."""

    def __init__(self, china: Simulator, international: Simulator) -> None:
        self.china, self.international = china, international
        self.warned: list[str] = []

    def report(self, **how: Any) -> Report:
        return Report(**{"check_mode": False, "diff": False, "environ": {}, "warn": self.warned.append, **how})

    def planes(self) -> list[Plane]:
        sides = {"china": self.china, "international": self.international}
        return [Plane(name, client_of(simulator, max_retries=0)) for name, simulator in sides.items()]

    def run(self, run: Callable[..., dict[str, Any]], options: dict[str, Any], **how: Any) -> dict[str, Any]:
        return run(self.planes(), {"data_planes": "both", **options}, self.report(**how))

    def handle(self, *ids: str, check_mode: bool = False, diff: bool = False, **options: Any) -> dict[str, Any]:
        given = {"security_event_ids": ids, "operation_code": "ignore", "wait_timeout": 5, **options}
        return self.run(handling.run_on_planes, given, check_mode=check_mode, diff=diff)

    def list(self, **options: Any) -> dict[str, Any]:
        return self.run(event_info.run, options)


@pytest.fixture
def world() -> Iterator[World]:
    with Simulator(task_seconds=0) as china, Simulator(task_seconds=0) as international:
        for alert in international.state.alerts:
            alert.id += 60000
            alert.event_ids = [event_id + 60000 for event_id in alert.event_ids]
        yield World(china, international)


def _sent(simulator: Simulator) -> list[list[str]]:
    return [
        [value for name, value in call.parameters.items() if name.startswith("SecurityEventIds.")]
        for call in simulator.calls
        if call.action == "HandleSecurityEvents"
    ]


def test_a_listing_asks_both_and_names_the_plane_of_each_alert(world):
    listed = world.list(dealed=False, fields=["id"])
    count = {
        str(plane.name): event_info.run([plane], {"dealed": False}, world.report())["total_count"]
        for plane in world.planes()
    }
    planes = [alert["data_plane"] for alert in listed["security_events"]]
    assert {side: planes.count(side) for side in count} == count
    assert listed["total_count"] == sum(count.values())
    assert {one["data_plane"]: one["total_count"] for one in listed["accounts"]} == count
    assert all((alert["data_plane"] == "china") == (int(alert["id"]) < 60000) for alert in listed["security_events"])


def _sides(world: World) -> list[tuple[str, Simulator]]:
    return [("china", world.china), ("international", world.international)]


def test_the_newest_of_both_planes_are_kept(world):
    world.international.add_alert(id=99999, last_ms=world.international.clock.now_ms() - 1000)
    world.china.add_alert(id=99998, last_ms=world.china.clock.now_ms() - 60_000)
    listed = world.list(dealed=False, limit=2, fields=["id"])
    assert [(alert["id"], alert["data_plane"]) for alert in listed["security_events"]] == [
        ("99999", "international"),
        ("99998", "china"),
    ]


def test_a_plane_that_does_not_answer_keeps_the_other_one_s_alerts(world):
    world.international.fail("*", times=99, how="error", http_status=503, code="ServiceUnavailable")
    listed = world.list(dealed=False)
    assert {alert["data_plane"] for alert in listed["security_events"]} == {"china"}
    assert [one["error"] and one["error"]["code"] for one in listed["accounts"]] == [None, "ServiceUnavailable"]
    assert "on the data plane international is missing in the result: DescribeSuspEvents failed" in world.warned[0]


def test_types_that_one_plane_does_not_tell_keep_no_alerts(world):
    wanted = world.china.alert(CHINA).event_type
    world.international.fail("*", times=99, how="error", http_status=503, code="ServiceUnavailable")
    listed = world.list(parent_event_types=[wanted])
    assert {alert["data_plane"] for alert in listed["security_events"]} == {"china"}
    assert world.warned[0].startswith(
        "whether parent_event_types are known on the data plane international can't be told"
    )


def test_a_member_whose_alerts_are_listed_is_named(world):
    member = str(MEMBER_ACCOUNT)
    world.international.fail("*", times=99, how="error", http_status=503, code="ServiceUnavailable")
    for options in ({}, {"security_event_ids": ["50001"]}):
        listed = world.list(resource_directory_account_id=member, fields=["id"], **options)
        assert {one["resource_directory_account_id"] for one in listed["accounts"]} == {member}
        assert {"id": "50001", "data_plane": "china"} in listed["security_events"]
        assert world.warned[-1].startswith(f"member account {member} on the data plane international is missing")


def test_when_no_plane_answers_the_listing_fails(world):
    for _side, simulator in _sides(world):
        simulator.fail("*", times=99, how="error", http_status=503, code="ServiceUnavailable")
    with pytest.raises(ApiError):
        world.list()


def test_an_alert_is_found_by_id_on_either_plane(world):
    listed = world.list(security_event_ids=[*BOTH, "5"], fields=["id"])
    assert listed["security_events"] == [
        {"id": CHINA, "data_plane": "china"},
        {"id": INTERNATIONAL, "data_plane": "international"},
    ]
    assert [text.partition(":")[0] for text in world.warned] == ["no alert with the id 5 is found"]


def test_each_alert_is_handled_on_its_plane(world, tmp_path):
    file = tmp_path / "result.jsonl"
    result = world.handle(INTERNATIONAL, CHINA, diff=True, result_file=str(file))
    assert [(row["security_event_id"], row["outcome"], row["data_plane"]) for row in result["events"]] == [
        (INTERNATIONAL, "handled", "international"),
        (CHINA, "handled", "china"),
    ]
    assert (result["changed"], result["summary"]["handled"]) == (True, 2)
    assert result["diff"]["after"] == dict.fromkeys([INTERNATIONAL, CHINA], "ignored")
    assert (_sent(world.china), _sent(world.international)) == ([[CHINA]], [[INTERNATIONAL]])
    assert sorted(action["data_plane"] for action in result["actions"]) == ["china", "international"]
    assert [row["revert"]["options"]["region_id"] for row in result["events"]] == ["ap-southeast-1", "cn-shanghai"]
    lines = [json.loads(line) for line in Path(file).read_text(encoding="ascii").splitlines()]
    assert {(line["security_event_id"], line["data_plane"]) for line in lines if "outcome" in line} == {
        (CHINA, "china"),
        (INTERNATIONAL, "international"),
    }
    again = world.handle(*BOTH)
    assert (again["changed"], again["summary"]["unchanged"]) == (False, 2)


def test_an_alert_that_no_plane_has_is_told_in_the_file_too(world, tmp_path):
    file = tmp_path / "result.jsonl"
    result = world.handle(CHINA, "5", result_file=str(file))
    lines = [json.loads(line) for line in file.read_text(encoding="ascii").splitlines()]
    told = {line["security_event_id"]: line["outcome"] for line in lines if "outcome" in line}
    assert told == {CHINA: "handled", "5": "refused"}
    assert told == {row["security_event_id"]: row["outcome"] for row in result["events"]}


def test_check_mode_tells_the_calls_of_both_planes_and_makes_none(world):
    result = world.handle(*BOTH, check_mode=True)
    assert (result["changed"], result["summary"]["planned"]) == (True, 2)
    assert [action["parameters"]["SecurityEventIds"] for action in result["actions"]] == [[CHINA], [INTERNATIONAL]]
    assert _sent(world.china) + _sent(world.international) == []


def test_an_id_that_both_planes_have_is_refused(world):
    world.international.add_alert(id=int(CHINA))
    result = world.handle(*BOTH)
    assert [(row["outcome"], row["error_code"], row.get("data_plane")) for row in result["events"]] == [
        ("refused", "AmbiguousId", None),
        ("handled", "ignore.Success", "international"),
    ]
    assert result["failed"] and "give data_planes china or international" in result["msg"]


def test_an_id_that_is_no_clear_one_on_the_other_plane_is_refused(world):
    """There it is the event of two alerts."""
    for number in (1, 2):
        world.international.add_alert(id=88000 + number, event_ids=[int(CHINA)])
    result = world.handle(CHINA)
    assert [row["error_code"] for row in result["events"]] == ["AmbiguousId"]
    assert _sent(world.china) + _sent(world.international) == []


@pytest.mark.parametrize(
    ("options", "ids", "sentence"),
    [
        ({"max_events": 1}, BOTH, "2 alerts would be handled, max_events is 1"),
        ({"on_refused": "abort"}, [*BOTH, "5"], "1 of 3 alerts are refused and on_refused is abort: nothing was sent"),
    ],
    ids=["max_events", "abort"],
)
def test_what_holds_for_all_alerts_holds_for_both_planes_together(world, options, ids, sentence):
    result = world.handle(*ids, **options)
    assert result["failed"] and result["msg"].startswith(sentence)
    assert not result["changed"] and result["actions"] == []
    assert _sent(world.china) + _sent(world.international) == []


@pytest.mark.parametrize("check_mode", [True, False])
def test_how_many_alerts_of_one_server_holds_for_both_planes_together(world, check_mode):
    for side, simulator in _sides(world):
        simulator.add_alert(id=99000 + len(side), uuid="")  # of no server
    result = world.handle("99005", CHINA, "99013", max_events_per_asset=1, check_mode=check_mode)
    codes = [row["error_code"].partition(".")[0] for row in result["events"]]
    assert codes == ["MaxEventsPerAsset", "" if check_mode else "ignore", "MaxEventsPerAsset"]
    assert [action["parameters"]["SecurityEventIds"] for action in result["actions"]] == [[CHINA]]
    assert _sent(world.china) + _sent(world.international) == ([] if check_mode else [[CHINA]])
    if check_mode:  # the servers of both alerts have one uuid
        assert world.handle(*BOTH, max_events_per_asset=1, check_mode=True)["summary"]["refused"] == 2


@pytest.mark.parametrize("check_mode", [True, False])
def test_an_address_of_the_account_s_own_is_blocked_on_no_plane(world, check_mode):
    own = "198.51.100.222"
    world.international.state.assets[0].internet_ip = own
    for side, simulator in _sides(world):
        simulator.add_alert(id=99000 + len(side), attacker_ip=own, operations=["block_ip"])
    asked = {"operation_code": "block_ip", "operation_params": {"expire_in": "1h"}, "check_mode": check_mode}
    result = world.handle("99005", "99013", **asked)
    assert [row["error_code"] for row in result["events"]] == ["NeverBlock", "NeverBlock"], result["events"]
    assert result["actions"] == _sent(world.china) == _sent(world.international) == []


def test_nothing_is_sent_when_one_plane_can_not_be_read(world):
    world.international.fail("DescribeSuspEvents", times=99, how="error", http_status=503, code="ServiceUnavailable")
    result = world.handle(CHINA)
    assert result["failed"] and result["msg"].startswith("nothing was sent")
    assert [row["outcome"] for row in result["events"]] == ["failed"]
    assert _sent(world.china) == []


def test_what_was_done_on_one_plane_is_told_when_the_other_one_breaks(world):
    world.international.fail("HandleSecurityEvents", times=99, how="error", http_status=403, code="NoPermission")
    result = world.handle(*BOTH)
    assert [row["outcome"] for row in result["events"]] == ["handled", "failed"]
    assert (result["failed"], result["changed"], result["error"]["code"]) == (True, True, "NoPermission")


IGNORED = {"status": 2, "operate_error_code": "ignore.Success"}


@pytest.mark.parametrize("saved", ["result", "result_file"])
def test_a_saved_result_of_both_planes_takes_back_nothing_of_the_other_plane(world, tmp_path, saved):
    """The same id may stand for another alert there."""
    file = tmp_path / "result.jsonl"
    told = {name: world.endpoint for name, world in _sides(world)}
    result = world.handle(*BOTH, data_plane_endpoints=told, result_file=str(file))
    world.international.add_alert(id=int(CHINA), **IGNORED)
    world.china.add_alert(id=int(INTERNATIONAL), **IGNORED)
    given = {"result": result} if saved == "result" else {"result_file": str(file)}
    for place, plane in enumerate(world.planes()):
        there = {**given, "endpoint": told[str(plane.name)], "wait_timeout": 5}
        taken_back = reverting.run(plane.client, there, world.report())
        assert [row["security_event_id"] for row in taken_back["events"]] == [BOTH[place]]
        assert taken_back["summary"]["handled"] == 1 and "failed" not in taken_back
    assert (world.international.alert(CHINA).status, world.china.alert(INTERNATIONAL).status) == (2, 2)
    assert [text.partition(": they")[0] for text in world.warned] == [
        "1 alerts of the saved result are on the data plane international",
        "1 alerts of the saved result are on the data plane china",
    ]


@pytest.mark.parametrize("planes", ["both", "china"])
def test_a_saved_result_is_not_taken_back_where_none_of_its_alerts_is(world, planes):
    options = {"security_event_ids": [CHINA], "operation_code": "ignore", "data_planes": planes, "wait_timeout": 5}
    asked = world.planes() if planes == "both" else world.planes()[:1]
    result = handling.run_on_planes(asked, options, world.report())
    client = world.planes()[1].client
    for endpoint, sentence in (
        (
            {"region_id": "eu-west-1"},
            "is of the data plane china, and this task asks international: give a region_id of china",
        ),
        (
            {"endpoint": "tds-intl.vpc-proxy.aliyuncs.com"},
            "is of the data plane china, and this task asks international",
        ),
    ):
        with pytest.raises(OptionError, match=sentence):
            reverting.run(client, {"result": result, **endpoint}, world.report())


def test_a_saved_result_of_both_planes_is_not_taken_back_where_nobody_knows(world):
    result = world.handle(CHINA)
    told = json.loads(json.dumps(result).replace('"region_id": "cn-shanghai"', '"endpoint": "china.example"'))
    with pytest.raises(
        OptionError, match="is of the data planes china, and endpoint is of none that it tells: name by"
    ):
        reverting.run(world.planes()[1].client, {"result": told, "endpoint": "else.example"}, world.report())
