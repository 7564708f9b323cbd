# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vendor's SDK finds the alerts of the kind of one alert, and has them handled."""

from __future__ import annotations

import json

import pytest
from alibabacloud_sas20181203 import models
from alibabacloud_sas20181203.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException

from simulator import Simulator
from simulator.seed_accounts import WEB_1, WEB_2
from simulator.seed_alerts import STORM_IDS
from simulator.state import FALSE_POSITIVE, IGNORED, PENDING, PROCESSING


@pytest.fixture(autouse=True)
def _slow_tasks(simulator: Simulator) -> None:
    """A minute passes when a test says so."""
    simulator.clock.freeze()
    simulator.state.settings.task_seconds = 60


def scenarios(sdk: Client, event_id: int) -> list[str]:
    request = models.DescribeSimilarEventScenariosRequest(security_event_id=event_id)
    return [scenario.code for scenario in sdk.describe_similar_event_scenarios(request).body.scenarios]


def search(sdk: Client, event_id: int, **more: object) -> models.CreateSimilarSecurityEventsQueryTaskResponseBody:
    request = models.CreateSimilarSecurityEventsQueryTaskRequest(security_event_id=event_id, **more)
    answer = sdk.create_similar_security_events_query_task(request).body
    return answer.create_similar_security_events_query_task_response


def found(sdk: Client, task_id: int, **more: object) -> models.DescribeSimilarSecurityEventsResponseBody:
    request = models.DescribeSimilarSecurityEventsRequest(**{"task_id": task_id, "page_size": 100, "lang": "en"} | more)
    return sdk.describe_similar_security_events(request).body


def handle(sdk: Client, task_id: int, operation: str = "ignore", **more: object) -> str:
    request = models.HandleSimilarSecurityEventsRequest(task_id=task_id, operation_code=operation, **more)
    return sdk.handle_similar_security_events(request).body.request_id


def refusal(work: object, *args: object, **more: object) -> tuple[int, str]:
    with pytest.raises(ClientException) as refused:
        work(*args, **more)
    return refused.value.status_code, refused.value.code


def test_the_scenarios_are_what_the_alert_has(sdk: Client, simulator: Simulator) -> None:
    simulator.add_alert(id=90100, details={"url": "http://shop.example/x.php"})
    assert scenarios(sdk, 10001) == ["default", "same_file_content"]
    assert scenarios(sdk, 20001) == ["default", "same_ip"]
    assert scenarios(sdk, 90100) == ["default", "same_url"]


def test_a_search_tells_its_finds_bit_by_bit(sdk: Client, simulator: Simulator) -> None:
    task = search(sdk, 20001)
    assert task.status == "New"
    counts = []
    for _quarter in range(5):
        counts.append(found(sdk, task.task_id).page_info.total_count)
        simulator.clock.shift(15)
    assert counts == [0, 30, 60, 90, 120]


def test_a_row_has_what_the_reference_documents(sdk: Client, simulator: Simulator) -> None:
    task = search(sdk, 20001)
    simulator.clock.shift(60)
    answer = found(sdk, task.task_id, page_size=50, current_page=3)
    info = answer.page_info
    assert (info.count, info.current_page, info.page_size, info.total_count) == (20, 3, 50, 120)
    rows = answer.security_events_response
    assert [row.security_event_id for row in rows] == list(STORM_IDS[100:])
    assert (rows[0].event_name, rows[0].event_type) == ("SSH brute force attempt", "Unusual Logon")
    assert {row.uuid for row in rows} == {WEB_1, WEB_2}
    assert 0 < rows[0].occurrence_time < rows[0].last_time
    assert found(sdk, task.task_id, lang="zh").security_events_response[0].event_name == "SSH暴力破解尝试"


@pytest.mark.parametrize(
    ("scenario", "ids"), [("same_ip", list(STORM_IDS[::5])), ("default", list(STORM_IDS)), (None, list(STORM_IDS))]
)
def test_a_search_finds_the_open_alerts_of_its_scenario(sdk, simulator, scenario, ids):
    simulator.alert(20006).status = IGNORED
    task = search(sdk, 20001, **({"similar_event_scenario_code": scenario} if scenario else {}))
    simulator.clock.shift(60)
    rows = [
        row.security_event_id
        for page in (1, 2)
        for row in found(sdk, task.task_id, current_page=page).security_events_response
    ]
    assert rows == [one for one in ids if one != 20006]


def test_alerts_with_the_same_file_are_found_whatever_their_type(sdk: Client, simulator: Simulator) -> None:
    simulator.add_alert(id=90100, event_type="Webshell", details={"md5": simulator.alert(10001).details["md5"]})
    task = search(sdk, 10001, similar_event_scenario_code="same_file_content")
    simulator.clock.shift(60)
    assert [row.security_event_id for row in found(sdk, task.task_id).security_events_response] == [10001, 90100]


def test_a_search_may_leave_out_the_alert_that_it_starts_from(sdk: Client, simulator: Simulator) -> None:
    simulator.state.settings.similar_finds_itself = False
    task = search(sdk, 20001, similar_event_scenario_code="same_ip")
    simulator.clock.shift(60)
    assert [row.security_event_id for row in found(sdk, task.task_id).security_events_response] == list(STORM_IDS[5::5])


def test_the_same_client_token_is_the_same_search(sdk: Client) -> None:
    first, second, third = (search(sdk, 20001, client_token=token).task_id for token in ("a", "a", "b"))
    assert first == second != third


def test_everything_that_a_search_finds_in_the_end_is_handled(sdk: Client, simulator: Simulator) -> None:
    task = search(sdk, 20001, similar_event_scenario_code="same_ip")
    simulator.clock.shift(15)
    shown = [row.security_event_id for row in found(sdk, task.task_id).security_events_response]
    simulator.add_alert(id=90100, event_type="Unusual Logon", attacker_ip=simulator.alert(20001).attacker_ip)
    simulator.alert(20011).status = IGNORED
    handle(sdk, task.task_id, remark="known")
    assert len(shown) == 6
    assert {simulator.alert(one).status for one in STORM_IDS[::5] if one != 20011} == {PROCESSING}
    simulator.clock.shift(60)
    assert {simulator.handled_times(one) for one in STORM_IDS[::5] if one != 20011} == {1}
    assert (simulator.alert(20116).operate_error_code, simulator.alert(20116).operate_message) == (
        "ignore.Success",
        "known",
    )
    assert simulator.handled_times(20011) == 0  # it was not pending any more
    assert simulator.alert(90100).status == PENDING  # it came after the search had started


def test_a_whitelist_rule_is_one_object(sdk: Client, simulator: Simulator) -> None:
    task = search(sdk, 20001, similar_event_scenario_code="same_ip")
    rule = {"field": "loginUser", "operate": "strEqual", "fieldValue": "root"}
    array = json.dumps([rule])
    assert refusal(handle, sdk, task.task_id, "advance_mark_mis_info", mark_miss_param=array) == (400, "IllegalParam")
    handle(sdk, task.task_id, "advance_mark_mis_info", mark_miss_param=json.dumps(rule))
    simulator.clock.shift(60)
    assert {simulator.alert(one).status for one in STORM_IDS[::5]} == {FALSE_POSITIVE}
    assert [rule.field_value for rule in simulator.state.rules_of(simulator.alert(20006))] == ["root"]


def test_a_search_is_handled_once(sdk: Client) -> None:
    task = search(sdk, 20001)
    handle(sdk, task.task_id)
    assert refusal(handle, sdk, task.task_id) == (400, "IllegalParam")


def test_what_is_not_known_is_refused(sdk: Client) -> None:
    assert refusal(scenarios, sdk, 99999) == (400, "SecurityEventNotExists")
    assert refusal(search, sdk, 99999) == (400, "SecurityEventNotExists")
    assert refusal(search, sdk, 10001, similar_event_scenario_code="same_ip") == (400, "IllegalParam")
    assert refusal(search, sdk, 10001, similar_event_scenario_code="same_name") == (400, "IllegalParam")
    assert refusal(search, sdk, 10001, dry_run=True) == (400, "IllegalParam")
    assert refusal(found, sdk, 7) == (400, "OperationTaskNotExists")
    assert refusal(handle, sdk, 7) == (400, "OperationTaskNotExists")
    task = search(sdk, 20001)
    assert refusal(handle, sdk, task.task_id, "dance") == (400, "IllegalParam")
    assert refusal(handle, sdk, task.task_id, "block_ip") == (400, "IllegalParam")
