# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The servers that have open alerts, with these: read from the service, and as hosts."""

from __future__ import annotations

import ipaddress
import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Callable, NamedTuple

from .._openapi.client import OpenApiClient
from .._openapi.errors import ApiError, OptionError
from .._openapi.text import clean, every_text, printable
from . import alerts, asset_listing
from .alerts import Record, Row
from .alerts_everywhere import alerts_reader
from .asset_info import asset_query
from .asset_listing import list_assets, look_up_assets
from .event_info import event_query, warn_of_unknown_types
from .everywhere import Part, Reader, read_everywhere
from .members import accounts_of, checked_accounts
from .report import Report
from .safe_names import group_of, host_name, told_apart
from .sessions import Plane

GROUP = "security_center_assets"
GROUPS_BY = ("level", "region", "os", "asset_group", "account", "data_plane")
# What an alert says of its server, for one that is not in the list of servers.
_OF_BOTH = ("uuid", "instance_id", "instance_name", "internet_ip", "intranet_ip")
SERVER_FIELDS = (
    *_OF_BOTH, "ip_list", "region_id", "os", "os_name", "status", "client_status", "importance", "group_id", "group_trace",
    "tag", "vpc_instance_id", "cluster_id", "cluster_name", "vendor_name",
)  # fmt: skip
EVENT_FIELDS = (
    "id", "security_event_ids", "name", "alarm_event_name", "alarm_event_type", "level", "last_time",
    "can_be_deal_on_line", "attacker_addresses",
)  # fmt: skip
MOST_EVENTS = 100  # on one host
# Reserved so that no name server ever knows it (RFC 2606): without ansible_host Ansible would connect to the host's name.
NOWHERE = "no-address.invalid"
_OPEN_ALERTS = json.dumps([{"name": "alarmStatus", "value": "YES"}])


class Server(NamedTuple):
    """A server as Ansible has it."""

    name: str
    variables: Record
    groups: list[str]


def read_attacked(planes: Sequence[Plane], options: Mapping[str, Any]) -> Record:
    """What the service tells of servers and their open alerts: ``places``, and sentences about those that are ``missing``.

    ``options`` are those of the inventory assets. Alerts and servers are read at the same time: the service counts the calls
    of each action by themselves. Raises ApiError when nothing can be read, and OptionError.
    """
    query = event_query({**_alert_options(options), "dealed": False}, time.time())
    servers_query = asset_query(_server_options(options))
    accounts = None if options["accounts"] is None else checked_accounts(options["accounts"])
    event_reader = alerts_reader(query, accounts, None, _event)
    server_reader = Reader(
        lambda client: [None] if accounts is None else accounts_of(client, accounts),
        lambda client, account: _servers(client, _whose(servers_query, account), options),
    )
    events, servers = planes[0].client.at_once(
        lambda reader: list(read_everywhere(planes, reader)), [event_reader, server_reader]
    )
    answer = _joined({plane.name: plane.client for plane in planes}, events, servers, servers_query, options)
    answer["missing"] += _unknown_types(planes, query, options)
    return answer


def _unknown_types(planes: Sequence[Plane], query: Mapping[str, Any], options: Mapping[str, Any]) -> list[str]:
    """Sentences about types that the service does not know, of which it finds no alerts. None where it may not be asked."""
    told: list[str] = []
    for plane in planes if options["parent_event_types"] else ():
        with suppress(ApiError):
            report = Report(False, False, {}, told.append)
            warn_of_unknown_types(plane.client, "parent_event_types", options["parent_event_types"], query, report)
    return list(dict.fromkeys(told))


def _alert_options(options: Mapping[str, Any]) -> Record:
    names = ("levels", "event_names", "parent_event_types", "uuids", "time_start")
    for name in names:
        if options[name] is not None and not options[name]:
            raise OptionError(f"{name} is empty, which would choose nothing: give at least one, or remove it")
    return {name: options[name] for name in names}


def _server_options(options: Mapping[str, Any]) -> Record:
    criteria = options["criteria"]
    for one in criteria or ():
        if not isinstance(one, dict) or one.keys() != {"name", "value"}:
            raise OptionError(
                "criteria has an entry that is no condition: give each a name and a value, and nothing else"
            )
    texts = [{key: str(value) for key, value in one.items()} for one in criteria or ()]
    given = None if criteria is None else texts
    return {"criteria": given, "logical_exp": options["logical_exp"], "machine_types": "ecs"}


def _whose(query: Mapping[str, Any], account: str | None) -> Record:
    return dict(query) if account is None else {**query, "ResourceDirectoryAccountId": account}


def _record(row: Row) -> Record:
    # In the threads that read, which mostly wait; for the same reason the texts are made safe here.
    record: Record = every_text(clean, asset_listing.record_of(row, SERVER_FIELDS))
    return record


def _event(row: Row) -> Record:
    record: Record = every_text(clean, alerts.record_of(row, {*EVENT_FIELDS, *_OF_BOTH}))
    return record


def _servers(client: OpenApiClient, query: Record, options: Mapping[str, Any]) -> tuple[list[Record], int]:
    """The servers of one account, as far as they are known to be wanted before the alerts are there."""
    if options["criteria"] or not (options["with_alerts"] or options["uuids"]):
        return list_assets(client, query, make=_record)
    if options["uuids"]:
        found = list(look_up_assets(client, list(map(str, options["uuids"])), query, _record).values())
        return found, len(found)
    try:
        return list_assets(client, {**query, "Criteria": _OPEN_ALERTS}, make=_record)
    except ApiError as error:
        if error.code != "IllegalParam":
            raise
        return [], 0  # the reference does not list the criteria: those with alerts are looked up


def _joined(
    clients: Mapping[str | None, OpenApiClient],
    events: Sequence[Part],
    servers: Sequence[Part],
    query: Mapping[str, Any],
    options: Mapping[str, Any],
) -> Record:
    """The alerts and servers of each place where both could be read."""
    failed = {(part.plane, part.account, part.whole): part for part in (*servers, *events) if part.error}
    listed = {(part.plane, part.account): part.records for part in servers if not part.error}
    places: list[Record] = []
    for part in events:
        known = listed.get((part.plane, part.account))
        if part.error or known is None:
            continue
        events_of_it = [alert for _key, alert in part.records]
        try:
            unknown = [] if options["criteria"] else _unknown(events_of_it, known)
            found = look_up_assets(clients[part.plane], unknown, _whose(query, part.account), _record)
        except ApiError as error:
            failed[part.plane, part.account, False] = part._replace(error=error)
            continue
        place = {"data_plane": part.plane, "account": part.account, "alerts": events_of_it}
        places.append({**place, "servers": [*known, *found.values()]})
    for part in failed.values():
        if part.error and not places:
            raise part.error
    sentences = [part.sentence() for part in failed.values()]
    if not failed:
        met = {one["uuid"] for place in places for one in (*place["servers"], *place["alerts"])}
        sentences += [
            f"no server with the uuid {printable(uuid)} is found: check it, region_id and the account"
            for uuid in dict.fromkeys(map(str, options["uuids"] or ()))
            if uuid not in met
        ]
    return {"places": places, "missing": sentences}


def _unknown(events: Sequence[Record], servers: Sequence[Record]) -> list[str]:
    """The uuids of ``events`` that no one of ``servers`` has, each once."""
    known = {server["uuid"] for server in servers}
    return list(dict.fromkeys(event["uuid"] for event in events if event["uuid"] and event["uuid"] not in known))


def is_answer(kept: Any) -> bool:
    """Whether this is what :func:`read_attacked` told, with all that it tells."""
    try:
        return all(isinstance(one, str) for one in kept["missing"]) and all(
            {"data_plane", "account"} <= place.keys()
            and all({*EVENT_FIELDS, *_OF_BOTH} <= alert.keys() for alert in place["alerts"])
            and all(server.keys() >= {*SERVER_FIELDS} for server in place["servers"])
            for place in kept["places"]
        )
    except (AttributeError, KeyError, TypeError):
        return False


def servers_of(answer: Record, options: Mapping[str, Any], taken: Callable[[str, str], bool]) -> list[Server]:
    """The hosts that ``answer`` (of :func:`read_attacked`) stands for, in the order of accounts, data planes and uuids.

    ``taken`` tells of a name and a server's uuid whether something else in the inventory has that name.
    """
    found = [
        (_variables(server, place, events, options), _groups(server, place, events, options), server)
        for place in sorted(answer["places"], key=lambda one: (one["account"] or "", one["data_plane"] or ""))
        for server, events in _with_alerts(place, options)
    ]
    groups = {GROUP, *(group for _variables, groups, _server in found for group in groups)}
    wanted = [(_name(server, options), server["uuid"]) for _variables, _groups, server in found]
    names = told_apart(wanted, lambda name, uuid: name in groups or taken(name, uuid))
    return [Server(name, variables, groups) for name, (variables, groups, _server) in zip(names, found)]


def _with_alerts(place: Record, options: Mapping[str, Any]) -> Iterator[tuple[Record, list[Record]]]:
    """The servers of one account on one data plane, each with its alerts, newest first."""
    events: dict[str, list[Record]] = {}
    for event in place["alerts"]:
        if event["uuid"]:
            events.setdefault(event["uuid"], []).append(event)
    servers = {server["uuid"]: server for server in place["servers"] if server["uuid"]}
    if not options["criteria"]:
        for uuid in events.keys() - servers.keys():
            told = events[uuid][0]
            of_alert = {name: told[name] for name in _OF_BOTH}
            servers[uuid] = {**dict.fromkeys(SERVER_FIELDS), "ip_list": [], **of_alert, "unlisted": True}
    for uuid in sorted(servers):
        if uuid in events or not options["with_alerts"]:
            yield servers[uuid], events.get(uuid, [])


def _name(server: Record, options: Mapping[str, Any]) -> str:
    names = (host_name(server[source] or "") for source in options["hostnames"])
    return next(filter(None, names), "") or f"server_{host_name(server['uuid'])}"


def _variables(server: Record, place: Record, events: Sequence[Record], options: Mapping[str, Any]) -> Record:
    shown = [{name: event[name] for name in EVENT_FIELDS} for event in events[:MOST_EVENTS]]
    return {
        **{name: server[name] for name in SERVER_FIELDS},
        "ansible_host": _address(server, options),
        "resource_directory_account_id": place["account"],
        "data_plane": place["data_plane"],
        "security_events": shown,
        "security_event_ids": [event["id"] for event in shown],
        "security_events_left_out": len(events) - len(shown),
        "security_event_count": len(events),
        "security_event_counts": dict(Counter(event["level"] or "unknown" for event in events)),
        "security_event_names": sorted({event["name"] for event in shown if event["name"]}),
        "security_event_last_time": max((event["last_time"] or "" for event in events), default="") or None,
    }


def _address(server: Record, options: Mapping[str, Any]) -> str:
    if server.get("unlisted"):
        return NOWHERE  # released, as far as is known: its addresses may be those of another server by now
    return next(filter(None, (_connectable(server[source]) for source in options["connect_with"])), NOWHERE)


def _connectable(text: object) -> str | None:
    """The address of another machine in ``text``, or None: a server must not lead Ansible to the controller."""
    try:
        address = ipaddress.ip_address(str(text))
    except ValueError:
        return None
    address = getattr(address, "ipv4_mapped", None) or address
    special = address.is_loopback or address.is_unspecified or address.is_multicast or address.is_link_local
    return None if special or "%" in str(address) else str(address)


def _groups(server: Record, place: Record, events: Sequence[Record], options: Mapping[str, Any]) -> list[str]:
    by = {
        "level": [group_of("level", level) for level in sorted({str(event["level"]) for event in events})],
        "region": [group_of("region", server["region_id"])],
        "os": [group_of("os", server["os"])],
        "asset_group": [group_of("asset_group", server["group_trace"], _text(server["group_id"]))],
        "account": [group_of("account", place["account"] or "own")] if options["accounts"] else [],
        "data_plane": [group_of("data_plane", place["data_plane"])],
    }
    return [GROUP, *(group for name in options["group_by"] for group in by[name] if group)]


def _text(value: object) -> str | None:
    return None if value is None else str(value)
