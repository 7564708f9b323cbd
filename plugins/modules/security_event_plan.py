#!/usr/bin/python
# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: security_event_plan
version_added: 0.1.0
author:
  - alicloud.security_center contributors (@alicloud-security-center)
short_description: Plan by a policy what is to be done about alerts of Alibaba Cloud Security Center
description:
  - Reads the open alerts, chooses for each the first rule of a policy that matches, and tells what would be done about
    it. Writes nothing to the service.
  - The plan can be saved to a file, which M(alicloud.security_center.security_event_apply) opens itself and carries out
    exactly. No text of an alert passes through a variable on its way.
  - What no rule matches is told in RV(unmatched), and never touched.
  - For up to 50 alerts that rules have chosen the service is asked what each offers, so that the plan shows which operation
    of a rule it comes to. Of more that is asked when the plan is carried out.
  - The guard rails are those of the modules that write. One that bites is told for each alert. O(time_window) holds for
    the task that carries the plan out, and not for this one.
extends_documentation_fragment:
  - alicloud.security_center.connection
  - alicloud.security_center.member
  - alicloud.security_center.attributes.write
  - alicloud.security_center.attributes
  - alicloud.security_center.guard_rails
attributes:
  check_mode:
    support: full
    details:
      - Reads and tells the same, and writes no file.
  diff_mode:
    support: N/A
    details:
      - Nothing is changed.
  idempotent:
    support: full
    details:
      - Nothing of the account is changed. Each run makes a plan of its own, with an id of its own.
options:
  policy:
    description:
      - The policy, a list of rules. The first that matches an alert wins. Give this or O(policy_file).
      - A rule has a C(name), what it is to C(match), an C(operation_code) with its C(operation_params) or C(mark_miss_param),
        and can have C(fallback_operations), C(approval) and a C(remark). The guide "Respond by policy" describes them.
      - The whole policy is checked before any call is made, and every mistake is told at once with its place.
    type: list
    elements: dict
  policy_file:
    description:
      - A YAML file with the policy, a list of rules or a mapping with the one key C(respond_policy).
      - It is read by the module, so nothing in it is ever a template. Needs PyYAML where the module runs.
    type: path
  security_event_ids:
    description: Only these alerts, by event id or by the id of the row, open or not.
    type: list
    elements: str
    aliases: [security_event_id]
  levels:
    description: Only open alerts of these urgencies.
    type: list
    elements: str
    choices: [serious, suspicious, remind]
  uuids:
    description: Only open alerts of the servers with these uuids.
    type: list
    elements: str
  asset_name:
    description: Only open alerts of the servers with this name, or with this address.
    type: str
  time_start:
    description: Only open alerts that occurred since, a time as ISO 8601 with a zone, or a duration before now such as V(2h).
    type: str
  resource_directory_account_id:
    description: Plan for the alerts of this member account of the resource directory.
    type: str
  lang:
    description: The language of the texts that the service returns, in which the policy spells the types of alerts.
    type: str
    choices: [en, zh]
    default: en
  plan_directory:
    description:
      - A directory that exists, in which the plan is saved as C(<plan id>.jsonl), for its owner's eyes only.
      - When the environment variable E(SECURITY_CENTER_PLAN_KEY) is there, the plan is signed with it (HMAC-SHA256). Give it to
        the tasks that plan and apply, and to nothing else. What a rule with C(approval=required) chooses can be carried
        out from a signed plan only.
    type: path
  valid_for:
    description: For how long the plan may be carried out, such as V(30m) or V(8h).
    type: str
    default: 1h
  stamp_remark:
    description: Whether the plan's id is added to the remark that the service keeps with each handling.
    type: bool
    default: true
  pack:
    description:
      - Whether the plan is returned as one text too, for jobs that share no directory. It has letters, digits and a few signs
        only, so that nothing in it can be a template.
    type: bool
    default: false
seealso:
  - module: alicloud.security_center.security_event_apply
  - module: alicloud.security_center.security_event_report
"""

EXAMPLES = r"""
- name: Tell what would be done about the open alerts
  alicloud.security_center.security_event_plan:
    region_id: cn-shanghai
    policy:
      - name: quarantine miners
        match:
          levels: [serious]
          name_regex: "(?i)mining"
        operation_code: kill_and_quara
        operation_params:
          sub_operation: killAndQuaraFileByMd5andPath
        fallback_operations: [quara]
      - name: block logons from unusual places
        match:
          event_types: [Unusual Logon]
        operation_code: block_ip
        operation_params:
          expire_in: 6h
        approval: required
    protected_assets:
      - name: "db-*"
    max_events: 200
  register: planned

- name: Show how many alerts each rule has chosen
  ansible.builtin.debug:
    msg: "{{ planned.plan.rules | items2dict(key_name='name', value_name='count') }}"

- name: Make a place for plans
  ansible.builtin.file:
    path: "{{ playbook_dir }}/plans"
    state: directory
    mode: "0700"

- name: Save a plan for another task
  alicloud.security_center.security_event_plan:
    region_id: cn-shanghai
    policy:
      - name: remind alerts are noise
        match:
          levels: [remind]
          min_age: 5m
        operation_code: ignore
        remark: "policy noise, change 4711"
    plan_directory: "{{ playbook_dir }}/plans"
    valid_for: 8h
"""

RETURN = r"""
plan:
  description: The plan.
  returned: success
  type: dict
  contains:
    plan_id:
      description: Its id, which is also the name of its file.
      type: str
    digest:
      description: The SHA-256 of what it says.
      type: str
    plan_file:
      description: Where it was saved, null when it was not.
      type: str
    signed:
      description: Whether it is signed.
      type: bool
    created:
      description: When it was made, ISO 8601 in UTC, by the service's clock.
      type: str
    valid_until:
      description: Until when it may be carried out.
      type: str
    policy_digest:
      description: The SHA-256 of what the policy says. Layout and comments do not count.
      type: str
    rules:
      description:
        - The rules by which something is to be done, each with its C(name), whether it needs C(approval), its first
          C(operation_code), and the C(count) of its alerts.
      type: list
      elements: dict
    packed:
      description: The whole plan as one text, with O(pack=true).
      type: str
  sample:
    plan_id: 20261122T090000Z-1a2b3c4d
    digest: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    plan_file: /srv/plans/20261122T090000Z-1a2b3c4d.jsonl
    signed: true
    created: "2026-11-22T09:00:00Z"
    valid_until: "2026-11-22T10:00:00Z"
    policy_digest: 60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752
    rules:
      - {name: quarantine miners, approval: false, operation_code: kill_and_quara, count: 2}
events:
  description:
    - The alerts that a rule has chosen, as M(alicloud.security_center.handle_security_events) tells them, with C(rule),
      C(approval), C(operation_code), C(operation_params), and C(tried) with the operations of the rule that the service does
      not offer.
    - In a result of more than 1,000 alerts the entry of one that is planned has only C(security_event_id) and C(outcome).
  returned: success
  type: list
  elements: dict
  contains:
    security_event_id:
      description: The id of the alert's row, or the id that was given.
      type: str
    outcome:
      description: V(planned), or V(unchanged) for what is done already, or V(refused) by a guard rail or the alert's state.
      type: str
    rule:
      description: The name of the rule.
      type: str
    approval:
      description: Whether the rule needs approval.
      type: bool
    operation_code:
      description: What would be done.
      type: str
    operation_params:
      description: Its parameters, as the policy has them.
      type: dict
    tried:
      description: The operations of the rule before this one, with what became of each.
      type: list
      elements: dict
    error_code:
      description: The code of a refusal.
      type: str
    message:
      description: Why, in words.
      type: str
summary:
  description:
    - How many alerts are C(open) by the service's count, C(matched) a rule or are C(unmatched), how many of the matched are
      C(planned), C(unchanged) and C(refused), and of how many planned ones the rule needs approval.
  returned: success
  type: dict
  sample: {open: 9, matched: 3, unmatched: 6, planned: 2, unchanged: 0, refused: 1, need_approval: 0}
unmatched:
  description: The ids of the alerts that no rule matches.
  returned: success
  type: list
  elements: str
  sample: ["10005", "10007"]
actions:
  description: The calls that would be made, as far as the service was asked.
  returned: success
  type: list
  elements: dict
  sample:
    - action: HandleSecurityEvents
      parameters: {OperationCode: ignore, SecurityEventIds: ["10004"]}
"""

from ansible_collections.alicloud.security_center.plugins.module_utils._module import run_module
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.event_plan import run

OPTIONS = {
    "policy": {"type": "list", "elements": "dict"},
    "policy_file": {"type": "path"},
    "security_event_ids": {"type": "list", "elements": "str", "aliases": ["security_event_id"]},
    "levels": {"type": "list", "elements": "str", "choices": ["serious", "suspicious", "remind"]},
    "uuids": {"type": "list", "elements": "str"},
    "asset_name": {"type": "str"},
    "time_start": {"type": "str"},
    "resource_directory_account_id": {"type": "str"},
    "lang": {"type": "str", "choices": ["en", "zh"], "default": "en"},
    "plan_directory": {"type": "path"},
    "valid_for": {"type": "str", "default": "1h"},
    "stamp_remark": {"type": "bool", "default": True},
    "pack": {"type": "bool", "default": False},
}


def main() -> None:
    run_module(
        run,
        OPTIONS,
        writes=True,
        mutually_exclusive=[("policy", "policy_file")],
        required_one_of=[("policy", "policy_file")],
    )


if __name__ == "__main__":
    main()
