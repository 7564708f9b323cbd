# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One page of alerts, and how many there are (DescribeSuspEvents)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._openapi.client import OpenApiClient
from .._openapi.errors import no_such_answer
from .._openapi.text import printable
from .alerts import Row, number, rows_of

_PAGE_SIZE = 100  # the most that DescribeSuspEvents gives
_READS = 3  # of a page that contradicts itself: the list may have moved while it was made
_MOST_ALERTS = 10_000_000

Page = tuple[list[Row], int]  # the rows, and how many alerts the service counts in all


def page_count(rows: int) -> int:
    """How many pages hold so many rows."""
    return -(-rows // _PAGE_SIZE)


def read_page(client: OpenApiClient, query: Mapping[str, Any], page: int) -> Page:
    """One page, counted from 1. Raises ApiError."""
    parameters = {**query, "From": "sas", "CurrentPage": page, "PageSize": _PAGE_SIZE}
    for _attempt in range(_READS):
        answer = client.call("DescribeSuspEvents", parameters)
        if not isinstance(answer.get("SuspEvents"), list):
            raise no_such_answer("DescribeSuspEvents", "list of alerts")
        rows = rows_of(answer["SuspEvents"])
        total = max(number(answer.get("TotalCount")) or 0, len(rows))
        if total <= _MOST_ALERTS and (rows or page_count(total) < page):
            return rows, total
    # Were it believed, a count that is wrong would have pages read for ever.
    raise no_such_answer("DescribeSuspEvents", f"alert on page {page}, and counts {printable(total, 20)} of them")


def count_alerts(client: OpenApiClient, query: Mapping[str, Any]) -> int:
    """How many alerts ``query`` finds, as the service counts them. Raises ApiError."""
    answer = client.call("DescribeSuspEvents", {**query, "From": "sas", "CurrentPage": 1, "PageSize": 1})
    count = number(answer.get("TotalCount"))
    if count is None or not 0 <= count <= _MOST_ALERTS:
        raise no_such_answer("DescribeSuspEvents", "count of alerts")
    return count
