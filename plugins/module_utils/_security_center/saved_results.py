# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a saved result of handle_security_events or security_event_apply did: its registered variable, or its result file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Callable, NamedTuple

from .._openapi.errors import OptionError
from .._openapi.text import printable
from .alerts import is_id, rows_of, text, texts
from .operations import OPERATIONS, way_back
from .service import plane_of_region

_DONE = ("handled", "unknown")  # what may have been done
# What Ansible, or a run that lost its playbook, says of a module that ended without a record of what it had done.
_BROKE_OFF = ("module_stdout", "module_stderr", "rc", "summary", "unreachable")


class Done(NamedTuple):
    """What was done to an alert.

    ``operation_code`` and ``sub_operation`` are empty when they are not known. ``rules`` are the whitelist rules that were
    new to the alert, as the option mark_miss_param has them, None when they are not known. ``account`` is the member
    account, or None. ``sure`` is False for an alert that was sent and of which nothing more is told. ``plane`` is the data
    plane of a handling that named it, else None; ``endpoint`` is where a task that takes it back has to call, when that is told.
    """

    operation_code: str = ""
    sub_operation: str = ""
    rules: tuple[Mapping[str, str], ...] | None = None
    account: str | None = None
    sure: bool = True
    plane: str | None = None
    endpoint: str | None = None


def from_result(result: Mapping[str, Any]) -> dict[str, Done]:
    """What the registered variable of a task, or of a task in a loop, says to have been done, by the id that was given.

    Raises :class:`OptionError` when it is no result of handle_security_events.
    """
    done: dict[str, Done] = {}
    loop = "results" in result
    for place, one in enumerate(_list(result["results"]) if loop else [result]):
        where = f"result.results[{place}]" if loop else "result"
        one = one if isinstance(one, dict) else {}
        if one.get("skipped") is True or (loop and _did_nothing(one)):
            continue
        if not isinstance(one.get("events"), list):
            raise OptionError(
                f"{where} has no events: give the variable that was registered by a task of handle_security_events"
            )
        rows = rows_of(one["events"])
        if "operation_code" not in one and "plan" not in one and any("operation_code" in row for row in rows):
            raise OptionError(
                f"{where} is of revert_security_events: give the variable that was registered by a task of handle_security_events"
            )
        calls = [_call(action) for action in rows_of(one.get("actions"))]
        first = calls[0] if calls else Done()
        _add(done, rows, first._replace(operation_code=text(one.get("operation_code")) or ""))
    return done


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise OptionError("result.results is not a list: give the variable that was registered, as it is")
    return value


def _did_nothing(one: Mapping[str, Any]) -> bool:
    """Whether a task in a loop failed before it sent anything, for an option of its own or its credentials."""
    told = one.get("failed") is True and "msg" in one and one.get("changed") is not True
    return told and "events" not in one and not any(name in one for name in _BROKE_OFF)


def from_file(path: str, warn: Callable[[str], None]) -> dict[str, Done]:
    """The same from a result file. What was sent last and has no line of its own is told too, as not sure.

    A line that is cut short is what a run leaves that was killed; ``warn`` is told of one that others follow. Raises
    :class:`OptionError` when the file can't be read, or is no result file.
    """
    call = Done()
    done: dict[str, Done] = {}
    sent: dict[str, Done] = {}
    for line in _lines(path, warn):
        if "action" in line and isinstance(line.get("parameters"), dict):
            call = _call(line)
            for event_id in texts(line["parameters"].get("SecurityEventIds")):
                sent[event_id] = call._replace(sure=False)
        elif "outcome" in line:
            sent.pop(str(line.get("security_event_id")), None)
            _add(done, [line], call)
    return {**done, **{one: what for one, what in sent.items() if is_id(one)}}


def _add(done: dict[str, Done], rows: Iterable[Mapping[str, Any]], call: Done) -> None:
    """Add what ``rows`` tell, which the last ``call`` was made for. The rules of several whitelistings of an alert add up."""
    for given, what in _rows(rows, call):
        before = done.get(given)
        if before and before.rules and before.operation_code == what.operation_code:
            what = what._replace(
                rules=(*before.rules, *(rule for rule in what.rules or () if rule not in before.rules))
            )
        done[given] = what


def _rows(rows: Iterable[Mapping[str, Any]], call: Done) -> Iterator[tuple[str, Done]]:
    for row in rows:
        given = str(row.get("security_event_id"))
        if row.get("outcome") not in _DONE or not is_id(given):
            continue
        own = _own(row, call)
        revert = row.get("revert")
        if row["outcome"] == "unknown" and not isinstance(revert, dict) and _has_way_back(own):
            continue  # another run had it in hand, and this one has sent nothing for it
        options = revert.get("options") if isinstance(revert, dict) else None
        options = options if isinstance(options, dict) else {}
        known = "revert" in row  # a row of a large result leaves it out
        rules = tuple(rows_of(options.get("mark_miss_param"))) if known else None
        account = text(options.get("resource_directory_account_id")) or call.account
        # Runs at the same time may share a file: the row knows best.
        by_revert = isinstance(revert, dict) and str(revert.get("module")).endswith(".revert_security_events")
        code = (text(options.get("operation_code")) if by_revert else None) or own.operation_code
        sub_operation = own.sub_operation if code == own.operation_code else ""
        plane, endpoint = text(row.get("data_plane")), text(options.get("endpoint"))
        plane = plane or plane_of_region(text(options.get("region_id")))
        yield given, Done(code, sub_operation, rules, account, plane=plane, endpoint=endpoint)


def _own(row: Mapping[str, Any], call: Done) -> Done:
    """What was done to the alert of a row: as the row of a plan tells it, whose operations run side by side, else the last call."""
    code, params = text(row.get("operation_code")), row.get("operation_params")
    if not code:
        return call
    return call._replace(
        operation_code=code,
        sub_operation=(text(params.get("sub_operation")) if isinstance(params, dict) else None) or "",
    )


def _has_way_back(call: Done) -> bool:
    operation = OPERATIONS.get(call.operation_code)
    return operation is not None and bool(way_back(operation, call.sub_operation or None))


def _call(action: Mapping[str, Any]) -> Done:
    """What a call, as a result or its file tells of it, does to the alerts that it names."""
    parameters = action.get("parameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    try:
        params = json.loads(text(parameters.get("OperationParams")) or "{}")
    except (ValueError, RecursionError):
        params = {}
    sub_operation = text(params.get("subOperation")) if isinstance(params, dict) else None
    account = text(parameters.get("ResourceDirectoryAccountId"))
    code, plane = text(parameters.get("OperationCode")) or "", text(action.get("data_plane"))
    return Done(code, sub_operation or "", account=account, plane=plane)


def _lines(path: str, warn: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    name = f"result_file {printable(path, longest=1000)}"
    try:
        with open(path, encoding="utf-8") as stream:
            for number, line in enumerate(stream, start=1):
                try:
                    content = json.loads(line)
                except (ValueError, RecursionError):
                    if not line.endswith("\n"):
                        return
                    if line.startswith("{"):
                        warn(f"{name} has a line that was cut short, {number}: what it told is left out")
                        continue
                    content = None
                if not isinstance(content, dict):
                    raise OptionError(
                        f"{name} has no JSON object in line {number}: give a file that handle_security_events wrote"
                    )
                yield content
    except (OSError, ValueError) as error:  # a ValueError is a path, or a file, with a character that can't be
        raise OptionError(f"{name} can't be read: {printable(getattr(error, 'strerror', None) or error)}") from error
