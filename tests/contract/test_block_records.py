# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""custom_block_record and custom_block_record_info without Ansible, over a real socket to a simulator."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import (
    OptionError,
    SecurityCenterError,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import (
    block_info,
    block_record,
    blocks,
    changes,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from engine import client_of, shorten_waits
from simulator import Simulator
from simulator.actions import ACTIONS
from simulator.seed_accounts import BUILD_1, CACHE_1, DB_1, MEMBER_SERVER, OWN_ACCOUNT, WEB_1, WEB_2
from simulator.seed_blocks import BRUTE_FORCE_ADDRESS, CONSOLE_ADDRESS
from simulator.state import Account, BlockRecord, BruteForceRecord, State

ADDRESS = "198.51.100.23"
FUTURE = 4_000_000_000_000
CREATE, MODIFY, ENABLE = "CreateCustomBlockRecord", "ModifyCustomBlockRecord", "EnableCustomBlockRecord"
DISABLE, DELETE, LIFT = "DisableCustomBlockRecord", "DeleteCustomBlockRecord", "DisableBruteForceRecord"
WRITES = (CREATE, MODIFY, ENABLE, DISABLE, DELETE, LIFT)
BLOCK = {"servers": [WEB_1, DB_1], "expire_time": FUTURE}


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_waits(monkeypatch)
    monkeypatch.setattr(changes, "_SOON", 0.02)
    monkeypatch.setattr(changes, "_SELDOM", 0.05)


class Runs:
    """Runs custom_block_record; ``warnings`` are those of the last run."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.warnings: list[str] = []

    def __call__(
        self, address: str = ADDRESS, *, check: bool = False, environ: dict[str, str] | None = None, **options: Any
    ) -> dict[str, Any]:
        self.warnings = []
        report = Report(check_mode=check, diff=True, environ=environ or {}, warn=self.warnings.append)
        given = {"address": address, "state": "present", "wait_timeout": 3, **options}
        return block_record.run(client_of(self.simulator, max_retries=1), given, report)

    def refused(self, address: str = ADDRESS, **options: Any) -> str:
        """The sentence of a run that sends nothing."""
        with pytest.raises(SecurityCenterError) as refusal:
            self(address, **options)
        assert self.writes() == []
        return str(refusal.value)

    def writes(self) -> list[str]:
        """The writes that the simulator has seen."""
        return [call.action for call in self.simulator.calls if call.action in WRITES]


@pytest.fixture
def run(simulator: Simulator) -> Runs:
    return Runs(simulator)


def info(simulator: Simulator, **options: Any) -> dict[str, Any]:
    report = Report(check_mode=False, diff=False, environ={}, warn=lambda _text: None)
    return block_info.run(client_of(simulator), options, report)


def record_of(simulator: Simulator, address: str = ADDRESS, bound: str = "in") -> BlockRecord | None:
    found = [one for one in simulator.state.block_records if (one.block_ip, one.bound) == (address, bound)]
    return found[0] if found else None


def put(simulator: Simulator, *uuids: str, **fields: Any) -> BlockRecord:
    """A record that is in force on ``uuids``, its ``fields`` changed."""
    given = {"enabled": True, "enabled_uuids": list(uuids), "uuids": list(uuids), "expire_ms": FUTURE, **fields}
    record = BlockRecord(700100 + len(simulator.state.block_records), OWN_ACCOUNT, block_ip=ADDRESS, **given)
    simulator.state.block_records.append(record)
    return record


def called(result: dict[str, Any]) -> list[str]:
    return [action["action"] for action in result["actions"]]


def meanwhile(simulator: Simulator, monkeypatch: pytest.MonkeyPatch, action: str, what: Callable[[], None]) -> None:
    """Let somebody do ``what`` right before our first ``action``."""
    make, done = changes.Changes.make, threading.Event()

    def after_that(self: changes.Changes, name: str, *given: Any) -> None:
        if name == action and not done.is_set():
            done.set()
            what()
        make(self, name, *given)

    monkeypatch.setattr(changes.Changes, "make", after_that)


# --- present ----------------------------------------------------------------------------------------------------------


def test_check_run_and_repeat(run: Runs, simulator: Simulator) -> None:
    planned = run(check=True, **BLOCK)
    assert (planned["changed"], record_of(simulator), run.writes()) == (True, None, [])
    assert planned["custom_block_record"]["in_force"] is True

    result = run(**BLOCK)
    servers = sorted([WEB_1, DB_1])
    key = {"BlockIp": ADDRESS, "Bound": "in"}
    assert result["actions"] == planned["actions"] == [
        {"action": CREATE, "parameters": {**key, "ExpireTime": FUTURE, "Uuids": ",".join(servers)}},
        {"action": ENABLE, "parameters": key},
    ]  # fmt: skip
    assert result["diff"] == planned["diff"]
    assert result["diff"]["before"] == {}
    assert result["diff"]["after"] == {
        "address": ADDRESS, "direction": "in", "servers": servers, "status": "enabled", "in_force": True,
        "expire_time": "2096-10-02T07:06:40Z",
    }  # fmt: skip
    told = result["custom_block_record"]
    assert (told["id"], told["enable_count"], told["server_count"], told["in_force"]) == ("700002", 2, 2, True)
    assert record_of(simulator).enabled_uuids == servers
    assert run.writes() == [CREATE, ENABLE]

    again = run(**BLOCK)
    assert (again["changed"], again["actions"], again["custom_block_record"]) == (False, [], told)
    assert again["diff"]["before"] == again["diff"]["after"]
    assert run.writes() == [CREATE, ENABLE]


def test_each_direction_has_its_own_record(run: Runs, simulator: Simulator) -> None:
    run(**BLOCK)
    run(direction="out", servers=[WEB_2], expire_in="6h")
    assert record_of(simulator, bound="in").uuids == sorted([WEB_1, DB_1])
    assert record_of(simulator, bound="out").uuids == [WEB_2]


def test_a_server_that_is_named_twice_is_one(run: Runs, simulator: Simulator) -> None:
    run(servers=[WEB_1, f" {WEB_1} "], expire_in="1h")
    assert record_of(simulator).uuids == [WEB_1]


@pytest.mark.parametrize(
    ("held", "fields", "wanted", "calls"),
    [
        ([WEB_1], {}, {"servers": [WEB_1, DB_1]}, [MODIFY, ENABLE]),
        ([WEB_1, DB_1], {}, {"servers": [WEB_1]}, [MODIFY]),
        ([WEB_1], {}, {"servers": [DB_1]}, [MODIFY, ENABLE]),
        ([WEB_1], {}, {"servers": [WEB_1], "expire_time": FUTURE + 5000}, [MODIFY]),
        ([WEB_1], {}, {"servers": [WEB_1], "expire_time": FUTURE + 999}, []),
        ([WEB_1], {}, {"servers": [WEB_1], "expire_in": "1h"}, []),
        ([WEB_1], {}, {"servers": [WEB_1]}, []),
        ([WEB_1], {"enabled": False, "enabled_uuids": []}, {"servers": [WEB_1]}, [ENABLE]),
        ([WEB_1, DB_1], {"enabled_uuids": [WEB_1]}, {"servers": [WEB_1, DB_1]}, [ENABLE]),
        ([WEB_1, DB_1], {"enabled_uuids": [WEB_1]}, {"servers": [WEB_1]}, [MODIFY, ENABLE]),
        ([WEB_1], {"expire_ms": 1000}, {"servers": [WEB_1], "expire_in": "1h"}, [MODIFY, ENABLE]),
        ([WEB_1], {"expire_ms": 1000}, {"servers": [WEB_1, DB_1], "expire_time": FUTURE}, [MODIFY, ENABLE]),
    ],
)
def test_a_record_that_is_there_is_changed(
    run: Runs, simulator: Simulator, held: list[str], fields: dict, wanted: dict, calls: list[str]
) -> None:
    put(simulator, *held, **fields)
    planned = run(check=True, **wanted)
    result = run(**wanted)
    assert called(planned) == called(result) == run.writes() == calls
    assert (planned["changed"], result["changed"]) == (bool(calls), bool(calls))
    assert planned["diff"]["before"] == result["diff"]["before"]
    if "expire_in" not in wanted:
        assert planned["diff"]["after"] == result["diff"]["after"]
    record = record_of(simulator)
    assert sorted(record.enabled_uuids) == sorted(record.uuids) == sorted(wanted["servers"])
    assert run(**wanted)["changed"] is False


def test_somebody_elses_servers_are_named_in_a_warning(run: Runs, simulator: Simulator) -> None:
    run(CONSOLE_ADDRESS, servers=[WEB_2, DB_1])
    assert run.warnings == [
        f"{CONSOLE_ADDRESS} (in) was blocked on {WEB_1} as well, which servers does not name, and is so no longer: block "
        "records do not tell who made them, or why"
    ]
    run(CONSOLE_ADDRESS, servers=[WEB_2, DB_1])
    assert run.warnings == []


def test_a_server_that_fails_is_named(run: Runs, simulator: Simulator) -> None:
    result = run(servers=[WEB_1, BUILD_1], expire_time=FUTURE)
    assert (result["failed"], result["changed"]) == (True, True)
    assert result["msg"] == (
        f"{ADDRESS} (in) is blocked on 1 of 2 servers only, and not on build-1 (AliNetNotOnline): see that the Security "
        "Center agent is online there, and run the task again; what was done until then is in actions"
    )
    assert [(one["uuid"], one["status"], one["error_code"]) for one in result["instances"]] == [
        (BUILD_1, "failed", "AliNetNotOnline")
    ]
    record = result["custom_block_record"]
    assert (record["status"], record["enable_count"], record["server_count"]) == ("failed", 1, 2)
    assert called(result) == [CREATE, ENABLE]

    simulator.state.asset(BUILD_1).client_status = "online"
    again = run(servers=[WEB_1, BUILD_1], expire_time=FUTURE)
    assert (called(again), again["custom_block_record"]["in_force"]) == ([ENABLE], True)


def test_a_failure_ends_the_wait_when_no_server_is_under_way(run: Runs, simulator: Simulator) -> None:
    result = run(servers=[WEB_1, BUILD_1], expire_time=FUTURE, wait_timeout=600)
    assert result["failed"] is True
    # A server that had failed before may be under way again: that is waited for.
    reads = len([call for call in simulator.calls if call.action == "DescribeCustomBlockRecords"])
    result = run(servers=[WEB_1, BUILD_1], expire_time=FUTURE, wait_timeout=1)
    assert result["failed"] is True
    more = len([call for call in simulator.calls if call.action == "DescribeCustomBlockRecords"]) - reads
    assert more > 8


def test_a_wait_that_runs_out_is_a_failure(run: Runs, simulator: Simulator) -> None:
    simulator.state.settings.task_seconds = 600
    result = run(wait_timeout=0, **BLOCK)
    assert (result["failed"], result["changed"], called(result)) == (True, True, [CREATE, ENABLE])
    assert result["msg"].startswith(
        f"{ADDRESS} (in) is blocked on 0 of 2 servers only, and not on web-prod-1 (disabled), db-prod-1 (disabled): "
    )


def test_somebody_was_quicker(run: Runs, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    meanwhile(simulator, monkeypatch, CREATE, lambda: put(simulator, WEB_2, expire_ms=FUTURE - 10**9) and None)
    result = run(**BLOCK)
    assert called(result) == [MODIFY, ENABLE]
    assert record_of(simulator).enabled_uuids == sorted([WEB_1, DB_1])
    assert [warning.split(" as well")[0] for warning in run.warnings] == [f"{ADDRESS} (in) was blocked on {WEB_2}"]


def test_somebody_made_the_same_meanwhile(run: Runs, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    meanwhile(simulator, monkeypatch, CREATE, lambda: put(simulator, WEB_1, DB_1) and None)
    result = run(**BLOCK)
    assert (result["changed"], result["actions"]) == (False, [])


@pytest.mark.parametrize("action", [MODIFY, ENABLE])
@pytest.mark.parametrize("state", ["present", "enabled"])
def test_a_record_that_vanishes(
    run: Runs, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, action: str, state: str
) -> None:
    put(simulator, WEB_1, enabled=False, enabled_uuids=[])
    meanwhile(simulator, monkeypatch, action, simulator.state.block_records.clear)
    wanted = {"servers": [WEB_1, DB_1]} if state == "present" else {}
    if (state, action) == ("enabled", MODIFY):
        assert called(run(state=state)) == [ENABLE]
        return
    result = run(state=state, **wanted)
    assert result["msg"].startswith(f"the custom block record for {ADDRESS} (in) has been deleted by somebody else")
    assert result["custom_block_record"] is None
    assert result["changed"] is (state == "present" and action == ENABLE)


def test_a_change_while_it_waits_is_no_success(
    run: Runs, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(simulator, WEB_1, enabled=False, enabled_uuids=[])

    def take_over() -> None:
        record_of(simulator).uuids = [DB_1]

    meanwhile(simulator, monkeypatch, ENABLE, take_over)
    result = run(servers=[WEB_1])
    assert "has been changed by somebody else meanwhile" in result["msg"]


# --- guard rails ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "options", "sentence"),
    [
        ("10.0.0.7", {}, "address 10.0.0.7 is not blocked: 10.0.0.7 is a private address (never_block: private)"),
        ("::ffff:10.0.0.7", {}, "address 10.0.0.7 is not blocked: 10.0.0.7 is a private address (never_block: private)"),
        (
            "203.0.113.21",
            {},
            "address 203.0.113.21 is not blocked: 203.0.113.21 belongs to one of the account's own servers (never_block: "
            "own_assets)",
        ),
        (ADDRESS, {"never_block": ["198.51.100.0/24"]}, f"address {ADDRESS} is not blocked: {ADDRESS} is in never_block (198.51.100.0/24)"),
        (
            ADDRESS,
            {"allowed_operations": ["ignore"]},
            "state present blocks an address, and block_ip is not in allowed_operations: allowed are ignore",
        ),
        (
            ADDRESS,
            {"protected_assets": [{"name": "db-*"}]},
            f"{ADDRESS} is not blocked on 1 of the servers - {DB_1}: the asset is protected by protected_assets (name: db-*)",
        ),
    ],
)  # fmt: skip
def test_a_guard_rail_refuses(run: Runs, address: str, options: dict[str, Any], sentence: str) -> None:
    assert run.refused(address, **BLOCK, **options) == sentence
    assert run.refused(address, check=True, **BLOCK, **options) == sentence


def test_a_guard_rail_refuses_to_enable(run: Runs, simulator: Simulator) -> None:
    put(simulator, WEB_1, DB_1, enabled=False, enabled_uuids=[])
    assert "protected_assets (uuid: " in run.refused(state="enabled", protected_assets=[{"uuid": DB_1}])
    assert "in never_block" in run.refused(state="enabled", never_block=[ADDRESS])
    assert "allowed_operations" in run.refused(state="enabled", allowed_operations=["ignore"])


@pytest.mark.parametrize("state", ["disabled", "absent"])
def test_no_guard_rail_keeps_a_block(run: Runs, simulator: Simulator, state: str) -> None:
    rails = {"protected_assets": [{"name": "*"}], "never_block": [CONSOLE_ADDRESS], "allowed_operations": ["ignore"]}
    assert run(CONSOLE_ADDRESS, state=state, **rails)["changed"] is True


def test_the_guard_rails_of_a_file_hold(run: Runs, tmp_path: Any) -> None:
    rails = tmp_path / "rails.yml"
    rails.write_text("never_block: [198.51.100.0/24]\n")
    told = run.refused(environ={"SECURITY_CENTER_GUARDRAILS": str(rails)}, **BLOCK)
    assert told.endswith("in never_block (198.51.100.0/24)")


# --- what can't be ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"servers": []}, "servers is missing or empty: give the uuids of the servers, as alerts tell them"),
        ({"servers": None}, "servers is missing or empty: give the uuids of the servers, as alerts tell them"),
        ({"servers": [WEB_1, " "]}, "servers has an empty entry: give the uuids of the servers, as alerts tell them"),
        ({"servers": ["a,b"]}, "servers has the entry a,b: write each uuid as an entry of its own"),
        ({"servers": ["a\ud800"]}, r"servers holds a character that can't be sent (a\ud800): remove it"),
        (
            {"servers": [WEB_1, "nobody", MEMBER_SERVER]},
            f"servers names {MEMBER_SERVER}, nobody, which the account does not have: give the uuids that alerts tell, and "
            "check region_id and the account",
        ),
        ({"address": "198.51.100.0/24"}, "address 198.51.100.0/24 is a network: records are of one address, give each of its own"),
        ({"address": "web-1"}, "address web-1 is not an IP address: give one such as 198.51.100.23"),
        ({"address": " "}, "address is empty and is not an IP address: give one such as 198.51.100.23"),
        ({"expire_time": None}, f"there is no custom block record for {ADDRESS} (in): give expire_in (such as 6h) or expire_time"),
        ({"expire_time": 2_000_000_000}, "expire_time 2000000000 looks like seconds: give milliseconds, or expire_in"),
        ({"expire_time": 1_000_000_000_000}, "expire_time is in the past (2001-09-09T01:46:40Z): give a later time, or expire_in"),
        ({"expire_time": None, "expire_in": "soon"}, "expire_in soon is not a duration: give digits and a unit, such as 30m, 6h or 7d"),
        ({"expire_in": "6h"}, "expire_time and expire_in are both given: give one of them"),
        ({"wait_timeout": -1}, "wait_timeout -1 is out of range: give seconds from 0"),
        ({"state": "absent"}, "expire_time does not go with state absent: remove it, or use state present"),
        (
            {"state": "enabled", "expire_time": None},
            "servers does not go with state enabled, which concerns all servers of the record: remove it",
        ),
        (
            {"state": "disabled", "expire_time": None, "direction": "out"},
            "servers does not go with state disabled and direction out: the record is disabled on all of its servers, and "
            "the service's own blocks are of direction in",
        ),
        (
            {"state": "enabled", "expire_time": None, "servers": None},
            f"there is no custom block record for {ADDRESS} (in): make it with state present",
        ),
    ],
)  # fmt: skip
def test_what_can_not_be_is_said_before_anything_is_sent(run: Runs, options: dict[str, Any], sentence: str) -> None:
    assert run.refused(**{**BLOCK, **options}) == sentence


def test_a_record_that_has_expired_needs_a_time(run: Runs, simulator: Simulator) -> None:
    put(simulator, WEB_1, expire_ms=1_000_000_000_000)
    assert run.refused(servers=[WEB_1]).startswith(f"the record has expired for {ADDRESS} (in): give expire_in")
    assert run.refused(state="enabled") == (
        f"the custom block record for {ADDRESS} (in) has expired (2001-09-09T01:46:40Z): renew it with state present and "
        "expire_in"
    )


def test_what_nothing_was_sent_for_is_an_error_of_options(run: Runs) -> None:
    with pytest.raises(OptionError):
        run(servers=["nobody"], expire_in="1h")


# --- enabled, disabled, absent ----------------------------------------------------------------------------------------


def test_a_record_is_enabled(run: Runs, simulator: Simulator) -> None:
    put(simulator, WEB_1, DB_1, enabled=False, enabled_uuids=[])
    planned = run(state="enabled", check=True)
    assert run.writes() == []
    result = run(state="enabled")
    assert planned["actions"] == result["actions"] == [
        {"action": ENABLE, "parameters": {"BlockIp": ADDRESS, "Bound": "in"}}
    ]  # fmt: skip
    assert planned["diff"] == result["diff"]
    statuses = [result["diff"][when]["status"] for when in ("before", "after")]
    assert statuses == ["invalid", "enabled"]
    assert record_of(simulator).enabled_uuids == [WEB_1, DB_1]
    assert run(state="enabled")["changed"] is False


def test_a_record_is_disabled_and_kept(run: Runs, simulator: Simulator) -> None:
    planned = run(CONSOLE_ADDRESS, state="disabled", check=True)
    assert run.writes() == []
    result = run(CONSOLE_ADDRESS, state="disabled")
    assert called(planned) == called(result) == run.writes() == [DISABLE]
    assert planned["diff"] == result["diff"]
    assert result["custom_block_record"]["status"] == "invalid"
    assert record_of(simulator, CONSOLE_ADDRESS).enabled_uuids == []
    again = run(CONSOLE_ADDRESS, state="disabled")
    assert (again["changed"], again["actions"]) == (False, [])


def test_a_server_on_which_a_block_stays_in_force_is_no_success(run: Runs, simulator: Simulator) -> None:
    simulator.state.settings.task_seconds = 600
    result = run(CONSOLE_ADDRESS, state="disabled", wait_timeout=0.2)
    assert (result["failed"], result["changed"]) == (True, True)
    assert result["msg"].startswith(f"{CONSOLE_ADDRESS} (in) is still in force on some servers after 0.2 s: ")


def test_a_record_that_is_being_disabled_is_waited_for(run: Runs, simulator: Simulator) -> None:
    """The service refuses to disable it once more, which is no failure."""
    simulator.state.settings.task_seconds = 0.6
    assert run(CONSOLE_ADDRESS, state="disabled", wait_timeout=0)["failed"]
    later = run(CONSOLE_ADDRESS, state="disabled")
    assert ("failed" in later, later["changed"], later["actions"]) == (False, False, [])
    assert record_of(simulator, CONSOLE_ADDRESS).enabled_uuids == []


def test_a_lost_answer_to_a_disabling_that_takes_its_time_is_looked_into(run: Runs, simulator: Simulator) -> None:
    simulator.state.settings.task_seconds = 0.6
    simulator.fail(DISABLE, how="reset_after")
    result = run(CONSOLE_ADDRESS, state="disabled")
    assert ("failed" in result, result["changed"], run.writes()) == (False, True, [DISABLE])
    assert record_of(simulator, CONSOLE_ADDRESS).enabled_uuids == []


def test_the_services_own_blocks_are_lifted(run: Runs, simulator: Simulator) -> None:
    planned = run(BRUTE_FORCE_ADDRESS, state="disabled", check=True)
    result = run(BRUTE_FORCE_ADDRESS, state="disabled")
    parameters = {"BlockIp": BRUTE_FORCE_ADDRESS, "Uuid": WEB_1, "Id": "710001", "Port": "22", "Bound": "in"}
    assert planned["actions"] == result["actions"] == [{"action": LIFT, "parameters": parameters}]
    assert planned["diff"] == result["diff"]
    assert result["diff"]["before"] == {"brute_force_records": {"710001": "enabled", "710002": "invalid"}}
    assert result["diff"]["after"] == {"brute_force_records": {"710001": "invalid", "710002": "invalid"}}
    assert result["custom_block_record"] is None
    assert [record.enabled for record in simulator.state.brute_force_records] == [False, False]
    assert run(BRUTE_FORCE_ADDRESS, state="disabled")["changed"] is False


def test_the_services_own_blocks_are_lifted_on_the_servers_that_are_named(run: Runs, simulator: Simulator) -> None:
    own = simulator.state.brute_force_records
    own.append(BruteForceRecord(710003, OWN_ACCOUNT, BRUTE_FORCE_ADDRESS, DB_1, FUTURE, port="3306"))
    own.append(BruteForceRecord(710004, OWN_ACCOUNT, BRUTE_FORCE_ADDRESS, DB_1, FUTURE))
    run(BRUTE_FORCE_ADDRESS, state="disabled", servers=[DB_1])
    assert [record.enabled for record in own] == [True, False, False, False]


def test_a_server_that_is_not_there_is_not_told_as_free_of_blocks(run: Runs) -> None:
    told = run.refused(BRUTE_FORCE_ADDRESS, state="disabled", servers=[WEB_1, WEB_1[:-1]])
    assert told.startswith(f"servers names {WEB_1[:-1]}, which the account does not have: ")
    assert run(BRUTE_FORCE_ADDRESS, state="disabled", servers=[DB_1])["changed"] is False


def test_the_services_own_blocks_are_of_what_comes_in(run: Runs, simulator: Simulator) -> None:
    result = run(BRUTE_FORCE_ADDRESS, state="disabled", direction="out")
    assert (result["changed"], result["brute_force_records"]) == (False, [])


def test_a_record_is_deleted(run: Runs, simulator: Simulator) -> None:
    planned = run(CONSOLE_ADDRESS, state="absent", check=True)
    assert run.writes() == []
    result = run(CONSOLE_ADDRESS, state="absent")
    assert planned["actions"] == result["actions"] == [{"action": DELETE, "parameters": {"Id": "700001"}}]
    assert planned["diff"] == result["diff"]
    assert (result["diff"]["before"]["servers"], result["diff"]["after"]) == ([WEB_1, WEB_2], {})
    assert (result["custom_block_record"], simulator.state.block_records) == (None, [])
    assert run(CONSOLE_ADDRESS, state="absent")["changed"] is False


def test_a_record_that_has_expired_is_deleted_and_not_disabled(run: Runs, simulator: Simulator) -> None:
    put(simulator, WEB_1, expire_ms=1000)
    assert run(state="disabled")["changed"] is False
    assert called(run(state="absent")) == [DELETE]


def test_a_count_that_is_left_over_of_a_block_that_has_expired_blocks_nothing(run: Runs, simulator: Simulator) -> None:
    record = put(simulator, WEB_1, enabled=False, expire_ms=1000)
    assert run(state="disabled")["changed"] is False
    record.expire_ms = FUTURE
    failed = run(state="disabled", wait_timeout=0.2)
    assert (failed["failed"], failed["changed"]) == (True, False)
    assert "is still in force on some servers after 0.2 s: " in failed["msg"]


def test_two_records_for_one_direction_are_not_guessed_at(run: Runs, simulator: Simulator) -> None:
    put(simulator, WEB_1)
    put(simulator, WEB_2)
    assert run.refused(state="absent") == (
        f"the service tells of 2 custom block records for {ADDRESS} that may be the one for direction in: look at them in "
        "the console"
    )


def test_what_can_not_be_deleted_is_said(run: Runs, simulator: Simulator) -> None:
    result = run(BRUTE_FORCE_ADDRESS, state="absent")
    assert (result["changed"], len(result["brute_force_records"])) == (False, 2)
    assert run.warnings == [
        f"the service itself still blocks {BRUTE_FORCE_ADDRESS} on web-prod-1 (brute-force records, which can't be "
        "deleted): use state disabled to lift that too"
    ]
    run(BRUTE_FORCE_ADDRESS, state="disabled")
    run(BRUTE_FORCE_ADDRESS, state="absent")
    assert run.warnings == []


@pytest.mark.parametrize(("state", "action"), [("disabled", DISABLE), ("absent", DELETE)])
def test_a_record_that_somebody_else_deletes_is_gone(
    run: Runs, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, state: str, action: str
) -> None:
    meanwhile(simulator, monkeypatch, action, simulator.state.block_records.clear)
    result = run(CONSOLE_ADDRESS, state=state)
    assert ("failed" in result, result["changed"], result["custom_block_record"]) == (False, False, None)


def test_an_own_block_that_somebody_else_lifts_is_lifted(
    run: Runs, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(simulator, monkeypatch, LIFT, simulator.state.brute_force_records.clear)
    result = run(BRUTE_FORCE_ADDRESS, state="disabled")
    assert ("failed" in result, result["changed"]) == (False, False)


def test_what_was_done_is_told_when_a_later_call_can_not_be_sent(
    run: Runs, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator.state.brute_force_records.append(
        BruteForceRecord(710003, OWN_ACCOUNT, CONSOLE_ADDRESS, WEB_1, FUTURE, port="2\ud8002")
    )
    result = run(CONSOLE_ADDRESS, state="disabled")
    assert (result["failed"], result["changed"], called(result)) == (True, True, [DISABLE])
    assert "Port holds a character that can't be sent (2\\ud8002)" in result["msg"]


# --- calls that go wrong ----------------------------------------------------------------------------------------------

STEPS = {
    CREATE: BLOCK,
    MODIFY: {"address": CONSOLE_ADDRESS, "servers": [WEB_1, DB_1]},
    ENABLE: BLOCK,
    DISABLE: {"address": CONSOLE_ADDRESS, "state": "disabled"},
    DELETE: {"address": CONSOLE_ADDRESS, "state": "absent"},
    LIFT: {"address": BRUTE_FORCE_ADDRESS, "state": "disabled"},
}


@pytest.mark.parametrize("how", ["reset_after", "reset_before", "throttle", "timeout_after", "html_after"])
@pytest.mark.parametrize("action", STEPS)
def test_a_lost_answer_is_looked_into(run: Runs, simulator: Simulator, action: str, how: str) -> None:
    details = {"seconds": 0.01} if how == "timeout_after" else {}
    simulator.fail(action, how=how, **details)
    result = run(**STEPS[action])
    assert ("failed" in result, result["changed"]) == (False, True), result.get("msg")
    again = run(**STEPS[action])
    assert (again["changed"], again["actions"]) == (False, [])
    carried_out = [
        call for call in simulator.calls if call.action == action and not call.code and call.fault != "reset_before"
    ]
    # Enabling is not told from its first answer: it may be asked for again.
    assert len(carried_out) == 1 or action == ENABLE


@pytest.mark.parametrize("action", STEPS)
def test_a_call_that_is_refused_is_a_failure(run: Runs, simulator: Simulator, action: str) -> None:
    simulator.fail(action, times=9, how="error", http_status=403, code="NoPermission", message="no\x1b[31m leave")
    result = run(**STEPS[action])
    assert (result["failed"], result["error"]["action"], result["error"]["code"]) == (True, action, "NoPermission")
    assert result["msg"].isprintable()
    assert result["changed"] is (action == ENABLE)
    assert called(result) == ([CREATE] if action == ENABLE else [])


@pytest.mark.parametrize("action", STEPS)
def test_an_answer_that_stays_lost_is_a_failure_and_may_be_a_change(
    run: Runs, simulator: Simulator, action: str
) -> None:
    simulator.fail(action, times=9, how="reset_before")
    result = run(**STEPS[action])
    assert (result["failed"], result["changed"]) == (True, True)
    assert called(result)[-1] == action


def test_reading_that_fails_is_a_failure(run: Runs, simulator: Simulator) -> None:
    simulator.fail("DescribeCustomBlockRecords", times=9, how="error", http_status=403, code="NoPermission")
    assert "DescribeCustomBlockRecords failed: NoPermission" in run.refused(**BLOCK)


# --- what is read -----------------------------------------------------------------------------------------------------


def test_what_is_blocked_is_listed(simulator: Simulator) -> None:
    told = info(simulator)
    [record] = told["custom_block_records"]
    assert (record["id"], record["address"], record["direction"]) == ("700001", CONSOLE_ADDRESS, "in")
    assert (record["servers"], record["in_force"], record["source"]) == ([WEB_1, WEB_2], True, "console")
    first, second = told["brute_force_records"]
    assert (first["id"], first["uuid"], first["port"], first["status"]) == ("710001", WEB_1, "22", "enabled")
    assert (second["instance_name"], second["status"], second["source"]) == ("web-prod-2", "invalid", "blinkRule")
    assert (told["changed"], told["total_count"]) == (False, 3)


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ({"address": CONSOLE_ADDRESS}, ["700001"]),
        ({"address": f" {BRUTE_FORCE_ADDRESS} "}, ["710001", "710002"]),
        ({"address": "198.51.100.20"}, []),
        ({"status": "enabled"}, ["700001", "710001"]),
        ({"status": "invalid"}, ["710002"]),
        ({"status": "failed"}, []),
        ({"kinds": ["custom"]}, ["700001"]),
        ({"kinds": ["brute_force"]}, ["710001", "710002"]),
    ],
)
def test_filters(simulator: Simulator, options: dict[str, Any], ids: list[str]) -> None:
    told = info(simulator, **options)
    assert [one["id"] for one in told["custom_block_records"] + told["brute_force_records"]] == ids
    assert told["total_count"] == len(ids)


def test_details_are_those_of_each_server(run: Runs, simulator: Simulator) -> None:
    run(servers=[WEB_1, BUILD_1], expire_time=FUTURE)
    console, ours = info(simulator, details=True, kinds=["custom"])["custom_block_records"]
    assert [one["status"] for one in console["instances"]] == ["enabled", "enabled"]
    assert {one["instance_name"]: one["status"] for one in ours["instances"]} == {
        "web-prod-1": "enabled",
        "build-1": "failed",
    }


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"address": "198.51.100.0/24"}, "is a network"),
        ({"address": ""}, "address is empty and is not an IP address"),
        ({"kinds": []}, "kinds is empty: name custom or brute_force, or remove it"),
        ({"kinds": ["brute_force"], "details": True}, "add custom to kinds, or remove details"),
    ],
)
def test_filters_that_can_not_be(simulator: Simulator, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(OptionError, match=sentence):
        info(simulator, **options)
    assert simulator.calls == []


def test_hundreds_of_records_are_read_whole(simulator: Simulator) -> None:
    for number in range(230):
        put(simulator, CACHE_1, bound=f"{number}")
    told = blocks.read_block_records(client_of(simulator))
    assert len({record["id"] for record in told}) == 231
    pages = [call.parameters["CurrentPage"] for call in simulator.calls]
    assert sorted(pages) == ["1", "2", "3"]


def test_an_address_has_more_than_one_spelling(run: Runs, simulator: Simulator) -> None:
    record = put(simulator, WEB_1, enabled=False, enabled_uuids=[])
    record.block_ip = "2001:0DB8:0000::1"
    result = run("2001:db8::1", servers=[WEB_1])
    assert result["actions"] == [{"action": ENABLE, "parameters": {"BlockIp": "2001:0DB8:0000::1", "Bound": "in"}}]
    assert len(simulator.state.block_records) == 2


def test_a_list_that_has_not_been_read_whole_proves_no_absence(
    run: Runs, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(120):
        put(simulator, CACHE_1, bound=f"{number}")
    record, action = put(simulator, WEB_1), "DescribeCustomBlockRecords"
    record.block_ip = "2001:db8::1"
    describe, records = ACTIONS[action], simulator.state.block_records

    def moving(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
        records.remove(record)
        records.insert(len(records) if parameters.get("CurrentPage", 1) == 1 else 0, record)
        return describe(state, account, parameters)

    monkeypatch.setitem(ACTIONS, action, moving)
    assert run.refused("2001:db8::1", state="absent").startswith(
        "121 of 122 block records could be read, for the list "
    )
