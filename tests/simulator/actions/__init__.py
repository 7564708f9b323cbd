# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the service does: one function for each action, ``(state, account, parameters) -> answer``.

``account`` is the caller's, ``parameters`` are typed (see ``parameters.py``), the answer lacks only the RequestId.
A call that is refused raises ApiFault.
"""

from __future__ import annotations

from . import accounts, blocks, notes, quarantine, similar, whitelist
from .assets import describe_cloud_center_instances
from .common import Action
from .handling import describe_security_event_operation_status, handle_security_events
from .listing import describe_nsas_susp_event_type, describe_susp_event_detail, describe_susp_events
from .operations import describe_security_event_operations

ACTIONS: dict[str, Action] = {
    "HandleSecurityEvents": handle_security_events,
    "DescribeSuspEvents": describe_susp_events,
    "DescribeSuspEventDetail": describe_susp_event_detail,
    "DescribeSecurityEventOperations": describe_security_event_operations,
    "DescribeSecurityEventOperationStatus": describe_security_event_operation_status,
    "DescribeNsasSuspEventType": describe_nsas_susp_event_type,
    "DescribeCloudCenterInstances": describe_cloud_center_instances,
    **accounts.ACTIONS,
    **notes.ACTIONS,
    **similar.ACTIONS,
    **quarantine.ACTIONS,
    **blocks.ACTIONS,
    **whitelist.ACTIONS,
}
