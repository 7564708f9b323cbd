# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Custom block records, and the service's own blocks against brute force.

What the reference leaves open is answered the strict way: a record is made disabled, servers that are added to it are
not enabled before it is enabled again, and what is not there, or is not enabled, can't be disabled.
"""

from __future__ import annotations

import ipaddress
from typing import Any

from ..errors import ApiFault, illegal
from ..state import Account, Asset, BlockRecord, BruteForceRecord, State, next_id
from .common import Action, T, page

LARGEST_PAGE = 100


def describe_custom_block_records(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """One page of the account's custom block records."""
    found = [record for record in state.block_records if account.owns(record)]
    return _listing("RecordList", [_record(record) for record in found], parameters)


def create_custom_block_record(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """Make a record, disabled; a second one for an address and direction is refused."""
    _check(state, account, parameters)
    if _found(state, account, parameters) is not None:
        raise ApiFault(400, "RuleRecordIsExists", "The rule record already exists.")
    new_id = next_id(state.block_records, 700001)
    address, bound = parameters["BlockIp"], parameters["Bound"]
    uuids = parameters["Uuids"].split(",")
    record = BlockRecord(new_id, account.id, address, parameters["ExpireTime"], bound, uuids, plane=account.plane)
    state.block_records.append(record)
    state.revision += 1
    return {}


def modify_custom_block_record(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """Give a record other servers and another expiry; it is not enabled on those that it did not have."""
    _check(state, account, parameters)
    record = _required(state, account, parameters)
    record.uuids, record.expire_ms = parameters["Uuids"].split(","), parameters["ExpireTime"]
    record.enabled_uuids = [uuid for uuid in record.enabled_uuids if uuid in record.uuids]
    record.errors = {uuid: code for uuid, code in record.errors.items() if uuid in record.uuids}
    state.revision += 1
    return {}


def enable_custom_block_record(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """Enable a record on all of its servers, which takes its time."""
    record = _required(state, account, parameters)
    if record.expire_ms <= state.clock.now_ms():
        raise illegal("The rule record has expired.")
    record.errors = {}
    _turn(state, record, enabled=True)
    return {}


def disable_custom_block_record(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """Disable a record on all of its servers, which takes its time."""
    record = _required(state, account, parameters)
    if not record.enabled:
        raise illegal("The rule record is not enabled.")
    _turn(state, record, enabled=False)
    return {}


def delete_custom_block_record(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """Remove the record with this id."""
    for record in state.block_records:
        if account.owns(record) and record.id == parameters["Id"]:
            state.block_records.remove(record)
            state.revision += 1
            return {}
    raise illegal("Id does not exist.")


def describe_custom_block_instances(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """One page of the servers of the custom block records."""
    rows = [
        _instance(record, uuid, state.asset(uuid))
        for record in state.block_records
        if account.owns(record) and parameters.get("Bound", record.bound) == record.bound
        for uuid in record.uuids
    ]
    answer = _listing("InstanceList", rows, parameters)
    answer["InstanceList"] = [{k: v for k, v in row.items() if k != "BlockIp"} for row in answer["InstanceList"]]
    return answer


def describe_brute_force_records(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """One page of the service's own blocks."""
    assets = {record.id: state.asset(record.uuid) for record in state.brute_force_records}
    wanted = parameters.get("InstanceId")
    rows = [
        _own(record, assets[record.id])
        for record in state.brute_force_records
        if account.owns(record) and (not wanted or getattr(assets[record.id], "instance_id", "") == wanted)
    ]
    remark = parameters.get("Remark", "")
    rows = [row for row in rows if remark in f"{row['InstanceName']} {row['InternetIp']} {row['IntranetIp']}"]
    return _listing("MachineList", rows, parameters)


def disable_brute_force_record(state: State, account: Account, parameters: dict[str, Any]) -> dict[str, Any]:
    """Lift one block of the service's own."""
    if parameters.get("Bound", "in") != "in":
        raise illegal("Bound must be in.")
    for record in state.brute_force_records:
        if (
            account.owns(record)
            and (record.block_ip, record.uuid) == (parameters["BlockIp"], parameters["Uuid"])
            and record.id == parameters.get("Id", record.id)
            and record.port == parameters.get("Port", record.port)
            and record.enabled
        ):
            record.enabled = False
            state.revision += 1
            return {}
    raise illegal("No such rule record is enabled.")


def _check(state: State, account: Account, parameters: dict[str, Any]) -> None:
    try:
        ipaddress.ip_address(parameters["BlockIp"])
    except ValueError:
        raise illegal("BlockIp must be an IP address.") from None
    if parameters["Bound"] not in ("in", "out"):
        raise illegal("Bound must be in or out.")
    if parameters["ExpireTime"] <= state.clock.now_ms():
        raise illegal("ExpireTime must be a time in the future, in milliseconds.")
    uuids = parameters["Uuids"].split(",")
    assets = [state.asset(uuid) for uuid in uuids]
    if len(set(uuids)) < len(uuids) or any(asset is None or not account.owns(asset) for asset in assets):
        raise illegal("Uuids must be servers of the account, each once.")


def _found(state: State, account: Account, parameters: dict[str, Any]) -> BlockRecord | None:
    wanted = (parameters["BlockIp"], parameters["Bound"])
    for record in state.block_records:
        if account.owns(record) and (record.block_ip, record.bound) == wanted:
            return record
    return None


def _required(state: State, account: Account, parameters: dict[str, Any]) -> BlockRecord:
    record = _found(state, account, parameters)
    if record is None:
        raise illegal("The rule record does not exist.")
    return record


def _turn(state: State, record: BlockRecord, *, enabled: bool) -> None:
    record.enabled = enabled
    record.ends_ms = state.clock.now_ms() + int(state.settings.task_seconds * 1000)
    state.revision += 1


def _listing(name: str, rows: list[dict[str, Any]], parameters: dict[str, Any]) -> dict[str, Any]:
    met = [row for row in rows if all(parameters.get(key, row[key]) == row[key] for key in ("BlockIp", "Status"))]
    shown, number, size = page(met, parameters.get("CurrentPage", 1), parameters.get("PageSize", 20), LARGEST_PAGE)
    return {name: shown, "PageInfo": _page_info(shown, met, number, size)}


def _page_info(shown: list[T], met: list[T], number: int, size: int) -> dict[str, int]:
    return {"Count": len(shown), "CurrentPage": number, "PageSize": size, "TotalCount": len(met)}


def _record(record: BlockRecord) -> dict[str, Any]:
    return {
        "Id": record.id,
        "BlockIp": record.block_ip,
        "Bound": record.bound,
        "BlockExpireDate": record.expire_ms,
        "Status": record.status,
        "ServerCount": len(record.uuids),
        "EnableCount": len(record.enabled_uuids),
        "Source": record.source,
        "TargetList": [{"Target": uuid, "TargetType": "uuid"} for uuid in record.uuids],
    }


def _server(uuid: str, asset: Asset | None) -> dict[str, Any]:
    return {
        "Uuid": uuid,
        "InstanceName": asset.name if asset else "",
        "InternetIp": asset.internet_ip if asset else "",
        "IntranetIp": asset.intranet_ip if asset else "",
        "AliNetOnline": asset is not None and asset.client_status == "online",
        "BlockType": "alinet",
    }


def _instance(record: BlockRecord, uuid: str, asset: Asset | None) -> dict[str, Any]:
    status = 1 if uuid in record.enabled_uuids else 2 if uuid in record.errors else 0
    told = {"Status": status, "ErrorCode": record.errors.get(uuid, ""), "SuccessInfo": ""}
    return {**_server(uuid, asset), **told, "BlockIp": record.block_ip}


def _own(record: BruteForceRecord, asset: Asset | None) -> dict[str, Any]:
    return {
        **_server(record.uuid, asset),
        "Id": record.id,
        "BlockIp": record.block_ip,
        "BlockExpireDate": record.expire_ms,
        "Port": record.port,
        "RuleName": record.rule_name,
        "Source": record.source,
        "Status": 0 if not record.enabled else 2 if record.error_code else 1,
        "ErrorCode": record.error_code,
    }


ACTIONS: dict[str, Action] = {
    "DescribeCustomBlockRecords": describe_custom_block_records,
    "CreateCustomBlockRecord": create_custom_block_record,
    "ModifyCustomBlockRecord": modify_custom_block_record,
    "EnableCustomBlockRecord": enable_custom_block_record,
    "DisableCustomBlockRecord": disable_custom_block_record,
    "DeleteCustomBlockRecord": delete_custom_block_record,
    "DescribeCustomBlockInstances": describe_custom_block_instances,
    "DescribeBruteForceRecords": describe_brute_force_records,
    "DisableBruteForceRecord": disable_brute_force_record,
}
