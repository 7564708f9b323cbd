#!/usr/bin/python
# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: security_event_report
version_added: 0.1.0
author:
  - alicloud.security_center contributors (@alicloud-security-center)
short_description: Report what became of Alibaba Cloud Security Center alerts
description:
  - Writes a report as a page (HTML), as data (JSON) and as a table with one row an alert (CSV).
  - With a plan, it tells what was open, which rule chose what, and, with the journal, what became of each alert, and how to take
    it back. Every alert that a rule chose is read again, and the report says where the service shows something else than what
    was told.
  - With O(time_start), it tells which alerts were handled in a past period, by the service's own handling times.
  - The page needs nothing else. It has no script, and loads nothing from the network. It can be read on a phone and printed.
  - In the table no cell is a formula. Line breaks and control characters are shown as escapes, and an apostrophe stands before
    what a spreadsheet would calculate. The JSON has the texts as they are.
  - The page lists up to 100 alerts of each outcome, the most serious first; the other two files have all of them.
  - Files are readable for their owner only. They are replaced whole, and only when they would tell something else.
  - When the environment variable E(SECURITY_CENTER_PLAN_KEY) is set, the plan must be signed with that key. Without it, only the
    plan's digest is checked.
  - The API call is C(DescribeSuspEvents).
extends_documentation_fragment:
  - alicloud.security_center.connection
  - alicloud.security_center.member
  - alicloud.security_center.attributes
attributes:
  check_mode:
    support: full
    details:
      - In check mode no file is written.
  diff_mode:
    support: N/A
    details:
      - This module changes nothing but the files of the report.
  idempotent:
    support: full
    details:
      - A report is written again when it would tell something else than the one that is there. A period without an end is
        another one each time.
options:
  report_directory:
    description:
      - Where the files of the report are made. The directory must exist.
      - They are called after the plan, such as C(20261122T090000Z-1a2b3c4d.html), or after the period, such as
        C(period-20261101T000000Z-20261201T000000Z-5e6f7a8b.html), whose last part is another one for another endpoint, member
        account or language. The credentials are not part of it, so give each account that has its own a directory of its own.
    type: path
    required: true
  plan_file:
    description: The plan to report on, as M(alicloud.security_center.security_event_plan) wrote it.
    type: path
  plan_id:
    description: The id of the plan to report on, which is in O(plan_directory).
    type: str
  plan_directory:
    description: Where the plan O(plan_id) is.
    type: path
  packed:
    description: The plan as the one text that M(alicloud.security_center.security_event_plan) returns when asked to pack it.
    type: str
  journal_file:
    description:
      - The journal of M(alicloud.security_center.security_event_apply). It may tell of other plans as well.
      - Without it, or when it tells nothing of the plan, the report is that of a plan that was not carried out.
    type: path
  time_start:
    description:
      - Report on the alerts that were handled at this time or later. ISO 8601 with a zone, milliseconds since 1970, or a
        duration before now such as V(24h).
    type: str
  time_end:
    description: Report on the alerts that were handled at this time or earlier. Written as O(time_start). By default now.
    type: str
  resource_directory_account_id:
    description:
      - Report on this member account of the resource directory.
      - A plan names its account. An account that is given as well must be the same.
    type: str
  lang:
    description: The language of the alerts' texts in the report of a period. A plan has its texts.
    type: str
    choices: [en, zh]
    default: en
seealso:
  - module: alicloud.security_center.security_event_plan
  - module: alicloud.security_center.security_event_apply
  - module: alicloud.security_center.revert_security_events
  - module: alicloud.security_center.security_event_info
"""

EXAMPLES = r"""
- name: Make a place for reports
  ansible.builtin.file:
    path: "{{ playbook_dir }}/reports"
    state: directory
    mode: "0700"

- name: Plan what is to be done about the open alerts
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
    plan_directory: "{{ playbook_dir }}/reports"
  register: planned

- name: Carry it out
  alicloud.security_center.security_event_apply:
    region_id: cn-shanghai
    plan_file: "{{ planned.plan.plan_file }}"
    digest: "{{ planned.plan.digest }}"
    journal_file: "{{ playbook_dir }}/reports/journal.jsonl"
    on_refused: ignore

- name: Report what became of it
  alicloud.security_center.security_event_report:
    region_id: cn-shanghai
    plan_file: "{{ planned.plan.plan_file }}"
    journal_file: "{{ playbook_dir }}/reports/journal.jsonl"
    report_directory: "{{ playbook_dir }}/reports"
  register: response

- name: Stop where the service shows something else than what was told
  ansible.builtin.assert:
    that: response.report.disagreements == 0

- name: Report what was handled in the last seven days
  alicloud.security_center.security_event_report:
    region_id: cn-shanghai
    time_start: 7d
    report_directory: "{{ playbook_dir }}/reports"
  register: week

- name: Say where the reports are
  ansible.builtin.debug:
    msg: "{{ response.files.html }} and {{ week.files.html }}"
"""

RETURN = r"""
files:
  description: Where the files are; in check mode where they would be.
  returned: success
  type: dict
  contains:
    html:
      description: The page.
      type: str
    json:
      description: The data.
      type: str
    csv:
      description: The table.
      type: str
report:
  description: What the report comes to.
  returned: success
  type: dict
  contains:
    kind:
      description:
        - V(plan) when nothing was carried out, V(response) with what the journal tells, V(period) for a past period.
      type: str
    name:
      description: The name of the files.
      type: str
    open:
      description: How many alerts were open when the plan was made, of those that it was to look at. Null for a period.
      type: int
    alerts:
      description: How many alerts the report tells of.
      type: int
    matched:
      description: How many of them a rule chose. All of them in a period.
      type: int
    unmatched:
      description: How many of them no rule chose.
      type: int
    outcomes:
      description: How many alerts ended as V(handled), V(unchanged), V(refused), V(failed), V(unknown) or V(planned).
      type: dict
    rules:
      description: The rules that chose alerts, each with C(name), C(approval), C(operation_code), C(count) and C(outcomes).
      type: list
      elements: dict
    left_for_approval:
      description: The rules that wait for an approval, each with C(name) and C(count).
      type: list
      elements: dict
    refusals:
      description: Why alerts were refused, each reason with C(error_code) and C(count).
      type: list
      elements: dict
    levels:
      description: For each level how many alerts there were (C(before)) and how many of them are open now (C(after)).
      type: list
      elements: dict
    containment:
      description:
        - The time from the first occurrence to the handling of the C(alerts) that were handled, as C(median_seconds),
          C(p90_seconds) and a C(histogram); C(without_time) are those of which a time is not known.
      type: dict
    disagreements:
      description: How many alerts the service shows in another status than what was told leads to.
      type: int
disagreements:
  description:
    - The first 200 alerts that the service shows in another status than what was told of them leads to.
    - Each has C(security_event_id), C(rule), C(outcome), C(event_status_after), C(event_status_now) and C(disagreement).
  returned: success
  type: list
  elements: dict
error:
  description: The call that failed, with C(action), C(code), C(message), C(http_status), C(request_id) and C(hint).
  returned: on failure of a call
  type: dict
"""

from ansible_collections.alicloud.security_center.plugins.module_utils._module import run_module
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.response_report import run

OPTIONS = {
    "report_directory": {"type": "path", "required": True},
    "plan_file": {"type": "path"},
    "plan_id": {"type": "str"},
    "plan_directory": {"type": "path"},
    "packed": {"type": "str"},
    "journal_file": {"type": "path"},
    "time_start": {"type": "str"},
    "time_end": {"type": "str"},
    "resource_directory_account_id": {"type": "str"},
    "lang": {"type": "str", "choices": ["en", "zh"], "default": "en"},
}


def main() -> None:
    run_module(
        run,
        OPTIONS,
        large=("packed",),
        mutually_exclusive=[("plan_file", "plan_id", "packed", "time_start"), ("journal_file", "time_start")],
        required_one_of=[("plan_file", "plan_id", "packed", "time_start")],
        required_together=[("plan_id", "plan_directory")],
        required_by={"time_end": ["time_start"]},
    )


if __name__ == "__main__":
    main()
