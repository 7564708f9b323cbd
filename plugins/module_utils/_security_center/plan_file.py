# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans on their way from the task that decides to the task that acts: written, signed, and checked before a word is believed.

A plan is JSON lines. The first has the plan's id, the SHA-256 of all that follows and its signature (HMAC-SHA256); the
second is about the plan; each further one is about an alert.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from .._openapi.errors import OptionError
from .._openapi.text import printable
from .alerts import is_id, rows_of
from .operations import OPERATIONS
from .runs import KEY_VARIABLE
from .saved_files import write_file

_SHORTEST_KEY = 16
_FORMAT = 1
_LARGEST = 512 * 1024 * 1024  # a hundred times what 5,000 alerts take
_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}")
_SIGNED_TEXT = b"alicloud.security_center plan 1\n"  # a signature of one thing is none of another

Alert = Mapping[str, Any]


class SavedPlan(NamedTuple):
    """A plan as it was saved. ``signed`` says that its signature was checked and fits."""

    about: Mapping[str, Any]
    alerts: list[dict[str, Any]]
    digest: str
    signed: bool

    @property
    def plan_id(self) -> str:
        return str(self.about["plan_id"])

    @property
    def rules(self) -> list[Mapping[str, Any]]:
        """Each rule that chose an alert, with its name, whether it needs approval, its operation_code and its count."""
        return rows_of(self.about.get("rules"))


def new_id(created: str) -> str:
    """The id of a plan that was ``created`` (ISO 8601 in UTC) now."""
    return f"{created.replace('-', '').replace(':', '')}-{os.urandom(4).hex()}"


def check_plan_id(option: str, given: str) -> str:
    """``given`` as a plan's id, which is part of a file's name. Raises :class:`OptionError` that names ``option``."""
    if not _ID.fullmatch(given):
        raise OptionError(f"{option} {printable(given)} is not a plan's id: give one such as 20261122T090000Z-1a2b3c4d")
    return given


def signing_key(environ: Mapping[str, str]) -> bytes | None:
    """The key that signs plans, or None when the environment has none. Raises :class:`OptionError`."""
    key = environ.get(KEY_VARIABLE)
    if key is None:
        return None
    if len(key) < _SHORTEST_KEY:
        raise OptionError(
            f"the environment variable {KEY_VARIABLE} is too short to sign plans: give at least {_SHORTEST_KEY} random characters"
        )
    return key.encode("utf-8", "surrogateescape")


def sealed(about: Mapping[str, Any], alerts: Iterable[Alert], key: bytes | None) -> tuple[bytes, str]:
    """A plan as its file holds it, and its digest."""
    body = b"".join(json.dumps(line).encode("ascii") + b"\n" for line in (about, *alerts))
    digest = hashlib.sha256(body).hexdigest()
    head = {
        "security_event_plan": _FORMAT,
        "plan_id": about["plan_id"],
        "digest": digest,
        "signature": _signature(key, body) if key else None,
    }
    return json.dumps(head).encode("ascii") + b"\n" + body, digest


def _signature(key: bytes, body: bytes) -> str:
    return hmac.new(key, _SIGNED_TEXT + body, hashlib.sha256).hexdigest()


def write_plan(directory: str, plan_id: str, content: bytes) -> str:
    """Write a plan into ``directory``; where it is. Raises :class:`OptionError`."""
    return write_file("plan_directory", directory, f"{plan_id}.jsonl", content)


def packed(content: bytes) -> str:
    """A plan as one line of letters and digits, in which nothing can be a template."""
    return base64.b64encode(zlib.compress(content, 9)).decode("ascii")


def saved_plan(options: Mapping[str, Any], environ: Mapping[str, str]) -> SavedPlan:
    """The plan that ``plan_file``, ``plan_id`` with ``plan_directory``, or ``packed`` names.

    With the key of ``environ`` its signature is checked, without one only that it is whole. Raises :class:`OptionError`.
    """
    key = signing_key(environ)
    if options.get("packed") is not None:
        return read_plan("packed", _unpacked(options["packed"]), key)
    path, option = options.get("plan_file"), "plan_file"
    if path is None:
        plan_id = check_plan_id("plan_id", options["plan_id"])
        path, option = os.path.join(options["plan_directory"], f"{plan_id}.jsonl"), "plan_id"
    name = f"{option} {printable(path, longest=1000)}"
    try:
        with open(path, "rb") as stream:
            content = stream.read(_LARGEST + 1)
    except (OSError, ValueError) as error:  # a ValueError is a character that no path may have
        raise OptionError(f"{name} can't be read: {getattr(error, 'strerror', None) or error}") from error
    plan = read_plan(name, content, key)
    if option == "plan_id" and plan.plan_id != plan_id:
        raise OptionError(f"{name} holds the plan {plan.plan_id}: it was renamed; make a new plan")
    return plan


def _unpacked(text: str) -> bytes:
    try:
        unpacking = zlib.decompressobj()
        content = unpacking.decompress(base64.b64decode(text, validate=True), _LARGEST + 1)
        if not unpacking.eof and len(content) <= _LARGEST:
            raise ValueError("it is cut short")
        return content
    except (ValueError, zlib.error) as error:
        raise OptionError(
            "packed is no plan, or not all of it: give the text that security_event_plan returned"
        ) from error


def read_plan(name: str, content: bytes, key: bytes | None) -> SavedPlan:
    """The plan in ``content``, which is ``name`` in a sentence. Raises :class:`OptionError` when it is no plan, or was edited."""
    if len(content) > _LARGEST:
        raise OptionError(f"{name} is too large to be a plan: make a new one, of fewer alerts")
    first, _newline, body = content.partition(b"\n")
    head = _object(first)
    if head is None or "security_event_plan" not in head:
        raise OptionError(f"{name} is not a plan: give what security_event_plan has written")
    if head["security_event_plan"] != _FORMAT:
        raise OptionError(f"{name} is a plan of another version of this collection: make a new plan")
    digest, signature = hashlib.sha256(body).hexdigest(), head.get("signature")
    if head.get("digest") != digest:
        raise OptionError(f"{name} was edited, or is not whole: make a new plan")
    if key and signature is None:
        raise OptionError(
            f"{name} is not signed, and {KEY_VARIABLE} is set: make the plan in a task that has the key too"
        )
    if key and not hmac.compare_digest(str(signature), _signature(key, body)):
        raise OptionError(f"{name} was signed with another key than {KEY_VARIABLE}, or was edited: make a new plan")
    about, *alerts = [_object(line) or {} for line in body.splitlines()] or [{}]
    once = {line.get("security_event_id") for line in alerts if isinstance(line.get("security_event_id"), str)}
    if not _is_about(about) or not all(map(_is_alert, alerts)) or len(once) < len(alerts):
        raise OptionError(f"{name} is not a plan: give what security_event_plan has written")
    return SavedPlan(about, alerts, digest, signed=bool(key))


# What the lines of a plan must have: whoever can write to the directory can make a plan that is not signed.
_ABOUT = {
    "plan_id": str,
    "created_stamp": int,
    "valid_until": str,
    "valid_until_stamp": int,
    "endpoint": str,
    "policy_digest": str,
    "rules": list,
}
_ALERT = {
    "security_event_id": str,
    "event_ids": list,
    "steps": list,
    "approval": bool,
    "seen": dict,
    "alert": dict,
}


_PLANNED = {"rule": str, "operation_code": str}


def _is_about(about: Mapping[str, Any]) -> bool:
    account = about.get("resource_directory_account_id")
    return (
        _has(about, _ABOUT)
        and _ID.fullmatch(about["plan_id"]) is not None
        and about.get("lang") in (None, "en", "zh")
        and (account is None or (isinstance(account, str) and is_id(account)))
        and all(isinstance(rule, dict) and isinstance(rule.get("name"), str) for rule in about["rules"])
    )


def _is_alert(line: Mapping[str, Any]) -> bool:
    if not _has(line, _ALERT) or line.get("outcome") != "planned":
        return _has(line, _ALERT)
    given = line["security_event_id"]
    return (
        _has(line, _PLANNED)
        and is_id(given)
        and given == str(int(given))
        and isinstance(line.get("remark", 0), (str, type(None)))
        and bool(line["steps"])
        and all(map(_is_step, line["steps"]))
    )


def _is_step(step: Any) -> bool:
    if not isinstance(step, dict) or step.get("operation_code") not in tuple(OPERATIONS):
        return False
    params = step.get("operation_params") or {}
    return isinstance(params, dict) and isinstance(params.get("expire_time", 0), (int, type(None)))


def _has(line: Mapping[str, Any], shape: Mapping[str, type]) -> bool:
    return all(isinstance(line.get(name), kind) for name, kind in shape.items())


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None
