# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A policy: ordered rules that say which alert gets which answer. The first that matches wins. Calls nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Callable, NamedTuple, Optional

from .._openapi.errors import OptionError
from .._openapi.text import printable
from .alerts import Record
from .guardrails import ASSET_KEYS
from .regexes import found_in
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
    """One rule: ``match`` says which alerts, ``steps`` what to try, in order, ``approval`` whether a person has to agree."""

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
# A matcher gets what the rule wants, the alert, the time in milliseconds and the look-up of a server. What an alert does
# not tell does not match. None: it can't be told whether it matches.

_Matcher = Callable[[Any, Record, int, AssetOf], Optional[bool]]


def _level(wanted: Sequence[str], alert: Record, _now_ms: int, _asset: AssetOf) -> bool:
    return alert.get("level") in wanted


def _verdict(wanted: Sequence[str], alert: Record, _now_ms: int, _asset: AssetOf) -> bool:
    told = (alert.get("support_operate_code") or "").lower()
    return any(told == f"ai.{verdict.lower()}" for verdict in wanted)


def _event_type(wanted: Sequence[str], alert: Record, _now_ms: int, _asset: AssetOf) -> bool:
    keys = ("alarm_event_type", "alarm_event_type_display", "event_sub_type")
    return any(alert.get(key) in wanted for key in keys)


def _age(wanted: str, alert: Record, now_ms: int, _asset: AssetOf) -> bool:
    since = alert.get("occurrence_time_stamp")
    return since is not None and now_ms - since >= _milliseconds(wanted)


def _asset_name(wanted: Sequence[str], alert: Record, _now_ms: int, _asset: AssetOf) -> bool:
    return any(ASSET_KEYS["name"](alert, {}, pattern) is True for pattern in wanted)


def _name(wanted: str, alert: Record, _now_ms: int, _asset: AssetOf) -> bool | None:
    names = (alert.get(key) for key in ("name", "alarm_event_name", "alarm_event_name_display"))
    return _found(wanted, tuple(name[:_LONGEST_NAME] for name in names if name))


def _asset_group(wanted: Sequence[str], alert: Record, _now_ms: int, asset: AssetOf) -> bool:
    server = asset(alert["uuid"]) if alert.get("uuid") else None
    return server is not None and any(ASSET_KEYS["group"](alert, server, group) is True for group in wanted)


# In this order they are asked: what costs a call comes last.
MATCHERS: dict[str, _Matcher] = {
    "levels": _level,
    "ai_verdicts": _verdict,
    "event_types": _event_type,
    "min_age": _age,
    "asset_names": _asset_name,
    "name_regex": _name,
    "asset_groups": _asset_group,
}


@cache
def _milliseconds(duration: str) -> int:
    return parse_duration("min_age", duration)


@lru_cache(maxsize=10_000)
def _found(pattern: str, names: tuple[str, ...]) -> bool | None:
    answers = found_in(pattern, names)
    return None if answers is None else any(answers)


def first_match(
    policy: Policy, alert: Record, now_ms: int, asset: AssetOf, warn: Callable[[str], None] = lambda text: None
) -> Rule | None:
    """The first rule that matches ``alert``, or None.

    ``asset`` looks a server up by its uuid, and is called only when a rule turns on it. When a name_regex takes longer than a
    second on an alert's names, no rule takes the alert, for a later one may not have been meant for it: ``warn`` gets a sentence.
    Regular expressions need the main thread, see :mod:`.regexes`.
    """
    for rule in policy.rules:
        answer = _matches(rule.match, alert, now_ms, asset)
        if answer is None:
            warn(
                f"name_regex of rule {printable(rule.name)} takes too long on the name of alert {printable(alert.get('id'))}, which "
                "is left alone: write the expression without repeats inside repeats"
            )
            return None
        if answer:
            return rule
    return None


def _matches(match: Mapping[str, Any], alert: Record, now_ms: int, asset: AssetOf) -> bool | None:
    for key, matcher in MATCHERS.items():
        answer = matcher(match[key], alert, now_ms, asset) if key in match else True
        if not answer:
            return answer
    return True


# --- what is worth a warning ------------------------------------------------------------------------------------------


def unknown_types(policy: Policy, known: Iterable[str]) -> list[str]:
    """The event_types of the policy that are not among ``known``, the types that the service lists (they depend on Lang)."""
    listed = set(known)
    named = (event_type for rule in policy.rules for event_type in rule.match.get("event_types", ()))
    return [event_type for event_type in dict.fromkeys(named) if event_type not in listed]


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


def _covers(wider: Mapping[str, Any], match: Mapping[str, Any]) -> bool:
    """Whether whatever ``match`` takes, ``wider`` takes too."""
    return all(key in match and _covers_key(key, wanted, match[key]) for key, wanted in wider.items())


def _covers_key(key: str, wider: Any, wanted: Any) -> bool:
    if key == "min_age":
        return _milliseconds(wider) <= _milliseconds(wanted)
    if key == "name_regex":
        return bool(wider == wanted)
    return set(wanted) <= set(wider)
