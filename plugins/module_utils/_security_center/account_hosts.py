# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts as hosts: the records of members in, hosts with variables and groups out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Callable, NamedTuple

from .._openapi.errors import OptionError
from .alerts import Record, is_id
from .members import ALL, checked_accounts

GROUP = "security_center_accounts"
OWN = "own_account"
# The texts among a member's variables are ids, names and times of ours: none is the service's own.
_VARIABLES = ("sas_version", "edition", "add_time", "post_basic_service")


class Host(NamedTuple):
    """An account as Ansible has it."""

    name: str
    variables: Record
    groups: list[str]


def hosts_of(members: Sequence[Record], options: Mapping[str, Any], warn: Callable[[str], None]) -> Iterator[Host]:
    """The hosts that stand for ``members`` (of :func:`members.list_members`), as far as ``options`` ask for them.

    These are accounts, editions and own_account. What accounts names and is no member is warned of; raises OptionError
    when nothing else is left.
    """
    chosen = _chosen(members, options["accounts"], warn)
    if options["own_account"]:
        yield Host(OWN, {"resource_directory_account_id": None, **dict.fromkeys(_VARIABLES)}, [GROUP])
    editions = options["editions"]
    for member in chosen:
        edition = member["edition"]
        if editions and edition not in editions:
            continue
        variables = {name: member[name] for name in _VARIABLES}
        groups = [GROUP, f"edition_{(edition or 'unknown').replace('-', '_')}"]
        yield Host(member["account_id"], {"resource_directory_account_id": member["account_id"], **variables}, groups)


def _chosen(members: Sequence[Record], accounts: object, warn: Callable[[str], None]) -> list[Record]:
    if accounts is None:
        return list(members)
    wanted = checked_accounts(accounts if isinstance(accounts, list) else [accounts])
    if wanted == [ALL]:
        return list(members)
    found = [member for member in members if member["account_id"] in wanted]
    gone = sorted(set(wanted) - {member["account_id"] for member in found})
    if gone:
        sentence = f"accounts names {', '.join(gone)}: not among the member accounts of the caller"
        if not found:
            raise OptionError(sentence)
        warn(sentence)
    return found


def is_answer(cached: object) -> bool:
    """Whether these are records of members, as they were put into a cache."""
    return isinstance(cached, list) and all(
        isinstance(one, dict) and is_id(str(one.get("account_id"))) and set(_VARIABLES) <= one.keys() for one in cached
    )
