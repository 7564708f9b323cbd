# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A policy: ordered rules that say which alert gets which answer. The first that matches wins. Calls nothing."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import Any, Callable, NamedTuple, Optional

from .._openapi.errors import OptionError
from .._openapi.text import printable
from .alerts import Record
from .guardrails import ASSET_KEYS
from .regexes import in_time
from .times import parse_duration

LEVELS = ("serious", "suspicious", "remind")
# DescribeSuspEvents tells them as AI.<verdict>, in SupportOperateCode.
AI_VERDICTS = ("real_attack", "false_positive", "Insufficient_information_to_evaluate")
REQUIRED = "required"
FILE_KEY = "respond_policy"
_LONGEST_NAME = 1000  # of an alert, as far as a regular expression looks at it

AssetOf = Callable[[str], Optional[Record]]


class Step(NamedTuple):
    """One operation to try, as the options of handle_security_events have it; empty where it needs none."""

    operation_code: str
    operation_params: Mapping[str, Any]
    mark_miss_param: tuple[Mapping[str, Any], ...]


class Rule(NamedTuple):
    """One rule: ``match`` says which alerts (what is cheap to tell first), ``steps`` what to try, in order, ``approval`` whether a
    person has to agree."""

    name: str
    match: Mapping[str, Any]
    steps: tuple[Step, ...]
    approval: bool
    remark: str | None


class Policy(NamedTuple):
    """Checked rules. ``digest`` is the SHA-256 of what they say, in hex: layout, comments and the kind of source don't count."""

    rules: tuple[Rule, ...]
    digest: str


class PolicyError(OptionError):
    """What is wrong with a policy: one line a mistake, each with its place."""


def read_policy(options: Mapping[str, Any], now: float) -> Policy:
    """The policy of the option ``policy``, a list, or of the file that ``policy_file`` names.

    ``now`` is in seconds since 1970. Raises :class:`PolicyError` with every mistake, or OptionError for a file that can't be read.
    """
    from .policy_check import check_rules, from_file, from_option  # when it is used: each task compiles what it imports

    policy, path = options.get("policy"), options.get("policy_file")
    if (policy is None) == (path is None):
        raise OptionError("policy and policy_file are two ways to give one policy: give one of them")
    source = from_option(policy) if path is None else from_file(path)
    rules, mistakes = check_rules(source.content, now)
    if mistakes:
        mistakes.sort(key=lambda mistake: mistake[0][:1])  # rule by rule
        raise PolicyError("\n".join(source.told(place, text) for place, text in mistakes))
    return Policy(rules, digest_of(rules))


def digest_of(rules: Sequence[Rule]) -> str:
    """The SHA-256 of ``rules`` as canonical JSON, in hex."""
    canonical = json.dumps(rules, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


# --- matching ---------------------------------------------------------------------------------------------------------
# A matcher gets what the rule wants, and what is known of an alert. What an alert does not tell does not match.


class _Seen(NamedTuple):
    """An alert with its names and its types, and the time in milliseconds."""

    alert: Record
    names: tuple[str, ...]
    types: tuple[Any, ...]
    now_ms: int


_Matcher = Callable[[Any, _Seen], bool]


def _level(wanted: Sequence[str], seen: _Seen) -> bool:
    return seen.alert.get("level") in wanted


def _verdict(wanted: Sequence[str], seen: _Seen) -> bool:
    told = (seen.alert.get("support_operate_code") or "").lower()
    return any(told == f"ai.{verdict.lower()}" for verdict in wanted)


def _event_type(wanted: Sequence[str], seen: _Seen) -> bool:
    return any(event_type in wanted for event_type in seen.types)


def _age(wanted: str, seen: _Seen) -> bool:
    since = seen.alert.get("occurrence_time_stamp")
    return since is not None and seen.now_ms - since >= _milliseconds(wanted)


def _asset_name(wanted: Sequence[str], seen: _Seen) -> bool:
    return any(ASSET_KEYS["name"](seen.alert, {}, pattern) is True for pattern in wanted)


def _name(wanted: str, seen: _Seen) -> bool:
    search = _compiled(wanted).search
    return any(map(search, seen.names))


# What costs least comes first.
_MATCHERS: dict[str, _Matcher] = {
    "levels": _level,
    "event_types": _event_type,
    "ai_verdicts": _verdict,
    "min_age": _age,
    "asset_names": _asset_name,
    "name_regex": _name,
}
_GROUPS = "asset_groups"  # it may cost a call, and is asked last
MATCH_KEYS = (*_MATCHERS, _GROUPS)

_milliseconds = cache(partial(parse_duration, "min_age"))
_compiled = cache(re.compile)


def first_match(
    policy: Policy, alert: Record, now_ms: int, asset: AssetOf, warn: Callable[[str], None] = lambda text: None
) -> Rule | None:
    """The first rule that matches ``alert``, or None.

    ``asset`` looks a server up by its uuid, and is called only when a rule turns on it. When a name_regex takes longer than a
    second on the alert's names, no rule from there on takes the alert, for it may have been meant for none of them: ``warn``
    gets a sentence. That needs the main thread, see :mod:`.regexes`.
    """
    seen = _seen(alert, now_ms)
    candidates: list[Rule] = []

    def collect() -> bool:
        for rule in policy.rules:
            if _may_match(rule, seen):
                candidates.append(rule)
                if _GROUPS not in rule.match:
                    break
        return True

    told = in_time(collect)
    for rule in candidates:
        if _GROUPS not in rule.match or _in_group(rule.match[_GROUPS], alert, asset):
            return rule
    if not told:
        warn(
            f"a name_regex of the policy takes too long on the names of alert {printable(alert.get('id'))}, which is left alone: "
            "write the expression without repeats inside repeats"
        )
    return None


def turns_on_servers(policy: Policy) -> bool:
    """Whether a rule turns on what only the record of a server tells."""
    return any(_GROUPS in rule.match for rule in policy.rules)


def _seen(alert: Record, now_ms: int) -> _Seen:
    names = [alert.get(key) for key in ("name", "alarm_event_name", "alarm_event_name_display")]
    types = [alert.get(key) for key in ("alarm_event_type", "alarm_event_type_display", "event_sub_type")]
    return _Seen(alert, tuple(dict.fromkeys(name[:_LONGEST_NAME] for name in names if name)), tuple(types), now_ms)


def _may_match(rule: Rule, seen: _Seen) -> bool:
    """Whether all but the asset group matches."""
    return all(key == _GROUPS or _MATCHERS[key](wanted, seen) for key, wanted in rule.match.items())


def _in_group(wanted: Sequence[str], alert: Record, asset: AssetOf) -> bool:
    server = asset(alert["uuid"]) if alert.get("uuid") else None
    return server is not None and any(ASSET_KEYS["group"](alert, server, group) is True for group in wanted)


# --- what is worth a warning ------------------------------------------------------------------------------------------


def unreachable(policy: Policy) -> list[str]:
    """A sentence for each rule that no alert can reach, as far as that is easy to tell: an earlier rule matches all of its."""
    told = []
    for place, rule in enumerate(policy.rules):
        wider = next((one for one in policy.rules[:place] if _covers(one.match, rule.match)), None)
        if wider:
            told.append(
                f"rule {printable(rule.name)} of the policy is never reached: rule {printable(wider.name)}, which comes first, "
                "matches the same alerts"
            )
    return told


def found_in_any_name(policy: Policy) -> list[str]:
    """A sentence for each rule whose name_regex is found in an empty name too: a part that may be empty is found in every one."""
    patterns = [(rule.name, rule.match["name_regex"]) for rule in policy.rules if "name_regex" in rule.match]
    return [
        f"the name_regex of rule {printable(name)} of the policy ({printable(pattern, 60)}) is found in an empty name too: "
        "look whether it matches more than you mean"
        for name, pattern in patterns
        if _compiled(pattern).search("")
    ]


def _covers(wider: Mapping[str, Any], match: Mapping[str, Any]) -> bool:
    """Whether whatever ``match`` takes, ``wider`` takes too."""
    return all(key in match and _covers_key(key, wanted, match[key]) for key, wanted in wider.items())


def _covers_key(key: str, wider: Any, wanted: Any) -> bool:
    if key == "min_age":
        return _milliseconds(wider) <= _milliseconds(wanted)
    if key == "name_regex":
        return bool(wider == wanted)
    return set(wanted) <= set(wider)
