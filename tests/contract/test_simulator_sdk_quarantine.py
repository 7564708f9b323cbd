# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vendor's official SDK lists quarantined files and puts them back."""

from __future__ import annotations

import pytest
from alibabacloud_sas20181203 import models
from alibabacloud_sas20181203.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException

from simulator import Simulator
from simulator.seed_accounts import BUILD_1, DB_1, MEMBER_ACCOUNT, MEMBER_SERVER, OWN_ACCOUNT, WEB_1
from simulator.state import QuarantinedFile

SEEDED = 800001


def listed(sdk: Client, **filters: object) -> models.DescribeSuspEventQuaraFilesResponseBody:
    request = models.DescribeSuspEventQuaraFilesRequest(from_="sas", **filters)
    return sdk.describe_susp_event_quara_files(request).body


def roll_back(sdk: Client, file_id: int, **more: object) -> None:
    request = models.RollbackSuspEventQuaraFileRequest(from_="sas", quara_file_id=file_id, **more)
    assert sdk.rollback_susp_event_quara_file(request).body.request_id


def refusal(sdk: Client, file_id: int) -> tuple[int, str]:
    with pytest.raises(ClientException) as refused:
        roll_back(sdk, file_id)
    return refused.value.status_code, refused.value.code


def add(simulator: Simulator, number: int, **fields: object) -> QuarantinedFile:
    """One more file, quarantined on WEB_1 a second later than the one before."""
    given = {"account_id": OWN_ACCOUNT, "alert_id": 0, "uuid": WEB_1, "path": "/tmp/x", "md5": "0" * 32} | fields
    file = QuarantinedFile(id=number, modified_ms=simulator.clock.now_ms() + 1000 * number, **given)
    simulator.state.quarantined_files.append(file)
    return file


def test_a_row_has_what_the_reference_documents(sdk: Client, simulator: Simulator) -> None:
    answer = listed(sdk)
    assert (answer.count, answer.total_count, answer.current_page, answer.page_size) == (1, 1, 1, 20)
    [row] = answer.quara_files
    assert (row.id, row.status, row.path) == (SEEDED, "quaraDone", "/tmp/.X11/kworkerds")
    assert (row.md_5, row.uuid, row.instance_name) == ("3f2b5c8d9e1a4f60b7c8d9e0f1a2b3c4", DB_1, "db-prod-1")
    assert (row.instance_id, row.internet_ip, row.intranet_ip) == ("i-bp1db00000000001", "203.0.113.21", "10.0.2.21")
    assert (row.event_name, row.event_type, row.ip) == ("Worm", "Malicious Process", "203.0.113.21")
    assert row.tag == simulator.alert(10012).unique_info
    assert len(row.modify_time) == 19
    assert row.link.startswith("https://")


def test_files_are_paged_and_filtered_by_status(sdk: Client, simulator: Simulator) -> None:
    for number in range(1, 5):
        add(simulator, number, status="rollbackDone" if number == 3 else "quaraDone")
    first, second = (listed(sdk, current_page=page, page_size="2").quara_files for page in ("1", "2"))
    assert [row.id for row in [*first, *second]] == [4, 3, 2, 1]
    assert [row.id for row in listed(sdk, status="rollbackDone").quara_files] == [3]
    assert [row.id for row in listed(sdk, group_id="12").quara_files] == [SEEDED]
    with pytest.raises(ClientException):
        listed(sdk, status="done")
    with pytest.raises(ClientException):
        listed(sdk, page_size="101")


def test_another_accounts_files_are_not_listed(sdk: Client, simulator: Simulator) -> None:
    add(simulator, 1, account_id=MEMBER_ACCOUNT, uuid=MEMBER_SERVER)
    assert [row.id for row in listed(sdk).quara_files] == [SEEDED]
    assert refusal(sdk, 1) == (400, "IllegalParam")
    roll_back(sdk, 1, resource_directory_account_id=MEMBER_ACCOUNT)
    assert simulator.state.quarantined_files[-1].status == "rollbacking"


def test_a_file_is_back_when_its_time_has_come(sdk: Client, simulator: Simulator) -> None:
    simulator.clock.freeze()
    simulator.state.settings.task_seconds = 60
    roll_back(sdk, SEEDED)
    simulator.clock.shift(59)
    assert [row.status for row in listed(sdk).quara_files] == ["rollbacking"]
    assert refusal(sdk, SEEDED) == (400, "IllegalParam")
    simulator.clock.shift(1)
    assert [row.status for row in listed(sdk).quara_files] == ["rollbackDone"]
    assert refusal(sdk, SEEDED) == (400, "IllegalParam")


@pytest.mark.parametrize("why", ["told to fail", "the server is offline"])
def test_a_file_that_can_not_be_put_back_can_be_tried_again(sdk: Client, simulator: Simulator, why: str) -> None:
    simulator.state.settings.task_seconds = 0
    file = add(simulator, 1, rollback_fails=True) if why == "told to fail" else add(simulator, 1, uuid=BUILD_1)
    roll_back(sdk, 1)
    assert [row.status for row in listed(sdk, status="rollbackFailed").quara_files] == ["rollbackFailed"]
    file.rollback_fails, file.uuid = False, WEB_1
    roll_back(sdk, 1)
    assert simulator.state.quarantined_files[-1].status == "rollbackDone"


@pytest.mark.parametrize("status", ["quaraing", "quaraFailed", "rollbackDone"])
def test_what_is_not_in_quarantine_can_not_be_put_back(sdk: Client, simulator: Simulator, status: str) -> None:
    add(simulator, 1, status=status)
    assert refusal(sdk, 1) == refusal(sdk, 99) == (400, "IllegalParam")
