# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages: one of alerts, and how many alerts there are (DescribeSuspEvents); all pages of a list that moves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, TypeVar

from .._openapi.client import OpenApiClient
from .._openapi.errors import no_such_answer
from .._openapi.text import printable
from .alerts import Row, number, rows_of

T = TypeVar("T")
_PAGE_SIZE = 100  # the most that DescribeSuspEvents gives
_READS = 3  # of a page that contradicts itself: the list may have moved while it was made
_MOST_ALERTS = 10_000_000

Page = tuple[list[Row], int]  # the rows, and how many alerts the service counts in all


def page_count(rows: int, size: int = _PAGE_SIZE) -> int:
    """How many pages hold so many rows."""
    return -(-rows // size)


def read_backwards(
    client: OpenApiClient,
    read: Callable[[int], tuple[list[T], int]],
    first: tuple[list[T], int],
    keep: Callable[[list[T]], None],
    *,
    limit: int | None = None,
    size: int = _PAGE_SIZE,
) -> int:
    """Hand all pages, of ``size`` rows, to ``keep``, from the last to the first; how many rows the last answer counts.

    ``read(page)`` gives the rows of a page, counted from 1, and how many rows there are in all; ``first`` is what it gave of
    the first page, for a list that stands still. What leaves the list moves the rest forward, to pages still to come; what
    enters it moves rows back, to pages that are read again. So every row that was there throughout is handed over, some more
    than once. ``limit`` keeps the first.
    """
    rows_of_first, total = first
    page = page_count(total if limit is None else min(total, limit), size)
    spare = page + 10  # a list that grows at every call must come to an end too
    width = client.max_concurrency
    last = 2  # when nothing has moved since the first page was read, that page is as it was
    while page >= last:
        pages = client.at_once(read, range(page, max(last - 1, page - width), -1))
        for rows, _total in pages:
            keep(rows)
        totals = [now for _rows, now in pages]
        grown = max(0, max(totals) - total)
        moved = any(now != total for now in totals)
        if grown and spare > 0:
            # What came in above has moved up to `grown` rows to pages that were read already.
            page, spare = min(page + page_count(grown, size), page_count(max(totals), size)), spare - 1
        elif not moved or width == 1:
            page -= len(pages)
        # Between pages that are read at once a row can slip through: while the list moves they are read one by one.
        width, last = (1, 1) if moved else (client.max_concurrency, last)
        total = totals[-1]
    if last > 1:
        keep(rows_of_first)
    return total


def read_page(client: OpenApiClient, query: Mapping[str, Any], page: int) -> Page:
    """One page, counted from 1. Raises ApiError."""
    parameters = {**query, "From": "sas", "CurrentPage": page, "PageSize": _PAGE_SIZE}
    for _attempt in range(_READS):
        answer = client.call("DescribeSuspEvents", parameters)
        if not isinstance(answer.get("SuspEvents"), list):
            raise no_such_answer("DescribeSuspEvents", "list of alerts")
        rows = rows_of(answer["SuspEvents"])
        counted = number(answer.get("TotalCount")) or 0
        total = max(counted, len(rows))
        ends = len(rows) < _PAGE_SIZE or counted >= len(rows)  # a full page that is not counted may be one of many
        if total <= _MOST_ALERTS and (rows or page_count(total) < page) and ends:
            return rows, total
    if rows and total <= _MOST_ALERTS:
        raise no_such_answer("DescribeSuspEvents", f"count of alerts with the {len(rows)} on page {page}")
    # Were it believed, a count that is wrong would have pages read for ever.
    raise no_such_answer("DescribeSuspEvents", f"alert on page {page}, and counts {printable(total, 20)} of them")


def count_alerts(client: OpenApiClient, query: Mapping[str, Any]) -> int:
    """How many alerts ``query`` finds, as the service counts them. Raises ApiError."""
    answer = client.call("DescribeSuspEvents", {**query, "From": "sas", "CurrentPage": 1, "PageSize": 1})
    count = number(answer.get("TotalCount"))
    if count is None or not 0 <= count <= _MOST_ALERTS:
        raise no_such_answer("DescribeSuspEvents", "count of alerts")
    return count
