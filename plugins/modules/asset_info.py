#!/usr/bin/python
# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: asset_info
version_added: 0.1.0
author:
  - alicloud.security_center contributors (@alicloud-security-center)
short_description: List the servers that Alibaba Cloud Security Center protects
description:
  - Lists servers and other assets with every search condition that the service has, of one account or many, on one data
    plane or both.
  - The list moves while it is read. A server that was there throughout is in the result exactly once. Only servers that enter
    and leave in equal number between two pages can't be told.
  - Names and tags come from whoever can set them on a server. They are data, never to be put into a template or a command.
  - The API call is C(DescribeCloudCenterInstances).
extends_documentation_fragment:
  - alicloud.security_center.connection
  - alicloud.security_center.member
  - alicloud.security_center.planes
  - alicloud.security_center.attributes
  - alicloud.security_center.attributes.info
options:
  uuids:
    description:
      - Only the servers with these uuids. One that does not exist is told in a warning.
      - Does not go with O(criteria) and O(limit).
    type: list
    elements: str
    aliases: [uuid]
  criteria:
    description:
      - Search conditions. The service's C(DescribeCriteria) tells which names there are.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - What to compare, in the service's spelling, such as V(instanceId), V(instanceName), V(internetIp),
            V(intranetIp), V(groupId), V(regionId), V(vpcInstanceId) or V(clientStatus).
        type: str
        required: true
      value:
        description: What it is to be.
        type: str
        required: true
  logical_exp:
    description: Whether any of O(criteria) is enough (V(OR), as the service does by itself), or all must be met (V(AND)).
    type: str
    choices: [OR, AND]
  importance:
    description: Only assets of this importance.
    type: str
    choices: [test, general, important]
  machine_types:
    description:
      - Only assets of this type. V(ecs) are servers, V(cloud_product) cloud services, V(eci) elastic container instances,
        V(rund) and V(runc) containers.
    type: str
    choices: [ecs, cloud_product, eci, rund, runc]
  flags:
    description:
      - Only assets of these providers, by the service's numbers. V(0) is Alibaba Cloud, V(1) others, V(2) IDC, V(8)
        lightweight servers, V(9) SAE, V(10) PAI; V(3), V(4), V(5), V(7), V(14) and V(16) are other clouds.
    type: list
    elements: str
  asset_region_id:
    description:
      - Only assets in this region. O(region_id) is another thing. It says which data plane is asked.
    type: str
  no_group_trace:
    description: Whether the default asset group keeps its own name instead of V(default).
    type: bool
  resource_directory_account_id:
    description: The member account whose servers are listed, instead of those of the caller's own.
    type: str
  accounts:
    description:
      - List the servers of these member accounts, or V(all) for those of the caller's own account and of all its members.
      - A member that can't be read is told in a warning and in RV(accounts), beside the servers of the others. The task fails
        when none can be read.
    type: list
    elements: str
  lang:
    description: The language of the texts.
    type: str
    choices: [en, zh]
    default: en
  limit:
    description: At most so many servers, the first of the list.
    type: int
  fields:
    description: Only these fields of each record, to keep a large result small.
    type: list
    elements: str
seealso:
  - module: alicloud.security_center.monitor_account_info
  - module: alicloud.security_center.security_event_info
"""

EXAMPLES = r"""
- name: List the servers whose agent is offline
  alicloud.security_center.asset_info:
    region_id: cn-shanghai
    criteria:
      - name: clientStatus
        value: offline
    fields: [uuid, instance_name, client_sub_status, last_login_time]
  register: unprotected

- name: Look up two servers
  alicloud.security_center.asset_info:
    region_id: cn-shanghai
    uuids:
      - 5a1f3c52-6f0e-4a57-9a3b-1c0d2e4f7a01
      - 5a1f3c52-6f0e-4a57-9a3b-1c0d2e4f7a02

- name: List the important servers of all accounts
  alicloud.security_center.asset_info:
    region_id: cn-shanghai
    accounts: [all]
    importance: important
    fields: [uuid, instance_name, internet_ip, alarm_status]
  register: important
"""

RETURN = r"""
assets:
  description: The servers.
  returned: success
  type: list
  elements: dict
  contains:
    uuid:
      description: The uuid of the server.
      type: str
    instance_id:
      description: The id of the instance.
      type: str
    instance_name:
      description: The name of the instance.
      type: str
    internet_ip:
      description: The public address.
      type: str
    intranet_ip:
      description: The private address.
      type: str
    ip:
      description: The address that the service shows for the server.
      type: str
    ip_list:
      description: All addresses of the server.
      type: list
      elements: str
    ip_list_string:
      description: The same as the service writes them.
      type: str
    mac_list_string:
      description: The MAC addresses.
      type: str
    region:
      description: The region of the instance.
      type: str
    region_id:
      description: The id of the region of the asset.
      type: str
    region_name:
      description: The name of the region in the language asked for.
      type: str
    vpc_instance_id:
      description: The id of the VPC.
      type: str
    status:
      description: Whether the server runs, V(Running) or V(notRunning).
      type: str
    client_status:
      description: The agent on the server, V(online), V(offline) or V(pause).
      type: str
    client_sub_status:
      description: The same, with V(uninstalled) and V(stopped) told apart.
      type: str
    last_login_time:
      description: When the agent was last online, ISO 8601 in UTC.
      type: str
    last_login_timestamp:
      description: The same in milliseconds since 1970.
      type: int
    os:
      description: The operating system, such as V(linux).
      type: str
    os_name:
      description: The operating system with its version.
      type: str
    kernel:
      description: The version of the kernel.
      type: str
    cores:
      description: The number of processor cores.
      type: int
    cpu_info:
      description: The processor.
      type: str
    mem:
      description: The memory in MB.
      type: int
    importance:
      description: How important the asset is, V(important), V(general) or V(test).
      type: str
    importance_code:
      description: The same as the service's number.
      type: int
    group_id:
      description: The id of the asset group.
      type: int
    group_trace:
      description: The name of the asset group.
      type: str
    tag:
      description: The tags of the asset, as the service writes them.
      type: str
    tag_id:
      description: The ids of the tags, as the service writes them.
      type: str
    tag_resources:
      description: The tags of a Lingjun node.
      type: str
    alarm_status:
      description: Whether the asset has alerts.
      type: bool
    safe_event_count:
      description: How many alerts the asset has.
      type: int
    risk_status:
      description: Whether the asset has risks.
      type: bool
    risk_count:
      description: The risks by kind, with the names of the service.
      type: dict
    vul_status:
      description: Whether the asset has vulnerabilities.
      type: bool
    vul_count:
      description: How many vulnerabilities the asset has.
      type: int
    hc_status:
      description: Whether the asset has baseline risks.
      type: bool
    health_check_count:
      description: How many baseline risks the asset has.
      type: int
    exposed_status:
      description: Whether the asset is exposed to the internet, V(1), or not, V(0).
      type: int
    has_container:
      description: Whether containers run on the server.
      type: bool
    cluster_id:
      description: The id of the cluster.
      type: str
    cluster_name:
      description: The name of the cluster.
      type: str
    namespace:
      description: The Kubernetes namespace.
      type: str
    pod_count:
      description: The number of pods.
      type: int
    app_id:
      description: The id of the application, for SAE only.
      type: str
    app_name:
      description: The application, for SAE only.
      type: str
    service_id:
      description: The id of the service, for PAI only.
      type: str
    created_time:
      description: When the cluster was made, ISO 8601 in UTC.
      type: str
    created_time_stamp:
      description: The same in milliseconds since 1970.
      type: int
    asset_type:
      description: The kind of asset by name, such as V(server).
      type: str
    asset_type_code:
      description: The same as the service's number.
      type: str
    asset_type_name:
      description: The kind of asset, as the service names it.
      type: str
    flag:
      description: Whose server it is, V(0) for Alibaba Cloud's.
      type: int
    flag_name:
      description: The same by name, such as V(ALIYUN), V(IDC) or V(AWS).
      type: str
    vendor:
      description: The provider of the asset, V(0) for Alibaba Cloud.
      type: int
    vendor_name:
      description: The same by name, such as V(ALIYUN), V(IDC) or V(AWS).
      type: str
    vendor_uid:
      description: The account at another provider.
      type: str
    vendor_user_name:
      description: The name of that account.
      type: str
    auth_version:
      description: The edition that protects the asset, as the service's number.
      type: int
    auth_version_name:
      description: The same by name, in the language asked for.
      type: str
    auth_modify_time:
      description: When the asset was bound to its edition, ISO 8601 in UTC.
      type: str
    auth_modify_time_stamp:
      description: The same in milliseconds since 1970.
      type: int
    edr_auth_version:
      description: The edition of EDR.
      type: str
    bind:
      description: Whether the asset is bound to an edition.
      type: bool
    bind_file_protect_type:
      description: Whether it is bound to tamper protection, V(block) or V(none).
      type: str
    free_type:
      description: The kind of free quota that the asset uses.
      type: str
    post_paid_flag:
      description: How the edition is paid, V(0) by subscription, V(1) as you go.
      type: int
    resource_directory_account_id:
      description: The member account that the server is of; null for the caller's own. With O(accounts) only.
      type: str
    data_plane:
      description: The data plane that the server is on. With O(data_planes) only.
      type: str
  sample:
    - uuid: 5a1f3c52-6f0e-4a57-9a3b-1c0d2e4f7a01
      instance_id: i-bp1web0000000001
      instance_name: web-prod-1
      internet_ip: 203.0.113.11
      intranet_ip: 10.0.1.11
      client_status: online
      importance: important
      alarm_status: true
total_count:
  description: How many servers the service counts, in all accounts that could be read.
  returned: success
  type: int
  sample: 1
accounts:
  description: What was read of each account on each data plane.
  returned: success, with O(accounts) or O(data_planes)
  type: list
  elements: dict
  contains:
    data_plane:
      description: The data plane, V(china) or V(international); null when the endpoint does not tell.
      type: str
    resource_directory_account_id:
      description: The member account; null for the caller's own.
      type: str
    total_count:
      description: How many servers the service counts; null when the account could not be read.
      type: int
    error:
      description: Why it could not be read, as in RV(error).
      type: dict
error:
  description: The call that failed, with C(action), C(code), C(message), C(http_status), C(request_id) and C(hint).
  returned: on failure of a call
  type: dict
"""

from ansible_collections.alicloud.security_center.plugins.module_utils._module import run_module
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.asset_info import (
    MACHINE_TYPES,
    run,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.asset_listing import IMPORTANCES

OPTIONS = {
    "uuids": {"type": "list", "elements": "str", "aliases": ["uuid"]},
    "criteria": {
        "type": "list",
        "elements": "dict",
        "options": {"name": {"type": "str", "required": True}, "value": {"type": "str", "required": True}},
    },
    "logical_exp": {"type": "str", "choices": ["OR", "AND"]},
    "importance": {"type": "str", "choices": list(IMPORTANCES)},
    "machine_types": {"type": "str", "choices": list(MACHINE_TYPES)},
    "flags": {"type": "list", "elements": "str"},
    "asset_region_id": {"type": "str"},
    "no_group_trace": {"type": "bool"},
    "resource_directory_account_id": {"type": "str"},
    "accounts": {"type": "list", "elements": "str"},
    "lang": {"type": "str", "choices": ["en", "zh"], "default": "en"},
    "limit": {"type": "int"},
    "fields": {"type": "list", "elements": "str"},
}


def main() -> None:
    run_module(run, OPTIONS, planes=True)


if __name__ == "__main__":
    main()
