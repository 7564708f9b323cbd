# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Listing servers, however many (DescribeCloudCenterInstances)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Callable

from .._openapi.client import OpenApiClient
from .._openapi.errors import no_such_answer
from .alerts import Field, Record, Row, addresses, flag, number, rows_of, text
from .pages import page_count, read_backwards
from .times import iso

_ACTION = "DescribeCloudCenterInstances"
_PAGE_SIZE = 100  # the reference names no largest one
_MOST_ASSETS = 1_000_000

# Source: the reference of DescribeCloudCenterInstances.
IMPORTANCES = {"test": 0, "general": 1, "important": 2}
_ASSET_TYPES = {
    "0": "server", "1": "load_balancer", "2": "nat_gateway", "3": "rds", "4": "mongodb", "5": "redis", "6": "image",
    "7": "container",
}  # fmt: skip


def _yes(value: object) -> bool | None:
    return {"YES": True, "NO": False}.get(str(value))


def _time(value: object) -> str | None:
    return iso(number(value) or None)


def _counts(value: object) -> Record | None:
    """The counts in an object that comes as a text of JSON."""
    try:
        counts = json.loads(value) if isinstance(value, str) else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(counts, dict):
        return None
    return {name: number(count) for name, count in counts.items() if number(count) is not None}


def _importance(value: object) -> str | None:
    return next((name for name, code in IMPORTANCES.items() if code == number(value)), None)


FIELDS: tuple[Field, ...] = (
    Field("uuid", "str", "Uuid", "The uuid of the server.", text),
    Field("instance_id", "str", "InstanceId", "The id of the instance.", text),
    Field("instance_name", "str", "InstanceName", "The name of the instance.", text),
    Field("internet_ip", "str", "InternetIp", "The public address.", text),
    Field("intranet_ip", "str", "IntranetIp", "The private address.", text),
    Field("ip", "str", "Ip", "The address that the service shows for the server.", text),
    Field("ip_list", "list", "IpListString", "All addresses of the server.", addresses),
    Field("ip_list_string", "str", "IpListString", "The same as the service writes them.", text),
    Field("mac_list_string", "str", "MacListString", "The MAC addresses.", text),
    Field("region", "str", "Region", "The region of the instance.", text),
    Field("region_id", "str", "RegionId", "The id of the region of the asset.", text),
    Field("region_name", "str", "RegionName", "The name of the region in the language asked for.", text),
    Field("vpc_instance_id", "str", "VpcInstanceId", "The id of the VPC.", text),
    Field("status", "str", "Status", "Whether the server runs, V(Running) or V(notRunning).", text),
    Field("client_status", "str", "ClientStatus", "The agent on the server, V(online), V(offline) or V(pause).", text),
    Field("client_sub_status", "str", "ClientSubStatus", "The same, with V(uninstalled) and V(stopped) told apart.", text),
    Field("last_login_time", "str", "LastLoginTimestamp", "When the agent was last online, ISO 8601 in UTC.", _time),
    Field("last_login_timestamp", "int", "LastLoginTimestamp", "The same in milliseconds since 1970.", number),
    Field("os", "str", "Os", "The operating system, such as V(linux).", text),
    Field("os_name", "str", "OsName", "The operating system with its version.", text),
    Field("kernel", "str", "Kernel", "The version of the kernel.", text),
    Field("cores", "int", "Cores", "The number of processor cores.", number),
    Field("cpu_info", "str", "CpuInfo", "The processor.", text),
    Field("mem", "int", "Mem", "The memory in MB.", number),
    Field("importance", "str", "Importance", "How important the asset is, V(important), V(general) or V(test).", _importance),
    Field("importance_code", "int", "Importance", "The same as the service's number.", number),
    Field("group_id", "int", "GroupId", "The id of the asset group.", number),
    Field("group_trace", "str", "GroupTrace", "The name of the asset group.", text),
    Field("tag", "str", "Tag", "The tags of the asset, as the service writes them.", text),
    Field("tag_id", "str", "TagId", "The ids of the tags, as the service writes them.", text),
    Field("tag_resources", "str", "TagResources", "The tags of a Lingjun node.", text),
    Field("alarm_status", "bool", "AlarmStatus", "Whether the asset has alerts.", _yes),
    Field("safe_event_count", "int", "SafeEventCount", "How many alerts the asset has.", number),
    Field("risk_status", "bool", "RiskStatus", "Whether the asset has risks.", _yes),
    Field("risk_count", "dict", "RiskCount", "The risks by kind, with the names of the service.", _counts),
    Field("vul_status", "bool", "VulStatus", "Whether the asset has vulnerabilities.", _yes),
    Field("vul_count", "int", "VulCount", "How many vulnerabilities the asset has.", number),
    Field("hc_status", "bool", "HcStatus", "Whether the asset has baseline risks.", _yes),
    Field("health_check_count", "int", "HealthCheckCount", "How many baseline risks the asset has.", number),
    Field("exposed_status", "int", "ExposedStatus", "Whether the asset is exposed to the internet, V(1), or not, V(0).", number),
    Field("has_container", "bool", "HasContainer", "Whether containers run on the server.", _yes),
    Field("cluster_id", "str", "ClusterId", "The id of the cluster.", text),
    Field("cluster_name", "str", "ClusterName", "The name of the cluster.", text),
    Field("namespace", "str", "Namespace", "The Kubernetes namespace.", text),
    Field("pod_count", "int", "PodCount", "The number of pods.", number),
    Field("app_id", "str", "AppId", "The id of the application, for SAE only.", text),
    Field("app_name", "str", "AppName", "The application, for SAE only.", text),
    Field("service_id", "str", "ServiceId", "The id of the service, for PAI only.", text),
    Field("created_time", "str", "CreatedTime", "When the cluster was made, ISO 8601 in UTC.", _time),
    Field("created_time_stamp", "int", "CreatedTime", "The same in milliseconds since 1970.", number),
    Field("asset_type", "str", "AssetType", "The kind of asset by name, such as V(server).", lambda value: _ASSET_TYPES.get(str(value))),
    Field("asset_type_code", "str", "AssetType", "The same as the service's number.", text),
    Field("asset_type_name", "str", "AssetTypeName", "The kind of asset, as the service names it.", text),
    Field("flag", "int", "Flag", "Whose server it is, V(0) for Alibaba Cloud's.", number),
    Field("flag_name", "str", "FlagName", "The same by name, such as V(ALIYUN), V(IDC) or V(AWS).", text),
    Field("vendor", "int", "Vendor", "The provider of the asset, V(0) for Alibaba Cloud.", number),
    Field("vendor_name", "str", "VendorName", "The same by name, such as V(ALIYUN), V(IDC) or V(AWS).", text),
    Field("vendor_uid", "str", "VendorUid", "The account at another provider.", text),
    Field("vendor_user_name", "str", "VendorUserName", "The name of that account.", text),
    Field("auth_version", "int", "AuthVersion", "The edition that protects the asset, as the service's number.", number),
    Field("auth_version_name", "str", "AuthVersionName", "The same by name, in the language asked for.", text),
    Field("auth_modify_time", "str", "AuthModifyTime", "When the asset was bound to its edition, ISO 8601 in UTC.", _time),
    Field("auth_modify_time_stamp", "int", "AuthModifyTime", "The same in milliseconds since 1970.", number),
    Field("edr_auth_version", "str", "EdrAuthVersion", "The edition of EDR.", text),
    Field("bind", "bool", "Bind", "Whether the asset is bound to an edition.", flag),
    Field("bind_file_protect_type", "str", "BindFileProtectType", "Whether it is bound to tamper protection, V(block) or V(none).", text),
    Field("free_type", "str", "FreeType", "The kind of free quota that the asset uses.", text),
    Field("post_paid_flag", "int", "PostPaidFlag", "How the edition is paid, V(0) by subscription, V(1) as you go.", number),
)  # fmt: skip

FIELD_NAMES = tuple(field.name for field in FIELDS)


def record_of(row: Row, fields: Iterable[str] | None = None) -> Record:
    """The record of one server, with all fields or only those named."""
    wanted = None if fields is None else set(fields)
    return {
        field.name: field.convert(row.get(field.source)) for field in FIELDS if wanted is None or field.name in wanted
    }


def list_assets(
    client: OpenApiClient,
    query: Mapping[str, Any],
    *,
    limit: int | None = None,
    make: Callable[[Row], Any] = record_of,
) -> tuple[list[Any], int]:
    """The servers that ``query`` (parameters of DescribeCloudCenterInstances) finds, and how many the service counts.

    Pages are asked for by number: those can be read at once, and each tells how many servers there are. They are read as
    carefully as alerts are, so that a server that was there throughout is there once. The reference does not say in which
    order servers are paged: when the pages do not add up to what is counted, all are read once more by NextToken, which goes
    through the whole list but only one page after the other, and without a count.

    ``make`` turns a row into what is kept. ``limit`` keeps the first. Raises ApiError.
    """
    rows, total = _read_page(client, query, 1)
    if total <= len(rows) or (limit is not None and limit <= len(rows)):
        return [make(row) for _place, row in rows[:limit]], total
    size = len(rows)  # what a page holds: the service may give fewer than it is asked for
    kept: dict[str, tuple[int, Any]] = {}

    def keep(placed: list[tuple[int, Row]]) -> None:
        for place, row in placed:
            kept.setdefault(_key(row), (place, make(row)))

    read = partial(_read_page, client, query)
    counted = read_backwards(client, read, (rows, total), keep, limit=limit, size=size)
    if len(kept) < min(counted, counted if limit is None else limit):
        for placed in _by_token(client, query):
            keep(placed)
    in_order = sorted(kept.values(), key=lambda pair: pair[0])
    return [made for _place, made in in_order[:limit]], max(counted, len(kept))


def look_up_assets(
    client: OpenApiClient, uuids: Sequence[str], query: Mapping[str, Any], make: Callable[[Row], Any] = record_of
) -> dict[str, Any]:
    """The servers with ``uuids``, by uuid; one that the service does not know is left out.

    Looked up one by one, or picked from the list of all where that is the cheaper way. ``query`` has no Criteria. Raises
    ApiError.
    """
    wanted = dict.fromkeys(uuids)
    if len(wanted) > 1:
        _rows, total = _read_page(client, query, 1)
        if page_count(total) < len(wanted):
            every, _total = list_assets(client, query, make=lambda row: (text(row.get("Uuid")), row))
            found = {uuid: row for uuid, row in every if uuid in wanted}
            return {uuid: make(found[uuid]) for uuid in wanted if uuid in found}

    def look_up(uuid: str) -> list[Row]:
        criteria = json.dumps([{"name": "uuid", "value": uuid}])
        return list_assets(client, {**query, "Criteria": criteria}, make=lambda row: row)[0]

    answers = client.at_once(look_up, list(wanted))
    # Whether the service matches them exactly is not documented.
    return {uuid: make(row) for uuid, rows in zip(wanted, answers) for row in rows if text(row.get("Uuid")) == uuid}


def _key(row: Row) -> str:
    """What tells a server from others; a cloud service may have no uuid."""
    return str(text(row.get("Uuid")) or text(row.get("InstanceId")) or sorted(map(str, row.items())))


def _read_page(client: OpenApiClient, query: Mapping[str, Any], page: int) -> tuple[list[tuple[int, Row]], int]:
    """The rows of one page, each with its place in the list, and how many there are in all. Raises ApiError."""
    rows, info = _rows(client, {**query, "CurrentPage": page})
    counted = number(info.get("TotalCount")) or 0
    if counted < len(rows) >= _PAGE_SIZE:  # a full page that is not counted may be one of many
        raise no_such_answer(_ACTION, f"count of servers with the {len(rows)} on page {page}")
    total = max(counted, len(rows))
    if total > _MOST_ASSETS or (total and not rows and page == 1):
        raise no_such_answer(_ACTION, f"server on page {page}, and counts {total} of them")
    return [(page * _PAGE_SIZE + place, row) for place, row in enumerate(rows)], total


def _by_token(client: OpenApiClient, query: Mapping[str, Any]) -> Iterable[list[tuple[int, Row]]]:
    token, seen = "", {""}
    while True:
        rows, info = _rows(client, {**query, "UseNextToken": True, "NextToken": token or None})
        yield [(len(seen) * _PAGE_SIZE + place, row) for place, row in enumerate(rows)]
        token = text(info.get("NextToken")) or ""
        if token in seen or len(seen) * _PAGE_SIZE > _MOST_ASSETS:
            return
        seen.add(token)


def _rows(client: OpenApiClient, parameters: Mapping[str, Any]) -> tuple[list[Row], Mapping[str, Any]]:
    answer = client.call(_ACTION, {**parameters, "PageSize": _PAGE_SIZE})
    instances, info = answer.get("Instances"), answer.get("PageInfo")
    rows = rows_of(instances)
    if not isinstance(instances, list) or len(rows) < len(instances) or not isinstance(info, dict):
        raise no_such_answer(_ACTION, "list of servers")
    return rows, info
