# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Sequence
from typing import Callable

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import ApiError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.asset_listing import (
    FIELD_NAMES,
    list_assets,
    look_up_assets,
    record_of,
)


class Servers:
    """A service whose list of servers moves: ``move(self, call number)`` happens before each answer.

    It gives at most ``most`` rows on a page. With ``shuffled`` each answer has its pages in another order, with ``loose`` a
    criterion finds what begins like it, too.
    """

    def __init__(self, count: int, move: Callable[[Servers, int], None] = lambda service, call: None) -> None:
        self.max_concurrency = 3
        self.most = 1000
        self.shuffled = self.loose = False
        self.servers = [f"u-{number}" for number in range(count)]
        self.always = set(self.servers)  # there throughout
        self.calls: list[dict] = []
        self.move = move

    def at_once(self, work: Callable, items: Sequence) -> list:
        """Calls that are made at once are served in any order."""
        order = random.Random(len(self.calls)).sample(range(len(items)), len(items))
        results = {place: work(items[place]) for place in order}
        return [results[place] for place in range(len(items))]

    def call(self, action: str, parameters: dict) -> dict:
        assert action == "DescribeCloudCenterInstances"
        self.calls.append(parameters)
        self.move(self, len(self.calls))
        wanted = {one["value"] for one in json.loads(parameters.get("Criteria", "[]"))}
        found = [uuid for uuid in self.servers if not wanted or (uuid[:3] if self.loose else uuid) in wanted]
        size = min(parameters["PageSize"], self.most)
        if parameters.get("UseNextToken"):
            start = int(parameters["NextToken"] or 0)
            info = {"NextToken": str(start + size) if start + size < len(found) else ""}
        else:
            if self.shuffled:
                random.Random(len(self.calls)).shuffle(found)
            start, info = (parameters["CurrentPage"] - 1) * size, {"TotalCount": len(found)}
        return {"Instances": [{"Uuid": uuid} for uuid in found[start : start + size]], "PageInfo": info}


def _listed(service: Servers, limit: int | None = None) -> list[str]:
    servers, total = list_assets(service, {}, limit=limit, make=lambda row: row["Uuid"])
    assert total >= len(servers)
    return servers


@pytest.mark.parametrize(("count", "calls"), [(0, 1), (1, 1), (100, 1), (101, 2), (1000, 10)])
def test_a_list_that_stands_still_is_read_once_in_its_order(count, calls):
    service = Servers(count)
    assert _listed(service) == [f"u-{number}" for number in range(count)]
    assert len(service.calls) == calls


def _scramble(seed: int) -> Callable[[Servers, int], None]:
    chance = random.Random(seed)

    def move(service: Servers, call: int) -> None:
        come = chance.random() < 0.5
        for each in range(chance.choice((0, 0, 1, 3, 12))):
            if come:
                service.servers.insert(chance.randrange(len(service.servers) + 1), f"new-{call}-{each}")
            elif service.servers:
                service.always.discard(service.servers.pop(chance.randrange(len(service.servers))))

    return move


@pytest.mark.parametrize("count", [0, 99, 101, 250, 420])
@pytest.mark.parametrize("seed", range(40))
def test_every_server_that_was_there_throughout_is_there_exactly_once(count, seed):
    service = Servers(count, _scramble(seed))
    listed = Counter(_listed(service))
    assert service.always <= set(listed)
    assert set(listed.values()) <= {1}


def test_pages_that_do_not_add_up_are_read_by_token():
    service = Servers(350)
    service.shuffled = True
    assert set(_listed(service)) == service.always
    assert [bool(call.get("UseNextToken")) for call in service.calls] == [False] * 4 + [True] * 4


def test_a_service_that_gives_fewer_on_a_page_than_asked():
    service = Servers(130)
    service.most = 20
    assert _listed(service) == [f"u-{number}" for number in range(130)]
    assert len(service.calls) == 7


@pytest.mark.parametrize("limit", [1, 100, 101, 130])
def test_a_limit_keeps_the_first(limit):
    service = Servers(1000)
    assert _listed(service, limit) == [f"u-{number}" for number in range(limit)]
    assert len(service.calls) == -(-limit // 100)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"Instances": [], "PageInfo": None},
        {"Instances": {"Uuid": "u"}, "PageInfo": {"TotalCount": 1}},
        {"Instances": ["u"], "PageInfo": {"TotalCount": 1}},
        {"Instances": [], "PageInfo": {"TotalCount": 7}},
        {"Instances": [{"Uuid": f"u-{number}"} for number in range(100)], "PageInfo": {}},
        {"Instances": [{"Uuid": "u"}], "PageInfo": {"TotalCount": 10**12}},
    ],
)
def test_what_is_no_list_is_not_taken_for_one(answer):
    service = Servers(0)
    service.call = lambda *_given: answer
    with pytest.raises(ApiError):
        list_assets(service, {})


@pytest.mark.parametrize(
    ("count", "wanted", "found", "calls"),
    [
        (500, ["u-3"], ["u-3"], 1),
        (500, ["u-3", "u-4", "x"], ["u-3", "u-4"], 4),  # the count, and one each
        (150, ["u-140", "x", "u-3"], ["u-140", "u-3"], 3),  # the count, and two pages
        (500, [], [], 0),
    ],
)
def test_servers_are_looked_up_the_cheaper_way(count, wanted, found, calls):
    service = Servers(count)
    servers = look_up_assets(service, wanted, {}, lambda row: row["Uuid"])
    assert list(servers.items()) == [(uuid, uuid) for uuid in found]
    assert len(service.calls) == calls


def test_a_service_that_finds_more_than_the_uuid():
    service = Servers(50)
    service.loose = True
    assert look_up_assets(service, ["u-3"], {}, lambda row: row["Uuid"]) == {"u-3": "u-3"}


def test_a_record_tells_times_truth_and_counts():
    row = {
        "AlarmStatus": "YES",
        "VulStatus": "NO",
        "HcStatus": "perhaps",
        "LastLoginTimestamp": 1735689600000,
        "CreatedTime": 0,
        "IpListString": "10.0.0.1,203.0.113.9, fe80::1",
        "RiskCount": '{"suspicious": 3, "trojan": "4", "uuid": "x", "more": {"vul": NaN}}',
        "Importance": 2,
        "AssetType": "0",
        "Bind": "true",
    }
    record = record_of(row)
    assert tuple(record) == FIELD_NAMES
    assert (record["alarm_status"], record["vul_status"], record["hc_status"], record["bind"]) == (True, False, None, True)
    assert (record["last_login_time"], record["created_time"]) == ("2025-01-01T00:00:00Z", None)
    assert record["ip_list"] == ["10.0.0.1", "203.0.113.9", "fe80::1"]
    assert (record["risk_count"], record_of({"RiskCount": "[1]"})["risk_count"]) == ({"suspicious": 3, "trojan": 4}, None)
    assert (record["importance"], record["importance_code"], record["asset_type"]) == ("important", 2, "server")
    assert record_of(row, ["importance"]) == {"importance": "important"}
