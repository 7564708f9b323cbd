# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows of the service into events: when an alert is news, and what is told of it."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Sequence

from .._openapi.text import clean, every_text, printable
from .alerts import Record, Row, number, text
from .checkpoint import Delivered
from .operations import PENDING
from .safe_names import host_name
from .times import from_service_text

# What a server may be called after. A server gives itself its name, so the name may be another host's or a group's.
HOSTNAMES = ("instance_name", "instance_id", "internet_ip", "intranet_ip", "uuid")
# Reserved so that no host ever has it (RFC 2606): a play that is limited to it runs nowhere, one without a limit everywhere.
NO_SERVER = "no-server.invalid"
_NAMESPACE = uuid.UUID("5ec0c3e7-7f1b-5d0c-9c5e-2f6f1d3a8b47")
# With the header #jinja2: a text chooses other marks for its templates. One with a vault's header ansible-rulebook tries to
# decrypt, wherever in an action's argument it stands, and the action fails.
_TEMPLATE = re.compile(r"\{(?=[{%#])|#(?=jinja2:)|\$(?=ANSIBLE_VAULT)")
_PLAIN = re.compile(r"[ -\"%-z|}~]*")  # ASCII that prints, without what may begin one of these: most texts by far
_LAYOUT = re.compile(r"([\n\t])")
# The rule engine gives them back as two surrogates each, and no playbook can read its variables any more.
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


def state_of(place: str, row: Row) -> Delivered:
    """What tells whether this alert of ``place`` (an account on a data plane) is news."""
    key = hashlib.sha256(f"{place} {text(row.get('Id'))}".encode("utf-8", "replace")).digest()[:16]
    last_time = number(row.get("LastTimeStamp")) or from_service_text(row.get("LastTime")) or 0
    return Delivered(key, f"{row.get('Level')}".replace("#", ""), _reopened(row, last_time), last_time)


def following(state: Delivered, before: Delivered | None) -> Delivered:
    """``state`` with a count of the level's changes: a level that comes back is another state, with a uuid of its own.

    ansible-rulebook, where it persists, ignores an event whose uuid it has seen.
    """
    if before is None:
        return state
    level, _mark, changes = before.level.partition("#")
    count = int(changes or 0) + (level != state.level)
    counted = f"{state.level}#{count}" if count else state.level
    return state._replace(level=counted, reopened=max(state.reopened, before.reopened))


def _reopened(row: Row, last_time: int) -> int:
    """When the alert was handled with success before it occurred again, in milliseconds since 1970; 0 when it was not.

    One that could not be handled is not news for that, or an action that fails would start itself again for ever; nor is
    one whose handling somebody has taken back.
    """
    handled = number(row.get("OperateTime")) or 0
    success = f"{row.get('OperateErrorCode')}".rpartition(".")[2] == "Success"
    return handled if success and last_time > handled and _is_pending(row) else 0


def _is_pending(row: Row) -> bool:
    return number(row.get("EventStatus")) == PENDING


def is_news(row: Row, state: Delivered, before: Delivered | None) -> bool:
    """Whether the alert is to be delivered, with ``before`` what was delivered of it."""
    if before is None:
        return True
    return _is_pending(row) and (state.level != before.level.partition("#")[0] or state.reopened > before.reopened)


def event_of(place: str, record: Record, state: Delivered, hostnames: Sequence[str]) -> Record:
    """The event of an alert: its record, and ``meta`` with a uuid that stays the same for this state of this alert.

    ``hostnames`` are those of HOSTNAMES by which the server is called, the first that makes a name; without any nothing is
    said of hosts.
    """
    told = f"{place} {record['id']} {state.level} {state.reopened}"
    meta: Record = {"uuid": str(uuid.uuid5(_NAMESPACE, told.encode("utf-8", "replace").decode("utf-8")))}
    if hostnames:
        names = [host_name(record.get(source) or "") for source in hostnames]
        last_resort = f"server_{host_name(record['uuid'])}" if record.get("uuid") else NO_SERVER
        meta["hosts"] = [next(filter(None, names), last_resort)]
    event: Record = every_text(harmless, record)
    return {**event, "meta": meta}


def harmless(written: str) -> str:
    r"""A text that an attacker may have written, for a rule's action: Ansible evaluates what comes to a playbook as variables.

    Where a template or a vault would begin, a space is put in between: ``{ {``, ``{ %``, ``{ #``, ``# jinja2:`` and
    ``$ ANSIBLE_VAULT``. Control characters other than line breaks and tabs are told as ``\x1b``, and characters beyond U+FFFF
    as ``\U0001f600``.
    """
    if _PLAIN.fullmatch(written):
        return written
    if not written.isprintable():
        parts = _LAYOUT.split(clean(written))
        shown = (part if part in "\n\t" or part.isprintable() else printable(part, len(part)) for part in parts)
        written = "".join(shown)
    return _TEMPLATE.sub(r"\g<0> ", _ASTRAL.sub(lambda found: f"\\U{ord(found[0]):08x}", written))
