# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The request parameters of each action, by name and type, as in the vendor's API reference; nothing else passes."""

from __future__ import annotations

import re
from typing import Any

from .errors import ApiFault

_SHARED_LISTING = {
    "ContainerFieldName": "str", "ContainerFieldValue": "str", "From": "str", "Lang": "str", "Name": "str",
    "MultiAccountActionType": "int", "Remark": "str", "SourceIp": "str", "SupportOperateCodeList": "list",
    "Uuids": "str",
}  # fmt: skip

# Name of the parameter: type, with "!" when it is required. "list" is Name.1, Name.2 …; "joined" may also be "1,2".
PARAMETERS: dict[str, dict[str, str]] = {
    "HandleSecurityEvents": {
        "MarkBatch": "str", "MarkMissParam": "str", "OperationCode": "str!", "OperationParams": "str", "Remark": "str",
        "ResourceDirectoryAccountId": "int", "SecurityEventIds": "list!", "SourceIp": "str",
    },
    "DescribeSuspEvents": _SHARED_LISTING | {
        "AlarmUniqueInfo": "str", "AssetsTypeList": "list", "ClusterId": "str", "CurrentPage": "str", "Dealed": "str",
        "DetectSource": "str", "EventNames": "str", "GroupId": "int", "Id": "int", "Levels": "str",
        "OperateErrorCodeList": "list", "OperateTimeEnd": "str", "OperateTimeStart": "str", "PageSize": "str",
        "ParentEventTypes": "str", "ResourceDirectoryAccountId": "int", "SortColumn": "str", "SortType": "str",
        "Source": "str", "SourceAliUids": "joined", "Status": "str", "StrictMode": "str", "TacticId": "str",
        "TargetType": "str", "TimeEnd": "str", "TimeStart": "str", "UniqueInfo": "str",
    },
    "DescribeSuspEventDetail": {
        "From": "str!", "Lang": "str", "ResourceDirectoryAccountId": "int", "SourceIp": "str",
        "SuspiciousEventId": "int!",
    },
    "DescribeSecurityEventOperations": {
        "Lang": "str", "ResourceOwnerId": "int", "SecurityEventId": "int!", "SourceIp": "str",
    },
    "DescribeSecurityEventOperationStatus": {
        "ResourceOwnerId": "int", "SecurityEventIds": "list!", "SourceIp": "str", "TaskId": "int!",
    },
    "DescribeNsasSuspEventType": _SHARED_LISTING,
    "DescribeCloudCenterInstances": {
        "Criteria": "str", "CurrentPage": "int", "Flags": "str", "Importance": "int", "Lang": "str",
        "LogicalExp": "str", "MachineTypes": "str", "NextToken": "str", "NoGroupTrace": "bool", "PageSize": "int",
        "RegionId": "str", "ResourceDirectoryAccountId": "int", "UseNextToken": "bool",
    },
    "DescribeMonitorAccounts": {},
    "ListAccountsInResourceDirectory": {},
    "DescribeVersionConfig": {
        "ResourceDirectoryAccountId": "int", "SourceIp": "str",
    },
    "OperationCancelIgnoreSuspEvent": {
        "Remark": "str", "ResourceDirectoryAccountId": "int", "SecurityEventIds": "list!",
    },
    "CreateSuspEventNote": {
        "EventId": "int!", "Note": "str!", "ResourceDirectoryAccountId": "int",
    },
    "DeleteSuspEventNode": {
        "NoteId": "int!", "ResourceDirectoryAccountId": "int",
    },
    "DescribeSimilarEventScenarios": {
        "ResourceOwnerId": "int", "SecurityEventId": "int!", "SourceIp": "str",
    },
    "CreateSimilarSecurityEventsQueryTask": {
        "ClientToken": "str", "DryRun": "bool", "ResourceDirectoryAccountId": "int", "ResourceOwnerId": "int",
        "SecurityEventId": "int!", "SimilarEventScenarioCode": "str", "SourceIp": "str",
    },
    "DescribeSimilarSecurityEvents": {
        "CurrentPage": "int", "Lang": "str", "PageSize": "int", "ResourceOwnerId": "int", "SourceIp": "str",
        "TaskId": "int!",
    },
    "HandleSimilarSecurityEvents": {
        "MarkMissParam": "str", "OperationCode": "str!", "OperationParams": "str", "Remark": "str",
        "ResourceDirectoryAccountId": "int", "ResourceOwnerId": "int", "SourceIp": "str", "TaskId": "int!",
    },
    "DescribeSuspEventQuaraFiles": {
        "CurrentPage": "str", "From": "str", "GroupId": "str", "GroupingId": "int", "PageSize": "str",
        "QuaraTag": "str", "SourceIp": "str", "Status": "str",
    },
    "RollbackSuspEventQuaraFile": {
        "From": "str", "QuaraFileId": "int!", "ResourceDirectoryAccountId": "int", "SourceIp": "str",
    },
    "DescribeCustomBlockRecords": {
        "BlockIp": "str", "CurrentPage": "int", "PageSize": "int", "ResourceOwnerId": "int", "Status": "int",
    },
    "CreateCustomBlockRecord": {
        "BlockIp": "str!", "Bound": "str!", "ExpireTime": "int!", "ResourceOwnerId": "int", "Uuids": "str!",
    },
    "ModifyCustomBlockRecord": {
        "BlockIp": "str!", "Bound": "str!", "ExpireTime": "int!", "ResourceOwnerId": "int", "Uuids": "str!",
    },
    "EnableCustomBlockRecord": {
        "BlockIp": "str!", "Bound": "str!", "ResourceOwnerId": "int",
    },
    "DisableCustomBlockRecord": {
        "BlockIp": "str!", "Bound": "str!", "ResourceOwnerId": "int",
    },
    "DeleteCustomBlockRecord": {
        "Id": "int!", "ResourceOwnerId": "int",
    },
    "DescribeCustomBlockInstances": {
        "BlockIp": "str", "Bound": "str", "CurrentPage": "int", "PageSize": "int", "ResourceOwnerId": "int",
        "Status": "int",
    },
    "DescribeBruteForceRecords": {
        "BlockIp": "str", "CurrentPage": "int", "InstanceId": "str", "PageSize": "int", "Remark": "str",
        "ResourceOwnerId": "int", "Status": "int",
    },
    "DisableBruteForceRecord": {
        "BlockIp": "str!", "Bound": "str", "Id": "int", "Port": "str", "ResourceOwnerId": "int", "Uuid": "str!",
    },
    "DescribeSecurityEventMarkMissList": {
        "CurrentPage": "int!", "EventName": "str", "PageSize": "int!", "Remark": "str", "ResourceOwnerId": "int",
        "SourceIp": "str",
    },
    "DeleteSecurityEventMarkMissList": {
        "Ids": "list", "ResourceDirectoryAccountId": "int", "ResourceOwnerId": "int",
    },
    "ModifySecurityEventMarkMissIndividually": {
        "DeleteMarkMissParam": "str", "From": "str", "InsertMarkMissParam": "str", "Lang": "str",
        "ResourceDirectoryAccountId": "int", "SourceIp": "str",
    },
    "AdvanceSecurityEventOperations": {
        "EventName": "str", "EventType": "str", "ResourceDirectoryAccountId": "int", "ResourceOwnerId": "int",
        "RuleId": "int",
    },
}  # fmt: skip
_INTEGER = re.compile(r"-?\d{1,19}")
_LIST_ITEM = re.compile(r"(\w+)\.([1-9]\d*)")


def typed(action: str, flat: dict[str, str]) -> dict[str, Any]:
    """The parameters of a call with their types, lists gathered; an empty value counts as absent.

    ``flat`` is what came: names and texts. Refused with 400: a name that the action does not have, a value of another
    type, a hole in a list (InvalidParameter), a required one that is absent (Missing…).
    """
    known = PARAMETERS[action]
    lists: dict[str, dict[int, str]] = {}
    values: dict[str, Any] = {}
    for name, text in flat.items():
        item = _LIST_ITEM.fullmatch(name)
        if item and known.get(item[1], "").rstrip("!") in ("list", "joined"):
            lists.setdefault(item[1], {})[int(item[2])] = text
        elif name not in known or known[name].rstrip("!") == "list":
            raise _invalid(name, "is not a parameter of this action")
        elif text:
            values[name] = _value(name, known[name].rstrip("!"), text)
    for name, items in lists.items():
        if sorted(items) != list(range(1, len(items) + 1)) or name in values:
            raise _invalid(name, "must be numbered from 1 without holes")
        texts = [items[number] for number in sorted(items)]
        values[name] = [_value(name, "int", text) for text in texts] if known[name] == "joined" else texts
    for name, kind in known.items():
        if kind.endswith("!") and name not in values:
            raise ApiFault(400, _missing_code(name), f"{name} is mandatory for this action.")
    return values


def _value(name: str, kind: str, text: str) -> Any:
    if kind == "int":
        if not _INTEGER.fullmatch(text):
            raise _invalid(name, "must be an integer")
        return int(text)
    if kind == "bool":
        if text not in ("true", "false", "True", "False"):  # the official SDK sends Python's spelling
            raise _invalid(name, "must be true or false")
        return text.lower() == "true"
    if kind == "joined":
        return [_value(name, "int", part) for part in text.split(",")]
    return text


def _missing_code(name: str) -> str:
    # The service says MissingSecurityEventId of SecurityEventIds too.
    return "MissingSecurityEventId" if name == "SecurityEventIds" else f"Missing{name}"


def _invalid(name: str, reason: str) -> ApiFault:
    return ApiFault(400, "InvalidParameter", f"The parameter {name} {reason}.")
