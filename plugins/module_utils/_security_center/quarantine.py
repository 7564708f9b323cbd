# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Quarantined files: read (DescribeSuspEventQuaraFiles), and put back (RollbackSuspEventQuaraFile)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from .._openapi.client import OpenApiClient
from .._openapi.errors import OptionError
from .._openapi.text import printable
from .alerts import Field, Record, Row, text
from .changes import Changes, NotDone, wait_until
from .rows import read_counted
from .times import from_service_text, iso

QUARANTINED, QUARANTINING, NOT_QUARANTINED = "quaraDone", "quaraing", "quaraFailed"
RESTORED, RESTORING, NOT_RESTORED = "rollbackDone", "rollbacking", "rollbackFailed"
STATUSES = (QUARANTINED, QUARANTINING, NOT_QUARANTINED, RESTORED, RESTORING, NOT_RESTORED)

_LIST, RESTORE = "DescribeSuspEventQuaraFiles", "RollbackSuspEventQuaraFile"
BACK = "the file is back; no process was started again"
_STALE = 10.0  # seconds after a call in which the status may still be that of the try before

# Link, the address of a download, is left out: whoever has it may have the malware.
FIELDS: tuple[Field, ...] = (
    Field("id", "str", "Id", "The id of the quarantined file.", text),
    Field("status", "str", "Status", "How it stands, such as V(quaraDone) or V(rollbackDone).", text),
    Field("path", "str", "Path", "The path from which the file was taken.", text),
    Field("md5", "str", "Md5", "The MD5 hash of the file.", text),
    Field("modify_time", "str", "ModifyTime", "When the record last changed, ISO 8601 in UTC.", lambda value: iso(from_service_text(value))),
    Field("modify_time_stamp", "int", "ModifyTime", "The same in milliseconds since 1970.", from_service_text),
    Field("event_name", "str", "EventName", "The name of the alert for which the file was quarantined.", text),
    Field("event_type", "str", "EventType", "The type of that alert.", text),
    Field("uuid", "str", "Uuid", "The uuid of the server.", text),
    Field("instance_id", "str", "InstanceId", "The id of the instance.", text),
    Field("instance_name", "str", "InstanceName", "The name of the instance.", text),
    Field("ip", "str", "Ip", "The server's address.", text),
    Field("internet_ip", "str", "InternetIp", "The server's public address.", text),
    Field("intranet_ip", "str", "IntranetIp", "The server's private address.", text),
    Field("tag", "str", "Tag", "What the vendor calls the unique identifier of the event.", text),
)  # fmt: skip


class NotBack(NotDone):
    """A file is not back, or not yet. ``file`` is its record as it was seen last."""

    def __init__(self, message: str, file: Record) -> None:
        super().__init__(message)
        self.file = file


class NotRestored(NotBack):
    """The service tried to put a file back and gave up: nothing has changed on the server."""


def record_of(row: Row) -> Record:
    """The record of one row of DescribeSuspEventQuaraFiles."""
    return {field.name: field.convert(row.get(field.source)) for field in FIELDS}


def read_quarantined_files(client: OpenApiClient, status: str | None = None) -> list[Record]:
    """The quarantined files of the caller's account, those with ``status`` or all. Raises ApiError."""
    return read_counted_files(client, status)[0]


def read_counted_files(client: OpenApiClient, status: str | None = None) -> tuple[list[Record], int]:
    """The same, and how many the service counts: more when the list has changed all the time while it was read."""
    parameters: dict[str, Any] = {"From": "sas", "Status": status}
    rows, total = read_counted(client, _LIST, "QuaraFiles", parameters)
    return [record_of(row) for row in rows], total


def wanted_of(options: Mapping[str, Any], names: Iterable[str]) -> dict[str, str]:
    """Those of the options ``names`` that are given. Raises :class:`OptionError` for one that is empty."""
    given = {name: options[name] for name in names if options.get(name) is not None}
    # A file's name may end in white space, and another one's be the same but for that.
    wanted = {name: value if name == "path" else value.strip() for name, value in given.items()}
    for name, value in wanted.items():
        if not value.strip():
            raise OptionError(f"{name} is empty: give what the quarantined file has, or remove it")
    return wanted


def matches(file: Record, wanted: Mapping[str, str]) -> bool:
    """Whether ``file`` has each of the values ``wanted``; hashes and names of servers in any case."""
    return all(_folded(name, file[name]) == _folded(name, value) for name, value in wanted.items())


def _folded(name: str, value: Any) -> Any:
    return value.lower() if name in ("md5", "instance_name") and isinstance(value, str) else value


def restore(client: OpenApiClient, changes: Changes, file: Record, seconds: float) -> Record:
    """Put ``file`` back and follow it for so many ``seconds``; its record when it is back. In check mode as it would be.

    One that is on its way back is followed, and not sent again. May run for several files at once. Raises ApiError, and
    NotDone when the file is not known to be back: NotRestored when the service gave up, NotBack when it took longer.
    """
    if file["status"] != RESTORING:
        _send(client, changes, file)
    return {**file, "status": RESTORED} if changes.check_mode else _followed(client, file, seconds)


def _send(client: OpenApiClient, changes: Changes, file: Record) -> None:
    def begun() -> bool:
        return bool(_current(client, file)["status"] != file["status"])

    changes.make(RESTORE, {"QuaraFileId": file["id"], "From": "sas"}, begun, subject=name_of(file))


def _followed(client: OpenApiClient, file: Record, seconds: float) -> Record:
    seen = file
    stale_until = time.monotonic() + (_STALE if file["status"] == NOT_RESTORED else 0)

    def ended() -> bool:
        nonlocal seen, stale_until
        seen = _current(client, file)
        if seen["status"] == RESTORING:
            stale_until = 0
        return seen["status"] == RESTORED or (seen["status"] == NOT_RESTORED and time.monotonic() >= stale_until)

    wait_until(ended, seconds)
    if seen["status"] == RESTORED:
        return seen
    if seen["status"] == NOT_RESTORED and time.monotonic() >= stale_until:
        raise NotRestored(
            f"{name_of(file)} could not be restored: check that the server is online, that its disk is not full and that "
            "the file's directory is still there, then run the task again",
            seen,
        )
    raise NotBack(
        f"{name_of(file)} is still being restored after {seconds:g} seconds ({printable(seen['status'])}): raise "
        "wait_timeout, or run the task again later, which follows it without restoring it twice",
        seen,
    )


def _current(client: OpenApiClient, file: Record) -> Record:
    """``file`` as it is now. Those on their way back are few and asked for first; all are read when it is not among them."""
    for status in (RESTORING, None):
        for one in read_quarantined_files(client, status):
            if one["id"] == file["id"]:
                return one
    raise NotDone(
        f"{name_of(file)} is not listed any more, so what became of it is not known: look for it on the server"
    )


def name_of(file: Record) -> str:
    """What a sentence calls a quarantined file."""
    where = printable(file["instance_name"] or file["uuid"] or "an unknown server")
    return f"quarantined file {printable(file['id'])} ({printable(file['path'])} on {where})"
