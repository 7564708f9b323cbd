#!/usr/bin/python
# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: security_event_operation_info
version_added: 0.1.0
author:
  - alicloud.security_center contributors (@alicloud-security-center)
short_description: Tell what can be done about an alert of Alibaba Cloud Security Center
description:
  - Tells the operations that the service offers for one alert right now, its whitelist rules, the fields on which a
    rule could turn, and the attacker's addresses.
  - The service answers for the caller's own account only. For an expired alert it offers nothing.
  - The API call is C(DescribeSecurityEventOperations).
extends_documentation_fragment:
  - alicloud.security_center.connection
  - alicloud.security_center.attributes
  - alicloud.security_center.attributes.info
options:
  security_event_id:
    description: The alert, by event id or by the id of its row.
    type: str
    required: true
  source_ip:
    description: The caller's own address, which the API calls C(SourceIp).
    type: str
  lang:
    description: The language of the texts that the service returns.
    type: str
    choices: [en, zh]
    default: en
seealso:
  - module: alicloud.security_center.handle_security_events
"""

EXAMPLES = r"""
- name: See what can be done about an alert
  alicloud.security_center.security_event_operation_info:
    region_id: cn-shanghai
    security_event_id: "10001"
  register: offered

- name: Show it
  ansible.builtin.debug:
    var: offered.operable
"""

RETURN = r"""
operations:
  description: The operations that the service names for the alert.
  returned: success
  type: list
  elements: dict
  contains:
    operation_code:
      description: The code of the operation.
      type: str
    user_can_operate:
      description: Whether the account's edition and the alert's state allow it.
      type: bool
    does:
      description: What the operation does, where this collection knows it.
      type: str
    needs:
      description: What the operation needs, options and the agent on the server.
      type: list
      elements: str
    leads_to:
      description: The statuses that it leads to, by name.
      type: list
      elements: str
    destructive:
      description: Whether it ends, moves or removes something on a server.
      type: bool
    undone_by:
      description: The call or the operation code that takes it back, empty when none is known.
      type: str
    lost:
      description: What of it nothing brings back, empty when all comes back.
      type: str
    operation_params:
      description: The parameters that the service proposes, JSON.
      type: str
    mark_field:
      description: The whitelist rules that the alert has.
      type: list
      elements: dict
    mark_fields_source:
      description: The fields on which a whitelist rule can turn, with the alert's own values.
      type: list
      elements: dict
    mapping_mark_fields:
      description: The objects of a rule of the precise defence.
      type: list
      elements: dict
operable:
  description: The codes of the operations that can be carried out now.
  returned: success
  type: list
  elements: str
  sample: [ignore, manual_handled, kill_and_quara]
attacker_addresses:
  description: The attacker's addresses, where the alert has any.
  returned: success
  type: list
  elements: str
  sample: ["198.51.100.23"]
total_count:
  description: The number of RV(operations).
  returned: success
  type: int
  sample: 6
error:
  description: The call that failed, with C(action), C(code), C(message), C(http_status), C(request_id) and C(hint).
  returned: on failure of a call
  type: dict
"""

from ansible_collections.alicloud.security_center.plugins.module_utils._module import run_module
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.operation_info import run

OPTIONS = {
    "security_event_id": {"type": "str", "required": True},
    "source_ip": {"type": "str"},
    "lang": {"type": "str", "choices": ["en", "zh"], "default": "en"},
}


def main() -> None:
    run_module(run, OPTIONS)


if __name__ == "__main__":
    main()
