# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The seed's blocks: a custom record that somebody made in the console, and two of the service's own."""

from __future__ import annotations

from .seed_accounts import OWN_ACCOUNT, WEB_1, WEB_2
from .state import BlockRecord, BruteForceRecord

CONSOLE_ADDRESS = "198.51.100.200"
BRUTE_FORCE_ADDRESS = "192.0.2.99"
_HOUR_MS = 3_600_000


def block_records(now: int) -> list[BlockRecord]:
    """One in force on two servers; who made it, and why, nobody knows."""
    servers = [WEB_1, WEB_2]
    record = BlockRecord(700001, OWN_ACCOUNT, CONSOLE_ADDRESS, now + 30 * 24 * _HOUR_MS, uuids=servers, enabled=True)
    record.enabled_uuids = list(servers)
    return [record]


def brute_force_records(now: int) -> list[BruteForceRecord]:
    """One that blocks, and one of yesterday that has expired."""
    return [
        BruteForceRecord(710001, OWN_ACCOUNT, BRUTE_FORCE_ADDRESS, WEB_1, now + 5 * _HOUR_MS),
        BruteForceRecord(710002, OWN_ACCOUNT, BRUTE_FORCE_ADDRESS, WEB_2, now - 20 * _HOUR_MS, enabled=False),
    ]
