# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""There and back: an alert for each operation that has a way back, and what of a state must be as it was."""

from __future__ import annotations

import json
from typing import Any

from simulator import Simulator
from simulator.seed_accounts import WEB_1
from simulator.state import State

_KILL = {"sub_operation": "killAndQuaraFileByMd5andPath"}
_FILE = {"sub_operation": "quaraFileByMd5andPath"}
_RULE = {"field": "cmdLine", "operate": "contains", "field_value": "/opt/backup", "uuid": "part"}

# 10015 has a rule of its own before; the others of 7000x are made by :func:`begin`.
HANDLINGS: list[dict[str, Any]] = [
    {"security_event_ids": ["10001"], "operation_code": "kill_and_quara", "operation_params": _KILL},
    {"security_event_ids": ["10002"], "operation_code": "quara"},
    {"security_event_ids": ["10003"], "operation_code": "block_ip", "operation_params": {"expire_in": "6h"}},
    {"security_event_ids": ["10005", "30001"], "operation_code": "ignore"},
    {"security_event_ids": ["10006", "10008"], "operation_code": "manual_handled"},
    {"security_event_ids": ["10015"], "operation_code": "advance_mark_mis_info", "mark_miss_param": [_RULE]},
    {"security_event_ids": ["70001"], "operation_code": "mark_mis_info"},
    {"security_event_ids": ["70002"], "operation_code": "virus_quara", "operation_params": _FILE},
    {"security_event_ids": ["70003"], "operation_code": "virus_quara_bin"},
]
IDS = [event_id for handling in HANDLINGS for event_id in handling["security_event_ids"]]
# The service has no call that opens these again: the file is restored, the block is lifted, the alert stays handled.
STAY_HANDLED = ["10001", "10002", "10003", "70002", "70003"]


def begin(simulator: Simulator) -> None:
    """Add the alerts of operations that the seed has none for."""
    simulator.add_alert(id=70001, uuid=WEB_1, operations=["mark_mis_info"])
    for row, code in ((70002, "virus_quara"), (70003, "virus_quara_bin")):
        details = {"path": f"/tmp/virus-{row}", "md5": f"{row:032d}"}
        simulator.add_alert(id=row, uuid=WEB_1, operations=[code], details=details)


def parts_that_count(state: State) -> str:
    """What a way back has to restore: statuses, whitelist rules, blocks in force, files that are not where they were."""
    rules = {
        (rule.event_type, rule.event_name, rule.field, rule.operate, rule.field_value, rule.uuid)
        for rule in state.whitelist_rules
    }
    blocks = {(one.block_ip, one.bound, *sorted(one.enabled_uuids)) for one in state.block_records if one.enabled}
    away = {(file.uuid, file.path, file.md5) for file in state.quarantined_files if file.status != "rollbackDone"}
    parts = {
        "statuses": {alert.id: alert.status for alert in state.alerts if str(alert.id) not in STAY_HANDLED},
        "whitelist_rules": sorted(rules),
        "blocks": sorted(blocks),
        "files away": sorted(away),
    }
    return json.dumps(parts, indent=1)
