# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What several actions share: whose data is meant, language, paging."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..catalogue import LANGUAGES
from ..errors import ApiFault, illegal
from ..state import Account, State

T = TypeVar("T")
Action = Callable[[State, Account, dict[str, Any]], dict[str, Any]]


def target_account(state: State, account: Account, parameters: dict[str, Any]) -> Account:
    """The account whose data is meant: the caller's, or the member that ResourceDirectoryAccountId names."""
    member_id = parameters.get("ResourceDirectoryAccountId")
    if member_id is None:
        return account
    if member_id not in account.members or state.account(member_id).left:
        raise ApiFault(400, "RdCheckNoPermission", "You have no permission to operate this resource directory account.")
    return state.account(member_id, account.plane)


def accounts_meant(state: State, account: Account, parameters: dict[str, Any]) -> list[Account]:
    """That account, and with MultiAccountActionType 1 those that it manages too."""
    target = target_account(state, account, parameters)
    if parameters.get("MultiAccountActionType") != 1 or not state.settings.one_list_for_members:
        return [target]
    members = [state.account(member, account.plane) for member in target.members]
    return [target, *(member for member in members if not member.left)]


def language(parameters: dict[str, Any]) -> str:
    """Lang, which is zh when absent."""
    lang: str = parameters.get("Lang", "zh")
    if lang not in LANGUAGES:
        raise illegal("Lang must be zh or en.")
    return lang


def page(records: list[T], current: int | str, size: int | str, largest: int) -> tuple[list[T], int, int]:
    """The records of one page, its number and its size; IllegalParam for a size that the action does not take."""
    number, length = whole_number("CurrentPage", current), whole_number("PageSize", size)
    if number < 1 or not 1 <= length <= largest:
        raise illegal(f"CurrentPage starts at 1 and PageSize is from 1 to {largest}.")
    return records[(number - 1) * length : number * length], number, length


def whole_number(name: str, text: int | str) -> int:
    """An integer that travels as a string."""
    try:
        return int(text)
    except ValueError:
        raise ApiFault(400, "InvalidParameter", f"The parameter {name} must be an integer.") from None
