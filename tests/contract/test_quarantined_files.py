# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quarantined files are listed and restored: nothing is restored twice, and what is not back is never called so."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import ApiError, OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center import (
    changes,
    quarantine,
    quarantined_file,
    quarantined_file_info,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.changes import Changes, NotDone
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.guardrails import GuardRails
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report
from engine import client_of
from simulator import Simulator
from simulator.actions import ACTIONS
from simulator.seed_accounts import BUILD_1, DB_1, OWN_ACCOUNT, WEB_1, WEB_2
from simulator.state import Account, QuarantinedFile, State, WhitelistRule

LIST, RESTORE, WHITELIST = (
    "DescribeSuspEventQuaraFiles",
    "RollbackSuspEventQuaraFile",
    "ModifySecurityEventMarkMissIndividually",
)
SEEDED = {"quarantined_file_id": "800001"}
BACK = "the file is back; no process was started again"
MD5 = "3f2b5c8d9e1a4f60b7c8d9e0f1a2b3c4"

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run(path="/tmp/x")`` is what quarantined_file does with these options."""
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(min(seconds, 0.03)))
    monkeypatch.setattr(changes, "_SOON", 0.02)
    monkeypatch.setattr(quarantine, "_STALE", 0.1)

    def one(*, check_mode: bool = False, diff: bool = False, **options: Any) -> dict[str, Any]:
        report = Report(check_mode=check_mode, diff=diff, environ={}, warn=lambda text: None)
        return quarantined_file.run(client_of(simulator), {"wait_timeout": 5, **options}, report)

    return one


def listed(simulator: Simulator, **options: Any) -> list[dict[str, Any]]:
    """What quarantined_file_info returns."""
    report = Report(check_mode=False, diff=False, environ={}, warn=lambda text: None)
    result = quarantined_file_info.run(client_of(simulator), options, report)
    assert result["total_count"] == len(result["quarantined_files"])
    assert result["changed"] is False
    return result["quarantined_files"]


def add(simulator: Simulator, number: int, **fields: Any) -> QuarantinedFile:
    given = {"account_id": OWN_ACCOUNT, "alert_id": 0, "uuid": WEB_1, "path": "/tmp/x", "md5": "0" * 32} | fields
    file = QuarantinedFile(id=number, modified_ms=1_800_000_000_000 + 1000 * number, **given)
    simulator.state.quarantined_files.append(file)
    return file


def seeded(simulator: Simulator) -> QuarantinedFile:
    return simulator.state.quarantined_files[0]


def calls(simulator: Simulator, action: str = RESTORE) -> list[dict[str, str]]:
    return [call.parameters for call in simulator.calls if call.action == action]


# --- what is listed ---------------------------------------------------------------------------------------------------


def test_a_record_tells_where_the_file_was_and_not_where_it_can_be_downloaded(simulator: Simulator):
    [file] = listed(simulator)
    assert list(file) == [field.name for field in quarantine.FIELDS]
    assert (file["id"], file["status"], file["path"], file["md5"]) == (
        "800001",
        "quaraDone",
        "/tmp/.X11/kworkerds",
        MD5,
    )
    assert (file["uuid"], file["instance_name"], file["event_name"]) == (DB_1, "db-prod-1", "Worm")
    assert file["modify_time_stamp"] == seeded(simulator).modified_ms // 1000 * 1000
    assert file["modify_time"].endswith("Z")
    assert "Signature" not in json.dumps(file)


def test_all_files_are_listed_however_many(simulator: Simulator):
    for number in range(1, 251):
        add(simulator, number, status="rollbackDone" if number % 2 else "quaraDone")
    assert len({file["id"] for file in listed(simulator)}) == 251
    assert len(listed(simulator, status="rollbackDone")) == 125


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ({"status": "rollbackFailed"}, ["3"]),
        ({"path": "/tmp/y"}, ["3", "2"]),
        ({"path": "/tmp/Y"}, []),
        ({"md5": MD5.upper()}, ["800001"]),
        ({"uuid": WEB_2}, ["3"]),
        ({"instance_name": "WEB-prod-1"}, ["2", "1"]),
        ({"path": "/tmp/y", "uuid": WEB_1}, ["2"]),
    ],
    ids=str,
)
def test_files_are_filtered(simulator: Simulator, options: dict[str, Any], ids: list[str]):
    add(simulator, 1)
    add(simulator, 2, path="/tmp/y")
    add(simulator, 3, path="/tmp/y", uuid=WEB_2, status="rollbackFailed")
    assert [file["id"] for file in listed(simulator, **options)] == ids


def test_an_empty_filter_is_refused(simulator: Simulator):
    with pytest.raises(OptionError, match=r"^path is empty: give what the quarantined file has, or remove it$"):
        listed(simulator, path=" ")
    assert simulator.calls == []


# --- what is restored -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "by",
    [SEEDED, {"path": "/tmp/.X11/kworkerds"}, {"md5": MD5.upper()}, {"uuid": DB_1}, {"path": "/tmp/.X11/kworkerds", "uuid": DB_1}],
    ids=str,
)  # fmt: skip
def test_check_run_and_repeat(simulator: Simulator, run: Run, by: dict[str, str]):
    add(simulator, 1)
    planned = run(check_mode=True, diff=True, **by)
    assert calls(simulator) == []
    done = run(diff=True, **by)
    assert planned["actions"] == done["actions"] == [
        {"action": RESTORE, "parameters": {"QuaraFileId": "800001", "From": "sas"}}
    ]  # fmt: skip
    assert planned["changed"] is done["changed"] is True
    before = {"id": "800001", "path": "/tmp/.X11/kworkerds", "uuid": DB_1, "status": "quaraDone"}
    assert planned["diff"] == done["diff"] == {"before": before, "after": before | {"status": "rollbackDone"}}
    assert planned["quarantined_file"] == done["quarantined_file"]
    assert ("message" in planned, done["message"]) == (False, BACK)
    assert seeded(simulator).status == "rollbackDone"

    repeated = run(**by)
    assert (repeated["changed"], repeated["actions"], repeated["message"]) == (False, [], BACK)
    assert repeated["quarantined_file"] == done["quarantined_file"]
    assert calls(simulator) == [{"QuaraFileId": "800001", "From": "sas"}]


def test_a_file_that_is_on_its_way_back_is_followed(simulator: Simulator, run: Run):
    add(simulator, 1, status="rollbacking", rollback_ends_ms=simulator.clock.now_ms() + 300)
    planned = run(path="/tmp/x", check_mode=True)
    assert (planned["changed"], "message" in planned) == (False, False)
    followed = run(path="/tmp/x")
    assert (followed["changed"], followed["quarantined_file"]["status"]) == (False, "rollbackDone")
    assert calls(simulator) == []


@pytest.mark.parametrize("before", ["quaraDone", "rollbackFailed"])
@pytest.mark.parametrize("why", [{"uuid": BUILD_1}, {"rollback_fails": True}], ids=str)
def test_a_restore_that_fails_has_changed_nothing(simulator: Simulator, run: Run, why: dict[str, Any], before: str):
    file = add(simulator, 1, status=before, **why)
    failed = run(path="/tmp/x")
    assert (failed["failed"], failed["changed"]) == (True, False)
    assert "could not be restored: check that the server is online" in failed["msg"]
    assert failed["quarantined_file"]["status"] == "rollbackFailed"
    assert "message" not in failed
    file.uuid, file.rollback_fails = WEB_1, False
    assert run(path="/tmp/x")["changed"] is True
    assert len(calls(simulator)) == 2


def test_a_failure_of_the_try_before_is_not_taken_for_this_ones(
    simulator: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch
):
    """The list may lag behind the call."""
    monkeypatch.setattr(quarantine, "_STALE", 60)
    file = add(simulator, 1, status="rollbackFailed")
    read, looks = quarantine.read_quarantined_files, []

    def lagging(*arguments: Any) -> list[dict[str, Any]]:
        looks.append(arguments)
        files = read(*arguments)
        late = len(calls(simulator)) and len(looks) < 8
        return [one | {"status": "rollbackFailed"} if late and one["id"] == "1" else one for one in files]

    monkeypatch.setattr(quarantine, "read_quarantined_files", lagging)
    assert run(path="/tmp/x")["quarantined_file"]["status"] == "rollbackDone"
    assert len(looks) >= 8 and file.status == "rollbackDone"


def test_a_wait_that_ends_before_this_try_is_told_from_the_one_before_says_so(
    simulator: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(quarantine, "_STALE", 60)
    add(simulator, 1, status="rollbackFailed")
    read = quarantine.read_quarantined_files

    def lagging(*arguments: Any) -> list[dict[str, Any]]:
        return [one | {"status": "rollbackFailed"} if one["id"] == "1" else one for one in read(*arguments)]

    monkeypatch.setattr(quarantine, "read_quarantined_files", lagging)
    failed = run(path="/tmp/x", wait_timeout=0)
    assert (failed["failed"], failed["changed"], len(failed["actions"])) == (True, True, 1)
    assert "is still being restored after 0 seconds (rollbackFailed)" in failed["msg"]


def test_a_wait_that_runs_out_is_a_failure_and_a_later_run_goes_on(simulator: Simulator, run: Run):
    simulator.state.settings.task_seconds = 0.6
    failed = run(**SEEDED, wait_timeout=0.1)
    assert (failed["failed"], failed["changed"]) == (True, True)
    assert "is still being restored after 0.1 seconds (rollbacking)" in failed["msg"]
    assert "what was done until then is in actions" in failed["msg"]
    assert failed["quarantined_file"]["status"] == "rollbacking"
    later = run(**SEEDED)
    assert (later["changed"], later["message"]) == (False, BACK)
    assert len(calls(simulator)) == 1


@pytest.mark.parametrize("how", ["reset_before", "reset_after", "garbage", "throttle", "truncated"])
def test_a_lost_answer_is_never_repeated_blindly(simulator: Simulator, run: Run, how: str):
    simulator.fail(RESTORE, how=how)
    assert run(**SEEDED)["changed"] is True
    assert seeded(simulator).status == "rollbackDone"
    carried_out = [call for call in simulator.calls if call.action == RESTORE and not call.code]
    assert len(carried_out) == 1 + (how == "garbage" or how == "reset_before")


def test_an_answer_that_stays_lost_is_told_as_such(simulator: Simulator, run: Run):
    simulator.fail(RESTORE, times=9, how="reset_before")
    failed = run(**SEEDED)
    assert (failed["failed"], failed["changed"], len(calls(simulator))) == (True, True, 3)
    assert failed["error"]["action"] == RESTORE
    assert seeded(simulator).status == "quaraDone"


def test_another_run_that_was_quicker_has_done_the_work(
    simulator: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch
):
    make = Changes.make

    def late(self: Changes, *arguments: Any, **more: Any) -> None:
        seeded(simulator).status = "rollbackDone"
        make(self, *arguments, **more)

    monkeypatch.setattr(Changes, "make", late)
    result = run(**SEEDED)
    assert (result["changed"], result["actions"], result["message"]) == (False, [], BACK)


def test_a_file_that_is_not_listed_any_more_is_told(simulator: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch):
    make = Changes.make

    def late(self: Changes, *arguments: Any, **more: Any) -> None:
        simulator.state.quarantined_files.clear()
        make(self, *arguments, **more)

    monkeypatch.setattr(Changes, "make", late)
    failed = run(**SEEDED)
    assert (failed["failed"], failed["changed"]) == (True, False)
    assert "quarantined file 800001 (/tmp/.X11/kworkerds on db-prod-1) is not listed any more" in failed["msg"]


def test_a_refusal_is_told_as_the_service_words_it(simulator: Simulator, run: Run):
    simulator.fail(RESTORE, how="error", http_status=403, code="NoPermission", message="No.")
    failed = run(**SEEDED)
    assert (failed["failed"], failed["changed"], failed["actions"]) == (True, False, [])
    assert (failed["error"]["action"], failed["error"]["code"]) == (RESTORE, "NoPermission")


def test_several_files_are_restored_at_once(simulator: Simulator, run: Run):
    """One that can't be, and one that the service refuses, are told of themselves alone."""
    for number in range(1, 11):
        add(simulator, number, rollback_fails=number == 7)
    simulator.fail(RESTORE, nth=3, how="error", http_status=400, code="IllegalParam", message="No.")
    client, report = client_of(simulator), Report(check_mode=False, diff=False, environ={}, warn=print)
    made = Changes(client, report, GuardRails())

    def one(file: dict[str, Any]) -> str:
        try:
            return str(quarantine.restore(client, made, file, 5)["status"])
        except quarantine.NotRestored as error:
            return str(error.file["status"])
        except ApiError as error:
            return error.code

    files = [file for file in quarantine.read_quarantined_files(client) if file["path"] == "/tmp/x"]
    ends = dict(zip([file["id"] for file in files], client.at_once(one, files), strict=True))
    refused = {one for one, end in ends.items() if end == "IllegalParam"}
    is_now = {str(file.id): file.status for file in simulator.state.quarantined_files if file.path == "/tmp/x"}
    assert len(refused) == 1
    assert is_now == ends | dict.fromkeys(refused, "quaraDone")
    assert {action["parameters"]["QuaraFileId"] for action in made.actions} == ends.keys() - refused


# --- which file is meant ----------------------------------------------------------------------------------------------


def test_several_that_could_be_meant_are_a_refusal(simulator: Simulator, run: Run):
    for number in range(1, 8):
        add(simulator, number)
    failed = run(path="/tmp/x")
    assert failed["failed"] and not failed["changed"] and failed["actions"] == []
    assert failed["msg"].startswith(
        "7 quarantined files could be meant, so nothing was sent: give the quarantined_file_id of one, or more of path, "
        f"md5 and uuid: quarantined file 7 (/tmp/x on web-prod-1), server {WEB_1}, md5 {'0' * 32}, status quaraDone, "
        "since 2027-01-15T08:00:07Z; "
    )
    assert failed["msg"].endswith("; and 2 more") and failed["msg"].count("server ") == 5
    assert [file["id"] for file in failed["candidates"]] == ["7", "6", "5", "4", "3", "2", "1"]
    assert calls(simulator) == []


@pytest.mark.parametrize("given", ["/tmp/x ", " /tmp/x", "/tmp/x\n"])
def test_white_space_is_part_of_a_path(simulator: Simulator, run: Run, given: str):
    add(simulator, 1)
    with pytest.raises(NotDone, match="no quarantined file has path"):
        run(path=given)
    assert listed(simulator, path=given) == []
    add(simulator, 2, path=given)
    assert run(path=given)["quarantined_file"]["id"] == "2"


def test_nothing_is_chosen_from_a_list_that_has_not_been_read_whole(
    simulator: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch
):
    """Another file that could be meant as well is on no page that is read, for the newest one changes all the time."""
    for number in range(1, 151):
        add(simulator, number, path="/tmp/twin" if number in (3, 150) else f"/tmp/{number}")
    describe, files = ACTIONS[LIST], simulator.state.quarantined_files

    def moving(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
        twin = files[3]
        twin.modified_ms = 1 if str(parameters["CurrentPage"]) == "1" else 1_900_000_000_000
        return describe(state, account, parameters)

    monkeypatch.setitem(ACTIONS, LIST, moving)
    with pytest.raises(NotDone, match="150 of 151 quarantined files could be read"):
        run(path="/tmp/twin")
    assert calls(simulator) == []
    assert run(quarantined_file_id="150")["changed"] is True


def test_a_file_that_does_not_exist_is_told(simulator: Simulator, run: Run):
    with pytest.raises(
        NotDone, match="no quarantined file has path /tmp/none, uuid u: quarantined_file_info lists those"
    ):
        run(path="/tmp/none", uuid="u")
    with pytest.raises(NotDone, match="no quarantined file has id 5: "):
        run(quarantined_file_id="5")


@pytest.mark.parametrize("given", ["", " ", "-1", "8e5", "id 800001", "٣"])
def test_what_is_no_id_is_refused(simulator: Simulator, run: Run, given: str):
    with pytest.raises(OptionError, match=r"^quarantined_file_id .* is not a quarantined file's id"):
        run(quarantined_file_id=given)
    assert simulator.calls == []


@pytest.mark.parametrize("seconds", [-1, float("nan"), 1e9])
def test_a_wait_that_is_none_is_refused(simulator: Simulator, run: Run, seconds: float):
    with pytest.raises(OptionError, match=r"^wait_timeout .* is out of range: give seconds from 0$"):
        run(**SEEDED, wait_timeout=seconds)
    assert simulator.calls == []


# --- guard rails ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", [{"uuid": DB_1}, {"name": "db-*"}, {"address": "10.0.2.0/24"}], ids=str)
def test_a_file_of_a_protected_server_stays_where_it_is(simulator: Simulator, run: Run, rule: dict[str, str]):
    failed = run(**SEEDED, protected_assets=[rule], whitelist_first=True)
    assert (failed["failed"], failed["changed"], calls(simulator)) == (True, False, [])
    assert "was not restored: the asset is protected by protected_assets" in failed["msg"]
    assert run(**SEEDED, protected_assets=[{"name": "web-*"}])["changed"] is True


@pytest.mark.parametrize("uuid", ["", "unknown-server"])
def test_a_server_that_is_not_told_is_taken_as_protected(simulator: Simulator, run: Run, uuid: str):
    add(simulator, 1, uuid=uuid)
    failed = run(path="/tmp/x", protected_assets=[{"name": "db-*"}])
    assert "protected_assets" in failed["msg"] and "can't be checked" in failed["msg"]
    assert calls(simulator) == []


def test_restoring_needs_no_allowed_operation(simulator: Simulator, run: Run):
    assert run(**SEEDED, allowed_operations=["ignore"])["changed"] is True


# --- the rule before the restore --------------------------------------------------------------------------------------

RULE = {
    "event_type": "Malicious Process",
    "event_name": "worm",
    "field": "md5",
    "operate": "strEqual",
    "field_value": MD5,
    "uuid": DB_1,
}


def test_a_rule_is_made_before_the_file_is_restored(simulator: Simulator, run: Run):
    planned = run(**SEEDED, whitelist_first=True, check_mode=True)
    assert calls(simulator) == calls(simulator, WHITELIST) == []
    done = run(**SEEDED, whitelist_first=True)
    assert planned["actions"] == done["actions"]
    assert [made["action"] for made in done["actions"]] == [WHITELIST, RESTORE]
    assert planned["whitelist_rule"] == done["whitelist_rule"] == RULE
    rule = simulator.state.whitelist_rules[-1]
    assert {name: getattr(rule, name) for name in RULE} == RULE

    repeated = run(**SEEDED, whitelist_first=True)
    assert (repeated["changed"], "whitelist_rule" in repeated) == (False, False)
    assert len(calls(simulator, WHITELIST)) == 1


@pytest.mark.parametrize("where", [DB_1, "ALL"])
def test_a_rule_that_is_there_is_not_made_again(simulator: Simulator, run: Run, where: str):
    simulator.state.whitelist_rules.append(WhitelistRule(99, OWN_ACCOUNT, **(RULE | {"uuid": where})))
    assert [made["action"] for made in run(**SEEDED, whitelist_first=True)["actions"]] == [RESTORE]


def test_a_rule_turns_on_the_path_where_the_hash_is_no_field(simulator: Simulator, run: Run):
    simulator.add_alert(id=10012, mark_sources={"filePath": "/tmp/.X11/kworkerds"})
    assert run(**SEEDED, whitelist_first=True)["whitelist_rule"] == RULE | {
        "field": "filePath",
        "field_value": "/tmp/.X11/kworkerds",
    }


@pytest.mark.parametrize(
    ("alerts", "reason"),
    [
        ([{"id": 10012, "details": {}}], "no alert on the server tells of quarantined file 800001"),
        ([{"id": 10012, "details": {"path": "/TMP/.X11/kworkerds"}}], "no alert on the server tells of quarantined"),
        ([{"id": 1, "uuid": DB_1, "details": {"md5": MD5}}], "alerts of 2 kinds tell of quarantined file 800001"),
        ([{"id": 10012, "mark_sources": {"cmdLine": "x"}}], "can be whitelisted neither by the md5 nor by the path"),
        ([{"id": 10012, "sub_type": ""}], "does not tell the kind of the alert"),
    ],
    ids=["no alert", "another case", "two kinds", "no such field", "no kind"],
)
def test_a_rule_that_can_not_be_told_is_a_refusal(
    simulator: Simulator, run: Run, alerts: list[dict[str, Any]], reason: str
):
    for fields in alerts:
        simulator.add_alert(**fields)
    failed = run(**SEEDED, whitelist_first=True)
    assert failed["failed"] and not failed["changed"]
    assert reason in failed["msg"] and "make the rule with alert_whitelist_rule first" in failed["msg"]
    assert calls(simulator) == calls(simulator, WHITELIST) == []


@pytest.mark.parametrize("filters", [True, False], ids=["filtered", "the filter is ignored"])
def test_alerts_of_other_servers_tell_nothing(
    simulator: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch, filters: bool
):
    simulator.add_alert(id=1, uuid=WEB_1, details={"md5": MD5})
    described = ACTIONS["DescribeSuspEvents"]

    def unfiltered(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
        return described(state, account, {name: value for name, value in parameters.items() if name != "Uuids"})

    if not filters:
        monkeypatch.setitem(ACTIONS, "DescribeSuspEvents", unfiltered)
    assert run(**SEEDED, whitelist_first=True)["whitelist_rule"] == RULE
    assert {parameters["Uuids"] for parameters in calls(simulator, "DescribeSuspEvents")} == {DB_1}


@pytest.mark.parametrize("details", [{"path": "/tmp/.X11/kworkerds"}, {"md5": MD5.upper()}, {"tip": MD5}], ids=str)
def test_an_alert_tells_of_a_file_by_its_path_or_its_hash(simulator: Simulator, run: Run, details: dict[str, str]):
    simulator.add_alert(id=10012, details=details)
    assert run(**SEEDED, whitelist_first=True)["whitelist_rule"] == RULE


def test_a_file_without_a_server_gets_no_rule(simulator: Simulator, run: Run):
    seeded(simulator).uuid = ""
    assert (
        "the service does not tell the server of quarantined file 800001" in run(**SEEDED, whitelist_first=True)["msg"]
    )
    assert calls(simulator) == calls(simulator, WHITELIST) == []


def test_a_rule_needs_the_operation_that_it_stands_for(simulator: Simulator, run: Run):
    with pytest.raises(OptionError, match="advance_mark_mis_info is not in allowed_operations"):
        run(**SEEDED, whitelist_first=True, allowed_operations=["ignore"])
    assert simulator.calls == []


def test_a_rule_that_stands_is_told_when_the_restore_fails(simulator: Simulator, run: Run):
    seeded(simulator).rollback_fails = True
    failed = run(**SEEDED, whitelist_first=True)
    assert (failed["failed"], failed["changed"], failed["whitelist_rule"]) == (True, True, RULE)
    seeded(simulator).rollback_fails = False
    assert [made["action"] for made in run(**SEEDED, whitelist_first=True)["actions"]] == [RESTORE]


def test_a_listing_that_fails_ends_the_task(simulator: Simulator, run: Run):
    simulator.fail(LIST, how="error", http_status=403, code="Forbidden.RAM", message="No.")
    with pytest.raises(ApiError, match=LIST):
        run(**SEEDED)
