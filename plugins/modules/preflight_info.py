#!/usr/bin/python
# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight_info
version_added: 0.1.0
author:
  - alicloud.security_center contributors (@alicloud-security-center)
short_description: Tell what works with Alibaba Cloud Security Center before it is needed
description:
  - Tells who calls and by which login, how far this machine's clock is off, which edition there is, which read permissions
    are there and which are missing, which data planes answer and which member accounts.
  - Only reads, one small call of each action. An action that wants the id of an alert is asked for one that does not exist.
  - Fails only when nothing can work, because the login is refused or no data plane answers. RV(table) says why.
  - The API calls are C(GetCallerIdentity) of STS, C(DescribeVersionConfig), and those of the policy I(Read) in the guide
    I(Permissions), but for C(AdvanceSecurityEventOperations).
extends_documentation_fragment:
  - alicloud.security_center.connection
  - alicloud.security_center.planes
  - alicloud.security_center.attributes
  - alicloud.security_center.attributes.info
options:
  accounts:
    description:
      - Ask these member accounts as well, on each data plane. V(all) stands for all members.
    type: list
    elements: str
seealso:
  - module: alicloud.security_center.verify_service_info
"""

EXAMPLES = r"""
- name: See what works
  alicloud.security_center.preflight_info:
    region_id: cn-shanghai
    accounts: all
  register: preflight

- name: Show it as a table
  ansible.builtin.debug:
    var: preflight.table
"""

RETURN = r"""
usable:
  description: Whether anything can work, with the login accepted and a data plane that answers.
  returned: always
  type: bool
identity:
  description: The caller, null when STS could not tell.
  returned: always
  type: dict
  contains:
    account_id:
      description: The id of the account.
      type: str
    arn:
      description: The name of the user or role.
      type: str
    identity_type:
      description: The kind of caller, such as V(RAMUser) or V(AssumedRoleUser).
      type: str
identity_error:
  description: Why the caller is not known, in the form of RV(error), else null.
  returned: always
  type: dict
credential_method:
  description: Where the credentials come from.
  returned: always
  type: str
  sample: environment
clock:
  description: This machine's clock against the service's.
  returned: always
  type: dict
  contains:
    skew:
      description: The seconds by which the service's clock is ahead of this machine's; null when no answer told the time.
      type: int
    limit:
      description: The seconds that the service accepts.
      type: int
    ok:
      description: Whether the clock is within the limit; null when that is not known.
      type: bool
data_planes:
  description: The data planes that were asked.
  returned: always
  type: list
  elements: dict
  contains:
    data_plane:
      description: The name, null for an endpoint that does not tell.
      type: str
    answers:
      description: Whether the service answers there, not only a gateway or proxy, and accepts the login.
      type: bool
    edition:
      description: The edition of Security Center by name; null for a number that the reference does not name.
      type: str
    version:
      description: The edition, as the service's number.
      type: int
    error:
      description: Why it does not answer, in the form of RV(error), else null.
      type: dict
    permissions:
      description: The read permissions, by the name of their action.
      type: list
      elements: dict
      contains:
        action:
          description: The action.
          type: str
        status:
          description: V(granted), V(missing), V(unknown) or V(not probed).
          type: str
        reason:
          description: The sentence behind it, empty for one that is granted.
          type: str
accounts:
  description: The member accounts that were asked, on each data plane.
  returned: always
  type: list
  elements: dict
  contains:
    data_plane:
      description: The data plane.
      type: str
    resource_directory_account_id:
      description: The member; null when the members could not be listed.
      type: str
    total_count:
      description: How many open alerts it has, null when it does not answer.
      type: int
    error:
      description: Why it does not answer, in the form of RV(error), else null.
      type: dict
policy:
  description: A RAM policy that grants what is missing, null when nothing is.
  returned: always
  type: dict
next_steps:
  description: What to do next.
  returned: always
  type: list
  elements: str
table:
  description: All of it as lines for a person.
  returned: always
  type: list
  elements: str
error:
  description: The call that failed, with C(action), C(code), C(message), C(http_status), C(request_id) and C(hint).
  returned: when nothing can work
  type: dict
"""

from ansible_collections.alicloud.security_center.plugins.module_utils._module import run_module
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.preflight import run

OPTIONS = {"accounts": {"type": "list", "elements": "str"}}


def main() -> None:
    run_module(run, OPTIONS, planes=True)


if __name__ == "__main__":
    main()
