#!/usr/bin/python
# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: quarantined_file
version_added: 0.1.0
author:
  - alicloud.security_center contributors (@alicloud-security-center)
short_description: Restore a file that Alibaba Cloud Security Center has quarantined
description:
  - Puts one quarantined file back to where it was taken from, and follows that to its end. This is the way back of the
    operations V(quara) and V(kill_and_quara) of M(alicloud.security_center.handle_security_events).
  - A process that was killed is not started again.
  - The service does not tell which file belongs to which alert. So a file is named by its id, or found by its path, its
    hash and its server. When several could be meant nothing is sent, and RV(candidates) tells them.
  - A file that is restored already is left alone. One that is on its way back is followed, and not restored twice.
  - Files that were restored already, and files whose quarantine failed, do not count while another one is found.
  - The service answers for the caller's own account only.
  - The API calls are C(DescribeSuspEventQuaraFiles) and C(RollbackSuspEventQuaraFile), and for O(whitelist_first)
    C(DescribeSuspEvents), C(AdvanceSecurityEventOperations), C(DescribeSecurityEventMarkMissList) and
    C(ModifySecurityEventMarkMissIndividually).
extends_documentation_fragment:
  - alicloud.security_center.connection
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
      - Shows the file's status before and after.
  idempotent:
    support: full
notes:
  - Of the guard rails only O(protected_assets) holds for the restoring. It is the way back, so no operation has to be in
    O(allowed_operations), but for O(whitelist_first).
options:
  state:
    description: V(restored) is the only state, the file is back on its server.
    type: str
    choices: [restored]
    default: restored
  quarantined_file_id:
    description: The file, by the id that M(alicloud.security_center.quarantined_file_info) tells.
    type: str
  path:
    description: The path from which the file was taken. All of O(path), O(md5) and O(uuid) that are given must match.
    type: str
  md5:
    description: The MD5 hash of the file.
    type: str
  uuid:
    description: The uuid of the server from which the file was taken.
    type: str
  whitelist_first:
    description:
      - Before the file is restored, make a whitelist rule that keeps it from being quarantined again, unless there is one.
      - The rule is for the file's server and for the kind of alert that tells of the file there. It turns on the file's
        MD5 hash, or on its path when such alerts can't be whitelisted by the hash.
      - When no alert tells of the file, or alerts of several kinds do, nothing is sent. Make the rule by hand then.
      - Needs C(advance_mark_mis_info) in O(allowed_operations).
      - A file that is restored already, or is on its way back, is left as it is, without a rule.
    type: bool
    default: false
  wait_timeout:
    description:
      - Seconds within which the file must be back. When it is not the task fails, and a later run follows it.
    type: float
    default: 300
seealso:
  - module: alicloud.security_center.quarantined_file_info
  - module: alicloud.security_center.handle_security_events
"""

EXAMPLES = r"""
- name: See in check mode which file would be restored
  alicloud.security_center.quarantined_file:
    region_id: cn-shanghai
    path: /tmp/.X11/kworkerds
    uuid: c94b8f10-2d7e-4b1a-8d55-7e6a9b0c3d11
  check_mode: true
  register: planned

- name: Show the call
  ansible.builtin.debug:
    var: planned.actions

- name: Restore a file that is known to be harmless, and do not quarantine it again
  alicloud.security_center.quarantined_file:
    region_id: cn-shanghai
    path: /tmp/.X11/kworkerds
    uuid: c94b8f10-2d7e-4b1a-8d55-7e6a9b0c3d11
    whitelist_first: true

- name: Restore a file by its id, unless it is on a web server
  alicloud.security_center.quarantined_file:
    region_id: cn-shanghai
    quarantined_file_id: "800001"
    protected_assets:
      - name: "web-*"
"""

RETURN = r"""
quarantined_file:
  description: The file as it is now. In check mode as it would be.
  returned: when one file was found
  type: dict
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
message:
  description: That the file is back, and that no process was started again.
  returned: when the file is back
  type: str
  sample: the file is back; no process was started again
whitelist_rule:
  description: The rule that was there or was made, with C(event_type), C(event_name), C(field), C(operate), C(field_value) and C(uuid).
  returned: when O(whitelist_first) is set and the file was in quarantine
  type: dict
candidates:
  description: The files that could be meant, 100 at most, as RV(quarantined_file).
  returned: when there are several
  type: list
  elements: dict
actions:
  description: The calls that wrote. In check mode the calls that would be made.
  returned: when the options were valid
  type: list
  elements: dict
  contains:
    action:
      description: The name of the call.
      type: str
    parameters:
      description: What it carried.
      type: dict
diff:
  description: The id, path, server and status of the file before and after.
  returned: in diff mode
  type: dict
  sample: {"before": {"id": "800001", "status": "quaraDone"}, "after": {"id": "800001", "status": "rollbackDone"}}
error:
  description: The call that failed, with C(action), C(code), C(message), C(http_status), C(request_id) and C(hint).
  returned: on failure of a call
  type: dict
"""

from ansible_collections.alicloud.security_center.plugins.module_utils._module import run_module
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.quarantined_file import run

OPTIONS = {
    "state": {"type": "str", "choices": ["restored"], "default": "restored"},
    "quarantined_file_id": {"type": "str"},
    "path": {"type": "str"},
    "md5": {"type": "str"},
    "uuid": {"type": "str"},
    "whitelist_first": {"type": "bool", "default": False},
    "wait_timeout": {"type": "float", "default": 300},
}
CHOICES = ("path", "md5", "uuid")


def main() -> None:
    run_module(
        run,
        OPTIONS,
        writes=True,
        required_one_of=[["quarantined_file_id", *CHOICES]],
        mutually_exclusive=[["quarantined_file_id", name] for name in CHOICES],
    )


if __name__ == "__main__":
    main()
