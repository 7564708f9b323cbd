# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DescribeCloudCenterInstances: the servers of an account."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from ..errors import illegal
from ..state import Account, Asset, State
from .common import language, page, target_account

LARGEST_PAGE = 1000
_PAGING = ("CurrentPage", "PageSize", "UseNextToken", "NextToken")
_ALARM = "open alerts"
_SINCE_MS = 1_735_689_600_000
_EDITIONS = {
    1: "Free Edition", 3: "Enterprise Edition", 5: "Advanced", 6: "Anti-virus Edition", 7: "Ultimate Edition",
}  # fmt: skip
# Name of a criterion: field of an asset.
_CRITERIA = {
    "uuid": "uuid",
    "instanceId": "instance_id",
    "instanceName": "name",
    "internetIp": "internet_ip",
    "intranetIp": "intranet_ip",
    "groupId": "group_id",
    "groupName": "group_name",
    "tag": "tag",
    "clusterId": "cluster_id",
    "regionId": "region_id",
    "osName": "os_name",
    "osType": "os",
    "vpcInstanceId": "vpc_id",
    "clientStatus": "client_status",
    "importance": "importance",
    "alarmStatus": _ALARM,
    "riskStatus": _ALARM,
}


def describe_cloud_center_instances(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """One page of the assets that meet the criteria."""
    language(parameters)
    owner = target_account(state, account, parameters)
    filters = sorted((name, str(value)) for name, value in parameters.items() if name not in _PAGING)
    question = ("assets", owner.id, owner.plane, *filters)
    found = state.listing(question, lambda: _matching(state, owner, parameters))
    size = parameters.get("PageSize", 20)
    by_token = parameters.get("UseNextToken", False)
    current = _page_of_token(parameters.get("NextToken", "")) if by_token else parameters.get("CurrentPage", 1)
    shown, number, size = page(found, current, size, LARGEST_PAGE)
    info: dict[str, Any] = {"Count": len(shown), "PageSize": size}
    if by_token:
        info["NextToken"] = f"page-{number + 1}" if number * size < len(found) else ""
    else:
        info |= {"CurrentPage": number, "TotalCount": len(found)}
    open_alerts = state.open_alerts()
    rows = [_instance(asset, owner.edition, open_alerts[asset.uuid]) for asset in shown]
    return {"Success": True, "Instances": rows, "PageInfo": info}


def _matching(state: State, owner: Account, parameters: dict[str, Any]) -> list[Asset]:
    criteria = _criteria(parameters.get("Criteria", "[]"))
    logic = parameters.get("LogicalExp", "OR")
    if logic not in ("OR", "AND"):
        raise illegal("LogicalExp must be OR or AND.")
    if parameters.get("MachineTypes", "ecs") != "ecs" or "0" not in parameters.get("Flags", "0").split(","):
        return []
    found = [asset for asset in state.assets if owner.owns(asset)]
    if criteria:
        met, open_alerts = any if logic == "OR" else all, state.open_alerts()
        if not state.settings.criteria_of_one_name:
            criteria = list(dict(criteria).items())
        exact = state.settings.uuid_criterion_exact
        found = [
            asset for asset in found if met(_meets(_value(asset, f, open_alerts), f, v, exact) for f, v in criteria)
        ]
    for name, field in (("RegionId", "region_id"), ("Importance", "importance")):
        found = [asset for asset in found if parameters.get(name, getattr(asset, field)) == getattr(asset, field)]
    return found


def _criteria(text: str) -> list[tuple[str, str]]:
    """Pairs of an asset's field and the value asked for, out of ``[{"name": …, "value": …}]``."""
    try:
        return [(_CRITERIA[entry["name"]], str(entry["value"])) for entry in json.loads(text)]
    except (ValueError, TypeError, KeyError) as problem:
        raise illegal(f"Criteria is not supported: {problem!r}") from None


def _value(asset: Asset, field: str, open_alerts: Counter[str]) -> str:
    return _yes(open_alerts[asset.uuid]) if field == _ALARM else str(getattr(asset, field))


def _meets(told: str, field: str, value: str, exact: bool) -> bool:
    return told == value or (field == "uuid" and not exact and told.startswith(value))


def _yes(told: object) -> str:
    return "YES" if told else "NO"


def _page_of_token(token: str) -> int:
    prefix, _dash, number = token.partition("-")
    if token and (prefix != "page" or not number.isdigit()):
        raise illegal("NextToken is not one of ours.")
    return int(number or 1)


def _instance(asset: Asset, edition: int, open_alerts: int) -> dict[str, Any]:
    return {
        "Uuid": asset.uuid,
        "InstanceId": asset.instance_id,
        "InstanceName": asset.name,
        "InternetIp": asset.internet_ip,
        "IntranetIp": asset.intranet_ip,
        "Ip": asset.internet_ip or asset.intranet_ip,
        "IpListString": ",".join(filter(None, (asset.intranet_ip, asset.internet_ip))),
        "GroupId": asset.group_id,
        "GroupTrace": asset.group_name,
        "Tag": asset.tag,
        "Region": asset.region_id,
        "RegionId": asset.region_id,
        "RegionName": asset.region_id,
        "VpcInstanceId": asset.vpc_id,
        "ClusterId": asset.cluster_id,
        "ClusterName": asset.cluster_name,
        "HasContainer": _yes(asset.cluster_id),
        "Os": asset.os,
        "OsName": asset.os_name,
        "Importance": asset.importance,
        "ClientStatus": asset.client_status,
        "ClientSubStatus": asset.client_status,
        "Status": "Running",
        "AlarmStatus": _yes(open_alerts),
        "RiskStatus": _yes(open_alerts),
        "SafeEventCount": open_alerts,
        "AssetType": "0",
        "AssetTypeName": "ecs",
        "AuthVersion": edition,
        "AuthVersionName": _EDITIONS.get(edition, ""),
        "AuthModifyTime": _SINCE_MS,
        "CreatedTime": _SINCE_MS,
        "LastLoginTimestamp": _SINCE_MS,
        "Cores": 4,
        "CpuInfo": "Intel(R) Xeon(R) Platinum",
        "Mem": 16384,
        "Kernel": "5.10.134-16.al8.x86_64",
        "MacListString": "00:16:3e:00:00:01",
        "ExposedStatus": int(bool(asset.internet_ip)),
        "HcStatus": "NO",
        "HealthCheckCount": 0,
        "VulStatus": "NO",
        "VulCount": 0,
        "PodCount": 0,
        "PostPaidFlag": 0,
        "RiskCount": json.dumps({"suspicious": open_alerts, "uuid": asset.uuid}),
        "BindFileProtectType": "none",
        "Bind": True,
        "Flag": 0,
        "FlagName": "ALIYUN",
        "Vendor": 0,
        "VendorName": "ALIYUN",
    }
