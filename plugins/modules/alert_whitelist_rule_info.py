#!/usr/bin/python
# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: alert_whitelist_rule_info
version_added: 0.1.0
author:
  - alicloud.security_center contributors (@alicloud-security-center)
short_description: List the whitelist rules of Alibaba Cloud Security Center
description:
  - Lists the whitelist rules that last. Alerts that one of them matches are taken for false positives.
  - There is one record for each rule and server. The service tells neither who made a rule nor when.
  - The service answers for the caller's own account only.
  - The API call is C(DescribeSecurityEventMarkMissList).
extends_documentation_fragment:
  - alicloud.security_center.connection
  - alicloud.security_center.attributes
  - alicloud.security_center.attributes.info
options:
  event_name:
    description: Only rules for alerts with this name, by the service's code or as the console shows it.
    type: str
  field:
    description: Only rules that turn on this field, such as V(cmdLine).
    type: str
  uuid:
    description: Only rules for the server with this uuid, or with V(ALL) only those that hold on all servers.
    type: str
  search:
    description:
      - Only rules for servers of which this is a part of the name or of an address. The service itself looks for it.
        The API calls it C(Remark).
    type: str
seealso:
  - module: alicloud.security_center.alert_whitelist_rule
"""

EXAMPLES = r"""
- name: List the rules that hold on all servers
  alicloud.security_center.alert_whitelist_rule_info:
    region_id: cn-shanghai
    uuid: ALL
  register: whitelist

- name: Show them
  ansible.builtin.debug:
    msg: "{{ item.event_type }}/{{ item.event_name }}: {{ item.field }} {{ item.operate }} {{ item.field_value }}"
  loop: "{{ whitelist.alert_whitelist_rules }}"
  loop_control:
    label: "{{ item.id }}"
"""

RETURN = r"""
alert_whitelist_rules:
  description: The rules, one record for each server.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The id of the rule.
      type: str
    event_name:
      description: The service's code for the name of the alerts.
      type: str
    event_name_display:
      description: The name of the alerts as the console shows it.
      type: str
    event_type:
      description: The service's code for the type of the alerts.
      type: str
    event_type_display:
      description: The type of the alerts as the console shows it.
      type: str
    field:
      description: The field on which the rule turns.
      type: str
    field_alias:
      description: The field as the console shows it.
      type: str
    operate:
      description: How the field is compared.
      type: str
    field_value:
      description: What it is compared with.
      type: str
    uuid:
      description: The server on which the rule holds, V(ALL) for all of them.
      type: str
    instance_name:
      description: The name of the server.
      type: str
    instance_id:
      description: The id of the server's instance.
      type: str
    internet_ip:
      description: The server's public address.
      type: str
    intranet_ip:
      description: The server's private address.
      type: str
    account:
      description: The account that the rule belongs to.
      type: str
total_count:
  description: The number of RV(alert_whitelist_rules).
  returned: success
  type: int
  sample: 2
error:
  description: The call that failed, with C(action), C(code), C(message), C(http_status), C(request_id) and C(hint).
  returned: on failure of a call
  type: dict
"""

from ansible_collections.alicloud.security_center.plugins.module_utils._module import run_module
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.whitelist import run

OPTIONS = {
    "event_name": {"type": "str"},
    "field": {"type": "str"},
    "uuid": {"type": "str"},
    "search": {"type": "str"},
}


def main() -> None:
    run_module(run, OPTIONS)


if __name__ == "__main__":
    main()
