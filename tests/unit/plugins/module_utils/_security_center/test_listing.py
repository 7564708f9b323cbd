# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import Callable

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import ApiError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.finding import find_alerts
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.listing import list_alerts
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.times import service_text

_START = 1795338000  # 2026-11-22T09:00:00Z


class MovingList:
    """A service whose list moves: ``move(self, call number)`` happens before each answer, a second apart.

    Rows are kept as id -> the second in which the alert last occurred; ``events`` names the event ids of some.
    """

    def __init__(self, rows: int, move: Callable[[MovingList, int], None] = lambda service, call: None) -> None:
        self.clock, self.tick = _START, 1
        self.max_concurrency = 3
        self.calls: list[dict] = []
        self.rows = {number: _START - 10 * (rows - number) - 60 for number in range(1, rows + 1)}
        self.events: dict[int, str] = {}
        self.always = set(self.rows)  # there throughout
        self.move = move

    def now(self) -> float:
        return self.clock

    def at_once(self, work: Callable, items: Sequence) -> list:
        """Calls that are made at once are served in any order."""
        order = random.Random(len(self.calls)).sample(range(len(items)), len(items))
        results = {place: work(items[place]) for place in order}
        return [results[place] for place in range(len(items))]

    def insert(self) -> None:
        self.rows[max(self.rows, default=0) + 1] = self.clock

    def remove(self, number: int) -> None:
        self.rows.pop(number, None)
        self.always.discard(number)

    def recur(self, number: int) -> None:
        self.rows[number] = self.clock

    def call(self, action: str, parameters: dict, **_about: object) -> dict:
        assert action == "DescribeSuspEvents"
        assert parameters["From"] == "sas"
        self.clock += self.tick
        self.calls.append(parameters)
        self.move(self, len(self.calls))
        start, end = parameters.get("TimeStart") or "", parameters.get("TimeEnd") or "9"
        found = [
            number
            for number, last in self.rows.items()
            if start <= service_text(last * 1000) <= end and str(number) == str(parameters.get("Id") or number)
        ]
        found.sort(key=lambda number: (self.rows[number], number), reverse=parameters.get("SortType") != "asc")
        size = parameters["PageSize"]
        page = found[(parameters["CurrentPage"] - 1) * size :][:size]
        rows = [
            {
                "Id": number,
                "SecurityEventIds": self.events.get(number, str(10000 + number)),
                "LastTimeStamp": self.rows[number] * 1000,
            }
            for number in page
        ]
        return {"SuspEvents": rows, "TotalCount": len(found)}


def _listed(service: MovingList, limit: int | None = None, **query: object) -> list[int]:
    rows, total = list_alerts(service, query, limit=limit, make=lambda row: row["Id"])
    assert total >= len(rows)
    return rows


@pytest.mark.parametrize(
    ("rows", "calls"), [(0, 1), (1, 1), (100, 1), (101, 3), (200, 3), (201, 4), (1000, 11)]
)  # one for each page, one for what occurred since
def test_a_list_that_stands_still_is_read_once_newest_first(rows, calls):
    service = MovingList(rows)
    assert _listed(service) == list(range(rows, 0, -1))
    assert len(service.calls) == calls


def _scramble(seed: int) -> Callable[[MovingList, int], None]:
    chance = random.Random(seed)

    def move(service: MovingList, _call: int) -> None:
        for _each in range(chance.choice((0, 1, 3, 12))):
            here = list(service.rows)
            kind = chance.choice(("insert", "remove", "recur"))
            if kind == "insert":
                service.insert()
            elif here:
                getattr(service, kind)(chance.choice(here))

    return move


@pytest.mark.parametrize("rows", [0, 99, 101, 250, 420])
@pytest.mark.parametrize("seed", range(25))
def test_every_row_that_was_there_throughout_is_there_exactly_once(rows, seed):
    service = MovingList(rows, _scramble(seed))
    count = Counter(_listed(service))
    assert service.always <= set(count)
    assert set(count.values()) <= {1}


def _at(call: int, change: Callable[[MovingList], None]) -> Callable[[MovingList, int], None]:
    return lambda service, now: change(service) if now == call else None


def _remove_newest(service: MovingList) -> None:
    for number in sorted(service.rows)[-150:]:
        service.remove(number)


def _remove_oldest(service: MovingList) -> None:
    for number in sorted(service.rows)[:150]:
        service.remove(number)


def _insert_many(service: MovingList) -> None:
    for _each in range(230):
        service.insert()


def _recur_many(service: MovingList) -> None:
    for number in range(5, 120):
        service.recur(number)


def _come_back(service: MovingList) -> None:
    # Alerts that were handled are open again, at their old place in the list.
    service.rows.update((1000 + number, _START - 61) for number in range(130))


@pytest.mark.parametrize("change", [_remove_newest, _remove_oldest, _insert_many, _recur_many, _come_back])
@pytest.mark.parametrize("call", range(1, 8))
def test_no_row_is_lost_however_much_the_list_moves_at_once(change, call):
    service = MovingList(420, _at(call, change))
    count = Counter(_listed(service))
    assert service.always <= set(count)
    assert set(count.values()) <= {1}


@pytest.mark.parametrize("tick", [0, 1])
@pytest.mark.parametrize("each", [1, 30])
def test_a_list_that_grows_at_every_call_comes_to_an_end(each, tick):
    def storm(service: MovingList, call: int) -> None:
        for _each in range(150 if call == 2 else each):
            service.insert()

    service = MovingList(250, storm)
    service.tick = tick
    assert service.always <= set(_listed(service))
    assert len(service.calls) < 100


def test_rows_of_this_very_second_are_listed_as_well():
    service = MovingList(0)
    service.tick = 0
    for _each in range(250):
        service.insert()
    assert sorted(_listed(service)) == list(range(1, 251))


@pytest.mark.parametrize(("rows", "limit"), [(50, 10), (420, 1), (420, 100), (420, 101), (420, 250), (420, 420), (420, 9999)])
def test_a_limit_keeps_the_newest(rows, limit):
    service = MovingList(rows)
    assert _listed(service, limit) == list(range(rows, max(0, rows - limit), -1))
    assert len(service.calls) <= 2 + -(-min(limit, rows) // 100)


@pytest.mark.parametrize(("sort_type", "wanted"), [("desc", range(250, 0, -1)), ("asc", range(1, 251))])
def test_the_order_is_the_one_asked_for(sort_type, wanted):
    assert _listed(MovingList(250), Dealed="Y", SortColumn="lastTime", SortType=sort_type) == list(wanted)


def test_a_window_of_time_stays_within_its_bounds():
    service = MovingList(420, lambda service, call: service.insert())
    bounds = {"TimeStart": service_text(service.rows[100] * 1000), "TimeEnd": service_text(service.rows[350] * 1000)}
    assert _listed(service, **bounds) == list(range(350, 99, -1))


@pytest.mark.parametrize("answer", [{}, {"SuspEvents": None}, {"SuspEvents": "x", "TotalCount": 0}], ids=str)
def test_an_answer_without_a_list_is_never_taken_for_an_empty_one(answer):
    service = MovingList(0)
    service.call = lambda *_call, **_about: answer
    with pytest.raises(ApiError, match="the answer holds no list of alerts"):
        list_alerts(service, {})


@pytest.mark.parametrize("total", [None, 0, "y", 1])
def test_the_rows_themselves_are_the_least_that_is_counted(total):
    service = MovingList(0)
    service.call = lambda *_call, **_about: {"SuspEvents": [{"Id": 1}, {"Id": 2}], "TotalCount": total}
    assert list_alerts(service, {}, make=lambda row: row["Id"]) == ([1, 2], 2)


@pytest.mark.parametrize("total", [None, 0, "y", 99])
def test_a_full_page_without_a_count_is_not_taken_for_the_whole_list(total):
    service = MovingList(250)
    honest = service.call
    service.call = lambda *given, **about: {**honest(*given, **about), "TotalCount": total}
    with pytest.raises(ApiError, match="the answer holds no count of alerts with the 100 on page 1"):
        list_alerts(service, {})


# --- finding alerts by their ids ---


def _service_with_events() -> MovingList:
    service = MovingList(250)
    service.events = {
        7: "500,501",  # one alert of two events
        8: "9",  # its event id is the id of another row
        9: "600",
        10: "10",  # event id and row id are the same
        11: "",  # no events told
        12: "120,x",
    }
    return service


@pytest.mark.parametrize(
    ("one", "row", "event_ids", "reason"),
    [
        pytest.param("10020", "20", ("10020",), "", id="an event id"),
        pytest.param("20", "20", ("10020",), "", id="a row's id"),
        pytest.param("501", "7", ("501",), "", id="one of two events"),
        pytest.param("7", "7", ("500", "501"), "", id="a row stands for all of its events"),
        pytest.param("10", "10", ("10",), "", id="both the same"),
        pytest.param(
            "11", None, (), "the service does not tell the events of alert 11: look at it in the console", id="no events"
        ),
        pytest.param(
            "12", None, (), "the service does not tell the events of alert 12: look at it in the console", id="no ids"
        ),
        pytest.param(
            "9",
            None,
            (),
            "9 is an event of alert 8 and also the id of another alert: give the id of the row, or another of its events",
            id="ambiguous",
        ),
        pytest.param("777", None, (), "no alert has the id 777: check the id, region_id and the account", id="no such alert"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("others", [[], [str(10030 + number) for number in range(40)]], ids=["looked up", "listed"])
def test_what_an_id_stands_for(one, row, event_ids, reason, others):
    found = find_alerts(_service_with_events(), [one, *others], {"Lang": "en"})
    assert [other for other in others if found[other].event_ids != (other,)] == []
    assert (found[one].alert or {}).get("id") == row
    assert (found[one].event_ids, found[one].reason) == (event_ids, reason)


@pytest.mark.parametrize(
    ("rows", "ids", "calls"),
    [
        pytest.param(1000, ["5"], 1 + 11, id="a row id may be another alert's event, so the list is read"),
        pytest.param(50, ["10005"], 1 + 1, id="an event id that no row has is looked for in the list"),
        pytest.param(50, [str(10000 + number) for number in range(1, 41)], 2, id="forty from a list of one page"),
    ],
)
def test_what_finding_costs(rows, ids, calls):
    service = MovingList(rows)
    assert all(found.alert for found in find_alerts(service, ids, {}).values())
    assert len(service.calls) == calls


def _calls_of(service: MovingList) -> Counter:
    return Counter("look-up" if "Id" in call else f"list {call.get('Dealed', 'all')}" for call in service.calls)


class _Backlog(MovingList):
    """Alerts of which only the newest are open; rows list their own id as their event."""

    def __init__(self, rows: int, still_open: int) -> None:
        super().__init__(rows)
        self.events = {number: str(number) for number in self.rows}
        self.open = set(sorted(self.rows)[-still_open:])

    def call(self, action: str, parameters: dict, **about: object) -> dict:
        rows = self.rows
        if parameters.get("Dealed") == "N":
            self.rows = {number: last for number, last in rows.items() if number in self.open}
        try:
            return super().call(action, parameters, **about)
        finally:
            self.rows = rows


@pytest.mark.parametrize(
    ("rows", "still_open", "wanted", "calls"),
    [
        pytest.param(5000, 300, 3, {"look-up": 3}, id="a few are looked up, whatever there is"),
        pytest.param(5000, 300, 200, {"list all": 1, "list N": 3 + 1}, id="the list of the open ones is the cheapest"),
        pytest.param(5000, 5000, 40, {"list all": 1, "list N": 1, "look-up": 40}, id="look-ups are the cheapest"),
        pytest.param(300, 300, 250, {"list all": 3 + 1, "list N": 1}, id="the list of all is the cheapest"),
    ],
)
def test_the_cheapest_reads_are_chosen(rows, still_open, wanted, calls):
    service = _Backlog(rows, still_open)
    ids = [str(number) for number in sorted(service.open)[:wanted]]
    found = find_alerts(service, ids, {})
    assert [found[one].event_ids for one in ids] == [(one,) for one in ids]
    assert _calls_of(service) == calls


def test_what_is_clear_is_told_while_the_rest_is_read():
    service = _Backlog(1000, 1000)
    told: list[tuple[str, int]] = []
    ids = [str(number) for number in sorted(service.rows)]
    find_alerts(service, ids, {}, settled=lambda found: told.extend((one, len(service.calls)) for one in found))
    assert sorted(one for one, _calls in told) == sorted(ids)
    assert told[0][1] < told[-1][1] <= len(service.calls)


@pytest.mark.parametrize("total", [10**9, 10**400])
def test_a_count_that_can_not_be_meant_is_not_believed(total):
    service = MovingList(150)
    honest = service.call
    service.call = lambda *given, **about: {**honest(*given, **about), "TotalCount": total}
    with pytest.raises(ApiError, match="the answer holds no alert on page 1, and counts 10000000"):
        list_alerts(service, {})
    assert len(service.calls) <= 3


def test_a_page_that_is_empty_although_there_should_be_rows_ends_the_listing():
    service = MovingList(150)
    honest = service.call
    service.call = lambda *given, **about: {**honest(*given, **about), "TotalCount": 900}
    with pytest.raises(ApiError, match="the answer holds no alert on page 9, and counts 900 of them"):
        list_alerts(service, {})
