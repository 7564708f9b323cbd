# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guard rails: what must never be touched, and how much at most. Checked in the engine, so that no caller slips past."""

from __future__ import annotations

import fnmatch
import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Callable

from .._openapi.errors import OptionError
from .._openapi.text import printable
from .alerts import Record, addresses
from .operations import DANGEROUS, OPERATIONS

PRIVATE, OWN_ASSETS = "private", "own_assets"

# What no attacker on the internet has: RFC 1122, 1918, 3927, 4193, 4291, 6598 (the vendor's own services use the last).
_PRIVATE_RANGES = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
        "::/127", "fc00::/7", "fe80::/10",
    )
)  # fmt: skip

NAMES = ("protected_assets", "never_block", "allowed_operations", "max_events", "max_events_per_asset")
DEFAULT_NEVER_BLOCK = (PRIVATE, OWN_ASSETS)
DEFAULT_OPERATIONS = tuple(code for code in OPERATIONS if code != DANGEROUS)
DEFAULT_MAX_EVENTS = 100

AssetRule = Mapping[str, str]


@dataclass(frozen=True)
class GuardRails:
    """What holds for one task: the task's own rules and those of the files, united."""

    protected_assets: tuple[AssetRule, ...] = ()
    never_block: tuple[str, ...] = DEFAULT_NEVER_BLOCK
    allowed_operations: frozenset[str] = frozenset(DEFAULT_OPERATIONS)
    max_events: int = DEFAULT_MAX_EVENTS
    max_events_per_asset: int | None = None


def from_options(options: Mapping[str, Any], files: Iterable[tuple[str, object]]) -> GuardRails:
    """The guard rails of ``options`` (see :data:`NAMES`; None is the default) tightened by each of ``files``.

    ``files`` are pairs of a name and the parsed content of a guard rails file. Raises :class:`OptionError`.
    """
    rails = _tighten(GuardRails(), _checked("", {name: options.get(name) for name in NAMES}), loosen=True)
    for name, content in files:
        if not isinstance(content, Mapping):
            raise OptionError(f"guardrails_file {name} is not a mapping: write a line such as max_events: 20")
        unknown = [printable(key) for key in content if key not in NAMES]
        if unknown:
            raise OptionError(f"guardrails_file {name} has the unknown key {unknown[0]}: known are {', '.join(NAMES)}")
        empty = [key for key, value in content.items() if value is None]
        if empty:
            raise OptionError(f"guardrails_file {name}: {empty[0]} has no value: give one, or remove the line")
        rails = _tighten(rails, _checked(f"guardrails_file {name}: ", content), loosen=False)
    return rails


def _tighten(rails: GuardRails, more: Mapping[str, Any], *, loosen: bool) -> GuardRails:
    """``rails`` with ``more`` on top. Only a task's own options may ``loosen`` the defaults."""
    operations = more.get("allowed_operations")
    never_block = more.get("never_block")
    most = more.get("max_events")
    each = more.get("max_events_per_asset")
    return replace(
        rails,
        protected_assets=rails.protected_assets + tuple(more.get("protected_assets") or ()),
        never_block=rails.never_block
        if never_block is None
        else tuple(never_block)
        if loosen
        else rails.never_block + tuple(never_block),
        allowed_operations=rails.allowed_operations
        if operations is None
        else frozenset(operations)
        if loosen
        else rails.allowed_operations & frozenset(operations),
        max_events=rails.max_events if most is None else most if loosen else min(rails.max_events, most),
        max_events_per_asset=_smaller(rails.max_events_per_asset, each),
    )


def _smaller(one: int | None, other: int | None) -> int | None:
    return min((limit for limit in (one, other) if limit is not None), default=None)


def _checked(place: str, given: Mapping[str, Any]) -> dict[str, Any]:
    checks: dict[str, Callable[[str, Any], Any]] = {
        "protected_assets": _asset_rules,
        "never_block": _networks,
        "allowed_operations": _operation_codes,
        "max_events": _count,
        "max_events_per_asset": _count,
    }
    return {name: checks[name](f"{place}{name}", value) for name, value in given.items() if value is not None}


def _list(name: str, value: Any) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise OptionError(f"{name} is not a list: write each entry on a line of its own after a dash")
    return list(value)


def _asset_rules(name: str, value: Any) -> list[AssetRule]:
    rules: list[AssetRule] = []
    for rule in _list(name, value):
        if not isinstance(rule, Mapping):
            raise OptionError(f"{name} has the entry {printable(rule)}: write one such as uuid: …, or name: db-*")
        given = {key: str(wanted) for key, wanted in rule.items() if wanted is not None}
        unknown = [printable(key) for key in given if key not in ASSET_KEYS]
        if unknown or not given:
            which = f"the unknown key {unknown[0]}" if unknown else "an empty entry"
            raise OptionError(f"{name} has {which}: known are {', '.join(ASSET_KEYS)}")
        blank = [key for key, wanted in given.items() if not wanted.strip()]
        if blank:
            raise OptionError(f"{name}: {blank[0]} is empty: give what to protect")
        if "address" in given:
            _network(f"{name}: address", given["address"])
        rules.append(given)
    return rules


def _networks(name: str, value: Any) -> list[str]:
    entries = [str(entry) for entry in _list(name, value)]
    for entry in entries:
        if entry not in (PRIVATE, OWN_ASSETS):
            _network(name, entry)
    return entries


def _network(name: str, entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(entry, strict=False)
    except ValueError:
        raise OptionError(
            f"{name} {printable(entry)} is not an address or network: write one such as 192.0.2.0/24"
        ) from None


def _operation_codes(name: str, value: Any) -> list[str]:
    codes = [str(code) for code in _list(name, value)]
    unknown = [code for code in codes if code not in OPERATIONS]
    if unknown:
        raise OptionError(f"{name} has the unknown code {printable(unknown[0])}: known are {', '.join(OPERATIONS)}")
    return codes


def _count(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise OptionError(f"{name} {printable(value)} is not a count: give a whole number from 1")
    return value


# --- protected assets -------------------------------------------------------------------------------------------------
# A matcher answers True or False, or None when what is known of the asset does not tell: a rule that can't be checked
# protects.


def _equal(*keys: str) -> Callable[[Record, Record, str], bool | None]:
    def match(alert: Record, asset: Record, wanted: str) -> bool | None:
        values = [value for key in keys for value in (alert.get(key), asset.get(key)) if value]
        return wanted in values if values else None

    return match


def _name(alert: Record, asset: Record, wanted: str) -> bool | None:
    names = [name for name in (alert.get("instance_name"), asset.get("instance_name")) if name]
    return any(fnmatch.fnmatchcase(name.lower(), wanted.lower()) for name in names) if names else None


def _address(alert: Record, asset: Record, wanted: str) -> bool | None:
    known = addresses(f"{alert.get('internet_ip') or ''},{alert.get('intranet_ip') or ''}") + asset.get("addresses", [])
    network = _network("address", wanted)
    return any(ipaddress.ip_address(one) in network for one in known) if known else None


def _listed(key: str) -> Callable[[Record, Record, str], bool | None]:
    def match(_alert: Record, asset: Record, wanted: str) -> bool | None:
        return wanted in asset[key] if asset else None

    return match


def _in_kubernetes(*keys: str) -> Callable[[Record, Record, str], bool | None]:
    equal = _equal(*keys)

    def match(alert: Record, asset: Record, wanted: str) -> bool | None:
        told = equal(alert, asset, wanted)
        if told is None and not alert.get("container_id"):
            return None if not (alert.get("uuid") or asset) else False  # a server outside any cluster
        return told

    return match


ASSET_KEYS: dict[str, Callable[[Record, Record, str], bool | None]] = {
    "uuid": _equal("uuid"),
    "instance_id": _equal("instance_id"),
    "name": _name,
    "address": _address,
    "tag": _listed("tags"),
    "group": _listed("groups"),
    "account": _equal("source_ali_uid"),
    "cluster": _in_kubernetes("k8s_cluster_id", "k8s_cluster_name", "cluster_id", "cluster_name"),
    "namespace": _in_kubernetes("k8s_namespace", "namespace"),
}


def protection(rules: Iterable[AssetRule], alert: Record, asset: Record | None) -> str:
    """Why ``alert`` may not be handled, or an empty text.

    A rule protects when each of its keys matches, and when one of them can't be told while no other one denies it.
    ``asset`` is the server's record, or None when it was not looked up or is not known.
    """
    for rule in rules:
        answers = {key: ASSET_KEYS[key](alert, asset or {}, wanted) for key, wanted in rule.items()}
        if False in answers.values():
            continue
        shown = ", ".join(f"{key}: {printable(wanted)}" for key, wanted in rule.items())
        untold = [key for key, answer in answers.items() if answer is None]
        if untold:
            return f"protected_assets ({shown}) can't be checked: the service does not tell the {untold[0]} of this alert's asset"
        return f"the asset is protected by protected_assets ({shown})"
    return ""


def needs_asset(rules: Iterable[AssetRule], alert: Record) -> bool:
    """Whether a rule turns on something that the alert's own record does not tell."""
    return any(ASSET_KEYS[key](alert, {}, wanted) is None for rule in rules for key, wanted in rule.items())


# --- never block ------------------------------------------------------------------------------------------------------


def blocked_by(never_block: Iterable[str], address: str) -> str:
    """Why ``address`` may not be blocked, or an empty text. Does not know the account's own assets."""
    one = ipaddress.ip_address(address)
    for entry in never_block:
        if entry == PRIVATE and any(one in network for network in _PRIVATE_RANGES):
            return f"{address} is a private address (never_block: {PRIVATE})"
        if entry not in (PRIVATE, OWN_ASSETS) and one in _network("never_block", entry):
            return f"{address} is in never_block ({entry})"
    return ""
