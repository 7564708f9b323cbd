#!/usr/bin/python
# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: security_event_note
version_added: 0.1.0
author:
  - alicloud.security_center contributors (@alicloud-security-center)
short_description: Put a note on an alert of Alibaba Cloud Security Center, or take it off
description:
  - Writes on an alert what was found out about it, a ticket's number or whom to ask, for those who look at it next.
  - The same text twice is one note. When the alert has it already, nothing is written.
  - The API calls are C(DescribeSuspEvents), C(CreateSuspEventNote) and C(DeleteSuspEventNode).
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
      - Shows the texts of all notes on the alert before and after.
  idempotent:
    support: full
notes:
  - A note touches no server and handles no alert, so no guard rail refuses it. A guard rails file that is not valid fails
    the task all the same.
options:
  security_event_id:
    description: The alert, by event id or by the id of its row.
    type: str
    required: true
  state:
    description:
      - V(present), the alert has a note with this text.
      - V(absent), it has none with this text, or this id.
    type: str
    choices: [present, absent]
    default: present
  note:
    description:
      - The text. Compared with the alert's notes as a whole; white space before and after it does not count.
      - With O(state=absent) all notes with this text are removed.
    type: str
  note_id:
    description:
      - The note to remove, by the id that M(alicloud.security_center.security_event_info) tells in C(event_notes).
        For O(state=absent) only, in place of O(note).
      - When the alert has no note with this id, nothing is written.
    type: str
  resource_directory_account_id:
    description: The alert is one of this member account of the resource directory.
    type: str
seealso:
  - module: alicloud.security_center.security_event_info
  - module: alicloud.security_center.handle_security_events
"""

EXAMPLES = r"""
- name: Tell who looks into an alert
  alicloud.security_center.security_event_note:
    region_id: cn-shanghai
    security_event_id: "10003"
    note: "INC-4711: asked the owner of the account deploy"
  register: noted

- name: Show all notes on it
  ansible.builtin.debug:
    var: noted.event_notes

- name: Take the note off again
  alicloud.security_center.security_event_note:
    region_id: cn-shanghai
    security_event_id: "10003"
    note: "INC-4711: asked the owner of the account deploy"
    state: absent

- name: Take a note off by its id
  alicloud.security_center.security_event_note:
    region_id: cn-shanghai
    security_event_id: "10018"
    note_id: "900001"
    state: absent
"""

RETURN = r"""
security_event_id:
  description: The alert's id as it was given.
  returned: when the alert was found
  type: str
  sample: "10003"
event_notes:
  description: The notes on the alert as they are now. In check mode as they would be.
  returned: when the alert was found
  type: list
  elements: dict
  contains:
    note:
      description: The text.
      type: str
    note_id:
      description: The id of the note, none for one that check mode would add.
      type: int
    note_time:
      description: When it was written, ISO 8601 in UTC.
      type: str
  sample:
    - note: "INC-4711: asked the owner of the account deploy"
      note_id: 900002
      note_time: "2026-11-22T09:00:00Z"
actions:
  description: The calls that wrote. In check mode the calls that would be made.
  returned: when the alert was found
  type: list
  elements: dict
  contains:
    action:
      description: The name of the call.
      type: str
    parameters:
      description: What it carried.
      type: dict
  sample:
    - action: CreateSuspEventNote
      parameters: {EventId: "10003", Note: "INC-4711: asked the owner of the account deploy"}
diff:
  description: The texts of the notes before and after, each under C(notes).
  returned: in diff mode
  type: dict
  sample: {"before": {"notes": []}, "after": {"notes": ["INC-4711: asked the owner of the account deploy"]}}
error:
  description: The call that failed, with C(action), C(code), C(message), C(http_status), C(request_id) and C(hint).
  returned: on failure of a call
  type: dict
"""

from ansible_collections.alicloud.security_center.plugins.module_utils._module import run_module
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.notes import run

OPTIONS = {
    "security_event_id": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "note": {"type": "str"},
    "note_id": {"type": "str"},
    "resource_directory_account_id": {"type": "str"},
}


def main() -> None:
    run_module(
        run,
        OPTIONS,
        writes=True,
        required_if=[("state", "present", ["note"]), ("state", "absent", ["note", "note_id"], True)],
        mutually_exclusive=[["note", "note_id"]],
    )


if __name__ == "__main__":
    main()
