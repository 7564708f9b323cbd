#!/usr/bin/python
# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: quarantined_file_info
version_added: 0.1.0
author:
  - alicloud.security_center contributors (@alicloud-security-center)
short_description: List the files that Alibaba Cloud Security Center has quarantined
description:
  - Lists the quarantined files of the account, and those that were restored or could not be.
  - The service filters by the status only. All files of that status are read, and the other options filter them here.
  - The address from which a file could be downloaded is never returned.
  - The service answers for the caller's own account only.
  - The API call is C(DescribeSuspEventQuaraFiles).
extends_documentation_fragment:
  - alicloud.security_center.connection
  - alicloud.security_center.attributes
  - alicloud.security_center.attributes.info
options:
  status:
    description:
      - Only files that stand so, in the API's spelling.
      - V(quaraDone) is in quarantine, V(quaraing) on its way into it, V(quaraFailed) was not quarantined.
      - V(rollbackDone) is restored, V(rollbacking) on its way back, V(rollbackFailed) could not be restored.
    type: str
    choices: [quaraDone, quaraing, quaraFailed, rollbackDone, rollbacking, rollbackFailed]
  path:
    description: Only files that were taken from just this path.
    type: str
  md5:
    description: Only files with this MD5 hash.
    type: str
  uuid:
    description: Only files of the server with this uuid.
    type: str
  instance_name:
    description: Only files of servers with this name.
    type: str
seealso:
  - module: alicloud.security_center.quarantined_file
"""

EXAMPLES = r"""
- name: List what is in quarantine
  alicloud.security_center.quarantined_file_info:
    region_id: cn-shanghai
    status: quaraDone
  register: quarantine

- name: Show each file with its server
  ansible.builtin.debug:
    msg: "{{ item.id }}: {{ item.path }} on {{ item.instance_name }}"
  loop: "{{ quarantine.quarantined_files }}"
  loop_control:
    label: "{{ item.id }}"

- name: Find a file on whatever server by its hash
  alicloud.security_center.quarantined_file_info:
    region_id: cn-shanghai
    md5: 3f2b5c8d9e1a4f60b7c8d9e0f1a2b3c4
"""

RETURN = r"""
quarantined_files:
  description: The quarantined files.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The id of the quarantined file.
      type: str
    status:
      description: How it stands, such as V(quaraDone) or V(rollbackDone).
      type: str
    path:
      description: The path from which the file was taken.
      type: str
    md5:
      description: The MD5 hash of the file.
      type: str
    modify_time:
      description: When the record last changed, ISO 8601 in UTC.
      type: str
    modify_time_stamp:
      description: The same in milliseconds since 1970.
      type: int
    event_name:
      description: The name of the alert for which the file was quarantined.
      type: str
    event_type:
      description: The type of that alert.
      type: str
    uuid:
      description: The uuid of the server.
      type: str
    instance_id:
      description: The id of the instance.
      type: str
    instance_name:
      description: The name of the instance.
      type: str
    ip:
      description: The server's address.
      type: str
    internet_ip:
      description: The server's public address.
      type: str
    intranet_ip:
      description: The server's private address.
      type: str
    tag:
      description: What the vendor calls the unique identifier of the event.
      type: str
total_count:
  description: The number of RV(quarantined_files).
  returned: success
  type: int
  sample: 1
error:
  description: The call that failed, with C(action), C(code), C(message), C(http_status), C(request_id) and C(hint).
  returned: on failure of a call
  type: dict
"""

from ansible_collections.alicloud.security_center.plugins.module_utils._module import run_module
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.quarantine import STATUSES
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.quarantined_file_info import (
    run,
)

OPTIONS = {
    "status": {"type": "str", "choices": list(STATUSES)},
    "path": {"type": "str"},
    "md5": {"type": "str"},
    "uuid": {"type": "str"},
    "instance_name": {"type": "str"},
}


def main() -> None:
    run_module(run, OPTIONS)


if __name__ == "__main__":
    main()
