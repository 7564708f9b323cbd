# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take a quarantine back: find the file of each alert, and restore it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .._openapi.client import OpenApiClient
from .._openapi.errors import ApiError, SecurityCenterError
from .._openapi.text import printable
from .alerts import Record
from .changes import Changes
from .outcomes import FAILED, HANDLED, UNKNOWN, end_all
from .plan import FOLLOW, UNCHANGED, Batch, Target, to_send
from .quarantine import (
    BACK,
    NOT_RESTORED,
    QUARANTINED,
    RESTORED,
    RESTORING,
    NotBack,
    NotRestored,
    name_of,
    read_counted_files,
    restore,
)
from .report import Report
from .request import HandleRequest
from .reverting_marks import Apart
from .ways_back import Reversal

_BY_ANOTHER = "another run has restored the file"
_MOST_NAMED = 5
_MD5 = re.compile("[0-9a-fA-F]{32}")
_PATH = re.compile(r"[/\\]")


class Files(Apart):
    """The quarantined files of alerts."""

    things = "quarantined files"

    def __init__(
        self, client: OpenApiClient, request: HandleRequest, reversals: list[Reversal], report: Report
    ) -> None:
        super().__init__(client, request, reversals, report)
        self._files: dict[str, Record] = {}
        self._of: dict[str, list[Target]] = {}
        self._followed: list[Batch] = []
        targets = self.run.plan.targets
        if not to_send(targets):
            return
        listed, total = read_counted_files(client)
        if len(listed) < total:
            for target in to_send(targets):
                target.refuse(
                    "ListMoves", "the list of quarantined files changed while it was read: run the task again"
                )
        for target in to_send(targets):
            self._choose(target, candidates(target.alert or {}, listed))

    def _choose(self, target: Target, files: list[Record]) -> None:
        open_files = [file for file in files if file["status"] in (QUARANTINED, NOT_RESTORED, RESTORING)]
        if len(open_files) > 1:
            shown = "; ".join(f"{name_of(file)}, {printable(file['status'])}" for file in open_files[:_MOST_NAMED])
            reason = f"{len(open_files)} quarantined files may be the alert's: restore the right one with quarantined_file: {shown}"
            target.refuse("SeveralFiles", reason)
        elif open_files:
            (file,) = open_files
            if file["status"] == RESTORING:
                target.decision, target.message = FOLLOW, "the file is being restored already"
            self._files[file["id"]] = file
            self._of.setdefault(file["id"], []).append(target)
            self.beside[target.given] = (file["status"], RESTORED)
        elif any(file["status"] == RESTORED for file in files):
            target.decision, target.message = UNCHANGED, "the file is restored already"
        else:
            target.refuse("NoFile", "no quarantined file of the alert's server has a path and a hash of the alert")

    def settle(self, stop: str) -> None:
        super().settle(stop)
        for file_id, targets in self._of.items():
            followed = [target for target in targets if target.decision == FOLLOW]
            for going, batches in ((to_send(targets), self.run.plan.batches), (followed, self._followed)):
                event_ids = dict.fromkeys(event_id for target in going for event_id in target.event_ids)
                if event_ids:
                    batches.append(Batch(tuple(event_ids), {"QuaraFileId": file_id, "From": "sas"}))

    def execute(self) -> None:
        self._make(self._restore, [*self.run.plan.batches, *self._followed])

    def _restore(self, batch: Batch) -> None:
        run, file = self.run, self._files[batch.parameters["QuaraFileId"]]
        changes = Changes(self._client, self._report, run.plan.request.guard_rails)
        try:
            restore(self._client, changes, file, run.plan.request.wait_timeout)
        except SecurityCenterError as error:
            if isinstance(error, ApiError):
                run.note(error)
            lost = isinstance(error, ApiError) and error.maybe_done
            open_still = changes.changed or isinstance(error, NotBack)
            unknown = lost or (open_still and not isinstance(error, NotRestored))
            end_all(run, batch.event_ids, UNKNOWN if unknown else FAILED, str(error))
        else:
            end_all(run, batch.event_ids, *((HANDLED, BACK) if changes.changed else (UNCHANGED, _BY_ANOTHER)))
        if changes.actions:
            run.sent.append(batch)


def candidates(alert: Record, files: Iterable[Record]) -> list[Record]:
    """Those of ``files`` that may be the alert's: on its server, with its hash and its path as far as its details tell them.

    Which file belongs to which alert is not documented, nor under which label the details tell a path or a hash.
    """
    told = [detail[name] for detail in alert["details"] for name in ("value", "value_display")]
    values = {value for value in told if value}
    hashes = {value.lower() for value in values if _MD5.fullmatch(value)}
    here = [file for file in files if file["uuid"] and file["uuid"] == alert["uuid"]]
    if hashes:
        here = [file for file in here if str(file["md5"]).lower() in hashes]
        if not any(_PATH.search(value) for value in values):
            return here
    return [file for file in here if file["path"] in values]
