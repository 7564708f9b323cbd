# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What custom_block_record_info does: filters in, the records of blocked addresses out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._openapi.client import OpenApiClient
from .._openapi.errors import OptionError
from .blocks import STATUSES, address_of, read_block_records, read_brute_force_records, read_instances
from .report import Report

CUSTOM, BRUTE_FORCE = "custom", "brute_force"
KINDS = (CUSTOM, BRUTE_FORCE)


def run(client: OpenApiClient, options: Mapping[str, Any], _report: Report) -> dict[str, Any]:
    """Options of custom_block_record_info in, its result out. Raises SecurityCenterError."""
    given = options.get("address")
    address = None if given is None else address_of(given)
    status = {name: code for code, name in STATUSES.items()}.get(options.get("status") or "")
    kinds = KINDS if options.get("kinds") is None else options["kinds"]
    if not kinds:
        raise OptionError(f"kinds is empty: name {' or '.join(KINDS)}, or remove it")
    if options.get("details") and CUSTOM not in kinds:
        raise OptionError("details are told of custom block records: add custom to kinds, or remove details")
    custom = read_block_records(client, address, status) if CUSTOM in kinds else []
    if options.get("details"):
        instances = client.at_once(lambda record: read_instances(client, record), custom)
        custom = [{**record, "instances": told} for record, told in zip(custom, instances)]
    brute_force = read_brute_force_records(client, address, status) if BRUTE_FORCE in kinds else []
    return {
        "changed": False,
        "custom_block_records": custom,
        "brute_force_records": brute_force,
        "total_count": len(custom) + len(brute_force),
    }
