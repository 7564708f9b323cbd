# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DescribeCloudCenterInstances: the servers of an account."""

from __future__ import annotations

import json
from typing import Any

from ..errors import illegal
from ..state import PENDING, Account, Asset, State
from .common import language, page, target_account

LARGEST_PAGE = 1000
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
    "vpcInstanceId": "vpc_id",
    "clientStatus": "client_status",
    "importance": "importance",
}


def describe_cloud_center_instances(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """One page of the assets that meet the criteria."""
    language(parameters)
    owner = target_account(state, account, parameters)
    found = [asset for asset in _matching(state, parameters) if asset.account_id == owner.id]
    size = parameters.get("PageSize", 20)
    by_token = parameters.get("UseNextToken", False)
    current = _page_of_token(parameters.get("NextToken", "")) if by_token else parameters.get("CurrentPage", 1)
    shown, number, size = page(found, current, size, LARGEST_PAGE)
    info: dict[str, Any] = {"Count": len(shown), "PageSize": size}
    if by_token:
        info["NextToken"] = f"page-{number + 1}" if number * size < len(found) else ""
    else:
        info |= {"CurrentPage": number, "TotalCount": len(found)}
    return {"Success": True, "Instances": [_instance(state, asset) for asset in shown], "PageInfo": info}


def _matching(state: State, parameters: dict[str, Any]) -> list[Asset]:
    criteria = _criteria(parameters.get("Criteria", "[]"))
    logic = parameters.get("LogicalExp", "OR")
    if logic not in ("OR", "AND"):
        raise illegal("LogicalExp must be OR or AND.")
    met = any if logic == "OR" and criteria else all
    found = [asset for asset in state.assets if met(str(getattr(asset, field)) == v for field, v in criteria)]
    if parameters.get("MachineTypes", "ecs") != "ecs":
        return []
    for name, field in (("RegionId", "region_id"), ("Importance", "importance")):
        found = [asset for asset in found if parameters.get(name, getattr(asset, field)) == getattr(asset, field)]
    return found


def _criteria(text: str) -> list[tuple[str, str]]:
    """Pairs of an asset's field and the value asked for, out of ``[{"name": …, "value": …}]``."""
    try:
        return [(_CRITERIA[entry["name"]], str(entry["value"])) for entry in json.loads(text)]
    except (ValueError, TypeError, KeyError) as problem:
        raise illegal(f"Criteria is not supported: {problem!r}") from None


def _page_of_token(token: str) -> int:
    prefix, _dash, number = token.partition("-")
    if token and (prefix != "page" or not number.isdigit()):
        raise illegal("NextToken is not one of ours.")
    return int(number or 1)


def _instance(state: State, asset: Asset) -> dict[str, Any]:
    alerts = [alert for alert in state.alerts if alert.uuid == asset.uuid]
    open_alerts = sum(alert.status == PENDING for alert in alerts)
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
        "HasContainer": "YES" if asset.cluster_id else "NO",
        "Os": asset.os,
        "OsName": asset.os_name,
        "Importance": asset.importance,
        "ClientStatus": asset.client_status,
        "ClientSubStatus": asset.client_status,
        "Status": "Running",
        "AlarmStatus": "YES" if open_alerts else "NO",
        "RiskStatus": "YES" if open_alerts else "NO",
        "SafeEventCount": open_alerts,
        "AssetType": "0",
        "AssetTypeName": "ecs",
        "AuthVersion": state.account(asset.account_id).edition,
        "Bind": True,
        "Flag": 0,
        "FlagName": "ALIYUN",
        "Vendor": 0,
        "VendorName": "ALIYUN",
    }
