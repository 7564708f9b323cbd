#!/usr/bin/python
# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: alert_whitelist_rule
version_added: 0.1.0
author:
  - alicloud.security_center contributors (@alicloud-security-center)
short_description: Keep a whitelist rule of Alibaba Cloud Security Center, or keep it away
description:
  - Makes or removes one whitelist rule that lasts, for one kind of alert on one server or on all of them. An alert that
    the rule matches is taken for a false positive.
  - A new rule hides what it matches from then on, an attack among it too. So the open alerts that it would match are
    read and shown first, in check mode as well, and a rule that matches much is refused unless O(allow_broad) is set.
  - The codes for O(event_type) and O(event_name) are those of C(EventTypeOriginal) and C(EventNameOriginal) in the
    service's list. M(alicloud.security_center.alert_whitelist_rule_info) shows those of the rules that there are.
  - The service acts for the caller's own account only.
  - The API calls are C(ModifySecurityEventMarkMissIndividually), C(DeleteSecurityEventMarkMissList),
    C(DescribeSecurityEventMarkMissList) and C(AdvanceSecurityEventOperations). The alerts are read with
    C(DescribeSuspEvents) and C(DescribeSecurityEventOperations), the servers with C(DescribeCloudCenterInstances).
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
    details:
      - Shows the rule before and after. Where there is none that is an empty mapping.
  idempotent:
    support: full
options:
  state:
    description:
      - V(present) has exactly this rule be there. It is named by O(event_type), O(event_name), O(field), O(operate),
        O(field_value) and O(uuid), and all of them are required.
      - V(absent) removes it, named in the same way or by O(rule_id). A rule that is not there is fine.
      - The service can't change a rule. One with another value is another rule.
    type: str
    choices: [present, absent]
    default: present
  rule_id:
    description: The id of the rule to remove, in place of all else that names it.
    type: str
  event_type:
    description: The service's code for the type of the alerts.
    type: str
  event_name:
    description: The service's code for the name of the alerts.
    type: str
  field:
    description: The field on which the rule turns, one that the service allows for alerts of this kind.
    type: str
  operate:
    description: How the field is compared. What one field allows is told by the service and checked.
    type: str
    choices: [contains, notContains, regex, strEqual, strNotEqual, inIpSegment]
  field_value:
    description:
      - What it is compared with. For O(operate=inIpSegment) an address or a network, or several with commas.
    type: str
  uuid:
    description:
      - The uuid of the server on which the rule holds, or V(ALL) for all servers, those to come included.
      - That V(ALL) is the word that the service wants here is not documented. Whether such a rule stands is checked.
    type: str
  allow_broad:
    description:
      - Whether a rule may be made that matches more than a person may mean.
      - It is needed for O(uuid=ALL), and for O(operate=notContains) and O(operate=strNotEqual), which match nearly
        everything.
      - With O(operate=contains) it is needed for fewer than 4 characters, not counting spaces at the ends.
      - With O(operate=regex) it is needed for an expression that is found in most of a handful of unlike command lines,
        paths, addresses, hashes or names, that Python can't compile, or that takes longer than a second to try.
      - With O(operate=inIpSegment) it is needed for more addresses in all than an IPv4 network V(/8) or an IPv6 network
        V(/32) has.
    type: bool
    default: false
notes:
  - For O(state=present) O(allowed_operations) must hold V(advance_mark_mis_info), and the server must not be one of
    O(protected_assets). O(uuid=ALL) is refused while there is any entry in O(protected_assets), for it covers them too.
  - For O(state=absent) no guard rail is asked, since taking a rule away only brings alerts back.
  - The other guard rails have nothing to guard here.
seealso:
  - module: alicloud.security_center.alert_whitelist_rule_info
  - module: alicloud.security_center.handle_security_events
"""

EXAMPLES = r"""
- name: Take what the backup job downloads to db-prod-1 for no attack
  alicloud.security_center.alert_whitelist_rule:
    region_id: cn-shanghai
    event_type: Suspicious Process
    event_name: suspicious_download
    field: cmdLine
    operate: contains
    field_value: /opt/backup/agent.tgz
    uuid: c94b8f10-2d7e-4b1a-8d55-7e6a9b0c3d11
  register: rule

- name: Show which open alerts the rule matches
  ansible.builtin.debug:
    msg: "{{ rule.matches | map(attribute='id') }}"

- name: Take the scanner's addresses for no attack, on every server
  alicloud.security_center.alert_whitelist_rule:
    region_id: cn-shanghai
    event_type: Unusual Logon
    event_name: ssh_brute_force
    field: loginSourceIp
    operate: inIpSegment
    field_value: 192.0.2.40/29
    uuid: ALL
    allow_broad: true

- name: Remove a rule by its id
  alicloud.security_center.alert_whitelist_rule:
    region_id: cn-shanghai
    state: absent
    rule_id: "600001"
"""

RETURN = r"""
alert_whitelist_rule:
  description:
    - The rule as it is now, or in check mode as it would be, then without what the service gives it. Null when there is
      none.
  returned: when the options were valid
  type: dict
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
matches:
  description:
    - The open alerts that the rule matches, compared here with the values that the service tells for each. Whether the
      service compares in just the same way is not documented.
    - An alert is of the rule's kind when its type, and its subtype or name, are the rule's codes.
  returned: when a rule is made, or would be
  type: list
  elements: dict
  contains:
    id:
      description: The id of the alert's row.
      type: str
    security_event_ids:
      description: The ids of its events.
      type: list
      elements: str
    name:
      description: The full name of the alert.
      type: str
    instance_name:
      description: The name of its server.
      type: str
    uuid:
      description: The uuid of its server.
      type: str
    value:
      description: Its value of the rule's field, at most 4096 characters of it. Written by whoever attacks.
      type: str
matches_count:
  description: The number of RV(matches).
  returned: when a rule is made, or would be
  type: int
  sample: 1
matches_complete:
  description:
    - Whether every open alert of the kind was compared. At most 50 are, among the newest 5,000 open alerts. It is
      V(false) as well when an expression takes longer than a second, when the service does not tell an alert's value, when
      an alert of several events does not match by the first of them, and when an alert has the rule's O(event_name) and
      another type than its O(event_type).
  returned: when a rule is made, or would be
  type: bool
actions:
  description: The calls that write, with C(action) and C(parameters), in check mode those that would be made.
  returned: when the options were valid
  type: list
  elements: dict
error:
  description: The call that failed, with C(action), C(code), C(message), C(http_status), C(request_id) and C(hint).
  returned: on failure of a call
  type: dict
"""

from ansible_collections.alicloud.security_center.plugins.module_utils._module import run_module
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.request import OPERATES
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.whitelist_rule import run

OPTIONS = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "rule_id": {"type": "str"},
    "event_type": {"type": "str"},
    "event_name": {"type": "str"},
    "field": {"type": "str"},
    "operate": {"type": "str", "choices": list(OPERATES)},
    "field_value": {"type": "str"},
    "uuid": {"type": "str"},
    "allow_broad": {"type": "bool", "default": False},
}


def main() -> None:
    run_module(run, OPTIONS, writes=True)


if __name__ == "__main__":
    main()
