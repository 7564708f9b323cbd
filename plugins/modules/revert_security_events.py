#!/usr/bin/python
# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: revert_security_events
version_added: 0.1.0
author:
  - alicloud.security_center contributors (@alicloud-security-center)
short_description: Take back the handling of alerts of Alibaba Cloud Security Center
description:
  - Finds out what was done to each alert, and takes it back. An alert that is ignored, whitelisted or marked as handled by
    hand is pending again. A quarantined file is restored. A block is lifted.
  - What can't be taken back is refused, with the reason. A process that was ended is not started again, neither by
    restoring its file.
  - An alert that is pending already is V(unchanged), and so is one whose file is restored or whose block is lifted already.
  - Restoring a file and lifting a block leave the alert handled. The service has no call that opens it again.
  - With a saved result, the whitelist rules that the handling had added are removed as well, and rules that the alert had
    before are put back where the service has removed them. Without one that can't be told, so name the rules with
    O(mark_miss_param), or remove them with M(alicloud.security_center.alert_whitelist_rule).
  - A file is the alert's own when it lies on the same server, and its path and hash are among the alert's details. Of
    several such files none is restored.
  - A block is lifted when its record covers no other server than those of the alerts that are taken back, and tells them all.
  - The API calls are C(OperationCancelIgnoreSuspEvent), C(HandleSecurityEvents), C(RollbackSuspEventQuaraFile),
    C(DisableCustomBlockRecord), C(DeleteSecurityEventMarkMissList) and C(ModifySecurityEventMarkMissIndividually).
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
      - Reads what a run would read, writes nothing, and returns the calls in RV(actions).
      - Whether the service removes rules by itself, so that they have to be put back, shows in a run only.
  diff_mode:
    support: full
    details:
      - Shows the status of each alert before and after, and beside it that of its file or whether its address is blocked.
  idempotent:
    support: full
options:
  security_event_ids:
    description:
      - The alerts whose handling is taken back, by event id or by the id of the row.
      - Give one of O(security_event_ids), O(result) and O(result_file).
    type: list
    elements: str
    aliases: [security_event_id]
  operation_code:
    description:
      - The operation to take back, for O(security_event_ids). When it is not given, the alert's own row tells.
      - An alert that was handled by another operation since is refused.
    type: str
    choices:
      - block_ip
      - advance_mark_mis_info
      - ignore
      - manual_handled
      - kill_process
      - cleanup
      - kill_and_quara
      - disable_malicious_defense
      - client_problem_check
      - quara
      - defense_mark_mis_info
      - rm_defense_mark_mis_info
      - rm_mark_mis_info
      - cancle_manual
      - virus_quara
      - offline_handled
      - virus_quara_bin
      - kill_virus
      - stop_container
      - kill_container_process
      - mark_mis_info
  mark_miss_param:
    description:
      - The whitelist rules that the handling had added, which are removed too. Goes with O(operation_code=advance_mark_mis_info).
      - A rule that is removed no longer holds for other alerts either.
    type: list
    elements: dict
    suboptions:
      field:
        description: The field on which the rule turns.
        type: str
        required: true
      operate:
        description: How the field is compared.
        type: str
        required: true
        choices: [contains, notContains, regex, strEqual, strNotEqual, inIpSegment]
      field_value:
        description: What it is compared with.
        type: str
        required: true
      uuid:
        description: Where the rule holds, on the alert's own asset (V(part)) or on V(ALL) assets.
        type: str
        choices: [part, ALL]
        default: part
  result:
    description:
      - The registered variable of a task of M(alicloud.security_center.handle_security_events), as it is, also of a loop. What
        that task did, or may have done, is taken back.
      - A result of more than 1,000 alerts does not hold the whitelist rules that the handling had added, so these stay. A result file
        holds them.
      - Of alerts on both data planes, those on the plane that this task asks are taken back. The others are left as they are,
        with a warning.
    type: dict
  result_file:
    description:
      - The file that M(alicloud.security_center.handle_security_events) wrote, on the machine where this module runs. Of a run
        that was killed, what it had sent last is taken back too.
    type: path
  remark:
    description: A note that the service keeps with what is taken back by a mark on the alert.
    type: str
  resource_directory_account_id:
    description:
      - The alerts are of this member account of the resource directory. A saved result tells it by itself.
      - Marks are taken back for a member. Files and blocks are listed for the caller's own account only, so these are
        refused, and whitelist rules are left as they are, unless O(member_role_name) is given.
    type: str
  wait_timeout:
    description:
      - Seconds after the last call within which every alert must be pending again, and every file restored. What takes
        longer is V(unknown), and the task fails.
    type: float
    default: 300
  on_refused:
    description:
      - What to do when something can't be taken back. V(continue) takes back the rest, and then fails. V(abort) sends nothing
        at all, and fails. V(ignore) takes back the rest and succeeds.
    type: str
    choices: [continue, abort, ignore]
    default: continue
notes:
  - Of O(allowed_operations), an operation code that is sent to take something back must be allowed. For a call that has no code,
    the operation that is taken back must be.
seealso:
  - module: alicloud.security_center.handle_security_events
  - module: alicloud.security_center.quarantined_file
  - module: alicloud.security_center.custom_block_record
  - module: alicloud.security_center.alert_whitelist_rule
"""

EXAMPLES = r"""
- name: Open an alert again that was ignored by mistake
  alicloud.security_center.revert_security_events:
    region_id: cn-shanghai
    security_event_ids: ["10011"]

- name: Handle alerts
  alicloud.security_center.handle_security_events:
    region_id: cn-shanghai
    security_event_ids: ["20001", "20002"]
    operation_code: manual_handled
  register: handled

- name: Take all of it back
  alicloud.security_center.revert_security_events:
    region_id: cn-shanghai
    result: "{{ handled }}"

- name: Restore the file that was quarantined, and say which operation did it
  alicloud.security_center.revert_security_events:
    region_id: cn-shanghai
    security_event_ids: ["10012"]
    operation_code: kill_and_quara
"""

RETURN = r"""
events:
  description: What became of each alert, one entry for each id.
  returned: when the options were valid
  type: list
  elements: dict
  contains:
    security_event_id:
      description: The id that was given, or that the saved result names.
      type: str
    operation_code:
      description: The operation that is taken back, empty when it is not known.
      type: str
    outcome:
      description:
        - V(handled), taken back by this run. V(unchanged), for there is nothing to take back any more. V(refused), for it can't be
          taken back, or a guard rail forbids it. V(failed), as the service reports, or since the call could not be made.
          V(unknown), when it was sent and nobody can tell. V(planned), when it would be sent.
      type: str
    event_status_before:
      description: The status by name when it was read first.
      type: str
    event_status_after:
      description: The status by name afterwards, null when it is not known.
      type: str
    task_id:
      description: The service's task.
      type: int
    error_code:
      description: The service's code for how it ended, or for a refusal one of this collection.
      type: str
    message:
      description: Why, in words.
      type: str
  sample:
    - security_event_id: "10011"
      operation_code: ignore
      outcome: handled
      event_status_before: ignored
      event_status_after: pending
      task_id: null
      error_code: ""
      message: ""
summary:
  description: How many alerts were requested, and how many ended in each outcome.
  returned: when the options were valid
  type: dict
  sample: {requested: 1, handled: 1, unchanged: 0, refused: 0, failed: 0, unknown: 0, planned: 0}
tasks:
  description: The service's tasks, with the request id of the call that made each. Some calls make no task.
  returned: when the options were valid
  type: list
  elements: dict
actions:
  description:
    - The write calls that were made, in check mode those that would be made.
    - When there are several for one way back the ids are told in RV(events) only, and each call says how many it carries in C(count).
  returned: when the options were valid
  type: list
  elements: dict
  sample:
    - action: OperationCancelIgnoreSuspEvent
      parameters: {SecurityEventIds: ["10011"]}
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
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.operations import OPERATIONS
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.request import OPERATES
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.reverting import run

OPTIONS = {
    "security_event_ids": {"type": "list", "elements": "str", "aliases": ["security_event_id"]},
    "operation_code": {"type": "str", "choices": list(OPERATIONS)},
    "mark_miss_param": {
        "type": "list",
        "elements": "dict",
        "options": {
            "field": {"type": "str", "required": True},
            "operate": {"type": "str", "required": True, "choices": list(OPERATES)},
            "field_value": {"type": "str", "required": True},
            "uuid": {"type": "str", "choices": ["part", "ALL"], "default": "part"},
        },
    },
    "result": {"type": "dict"},
    "result_file": {"type": "path"},
    "remark": {"type": "str"},
    "resource_directory_account_id": {"type": "str"},
    "wait_timeout": {"type": "float", "default": 300},
    "on_refused": {"type": "str", "choices": ["continue", "abort", "ignore"], "default": "continue"},
}


def main() -> None:
    run_module(
        run,
        OPTIONS,
        writes=True,
        large=("result",),
        required_one_of=[("security_event_ids", "result", "result_file")],
        mutually_exclusive=[("security_event_ids", "result", "result_file")],
        required_by={"operation_code": "security_event_ids", "mark_miss_param": "operation_code"},
    )


if __name__ == "__main__":
    main()
