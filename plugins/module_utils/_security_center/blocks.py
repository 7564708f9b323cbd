# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Blocked addresses: custom block records with their servers, and the service's own blocks against brute force."""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Iterable

from .._openapi.client import OpenApiClient
from .._openapi.errors import OptionError, no_such_answer
from .._openapi.text import printable
from .alerts import Field, Record, flag, number, rows_of, text
from .changes import NotDone
from .rows import read_counted, read_rows
from .times import iso

DIRECTIONS = ("in", "out")
INVALID, ENABLED, FAILED = 0, 1, 2
# The service calls a rule that is not enabled invalid, and a server on which it is not enabled disabled.
STATUSES = {INVALID: "invalid", ENABLED: "enabled", FAILED: "failed"}
_SERVER_STATUSES = {**STATUSES, INVALID: "disabled"}

_SECONDS_END = 10**11  # in seconds the year 5138, in milliseconds 1973


def _named(value: object, names: dict[int, str]) -> str | None:
    code = number(value)
    return None if code is None else names.get(code, f"status_{code}")


def _status(value: object) -> str | None:
    return _named(value, STATUSES)


def _server_status(value: object) -> str | None:
    return _named(value, _SERVER_STATUSES)


def _milliseconds(value: object) -> int | None:
    """The reference asks for milliseconds, and of its answers says just UNIX timestamp: what can only be seconds is that."""
    stamp = number(value) or None
    return stamp * 1000 if stamp is not None and abs(stamp) < _SECONDS_END else stamp


def _expiry(value: object) -> str | None:
    return iso(_milliseconds(value))


def _usual(given: str) -> str:
    """An address in its usual spelling, one of IPv4 in the clothes of IPv6 as IPv4. Raises ValueError."""
    if "%" in given:
        raise ValueError("an address with a zone is of one link only")
    address = ipaddress.ip_address(given.strip())
    return str(getattr(address, "ipv4_mapped", None) or address)


def is_address(told: object) -> bool:
    """Whether the service's word on an address can be read: an address, or a network."""
    try:
        ipaddress.ip_network(str(told).strip(), strict=False)
    except ValueError:
        return False
    return True


def same_address(told: str, address: str) -> bool:
    try:
        return _usual(told) == address
    except ValueError:
        return False


def _servers(value: object) -> list[str]:
    return sorted({target for target in (text(row.get("Target")) for row in rows_of(value)) if target})


RECORD_FIELDS: tuple[Field, ...] = (
    Field("id", "str", "Id", "The id of the record.", text),
    Field("address", "str", "BlockIp", "The address that is blocked, as the service spells it.", text),
    Field("direction", "str", "Bound", "The direction of the traffic that is blocked, V(in) or V(out).", text),
    Field("status", "str", "Status", "The status by name. V(invalid) is not enabled or has expired, V(enabled) is on its way or there.", _status),
    Field("status_code", "int", "Status", "The status as the service's number.", number),
    Field("expire_time", "str", "BlockExpireDate", "Until when the address is blocked, ISO 8601 in UTC.", _expiry),
    Field("expire_time_stamp", "int", "BlockExpireDate", "The same in milliseconds since 1970.", _milliseconds),
    Field("servers", "list", "TargetList", "The uuids of the servers on which the address is to be blocked.", _servers),
    Field("server_count", "int", "ServerCount", "On how many servers it is to be blocked.", number),
    Field("enable_count", "int", "EnableCount", "On how many servers it is blocked.", number),
    Field("source", "str", "Source", "Where the record comes from, as the service says.", text),
)  # fmt: skip

INSTANCE_FIELDS: tuple[Field, ...] = (
    Field("uuid", "str", "Uuid", "The uuid of the server.", text),
    Field("instance_name", "str", "InstanceName", "The name of the instance.", text),
    Field("status", "str", "Status", "Whether the address is blocked there. V(enabled), V(disabled) or V(failed).", _server_status),
    Field("status_code", "int", "Status", "The status as the service's number.", number),
    Field("error_code", "str", "ErrorCode", "The service's code for what failed.", text),
    Field("block_type", "str", "BlockType", "What blocks it. V(group) is a security group, V(alinet) is the agent on the server.", text),
    Field("ali_net_online", "bool", "AliNetOnline", "Whether that part of the agent is online.", flag),
    Field("internet_ip", "str", "InternetIp", "The server's public address.", text),
    Field("intranet_ip", "str", "IntranetIp", "The server's private address.", text),
    Field("success_info", "str", "SuccessInfo", "What the service says of a block that succeeded.", text),
)  # fmt: skip

BRUTE_FORCE_FIELDS: tuple[Field, ...] = (
    Field("id", "str", "Id", "The id of the record.", text),
    Field("address", "str", "BlockIp", "The address that is blocked, as the service spells it.", text),
    Field("uuid", "str", "Uuid", "The uuid of the server.", text),
    Field("instance_name", "str", "InstanceName", "The name of the instance.", text),
    Field("port", "str", "Port", "The port that was attacked.", text),
    Field("rule_name", "str", "RuleName", "The name of the rule that blocks it.", text),
    Field("source", "str", "Source", "Whose rule it is. V(userRule) is one of your own, V(blinkRule) is the service's.", text),
    Field("status", "str", "Status", "The status by name. V(invalid), V(enabled) or V(failed).", _status),
    Field("status_code", "int", "Status", "The status as the service's number.", number),
    Field("expire_time", "str", "BlockExpireDate", "Until when the address is blocked, ISO 8601 in UTC.", _expiry),
    Field("expire_time_stamp", "int", "BlockExpireDate", "The same in milliseconds since 1970.", _milliseconds),
    Field("block_type", "str", "BlockType", "What blocks it. V(group) is a security group, V(alinet) is the agent on the server.", text),
    Field("error_code", "str", "ErrorCode", "The service's code for what failed.", text),
    Field("ali_net_online", "bool", "AliNetOnline", "Whether that part of the agent is online.", flag),
    Field("internet_ip", "str", "InternetIp", "The server's public address.", text),
    Field("intranet_ip", "str", "IntranetIp", "The server's private address.", text),
)  # fmt: skip


def with_in_force(record: Record) -> Record:
    """``record`` with ``in_force``: whether the address is blocked on every server. What is not told is no."""
    counts = record["enable_count"], record["server_count"]
    everywhere = counts[0] is not None and counts[0] == counts[1] and counts[0] >= len(record["servers"]) > 0
    return {**record, "in_force": everywhere and record["status_code"] == ENABLED}


def is_enabled(brute_force_record: Record) -> bool:
    """Whether a record of the service's own blocks its address; one that does not tell is taken to do so."""
    return brute_force_record["status_code"] not in (INVALID, FAILED)


def address_of(given: str) -> str:
    """``given`` as an IP address in its usual spelling. Raises :class:`OptionError`."""
    given = given.strip()
    with contextlib.suppress(ValueError):
        return _usual(given)
    with contextlib.suppress(ValueError):
        if ipaddress.ip_network(given, strict=False).num_addresses > 1:
            raise OptionError(
                f"address {printable(given)} is a network: records are of one address, give each of its own"
            )
    raise OptionError(
        f"address {printable(given) or 'is empty and'} is not an IP address: give one such as 198.51.100.23"
    )


def read_block_records(
    client: OpenApiClient, address: str | None = None, status_code: int | None = None
) -> list[Record]:
    """The custom block records, all or those of exactly ``address`` or with ``status_code``.

    Raises ApiError, and NotDone when there may be one of ``address`` that could not be read.
    """
    records = _read(client, "DescribeCustomBlockRecords", "RecordList", RECORD_FIELDS, address, status_code)
    return [with_in_force(record) for record in records]


def read_brute_force_records(
    client: OpenApiClient, address: str | None = None, status_code: int | None = None
) -> list[Record]:
    """The service's own blocks, one record a server, port and address, chosen as above. Raises ApiError."""
    return _read(client, "DescribeBruteForceRecords", "MachineList", BRUTE_FORCE_FIELDS, address, status_code)


def read_instances(client: OpenApiClient, record: Record) -> list[Record]:
    """How each server of a custom block record stands. Raises ApiError."""
    chosen = {"BlockIp": record["address"], "Bound": record["direction"]}
    rows = read_rows(client, "DescribeCustomBlockInstances", "InstanceList", chosen, key="Uuid")
    return [{field.name: field.convert(row.get(field.source)) for field in INSTANCE_FIELDS} for row in rows]


def _read(
    client: OpenApiClient, action: str, name: str, fields: Iterable[Field], address: str | None, status: int | None
) -> list[Record]:
    # An IPv6 address has more than one spelling, and the service's own is not known.
    plain = None if address is None or ":" in address else address
    rows, total = read_counted(client, action, name, {"BlockIp": plain, "Status": status})
    records = [{field.name: field.convert(row.get(field.source)) for field in fields} for row in rows]
    if address is not None and not all(is_address(record["address"]) for record in records):
        raise no_such_answer(action, f"address in BlockIp for each entry of {name}")
    # Whether the service's filters match exactly is not documented.
    found = [record for record in records if address is None or same_address(record["address"], address)]
    if address is not None and not found and len(records) < total:
        raise NotDone(
            f"{len(records)} of {total} block records could be read, for the list was changing all the time, and one of "
            f"{address} may be among the others: run the task again"
        )
    return [record for record in found if status is None or record["status_code"] == status]
