# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The account's servers, as far as a guard rail has to know them (DescribeCloudCenterInstances)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .._openapi.client import OpenApiClient
from .._openapi.errors import no_such_answer
from .alerts import Record, addresses, rows_of, text, texts

_ACTION = "DescribeCloudCenterInstances"
_PAGE_SIZE = 100
_MOST_PAGES = 10  # of the servers with one uuid or address


def asset_of(row: Mapping[str, Any]) -> Record:
    """The record of one server: uuid, instance id, name, addresses, groups, tags, cluster, namespace."""
    return {
        "uuid": text(row.get("Uuid")),
        "instance_id": text(row.get("InstanceId")),
        "instance_name": text(row.get("InstanceName")),
        "addresses": addresses(
            f"{row.get('InternetIp') or ''},{row.get('IntranetIp') or ''},{row.get('IpListString') or ''}"
        ),
        "groups": [part for part in (text(row.get("GroupId")), text(row.get("GroupTrace"))) if part] or None,
        "tags": _words(row.get("Tag")),
        "cluster_id": text(row.get("ClusterId")),
        "cluster_name": text(row.get("ClusterName")),
        "namespace": text(row.get("Namespace")),
    }


def _words(value: object) -> list[str] | None:
    """The words of a list or of a comma-separated text; None when they can't be read."""
    readable = value in (None, "") or isinstance(value, str) or (isinstance(value, list) and all(map(text, value)))
    return texts(value) if readable else None


def find_assets(client: OpenApiClient, uuids: Iterable[str], account: str | None) -> dict[str, Record]:
    """The servers with ``uuids``, by uuid; one that the service does not know is left out. Raises ApiError."""
    wanted = list(dict.fromkeys(uuids))
    found = client.at_once(lambda uuid: _search(client, [("uuid", uuid)], account), wanted)
    return {uuid: asset for uuid, assets in zip(wanted, found) for asset in assets if asset["uuid"] == uuid}


def owns_address(client: OpenApiClient, address: str, account: str | None) -> bool | None:
    """Whether one of the account's servers has ``address``; None when a server was found and its addresses are not told.

    Raises ApiError.
    """
    candidates = _search(client, [("internetIp", address), ("intranetIp", address)], account)
    if any(address in asset["addresses"] for asset in candidates):
        return True
    return False if all(asset["addresses"] for asset in candidates) else None


def _search(client: OpenApiClient, criteria: list[tuple[str, str]], account: str | None) -> list[Record]:
    """All servers that the criteria find: whether the service matches them exactly is not documented."""
    criteria_text = json.dumps([{"name": name, "value": value} for name, value in criteria])
    found: list[Record] = []
    for page in range(1, _MOST_PAGES + 1):
        parameters = {"Criteria": criteria_text, "LogicalExp": "OR", "CurrentPage": page, "PageSize": _PAGE_SIZE}
        answer = client.call(_ACTION, {**parameters, "ResourceDirectoryAccountId": account})
        rows = rows_of(answer.get("Instances"))
        if not isinstance(answer.get("Instances"), list) or len(rows) < len(answer["Instances"]):
            raise no_such_answer(_ACTION, "list of servers")
        found += map(asset_of, rows)
        if len(rows) < _PAGE_SIZE:
            return found
    raise no_such_answer(_ACTION, f"end: more than {len(found)} servers have the {criteria[0][0]} {criteria[0][1]}")
