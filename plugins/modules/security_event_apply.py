#!/usr/bin/python
# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: security_event_apply
version_added: 0.1.0
author:
  - alicloud.security_center contributors (@alicloud-security-center)
short_description: Carry out a plan for alerts of Alibaba Cloud Security Center
description:
  - Carries out exactly what M(alicloud.security_center.security_event_plan) has planned, and follows each alert to its
    outcome as M(alicloud.security_center.handle_security_events) does, with the same guard rails.
  - Each alert is read again first. One that is done already is V(unchanged). One that is not as it was when the plan was made
    is V(refused), with what has changed. That it has occurred again since is no change.
  - A plan that is edited, signed with another key, made for another data plane, or no longer valid is refused whole.
  - Without E(SECURITY_CENTER_PLAN_KEY) in the environment of this task no signature is checked. Whoever can write the plan's file can
    then write another plan in its place, in which nothing needs approval, and only the guard rails and O(digest) are left.
  - Where the service does not offer an operation, or reports for all events of the alert that it failed, such as because the
    process is gone or the agent is offline, the next one in the rule's C(fallback_operations) is tried. The alert is read
    again before that. When the outcome is V(unknown), nothing further is tried.
  - What rules with C(approval=required) have chosen is left as it is, V(planned), until it is approved. In an AWX job the
    approval is read from AWX, by the login in E(CONTROLLER_HOST) and E(CONTROLLER_OAUTH_TOKEN). The workflow that made the plan
    must hold an approval, given after the plan was made, by somebody who launched neither the workflow nor this job. Outside
    AWX it is O(approved_rules) and O(approved_by). Either way the plan must be signed.
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
      - Reads what a run would read, writes nothing, and returns the exact calls in RV(actions).
  diff_mode:
    support: full
    details:
      - Shows the status of each alert before and after. Reads every alert once more at the end.
  idempotent:
    support: full
options:
  plan_file:
    description:
      - The file of the plan. It is opened by the module, so nothing in it is ever a template.
      - Give one of O(plan_file), O(plan_id) and O(packed).
    type: path
  plan_id:
    description: The id of the plan, whose file is in O(plan_directory).
    type: str
  plan_directory:
    description: The directory in which M(alicloud.security_center.security_event_plan) has saved the plan.
    type: path
  packed:
    description: The plan as the one text that M(alicloud.security_center.security_event_plan) returns when asked to pack it.
    type: str
  digest:
    description: The digest that the plan must have, as whoever looked at it was told.
    type: str
  resource_directory_account_id:
    description:
      - A plan names its member account. An account that is given as well, as O(member_role_name) asks, must be the same.
    type: str
  approved_rules:
    description:
      - The rules with C(approval=required) that a second person has approved. Not in AWX, where a survey or a workflow could
        set it.
      - Who can write the playbook, or type the command, can name any rules. What this gives is a record in O(journal_file).
    type: list
    elements: str
  approved_by:
    description: The person who has approved O(approved_rules). Not who made the plan, and not who applies it.
    type: str
  journal_file:
    description:
      - A file to which a JSON object a line is added for each call before it is made, and for each alert as it ends, with the
        plan, the rule, the run, its user and who approved. Each line is on the disk before the run goes on.
      - The user is who launched the job, where the approval was read from AWX, and elsewhere the account that runs the task.
      - Meant to be one file for all runs, kept where no container takes it away. Not written in check mode.
    type: path
  result_file:
    description:
      - The same for this run alone, for O(alicloud.security_center.revert_security_events#module:result_file).
    type: path
  wait:
    description:
      - Whether to follow the alerts to their outcome. With V(false) the outcome is V(unknown), which then is no failure, and no
        fallback operation is tried once an alert was sent.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds after the last call of an operation within which each of its alerts must have ended. One that has not is
        V(unknown), and the task fails.
    type: float
    default: 300
  on_refused:
    description:
      - What to do when an alert is refused. V(continue) handles the others, and then fails. V(abort) sends nothing at
        all, and fails. V(ignore) handles the others and succeeds.
    type: str
    choices: [continue, abort, ignore]
    default: continue
seealso:
  - module: alicloud.security_center.security_event_plan
  - module: alicloud.security_center.security_event_report
  - module: alicloud.security_center.revert_security_events
"""

EXAMPLES = r"""
- name: Make a place for plans
  ansible.builtin.file:
    path: "{{ playbook_dir }}/plans"
    state: directory
    mode: "0700"

- name: Plan
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
        remark: "policy miners, change 4711"
    plan_directory: "{{ playbook_dir }}/plans"
  register: planned

- name: Carry out exactly that
  alicloud.security_center.security_event_apply:
    region_id: cn-shanghai
    plan_id: "{{ planned.plan.plan_id }}"
    plan_directory: "{{ playbook_dir }}/plans"
    digest: "{{ planned.plan.digest }}"
    journal_file: "{{ playbook_dir }}/journal.jsonl"
  register: applied

- name: Show what became of each alert
  ansible.builtin.debug:
    msg: "{{ applied.events | items2dict(key_name='security_event_id', value_name='outcome') }}"
"""

RETURN = r"""
plan:
  description: The id of the plan, its digest, and the digest of the policy that it was made by.
  returned: when the plan may be carried out
  type: dict
  sample:
    plan_id: 20261122T090000Z-1a2b3c4d
    digest: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    policy_digest: 60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752
approval:
  description:
    - The C(rules) that were approved, and C(approved_by) whom; in AWX also who C(launched_by), when it was (C(approved_at)) and
      the C(workflow_job). Null when nothing was.
  returned: when the plan may be carried out
  type: dict
  sample:
    rules: [block logons from unusual places]
    approved_by: second
    launched_by: first
    approved_at: "2026-11-22T09:10:00Z"
    workflow_job: "812"
events:
  description:
    - What became of each alert that was planned, in the order of the plan.
    - In a result of more than 1,000 alerts the entry of one that went well has only C(security_event_id), C(outcome),
      C(operation_code) and C(operation_params), and all leave out what is empty.
  returned: when the plan may be carried out
  type: list
  elements: dict
  contains:
    security_event_id:
      description: The id in the plan.
      type: str
    outcome:
      description:
        - V(handled), by this run. V(unchanged), for it was done already. V(refused), by a guard rail, the alert's state, or
          because it has changed since, and not sent. V(failed), as the service reports, or since the call could not be made.
          V(unknown), when it was sent and nobody can tell. V(planned), when it would be sent, or when its rule still needs
          approval (C(error_code=NeedsApproval)).
      type: str
    rule:
      description: The rule that has chosen the alert.
      type: str
    approval:
      description: Whether the rule needs approval.
      type: bool
    operation_code:
      description: The operation that was tried last.
      type: str
    operation_params:
      description: Its parameters, as the policy has them.
      type: dict
    tried:
      description: The operations of the rule before this one, each with its C(outcome), C(error_code) and C(message).
      type: list
      elements: dict
    event_status_before:
      description: The status by name when it was read first.
      type: str
    event_status_after:
      description:
        - The status by name afterwards, null when it is not known. Read from the alert in diff mode, for alerts that did
          not end well and for operations that lead to more than one status; otherwise the one that the operation leads to.
      type: str
    task_id:
      description: The service's task.
      type: int
    request_id:
      description: The request id of the call.
      type: str
    error_code:
      description: The service's code for how it ended, or for a refusal one of this collection.
      type: str
    message:
      description: Why, in words.
      type: str
    revert:
      description:
        - The task that takes the handling back, with C(module) and C(options), ready to paste. Null when nothing was done,
          or nothing takes it back.
      type: dict
  sample:
    - security_event_id: "10001"
      outcome: handled
      rule: quarantine miners
      approval: false
      operation_code: kill_and_quara
      operation_params: {sub_operation: killAndQuaraFileByMd5andPath}
      tried: []
      event_status_before: pending
      event_status_after: handled
      task_id: 15411
      request_id: 01234567-89AB-CDEF-0123-456789ABCDEF
      error_code: kill_and_quara.Success
      message: ""
      revert:
        module: alicloud.security_center.revert_security_events
        options: {security_event_ids: ["10001"], operation_code: kill_and_quara}
summary:
  description: How many alerts were planned (C(requested)), and how many ended in each outcome.
  returned: when the plan may be carried out
  type: dict
  sample: {requested: 1, handled: 1, unchanged: 0, refused: 0, failed: 0, unknown: 0, planned: 0}
tasks:
  description: The service's tasks, with the request id of the call that made each.
  returned: when the plan may be carried out
  type: list
  elements: dict
  sample:
    - task_id: 15411
      request_id: 01234567-89AB-CDEF-0123-456789ABCDEF
      task_status: Success
      count: 1
actions:
  description:
    - The write calls that were made, in check mode those that would be made.
    - When there are several the ids are told in RV(events) only, and each call says how many it carries in C(count).
  returned: when the plan may be carried out
  type: list
  elements: dict
  sample:
    - action: HandleSecurityEvents
      parameters: {OperationCode: quara, SecurityEventIds: ["10001"]}
error:
  description: The first call that failed.
  returned: on failure of a call
  type: dict
  contains:
    action:
      description: The API's name of the call.
      type: str
    code:
      description: The service's error code, empty when there was no answer.
      type: str
    message:
      description: The service's message.
      type: str
    http_status:
      description: The HTTP status.
      type: int
    request_id:
      description: The id to name to the vendor's support.
      type: str
    hint:
      description: What to do about it.
      type: str
"""

from ansible_collections.alicloud.security_center.plugins.module_utils._module import run_module
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.event_apply import run

OPTIONS = {
    "plan_file": {"type": "path"},
    "plan_id": {"type": "str"},
    "plan_directory": {"type": "path"},
    "packed": {"type": "str"},
    "digest": {"type": "str"},
    "resource_directory_account_id": {"type": "str"},
    "approved_rules": {"type": "list", "elements": "str"},
    "approved_by": {"type": "str"},
    "journal_file": {"type": "path"},
    "result_file": {"type": "path"},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "float", "default": 300},
    "on_refused": {"type": "str", "choices": ["continue", "abort", "ignore"], "default": "continue"},
}


def main() -> None:
    run_module(
        run,
        OPTIONS,
        writes=True,
        large=("packed",),
        required_one_of=[("plan_file", "plan_id", "packed")],
        mutually_exclusive=[("plan_file", "plan_id", "packed")],
        required_by={"plan_id": "plan_directory"},
    )


if __name__ == "__main__":
    main()
