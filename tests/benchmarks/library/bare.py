# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a sensible person writes who needs one call: a signature, requests, an answer. Nothing is read or followed."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from ansible.module_utils.basic import AnsibleModule


def signed(query: str, options: dict[str, Any]) -> dict[str, str]:
    """The headers of a signed POST of this query."""
    body_hash = hashlib.sha256(b"").hexdigest()
    headers = {
        "host": urlsplit(options["endpoint"]).netloc,
        "x-acs-action": "HandleSecurityEvents",
        "x-acs-content-sha256": body_hash,
        "x-acs-date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": uuid.uuid4().hex,
        "x-acs-version": "2018-12-03",
    }
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical = f"POST\n/\n{query}\n{lines}\n{names}\n{body_hash}"
    to_sign = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(options["access_key_secret"].encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    key = options["access_key_id"]
    headers["Authorization"] = f"ACS3-HMAC-SHA256 Credential={key},SignedHeaders={names},Signature={signature}"
    return headers


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
    query = urlencode({"OperationCode": options["operation_code"], "SecurityEventIds.1": options["security_event_id"]})
    answer = requests.post(
        f"{options['endpoint']}/?{query}",
        headers=signed(query, options),
        timeout=30,
        verify=options["ca_path"] or True,
    )
    if answer.status_code != 200:
        module.fail_json(msg=answer.text)
    module.exit_json(changed=True, task_id=answer.json()["HandleSecurityEventsResponse"]["TaskId"])


if __name__ == "__main__":
    main()
