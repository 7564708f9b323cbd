# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What security_event_plan does: a policy and the open alerts in, what would be done about each out. Writes nothing to the service."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

from .._openapi.client import OpenApiClient
from .._openapi.errors import OptionError
from .._openapi.text import printable
from .alerts import Record, record_of
from .assets import find_assets
from .choosing import Case, Choosing
from .event_info import event_query, warn_of_unknown_types
from .finding import Found, check_ids, find_alerts, found_row
from .guardrails import guard_rails
from .listing import list_alerts
from .outcomes import PLANNED
from .plan import REFUSED, UNCHANGED
from .plan_file import new_id, packed, sealed, signing_key, write_plan
from .plan_lines import FIELDS, line_of
from .policy import Policy, first_match, found_in_any_name, read_policy, turns_on_servers, unreachable
from .report import Report, once
from .request import MOST_ASKED_EACH
from .results import actions_of, compacted
from .runs import KEY_VARIABLE, job_id, user_of
from .saved_files import tidier
from .service import endpoint_of
from .times import iso, parse_duration

DEFAULT_VALIDITY = "1h"


def run(client: OpenApiClient, options: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Options of security_event_plan in, its result out. Raises SecurityCenterError."""
    report = report._replace(warn=once(report.warn))
    rails = guard_rails(options, report.environ)
    key = signing_key(report.environ)
    directory = _directory(options)
    _check_filters(options)
    query = event_query({**options, "dealed": False, "lang": options.get("lang") or "en"}, time.time())
    policy = read_policy(options, time.time())
    ids = check_ids("security_event_ids", options.get("security_event_ids") or [])
    valid_for = parse_duration("valid_for", options.get("valid_for") or DEFAULT_VALIDITY)
    about = _about(options, report, policy, query)

    read_at = time.monotonic()
    found, open_count = _read(client, ids, query)
    for one in found.values():
        if one.reason:
            report.warn(one.reason)
    _warn(client, policy, query, key, report)
    now = int(client.now() * 1000)
    about.update(_moment(now, now + valid_for), open_count=open_count)
    cases = _cases(client, policy, found, now, about, options, report)
    # When the calls may be made is for the task that makes them.
    choosing = Choosing(client, options, rails._replace(time_windows=()), now / 1000, report.warn)
    groups = choosing.choose(cases, read_at, ask=len(cases) <= MOST_ASKED_EACH)
    choosing.limit(groups)
    for group in groups:
        group.make_calls(client, report.warn)
    rows = {row["security_event_id"]: row for group in groups for row in group.rows(check_mode=True)}
    events = [rows[given] for given in found if given in rows]
    _warn_of_limits(events, report)
    about["rules"] = _rules(policy, events)

    chosen = {case.given: case for case in cases}
    tidy = tidier(client)
    lines = [line_of(given, one, chosen.get(given), rows.get(given), tidy) for given, one in found.items()]
    content, digest = sealed(tidy(about), lines, key)
    path = None
    if directory is not None and not report.check_mode:
        path = write_plan(directory, about["plan_id"], content)
    told = {name: about[name] for name in ("plan_id", "created", "valid_until", "policy_digest", "rules")}
    plan = {**told, "digest": digest, "signed": key is not None, "plan_file": path}
    if options.get("pack"):
        plan["packed"] = packed(content)
    unmatched = [given for given in found if given not in rows]
    count = Counter(event["outcome"] for event in events)
    return {
        "changed": False,
        "plan": plan,
        "events": compacted(events),
        "summary": {
            "open": open_count,
            "matched": len(events),
            "unmatched": len(unmatched),
            **{outcome: count[outcome] for outcome in (PLANNED, UNCHANGED, REFUSED)},
            "need_approval": sum(event["approval"] and event["outcome"] == PLANNED for event in events),
        },
        "unmatched": unmatched,
        "actions": [action for group in groups for action in actions_of(group.run, check_mode=True)],
    }


def _directory(options: Mapping[str, Any]) -> str | None:
    directory: str | None = options.get("plan_directory")
    if directory is not None and not os.path.isdir(directory):
        raise OptionError(f"plan_directory {printable(directory, 1000)} is not a directory: make it, or name another")
    return directory


def _check_filters(options: Mapping[str, Any]) -> None:
    """A filter that came out empty would stand for all alerts. Raises OptionError."""
    for name in ("security_event_ids", "levels", "uuids", "asset_name", "time_start"):
        given = options.get(name)
        if given is not None and not (given.strip() if isinstance(given, str) else given):
            raise OptionError(
                f"{name} is empty, which would stand for all open alerts: give what to look at, or remove it"
            )


def _about(options: Mapping[str, Any], report: Report, policy: Policy, query: Mapping[str, Any]) -> dict[str, Any]:
    """What a plan says of itself before an alert is read. Raises OptionError."""
    return {
        "created_by": user_of(report.environ),
        "job_id": job_id(report.environ),
        "endpoint": endpoint_of(options),
        "resource_directory_account_id": query.get("ResourceDirectoryAccountId"),
        "lang": query["Lang"],
        "policy_digest": policy.digest,
        "policy_file": options.get("policy_file"),
        "query": dict(query),
    }


def _moment(now: int, until: int) -> dict[str, Any]:
    """When the plan is made and until when it is valid, given in milliseconds by the service's clock."""
    created = str(iso(now))
    return {
        "plan_id": new_id(created),
        "created": created,
        "created_stamp": now,
        "valid_until": iso(until),
        "valid_until_stamp": until,
    }


def _read(client: OpenApiClient, ids: list[str], query: Mapping[str, Any]) -> tuple[dict[str, Found], int]:
    """The alerts that are looked at, by id, and how many are open as far as that was asked. Raises ApiError."""
    if ids:
        found = find_alerts(client, ids, {name: value for name, value in query.items() if name != "Dealed"}, FIELDS)
        return found, len(found)
    records, count = list_alerts(client, query, make=lambda row: record_of(row, FIELDS))
    return {str(record["id"]): found_row(str(record["id"]), record) for record in records}, count


def _warn(client: OpenApiClient, policy: Policy, query: Mapping[str, Any], key: bytes | None, report: Report) -> None:
    for sentence in (*unreachable(policy), *found_in_any_name(policy)):
        report.warn(sentence)
    types = dict.fromkeys(one for rule in policy.rules for one in rule.match.get("event_types", ()))
    if types:
        warn_of_unknown_types(client, "event_types", types, query, report)
    unsigned = [rule.name for rule in policy.rules if rule.approval] if key is None else []
    if unsigned:
        report.warn(
            f"{KEY_VARIABLE} is not in the environment, so the plan is not signed, and what these rules choose can't be "
            f"approved: {printable(', '.join(unsigned), 1000)}"
        )


def _warn_of_limits(events: list[dict[str, Any]], report: Report) -> None:
    """A limit that refuses all alerts together leaves a plan that is carried out without a failure, and does nothing."""
    for code in ("MaxEvents", "MaxShare"):
        refused = [event["message"] for event in events if event["error_code"] == code]
        if refused:
            report.warn(f"nothing is planned for {len(refused)} alerts: {refused[0]}")


def _cases(
    client: OpenApiClient,
    policy: Policy,
    found: Mapping[str, Found],
    now: int,
    about: Mapping[str, Any],
    options: Mapping[str, Any],
    report: Report,
) -> list[Case]:
    """The alerts that a rule chooses. Servers are looked up when a rule turns on them. Raises ApiError."""
    needed: dict[str, None] = {}
    if turns_on_servers(policy):
        for one in found.values():
            if one.alert is not None:
                first_match(policy, one.alert, now, needed.setdefault)
    account = about["resource_directory_account_id"]
    assets: dict[str, Record | None] = dict(find_assets(client, needed, account))

    def asset(uuid: str) -> Record | None:
        if uuid not in assets and uuid not in needed:  # a name_regex was too slow for the first look, and is not now
            assets[uuid] = find_assets(client, [uuid], account).get(uuid)
        return assets.get(uuid)

    stamp = f"plan {about['plan_id']}" if options.get("stamp_remark") is not False else None
    cases = []
    for given, one in found.items():
        rule = first_match(policy, one.alert, now, asset, report.warn) if one.alert is not None else None
        if rule:
            remark = ", ".join(filter(None, (rule.remark, stamp))) or None
            cases.append(Case(given, one, rule.name, rule.steps, remark, approval=rule.approval))
    return cases


def _rules(policy: Policy, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rules by which something is to be done, in their order, and for how many alerts."""
    count = Counter(event["rule"] for event in events if event["outcome"] == PLANNED)
    return [
        {
            "name": rule.name,
            "approval": rule.approval,
            "operation_code": rule.steps[0].operation_code,
            "count": count[rule.name],
        }
        for rule in policy.rules
        if count[rule.name]
    ]
