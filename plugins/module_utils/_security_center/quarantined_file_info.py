# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What quarantined_file_info does: filters in, the quarantined files that they leave out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._openapi.client import OpenApiClient
from .quarantine import matches, read_quarantined_files, wanted_of
from .report import Report


def run(client: OpenApiClient, options: Mapping[str, Any], _report: Report) -> dict[str, Any]:
    """Options of quarantined_file_info in, its result out. Raises SecurityCenterError."""
    wanted = wanted_of(options, ("status", "path", "md5", "uuid", "instance_name"))
    files = [file for file in read_quarantined_files(client, options.get("status")) if matches(file, wanted)]
    return {"changed": False, "quarantined_files": files, "total_count": len(files)}
