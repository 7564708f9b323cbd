# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guard rails: what must never be touched, and how much at most. Checked in the engine, so that no caller slips past."""

from __future__ import annotations

import fnmatch
import ipaddress
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Optional

from .._openapi.errors import OptionError
from .._openapi.text import printable
from .alerts import Record, addresses
from .operations import DANGEROUS, OPERATIONS
from .times import iso

if TYPE_CHECKING:
    from .windows import Window

PRIVATE, OWN_ASSETS = "private", "own_assets"

# What no attacker on the internet has: RFC 1122, 1918, 3927, 4193, 4291, 6598 (the vendor's own services use the last).
_PRIVATE_RANGES = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
        "::/127", "fc00::/7", "fe80::/10",
    )
)  # fmt: skip

VARIABLE = "SECURITY_CENTER_GUARDRAILS"  # of the environment: a guard rails file that holds for every task
NAMES = (
    "protected_assets", "never_block", "allowed_operations", "max_events", "max_events_per_asset", "max_share",
    "time_window",
)  # fmt: skip
DEFAULT_NEVER_BLOCK = (PRIVATE, OWN_ASSETS)
DEFAULT_OPERATIONS = tuple(code for code in OPERATIONS if code != DANGEROUS)
DEFAULT_MAX_EVENTS = 100

AssetRule = Mapping[str, str]


class GuardRails(NamedTuple):
    """What holds for one task: the task's own rules and those of the files, united.

    ``max_share`` is in percent. ``time_windows`` holds the windows of each source: it must be time for one of each.
    """

    protected_assets: tuple[AssetRule, ...] = ()
    never_block: tuple[str, ...] = DEFAULT_NEVER_BLOCK
    allowed_operations: frozenset[str] = frozenset(DEFAULT_OPERATIONS)
    max_events: int = DEFAULT_MAX_EVENTS
    max_events_per_asset: int | None = None
    max_share: float | None = None
    time_windows: tuple[tuple[Window, ...], ...] = ()


def guard_rails(options: Mapping[str, Any], environ: Mapping[str, str]) -> GuardRails:
    """What holds for a task with ``options``, with the files that they and ``environ`` name. Raises :class:`OptionError`."""
    path = options.get("guardrails_file")
    if path is None and VARIABLE not in environ:
        return from_options(options, ())
    from .guardrails_file import read_files  # when it is used: each task compiles what it imports

    return from_options(options, read_files(path, environ))


def from_options(options: Mapping[str, Any], files: Iterable[tuple[str, object]]) -> GuardRails:
    """The guard rails of ``options`` (see :data:`NAMES`; None is the default) tightened by each of ``files``.

    ``files`` are pairs of a name and the parsed content of a guard rails file. Raises :class:`OptionError`.
    """
    given = _checked("", {name: options.get(name) for name in NAMES})
    windows = given.pop("time_window", None)
    rails = GuardRails(**given, time_windows=(windows,) if windows else ())
    for name, content in files:
        rails = _tightened(rails, _file_content(name, content))
    return rails


def _file_content(name: str, content: object) -> dict[str, Any]:
    if not isinstance(content, Mapping):
        raise OptionError(f"guardrails_file {name} is not a mapping: write a line such as max_events: 20")
    unknown = [printable(key) for key in content if key not in NAMES]
    if unknown:
        raise OptionError(f"guardrails_file {name} has the unknown key {unknown[0]}: known are {', '.join(NAMES)}")
    empty = [key for key, value in content.items() if value is None]
    if empty:
        raise OptionError(f"guardrails_file {name}: {empty[0]} has no value: give one, or remove the line")
    return _checked(f"guardrails_file {name}: ", content)


def _tightened(rails: GuardRails, by: Mapping[str, Any]) -> GuardRails:
    """``rails`` united with those of a file: more is protected, less is allowed."""
    return GuardRails(
        protected_assets=rails.protected_assets + by.get("protected_assets", ()),
        never_block=rails.never_block + by.get("never_block", ()),
        allowed_operations=rails.allowed_operations & by.get("allowed_operations", rails.allowed_operations),
        max_events=min(rails.max_events, by.get("max_events", rails.max_events)),
        max_events_per_asset=_smaller(rails.max_events_per_asset, by.get("max_events_per_asset")),
        max_share=_smaller(rails.max_share, by.get("max_share")),
        time_windows=rails.time_windows + ((by["time_window"],) if "time_window" in by else ()),
    )


def _smaller(one: Any, other: Any) -> Any:
    return min((limit for limit in (one, other) if limit is not None), default=None)


def _checked(place: str, given: Mapping[str, Any]) -> dict[str, Any]:
    checks: dict[str, Callable[[str, Any], Any]] = {
        "protected_assets": lambda name, value: tuple(_asset_rules(name, value)),
        "never_block": lambda name, value: tuple(_networks(name, value)),
        "allowed_operations": lambda name, value: frozenset(_operation_codes(name, value)),
        "max_events": _count,
        "max_events_per_asset": _count,
        "max_share": _percent,
        "time_window": lambda name, value: tuple(_windows(name, value)),
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
        given = {key: wanted for key, wanted in rule.items() if wanted is not None}
        unknown = [printable(key) for key in given if key not in ASSET_KEYS]
        if unknown or not given:
            which = f"the unknown key {unknown[0]}" if unknown else "an empty entry"
            raise OptionError(f"{name} has {which}: known are {', '.join(ASSET_KEYS)}")
        checked = {key: _wanted(f"{name}: {key}", wanted) for key, wanted in given.items()}
        if "address" in checked:
            _network(f"{name}: address", checked["address"])
        rules.append(checked)
    return rules


def _wanted(name: str, value: object) -> str:
    """What a rule wants, text. A list or a number in its place would protect nothing, quietly; ids may be numbers."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise OptionError(
            f"{name} {printable(value)} is not text: write one entry for each, and put numbers into quotes"
        )
    if not value.strip():
        raise OptionError(f"{name} is empty: give what to protect")
    return value.strip()


def _networks(name: str, value: Any) -> list[str]:
    entries = [str(entry) for entry in _list(name, value)]
    for entry in entries:
        if entry not in (PRIVATE, OWN_ASSETS):
            _network(name, entry)
    return entries


def _network(name: str, entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        network = ipaddress.ip_network(entry, strict=False)
    except ValueError:
        raise OptionError(
            f"{name} {printable(entry)} is not an address or network: write one such as 192.0.2.0/24"
        ) from None
    # An address of IPv4 in the clothes of IPv6 is checked as one of IPv4.
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is None or network.prefixlen < 96:
        return network
    return ipaddress.ip_network((mapped, network.prefixlen - 96))


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


def _percent(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 100:
        raise OptionError(f"{name} {printable(value)} is not a share: give percent, more than 0 and at most 100")
    return float(value)


def _windows(name: str, value: Any) -> list[Window]:
    from .windows import parse_window  # when it is used: each task compiles what it imports

    entries = _list(name, value)
    if not entries:
        raise OptionError(f"{name} is empty: give a time window, or remove it")
    return [parse_window(name, str(entry)) for entry in entries]


# --- protected assets -------------------------------------------------------------------------------------------------
# A matcher gets the alert, the record of its server (empty when that is not known) and what a rule wants. It answers
# True, False, or None when what is known does not tell: a rule that can't be checked protects. What an alert tells of its
# server may be less than all of it, so only what identifies a server is denied without the server's own record.

Matcher = Callable[[Record, Record, str], Optional[bool]]


def _identity(*keys: str) -> Matcher:
    def match(alert: Record, asset: Record, wanted: str) -> bool | None:
        known = _known(alert, asset, keys)
        return wanted.lower() in map(str.lower, known) if known else None

    return match


def _name(alert: Record, asset: Record, wanted: str) -> bool | None:
    pattern = wanted.lower().replace("[", "[[]")  # of fnmatch only * and ? are meant
    names = _known(alert, asset, ("instance_name",))
    return _told(any(fnmatch.fnmatchcase(name.lower(), pattern) for name in names), names, asset)


def _address(alert: Record, asset: Record, wanted: str) -> bool | None:
    known = [one for value in _known(alert, asset, ("internet_ip", "intranet_ip")) for one in addresses(value)]
    known += asset.get("addresses", [])
    network = _network("address", wanted)
    return _told(any(ipaddress.ip_address(one) in network for one in known), known, asset)


def _listed(key: str) -> Matcher:
    return lambda _alert, asset, wanted: wanted in asset[key] if asset.get(key) is not None else None


def _cluster(alert: Record, asset: Record, wanted: str) -> bool | None:
    ids = _known(alert, asset, ("k8s_cluster_id", "cluster_id"))
    names = _known(alert, asset, ("k8s_cluster_name", "cluster_name"))
    if wanted in ids or wanted in names:
        return True
    outside = not ids and not names and not alert.get("container_id")
    return False if asset and (outside or (ids and names)) else None


def _namespace(alert: Record, asset: Record, wanted: str) -> bool | None:
    known = _known(alert, asset, ("k8s_namespace", "namespace"))
    if known:
        return wanted in known
    return False if asset and not alert.get("container_id") else None


def _known(alert: Record, asset: Record, keys: Iterable[str]) -> list[str]:
    return [value for key in keys for value in (alert.get(key), asset.get(key)) if value]


def _told(found: bool, known: list[str], asset: Record) -> bool | None:
    return True if found else False if known and asset else None


ASSET_KEYS: dict[str, Matcher] = {
    "uuid": _identity("uuid"),
    "instance_id": _identity("instance_id"),
    "name": _name,
    "address": _address,
    "tag": _listed("tags"),
    "group": _listed("groups"),
    "account": _identity("source_ali_uid"),
    "cluster": _cluster,
    "namespace": _namespace,
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


# --- time windows -----------------------------------------------------------------------------------------------------


def outside_windows(rails: GuardRails, now: float) -> str:
    """Why nothing may be written at ``now``, in seconds since 1970 by the service's clock, or an empty text."""
    for windows in rails.time_windows:
        if not any(window.holds(now * 1000) for window in windows):
            written = ", ".join(window.written for window in windows)
            return f"it is {iso(int(now * 1000))} at the service, and time_window is {written}"
    return ""
