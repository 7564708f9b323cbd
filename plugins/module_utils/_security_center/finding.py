# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding alerts by id, at the price of the cheapest reads (DescribeSuspEvents)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Callable, NamedTuple

from .._openapi.client import OpenApiClient
from .._openapi.errors import OptionError
from .._openapi.text import printable
from .alerts import Record, Row, is_id, record_of, texts
from .pages import Page, page_count, read_page
from .times import service_text

_FEW = 4  # up to so many are looked up one by one, without asking how long a list is
# What can be different when an alert is read again.
_STATE = (
    "id",
    "security_event_ids",
    "event_status",
    "event_status_code",
    "operate_error_code",
    "operate_time",
    "operate_time_stamp",
    "can_be_deal_on_line",
)


def check_ids(option: str, ids: Iterable[object]) -> list[str]:
    """``ids`` as decimal digits, in their order, each once. Raises :class:`OptionError` that names ``option``."""
    checked = [str(one).strip() for one in ids]
    wrong = [one for one in checked if not is_id(one)]
    if wrong:
        shown = ", ".join(printable(one, 40) or "an empty text" for one in wrong[:5])
        raise OptionError(f"{option} must be decimal digits, as security_event_info gives them; not so: {shown}")
    return list(dict.fromkeys(one.lstrip("0") or "0" for one in checked))


def check_id(option: str, given: object, whose: str, told: str) -> str:
    """``given`` as decimal digits: the id of what ``whose`` names, which ``told`` says where to find.

    Raises :class:`OptionError` that names ``option``.
    """
    one = str(given).strip()
    if not is_id(one):
        raise OptionError(
            f"{option} {printable(one) or 'is empty and'} is not {whose} id: give its decimal digits, as {told}"
        )
    return one.lstrip("0") or "0"


class Found(NamedTuple):
    """What an id stands for: a record and the event ids to send, or the reason why nothing may be sent."""

    alert: Record | None
    event_ids: tuple[str, ...] = ()
    code: str = ""
    reason: str = ""


class _Read:
    """What was read of the alerts that ``ids`` name."""

    def __init__(
        self, ids: list[str], fields: Iterable[str] | None, settled: Callable[[dict[str, Found]], None] | None
    ) -> None:
        self.ids = ids
        self.fields = fields
        self.settled = settled
        self._wanted = frozenset(ids)
        self.rows: dict[str, Record] = {}
        self.by_event: dict[str, list[Record]] = {}
        self.looked_up: set[str] = set()
        self.complete = False

    def unsettled(self) -> list[str]:
        """The ids of which more has to be read.

        An event that its own row lists is clear. Another id may be one alert's row and another one's event.
        """
        if self.complete:
            return []
        return [
            one
            for one in self.ids
            if one not in self.rows.get(one, {}).get("security_event_ids", ())
            and not (one in self.looked_up and one in self.by_event)
        ]

    def wanted(self, rows: Iterable[Row]) -> list[Record]:
        """The records of those ``rows`` that the ids name."""
        return [
            record_of(row, self.fields)
            for row in rows
            if not self._wanted.isdisjoint((str(row.get("Id")), *texts(row.get("SecurityEventIds"))))
        ]

    def add(self, records: Iterable[Record]) -> None:
        for record in records:
            if record["id"] not in self.rows:
                self.rows[record["id"]] = record
                for event_id in dict.fromkeys(record["security_event_ids"]):
                    self.by_event.setdefault(event_id, []).append(record)
                if self.settled and record["id"] in self._wanted and record["security_event_ids"] == [record["id"]]:
                    self.settled({record["id"]: Found(record, (record["id"],))})


def find_alerts(
    client: OpenApiClient,
    ids: list[str],
    query: Mapping[str, Any],
    fields: Iterable[str] | None = None,
    settled: Callable[[dict[str, Found]], None] | None = None,
) -> dict[str, Found]:
    """Each of ``ids`` (event ids, or ids of rows) with the alert that it names, its record with all fields or ``fields``.

    ``settled`` is told while reading goes on what is clear: an event that its own row lists, and no other one.

    Costs the smallest of one look-up (filter Id) an id, the pages of the open alerts, and those of all alerts. The
    filter Id finds rows by their own id; an id that is no row's, or names a row that does not list it among its events,
    is looked for among all alerts: were it another alert's event, handling the row would hit the wrong alert, so that
    is told as ambiguous. Raises ApiError.
    """
    read = _Read(ids, fields, settled)
    if len(ids) > _FEW:
        _list(client, query, read)
    unsettled = read.unsettled()
    for records in client.at_once(lambda one: read.wanted(read_page(client, {**query, "Id": one}, 1)[0]), unsettled):
        read.add(records)
    read.looked_up.update(unsettled)
    if read.unsettled():
        _list_all(client, query, read)
    return {one: _found(one, read.rows.get(one), read.by_event.get(one, [])) for one in ids}


def _list(client: OpenApiClient, query: Mapping[str, Any], read: _Read) -> None:
    """Read the open alerts, all alerts, or just a first page of them: what costs less than looking up each id."""
    pages = {}
    open_alerts = {**query, "Dealed": "N"}
    for name, listed in (("all", query), ("open", open_alerts)):
        if name == "all" or "Dealed" not in query:
            pages[name] = read_page(client, listed, 1)
            read.add(read.wanted(pages[name][0]))
    count = {name: page_count(total) for name, (_rows, total) in pages.items()}
    if "open" in count and count["open"] <= len(read.unsettled()) and 2 * count["open"] < count["all"]:
        _list_all(client, open_alerts, read, pages["open"])
    if count["all"] <= len(read.unsettled()):
        _list_all(client, query, read, pages["all"])
        read.complete = True


def _list_all(client: OpenApiClient, query: Mapping[str, Any], read: _Read, first_page: Page | None = None) -> None:
    from .listing import list_alerts  # when it is used: each task compiles what it imports

    list_alerts(client, query, make=lambda row: read.add(read.wanted([row])), first_page=first_page)


def find_rows(
    client: OpenApiClient, records: Iterable[Record], query: Mapping[str, Any], *, most_calls: int | None = None
) -> dict[str, Record]:
    """The alerts of ``records`` as they are now, by row id; what is gone is left out.

    Costs the smaller of one look-up each and the pages of their time. What would cost more than ``most_calls`` is left
    out too. Raises ApiError.
    """
    before = {str(record["id"]): record for record in records}
    found: dict[str, Record] = {}

    def read(parameters: Mapping[str, Any], page: int) -> int:
        rows, total = read_page(client, {**query, **parameters}, page)
        found.update((str(row["Id"]), record_of(row, _STATE)) for row in rows if str(row.get("Id")) in before)
        return page_count(total)

    times = [record["last_time_stamp"] for record in before.values()]
    if len(before) > _FEW and all(times):
        window = {"TimeStart": service_text(min(times) - 1000), "TimeEnd": service_text(max(times) + 1000)}
        pages = read(window, 1)
        if pages <= min(len(before), most_calls or pages):
            client.at_once(lambda page: read(window, page), range(2, pages + 1))
    # One that has occurred again since is not in its old place.
    missing = [row_id for row_id in before if row_id not in found]
    if most_calls is None or len(missing) <= most_calls:
        client.at_once(lambda row_id: read({"Id": row_id}, 1), missing)
    return found


def _found(one: str, as_row: Record | None, as_event: list[Record]) -> Found:
    others = [record["id"] for record in as_event if as_row is None or record["id"] != as_row["id"]]
    if len(others) > 1 or (others and as_row is not None):
        where = f"an event of alert {' and of '.join(map(printable, others))}" + (
            " and also the id of another alert" if as_row else ""
        )
        reason = f"{one} is {where}: give the id of the row, or another of its events"
        return Found(None, code="AmbiguousId", reason=reason)
    if as_event:
        return Found(as_event[0], (one,))
    if as_row is None:
        reason = f"no alert has the id {one}: check the id, region_id and the account"
        return Found(None, code="SecurityEventNotExists", reason=reason)
    return found_row(one, as_row)


def found_row(one: str, row: Record) -> Found:
    """What the id of a row stands for, given the row's record: all of its events."""
    event_ids = tuple(row["security_event_ids"])
    if not event_ids or not all(map(is_id, (one, *event_ids))):
        reason = f"the service does not tell the events of alert {one}: look at it in the console"
        return Found(None, code="NoEventIds", reason=reason)
    return Found(row, event_ids)
