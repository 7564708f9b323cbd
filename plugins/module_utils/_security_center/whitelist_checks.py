# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a whitelist rule, how much it would match, and what it matches."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any, Union

from .._openapi.errors import OptionError
from .._openapi.text import printable
from .alerts import Record, addresses
from .finding import check_id
from .regexes import LONGEST, found_in
from .request import sendable
from .whitelist import ALL, KEYS

Rule = dict[str, str]
Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

_SHORTEST = 4  # a part of a text that is shorter is found in nearly every command line, path or name
# A network of a rule that is wider is that of a whole company (10.0.0.0/8 is not), or more than one provider gets.
_WIDEST = {4: 8, 6: 32}
_NEGATED = {"notContains": "contains", "strNotEqual": "strEqual"}
# Values such as alerts have them. A field has values of one kind, so a pattern that is found in most of a kind is found in
# most of what comes.
_UNLIKE = {
    "command lines": (
        "/usr/bin/python3 -m http.server",
        "C:\\Windows\\System32\\cmd.exe /c whoami",
        "curl -fsSL example.com",
        "sh -i",
    ),
    "paths": ("/tmp/.x/a", "/usr/sbin/sshd", "/var/www/html/index.php", "C:\\ProgramData\\svc.exe"),
    "addresses": ("198.51.100.23", "10.0.3.7", "172.16.254.1", "2001:db8::1"),
    "hashes": (
        "d41d8cd98f00b204e9800998ecf8427e",
        "0cc175b9c0f1b6a831c399e269772661",
        "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3",
    ),
    "names": ("root", "CORP\\Guest", "svc-web", "计划任务"),
}


def wanted_id(options: Mapping[str, Any]) -> str | None:
    """The rule_id of alert_whitelist_rule, checked. Raises :class:`OptionError`."""
    given = options.get("rule_id")
    if given is None:
        return None
    if options["state"] == "present":
        raise OptionError("rule_id goes with state absent: the service gives a new rule its id, so leave rule_id out")
    named = [key for key in KEYS if options.get(key) is not None]
    if named:
        raise OptionError(f"rule_id names the rule: leave out {', '.join(named)}, or name it by {', '.join(KEYS)}")
    return check_id("rule_id", given, "a rule's", "alert_whitelist_rule_info shows them")


def wanted_rule(options: Mapping[str, Any]) -> Rule:
    """The rule that the options of alert_whitelist_rule describe, complete. Raises :class:`OptionError`."""
    missing = [key for key in KEYS if options.get(key) is None]
    if missing:
        instead = "" if options["state"] == "present" else ", or rule_id alone"
        raise OptionError(f"{missing[0]} is missing: a rule is named by {', '.join(KEYS)}{instead}")
    rule = {key: str(sendable(key, options[key])) for key in KEYS}
    empty = [key for key in KEYS if not rule[key].strip()]
    if empty:
        raise OptionError(f"{empty[0]} is empty: give {_MEANT[empty[0]]}")
    if rule["uuid"].upper() == ALL:
        rule["uuid"] = ALL
    return rule


_MEANT = {
    "event_type": "the code of the alerts' type",
    "event_name": "the code of the alerts' name",
    "field": "the field that is compared",
    "operate": "how it is compared",
    "field_value": "what it is compared with",
    "uuid": "a server's uuid, or ALL",
}


def networks(value: str) -> list[Network]:
    """The networks of a rule with the comparison inIpSegment. Raises :class:`OptionError`."""
    found: list[Network] = []
    for part in value.split(","):
        try:
            network = ipaddress.ip_network(part.strip(), strict=False)
        except ValueError:
            raise OptionError(
                f"field_value {printable(value)} is not an address or network, which operate inIpSegment needs: write one "
                "such as 192.0.2.0/24"
            ) from None
        mapped = network.version == 6 and network.prefixlen >= 96 and network.network_address.ipv4_mapped
        # ::ffff:0:0/96 is all of IPv4, however few addresses of IPv6 that are.
        found.append(ipaddress.ip_network((mapped, network.prefixlen - 96)) if mapped else network)
    return found


def too_broad(rule: Mapping[str, str]) -> list[str]:
    """Why ``rule`` matches more than a person may mean, in sentences; empty for a narrow one. Raises :class:`OptionError`."""
    reasons = []
    operate, value = rule["operate"], rule["field_value"]
    if rule["uuid"] == ALL:
        reasons.append("uuid ALL has it hold on every server, on those to come too")
    if operate in _NEGATED:
        reasons.append(f"operate {operate} matches nearly everything")
    elif operate == "contains" and len(value.strip()) < _SHORTEST:
        reasons.append(f"field_value {printable(value)} has fewer than {_SHORTEST} characters")
    elif operate == "regex":
        reasons += _broad_regex(value)
    elif operate == "inIpSegment":
        reasons += _broad_networks(networks(value))
    return reasons


def _broad_regex(pattern: str) -> list[str]:
    hits = found_in(pattern, [text for texts in _UNLIKE.values() for text in texts])
    if hits is None:
        return [
            f"field_value {printable(pattern)} can't be tried here, so nobody knows what it matches: it is no regular "
            "expression to Python, or one that takes too long"
        ]
    hit = iter(hits)
    kinds = [kind for kind, texts in _UNLIKE.items() if sum(next(hit) for _text in texts) * 2 > len(texts)]
    if not kinds:
        return []
    most = "texts" if len(kinds) * 2 > len(_UNLIKE) else " and ".join(kinds)
    return [f"field_value {printable(pattern)} is found in most {most}"]


def _broad_networks(found: Iterable[Network]) -> list[str]:
    size = dict.fromkeys(_WIDEST, 0)
    for network in found:
        size[network.version] += network.num_addresses
    return [
        f"field_value holds more addresses than an IPv{version} network /{prefix}"
        for version, prefix in _WIDEST.items()
        if size[version] > 2 ** ({4: 32, 6: 128}[version] - prefix)
    ]


def unfit(rule: Mapping[str, str], sources: list[Record]) -> str:
    """Why alerts of this kind can't have ``rule``, or an empty text.

    ``sources`` are the fields that the service allows, with their comparisons (``mark_fields_source`` of an offer).
    """
    fields = [source["field"] for source in sources if source["field"]]
    kind = f"event_type {printable(rule['event_type'])} and event_name {printable(rule['event_name'])}"
    if not fields:
        return (
            f"the service names no field for alerts of {kind}: check both codes, alert_whitelist_rule_info shows some"
        )
    if rule["field"] not in fields:
        return f"field {printable(rule['field'])} is none of alerts of {kind}: allowed are {_words(fields)}"
    operates = [one for source in sources if source["field"] == rule["field"] for one in source["supported_operates"]]
    if rule["operate"] not in operates:
        return f"operate {rule['operate']} is not allowed for field {printable(rule['field'])}: allowed are {_words(operates)}"
    return ""


def _words(names: Iterable[str]) -> str:
    return ", ".join(map(printable, dict.fromkeys(names))) or "none"


def is_of_kind(rule: Mapping[str, str], alert: Record) -> bool | None:
    """Whether ``alert`` is one that ``rule`` is for; None when its name says so and its type does not.

    Which fields of an alert hold a rule's codes is not documented, so each that may is asked.
    """
    names = (alert["event_sub_type"], alert["alarm_event_name"], alert["alarm_event_name_display"])
    types = (alert["alarm_event_type"], alert["alarm_event_type_display"])
    if rule["event_name"] not in names:
        return False
    return True if rule["event_type"] in types else None


def matches(rule: Mapping[str, str], values: list[list[str]]) -> list[bool | None]:
    """Whether ``rule`` matches each of some alerts, whose own values of its field these are; None when that can't be told."""
    operate, wanted = rule["operate"], rule["field_value"]
    if operate == "regex":
        return _regex_matches(wanted, values)
    if operate in _NEGATED:
        # An alert without the field: whether the service counts it as unequal is not documented.
        return [not any(_is(_NEGATED[operate], wanted, one) for one in own) if own else None for own in values]
    return [any(_is(operate, wanted, one) for one in own) for own in values]


def _is(operate: str, wanted: str, value: str) -> bool:
    if operate == "inIpSegment":
        found = map(ipaddress.ip_address, addresses(value))
        return any(address in network for address in found for network in networks(wanted))
    return wanted in value if operate == "contains" else wanted == value


def _regex_matches(pattern: str, values: list[list[str]]) -> list[bool | None]:
    texts = [one for own in values for one in own]
    hits = found_in(pattern, texts)
    if hits is None:
        return [None] * len(values)
    hit = dict(zip(texts, hits))
    return [
        any(hit[one] for one in own) or (None if any(len(one) > LONGEST for one in own) else False) for own in values
    ]
