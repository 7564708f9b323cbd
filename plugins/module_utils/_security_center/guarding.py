# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guard rails that turn on what the service knows of the account's servers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .._openapi.client import OpenApiClient
from .alerts import Record
from .assets import find_assets, owns_address
from .guardrails import OWN_ASSETS, GuardRails, blocked_by, protection


def protected_servers(
    client: OpenApiClient, rails: GuardRails, uuids: Iterable[str], known: Mapping[str, Record] | None = None
) -> dict[str, str]:
    """Those of the servers ``uuids`` that are protected, with the reason. Raises ApiError.

    ``known`` are their assets, when they have been read already.
    """
    if not rails.protected_assets:
        return {}
    wanted = list(dict.fromkeys(uuids))
    assets = find_assets(client, wanted, None) if known is None else known
    reasons = {uuid: protection(rails.protected_assets, _all_on(uuid, assets), assets.get(uuid)) for uuid in wanted}
    return {uuid: reason for uuid, reason in reasons.items() if reason}


def _all_on(uuid: str, assets: Mapping[str, Record]) -> Record:
    """What is done to a whole server, as an alert: on a node of a cluster that concerns the containers of any namespace."""
    asset = assets.get(uuid, {})
    in_cluster = asset.get("cluster_id") or asset.get("cluster_name")
    return {"uuid": uuid, "container_id": "any" if in_cluster else None}


def never_blocked(client: OpenApiClient, rails: GuardRails, address: str, account: str | None = None) -> str:
    """Why ``address`` may not be blocked, or an empty text. Raises ApiError."""
    reason = blocked_by(rails.never_block, address)
    if reason or OWN_ASSETS not in rails.never_block:
        return reason
    owned = owns_address(client, address, account)
    if owned is None:
        return f"never_block can't be checked: a server was found for {address}, and its addresses are not told"
    return f"{address} belongs to one of the account's own servers (never_block: {OWN_ASSETS})" if owned else ""
