#!/usr/bin/python
# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: security_event_task_info
version_added: 0.1.0
author:
  - alicloud.security_center contributors (@alicloud-security-center)
short_description: Tell how a handling task of Alibaba Cloud Security Center stands
description:
  - Tells the status of a task that M(alicloud.security_center.handle_security_events) has started, and of each of its
    alerts.
  - The service knows a task for the account that started it only.
  - The API call is C(DescribeSecurityEventOperationStatus).
extends_documentation_fragment:
  - alicloud.security_center.connection
  - alicloud.security_center.attributes
  - alicloud.security_center.attributes.info
options:
  task_id:
    description: The task, as RV(alicloud.security_center.handle_security_events#module:tasks) names it.
    type: str
    required: true
  security_event_ids:
    description:
      - The alerts of the task, by event id or by the id of the row.
      - The vendor's reference asks for a task or for alerts. In practice the service wants both.
    type: list
    elements: str
    required: true
    aliases: [security_event_id]
  source_ip:
    description: The caller's own address, which the API calls C(SourceIp).
    type: str
seealso:
  - module: alicloud.security_center.handle_security_events
"""

EXAMPLES = r"""
- name: Start the handling and do not wait
  alicloud.security_center.handle_security_events:
    region_id: cn-shanghai
    security_event_ids: ["10004"]
    operation_code: ignore
    wait: false
  register: started

- name: See how it stands
  alicloud.security_center.security_event_task_info:
    region_id: cn-shanghai
    task_id: "{{ started.tasks[0].task_id }}"
    security_event_ids: ["10004"]
  register: standing
  until: standing.task.task_status in ['Success', 'Failure']
  delay: 1
  retries: 60
"""

RETURN = r"""
task:
  description: The task.
  returned: success
  type: dict
  contains:
    task_id:
      description: Its id.
      type: str
    task_status:
      description: V(Pending), V(Processing), V(Success) or V(Failure), as the service spells it.
      type: str
    events:
      description: Its alerts, by event id.
      type: list
      elements: dict
      contains:
        security_event_id:
          description: The event id.
          type: str
        status:
          description: V(Processing), V(Success) or V(Failed), as the service spells it.
          type: str
        error_code:
          description: The service's code for how it ended, C(<operation>.<result>).
          type: str
        outcome:
          description: V(handled), V(failed), or V(unknown) while it has not ended.
          type: str
  sample:
    task_id: "15411"
    task_status: Success
    events:
      - security_event_id: "10004"
        status: Success
        error_code: ignore.Success
        outcome: handled
total_count:
  description: The number of RV(task.events).
  returned: success
  type: int
  sample: 1
error:
  description: The call that failed, with C(action), C(code), C(message), C(http_status), C(request_id) and C(hint).
  returned: on failure of a call
  type: dict
"""

from ansible_collections.alicloud.security_center.plugins.module_utils._module import run_module
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.task_info import run

OPTIONS = {
    "task_id": {"type": "str", "required": True},
    "security_event_ids": {"type": "list", "elements": "str", "required": True, "aliases": ["security_event_id"]},
    "source_ip": {"type": "str"},
}


def main() -> None:
    run_module(run, OPTIONS)


if __name__ == "__main__":
    main()
