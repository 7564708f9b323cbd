#!/usr/bin/python
# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: custom_block_record
version_added: 0.1.0
author:
  - alicloud.security_center contributors (@alicloud-security-center)
short_description: Block an address on servers with Alibaba Cloud Security Center, or lift a block
description:
  - Blocks an IP address in one direction on the servers that are named, and makes sure that the block is in force on each
    of them. Or lifts the block, by disabling or deleting its record.
  - There is one custom block record for an address and direction. Records tell neither who made them nor why. One that
    exists is changed to what is asked for. When it covered servers that O(servers) does not name, a warning says which.
  - The service makes a record disabled, and enabling it takes its time on each server. The module waits until it is
    enabled on all of them, and fails when it is not, naming the servers with the service's error codes. The others block
    the address all the same.
  - Besides, the service blocks addresses by itself, against brute force, one record for each server and port.
    These can be disabled, but neither made nor deleted.
  - Which record O(alicloud.security_center.handle_security_events#module:operation_code=block_ip) makes is not documented.
    Look with M(alicloud.security_center.custom_block_record_info).
  - The API calls are C(DescribeCustomBlockRecords), C(CreateCustomBlockRecord), C(ModifyCustomBlockRecord),
    C(EnableCustomBlockRecord), C(DisableCustomBlockRecord), C(DeleteCustomBlockRecord), C(DescribeCustomBlockInstances),
    C(DescribeBruteForceRecords) and C(DisableBruteForceRecord). The servers are looked up with
    C(DescribeCloudCenterInstances). All of them act on the caller's own account.
  - The guard rails hold for V(present) and V(enabled). O(allowed_operations) must contain V(block_ip), O(never_block) must
    not contain the address, and a server that O(protected_assets) protects is a refusal of the whole task.
    V(disabled) and V(absent) only lift blocks, and no guard rail refuses them.
extends_documentation_fragment:
  - alicloud.security_center.connection
  - alicloud.security_center.attributes.write
  - alicloud.security_center.attributes
  - alicloud.security_center.guard_rails
attributes:
  check_mode:
    support: full
    details:
      - Reads what a run would read, writes nothing, and returns the exact calls in RV(actions).
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  address:
    description: The IP address, of version 4 or 6. A network is refused.
    type: str
    required: true
  direction:
    description: Whether traffic from the address to the servers is blocked (V(in)), or from the servers to the address (V(out)).
    type: str
    choices: [in, out]
    default: in
  state:
    description:
      - V(present) blocks the address on exactly O(servers), until the time that is given. Makes the record, or changes the
        one that is there, enables it, and waits until it is in force.
      - V(enabled) enables the record that is there, with its servers and its time, and waits until it is in force.
      - V(disabled) disables the record on all of its servers, and keeps it. With O(direction=in) it also disables the
        service's own blocks of the address, on O(servers) only when they are given.
      - V(absent) deletes the record. The service's own blocks are left alone, and a warning names those that block.
    type: str
    choices: [present, enabled, disabled, absent]
    default: present
  servers:
    description:
      - The uuids of the servers, as alerts and records name them. Required for V(present).
      - For V(disabled), on which servers the service's own blocks are lifted. It is refused for V(enabled) and V(absent),
        and with O(direction=out).
      - A server that the account does not have is refused.
    type: list
    elements: str
  expire_time:
    description:
      - For V(present), until when the address is blocked, in milliseconds since 1970. Must be in the future.
      - A record with another time is changed.
    type: int
  expire_in:
    description:
      - For V(present), for how long from now the address is blocked, such as V(30m), V(6h) or V(7d).
      - Used when the record is made, or has expired. A record that has not expired keeps its time, so that a repeat changes
        nothing. To give it another time use O(expire_time).
    type: str
  wait_timeout:
    description:
      - Seconds within which a call must have come into effect, on every server. When it has not, the task fails, and says
        what is.
      - It ends earlier when the service says of each server that it is enabled or has failed, unless the record had failed
        before.
    type: float
    default: 300
seealso:
  - module: alicloud.security_center.custom_block_record_info
  - module: alicloud.security_center.handle_security_events
"""

EXAMPLES = r"""
- name: Block an address on two servers for a day
  alicloud.security_center.custom_block_record:
    region_id: cn-shanghai
    address: 198.51.100.23
    servers:
      - 5a1f3c52-6f0e-4a57-9a3b-1c0d2e4f7a01
      - 5a1f3c52-6f0e-4a57-9a3b-1c0d2e4f7a02
    expire_in: 1d

- name: Stop the servers from reaching a control server
  alicloud.security_center.custom_block_record:
    region_id: cn-shanghai
    address: 192.0.2.200
    direction: out
    servers: [5a1f3c52-6f0e-4a57-9a3b-1c0d2e4f7a01]
    expire_in: 7d
    never_block: [private, own_assets, 198.51.100.0/24]

- name: Lift each block of an address, the service's own too
  alicloud.security_center.custom_block_record:
    region_id: cn-shanghai
    address: 192.0.2.99
    state: disabled

- name: Delete a record
  alicloud.security_center.custom_block_record:
    region_id: cn-shanghai
    address: 198.51.100.23
    state: absent
"""

RETURN = r"""
custom_block_record:
  description:
    - The record as it is now, in check mode as it would be. Null when there is none.
    - On failure, the record as it was read last.
  returned: when the options were valid
  type: dict
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
  sample:
    id: "700002"
    address: 198.51.100.23
    direction: in
    status: enabled
    status_code: 1
    expire_time: "2026-11-23T09:00:00Z"
    expire_time_stamp: 1795424400000
    servers: [5a1f3c52-6f0e-4a57-9a3b-1c0d2e4f7a01, 5a1f3c52-6f0e-4a57-9a3b-1c0d2e4f7a02]
    server_count: 2
    enable_count: 2
    source: console
    in_force: true
brute_force_records:
  description:
    - The service's own blocks of the address as they are now, with the fields that
      RV(alicloud.security_center.custom_block_record_info#module:brute_force_records) has. Empty with O(direction=out).
  returned: with O(state=disabled) and O(state=absent)
  type: list
  elements: dict
instances:
  description:
    - The servers on which the record is not in force, with the fields that
      RV(alicloud.security_center.custom_block_record_info#module:custom_block_records[].instances) has.
  returned: when the record did not come into force on some servers
  type: list
  elements: dict
actions:
  description: The write calls that were made, in check mode those that would be made.
  returned: when the options were valid
  type: list
  elements: dict
  sample:
    - action: EnableCustomBlockRecord
      parameters: {BlockIp: 198.51.100.23, Bound: in}
error:
  description: The call that failed, with C(action), C(code), C(message), C(http_status), C(request_id) and C(hint).
  returned: on failure of a call
  type: dict
"""

from ansible_collections.alicloud.security_center.plugins.module_utils._module import run_module
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.block_record import STATES, run
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.blocks import DIRECTIONS

OPTIONS = {
    "address": {"type": "str", "required": True},
    "direction": {"type": "str", "choices": list(DIRECTIONS), "default": "in"},
    "state": {"type": "str", "choices": list(STATES), "default": "present"},
    "servers": {"type": "list", "elements": "str"},
    "expire_time": {"type": "int"},
    "expire_in": {"type": "str"},
    "wait_timeout": {"type": "float", "default": 300},
}


def main() -> None:
    run_module(
        run,
        OPTIONS,
        writes=True,
        required_if=[("state", "present", ["servers"])],
        mutually_exclusive=[("expire_time", "expire_in")],
    )


if __name__ == "__main__":
    main()
