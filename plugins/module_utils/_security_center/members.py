# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The member accounts that the caller manages (DescribeMonitorAccounts)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .._openapi.client import OpenApiClient
from .._openapi.errors import OptionError, no_such_answer
from .alerts import Field, Record, is_id, number, rows_of, text
from .request import account_id
from .times import iso

ALL = "all"
_ACTION = "DescribeMonitorAccounts"

# Source: the reference of DescribeMonitorAccounts.
_EDITIONS = {0: "free", 1: "free", 2: "enterprise", 3: "enterprise", 5: "advanced", 6: "anti-virus", 7: "ultimate"}


def _seconds(value: object) -> str | None:
    stamp = number(value)
    return None if stamp is None else iso(stamp * 1000)


def _switch(value: object) -> bool | None:
    return {"0": False, "1": True}.get(str(number(value)))


def edition(value: object) -> str | None:
    """The name of the edition that the service tells as a number; None for a number that the reference does not name."""
    version = number(value)
    return None if version is None else _EDITIONS.get(version)


FIELDS = (
    Field("account_id", "str", "AccountId", "The id of the member account.", text),
    Field("sas_version", "int", "SasVersion", "The edition of Security Center, as the service's number.", number),
    Field("edition", "str", "SasVersion", "The edition by name; null for a number that the reference does not name.", edition),
    Field("operator_uid", "str", "OperatorUid", "The account that added the member.", text),
    Field("add_time", "str", "AddTime", "When the member was added.", _seconds),
    Field("add_time_stamp", "int", "AddTime", "When the member was added, in seconds since 1970, as the service tells it.", number),
    Field("post_basic_service", "bool", "PostBasicService", "Whether the basic service is on.", _switch),
)  # fmt: skip


def list_members(client: OpenApiClient) -> list[Record]:
    """The records of the member accounts, without the caller's own account; each once. Raises ApiError."""
    answer = client.call(_ACTION, {})
    ids = answer.get("AccountIds")
    if not isinstance(ids, list) or not all(is_id(str(one)) for one in ids):
        raise no_such_answer(_ACTION, "list of accounts")
    known = {text(row.get("AccountId")): row for row in rows_of(answer.get("AccountIdInfos"))}
    rows = [{**known.get(one, {}), "AccountId": one} for one in dict.fromkeys(map(str, ids))]
    return [{field.name: field.convert(row.get(field.source)) for field in FIELDS} for row in rows]


def checked_accounts(given: Iterable[object]) -> list[str]:
    """The option accounts: ``all``, or ids of member accounts, each once. Raises :class:`OptionError`."""
    accounts = [str(one).strip() for one in given]
    if not accounts:
        raise OptionError("accounts is empty: give all, or the ids of member accounts")
    if ALL in accounts:
        if len(set(accounts)) > 1:
            raise OptionError("accounts names all, and others beside it: give all alone, or only ids")
        return [ALL]
    return list(dict.fromkeys(str(account_id("accounts", one)) for one in accounts))


def accounts_of(client: OpenApiClient, accounts: Sequence[str]) -> list[str | None]:
    """The accounts that ``accounts`` (checked) stands for, as resource_directory_account_id names them; None is the caller's own.

    ``all`` is the caller's own and all members. Raises ApiError.
    """
    if list(accounts) != [ALL]:
        return list(accounts)
    return [None, *(member["account_id"] for member in list_members(client))]
