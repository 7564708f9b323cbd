# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a saved result of handle_security_events did: its registered variable, or its result file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from .._openapi.errors import OptionError
from .._openapi.text import printable
from .alerts import is_id, rows_of, text, texts
from .operations import HANDLE

_DONE = ("handled", "unknown")  # what may have been done


class Done(NamedTuple):
    """What was done to an alert.

    ``operation_code`` and ``sub_operation`` are empty when they are not known. ``rules`` are the whitelist rules that were
    new to the alert, as the option mark_miss_param has them, None when they are not known. ``account`` is the member
    account, or None. ``sure`` is False for an alert that was sent and of which nothing more is told.
    """

    operation_code: str = ""
    sub_operation: str = ""
    rules: tuple[Mapping[str, str], ...] | None = None
    account: str | None = None
    sure: bool = True


def from_result(result: Mapping[str, Any]) -> dict[str, Done]:
    """What the registered variable of a task, or of a task in a loop, says to have been done, by the id that was given.

    Raises :class:`OptionError` when it is no result of handle_security_events.
    """
    done: dict[str, Done] = {}
    for place, one in enumerate(rows_of(result["results"]) if "results" in result else [result]):
        if one.get("skipped") is True:
            continue
        if not isinstance(one.get("events"), list):
            where = f"result.results[{place}]" if "results" in result else "result"
            raise OptionError(
                f"{where} has no events: give the variable that was registered by a task of handle_security_events"
            )
        code = text(one.get("operation_code")) or ""
        sub_operation = next(map(_sub_operation, rows_of(one.get("actions"))), "")
        done.update(_rows(rows_of(one["events"]), code, sub_operation))
    return done


def from_file(path: str) -> dict[str, Done]:
    """The same from a result file. What was sent last and has no line of its own is told too, as not sure.

    A last line that is cut short is what a run leaves that was killed. Raises :class:`OptionError` when the file can't be
    read, or is no result file.
    """
    code, sub_operation = "", ""
    done: dict[str, Done] = {}
    sent: dict[str, Done] = {}
    told: set[str] = set()
    for line in _lines(path):
        if line.get("action") == HANDLE and isinstance(line.get("parameters"), dict):
            code = text(line["parameters"].get("OperationCode")) or ""
            sub_operation = _sub_operation(line)
            account = text(line["parameters"].get("ResourceDirectoryAccountId"))
            for event_id in texts(line["parameters"].get("SecurityEventIds")):
                sent[event_id] = Done(code, sub_operation, account=account, sure=False)
        elif "outcome" in line:
            told.add(str(line.get("security_event_id")))
            done.update(_rows([line], code, sub_operation))
    return {**{one: what for one, what in sent.items() if one not in told and is_id(one)}, **done}


def _rows(rows: Iterable[Mapping[str, Any]], code: str, sub_operation: str) -> Iterator[tuple[str, Done]]:
    for row in rows:
        given = str(row.get("security_event_id"))
        if row.get("outcome") not in _DONE or not is_id(given):
            continue
        revert = row.get("revert")
        options = revert.get("options") if isinstance(revert, dict) else None
        options = options if isinstance(options, dict) else {}
        known = "revert" in row  # a row of a large result leaves it out
        rules = tuple(rows_of(options.get("mark_miss_param"))) if known else None
        account = text(options.get("resource_directory_account_id"))
        yield given, Done(code or (text(options.get("operation_code")) or ""), sub_operation, rules, account)


def _sub_operation(call: Mapping[str, Any]) -> str:
    parameters = call.get("parameters")
    try:
        params = json.loads(text(parameters.get("OperationParams")) or "{}") if isinstance(parameters, dict) else {}
    except (ValueError, RecursionError):
        return ""
    return (text(params.get("subOperation")) if isinstance(params, dict) else None) or ""


def _lines(path: str) -> Iterator[dict[str, Any]]:
    name = f"result_file {printable(path, longest=1000)}"
    try:
        with open(path, encoding="utf-8") as stream:
            for number, line in enumerate(stream, start=1):
                try:
                    content = json.loads(line)
                except (ValueError, RecursionError):
                    if not line.endswith("\n"):
                        return
                    content = None
                if not isinstance(content, dict):
                    raise OptionError(
                        f"{name} has no JSON object in line {number}: give a file that handle_security_events wrote"
                    )
                yield content
    except (OSError, ValueError) as error:  # a ValueError is a path, or a file, with a character that can't be
        raise OptionError(f"{name} can't be read: {printable(getattr(error, 'strerror', None) or error)}") from error
