# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What monitor_account_info does: the member accounts out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._openapi.client import OpenApiClient
from .members import list_members
from .report import Report


def run(client: OpenApiClient, _options: Mapping[str, Any], _report: Report) -> dict[str, Any]:
    """No options in; ``accounts`` and their count out. Raises ApiError."""
    accounts = list_members(client)
    return {"changed": False, "accounts": accounts, "total_count": len(accounts)}
