#!/usr/bin/python
# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: handle_security_events
version_added: 0.1.0
author:
  - alicloud.security_center contributors (@alicloud-security-center)
short_description: Handle alerts of Alibaba Cloud Security Center
description:
  - Blocks an attacker's address, whitelists, ignores, marks as handled, kills a process or quarantines a file, for any
    number of alerts, and follows each alert to its outcome.
  - Each alert is read first. One that is already in the state that the operation leads to, by this operation, is left
    alone. One that is being handled is followed and not sent again. One that is expired, can't be handled online, is in
    another final state or does not offer the operation is refused, with the reason.
  - The service does not tell with which O(operation_params) an alert was handled. One that was handled by the same
    operation with other parameters is left alone too, and the message says so.
  - Up to 100 alerts are all read before the first is sent. Of more, the first are sent while the others are still read,
    unless O(on_refused=abort), O(max_events_per_asset) or O(max_events) turns on all of them together.
  - An alert that was read more than five seconds before its turn comes is read again first, where that costs few calls, so
    that two runs at the same time do not handle it twice. Whether they might have is said in a warning.
  - An operation of which a part can't be taken back, such as ending a process, is sent with a warning. What takes back the
    others is told for each alert.
  - The API call is C(HandleSecurityEvents).
extends_documentation_fragment:
  - alicloud.security_center.connection
  - alicloud.security_center.member
  - alicloud.security_center.planes
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
  security_event_ids:
    description:
      - The alerts to handle, by event id. The id of an alert's row is accepted too and stands for all of its events.
      - Decimal digits. The order is kept, and what is named twice is handled once.
    type: list
    elements: str
    required: true
    aliases: [security_event_id]
  operation_code:
    description:
      - What to do, in the API's spelling.
      - V(block_ip) blocks the attacker's address until the time in O(operation_params).
      - V(advance_mark_mis_info) whitelists by the rules in O(mark_miss_param).
      - V(ignore) ignores this alert.
      - V(manual_handled) marks it as handled by hand.
      - V(kill_process) ends the malicious process. Nothing brings it back.
      - V(quara) quarantines the file, V(kill_and_quara) does both, as C(operation_params.sub_operation) says.
      - V(cleanup) scans in depth and removes the malware.
      - V(disable_malicious_defense) is dangerous. By the vendor's references it stops the container, or turns the
        defence off. It is not in the default of O(allowed_operations).
      - V(client_problem_check) is known to work from the vendor's console only.
      - The vendor documents V(defense_mark_mis_info), V(rm_defense_mark_mis_info), V(rm_mark_mis_info),
        V(cancle_manual), V(virus_quara), V(offline_handled), V(virus_quara_bin), V(kill_virus), V(stop_container),
        V(kill_container_process) and V(mark_mis_info) elsewhere. They are sent with a warning.
      - What one alert accepts now is told by M(alicloud.security_center.security_event_operation_info).
    type: str
    required: true
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
  operation_params:
    description:
      - The parameters of the operation. Required for V(block_ip), V(kill_and_quara) and V(virus_quara).
    type: dict
    suboptions:
      expire_time:
        description: For V(block_ip), until when, in milliseconds since 1970. Must be in the future.
        type: int
      expire_in:
        description: For V(block_ip), for how long from now, such as V(30m), V(6h) or V(7d).
        type: str
      sub_operation:
        description:
          - For V(kill_and_quara), one of V(killAndQuaraFileByMd5andPath), V(killByMd5andPath) (which quarantines
            nothing), V(quaraFileByMd5andPath), V(killAndQuaraFileByPidAndMd5andPath),
            V(killProcessByPidandPathandCmdline) and V(killContainerProcessByMd5AndPath).
          - For V(virus_quara), V(quaraFileByMd5andPath).
        type: str
      raw:
        description:
          - A JSON object as text, for the operations whose parameters the vendor does not document in full.
        type: str
  mark_miss_param:
    description:
      - The whitelist rules, for V(advance_mark_mis_info).
      - The service replaces an alert's rules by those that it is sent, so the rules that the alert has are read first
        and sent together with these. Alerts whose rules differ are never sent in one call.
    type: list
    elements: dict
    suboptions:
      field:
        description: The field on which the rule turns, one that the alert offers.
        type: str
        required: true
      operate:
        description: How the field is compared. What one field allows is told by the service and checked.
        type: str
        required: true
        choices: [contains, notContains, regex, strEqual, strNotEqual, inIpSegment]
      field_value:
        description: What it is compared with.
        type: str
        required: true
      uuid:
        description:
          - Where the rule holds, on the alert's own asset (V(part)) or on V(ALL) assets. V(ALL) is refused while there is any
            entry in O(protected_assets), for it covers them too.
        type: str
        choices: [part, ALL]
        default: part
  mark_batch:
    description:
      - Whether several alerts with the same rules are whitelisted in one call. Otherwise each has a call of its own.
    type: bool
    default: false
  remark:
    description: A note that the service keeps with the handling.
    type: str
  resource_directory_account_id:
    description:
      - Act on the alerts of this member account of the resource directory.
      - The service tells the caller neither what a member's alerts offer nor how its tasks stand. So these are followed by
        reading the alerts again, and V(advance_mark_mis_info), which has to read the rules first, is refused.
        O(member_role_name) does without these limits.
    type: str
  source_ip:
    description: The caller's own address, which the API calls C(SourceIp). It filters nothing.
    type: str
  lang:
    description: The language of the texts that the service returns.
    type: str
    choices: [en, zh]
    default: en
  wait:
    description:
      - Whether to follow the alerts to their outcome. With V(false) the outcome is V(unknown), which then is no failure.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds after the last call within which every alert must have ended. One that has not is V(unknown), and the
        task fails.
    type: float
    default: 300
  batch_size:
    description: How many alerts one call carries at most, 1 to 20.
    type: int
    default: 20
  check_operations:
    description:
      - Whether the service is asked what each alert offers before anything is sent.
      - V(auto) asks for each alert up to 50 alerts, and beyond that once for each kind of alert on each server. A yes
        may be reused for another alert of its kind and server, a no is always asked for that alert itself.
      - V(each) asks for every alert, V(never) for none.
      - V(block_ip) and V(advance_mark_mis_info) need the answer, and always ask.
    type: str
    choices: [auto, each, never]
    default: auto
  on_refused:
    description:
      - What to do when an alert is refused. V(continue) handles the others, and then fails. V(abort) sends nothing at
        all, and fails. V(ignore) handles the others and succeeds.
    type: str
    choices: [continue, abort, ignore]
    default: continue
  result_file:
    description:
      - A file to which a JSON object a line is added for each call before it is made, each task, and each alert as it
        ends. Each line is on the disk before the run goes on, so that a run that is killed leaves its record.
      - Not written in check mode.
    type: path
seealso:
  - module: alicloud.security_center.revert_security_events
  - module: alicloud.security_center.security_event_info
  - module: alicloud.security_center.security_event_operation_info
  - module: alicloud.security_center.security_event_task_info
"""

EXAMPLES = r"""
- name: Ignore an alert
  alicloud.security_center.handle_security_events:
    region_id: cn-shanghai
    security_event_ids: ["10004"]
    operation_code: ignore
    remark: "known backup job, change 4711"

- name: Block the attacker's address for six hours
  alicloud.security_center.handle_security_events:
    region_id: cn-shanghai
    security_event_ids: ["10003"]
    operation_code: block_ip
    operation_params:
      expire_in: 6h

- name: End the malicious process and quarantine its file, but on no database server
  alicloud.security_center.handle_security_events:
    region_id: cn-shanghai
    security_event_ids: ["10001"]
    operation_code: kill_and_quara
    operation_params:
      sub_operation: killAndQuaraFileByMd5andPath
    protected_assets:
      - name: "db-*"

- name: Whitelist by a rule for this server
  alicloud.security_center.handle_security_events:
    region_id: cn-shanghai
    security_event_ids: ["10002"]
    operation_code: advance_mark_mis_info
    mark_miss_param:
      - field: filePath
        operate: strEqual
        field_value: /var/www/html/uploads/avatar.php

- name: Handle what can be handled, and go on
  alicloud.security_center.handle_security_events:
    region_id: cn-shanghai
    security_event_ids: ["20001", "20002", "20003"]
    operation_code: manual_handled
    on_refused: ignore
  register: handled

- name: Ignore an alert of a member account, as a role there
  alicloud.security_center.handle_security_events:
    region_id: cn-shanghai
    resource_directory_account_id: "2234567890123456"
    member_role_name: security-responder
    security_event_ids: ["50001"]
    operation_code: ignore

- name: Show what became of each alert
  ansible.builtin.debug:
    msg: "{{ handled.events | items2dict(key_name='security_event_id', value_name='outcome') }}"
"""

RETURN = r"""
operation_code:
  description: The operation.
  returned: when the options were valid
  type: str
  sample: ignore
events:
  description:
    - What became of each alert, one entry for each id that was given, in the order given.
    - In a result of more than 1,000 alerts the entry of one that went well has only C(security_event_id) and C(outcome),
      and the others leave out what is empty.
  returned: when the options were valid
  type: list
  elements: dict
  contains:
    security_event_id:
      description: The id that was given.
      type: str
    outcome:
      description:
        - V(handled), by this run. V(unchanged), for it was done already. V(refused), by a guard rail or the alert's
          state, and not sent. V(failed), as the service reports, or since the call could not be made. V(unknown), when
          it was sent and nobody can tell. V(planned), when it would be sent.
      type: str
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
    data_plane:
      description: The data plane that the alert is on, V(china) or V(international). With O(data_planes=both), as in RV(tasks) and RV(actions).
      type: str
  sample:
    - security_event_id: "10004"
      outcome: handled
      event_status_before: pending
      event_status_after: ignored
      task_id: 15411
      error_code: ignore.Success
      message: ""
      revert:
        module: alicloud.security_center.revert_security_events
        options: {security_event_ids: ["10004"], operation_code: ignore}
summary:
  description: How many alerts were requested, and how many ended in each outcome.
  returned: when the options were valid
  type: dict
  sample: {requested: 1, handled: 1, unchanged: 0, refused: 0, failed: 0, unknown: 0, planned: 0}
tasks:
  description: The service's tasks, with the request id of the call that made each.
  returned: when the options were valid
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
  returned: when the options were valid
  type: list
  elements: dict
  sample:
    - action: HandleSecurityEvents
      parameters: {OperationCode: ignore, SecurityEventIds: ["10004"]}
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

from functools import partial

from ansible_collections.alicloud.security_center.plugins.module_utils._module import run_module
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.handling import run_on_planes
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.operations import OPERATIONS
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.request import OPERATES

OPTIONS = {
    "security_event_ids": {"type": "list", "elements": "str", "required": True, "aliases": ["security_event_id"]},
    "operation_code": {"type": "str", "required": True, "choices": list(OPERATIONS)},
    "operation_params": {
        "type": "dict",
        "options": {
            "expire_time": {"type": "int"},
            "expire_in": {"type": "str"},
            "sub_operation": {"type": "str"},
            "raw": {"type": "str"},
        },
    },
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
    "mark_batch": {"type": "bool", "default": False},
    "remark": {"type": "str"},
    "resource_directory_account_id": {"type": "str"},
    "source_ip": {"type": "str"},
    "lang": {"type": "str", "choices": ["en", "zh"], "default": "en"},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "float", "default": 300},
    "batch_size": {"type": "int", "default": 20},
    "check_operations": {"type": "str", "choices": ["auto", "each", "never"], "default": "auto"},
    "on_refused": {"type": "str", "choices": ["continue", "abort", "ignore"], "default": "continue"},
    "result_file": {"type": "path"},
}


task = partial(run_module, run_on_planes, OPTIONS, writes=True, planes=True)


def main() -> None:
    task()


if __name__ == "__main__":
    main()
