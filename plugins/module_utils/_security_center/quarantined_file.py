# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What quarantined_file does: a file that was quarantined in, the same file back on its server out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._openapi.client import OpenApiClient
from .._openapi.errors import OptionError, SecurityCenterError
from .._openapi.text import printable
from .alerts import Record
from .changes import Changes, NotDone
from .finding import check_id
from .guarding import protected_servers
from .guardrails import GuardRails, guard_rails
from .offers import WHITELISTING
from .quarantine import (
    BACK,
    NOT_QUARANTINED,
    NOT_RESTORED,
    QUARANTINED,
    QUARANTINING,
    RESTORE,
    RESTORED,
    RESTORING,
    NotBack,
    NotRestored,
    matches,
    name_of,
    read_counted_files,
    restore,
    wanted_of,
)
from .report import Report
from .request import at_least

_MOST_SHOWN, _MOST_TOLD = 5, 100  # candidates in a sentence, and in the result
_DIFFERS = ("id", "path", "uuid", "status")  # what a diff tells of a file


class _Ambiguous(NotDone):
    """Several files could be meant; nothing was sent."""

    def __init__(self, files: list[Record]) -> None:
        shown = "; ".join(f"{name_of(file)}, {_facts(file)}" for file in files[:_MOST_SHOWN])
        more = f"; and {len(files) - _MOST_SHOWN} more" if len(files) > _MOST_SHOWN else ""
        super().__init__(
            f"{len(files)} quarantined files could be meant, so nothing was sent: give the quarantined_file_id of one, "
            f"or more of path, md5 and uuid: {shown}{more}"
        )
        self.files = files


def run(client: OpenApiClient, options: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Options of quarantined_file in, its result out. Raises SecurityCenterError."""
    wanted = _wanted(options)
    seconds = at_least("wait_timeout", options.get("wait_timeout"), 0, default=300)
    rails = guard_rails(options, report.environ)
    whitelist = bool(options.get("whitelist_first"))
    if whitelist and WHITELISTING not in rails.allowed_operations:
        raise OptionError(
            f"whitelist_first makes a whitelist rule, and {WHITELISTING} is not in allowed_operations: add it there, or "
            "remove whitelist_first"
        )
    changes = Changes(client, report, rails)
    try:
        file = choose(_files(client, wanted), wanted)
    except _Ambiguous as error:
        return changes.failure(error, {"candidates": error.files[:_MOST_TOLD]})
    record: dict[str, Any] = {}
    try:
        if file["status"] in (QUARANTINED, NOT_RESTORED):
            _check_guard_rails(client, rails, file)
            if whitelist:
                record["whitelist_rule"] = _whitelisted(client, changes, file)
        back = file if file["status"] == RESTORED else restore(client, changes, file, seconds)
    except SecurityCenterError as error:
        if isinstance(error, NotBack):
            file = error.file
        if isinstance(error, NotRestored):
            changes.changed = any(made["action"] != RESTORE for made in changes.actions)
        return changes.failure(error, {"quarantined_file": file, **record})
    record["quarantined_file"] = back
    if file["status"] == RESTORED or not changes.check_mode:
        record["message"] = BACK
    return changes.result(record, _difference(file), _difference(back), report)


def _wanted(options: Mapping[str, Any]) -> dict[str, str]:
    wanted = wanted_of(options, ("path", "md5", "uuid"))
    if options.get("quarantined_file_id") is None:
        return wanted
    given = options["quarantined_file_id"]
    told = "quarantined_file_info tells them"
    return {**wanted, "id": check_id("quarantined_file_id", given, "a quarantined file's", told)}


def _files(client: OpenApiClient, wanted: Mapping[str, str]) -> list[Record]:
    """The quarantined files among which the one that is meant can be told. Raises NotDone when some are missing."""
    files, total = read_counted_files(client)
    if len(files) < total and not any(file["id"] == wanted.get("id") for file in files):
        raise NotDone(
            f"{len(files)} of {total} quarantined files could be read, for the list was changing all the time, and others may "
            "be meant as well; nothing was sent: run the task again"
        )
    return files


def choose(files: list[Record], wanted: Mapping[str, str]) -> Record:
    """The one of ``files`` that has the values ``wanted``: one that can be restored, else one that is restored already.

    Raises :class:`NotDone` when there is none, when nothing can be restored, and when several could be meant.
    """
    found = [file for file in files if matches(file, wanted)]
    if not found:
        told = ", ".join(f"{name} {printable(value)}" for name, value in wanted.items())
        raise NotDone(
            f"no quarantined file has {told}: quarantined_file_info lists those that there are; check region_id and the account"
        )
    # What was never quarantined and what is back already is no other way to understand the task.
    open_ones = [file for file in found if file["status"] not in (RESTORED, NOT_QUARANTINED)]
    restored = sorted(
        (file for file in found if file["status"] == RESTORED), key=lambda file: file["modify_time_stamp"] or 0
    )
    if len(open_ones) > 1:
        raise _Ambiguous(open_ones)
    file = (open_ones or restored[-1:] or found)[0]
    if file["status"] == QUARANTINING:
        raise NotDone(f"{name_of(file)} is being quarantined right now: run the task again when that has ended")
    if file["status"] == NOT_QUARANTINED:
        raise NotDone(
            f"{name_of(file)} was not quarantined, for the quarantine failed: there is nothing to restore, the file is where it was"
        )
    if file["status"] not in (QUARANTINED, NOT_RESTORED, RESTORING, RESTORED):
        raise NotDone(
            f"{name_of(file)} has a status that is not known ({printable(file['status'])}), so nothing was sent: look at it in the console"
        )
    return file


def _whitelisted(client: OpenApiClient, changes: Changes, file: Record) -> dict[str, Any]:
    """The rule that keeps ``file`` from being quarantined again, made if it was not there."""
    from .whitelist_first import ensure_rule, rule_for  # when it is used: each task compiles what it imports

    rule = rule_for(client, file)
    ensure_rule(client, changes, rule)
    return rule


def _check_guard_rails(client: OpenApiClient, rails: GuardRails, file: Record) -> None:
    if not rails.protected_assets:
        return
    if not file["uuid"]:
        raise NotDone(
            f"{name_of(file)} was not restored: protected_assets can't be checked, for the service does not tell its server"
        )
    for reason in protected_servers(client, rails, [file["uuid"]]).values():
        raise NotDone(f"{name_of(file)} was not restored: {reason}")


def _facts(file: Record) -> str:
    words = (("server", "uuid"), ("md5", "md5"), ("status", "status"), ("since", "modify_time"))
    return ", ".join(f"{word} {printable(file[name])}" for word, name in words)


def _difference(file: Record) -> dict[str, Any]:
    return {name: file[name] for name in _DIFFERS}
