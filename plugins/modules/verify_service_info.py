#!/usr/bin/python
# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: verify_service_info
version_added: 0.1.0
author:
  - alicloud.security_center contributors (@alicloud-security-center)
short_description: Tell how Alibaba Cloud Security Center behaves where no reference says it
description:
  - Some facts about the service are in no reference. This module looks at those that can be seen by reading, with the
    account's own alerts and servers, and says what to set where a fact is not as this collection takes it to be.
  - Only reads, with some twenty calls on each data plane. What only a handling would show is listed in RV(not_visible).
  - The API calls are C(DescribeSuspEvents), C(DescribeSecurityEventOperations), C(DescribeNsasSuspEventType),
    C(DescribeCloudCenterInstances) and C(DescribeMonitorAccounts).
extends_documentation_fragment:
  - alicloud.security_center.connection
  - alicloud.security_center.planes
  - alicloud.security_center.attributes
  - alicloud.security_center.attributes.info
options: {}
seealso:
  - module: alicloud.security_center.preflight_info
"""

EXAMPLES = r"""
- name: Look at how the service behaves
  alicloud.security_center.verify_service_info:
    region_id: cn-shanghai
  register: verified

- name: Show what to set
  ansible.builtin.debug:
    var: verified.to_set
"""

RETURN = r"""
data_planes:
  description: The data planes that were asked.
  returned: success
  type: list
  elements: dict
  contains:
    data_plane:
      description: The name, null for an endpoint that does not tell.
      type: str
    calls:
      description: How many calls it took.
      type: int
    error:
      description: Why it does not answer, in the form of RV(error), else null.
      type: dict
    facts:
      description: The facts.
      type: list
      elements: dict
      contains:
        name:
          description: The name of the fact.
          type: str
          sample: text_times
        statement:
          description: What this collection takes for true.
          type: str
        verdict:
          description: V(confirmed), V(refuted), or V(not seen) where the account has no example.
          type: str
        evidence:
          description: What was seen, in a sentence.
          type: str
        to_set:
          description: What to set or to do because of it, empty unless the fact is refuted.
          type: str
        asked:
          description: The calls behind it, each with C(action) and C(parameters).
          type: list
          elements: dict
not_visible:
  description: The facts that reading does not show, each with C(statement) and C(reason).
  returned: success
  type: list
  elements: dict
to_set:
  description: What to set, by the name of the refuted fact.
  returned: success
  type: dict
  sample: {}
table:
  description: All of it as lines for a person.
  returned: success
  type: list
  elements: str
error:
  description: The call that failed, with C(action), C(code), C(message), C(http_status), C(request_id) and C(hint).
  returned: on failure of a call
  type: dict
"""

from ansible_collections.alicloud.security_center.plugins.module_utils._module import run_module
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.verify_service import run

OPTIONS: dict = {}


def main() -> None:
    run_module(run, OPTIONS, planes=True)


if __name__ == "__main__":
    main()
