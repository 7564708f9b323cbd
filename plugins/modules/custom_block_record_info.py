#!/usr/bin/python
# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: custom_block_record_info
version_added: 0.1.0
author:
  - alicloud.security_center contributors (@alicloud-security-center)
short_description: List the addresses that Alibaba Cloud Security Center blocks
description:
  - Lists custom block records, which block an address in one direction on some servers, and the service's own blocks
    against brute force, one for each server, port and address.
  - A custom block record whose status is V(enabled) may not have come to all of its servers. Only
    RV(custom_block_records[].in_force) says that it has.
  - Block records tell neither who made them nor why.
  - The API calls are C(DescribeCustomBlockRecords), C(DescribeCustomBlockInstances) and C(DescribeBruteForceRecords). They
    know the caller's own account only.
extends_documentation_fragment:
  - alicloud.security_center.connection
  - alicloud.security_center.attributes
  - alicloud.security_center.attributes.info
options:
  address:
    description: List what blocks exactly this IP address.
    type: str
  status:
    description: List records with this status. V(invalid) is not enabled, or expired.
    type: str
    choices: [invalid, enabled, failed]
  kinds:
    description:
      - What to list. V(custom) are the custom block records, V(brute_force) the service's own blocks.
    type: list
    elements: str
    choices: [custom, brute_force]
    default: [custom, brute_force]
  details:
    description:
      - Whether to tell how each server of each custom block record stands. This is a call more for each record.
    type: bool
    default: false
seealso:
  - module: alicloud.security_center.custom_block_record
"""

EXAMPLES = r"""
- name: List all that is blocked
  alicloud.security_center.custom_block_record_info:
    region_id: cn-shanghai
  register: blocked

- name: Show the addresses that are not blocked on all of their servers
  ansible.builtin.debug:
    msg: "{{ blocked.custom_block_records | rejectattr('in_force') | map(attribute='address') }}"

- name: See on which servers one address is blocked
  alicloud.security_center.custom_block_record_info:
    region_id: cn-shanghai
    address: 198.51.100.200
    details: true
"""

RETURN = r"""
custom_block_records:
  description: The custom block records.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The id of the record.
      type: str
    address:
      description: The address that is blocked, as the service spells it.
      type: str
    direction:
      description: The direction of the traffic that is blocked, V(in) or V(out).
      type: str
    status:
      description:
        The status by name. V(invalid) is not enabled or has expired, V(enabled) is on its way or there.
      type: str
    status_code:
      description: The status as the service's number.
      type: int
    expire_time:
      description: Until when the address is blocked, ISO 8601 in UTC.
      type: str
    expire_time_stamp:
      description: The same in milliseconds since 1970.
      type: int
    servers:
      description: The uuids of the servers on which the address is to be blocked.
      type: list
      elements: str
    server_count:
      description: On how many servers it is to be blocked.
      type: int
    enable_count:
      description: On how many servers it is blocked.
      type: int
    source:
      description: Where the record comes from, as the service says.
      type: str
    in_force:
      description: Whether the address is blocked on every server. The counts are equal, and the status is V(enabled).
      type: bool
    instances:
      description: How each server stands. With O(details=true) only.
      type: list
      elements: dict
      contains:
        uuid:
          description: The uuid of the server.
          type: str
        instance_name:
          description: The name of the instance.
          type: str
        status:
          description: Whether the address is blocked there. V(enabled), V(disabled) or V(failed).
          type: str
        status_code:
          description: The status as the service's number.
          type: int
        error_code:
          description: The service's code for what failed.
          type: str
        block_type:
          description: What blocks it. V(group) is a security group, V(alinet) is the agent on the server.
          type: str
        ali_net_online:
          description: Whether that part of the agent is online.
          type: bool
        internet_ip:
          description: The server's public address.
          type: str
        intranet_ip:
          description: The server's private address.
          type: str
        success_info:
          description: What the service says of a block that succeeded.
          type: str
  sample:
    - id: "700001"
      address: 198.51.100.200
      direction: in
      status: enabled
      status_code: 1
      expire_time: "2026-12-22T09:00:00Z"
      expire_time_stamp: 1797930000000
      servers: [5a1f3c52-6f0e-4a57-9a3b-1c0d2e4f7a01, 5a1f3c52-6f0e-4a57-9a3b-1c0d2e4f7a02]
      server_count: 2
      enable_count: 2
      source: console
      in_force: true
brute_force_records:
  description: The service's own blocks.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The id of the record.
      type: str
    address:
      description: The address that is blocked, as the service spells it.
      type: str
    uuid:
      description: The uuid of the server.
      type: str
    instance_name:
      description: The name of the instance.
      type: str
    port:
      description: The port that was attacked.
      type: str
    rule_name:
      description: The name of the rule that blocks it.
      type: str
    source:
      description: Whose rule it is. V(userRule) is one of your own, V(blinkRule) is the service's.
      type: str
    status:
      description: The status by name. V(invalid), V(enabled) or V(failed).
      type: str
    status_code:
      description: The status as the service's number.
      type: int
    expire_time:
      description: Until when the address is blocked, ISO 8601 in UTC.
      type: str
    expire_time_stamp:
      description: The same in milliseconds since 1970.
      type: int
    block_type:
      description: What blocks it. V(group) is a security group, V(alinet) is the agent on the server.
      type: str
    error_code:
      description: The service's code for what failed.
      type: str
    ali_net_online:
      description: Whether that part of the agent is online.
      type: bool
    internet_ip:
      description: The server's public address.
      type: str
    intranet_ip:
      description: The server's private address.
      type: str
total_count:
  description: The number of RV(custom_block_records) and RV(brute_force_records) together.
  returned: success
  type: int
  sample: 1
error:
  description: The call that failed, with C(action), C(code), C(message), C(http_status), C(request_id) and C(hint).
  returned: on failure of a call
  type: dict
"""

from ansible_collections.alicloud.security_center.plugins.module_utils._module import run_module
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.block_info import KINDS, run
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.blocks import STATUSES

OPTIONS = {
    "address": {"type": "str"},
    "status": {"type": "str", "choices": list(STATUSES.values())},
    "kinds": {"type": "list", "elements": "str", "choices": list(KINDS), "default": list(KINDS)},
    "details": {"type": "bool", "default": False},
}


def main() -> None:
    run_module(run, OPTIONS)


if __name__ == "__main__":
    main()
