#!/usr/bin/python
# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: handle_similar_security_events
version_added: 0.1.0
author:
  - alicloud.security_center contributors (@alicloud-security-center)
short_description: Handle alerts of the same kind in Alibaba Cloud Security Center
description:
  - Takes one alert, has the service find the open alerts of its kind, and handles them all.
  - What the service finds is the preview. It grows for a while and the service never says that it is whole, so it is read
    until it stands still. One that has not within O(preview_timeout) is not acted upon.
  - With O(mode=expand) the alerts of the preview are handled one by one, exactly as
    M(alicloud.security_center.handle_security_events) does, with its guard rails, its outcome for each alert and its limits.
    O(max_events) is 100 by default, more is refused.
  - With O(mode=native) the service's own call handles them all at once. It may act on more than the preview showed, so it
    is made only when no alert of the preview is refused.
  - An alert that is done already is still a start. What is open of its kind is handled, so that a task that was cut short
    can be run again.
  - The service looks for alerts of the caller's own account only.
  - The API calls are C(DescribeSimilarEventScenarios), C(CreateSimilarSecurityEventsQueryTask),
    C(DescribeSimilarSecurityEvents), and C(HandleSecurityEvents) or C(HandleSimilarSecurityEvents).
extends_documentation_fragment:
  - alicloud.security_center.connection
  - alicloud.security_center.attributes.write
  - alicloud.security_center.attributes
  - alicloud.security_center.guard_rails
attributes:
  check_mode:
    support: full
    details:
      - Has the service look for the alerts, which starts a query task there and changes no alert. Returns the preview and
        the exact calls in RV(actions).
  diff_mode:
    support: full
    details:
      - Shows the status of each alert before and after. Reads every alert once more at the end.
  idempotent:
    support: full
options:
  security_event_id:
    description:
      - The alert of whose kind others are looked for, by event id or by the id of its row. It is handled too.
      - One that is expired, or that the operation can't handle for another reason, is refused, and nothing is looked for.
    type: str
    required: true
  scenario:
    description:
      - By what the alerts are of the same kind. V(default) is by their type, V(same_file_content) by the file,
        V(same_ip) by the attacker's address, V(same_url) by the URL.
      - What the alert allows is asked of the service and checked.
    type: str
    choices: [default, same_file_content, same_ip, same_url]
    default: default
  mode:
    description:
      - V(expand) handles the alerts of the preview, by their ids.
      - V(native) has the service handle all that it has found, in one call. No alert can be left out, so nothing is sent
        when one is refused, whatever O(on_refused) says. For an operation that does more than mark alerts, one that is done
        already is refused, since it might be done once more. The call is made once, even when its answer is lost. There is no
        task to follow, so the outcomes are read from the alerts. What can't be known is told in RV(unknowable).
    type: str
    choices: [expand, native]
    default: expand
  preview_timeout:
    description:
      - For how many seconds the preview is looked at, 1 to 3600.
      - It is taken as whole when it has stood still for three seconds, and for six when it does not show the alert itself.
        Fewer seconds than that, and one for the calls, are never enough.
    type: float
    default: 60
  operation_code:
    description:
      - What to do with each alert, as in M(alicloud.security_center.handle_security_events).
      - The vendor documents V(kill_process), V(kill_and_quara), V(block_ip) and V(virus_quara) for O(mode=native), and
        otherwise what M(alicloud.security_center.security_event_operation_info) tells.
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
          - For V(kill_and_quara) and V(virus_quara), what to do with the file, as in
            M(alicloud.security_center.handle_security_events).
        type: str
      raw:
        description:
          - A JSON object as text, for the operations whose parameters the vendor does not document in full.
        type: str
  mark_miss_param:
    description:
      - The whitelist rules, for V(advance_mark_mis_info).
      - With O(mode=native) exactly one, which holds where the service decides, and so none while there is any entry in
        O(protected_assets). The call replaces the rules of every alert, so nothing is sent when one has rules of its own.
    type: list
    elements: dict
    suboptions:
      field:
        description: The field on which the rule turns, one that the alerts offer.
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
          - Where the rule holds, on the alert's own asset (V(part)) or on V(ALL) assets. V(ALL) does not go with
            O(mode=native), and neither with any entry in O(protected_assets), for it covers them too.
        type: str
        choices: [part, ALL]
        default: part
  mark_batch:
    description:
      - Whether several alerts with the same rules are whitelisted in one call. Otherwise each has a call of its own.
      - Does not go with O(mode=native).
    type: bool
    default: false
  remark:
    description: A note that the service keeps with the handling.
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
    description: How many alerts one call carries at most, 1 to 20. Not used with O(mode=native).
    type: int
    default: 20
  check_operations:
    description:
      - Whether the service is asked what each alert offers before anything is sent, as in
        M(alicloud.security_center.handle_security_events).
    type: str
    choices: [auto, each, never]
    default: auto
  on_refused:
    description:
      - What to do when an alert is refused. V(continue) handles the others, and then fails. V(abort) sends nothing at
        all, and fails. V(ignore) handles the others and succeeds.
      - With O(mode=native) nothing is sent in any case.
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
  - module: alicloud.security_center.handle_security_events
  - module: alicloud.security_center.security_event_info
  - module: alicloud.security_center.security_event_operation_info
"""

EXAMPLES = r"""
- name: Look at the alerts that come from the same address, and change nothing
  alicloud.security_center.handle_similar_security_events:
    region_id: cn-shanghai
    security_event_id: "20001"
    scenario: same_ip
    operation_code: manual_handled
  check_mode: true
  register: planned

- name: Show how many there are, and on which servers
  ansible.builtin.debug:
    var: planned.preview

- name: Handle them, each with its outcome
  alicloud.security_center.handle_similar_security_events:
    region_id: cn-shanghai
    security_event_id: "20001"
    scenario: same_ip
    operation_code: manual_handled
    remark: "scanner of the security team, change 4711"

- name: Ignore a storm of equal alerts by one call of the service
  alicloud.security_center.handle_similar_security_events:
    region_id: cn-shanghai
    security_event_id: "20002"
    mode: native
    operation_code: ignore
    max_events: 150
"""

RETURN = r"""
scenario:
  description: By what the alerts are of the same kind.
  returned: when the options were valid
  type: str
  sample: same_ip
scenarios:
  description: What the service offers for the alert. Empty when the alert was refused.
  returned: when the options were valid
  type: list
  elements: str
  sample: [default, same_ip]
preview:
  description: What the service found. Null when the alert was refused. The ids are told in RV(events).
  returned: when the options were valid
  type: dict
  contains:
    task_id:
      description: The service's query task.
      type: int
    total_count:
      description: How many alerts it found.
      type: int
    complete:
      description: Whether it stood still. The service never says that it is whole.
      type: bool
    event_names:
      description: How many alerts have each name, the most frequent first. Beyond 20 the rest is counted as C(others).
      type: dict
    servers:
      description: How many alerts each server has, by uuid. Beyond 20 the rest is counted as C(others).
      type: dict
  sample:
    task_id: 880001
    total_count: 24
    complete: true
    event_names: {SSH brute force attempt: 24}
    servers: {2c7f1e4a-8b3d-4f60-9a51-000000000001: 24}
unknowable:
  description: What nobody can know of such a call, a sentence each. Empty when the call was not made.
  returned: with O(mode=native), when the options were valid
  type: list
  elements: str
  sample: ["alerts that joined the kind after the preview may be handled too, and are in no outcome here"]
operation_code:
  description: The operation.
  returned: when the options were valid
  type: str
  sample: ignore
events:
  description:
    - What became of each alert, that of O(security_event_id) first, then one entry for each event.
    - In a result of more than 1,000 alerts the entry of one that went well has only C(security_event_id) and C(outcome),
      and the others leave out what is empty.
  returned: when the options were valid
  type: list
  elements: dict
  contains:
    security_event_id:
      description: The id of the event, for the first one the id that was given.
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
  description: The service's tasks, with the request id of the call that made each. Empty with O(mode=native).
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

from ansible_collections.alicloud.security_center.plugins.module_utils._module import run_module
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.operations import OPERATIONS
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.request import OPERATES
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.similar import SCENARIOS, run

OPTIONS = {
    "security_event_id": {"type": "str", "required": True},
    "scenario": {"type": "str", "choices": list(SCENARIOS), "default": "default"},
    "mode": {"type": "str", "choices": ["expand", "native"], "default": "expand"},
    "preview_timeout": {"type": "float", "default": 60},
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
    "source_ip": {"type": "str"},
    "lang": {"type": "str", "choices": ["en", "zh"], "default": "en"},
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "float", "default": 300},
    "batch_size": {"type": "int", "default": 20},
    "check_operations": {"type": "str", "choices": ["auto", "each", "never"], "default": "auto"},
    "on_refused": {"type": "str", "choices": ["continue", "abort", "ignore"], "default": "continue"},
    "result_file": {"type": "path"},
}


def main() -> None:
    run_module(run, OPTIONS, writes=True)


if __name__ == "__main__":
    main()
