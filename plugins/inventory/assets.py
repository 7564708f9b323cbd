# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: assets
short_description: Servers with open alerts of Alibaba Cloud Security Center as hosts
version_added: "0.1.0"
author:
  - alicloud.security_center contributors (@alicloud-security-center)
description:
  - Makes a host of each server that has open alerts now, or of all servers, with its alerts as variables.
  - Each host is in the group C(security_center_assets) and in groups by O(group_by).
  - Names of hosts and groups are made of letters, digits and C(._-) of ASCII, whatever a server is called. Servers that share a
    name, or whose name something else in the inventory has already, bear their uuid with it.
  - Values of the service are never templates. Treat them as what an attacker wrote all the same.
  - The file's name ends in C(security_center_assets.yml) or C(security_center_assets.yaml).
notes:
  - The variables of a host are C(uuid), C(instance_id), C(instance_name), C(internet_ip), C(intranet_ip), C(ip_list), C(region_id),
    C(os), C(os_name), C(status), C(client_status), C(importance), C(group_id), C(group_trace), C(tag), C(vpc_instance_id),
    C(cluster_id), C(cluster_name) and C(vendor_name), as M(alicloud.security_center.asset_info) returns them.
  - C(resource_directory_account_id) and C(data_plane) say where the server is, as the modules' options want it. An account of null
    is the caller's own, a data plane of null that of the O(endpoint).
  - C(security_events) is a list of the newest 100 alerts, each with C(id), C(security_event_ids), C(name), C(alarm_event_name),
    C(alarm_event_type), C(level), C(last_time), C(can_be_deal_on_line) and C(attacker_addresses), as
    M(alicloud.security_center.security_event_info) returns them. C(security_events_left_out) counts those beyond.
  - C(security_event_ids) are the ids of these, for M(alicloud.security_center.handle_security_events).
    C(security_event_count), C(security_event_counts) by level and C(security_event_last_time) count all alerts that were asked for,
    C(security_event_names) are the names of those in the list.
  - C(ansible_host) is an address, or C(no-address.invalid), which leads nowhere, when the service tells none that can be connected
    to. Addresses that mean whoever uses them, such as C(127.0.0.1) and C(169.254.169.254), are not taken.
  - A server that has alerts, and that the service does not list any more, is a host without an address. The alerts tell one, in
    C(internet_ip) and C(intranet_ip), which may be another server's by now.
  - Alerts that belong to no server, such as those of cloud services, are left out.
extends_documentation_fragment:
  - alicloud.security_center.connection_plugin
  - alicloud.security_center.planes
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [alicloud.security_center.assets]
  with_alerts:
    description:
      - Whether only servers are taken that have open alerts as asked for by O(levels), O(event_names), O(parent_event_types) and
        O(time_start). V(false) takes all servers, with the same alerts as variables.
    type: bool
    default: true
  levels:
    description:
      - The levels of the alerts.
    type: list
    elements: str
    choices: [serious, suspicious, remind]
    default: [serious, suspicious]
  event_names:
    description: The names of the alerts.
    type: list
    elements: str
  parent_event_types:
    description: The types of the alerts.
    type: list
    elements: str
  time_start:
    description: Only alerts that occurred since, ISO 8601 with a zone, or a duration before now such as V(24h).
    type: str
  uuids:
    description: The uuids of the servers to take. One that no server has is warned of.
    type: list
    elements: str
  criteria:
    description:
      - Conditions that the servers have to meet, each with a C(name) and a C(value), as DescribeCloudCenterInstances takes them,
        such as the name V(groupName). Not together with O(uuids).
    type: list
    elements: dict
  logical_exp:
    description: Whether all O(criteria) have to be met or any of them, which is also what the service does when it is not given.
    type: str
    choices: [AND, OR]
  accounts:
    description:
      - The accounts whose servers are taken, V(all) for the caller's own and all member accounts, or ids of member accounts. The
        caller's own when it is not given.
      - An account or data plane that can't be read is warned of, beside the servers of the others.
    type: list
    elements: str
  hostnames:
    description: What a host is named after, the first of these that makes a name. The uuid is always the last resort.
    type: list
    elements: str
    choices: [instance_name, instance_id, uuid, internet_ip, intranet_ip]
    default: [instance_name, instance_id]
  connect_with:
    description: Which address is C(ansible_host), the first of these that a server has.
    type: list
    elements: str
    choices: [internet_ip, intranet_ip]
    default: [internet_ip, intranet_ip]
  group_by:
    description:
      - The groups that are made, such as C(level_serious), C(region_cn_hangzhou), C(os_linux), C(asset_group_web),
        C(account_1234567890123456) or C(account_own) (with O(accounts) only) and C(data_plane_china). An empty list makes none.
      - An asset group whose name has characters outside ASCII bears its id as well, such as C(asset_group_web_14) or
        C(asset_group_14), so that it is not taken for another.
    type: list
    elements: str
    choices: [level, region, os, asset_group, account, data_plane]
    default: [level, region, os, asset_group, account, data_plane]
seealso:
  - module: alicloud.security_center.asset_info
  - module: alicloud.security_center.security_event_info
  - ref: ansible_collections.alicloud.security_center.docsite.guide_under_attack
    description: The servers under attack.
"""

EXAMPLES = r"""
# The file security_center_assets.yml: the servers with open alerts that are urgent or suspicious
plugin: alicloud.security_center.assets
region_id: cn-shanghai

---
# Only urgent alerts of the last day, on both data planes and in all accounts. Connected to inside the VPC.
plugin: alicloud.security_center.assets
data_planes: both
accounts: [all]
levels: [serious]
time_start: 24h
connect_with: [intranet_ip]

---
# All servers of an asset group, kept for ten minutes, grouped by their importance as well.
plugin: alicloud.security_center.assets
region_id: cn-shanghai
with_alerts: false
criteria:
  - name: groupName
    value: web
keyed_groups:
  - key: importance
    prefix: importance
compose:
  under_attack: security_event_count > 0
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/security-center
cache_timeout: 600
"""

from collections.abc import Iterable, Mapping
from typing import Any, Callable

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.secrets import Hidden
from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.text import printable
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.attacked import (
    is_answer,
    read_attacked,
    servers_of,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.safe_names import host_name
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.service import PLANES
from ansible_collections.alicloud.security_center.plugins.plugin_utils.inventory import Host, SecurityCenterInventory


class InventoryModule(SecurityCenterInventory):
    """Servers as hosts."""

    NAME = "alicloud.security_center.assets"
    FILE = "security_center_assets"
    READ_BY = (
        *SecurityCenterInventory.READ_BY,
        *("accounts", "criteria", "data_plane_endpoints", "event_names", "levels", "logical_exp", "parent_event_types"),
        *("time_start", "uuids", "with_alerts"),
    )

    def read(self, options: Mapping[str, Any], hidden: Hidden) -> Any:
        if options["uuids"] and options["criteria"]:
            raise OptionError("criteria does not go with uuids, which names the servers: remove one of them")
        for plane in options["data_plane_endpoints"] or ():
            if plane not in PLANES:
                raise OptionError(
                    f"data_plane_endpoints names {printable(plane)}, which is no data plane: give {' or '.join(PLANES)}"
                )
        return read_attacked(self.planes(options, hidden), options)

    def fits(self, kept: Any) -> bool:
        return is_answer(kept)

    def hosts(self, answer: Any, options: Mapping[str, Any]) -> Iterable[Host]:
        for sentence in answer["missing"]:
            self.warn(sentence)
        return servers_of(answer, options, self._taken(options))

    def _taken(self, options: Mapping[str, Any]) -> Callable[[str, str], bool]:
        to_come = self.names_to_come(options)
        hosts = {name.casefold(): host for name, host in self.inventory.hosts.items()}
        groups = {name.casefold() for name in self.inventory.groups}

        def taken(name: str, uuid: str) -> bool:
            other = hosts.get(name.casefold())
            if name.casefold() in groups or (other is not None and other.vars.get("uuid") != uuid):
                return True
            return to_come(name) and host_name(uuid) not in name

        return taken
