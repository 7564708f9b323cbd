# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What security_event_operation_info does: an alert in, what can be done about it out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._openapi.client import OpenApiClient
from .._openapi.errors import ApiError
from .alerts import Record
from .finding import check_ids, find_alerts
from .offers import attacker_addresses, operable, read_offers
from .report import Report
from .request import caller_address


def run(client: OpenApiClient, options: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Options of security_event_operation_info in, its result out. Raises SecurityCenterError."""
    given = check_ids("security_event_id", [options["security_event_id"]])[0]
    lang, source_ip = options.get("lang") or "en", caller_address(options.get("source_ip"))
    offers = _read(client, given, lang, source_ip)
    if not offers:
        report.warn(
            f"the service offers no operation for alert {given}: it may be expired, or be one that is not handled online"
        )
    return {
        "changed": False,
        "operations": offers,
        "operable": operable(offers),
        "attacker_addresses": attacker_addresses(offers),
        "total_count": len(offers),
    }


def _read(client: OpenApiClient, given: str, lang: str, source_ip: str | None) -> list[Record]:
    """By event id; an id that is no event's may be a row's."""
    try:
        return read_offers(client, given, lang, source_ip)
    except ApiError as error:
        if error.code != "SecurityEventNotExists":
            raise
        found = find_alerts(client, [given], {"Lang": lang, "SourceIp": source_ip})[given]
        if found.alert is None or found.event_ids == (given,):
            raise
        return read_offers(client, found.event_ids[0], lang, source_ip)
