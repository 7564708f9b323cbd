# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The alerts of many accounts in one task: none is lost, and an account that can't be read keeps no other."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import ApiError, OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import event_info
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.sessions import Plane
from engine import client_of
from simulator import Simulator
from simulator.clock import Clock
from simulator.seed_accounts import OWN_ACCOUNT, keys
from simulator.state import Account, State

MEMBERS = [OWN_ACCOUNT + place for place in range(1, 9)]


class World:
    """An account with eight members; ``alerts`` says how many each has, the own account first."""

    def __init__(self, *alerts: int) -> None:
        clock = Clock()
        now = clock.now_ms()
        owners = [
            owner for owner, count in zip([OWN_ACCOUNT, *MEMBERS], alerts, strict=False) for _each in range(count)
        ]
        accounts = [Account(OWN_ACCOUNT, members=MEMBERS), *map(Account, MEMBERS)]
        state = State(accounts=accounts, keys=keys([]), assets=[], alerts=[], clock=clock)
        for place, owner in enumerate(owners, start=1):
            state.put_alert({"id": place, "account_id": owner, "last_ms": now - 5000 - place})
        self.simulator = Simulator(state)
        self.wanted = Counter(None if owner == OWN_ACCOUNT else str(owner) for owner in owners)
        self.warned: list[str] = []

    def list(self, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        report = Report(check_mode=check_mode, diff=False, environ={}, warn=self.warned.append)
        planes = [Plane(None, client_of(self.simulator, max_retries=0))]
        return event_info.run(planes, {"accounts": ["all"], "fields": ["id"], **options}, report)

    def asked(self) -> Counter[str]:
        """How many pages were read of the list of all accounts, and of each account's own."""
        return Counter(
            "all at once"
            if call.parameters.get("MultiAccountActionType")
            else call.parameters.get("ResourceDirectoryAccountId", "own")
            for call in self.simulator.calls
            if call.action == "DescribeSuspEvents"
        )


@pytest.fixture
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    made = World(*request.param)
    with made.simulator:
        yield made


def _found(result: dict[str, Any]) -> Counter[str | None]:
    return Counter(alert["resource_directory_account_id"] for alert in result["security_events"])


FEW = (3, 2, 0, 1, 0, 0, 0, 0, 4)
MANY = (3, 250, 120, 101, 500, 0, 1, 100, 7)


@pytest.mark.parametrize("world", [FEW, MANY], indirect=True, ids=["few", "many"])
def test_every_alert_of_every_account_is_listed_once_and_names_its_account(world):
    result = world.list()
    ids = [alert["id"] for alert in result["security_events"]]
    assert _found(result) == world.wanted
    assert ids == [
        str(place) for place in range(1, world.wanted.total() + 1)
    ]  # the newest first, of all accounts together
    counts = {one["resource_directory_account_id"]: one["total_count"] for one in result["accounts"]}
    assert counts == {None: world.wanted[None]} | {str(member): world.wanted[str(member)] for member in MEMBERS}
    assert result["total_count"] == len(ids) and world.warned == []


@pytest.mark.parametrize("world", [FEW], indirect=True)
def test_few_alerts_are_read_from_one_list_and_those_without_any_are_asked_themselves(world):
    world.list()
    silent = [str(member) for member, count in zip(MEMBERS, FEW[1:], strict=True) if not count]
    assert world.asked() == Counter({"all at once": 1, "own": 1}) + Counter(silent)


@pytest.mark.parametrize("world", [FEW], indirect=True)
def test_alerts_of_an_account_that_is_no_member_are_nobody_else_s(world):
    *known, gone = map(str, MEMBERS)
    world.simulator.fail("DescribeMonitorAccounts", how="body", body=json.dumps({"AccountIds": known}))
    assert _found(world.list()) == world.wanted - Counter({gone: world.wanted[gone]})


@pytest.mark.parametrize("world", [MANY], indirect=True)
def test_of_many_alerts_each_account_is_read_by_itself(world):
    world.list()
    assert world.asked()["all at once"] == 1
    assert len(world.asked()) == 1 + 1 + len(MEMBERS)


@pytest.mark.parametrize("world", [FEW], indirect=True)
@pytest.mark.parametrize("code", ["NoPermission", "IllegalParam"])
def test_without_a_list_of_all_accounts_each_is_read_by_itself(world, code):
    world.simulator.fail("DescribeSuspEvents", how="error", http_status=400, code=code)
    assert _found(world.list()) == world.wanted


@pytest.mark.parametrize("world", [FEW], indirect=True)
@pytest.mark.parametrize(
    "how", [{"how": "html", "http_status": 504}, {"how": "reset_after"}, {"how": "body", "body": "{}"}], ids=str
)
def test_a_list_of_all_accounts_that_breaks_keeps_none_of_them(world, how):
    world.simulator.fail("DescribeSuspEvents", **how)
    assert _found(world.list()) == world.wanted and world.warned == []


@pytest.mark.parametrize("world", [FEW, MANY], indirect=True, ids=["few", "many"])
def test_named_accounts_only(world):
    named = [str(MEMBERS[0]), str(MEMBERS[1])]
    result = world.list(accounts=[*named, named[0], f"0{named[1]}"])
    assert _found(result) == Counter({one: world.wanted[one] for one in named if world.wanted[one]})
    assert {one["resource_directory_account_id"] for one in result["accounts"]} == set(named)


@pytest.mark.parametrize("world", [MANY], indirect=True)
def test_a_member_that_left_is_told_beside_the_others(world):
    gone = "999"
    result = world.list(accounts=[gone, str(MEMBERS[5])])
    assert _found(result) == {str(MEMBERS[5]): 1}
    errors = {one["resource_directory_account_id"]: one["error"] and one["error"]["code"] for one in result["accounts"]}
    assert errors == {gone: "RdCheckNoPermission", str(MEMBERS[5]): None}
    assert [text.partition(":")[0] for text in world.warned] == ["member account 999 is missing in the result"]
    with pytest.raises(ApiError):
        world.list(accounts=[gone])


@pytest.mark.parametrize("world", [FEW], indirect=True)
@pytest.mark.parametrize("filed", [False, True], ids=["result", "file"])
def test_an_account_without_details_keeps_no_other_s(world, tmp_path, filed):
    path = tmp_path / "alerts.jsonl"
    where = {"result_file": str(path)} if filed else {}
    world.simulator.fail("DescribeSuspEventDetail", how="error", http_status=400, code="RdCheckNoPermission")
    result = world.list(details=True, **where)
    found = [json.loads(line) for line in path.read_text().splitlines()] if filed else result["security_events"]
    owners = {bool(one["event_detail"]): set() for one in found}
    for one in found:
        owners[bool(one["event_detail"])].add(one["resource_directory_account_id"])
    assert len(found) == world.wanted.total() and len(owners[False]) == 1 and len(owners[True]) >= 3
    assert ["details of" in text and "RdCheckNoPermission" in text for text in world.warned] == [True]
    world.simulator.fail("DescribeSuspEventDetail", times=99, how="error", http_status=400, code="RdCheckNoPermission")
    before = path.read_text() if filed else ""
    with pytest.raises(ApiError):
        world.list(details=True, **where)
    assert not filed or path.read_text() == before


@pytest.mark.parametrize("world", [MANY], indirect=True)
def test_the_newest_of_all_accounts_are_kept(world):
    result = world.list(limit=4)
    assert [alert["id"] for alert in result["security_events"]] == ["1", "2", "3", "4"]


@pytest.mark.parametrize("world", [MANY], indirect=True)
def test_a_file_takes_what_is_too_much_for_a_result(world, tmp_path):
    path = tmp_path / "alerts.jsonl"
    path.write_text("an older one")
    checked = world.list(check_mode=True, result_file=str(path))
    assert path.read_text() == "an older one"
    result = world.list(result_file=str(path))
    lines = [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]
    assert sorted(int(line["id"]) for line in lines) == list(range(1, world.wanted.total() + 1))
    assert all(line.keys() == {"id", "resource_directory_account_id"} for line in lines)
    assert result["count"] == checked["count"] == len(lines)
    assert "security_events" not in result and result["changed"] is False
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("world", [FEW], indirect=True)
def test_a_file_is_left_as_it_was_when_nothing_can_be_read(world, tmp_path):
    path = tmp_path / "alerts.jsonl"
    path.write_text("an older one")
    world.simulator.fail("*", times=99, how="error", http_status=503, code="ServiceUnavailable")
    with pytest.raises(ApiError):
        world.list(result_file=str(path))
    assert path.read_text() == "an older one" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("world", [FEW], indirect=True)
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"accounts": []}, "accounts is empty: give all, or the ids of member accounts"),
        ({"accounts": ["all", "1"]}, "accounts names all, and others beside it: give all alone, or only ids"),
        ({"accounts": ["x"]}, "accounts x is not an account id: give its decimal digits"),
        (
            {"resource_directory_account_id": "1"},
            "resource_directory_account_id does not go with accounts, which says whose",
        ),
        ({"source_ali_uids": ["1"]}, "source_ali_uids does not go with accounts, which says whose"),
        (
            {"security_event_ids": ["1"]},
            "security_event_ids does not go with accounts: give resource_directory_account_id",
        ),
        (
            {"result_file": "/nowhere/at/all"},
            "result_file /nowhere/at/all can't be written to: No such file or directory; give",
        ),
        (
            {"result_file": "/dev/null"},
            "result_file /dev/null can't be written to: it is no regular file; give a file in",
        ),
    ],
    ids=str,
)
def test_what_can_not_be_meant_is_refused_before_any_call(world, options, sentence):
    with pytest.raises(OptionError) as caught:
        world.list(**options)
    assert str(caught.value).startswith(sentence)
    assert world.simulator.calls == []
