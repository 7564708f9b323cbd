#!/usr/bin/python
# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: monitor_account_info
version_added: 0.1.0
author:
  - alicloud.security_center contributors (@alicloud-security-center)
short_description: List the member accounts that Alibaba Cloud Security Center manages
description:
  - Lists the member accounts whose alerts and servers the caller's account may see and handle. The caller's own account is
    not among them.
  - An account that has left the resource directory may still be listed. Calls on it are refused.
  - The API call is C(DescribeMonitorAccounts).
extends_documentation_fragment:
  - alicloud.security_center.connection
  - alicloud.security_center.attributes
  - alicloud.security_center.attributes.info
options: {}
seealso:
  - module: alicloud.security_center.security_event_info
  - module: alicloud.security_center.asset_info
"""

EXAMPLES = r"""
- name: List the member accounts
  alicloud.security_center.monitor_account_info:
    region_id: cn-shanghai
  register: members

- name: Show those on the free edition, where alerts can't be handled
  ansible.builtin.debug:
    msg: "{{ members.accounts | selectattr('edition', 'equalto', 'free') | map(attribute='account_id') }}"
"""

RETURN = r"""
accounts:
  description: The member accounts.
  returned: success
  type: list
  elements: dict
  contains:
    account_id:
      description: The id of the member account.
      type: str
    sas_version:
      description: The edition of Security Center, as the service's number.
      type: int
    edition:
      description: The edition by name; null for a number that the reference does not name.
      type: str
    operator_uid:
      description: The account that added the member.
      type: str
    add_time:
      description: When the member was added.
      type: str
    add_time_stamp:
      description: When the member was added, in seconds since 1970, as the service tells it.
      type: int
    post_basic_service:
      description: Whether the basic service is on.
      type: bool
  sample:
    - account_id: "2234567890123456"
      sas_version: 3
      edition: enterprise
      operator_uid: "1234567890123456"
      add_time: "2025-01-01T00:00:00Z"
      add_time_stamp: 1735689600
      post_basic_service: false
total_count:
  description: How many member accounts there are.
  returned: success
  type: int
  sample: 1
error:
  description: The call that failed, with C(action), C(code), C(message), C(http_status), C(request_id) and C(hint).
  returned: on failure of the call
  type: dict
"""

from ansible_collections.alicloud.security_center.plugins.module_utils._module import run_module
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.monitor_account_info import run

OPTIONS = {}


def main() -> None:
    run_module(run, OPTIONS)


if __name__ == "__main__":
    main()
