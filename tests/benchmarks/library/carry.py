# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Returns as many copies of a record as are asked for, each with an id of its own: what Ansible needs to carry them."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    module = AnsibleModule(
        argument_spec={"record": {"type": "dict", "required": True}, "count": {"type": "int", "required": True}}
    )
    record, first = module.params["record"], 1_000_000
    module.exit_json(records=[{**record, "id": str(first + number)} for number in range(module.params["count"])])


if __name__ == "__main__":
    main()
