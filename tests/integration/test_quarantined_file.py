# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""quarantined_file and quarantined_file_info, as a person runs them."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import COLLECTION, Play

from simulator import Simulator
from simulator.seed_accounts import BUILD_1, DB_1, OWN_ACCOUNT, WEB_1, WEB_2
from simulator.state import QuarantinedFile

MODULE, INFO = f"{COLLECTION}.quarantined_file", f"{COLLECTION}.quarantined_file_info"
FILE = {"path": "/tmp/.X11/kworkerds", "uuid": DB_1}
CALL = {"action": "RollbackSuspEventQuaraFile", "parameters": {"From": "sas", "QuaraFileId": "800001"}}
BACK = "the file is back; no process was started again"


def add(simulator: Simulator, number: int, **fields: Any) -> None:
    given = {"account_id": OWN_ACCOUNT, "alert_id": 0, "uuid": WEB_1, "path": "/tmp/x", "md5": "0" * 32} | fields
    file = QuarantinedFile(id=number, modified_ms=1_800_000_000_000, **given)
    simulator.state.quarantined_files.append(file)


def rollbacks(simulator: Simulator) -> list[str]:
    return [call.parameters["QuaraFileId"] for call in simulator.calls if call.action == "RollbackSuspEventQuaraFile"]


def test_check_run_repeat_and_list(simulator: Simulator, play: Play):
    run = play.tasks(
        [
            {MODULE: FILE, "check_mode": True, "diff": True},
            {INFO: FILE | {"status": "quaraDone"}},
            {MODULE: FILE, "diff": True},
            {MODULE: FILE, "diff": True},
            {MODULE: {"quarantined_file_id": 800001}},  # YAML makes a number of it
            {INFO: {"instance_name": "db-prod-1"}},
        ]
    )
    assert run.code == 0, run.output
    planned, in_quarantine, restored, repeated, by_id, listed = run.results
    assert [planned["changed"], restored["changed"], repeated["changed"], by_id["changed"]] == [
        True,
        True,
        False,
        False,
    ]
    assert planned["actions"] == restored["actions"] == [CALL]
    assert planned["diff"] == restored["diff"]
    assert [restored["diff"][side]["status"] for side in ("before", "after")] == ["quaraDone", "rollbackDone"]
    assert repeated["actions"] == by_id["actions"] == []
    assert restored["message"] == repeated["message"] == by_id["message"] == BACK
    assert in_quarantine["total_count"] == listed["total_count"] == 1
    assert listed["quarantined_files"] == [restored["quarantined_file"]] == [repeated["quarantined_file"]]
    assert rollbacks(simulator) == ["800001"]
    assert '"status": "quaraDone"' in run.output and '"status": "rollbackDone"' in run.output


def test_the_way_back_of_a_quarantine(simulator: Simulator, play: Play):
    """The file that handle_security_events took away is restored, and the mine is not taken for harmless by that."""
    run = play.tasks(
        [
            {
                f"{COLLECTION}.handle_security_events": {
                    "security_event_ids": ["10001"],
                    "operation_code": "kill_and_quara",
                    "operation_params": {"sub_operation": "killAndQuaraFileByMd5andPath"},
                }
            },
            {MODULE: {"path": "/tmp/.cache/xmrig", "uuid": WEB_1, "whitelist_first": True}},
        ]
    )
    assert run.code == 0, run.output
    restored = run.results[1]
    assert restored["quarantined_file"]["path"] == "/tmp/.cache/xmrig"
    assert [made["action"] for made in restored["actions"]] == [
        "ModifySecurityEventMarkMissIndividually",
        "RollbackSuspEventQuaraFile",
    ]
    assert restored["whitelist_rule"]["field"] == "md5"


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "nothing that names a file": (
        {},
        "one of the following is required: quarantined_file_id, path, md5, uuid",
    ),
    "an id and a path": (
        FILE | {"quarantined_file_id": "800001"},
        "parameters are mutually exclusive: quarantined_file_id|path, quarantined_file_id|uuid",
    ),
    "another state": (
        FILE | {"state": "absent"},
        "value of state must be one of: restored, got: absent",
    ),
    "no id": (
        {"quarantined_file_id": "8e5"},
        "quarantined_file_id 8e5 is not a quarantined file's id: give its decimal digits, as quarantined_file_info tells them",
    ),
    "an empty path": (
        {"path": ""},
        "path is empty: give what the quarantined file has, or remove it",
    ),
    "a wait that is none": (
        FILE | {"wait_timeout": -1},
        "wait_timeout -1.0 is out of range: give seconds from 0",
    ),
    "no such file": (
        {"path": "/tmp/none"},
        "no quarantined file has path /tmp/none: quarantined_file_info lists those that there are; check region_id and the account",
    ),
    "several files": (
        {"path": "/tmp/x"},
        "2 quarantined files could be meant, so nothing was sent: give the quarantined_file_id of one, or more of path, md5 and "
        f"uuid: quarantined file 2 (/tmp/x on web-prod-2), server {WEB_2}, md5 {'0' * 32}, status quaraDone, since "
        f"2027-01-15T08:00:00Z; quarantined file 1 (/tmp/x on web-prod-1), server {WEB_1}, md5 {'0' * 32}, status quaraDone, "
        "since 2027-01-15T08:00:00Z",
    ),
    "one whose quarantine failed": (
        {"path": "/tmp/failed"},
        "quarantined file 3 (/tmp/failed on web-prod-1) was not quarantined, for the quarantine failed: there is nothing to "
        "restore, the file is where it was",
    ),
    "one that is being quarantined": (
        {"path": "/tmp/going"},
        "quarantined file 4 (/tmp/going on web-prod-1) is being quarantined right now: run the task again when that has ended",
    ),
    "one of a protected server": (
        FILE | {"protected_assets": [{"name": "db-*"}]},
        "quarantined file 800001 (/tmp/.X11/kworkerds on db-prod-1) was not restored: the asset is protected by "
        "protected_assets (name: db-*)",
    ),
    "a rule that is not allowed": (
        FILE | {"whitelist_first": True, "allowed_operations": ["ignore"]},
        "whitelist_first makes a whitelist rule, and advance_mark_mis_info is not in allowed_operations: add it there, or remove "
        "whitelist_first",
    ),
    "a rule that can't be told": (
        {"path": "/tmp/offline", "whitelist_first": True},
        "no alert on the server tells of quarantined file 5 (/tmp/offline on build-1), so which kind to whitelist is not known; "
        "nothing was sent: make the rule with alert_whitelist_rule first, and restore without whitelist_first",
    ),
}


def test_what_is_not_restored_is_told_with_the_way_out(simulator: Simulator, play: Play):
    add(simulator, 1)
    add(simulator, 2, uuid=WEB_2)
    add(simulator, 3, path="/tmp/failed", status="quaraFailed")
    add(simulator, 4, path="/tmp/going", status="quaraing")
    add(simulator, 5, path="/tmp/offline", uuid=BUILD_1)
    run = play.tasks([{MODULE: options, "ignore_errors": True} for options, _told in REFUSED.values()])
    told = dict(zip(REFUSED, run.results, strict=True))
    for name, (_options, sentence) in REFUSED.items():
        assert told[name]["failed"] and not told[name].get("changed"), name
        assert told[name]["msg"] == sentence, name
    assert [file["id"] for file in told["several files"]["candidates"]] == ["2", "1"]
    assert rollbacks(simulator) == []


@pytest.mark.parametrize(
    ("seconds", "wait_timeout", "sentence", "changed"),
    [
        (0.05, 30, "could not be restored: check that the server is online, that its disk is not full and", False),
        (60, 0.3, "is still being restored after 0.3 seconds (rollbacking): raise wait_timeout, or run the task", True),
    ],
    ids=["the server is offline", "it takes too long"],
)
def test_what_is_not_back_is_never_called_so(
    simulator: Simulator, play: Play, seconds: float, wait_timeout: float, sentence: str, changed: bool
):
    simulator.state.settings.task_seconds = seconds
    add(simulator, 5, path="/tmp/offline", uuid=BUILD_1)
    failed = play("quarantined_file", path="/tmp/offline", wait_timeout=wait_timeout)
    assert failed["failed"] and failed["changed"] is changed
    assert failed["msg"].startswith(f"quarantined file 5 (/tmp/offline on build-1) {sentence}")
    assert "message" not in failed
    assert rollbacks(simulator) == ["5"]
