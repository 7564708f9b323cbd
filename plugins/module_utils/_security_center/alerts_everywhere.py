# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The alerts of many accounts (DescribeSuspEvents): in one list where that is cheaper, else account by account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from .._openapi.client import OpenApiClient
from .._openapi.errors import ApiError
from .alerts import Record, Row, text
from .everywhere import Accounts, Reader
from .listing import list_alerts, order_of
from .members import accounts_of
from .pages import page_count, read_page

_OF_ALL_ACCOUNTS = 1  # of MultiAccountActionType


def alerts_reader(
    query: Mapping[str, Any], accounts: Sequence[str] | None, limit: int | None, make: Callable[[Row], Record]
) -> Reader:
    """How the alerts of ``accounts`` (the option) are read that ``query`` finds, or those of the account that it names when None.

    What is read are pairs: what a record is sorted by, and the record that ``make`` makes of a row.
    """
    order = order_of(query)

    def keep(row: Row) -> tuple[tuple[int, int], Record]:
        return order(row), make(row)

    def each(client: OpenApiClient, account: str | None) -> tuple[list[Any], int]:
        whose = {} if account is None else {"ResourceDirectoryAccountId": account}
        return list_alerts(client, {**query, **whose}, limit=limit, make=keep)

    if accounts is None:
        return Reader(lambda _client: [query.get("ResourceDirectoryAccountId")], each)
    return Reader(
        lambda client: accounts_of(client, accounts),
        each,
        lambda client, known: _in_one_list(client, query, known, keep),
    )


def _in_one_list(
    client: OpenApiClient, query: Mapping[str, Any], accounts: Accounts, keep: Callable[[Row], Any]
) -> dict[str | None, list[Any]]:
    """The alerts of those of ``accounts`` that the service's list of all accounts has, when that list is the cheaper one.

    An account that has none in it is left out: it may have no alerts, or may not have been asked. So is the caller's own,
    whose id is not known, and every account when the service does not say of a row whose it is, or can't give the list. Raises
    ApiError when it can't be reached.
    """
    of_all = {**query, "MultiAccountActionType": _OF_ALL_ACCOUNTS}
    try:
        first = read_page(client, of_all, 1)
        if page_count(first[1]) > len(accounts):
            return {}
        rows, _total = list_alerts(
            client, of_all, make=lambda row: (text(row.get("SourceAliUid")), keep(row)), first_page=first
        )
    except ApiError as error:
        if error.every_call and not error.code:
            raise  # nobody is there to ask for each account
        return {}  # not for this caller, not in this edition, or more than the service can tell at once
    if not all(owner for owner, _kept in rows):
        return {}
    read: dict[str | None, list[Any]] = {}
    wanted = set(accounts)
    for owner, kept in rows:
        if owner in wanted:
            read.setdefault(owner, []).append(kept)
    return read
