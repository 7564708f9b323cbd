# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written as a policy in, checked rules and every mistake out. Calls nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Callable, NamedTuple

from .._openapi.errors import OptionError
from .._openapi.text import clean, printable
from .guardrails import GuardRails
from .operations import OPERATIONS, PENDING, Operation
from .policy import AI_VERDICTS, FILE_KEY, LEVELS, MATCH_KEYS, REQUIRED, Rule, Step
from .request import OPERATES, operation_of, operation_params, wire_rules
from .times import parse_duration
from .yaml_file import Path, read_yaml

STEP_KEYS = ("operation_code", "operation_params", "mark_miss_param")
RULE_KEYS = ("name", "match", *STEP_KEYS, "fallback_operations", "approval", "remark")
PARAM_KEYS: dict[str, type] = {"expire_in": str, "expire_time": int, "sub_operation": str, "raw": str}
MARK_KEYS = ("field", "operate", "field_value", "uuid")
UUIDS = ("part", "ALL")
LONGEST_NAME = 100  # of a rule: it stands in tables, and in what a person approves
OPEN_CODES = tuple(code for code, operation in OPERATIONS.items() if PENDING in operation.starts_from)

_ANY_OPERATION = GuardRails(allowed_operations=frozenset(OPERATIONS))  # which are allowed here is said per alert


# --- where it is written ---


class Source(NamedTuple):
    """A policy as it is written, and how a mistake in it is told: by its place in ``content`` and a text."""

    content: Any
    told: Callable[[Path, str], str]


def from_option(policy: Any) -> Source:
    """The option ``policy``: a mistake is told as ``policy[2].match.levels: …``."""
    return Source(policy, lambda place, text: f"policy{_written(place)}: {text}")


def from_file(path: str) -> Source:
    """The file at ``path``: a mistake is told with its line and the name of its rule.

    A file holds the list of rules, or a mapping with that list under the one key respond_policy. Raises OptionError.
    """
    name = f"policy_file {printable(path, longest=1000)}"
    content, lines = read_yaml(name, path)
    above: Path = ()
    if isinstance(content, Mapping):
        if set(content) != {FILE_KEY}:
            known = f"a mapping has the one key {FILE_KEY}"
            raise OptionError(f"{name} line 1: is neither a list of rules nor a mapping that holds one: {known}")
        content, above = content[FILE_KEY], (FILE_KEY,)

    def told(place: Path, text: str) -> str:
        whole = above + place
        # What is missing has no line: what it is missing from has.
        line = next((lines[whole[:end]] for end in range(len(whole), -1, -1) if whole[:end] in lines), 1)
        if not place:
            return f"{name} line {line}: {text}"
        where = _written(place[1:]).lstrip(".")
        return f"{name} line {line}: rule {_rule_name(content, place[0])}: {where}{': ' if where else ''}{text}"

    return Source(content, told)


def _rule_name(rules: Any, place: int) -> str:
    name = rules[place].get("name") if isinstance(rules[place], Mapping) else None
    return f'"{printable(name, LONGEST_NAME)}"' if isinstance(name, str) and name.strip() else str(place + 1)


def _is(value: object, kind: type) -> bool:
    """Whether ``value`` is of a ``kind``. In Python a truth value is a number too, here it is none."""
    return isinstance(value, kind) and not isinstance(value, bool)


def _written(place: Path) -> str:
    return "".join(f"[{part}]" if _is(part, int) else f".{printable(part, 60)}" for part in place)


# --- what it says ---


def check_rules(content: Any, now: float) -> tuple[tuple[Rule, ...], list[tuple[Path, str]]]:
    """The rules that ``content`` holds, and what is wrong with it: pairs of a place and a text. ``now`` is in seconds since 1970."""
    check = _Check(now)
    rules = check.rules(content)
    return rules, check.mistakes


class _Check:
    """Reads a policy from its top to its leaves, and notes each mistake. What comes back beside a mistake is not used."""

    def __init__(self, now: float) -> None:
        self._now = now
        self.mistakes: list[tuple[Path, str]] = []

    def _wrong(self, place: Path, text: str) -> None:
        self.mistakes.append((place, text))

    def _as_the_engine_says(self, place: Path, check: Callable[..., Any], *given: Any) -> Any:
        """What ``check`` answers; its sentences begin with the option, which is the place inside of ``place``."""
        try:
            return check(*given)
        except OptionError as error:
            option, _space, text = str(error).partition(" ")
            parts = (int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", option))
            self._wrong((*place, *parts), text)
            return None

    def rules(self, content: Any) -> tuple[Rule, ...]:
        entries = self._list((), content)
        rules = tuple(self._rule((place,), given) for place, given in enumerate(entries))
        names = [rule.name for rule in rules]
        for place, name in enumerate(names):
            if name and name in names[:place]:
                self._wrong(
                    (place, "name"), "is the name of an earlier rule: give each its own, for approvals go by it"
                )
        return rules

    def _rule(self, place: Path, given: Any) -> Rule:
        rule = self._mapping(place, given, RULE_KEYS, required=("name", "match", "operation_code"))
        name = self._name((*place, "name"), rule["name"]) if "name" in rule else ""
        match = self._match((*place, "match"), rule["match"]) if "match" in rule else {}
        steps = [self._step(place, rule)]
        for number, fallback in enumerate(self._optional_list(place, rule, "fallback_operations")):
            steps.append(self._fallback((*place, "fallback_operations", number), fallback, steps))
        if "approval" in rule and rule["approval"] != REQUIRED:
            self._wrong((*place, "approval"), f"is {_shown(rule['approval'])}: write {REQUIRED}, or leave it out")
        remark = self._text((*place, "remark"), rule["remark"]) if "remark" in rule else None
        return Rule(name, match, tuple(steps), rule.get("approval") == REQUIRED, remark)

    def _name(self, place: Path, given: Any) -> str:
        name = self._text(place, given)
        if len(name) > LONGEST_NAME or printable(name) != name:
            self._wrong(place, f"is longer than {LONGEST_NAME} characters, or holds one that can't be seen: shorten it")
        return name

    # --- match ---

    def _match(self, place: Path, given: Any) -> Mapping[str, Any]:
        match = self._mapping(place, given, MATCH_KEYS)
        if not match and isinstance(given, Mapping) and not given:
            self._wrong(place, f"is empty, and would match every alert: give one of {', '.join(MATCH_KEYS)}")
        wanted = {key: self._wanted((*place, key), key, one) for key, one in match.items()}
        return {key: wanted[key] for key in MATCH_KEYS if key in wanted}

    def _wanted(self, place: Path, key: str, given: Any) -> Any:
        if key in ("min_age", "name_regex"):
            wanted = self._text(place, given)
            if wanted and key == "min_age":
                self._as_the_engine_says(place[:-1], parse_duration, key, wanted)
            elif wanted:
                self._compiles(place, wanted)
            return wanted
        entries = self._list(place, given)
        if key in ("asset_names", "asset_groups"):  # ids may be numbers
            entries = [str(one) if _is(one, int) else one for one in entries]
        choices = {"levels": LEVELS, "ai_verdicts": AI_VERDICTS}.get(key)
        return [self._text((*place, number), one, choices) for number, one in enumerate(entries)]

    def _compiles(self, place: Path, pattern: str) -> None:
        try:
            re.compile(pattern)
        except (re.error, RecursionError, OverflowError, MemoryError, ValueError) as error:
            self._wrong(place, f"{printable(pattern, 60)} is no regular expression to Python: {printable(error)}")

    # --- operations ---

    def _fallback(self, place: Path, given: Any, earlier: list[Step]) -> Step:
        fallback = {"operation_code": given} if isinstance(given, str) else given
        step = self._step(place, self._mapping(place, fallback, STEP_KEYS, required=("operation_code",)))
        if step.operation_code and step in earlier:
            self._wrong(place, "repeats an operation that was tried before it: remove it")
        return step

    def _step(self, place: Path, given: Mapping[str, Any]) -> Step:
        operation = self._operation(place, given["operation_code"]) if "operation_code" in given else None
        params = self._params((*place, "operation_params"), given.get("operation_params", {}))
        marks = self._marks(place, given)
        if operation is None:
            return Step("", {}, ())
        if params is not None:
            self._as_the_engine_says(place, operation_params, operation, params, self._now)
        if marks and not operation.whitelists:
            self._wrong((*place, "mark_miss_param"), f"does not go with operation_code {operation.code}: remove it")
        return Step(operation.code, params or {}, tuple(marks))

    def _operation(self, place: Path, given: Any) -> Operation | None:
        code = self._text((*place, "operation_code"), given)
        if not code:
            return None
        operation: Operation | None = self._as_the_engine_says(place, operation_of, code, _ANY_OPERATION, _silent)
        if operation is not None and code not in OPEN_CODES:
            here = (*place, "operation_code")
            self._wrong(here, f"{code} takes a handling back, and a policy is for open alerts: give another")
        return operation

    def _params(self, place: Path, given: Any) -> Mapping[str, Any] | None:
        """The parameters, None when they can't be looked at further."""
        before = len(self.mistakes)
        params = self._mapping(place, given, tuple(PARAM_KEYS))
        for key, value in params.items():
            if not _is(value, PARAM_KEYS[key]):
                wanted = "a whole number" if PARAM_KEYS[key] is int else "text"
                self._wrong((*place, key), f"is {_shown(value)}, not {wanted}")
        return params if len(self.mistakes) == before else None

    def _marks(self, place: Path, given: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        entries = self._optional_list(place, given, "mark_miss_param")
        before = len(self.mistakes)
        rules = [self._mark((*place, "mark_miss_param", number), one) for number, one in enumerate(entries)]
        if len(self.mistakes) == before:
            self._as_the_engine_says(place, wire_rules, rules, _silent)
        return rules

    def _mark(self, place: Path, given: Any) -> Mapping[str, Any]:
        choices = {"operate": OPERATES, "uuid": UUIDS}
        mark = self._mapping(place, given, MARK_KEYS, required=("field", "operate", "field_value"))
        return {key: self._text((*place, key), value, choices.get(key)) for key, value in mark.items()}

    # --- what a value is ---

    def _mapping(
        self, place: Path, given: Any, known: tuple[str, ...], required: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        """Those entries of ``given`` that are ``known``."""
        if not isinstance(given, Mapping):
            self._wrong(place, f"is {_shown(given)}, not a mapping: known keys are {', '.join(known)}")
            return {}
        for key in given:
            if key not in known:
                self._wrong((*place, key), f"is not a known key: known are {', '.join(known)}")
        for key in required:
            if key not in given:
                self._wrong((*place, key), "is missing")
        return {key: value for key, value in given.items() if key in known}

    def _optional_list(self, place: Path, given: Mapping[str, Any], key: str) -> list[Any]:
        return self._list((*place, key), given[key]) if key in given else []

    def _list(self, place: Path, given: Any) -> list[Any]:
        if not isinstance(given, (list, tuple)):
            self._wrong(place, f"is {_shown(given)}, not a list: write each entry after a dash, or all in brackets")
            return []
        if not given:
            self._wrong(place, "is an empty list: give at least one entry")
        return list(given)

    def _text(self, place: Path, given: Any, choices: tuple[str, ...] | None = None) -> str:
        """``given`` when it is text, and one of the ``choices`` if there are any; else an empty text."""
        if not isinstance(given, str):
            quotes = "" if isinstance(given, (list, tuple, Mapping)) or given is None else ": put it into quotes"
            self._wrong(place, f"is {_shown(given)}, not text{quotes}")
        elif not given.strip():
            self._wrong(place, "is empty")
        elif clean(given) != given:
            self._wrong(place, f"holds a character that can't be sent ({printable(given, 60)}): remove it")
        elif choices and given not in choices:
            self._wrong(place, f"is {printable(given, 60)}: give {_one_of(choices)}")
        else:
            return given
        return ""


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    return "null" if value is None else printable(value, 60)


def _one_of(choices: tuple[str, ...]) -> str:
    return f"{', '.join(choices[:-1])} or {choices[-1]}"


def _silent(_text: str) -> None:
    """Warnings about an operation are said when it is planned."""
