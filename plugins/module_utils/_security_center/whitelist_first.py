# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whitelist rule that keeps a restored file from being quarantined again."""

from __future__ import annotations

from typing import Any

from .._openapi.client import OpenApiClient
from .._openapi.text import printable
from .alerts import Record, record_of
from .changes import Changes, NotDone
from .listing import list_alerts
from .offers import read_rule_sources
from .quarantine import name_of
from .whitelist import ALL, insert_rule, read_rules, rule_kind, same_rule

_ALERT_FIELDS = ("uuid", "details", "alarm_event_type", "event_sub_type")
_BY_HAND = "nothing was sent: make the rule with alert_whitelist_rule first, and restore without whitelist_first"


def rule_for(client: OpenApiClient, file: Record) -> dict[str, Any]:
    """The rule that has the alerts for ``file`` on its server whitelisted: by its hash, else by its path.

    Which alert a file belongs to is not documented. It is looked for among the server's alerts, by path and hash; there
    must be one kind of them. Raises ApiError, and NotDone when the rule can't be told.
    """
    if not file["uuid"]:
        raise NotDone(f"the service does not tell the server of {name_of(file)}; {_BY_HAND}")
    alerts, _total = list_alerts(
        client, {"Lang": "en", "Uuids": file["uuid"]}, make=lambda row: record_of(row, _ALERT_FIELDS)
    )
    of_the_file = [alert for alert in alerts if alert["uuid"] == file["uuid"] and _tells_of(alert, file)]
    kinds = {tuple(rule_kind(alert).items()) for alert in of_the_file}
    if len(kinds) != 1:
        which = f"alerts of {len(kinds)} kinds tell" if kinds else "no alert on the server tells"
        raise NotDone(f"{which} of {name_of(file)}, so which kind to whitelist is not known; {_BY_HAND}")
    kind = dict(kinds.pop())
    if not all(kind.values()):
        raise NotDone(f"the service does not tell the kind of the alert for {name_of(file)}; {_BY_HAND}")
    sources = read_rule_sources(client, kind)
    comparable = {source["field"] for source in sources if "strEqual" in source["supported_operates"]}
    for field, value in (("md5", file["md5"]), ("filePath", file["path"])):
        if value and field in comparable:
            return {**kind, "field": field, "operate": "strEqual", "field_value": value, "uuid": file["uuid"]}
    raise NotDone(
        f"alerts of {' and '.join(map(printable, kind.values()))} can be whitelisted neither by the md5 nor by the path of "
        f"{name_of(file)}; {_BY_HAND}"
    )


def ensure_rule(client: OpenApiClient, changes: Changes, rule: dict[str, Any]) -> None:
    """Make ``rule``, unless it is there, for its server or for all. Raises ApiError, and NotDone when it does not stand."""
    enough = (rule, {**rule, "uuid": ALL})
    if not any(same_rule(wanted, found) for found in read_rules(client) for wanted in enough):
        insert_rule(client, changes, rule)


def _tells_of(alert: Record, file: Record) -> bool:
    """Whether the details of ``alert`` hold the path or the hash of ``file``, under whatever label."""
    values = [str(detail[name] or "").strip() for detail in alert["details"] for name in ("value", "value_display")]
    md5 = str(file["md5"] or "").lower()
    return any(value and (value == file["path"] or value.lower() == md5) for value in values)
