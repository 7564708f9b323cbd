# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts: which ones the caller manages, and what an account has bought."""

from __future__ import annotations

from typing import Any

from ..state import Account, State
from .common import Action, target_account


def describe_monitor_accounts(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """The members, unpaged and without the caller's own account; one that has left is still among them."""
    members = [state.account(member) for member in account.members]
    infos = [
        {
            "AccountId": str(member.id),
            "AddTime": member.added_s,
            "OperatorUid": str(account.id),
            "PostBasicService": int(member.basic_service),
            "SasVersion": str(member.edition),
        }
        for member in members
    ]
    return {"AccountIds": [info["AccountId"] for info in infos], "AccountIdInfos": infos}


def list_accounts_in_resource_directory(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """The members that are in the directory, by name."""
    members = [state.account(member) for member in account.members]
    return {
        "Accounts": [
            {
                "AccountId": str(member.id),
                "DisplayName": member.name,
                "FolderId": "r-simulator",
                "IsMaAccount": "no",
                "IsSasDaAccount": "no",
                "PostBasicService": int(member.basic_service),
                "SasVersion": str(member.edition),
            }
            for member in members
            if not member.left
        ]
    }


def describe_version_config(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """The edition."""
    target = target_account(state, account, parameters)
    servers = sum(target.owns(asset) for asset in state.assets)
    return {
        "Version": target.edition,
        "HighestVersion": target.edition,
        "MergedVersion": target.edition,
        "AssetLevel": servers,
        "InstanceBuyType": 0,
        "InstanceId": f"sas-{target.id}",
        "IsPostpay": False,
        "IsTrialVersion": 0,
    }


ACTIONS: dict[str, Action] = {
    "DescribeMonitorAccounts": describe_monitor_accounts,
    "ListAccountsInResourceDirectory": list_accounts_in_resource_directory,
    "DescribeVersionConfig": describe_version_config,
}
