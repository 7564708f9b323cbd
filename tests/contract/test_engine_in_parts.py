# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many alerts: the first are sent while the others are still read, unless a rule turns on all of them together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine import handler, shorten_waits
from simulator import Simulator
from simulator.seed_crowd import FIRST_ID, crowd

COUNT = 620
IDS = [str(FIRST_ID + number) for number in range(COUNT)]
OPTIONS = {"max_events": 1000, "check_operations": "never"}


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    shorten_waits(monkeypatch)
    with Simulator(crowd(COUNT)) as running:
        yield running


def before_the_first_send(simulator: Simulator) -> int:
    """How many pages of the list were read before anything was sent."""
    actions = [call.action for call in simulator.calls]
    return actions[: actions.index("HandleSecurityEvents")].count("DescribeSuspEvents")


def sends(simulator: Simulator) -> int:
    return sum(call.action == "HandleSecurityEvents" for call in simulator.calls)


def told(result: dict[str, Any], outcome: str) -> list[dict[str, Any]]:
    return [event for event in result["events"] if event["outcome"] == outcome]


def test_the_first_are_sent_while_the_others_are_read_in_full_calls(many):
    result = handler(many, max_concurrency=1)(*IDS, **OPTIONS)
    assert result["summary"]["handled"] == COUNT
    assert [event["security_event_id"] for event in result["events"]] == IDS
    assert before_the_first_send(many) < 7
    assert sends(many) == COUNT / 20
    assert set(many.state.handled.values()) == {1}


@pytest.mark.parametrize("rule", [{"on_refused": "abort"}, {"max_events_per_asset": 1000}, {"max_share": 100}], ids=str)
def test_a_rule_that_turns_on_all_alerts_has_them_all_read_first(many, rule):
    result = handler(many, max_concurrency=1)(*IDS, **OPTIONS, **rule)
    assert result["summary"]["handled"] == COUNT
    assert before_the_first_send(many) > 7


def test_what_one_alert_offers_is_asked_once_a_kind_and_server(many):
    result = handler(many)(*IDS, **{**OPTIONS, "check_operations": "auto"})
    assert result["summary"]["handled"] == COUNT
    kinds = {(alert.event_type, alert.sub_type, alert.name, alert.uuid) for alert in many.state.alerts}
    assert 0 < sum(call.action == "DescribeSecurityEventOperations" for call in many.calls) <= len(kinds)


def test_an_id_given_twice_over_is_sent_once(many):
    many.add_alert(id=5, event_ids=[int(IDS[0]), 77], name="a row that shares an event")
    many.add_alert(id=int(IDS[0]), event_ids=[999])
    result = handler(many)("5", *IDS, **OPTIONS)
    assert all(times == 1 for times in many.state.handled.values())
    assert [event["outcome"] for event in result["events"][:2]] == ["handled", "refused"]


def test_events_beyond_max_events_are_not_sent(many):
    many.add_alert(id=5, event_ids=[6, 7, 8], name="a row of three events")
    result = handler(many)("5", *IDS, **{**OPTIONS, "max_events": COUNT + 1})
    refused = told(result, "refused")
    assert [event["error_code"] for event in refused] == ["MaxEvents"]
    assert refused[0]["message"].startswith(f"{COUNT + 3} alerts would be handled, max_events is {COUNT + 1}")
    assert result["summary"]["handled"] == COUNT
    assert sum(many.state.handled.values()) == COUNT


def test_more_ids_than_max_events_are_refused_before_anything_is_sent(many):
    result = handler(many)(*IDS, **{**OPTIONS, "max_events": COUNT - 1})
    assert result["msg"].startswith(f"{COUNT} alerts would be handled, max_events is {COUNT - 1}")
    assert sends(many) == 0


def test_when_reading_ends_early_what_was_sent_is_told_and_the_rest_is_not_sent(many):
    many.fail("DescribeSuspEvents", nth=8, times=10_000, how="error", http_status=403, code="Forbidden.RAM")
    result = handler(many, max_concurrency=2)(*IDS, **OPTIONS)
    handled = {event["security_event_id"] for event in told(result, "handled")}
    assert handled == {event_id for event_id, times in many.state.handled.items() if times == 1} != set()
    assert len(told(result, "failed")) == COUNT - len(handled)
    assert told(result, "failed")[0]["message"].startswith("not sent: DescribeSuspEvents failed: Forbidden.RAM")
    assert result["error"]["code"] == "Forbidden.RAM"


def test_a_permission_that_is_missing_ends_the_reading_too(many):
    many.fail("HandleSecurityEvents", times=10_000, how="error", http_status=403, code="Forbidden.RAM")
    result = handler(many, max_concurrency=1)(*IDS, **OPTIONS)
    assert result["summary"]["failed"] == COUNT
    assert sends(many) <= 2


def test_what_is_kept_for_a_full_call_counts_for_max_events(many):
    many.add_alert(id=int(IDS[-101]), status=64)  # the first part has 99 alerts to send: four calls, and 19 are kept
    many.add_alert(id=5, event_ids=[6, 7, 8], name="a row of three events")
    result = handler(many, max_concurrency=1)("5", *IDS[-101:], **{**OPTIONS, "max_events": 102})
    assert told(result, "refused")[0]["message"].startswith("103 alerts would be handled, max_events is 102")
    assert (result["summary"]["refused"], result["summary"]["handled"]) == (2, 100)


def test_when_nothing_can_be_read_after_a_lost_answer_nothing_more_is_sent(many):
    many.fail("HandleSecurityEvents", nth=3, times=10_000, how="reset_after")
    many.fail("DescribeSuspEvents", nth=9, times=10_000, how="error", http_status=500)
    many.fail("DescribeSecurityEventOperationStatus", times=10_000, how="error", http_status=500)
    result = handler(many, max_concurrency=1, max_retries=0)(*IDS, **OPTIONS)
    assert sends(many) <= 8 < COUNT / 20
    assert told(result, "unknown") and told(result, "failed")
    assert all(many.handled_times(event["security_event_id"]) == 0 for event in told(result, "failed"))
    assert all(times == 1 for times in many.state.handled.values())
