# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What alert_whitelist_rule does: one rule is there, or it is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._openapi.client import OpenApiClient
from .._openapi.errors import ApiError, OptionError, SecurityCenterError
from .._openapi.text import printable
from .alerts import Record, record_of
from .assets import find_assets
from .changes import Changes
from .guarding import protected_servers
from .guardrails import GuardRails, guard_rails
from .listing import list_alerts
from .offers import WHITELISTING, read_offers, read_rule_sources, rule_sources
from .regexes import LONGEST
from .report import Report
from .whitelist import ALL, FIELDS, KEYS, delete_rules, find_rule, insert_rule, read_rules, same_rule
from .whitelist_checks import Rule, is_of_kind, matches, too_broad, unfit, wanted_id, wanted_rule

_MOST_COMPARED = 50  # each costs a call
_MOST_LISTED = 5000
_ALERT_FIELDS = (
    "id",
    "security_event_ids",
    "name",
    "alarm_event_name",
    "alarm_event_name_display",
    "alarm_event_type",
    "alarm_event_type_display",
    "event_sub_type",
    "instance_name",
    "uuid",
)


def run(client: OpenApiClient, options: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Options of alert_whitelist_rule in, its result out. Raises SecurityCenterError before anything is sent."""
    rails = guard_rails(options, report.environ)
    changes = Changes(client, report, rails)
    rule_id = wanted_id(options)
    if options["state"] == "absent":
        return _absent(client, rule_id, None if rule_id else wanted_rule(options), changes, report)
    rule = wanted_rule(options)
    _check(rule, rails, bool(options.get("allow_broad")))
    return _present(client, rule, rails, changes, report)


def _check(rule: Rule, rails: GuardRails, allow_broad: bool) -> None:
    """What can be said against a new rule without asking the service. Raises :class:`OptionError`."""
    if WHITELISTING not in rails.allowed_operations:
        allowed = ", ".join(sorted(rails.allowed_operations)) or "none"
        raise OptionError(f"a rule needs {WHITELISTING} in allowed_operations: allowed are {allowed}")
    if rule["uuid"] == ALL and rails.protected_assets:
        raise OptionError("uuid ALL covers the assets in protected_assets too: make a rule for each server's uuid")
    broad = too_broad(rule)
    if broad and not allow_broad:
        raise OptionError(f"the rule is broad: {'; '.join(broad)} - make it narrower, or set allow_broad: true")


def _present(client: OpenApiClient, rule: Rule, rails: GuardRails, changes: Changes, report: Report) -> dict[str, Any]:
    found = find_rule(client, rule)
    if found:
        return changes.result({"alert_whitelist_rule": found[0]}, _shown(rule), _shown(rule), report)
    _ask(client, rule, rails)
    result: dict[str, Any] = {"alert_whitelist_rule": None, **_matched(client, rule)}
    try:
        made = insert_rule(client, changes, rule)
    except SecurityCenterError as error:
        return changes.failure(error, result)
    result["alert_whitelist_rule"] = made or {**dict.fromkeys(field.name for field in FIELDS), **rule}
    return changes.result(result, {}, _shown(rule), report)


def _absent(
    client: OpenApiClient, rule_id: str | None, rule: Rule | None, changes: Changes, report: Report
) -> dict[str, Any]:
    # Taking a rule away only brings alerts back, so no guard rail but the time is asked.
    found = [one for one in read_rules(client) if (same_rule(one, rule) if rule else one["id"] == rule_id)]
    if found:
        try:
            delete_rules(client, changes, found)
        except SecurityCenterError as error:
            return changes.failure(error, {"alert_whitelist_rule": found[0]})
    return changes.result({"alert_whitelist_rule": None}, _shown(found[0]) if found else {}, {}, report)


def _shown(rule: Mapping[str, Any]) -> Record:
    return {key: rule[key] for key in KEYS}


def _ask(client: OpenApiClient, rule: Rule, rails: GuardRails) -> None:
    """Refuse a rule for a server that is not there or is protected, or that its kind of alert can't have."""
    uuid = rule["uuid"]
    if uuid != ALL:
        if uuid not in find_assets(client, [uuid], None):
            raise OptionError(f"uuid {printable(uuid)} is no server of this account: give a server's uuid, or ALL")
        for reason in protected_servers(client, rails, [uuid]).values():
            raise OptionError(f"no rule is made for {printable(uuid)}: {reason}")
    reason = unfit(rule, read_rule_sources(client, rule))
    if reason:
        raise OptionError(reason)


def _matched(client: OpenApiClient, rule: Rule) -> dict[str, Any]:
    """The open alerts that ``rule`` matches as far as that can be told here. Raises ApiError."""
    query = {"Dealed": "N", "Lang": "en", "Uuids": None if rule["uuid"] == ALL else rule["uuid"]}
    listed, total = list_alerts(client, query, limit=_MOST_LISTED, make=lambda row: record_of(row, _ALERT_FIELDS))
    kinds = [(alert, is_of_kind(rule, alert)) for alert in listed]
    of_kind = [alert for alert, fits in kinds if fits]
    read = client.at_once(lambda alert: _values(client, rule, alert), of_kind[:_MOST_COMPARED])
    there = [(alert, own) for alert, own in zip(of_kind, read) if own is not _GONE]
    known = [(alert, own) for alert, own in there if own is not None]
    told = matches(rule, [own for _alert, own in known])
    found = [_match(alert, own) for (alert, own), hit in zip(known, told) if hit]
    complete = (
        len(listed) >= total
        and len(of_kind) <= _MOST_COMPARED
        and len(known) == len(there)
        and None not in told
        # Only the first event of each is asked for: of an alert with more of them a no says nothing of the others.
        and all(hit or len(alert["security_event_ids"]) == 1 for (alert, _own), hit in zip(known, told))
        and all(fits is not None for _alert, fits in kinds)
    )
    return {"matches": found, "matches_count": len(found), "matches_complete": complete}


_GONE = ["gone"]  # told by identity: an attacker may write the same


def _values(client: OpenApiClient, rule: Rule, alert: Record) -> list[str] | None:
    """The alert's own values of the rule's field; None when the service does not tell them."""
    if not alert["security_event_ids"]:
        return None
    try:
        offers = read_offers(client, alert["security_event_ids"][0], "en")
    except ApiError as error:
        if error.code != "SecurityEventNotExists":
            raise
        return _GONE
    if not any(offer["operation_code"] == WHITELISTING for offer in offers):
        return None
    sources = [source for offer in offers for source in rule_sources(offer) if source["field"] == rule["field"]]
    return None if any(source["field_value"] is None for source in sources) else [s["field_value"] for s in sources]


def _match(alert: Record, values: list[str]) -> Record:
    shown = {name: alert[name] for name in ("id", "security_event_ids", "name", "instance_name", "uuid")}
    return {**shown, "value": values[0][:LONGEST]}
