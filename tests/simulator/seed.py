# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state that the simulator begins with: an account with two members, their servers, and some days of alerts."""

from __future__ import annotations

from .clock import Clock
from .parameters import PARAMETERS
from .seed_accounts import DB_1, OIDC_TOKEN, OWN_ACCOUNT, accounts, assets, keys, roles
from .seed_alerts import KILLED_ALERT, handmade, storm, whitelist_rules
from .seed_blocks import block_records, brute_force_records
from .state import QuarantinedFile, State

_HOUR_MS = 3_600_000


def seed_state(clock: Clock) -> State:
    """A fresh seed; its times count back from the clock's now."""
    now = clock.now_ms()
    read_actions = [action for action in PARAMETERS if action.startswith(("Describe", "List"))]
    killed_file = QuarantinedFile(
        id=800001,
        account_id=OWN_ACCOUNT,
        alert_id=KILLED_ALERT,
        uuid=DB_1,
        path="/tmp/.X11/kworkerds",
        md5="3f2b5c8d9e1a4f60b7c8d9e0f1a2b3c4",
        modified_ms=now - 20 * _HOUR_MS,
    )
    return State(
        accounts=accounts(),
        keys=keys(read_actions),
        assets=assets(),
        alerts=[*handmade(now), *storm(now)],
        quarantined_files=[killed_file],
        whitelist_rules=whitelist_rules(),
        block_records=block_records(now),
        brute_force_records=brute_force_records(now),
        roles=roles(),
        oidc_tokens=[OIDC_TOKEN],
        clock=clock,
    )
