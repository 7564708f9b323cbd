# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All rows of a list that the service gives in pages: block records, whitelist rules, quarantined files, previews."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._openapi.client import OpenApiClient
from .._openapi.errors import no_such_answer
from .alerts import Row, number, rows_of

_PAGE_SIZE = 100
_ROUNDS = 3  # how often a list is read that changes while it is read
_MOST_ROWS = 1_000_000


def read_rows(
    client: OpenApiClient, action: str, name: str, parameters: Mapping[str, Any], key: str = "Id"
) -> list[Row]:
    """The rows of :func:`read_counted`, for who can do with a list that was still changing. Raises ApiError."""
    return read_counted(client, action, name, parameters, key)[0]


def read_counted(
    client: OpenApiClient, action: str, name: str, parameters: Mapping[str, Any], key: str = "Id"
) -> tuple[list[Row], int]:
    """The rows that ``action`` gives under ``name``, each value of ``key`` once, and how many the service counts.

    The most rows that a page holds is not documented: when the first page holds fewer than were asked for, that is its
    size. A list that has changed while it was read is read again. Raises ApiError, also for an entry without ``key``.
    """
    rows: dict[str, Row] = {}
    total = 0
    for _round in range(_ROUNDS):
        first, total = _page(client, action, name, {**parameters, "CurrentPage": 1, "PageSize": _PAGE_SIZE})
        size = len(first) or 1
        pages = range(2, -(-total // size) + 1)
        queries = [{**parameters, "CurrentPage": page, "PageSize": size} for page in pages]
        read = client.at_once(lambda query: _page(client, action, name, query), queries)
        told = [row for part, _total in [(first, total), *read] for row in part]
        if any(row.get(key) is None for row in told):
            raise no_such_answer(action, f"{key} for each entry of {name}")
        rows = {str(row[key]): row for row in told}
        if len(rows) == total and all(counted == total for _part, counted in read):
            break
    return list(rows.values()), total


def _page(client: OpenApiClient, action: str, name: str, parameters: Mapping[str, Any]) -> tuple[list[Row], int]:
    """The rows of one page, and how many the service counts in all."""
    answer = client.call(action, parameters)
    if not isinstance(answer.get(name), list):
        raise no_such_answer(action, f"list {name}")
    rows = rows_of(answer[name])
    info = answer.get("PageInfo")
    counted = number((info if isinstance(info, dict) else answer).get("TotalCount"))
    if counted is None:  # whether the page is all of the list
        raise no_such_answer(action, f"count of {name}")
    total = max(counted, len(rows))
    if len(rows) < len(answer[name]) or total > _MOST_ROWS or (total and not rows and parameters["CurrentPage"] == 1):
        raise no_such_answer(action, f"list {name} that can be read, and counts {total} entries")
    return rows, total
