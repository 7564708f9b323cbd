# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What asset_info does: search conditions in, records of servers out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from .._openapi.client import OpenApiClient
from .._openapi.errors import OptionError
from .._openapi.text import printable
from .alerts import Record
from .asset_listing import FIELD_NAMES, IMPORTANCES, list_assets, look_up_assets, record_of
from .everywhere import Part, Reader, missing, place_of, read_everywhere, told_places
from .members import accounts_of, checked_accounts
from .report import Report
from .request import account_id, sendable, wanted_fields
from .sessions import Plane

MACHINE_TYPES = ("ecs", "cloud_product", "eci", "rund", "runc")


def run(planes: Sequence[Plane], options: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Options of asset_info in; ``assets``, counts and ``accounts`` out. Raises SecurityCenterError."""
    query = asset_query(options)
    limit = options.get("limit")
    if limit is not None and limit < 1:
        raise OptionError(f"limit {limit} is not a count: give a whole number from 1")
    uuids = _uuids(options)
    accounts = _accounts(options)
    make = partial(record_of, fields=wanted_fields(options.get("fields"), FIELD_NAMES))
    unfound = set(uuids or ())

    def each(client: OpenApiClient, account: str | None) -> tuple[list[Record], int]:
        whose = query if account is None else {**query, "ResourceDirectoryAccountId": account}
        if uuids is None:
            return list_assets(client, whose, limit=limit, make=make)
        found = look_up_assets(client, uuids, whose, make)
        unfound.difference_update(found)
        return list(found.values()), len(found)

    def meant(client: OpenApiClient) -> Sequence[str | None]:
        return [query.get("ResourceDirectoryAccountId")] if accounts is None else accounts_of(client, accounts)

    parts = sorted(read_everywhere(planes, Reader(meant, each)), key=_in_order)
    missing(parts, report.warn)
    whole = not any(part.error for part in parts)  # else it may be where nobody could look
    for uuid in uuids or ():
        if whole and uuid in unfound:
            report.warn(f"no server with the uuid {printable(uuid)} is found: check it, region_id and the account")
    assets = [{**record, **place_of(part, options)} for part in parts for record in part.records]
    told: dict[str, Any] = {
        "changed": False,
        "assets": assets[:limit],
        "total_count": sum(part.total for part in parts),
    }
    return {**told, **told_places(parts, options)}


def asset_query(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options as parameters of DescribeCloudCenterInstances. Raises :class:`OptionError`."""
    criteria = options.get("criteria")
    if criteria is not None and not criteria:
        raise OptionError("criteria is empty: give at least one name and value, or remove it")
    if options.get("logical_exp") and not criteria:
        raise OptionError(
            f"logical_exp {options['logical_exp']} joins criteria, and there are none: give criteria, or remove it"
        )
    for one in criteria or ():
        for part in ("name", "value"):
            sendable(f"criteria.{part}", one[part])
    sendable("asset_region_id", options.get("asset_region_id"))
    for one in options.get("flags") or ():
        if not (one.isascii() and one.isdigit()):
            raise OptionError(f"flags has the entry {printable(one)}: give the numbers of providers, such as 0 and 2")
    query = {
        "Criteria": json.dumps([{"name": one["name"], "value": one["value"]} for one in criteria])
        if criteria
        else None,
        "LogicalExp": options.get("logical_exp"),
        "Importance": IMPORTANCES[options["importance"]] if options.get("importance") else None,
        "MachineTypes": options.get("machine_types"),
        "Flags": ",".join(options.get("flags") or ()) or None,
        "NoGroupTrace": options.get("no_group_trace"),
        "RegionId": options.get("asset_region_id"),
        "Lang": options.get("lang"),
        "ResourceDirectoryAccountId": account_id(
            "resource_directory_account_id", options.get("resource_directory_account_id")
        ),
    }
    return {name: value for name, value in query.items() if value is not None}


def _uuids(options: Mapping[str, Any]) -> list[str] | None:
    """The option uuids, each once. Raises :class:`OptionError`, also for options that say otherwise."""
    uuids = options.get("uuids")
    if uuids is None:
        return None
    if not uuids or not all(one.strip() for one in uuids):
        raise OptionError(f"uuids {'has an entry of no text' if uuids else 'is empty'}: give the uuids of servers")
    for name in ("criteria", "limit"):
        if options.get(name) is not None:
            raise OptionError(f"{name} does not go with uuids, which names the servers: remove one of them")
    for one in uuids:
        sendable("uuids", one)
    return list(dict.fromkeys(one.strip() for one in uuids))


def _accounts(options: Mapping[str, Any]) -> list[str] | None:
    """The option accounts. Raises :class:`OptionError`, also for the option that says otherwise."""
    if options.get("accounts") is None:
        return None
    if options.get("resource_directory_account_id") is not None:
        raise OptionError(
            "resource_directory_account_id does not go with accounts, which says whose servers are listed: remove one of them"
        )
    return checked_accounts(options["accounts"])


def _in_order(part: Part) -> tuple[str, str]:
    return part.account or "", part.plane or ""
