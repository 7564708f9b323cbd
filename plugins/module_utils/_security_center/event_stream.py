# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alerts as a stream: what is new is read, handed over, and remembered, in this order (DescribeSuspEvents).

The service has no cursor. So each reading goes back to some time before the last one, for alerts that the service shows late,
and what was handed over before is left out.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Callable

from .._openapi.client import OpenApiClient
from .._openapi.errors import EXPIRED_TOKEN, ApiError
from .alert_events import event_of, following, is_news, state_of
from .alerts import Record, Row, record_of
from .checkpoint import Checkpoint, Delivered, Place
from .event_info import event_query, given_time, read_detail, warn_of_unknown_types
from .everywhere import Part, Reader, place_of, read_everywhere
from .members import accounts_of, checked_accounts
from .pages import count_alerts, read_backwards, read_page
from .report import Report
from .sessions import Plane
from .times import iso, parse_duration, service_text

NOW, FROM_CHECKPOINT = "now", "checkpoint"
_SECOND = 1000
# How long an alert is known that does not occur any more. It may occur again, and is no news then.
_KEPT = 180 * 86400 * _SECOND
_FORGETTING = 86400.0  # seconds between two times that old alerts are forgotten

HandOver = Callable[[Sequence[Record]], Iterator[int]]
Tell = Callable[[str], None]


class EventStream:
    """The new alerts of every account and data plane that is asked for.

    ``options`` are those of the event source, ``hand_over`` takes events and yields how many more of them may be remembered
    as delivered (it is called from several threads), ``tell`` takes a sentence for the log. Raises :class:`OptionError`.
    """

    def __init__(
        self,
        planes: Sequence[Plane],
        options: Mapping[str, Any],
        checkpoint: Checkpoint,
        hand_over: HandOver,
        tell: Tell,
    ) -> None:
        self._planes = planes
        self._options = options
        self._checkpoint = checkpoint
        self._hand_over = hand_over
        self._report = Report(check_mode=False, diff=False, environ={}, warn=tell)
        self._query = event_query({**options, "dealed": None if options["include_handled"] else False}, time.time())
        self._lookback = parse_duration("lookback", options["lookback"])
        self._begins = _time_of(options["start"])
        self._begun: set[str] = set()
        # A reading that failed may still go on in some of its threads when the next one begins.
        self._delivering = threading.Lock()
        self._types_known = not options.get("parent_event_types")
        self._forgotten = 0.0
        self._hosts = options["hostnames"]
        accounts = options.get("accounts")
        self._accounts = None if accounts is None else checked_accounts(accounts)

    def read(self) -> list[Part]:
        """Read everything once and hand over what is new; how it went for each account.

        Raises what ``hand_over`` raises, CheckpointError, and SecurityCenterError for credentials that can't be had.
        """
        if not self._types_known:
            warn_of_unknown_types(
                self._planes[0].client,
                "parent_event_types",
                self._options["parent_event_types"],
                self._query,
                self._report,
            )
            self._types_known = True
        if time.monotonic() - self._forgotten > _FORGETTING or not self._forgotten:
            self._checkpoint.forget(int(time.time() * _SECOND) - _KEPT)
            self._forgotten = time.monotonic()
        reader = Reader(self._accounts_of, self._read_account)
        return list(read_everywhere(self._planes, reader))

    def _accounts_of(self, client: OpenApiClient) -> list[str | None]:
        own = self._query.get("ResourceDirectoryAccountId")
        return [own] if self._accounts is None else accounts_of(client, self._accounts)

    def _read_account(self, client: OpenApiClient, account: str | None) -> tuple[list[Any], int]:
        """Read one account; what is read has been handed over, so nothing comes back but how much it was."""
        (plane,) = (one.name for one in self._planes if one.client is client)
        part = Part(plane, account, [], 0)
        name = f"{plane or 'endpoint'} {account or 'own'}"
        query = {**self._query, "ResourceDirectoryAccountId": account}
        place = self._place(name, client, query)
        since = max(place.read_to - self._lookback, place.begins)
        count = 0
        read_to = 0

        def keep(rows: Sequence[Row]) -> None:
            nonlocal count
            count += self._deliver(name, part, client, query, rows)

        read_to = _read_since(client, query, since, keep)
        self._checkpoint.begin(name, place._replace(read_to=max(place.read_to, read_to)))
        return [], count

    def _place(self, name: str, client: OpenApiClient, query: Mapping[str, Any]) -> Place:
        """Where to go on, or where to begin; the log is told of it once."""
        known = self._checkpoint.place(name)
        if known and name in self._begun:
            return known
        if known and self._options["start"] != NOW:
            self._report.warn(
                f"{name}: goes on from {iso(known.read_to)}, where the checkpoint says that it was read to"
            )
            place = known
        elif self._begins is not None:
            self._report.warn(f"{name}: begins with what occurred since {iso(self._begins)}, as start says")
            place = Place(self._begins, self._begins)
            self._checkpoint.begin(name, place)
        else:
            place = self._begin_now(name, client, query)
        self._begun.add(name)
        return place

    def _begin_now(self, name: str, client: OpenApiClient, query: Mapping[str, Any]) -> Place:
        """Begin with what comes from now on: what is there already is known, and not handed over."""
        there: list[Delivered] = []
        count_alerts(client, query)  # its answer tells the service's clock
        since = int(client.now() * _SECOND) - self._lookback
        read_to = _read_since(client, query, since, lambda rows: there.extend(state_of(name, row) for row in rows))
        place = Place(read_to, begins=since)
        self._checkpoint.begin(name, place, there)
        why = "as start says" if self._options["start"] == NOW else "as there is no checkpoint of it yet"
        self._report.warn(
            f"{name}: begins at {iso(read_to)}, {why}; of the {self._options['lookback']} before, "
            f"{len(there)} alerts are there already, and none of them becomes an event"
        )
        return place

    def _deliver(
        self, name: str, part: Part, client: OpenApiClient, query: Mapping[str, Any], rows: Sequence[Row]
    ) -> int:
        """Hand over which of ``rows`` is news, the oldest first; how many it was. What is handed over is remembered at once."""
        with self._delivering:
            return self._deliver_news(name, part, client, query, rows)

    def _deliver_news(
        self, name: str, part: Part, client: OpenApiClient, query: Mapping[str, Any], rows: Sequence[Row]
    ) -> int:
        news: dict[bytes, tuple[Delivered, Record]] = {}
        seen_again: list[Delivered] = []
        for row in reversed(rows):
            state = state_of(name, row)
            before = self._checkpoint.delivered(state.key)
            if is_news(row, state, before):
                state = following(state, before)
                news[state.key] = (state, self._event(name, part, client, query, row, state))
            elif before and state.last_time - before.last_time > _KEPT // 2:
                seen_again.append(following(state, before))
        self._checkpoint.remember(seen_again)
        states = [state for state, _event in news.values()]
        done = 0
        for more in self._hand_over([event for _state, event in news.values()]):
            self._checkpoint.remember(states[done : done + more])
            done += more
        return done

    def _event(
        self, name: str, part: Part, client: OpenApiClient, query: Mapping[str, Any], row: Row, state: Delivered
    ) -> Record:
        record = {**record_of(row), **place_of(part, self._options)}
        if self._options["details"]:
            record["event_detail"] = read_detail(client, record["id"], query, self._report)
        return event_of(name, record, state, self._hosts)


def _time_of(start: str) -> int | None:
    return None if start in (NOW, FROM_CHECKPOINT) else given_time("start", start, time.time())


def _read_since(
    client: OpenApiClient, query: Mapping[str, Any], since: int, keep: Callable[[Sequence[Row]], None]
) -> int:
    """Hand the alerts that last occurred since a time (milliseconds since 1970) to ``keep``, page by page, the oldest page first.

    Returns up to when that is all of them, by the service's clock. Raises ApiError.
    """
    window = {**query, "TimeStart": service_text(since)}
    asked = time.time()
    rows, total = read_page(client, window, 1)
    # The answer tells the service's clock, to the second.
    read_to = int((asked + client.now() - time.time() - 1) * _SECOND)
    if total <= len(rows):
        keep(rows)
        return read_to
    until = partial(read_page, client, {**window, "TimeEnd": service_text(read_to)})  # a list that stands still
    read_backwards(client, until, until(1), keep)
    keep(rows)  # what is newer than that list
    return read_to


def can_heal(error: ApiError) -> bool:
    """Whether waiting may help: a network, a fault or a limit of the service, a clock, a token that somebody renews."""
    return not error.code or error.repeatable or error.code in (EXPIRED_TOKEN, "InvalidTimeStamp.Expired")
