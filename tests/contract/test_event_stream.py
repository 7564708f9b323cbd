# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.checkpoint import Checkpoint
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.event_stream import EventStream
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.sessions import Plane
from engine import client_of
from simulator import Simulator
from simulator.seed_accounts import MEMBER_ACCOUNT

_OPTIONS: dict[str, Any] = {
    "start": "checkpoint",
    "lookback": "1h",
    "include_handled": False,
    "details": False,
    "hostnames": ["uuid"],
    "lang": "en",
}
_MINUTE = 60_000


class Source:
    """An event source without a queue: what it delivers is in ``events``, what it logs in ``log``."""

    def __init__(
        self,
        simulator: Simulator,
        checkpoint: str | None = None,
        planes: dict[str, Simulator] | None = None,
        **options: Any,
    ) -> None:
        self.events: list[dict[str, Any]] = []
        self.log: list[str] = []
        self.take: Callable[[dict[str, Any]], None] = self.events.append
        self.checkpoint = Checkpoint(checkpoint)
        self.stream = EventStream(
            [Plane(name, client_of(asked)) for name, asked in (planes or {None: simulator}).items()],
            {**_OPTIONS, **options},
            self.checkpoint,
            self._hand_over,
            self.log.append,
        )

    def _hand_over(self, events: Sequence[dict[str, Any]]) -> Iterator[int]:
        for event in events:
            self.take(event)
            yield 1

    def read(self) -> list[int]:
        """Read once; the ids of the alerts that were delivered by it, in their order."""
        before = len(self.events)
        parts = self.stream.read()
        assert [part.error for part in parts] == [None] * len(parts)
        return [int(event["id"]) for event in self.events[before:]]


@pytest.fixture
def source(simulator: Simulator) -> Source:
    """A source that has begun: what the seed has is known."""
    begun = Source(simulator)
    assert begun.read() == []
    return begun


def now(simulator: Simulator) -> int:
    return simulator.clock.now_ms()


def test_what_is_there_at_the_first_start_is_history_and_what_comes_is_an_event(simulator):
    simulator.add_alert(id=90001, last_ms=now(simulator) - _MINUTE)
    source = Source(simulator)
    assert source.read() == []
    assert re.search(
        r"begins at 20.*Z, as there is no checkpoint.*\d+ alerts are there already, and none", source.log[0]
    )
    simulator.add_alert(id=90002)
    assert source.read() == [90002]
    assert source.read() == []
    assert len(source.log) == 1


def test_history_at_the_edge_of_the_lookback_is_history_too(simulator):
    simulator.state.alerts.clear()
    for number in range(60):
        simulator.add_alert(id=90001 + number, last_ms=now(simulator) - 60 * _MINUTE - 5000 + number * 100)
    assert Source(simulator).read() == []


def test_what_came_while_it_was_away_comes_once(simulator, tmp_path):
    file = str(tmp_path / "checkpoint")
    first = Source(simulator, file)
    first.read()
    simulator.add_alert(id=90001)
    assert first.read() == [90001]
    first.checkpoint.close()
    simulator.add_alert(id=90002)
    second = Source(simulator, file)
    assert second.read() == [90002]
    assert "goes on from" in second.log[0]
    assert second.read() == []


def test_start_now_leaves_out_what_came_while_it_was_away(simulator, tmp_path):
    file = str(tmp_path / "checkpoint")
    first = Source(simulator, file)
    first.read()
    first.checkpoint.close()
    simulator.add_alert(id=90001)
    second = Source(simulator, file, start="now")
    assert second.read() == []
    assert "as start says" in second.log[0]
    simulator.add_alert(id=90002)
    assert second.read() == [90002]


def test_start_now_is_now_also_when_the_first_reading_fails(simulator, tmp_path):
    file = str(tmp_path / "checkpoint")
    first = Source(simulator, file)
    first.read()
    first.checkpoint.close()
    simulator.add_alert(id=90001)
    simulator.fail("DescribeSuspEvents", how="error", code="NoPermission", message="no", http_status=403)
    second = Source(simulator, file, start="now")
    (failed,) = second.stream.read()
    assert failed.error is not None
    assert second.read() == []
    assert "as start says" in second.log[0]
    simulator.add_alert(id=90002)
    assert second.read() == [90002]


def test_start_at_a_time_brings_what_occurred_since_and_only_the_first_time(simulator, tmp_path):
    file = str(tmp_path / "checkpoint")
    at = now(simulator) - 10 * _MINUTE
    simulator.state.alerts.clear()
    simulator.add_alert(id=90001, last_ms=at - _MINUTE)
    simulator.add_alert(id=90002, last_ms=at + _MINUTE)
    first = Source(simulator, file, start=str(at))
    assert first.read() == [90002]
    simulator.add_alert(id=90003, last_ms=at - _MINUTE)  # late, and from before
    assert first.read() == []
    first.checkpoint.close()
    assert Source(simulator, file, start=str(at)).read() == []


def test_where_it_began_stays_when_the_first_reading_did_not_end(simulator, tmp_path):
    file = str(tmp_path / "checkpoint")
    at = now(simulator) - 10 * _MINUTE
    simulator.state.alerts.clear()
    simulator.add_alert(id=90001, last_ms=at + _MINUTE)

    def refuse(_event: dict[str, Any]) -> None:
        raise OSError("stopped")

    first = Source(simulator, file, start=str(at))
    first.take = refuse
    with pytest.raises(OSError, match="stopped"):
        first.read()
    first.checkpoint.close()
    # A duration before now is another time then.
    assert Source(simulator, file, start=str(at + 5 * _MINUTE)).read() == [90001]


def test_an_alert_that_the_service_shows_late_is_not_lost(simulator, source):
    simulator.add_alert(id=90001, last_ms=now(simulator) - 59 * _MINUTE)
    simulator.add_alert(id=90002, last_ms=now(simulator) - 62 * _MINUTE)
    assert source.read() == [90001]


def test_two_alerts_of_one_millisecond_are_two_events(simulator, source):
    at = now(simulator)
    for number in (90001, 90002, 90003):
        simulator.add_alert(id=number, last_ms=at)
    assert sorted(source.read()) == [90001, 90002, 90003]


def test_an_alert_that_occurs_again_while_it_is_open_is_no_news(simulator, source):
    simulator.add_alert(id=90001)
    source.read()
    simulator.add_alert(id=90001, last_ms=now(simulator) + 1000)
    assert source.read() == []


def _handle(simulator: Simulator, alert: int, status: int, code: str) -> int:
    at = now(simulator)
    simulator.add_alert(id=alert, status=status, operate_error_code=code, operate_ms=at)
    return at


def test_an_alert_that_occurs_again_after_it_was_handled_is_news_with_a_uuid_of_its_own(simulator, source):
    simulator.add_alert(id=90001)
    source.read()
    at = _handle(simulator, 90001, 2, "ignore.Success")
    assert source.read() == []
    simulator.add_alert(id=90001, status=1, last_ms=at + 1000)
    assert source.read() == [90001]
    assert source.read() == []
    first, second = (event["meta"]["uuid"] for event in source.events)
    assert first != second


@pytest.mark.parametrize(
    ("code", "occurs_again"), [("kill_process.AgentOffline", True), ("ignore.Success", False)], ids=["failed", "undone"]
)
def test_an_action_that_failed_or_was_taken_back_does_not_start_itself_again(simulator, source, code, occurs_again):
    simulator.add_alert(id=90001)
    source.read()
    at = _handle(simulator, 90001, 1, code)
    simulator.add_alert(id=90001, last_ms=at + (1000 if occurs_again else -1000))
    assert source.read() == []


def test_a_level_that_changed_is_news_until_the_alert_is_handled(simulator, source):
    simulator.add_alert(id=90001, level="suspicious")
    source.read()
    simulator.add_alert(id=90001, level="serious")
    assert source.read() == [90001]
    assert [event["level"] for event in source.events] == ["suspicious", "serious"]
    assert source.read() == []


def test_a_level_that_comes_back_is_news_with_a_uuid_of_its_own(simulator, source):
    levels = ["suspicious", "serious", "suspicious", "serious"]
    for level in levels:
        simulator.add_alert(id=90001, level=level)
        assert source.read() == [90001]
        assert source.read() == []
    assert len({event["meta"]["uuid"] for event in source.events}) == len(levels)


def test_alerts_that_arrive_handled_are_events_when_they_are_asked_for(simulator):
    simulator.state.alerts.clear()
    asked, not_asked = Source(simulator, include_handled=True), Source(simulator)
    for one in (asked, not_asked):
        one.read()
    simulator.add_alert(id=90001, status=32, operate_ms=now(simulator), operate_error_code="block_ip.Success")
    simulator.add_alert(id=90002)
    assert sorted(asked.read()) == [90001, 90002]
    assert not_asked.read() == [90002]
    _handle(simulator, 90002, 2, "ignore.Success")
    assert asked.read() == []


def test_a_backlog_of_many_pages_comes_whole_and_once_while_alerts_are_handled(simulator):
    simulator.state.alerts.clear()
    at = now(simulator) - 10 * _MINUTE
    for number in range(450):
        simulator.add_alert(id=91000 + number, last_ms=at + number * 1000)
    source = Source(simulator, start="15m")

    def take(event: dict[str, Any]) -> None:
        source.events.append(event)
        _handle(simulator, int(event["id"]), 2, "ignore.Success")

    source.take = take
    read = source.read()
    assert sorted(read) == list(range(91000, 91450))
    assert source.read() == []


def test_what_was_not_taken_comes_again(simulator, source):
    at = now(simulator)
    for number in range(5):
        simulator.add_alert(id=90001 + number, last_ms=at + number)

    def refuse(event: dict[str, Any]) -> None:
        if len(source.events) == 2:
            raise OSError("stopped")
        source.events.append(event)

    source.take = refuse
    with pytest.raises(OSError, match="stopped"):
        source.read()
    source.take = source.events.append
    assert [int(event["id"]) for event in source.events] == [90001, 90002]
    assert source.read() == [90003, 90004, 90005]


def test_the_service_s_clock_counts_and_not_this_machine_s(simulator, tmp_path):
    simulator.clock.shift(-600)
    file = str(tmp_path / "checkpoint")
    source = Source(simulator, file, lookback="1s")
    source.read()
    simulator.clock.shift(2)
    simulator.add_alert(id=90001)
    assert source.read() == [90001]


def test_two_readings_at_once_deliver_an_alert_once(simulator, source):
    """A reading may go on in its threads when it has failed in another of them."""
    simulator.add_alert(id=90001)

    def take(event: dict[str, Any]) -> None:
        time.sleep(0.3)
        source.events.append(event)

    source.take = take
    readings = [threading.Thread(target=source.stream.read) for _number in range(3)]
    for reading in readings:
        reading.start()
    for reading in readings:
        reading.join()
    assert [event["id"] for event in source.events] == ["90001"]


def test_an_event_holds_the_record_and_names_no_host_but_the_server_itself(simulator, source):
    (server, other) = simulator.state.assets[:2]
    server.name = other.name = "all"
    simulator.add_alert(id=90001, uuid=server.uuid, name="evil {{ 7 * 7 }} {% if %} {# x #}\x1b[2J")
    simulator.add_alert(id=90002, uuid="")
    source.read()
    first, second = sorted(source.events, key=lambda event: event["id"])
    assert first["meta"]["hosts"] == [server.uuid]
    assert second["meta"]["hosts"] == ["no-server.invalid"]
    assert first["name"].endswith(r"-evil { { 7 * 7 }} { % if %} { # x #}\x1b[2J")
    assert first["level"] == "suspicious"
    assert first["security_event_ids"] == [str(number) for number in simulator.alert(90001).event_ids]


def test_a_name_that_says_another_host_is_made_safe_or_left_for_the_uuid(simulator):
    source = Source(simulator, hostnames=["instance_name"])
    source.read()
    server = simulator.state.assets[0]
    for number, name in enumerate(("all", "db01,web*", "web:&prod", "localhost")):
        server.name = name
        simulator.add_alert(id=90001 + number, uuid=server.uuid)
        source.read()
    assert [event["meta"]["hosts"] for event in source.events] == [
        [f"server_{server.uuid}"],
        ["db01_web"],
        ["web_prod"],
        [f"server_{server.uuid}"],
    ]


def test_details_come_on_request(simulator):
    source = Source(simulator, details=True)
    source.read()
    simulator.add_alert(id=90001, details={"file_path": "/tmp/x"})
    source.read()
    assert source.events[0]["event_detail"]["event_status_code"] == 1


def test_a_filter_says_what_becomes_an_event(simulator):
    source = Source(simulator, levels=["serious"])
    source.read()
    simulator.add_alert(id=90001, level="remind")
    simulator.add_alert(id=90002, level="serious")
    assert source.read() == [90002]


def test_a_duration_that_is_none_is_refused(simulator):
    with pytest.raises(OptionError, match="lookback soon is not a duration"):
        Source(simulator, lookback="soon")


def test_each_account_on_each_plane_has_a_place_of_its_own(simulator, tmp_path):
    file = str(tmp_path / "checkpoint")
    with Simulator() as other:
        planes = {"china": simulator, "international": other}
        given = {"planes": planes, "accounts": ["all"], "data_planes": "both"}
        first = Source(simulator, file, **given)
        assert first.read() == []
        simulator.add_alert(id=90001)
        other.add_alert(id=90001)
        simulator.add_alert(id=90002, account_id=MEMBER_ACCOUNT)
        assert sorted(first.read()) == [90001, 90001, 90002]
        first.checkpoint.close()
        other.add_alert(id=90003, account_id=MEMBER_ACCOUNT)
        second = Source(simulator, file, **given)
        assert second.read() == [90003]
    where = [(event["data_plane"], event["resource_directory_account_id"]) for event in first.events + second.events]
    member = str(MEMBER_ACCOUNT)
    wanted = [("china", None), ("international", None), ("china", member), ("international", member)]
    assert sorted(where, key=str) == sorted(wanted, key=str)
    assert len({event["meta"]["uuid"] for event in first.events + second.events}) == 4
    assert sum("goes on from" in line for line in second.log) == 6


def test_a_member_that_joins_begins_when_it_is_first_seen(simulator):
    own = simulator.state.accounts[0]
    joins = own.members.pop(own.members.index(MEMBER_ACCOUNT))
    source = Source(simulator, accounts=["all"])
    source.read()
    simulator.add_alert(id=90001, account_id=MEMBER_ACCOUNT)
    own.members.append(joins)
    assert source.read() == []
    simulator.add_alert(id=90002, account_id=MEMBER_ACCOUNT)
    assert source.read() == [90002]
