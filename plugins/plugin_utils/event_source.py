# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the event source, checked by the rules of the modules' own."""

from __future__ import annotations

import difflib
import os
import time
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from jinja2 import Undefined, UndefinedError

from ..module_utils._module import CONNECTION_OPTIONS, MEMBER_OPTIONS, PLANE_OPTIONS
from ..module_utils._openapi.errors import OptionError
from ..module_utils._openapi.text import printable
from ..module_utils._security_center.alert_events import HOSTNAMES
from ..module_utils._security_center.event_info import given_time
from ..module_utils._security_center.event_stream import FROM_CHECKPOINT, NOW
from ..module_utils._security_center.times import parse_duration
from ..modules.security_event_info import OPTIONS as LISTING_OPTIONS

_NAME = "alicloud.security_center.security_events"
# Which alerts there are in a reading, and in what order, says the source itself.
_OF_A_LISTING = (
    "security_event_ids", "dealed", "status", "time_start", "time_end", "operate_time_start", "operate_time_end",
    "operate_error_code_list", "multi_account_action_type", "source_ali_uids", "sort_column", "sort_type", "limit", "fields",
    "result_file",
)  # fmt: skip
_FEEDBACK_QUEUE = "eda_feedback_queue"
_LONGEST_LOOKBACK = 30 * 86400 * 1000

OPTIONS: dict[str, Any] = {
    **CONNECTION_OPTIONS,
    **MEMBER_OPTIONS,
    **PLANE_OPTIONS,
    **{name: option for name, option in LISTING_OPTIONS.items() if name not in _OF_A_LISTING},
    "interval": {"type": "float", "default": 10},
    "lookback": {"type": "str", "default": "1h"},
    "checkpoint": {"type": "path"},
    "start": {"type": "str", "default": FROM_CHECKPOINT},
    "include_handled": {"type": "bool", "default": False},
    "heartbeat": {"type": "float", "default": 0},
    "hostnames": {"type": "list", "elements": "str", "choices": list(HOSTNAMES), "default": ["uuid"]},
    "feedback": {"type": "bool", "default": False},
    _FEEDBACK_QUEUE: {"type": "raw"},
}
_VALIDATOR = ArgumentSpecValidator(OPTIONS, required_together=[("container_field_name", "container_field_value")])


def options_of(args: Mapping[str, Any]) -> dict[str, Any]:
    """The options in ``args``, with defaults and of the right types. What is an empty text was not given.

    Raises :class:`OptionError` with a sentence that holds no secret.
    """
    _refuse_undefined(args)
    given = {
        name: value for name, value in args.items() if value is not None and not (isinstance(value, str) and not value)
    }
    _refuse_unknown(given)
    result = _VALIDATOR.validate({name: value for name, value in given.items() if name != _FEEDBACK_QUEUE})
    if result.error_messages:
        what = "there is no such option: " if result.unsupported_parameters else ""
        raise OptionError(f"{what}{printable(result.error_messages[0])}")
    # What is validated are copies, and the queue is not to be one.
    options = {**result.validated_parameters, _FEEDBACK_QUEUE: args.get(_FEEDBACK_QUEUE)}
    _refuse_empty_filters(options)
    _refuse_times(options)
    _refuse_contradictions(options)
    return options


def _refuse_undefined(args: Mapping[str, Any]) -> None:
    """ansible-rulebook hands over as a value of jinja2 what is nothing but a variable that there is not."""
    for name, value in args.items():
        try:
            if isinstance(value, Undefined):
                str(value)
        except UndefinedError as error:
            raise OptionError(
                f"{name} is a template that can't be read, {printable(error)}: give the variable with --vars or --env-vars"
            ) from None


def _refuse_unknown(given: Mapping[str, Any]) -> None:
    known = {*OPTIONS, *(alias for option in OPTIONS.values() for alias in option.get("aliases", ()))}
    for name in map(str, given):
        if name in known:
            continue
        if name in _OF_A_LISTING:
            raise OptionError(
                f"{name} is no option of {_NAME}, which itself says what is read and in what order: remove it"
            )
        near = difflib.get_close_matches(name, sorted(known), 1)
        hint = f"did you mean {near[0]}?" if near else "see its documentation"
        raise OptionError(f"{printable(name)} is no option of {_NAME}: {hint}")


def _refuse_empty_filters(options: Mapping[str, Any]) -> None:
    for name in LISTING_OPTIONS:
        if options.get(name) == [] and name != "accounts":  # which is refused where it is read
            raise OptionError(f"{name} is empty, which would stand for all alerts: give what to look at, or remove it")


def _refuse_times(options: Mapping[str, Any]) -> None:
    if not 1 <= options["interval"] <= 86400:
        raise OptionError(f"interval {options['interval']:g} is no pause: give seconds, from 1 to 86400")
    if options["heartbeat"] != 0 and not 1 <= options["heartbeat"] <= 86400:
        raise OptionError(
            f"heartbeat {options['heartbeat']:g} is no pause: give seconds, from 1 to 86400, or 0 for none"
        )
    lookback = parse_duration("lookback", options["lookback"])
    if not 2000 <= lookback <= _LONGEST_LOOKBACK:
        raise OptionError(f"lookback {printable(options['lookback'])} is out of range: give 2s to 30d")
    start = options["start"]
    if start not in (NOW, FROM_CHECKPOINT) and given_time("start", start, time.time()) > time.time() * 1000:
        raise OptionError(
            f"start {printable(start)} is in the future: give {NOW}, {FROM_CHECKPOINT}, or a time that has passed"
        )


def _refuse_contradictions(options: Mapping[str, Any]) -> None:
    if options["feedback"] and options[_FEEDBACK_QUEUE] is None:
        raise OptionError(
            "feedback is true, and ansible-rulebook offers none: it needs a version that does, --persistence-id, and a database "
            "in its variables (drools_db_file_path, or drools_db_host and its fellows)"
        )
    if options["accounts"] is not None and options["resource_directory_account_id"] is not None:
        raise OptionError(
            "resource_directory_account_id does not go with accounts, which says whose alerts are read: remove one of them"
        )
    folder = os.path.dirname(options["checkpoint"] or "") or "."
    if not os.path.isdir(folder):
        raise OptionError(
            f"checkpoint {printable(options['checkpoint'], 1000)}: there is no folder {printable(folder, 1000)}"
        )
