# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of what was done by which plan: a line for each call and for each alert, on the disk before the run goes on."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from .._openapi.client import OpenApiClient
from .._openapi.errors import OptionError
from .approval import Approved
from .choosing import Group
from .plan_file import SavedPlan
from .report import Journal, Report, journal
from .runs import job_id, user_of
from .times import iso


class ApplyJournal:
    """Writes lines that each say of which plan and which run they are. For use by several threads."""

    def __init__(self, context: Mapping[str, Any], journals: tuple[Journal, ...]) -> None:
        self._context = context
        self._journals = journals
        self._one_at_a_time = threading.Lock()

    def started(self, count: int) -> None:
        self._write({"event": "apply_started", "count": count})

    def ended(self, untouched: list[dict[str, Any]], summary: Mapping[str, Any]) -> None:
        self._write(*untouched, {"event": "apply_ended", "summary": summary})

    def of(self, group: Group) -> Journal:
        """A journal for the engine, which tells of the calls and the alerts of ``group``."""
        return partial(self._write_of, group)

    def _write_of(self, group: Group, *lines: Mapping[str, Any]) -> None:
        self._write(*(group.told(line) if "outcome" in line else line for line in lines))

    def _write(self, *lines: Mapping[str, Any]) -> None:
        if lines:
            now = iso(int(time.time() * 1000))
            errors = []
            with self._one_at_a_time:
                for write in self._journals:
                    try:
                        write(*({"time": now, **self._context, **line} for line in lines))
                    except OptionError as error:  # the other file can still be written
                        errors.append(error)
            if errors:
                raise errors[0]


@contextmanager
def apply_journal(
    client: OpenApiClient, options: Mapping[str, Any], report: Report, plan: SavedPlan, approval: Approved
) -> Iterator[ApplyJournal]:
    """The journal of a run, in the files that journal_file and result_file name; none in check mode. Raises OptionError."""
    context = {
        "plan_id": plan.plan_id,
        "digest": plan.digest,
        "policy_digest": plan.about["policy_digest"],
        "run": job_id(report.environ) or f"local-{os.urandom(4).hex()}",
        "user": approval.applied_by or user_of(report.environ),
        "approved_by": approval.approved_by,
    }
    paths = [None if report.check_mode else options.get(name) for name in ("journal_file", "result_file")]
    with journal(paths[0], client.hidden, "journal_file") as first, journal(paths[1], client.hidden) as second:
        yield ApplyJournal(context, (first, second))
