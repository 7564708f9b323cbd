# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a handling in, a checked request out. Nothing is sent before this has passed."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Callable, NamedTuple

from .._openapi.errors import OptionError
from .._openapi.text import clean, printable
from .alerts import text
from .finding import check_ids
from .guardrails import GuardRails
from .operations import OPERATIONS, Operation, lost_for_good
from .service import plane_options
from .times import iso, parse_duration

Warn = Callable[[str], None]

OPERATES = ("contains", "notContains", "regex", "strEqual", "strNotEqual", "inIpSegment")
MOST_IN_A_CALL = 20
# Beyond, `auto` asks the service once for each kind of alert on each server.
MOST_ASKED_EACH = 50
LATER = "later"  # the service is asked by the task that carries the plan out
FEW = 100  # up to so many alerts nothing is sent before all are read


class HandleRequest(NamedTuple):
    """What to do with which alerts, checked. ``wait_timeout`` is in seconds, ``operation_params`` is the wire's JSON.

    ``account`` is the member account that the alerts are of, ``member_role`` the role in it under which the calls are made.
    ``plane_options`` are those with which a module that works on one data plane finds it.
    """

    ids: tuple[str, ...]
    operation: Operation
    operation_params: str | None
    mark_rules: tuple[Mapping[str, str], ...]
    mark_batch: bool
    remark: str | None
    account: str | None
    source_ip: str | None
    lang: str
    guard_rails: GuardRails
    wait: bool = True
    wait_timeout: float = 300.0
    batch_size: int = MOST_IN_A_CALL
    check_operations: str = "auto"
    on_refused: str = "continue"
    member_role: str | None = None
    plane_options: Mapping[str, str] = {}

    @property
    def blind(self) -> bool:
        """Whether the calls that take no account would tell of another one: that of the caller, who has no role in the member."""
        return self.account is not None and self.member_role is None

    @property
    def sub_operation(self) -> str | None:
        """The sub-operation, or None."""
        return text(json.loads(self.operation_params or "{}").get("subOperation"))

    @property
    def must_ask(self) -> bool:
        """Whether the operation can't do without what the service offers: its address, or the alert's rules."""
        return self.operation.whitelists or self.operation.needs_expiry

    @property
    def in_parts(self) -> bool:
        """Whether alerts may be sent while others are still read: many, and no rule turns on all of them together."""
        rails = self.guard_rails
        return (
            FEW < len(self.ids) <= rails.max_events
            and self.on_refused != "abort"
            and rails.max_events_per_asset is None
            and rails.max_share is None
        )

    @property
    def asks(self) -> bool:
        """Whether the service is asked what the alerts offer."""
        return self.check_operations != LATER and (self.must_ask or self.check_operations != "never")


def handle_request(options: Mapping[str, Any], guard_rails: GuardRails, now: float, warn: Warn) -> HandleRequest:
    """The request that ``options`` (those of handle_security_events) ask for.

    ``now`` is the time in seconds since 1970, ``warn`` takes a sentence for the user. Raises :class:`OptionError`.
    """
    operation = operation_of(options["operation_code"], guard_rails, warn)
    if options.get("mark_miss_param") and not operation.whitelists:
        raise OptionError(
            f"mark_miss_param does not go with operation_code {operation.code}: use advance_mark_mis_info, or remove it"
        )
    if options.get("mark_batch") and not operation.whitelists:
        raise OptionError(
            f"mark_batch does not go with operation_code {operation.code}: use advance_mark_mis_info, or remove it"
        )
    ids = check_ids("security_event_ids", options["security_event_ids"])
    if not ids:
        raise OptionError("security_event_ids is empty: name at least one alert")
    batch_size = MOST_IN_A_CALL if options.get("batch_size") is None else options["batch_size"]
    _between("batch_size", batch_size, 1, MOST_IN_A_CALL)
    account = account_id("resource_directory_account_id", options.get("resource_directory_account_id"))
    check_operations = options.get("check_operations") or "auto"
    if account and not options.get("member_role_name") and check_operations == "each":
        raise OptionError(
            "check_operations each can't be used with resource_directory_account_id: DescribeSecurityEventOperations takes no "
            "account; give member_role_name as well, or use check_operations never"
        )
    request = HandleRequest(
        ids=tuple(ids),
        operation=operation,
        operation_params=operation_params(operation, options.get("operation_params") or {}, now),
        mark_rules=tuple(wire_rules(options.get("mark_miss_param") or [], warn)),
        mark_batch=bool(options.get("mark_batch")),
        remark=sendable("remark", options.get("remark")),
        account=account,
        source_ip=caller_address(options.get("source_ip")),
        lang=options.get("lang") or "en",
        guard_rails=guard_rails,
        wait=options.get("wait") is not False,
        wait_timeout=at_least("wait_timeout", options.get("wait_timeout"), 0, default=300),
        batch_size=batch_size,
        check_operations=check_operations,
        on_refused=options.get("on_refused") or "continue",
        member_role=options.get("member_role_name"),
        plane_options=plane_options(options, options.get("data_planes")),
    )
    for place, rule in enumerate(request.mark_rules):
        if rule["uuid"] == "ALL" and guard_rails.protected_assets:
            raise OptionError(f"mark_miss_param[{place}].uuid ALL covers the assets in protected_assets too: use part")
    lost = lost_for_good(operation, request.sub_operation)
    if lost:
        warn(f"operation_code {operation.code} can't be taken back whole: {lost}")
    return request


def operation_of(code: str, guard_rails: GuardRails, warn: Warn) -> Operation:
    """The catalogue's operation ``code``, when the guard rails allow it. Raises :class:`OptionError`."""
    operation = OPERATIONS.get(code)
    if operation is None:
        raise OptionError(f"operation_code {printable(code)} is not known: give one of {', '.join(OPERATIONS)}")
    if code not in guard_rails.allowed_operations:
        raise OptionError(
            f"operation_code {code} is not in allowed_operations: allowed are {', '.join(sorted(guard_rails.allowed_operations)) or 'none'}"
        )
    if operation.warning:
        warn(operation.warning)
    if not operation.known:
        warn(
            f"operation_code {code} is not in the vendor's reference of HandleSecurityEvents: the service may refuse it"
        )
    return operation


def operation_params(operation: Operation, given: Mapping[str, Any], now: float) -> str | None:
    """OperationParams as the wire wants it, or None when the operation takes none. Raises :class:`OptionError`."""
    params = {name: value for name, value in given.items() if value is not None}
    wanted = _params_of(operation)
    needless = [name for name in params if name not in wanted]
    if needless:
        takes = f"takes {' or '.join(wanted)}" if wanted else "takes no operation_params"
        raise OptionError(
            f"operation_params.{needless[0]} does not belong to operation_code {operation.code}, which {takes}: remove it"
        )
    if operation.needs_params and len(params) != 1:
        raise OptionError(
            f"operation_params is required for operation_code {operation.code}: give {'either ' if len(wanted) > 1 else ''}"
            + " or ".join(f"{name} ({_EXAMPLES[name]})" for name in wanted)
            + (f"; sub_operation is one of {', '.join(operation.sub_operations)}" if operation.sub_operations else "")
        )
    if operation.needs_expiry:
        return json.dumps({"expireTime": expire_time(params, now, "operation_params.")})
    if operation.sub_operations:
        sub_operation = str(params["sub_operation"])
        if sub_operation not in operation.sub_operations:
            raise OptionError(
                f"operation_params.sub_operation {printable(sub_operation)} is not one of {operation.code}: give one of "
                + ", ".join(operation.sub_operations)
            )
        return json.dumps({"subOperation": sub_operation})
    return sendable("operation_params.raw", _raw(str(params["raw"]))) if "raw" in params else None


_EXAMPLES = {
    "expire_time": "milliseconds since 1970",
    "expire_in": "a duration such as 6h",
    "sub_operation": "what to do with the file",
}


def _params_of(operation: Operation) -> tuple[str, ...]:
    if operation.needs_expiry:
        return ("expire_time", "expire_in")
    if operation.sub_operations:
        return ("sub_operation",)
    return ("raw",) if operation.raw else ()


def expire_time(given: Mapping[str, Any], now: float, prefix: str = "") -> int:
    """The milliseconds that the option expire_time names, or expire_in from ``now`` (in seconds) on.

    Raises :class:`OptionError` that names the option with its ``prefix``.
    """
    now_ms = int(now * 1000)
    if "expire_in" in given:
        return now_ms + parse_duration(f"{prefix}expire_in", str(given["expire_in"]))
    expires = int(given["expire_time"])
    if expires <= now_ms:
        if 0 < expires < 10**11:
            raise OptionError(f"{prefix}expire_time {expires} looks like seconds: give milliseconds, or expire_in")
        when = iso(expires) or printable(expires)
        raise OptionError(f"{prefix}expire_time is in the past ({when}): give a later time, or expire_in")
    if iso(expires) is None:
        raise OptionError(
            f"{prefix}expire_time {expires} is beyond the year 9999: give milliseconds since 1970, or expire_in"
        )
    return expires


def _raw(raw: str) -> str:
    try:
        parsed = json.loads(raw)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise OptionError(
            f'operation_params.raw {printable(raw, 60)} is not a JSON object: write one such as \'{{"key": "value"}}\''
        )
    return raw


def wire_rules(rules: Iterable[Mapping[str, Any]], warn: Warn) -> list[dict[str, str]]:
    """The rules of mark_miss_param as the wire names them. Raises :class:`OptionError`.

    A regex that Python can't compile may still be one in the service's dialect.
    """
    wire = []
    for place, rule in enumerate(rules):
        here = f"mark_miss_param[{place}]"
        field, operate, value = (str(rule.get(key) or "") for key in ("field", "operate", "field_value"))
        if not field.strip() or not value:
            raise OptionError(
                f"{here}.{'field_value' if field.strip() else 'field'} is empty: give what the rule is to match"
            )
        if operate == "regex":
            try:
                re.compile(value)
            except (re.error, RecursionError, OverflowError, ValueError) as error:
                warn(
                    f"{here}.field_value {printable(value)} is no regular expression to Python ({printable(error)}); the service's dialect may differ"
                )
        if operate == "inIpSegment":
            _networks_only(here, value)
        for key in ("field", "field_value"):
            sendable(f"{here}.{key}", str(rule[key]))
        wire.append({"uuid": str(rule.get("uuid") or "part"), "field": field, "operate": operate, "fieldValue": value})
    return wire


def sendable(option: str, given: Any) -> Any:
    """``given`` when it has no text that can't be sent. Raises :class:`OptionError` that names ``option``."""
    if isinstance(given, str) and clean(given) != given:
        raise OptionError(f"{option} holds a character that can't be sent ({printable(given)}): remove it")
    return given


def _networks_only(here: str, value: str) -> None:
    for part in value.split(","):
        try:
            ipaddress.ip_network(part.strip(), strict=False)
        except ValueError:
            raise OptionError(
                f"{here}.field_value {printable(value)} is not an address or network: write one such as 192.0.2.0/24"
            ) from None


def wanted_fields(given: list[str] | None, known: Sequence[str]) -> list[str] | None:
    """The option fields: names of a record's fields, or None for all of them. Raises :class:`OptionError`."""
    if given is None:
        return None
    unknown = [name for name in given if name not in known]
    if unknown or not given:
        wrong = f"has the unknown name {printable(unknown[0])}" if unknown else "is empty"
        raise OptionError(f"fields {wrong}: known are {', '.join(known)}")
    return given


def account_id(option: str, given: str | None) -> str | None:
    """``given`` as an account's id, decimal digits. Raises :class:`OptionError` that names ``option``."""
    if given is None:
        return None
    account = str(given).strip()
    if not (account.isascii() and account.isdigit()):
        raise OptionError(
            f"{option} {printable(account) or 'is empty and'} is not an account id: give its decimal digits"
        )
    return account.lstrip("0") or "0"  # the service reads a number: one account has one name


def caller_address(given: str | None) -> str | None:
    """``given`` as an IP address (the API's SourceIp, the caller's). Raises :class:`OptionError`."""
    if given is None:
        return None
    try:
        return str(ipaddress.ip_address(given.strip()))
    except ValueError:
        raise OptionError(
            f"source_ip {printable(given)} is not an IP address: give the caller's, such as 192.0.2.10"
        ) from None


def _between(option: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise OptionError(f"{option} {value} is out of range: give {least} to {most}")


def at_least(option: str, value: float | None, least: float, default: float) -> float:
    """``value`` in seconds, ``default`` when it is None. Raises :class:`OptionError` that names ``option``."""
    if value is None:
        return default
    if not least <= value < 10**7:
        raise OptionError(f"{option} {value} is out of range: give seconds from {least}")
    return value
