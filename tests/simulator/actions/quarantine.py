# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quarantined files, and their way back."""

from __future__ import annotations

from typing import Any

from ..errors import illegal
from ..state import Account, QuarantinedFile, State
from .common import Action, page, target_account
from .rows import time_text

STATUSES = ("quaraFailed", "quaraDone", "quaraing", "rollbackFailed", "rollbackDone", "rollbacking")
_CAN_BE_RESTORED = ("quaraDone", "rollbackFailed")
_LARGEST_PAGE = 100


def describe_susp_event_quara_files(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """One page of the caller's quarantined files, the newest first."""
    status = parameters.get("Status")
    if status not in (None, *STATUSES):
        raise illegal(f"Status {status} is not supported.")
    groups = {str(parameters[name]) for name in ("GroupId", "GroupingId") if name in parameters}
    files = [
        file
        for file in state.quarantined_files
        if account.owns(file)
        and status in (None, file.status)
        and parameters.get("QuaraTag") in (None, _tag(state, file))
        and groups <= {_group(state, file)}
    ]
    files.sort(key=lambda file: (file.modified_ms, file.id), reverse=True)
    shown, number, size = page(files, parameters.get("CurrentPage", 1), parameters.get("PageSize", 20), _LARGEST_PAGE)
    return {
        "CurrentPage": number,
        "PageSize": size,
        "Count": len(shown),
        "TotalCount": len(files),
        "QuaraFiles": [_row(state, file) for file in shown],
    }


def rollback_susp_event_quara_file(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """Begin to put a file back; one that is not in quarantine is refused."""
    target = target_account(state, account, parameters)
    for file in state.quarantined_files:
        if file.id == parameters["QuaraFileId"] and target.owns(file):
            if file.status not in _CAN_BE_RESTORED:
                raise illegal(f"A file that is {file.status} can't be rolled back.")
            file.status = "rollbacking"
            file.rollback_ends_ms = state.clock.now_ms() + int(state.settings.task_seconds * 1000)
            state.revision += 1
            return {}
    raise illegal("QuaraFileId does not exist.")


def _tag(state: State, file: QuarantinedFile) -> str:
    alert = state.row(file.alert_id)
    return alert.unique_info if alert else ""


def _group(state: State, file: QuarantinedFile) -> str:
    asset = state.asset(file.uuid)
    return str(asset.group_id) if asset else ""


def _row(state: State, file: QuarantinedFile) -> dict[str, Any]:
    row: dict[str, Any] = {
        "Id": file.id,
        "Path": file.path,
        "Md5": file.md5,
        "Uuid": file.uuid,
        "Status": file.status,
        "ModifyTime": time_text(file.modified_ms),
        "Link": f"https://quarantine.example.com/{file.id}?Signature=not-a-real-one",
        "Tag": _tag(state, file),
    }
    if alert := state.row(file.alert_id):
        row |= {"EventName": alert.name, "EventType": alert.event_type}
    if asset := state.asset(file.uuid):
        row |= {"InstanceId": asset.instance_id, "InstanceName": asset.name, "Ip": asset.internet_ip}
        row |= {"InternetIp": asset.internet_ip, "IntranetIp": asset.intranet_ip}
    return row


ACTIONS: dict[str, Action] = {
    "DescribeSuspEventQuaraFiles": describe_susp_event_quara_files,
    "RollbackSuspEventQuaraFile": rollback_susp_event_quara_file,
}
