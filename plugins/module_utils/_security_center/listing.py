# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Listing alerts, however many (DescribeSuspEvents)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Callable

from .._openapi.client import OpenApiClient
from .alerts import Row, number, record_of
from .pages import Page, read_backwards, read_page
from .times import service_text

_ROUNDS = 3  # how often what occurred since is read in a window of its own, when it is more than a page


def list_alerts(
    client: OpenApiClient,
    query: Mapping[str, Any],
    *,
    limit: int | None = None,
    make: Callable[[Row], Any] = record_of,
    first_page: Page | None = None,
) -> tuple[list[Any], int]:
    """The alerts that ``query`` (parameters of DescribeSuspEvents) finds, newest first, and how many the service counts.

    A list moves while it is read: alerts come, alerts are handled. So the end of the time window is fixed by the
    service's own clock, the pages are read from the last to the first (what leaves the list moves the rest forward, to
    pages still to come), pages are read again by as much as the list grew, repeats are dropped, and last comes what
    occurred since. Every alert that was there throughout is there once. Alerts entering and leaving in equal number
    between two pages can't be told; the service has no cursor that could.

    ``make`` turns a row into what is kept. ``limit`` keeps the newest. ``first_page`` is the first page when the caller
    has read it just now. Raises ApiError.
    """
    first, total = first_page or read_page(client, query, 1)
    if total <= len(first) or (limit is not None and limit <= len(first)):
        return [make(row) for row in first[:limit]], total  # one answer is one moment: nothing can move

    kept: dict[str, tuple[Any, Any]] = {}
    order = order_of(query)

    def keep(rows: list[Row]) -> None:
        for row in rows:
            kept.setdefault(str(row.get("Id")), (order(row), make(row)))

    window, rows, count = query, first, total
    for _round in range(_ROUNDS):
        start = service_text((client.now() - 1) * 1000)
        end = min(start, str(query.get("TimeEnd") or start))
        until = {**window, "TimeEnd": end}
        read_backwards(client, partial(read_page, client, until), (rows, count), keep, limit=limit)
        if end < start:
            break
        window = {**query, "TimeStart": _later(query.get("TimeStart"), end)}
        rows, count = read_page(client, window, 1)
        keep(rows)
        if count <= len(rows):
            break
    else:
        read_backwards(client, partial(read_page, client, window), (rows, count), keep, limit=limit)
    newest_first = sorted(kept.values(), key=lambda pair: pair[0], reverse=str(query.get("SortType")) != "asc")
    return [made for _key, made in newest_first[:limit]], max(total, len(kept))


def order_of(query: Mapping[str, Any]) -> Callable[[Row], tuple[int, int]]:
    """What the rows that ``query`` finds are sorted by: a time in milliseconds, and the id."""
    by_operation = query.get("Dealed") == "Y" and query.get("SortColumn") != "lastTime"
    stamp = "OperateTime" if by_operation else "LastTimeStamp"
    return lambda row: (number(row.get(stamp)) or 0, number(row.get("Id")) or 0)


def _later(one: object, other: str) -> str:
    # Both are texts of one format and zone: the greater text is the later time.
    return max(str(one or ""), other)
