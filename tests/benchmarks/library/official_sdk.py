# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same one call as bare.py, by the official SDK."""

from __future__ import annotations

from urllib.parse import urlsplit

from alibabacloud_sas20181203.client import Client
from alibabacloud_sas20181203.models import HandleSecurityEventsRequest
from alibabacloud_tea_openapi.models import Config
from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "endpoint": {"type": "str", "required": True},
            "access_key_id": {"type": "str", "required": True, "no_log": False},
            "access_key_secret": {"type": "str", "required": True, "no_log": True},
            "ca_path": {"type": "path"},
            "operation_code": {"type": "str", "required": True},
            "security_event_id": {"type": "str", "required": True},
        }
    )
    options = module.params
    address = urlsplit(options["endpoint"])
    client = Client(
        Config(
            access_key_id=options["access_key_id"],
            access_key_secret=options["access_key_secret"],
            endpoint=address.netloc,
            protocol=address.scheme.upper(),
            ca=options["ca_path"],
        )
    )
    request = HandleSecurityEventsRequest(
        operation_code=options["operation_code"], security_event_ids=[options["security_event_id"]]
    )
    answer = client.handle_security_events(request)
    module.exit_json(changed=True, task_id=answer.body.handle_security_events_response.task_id)


if __name__ == "__main__":
    main()
