# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of operations in the guide is the catalogue."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.operations import (
    OPERATIONS,
    STATUS_NAMES,
)

_GUIDE = Path(__file__).parents[4] / "docs" / "docsite" / "rst" / "guide_take_it_back.rst"


def _table() -> list[list[str]]:
    rows = re.findall(r"^   \* - ?(.*(?:\n     -.*)*)", _GUIDE.read_text(encoding="utf-8"), re.M)
    return [[cell.strip().strip("`") for cell in re.split(r"\n     -", row)] for row in rows]


def test_the_table_of_the_guide_is_the_catalogue():
    assert _table()[1:] == [
        [
            operation.code,
            operation.does,
            " or ".join(STATUS_NAMES[status] for status in operation.leads_to),
            "; ".join(operation.needs),
            "yes" if operation.destructive else "",
            operation.undone_by,
            operation.lost,
        ]
        for operation in OPERATIONS.values()
    ]
