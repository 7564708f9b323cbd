# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The writes of a task that makes one record as it should be, and the result that tells of them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Callable

from .._openapi.client import OpenApiClient
from .._openapi.errors import ApiError, SecurityCenterError
from .guardrails import GuardRails, outside_windows
from .report import Report

_SENDS = 3
_LOOKS = (2.0, 4.0)  # seconds before each look at a record when the answer to a write was lost
_SOON, _SELDOM = 0.25, 5.0


class NotDone(SecurityCenterError):
    """What was asked for is not so now, or is not known to be; the text says what is, and what to do next."""


class Changes:
    """The writes of one task: planned in check mode, else made, each once whatever becomes of its answer.

    The first is refused outside the time windows of ``rails``. What was begun within them is brought to its end.
    """

    def __init__(self, client: OpenApiClient, report: Report, rails: GuardRails) -> None:
        self._client = client
        self._rails = rails
        self.check_mode = report.check_mode
        self.actions: list[dict[str, Any]] = []
        self.changed = False

    def make(self, action: str, parameters: Mapping[str, Any], done: Callable[[], bool], subject: str = "") -> None:
        """Make the call ``action``. After a lost answer ``done`` reads whether it was carried out; if not, it is made again.

        That the call is refused is no failure when what was asked for is so meanwhile: somebody may have been quicker, or the
        call have been carried out after all. Raises NotDone outside the time windows, and ApiError: when the call was refused
        nothing was done, when its answer stays lost that is not known.
        """
        reason = "" if self.actions else outside_windows(self._rails, self._client.now())
        if reason:
            raise NotDone(f"nothing was sent: {reason}")
        given = {name: value for name, value in parameters.items() if value is not None}
        made = {"action": action, "parameters": given}
        self.actions.append(made)
        if self.check_mode:
            self.changed = True
            return
        lost: ApiError | None = None
        for send in range(1, _SENDS + 1):
            try:
                self._client.call(action, given, write=True, subject=subject)
            except ApiError as error:
                if not error.maybe_done:
                    if lost is None:
                        self.actions.remove(made)  # not the last one, when several are made at once
                    if error.every_call or not done():
                        raise
                    return
                lost, self.changed = error, True
            except SecurityCenterError:  # it could not be sent
                if lost is None:
                    self.actions.remove(made)
                raise
            else:
                self.changed = True
                return
            if self._look(done):
                return
            if send == _SENDS:
                raise lost

    def _look(self, done: Callable[[], bool]) -> bool:
        for pause in _LOOKS:
            time.sleep(pause)
            if done():
                return True
        return False

    def result(
        self, record: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any], report: Report
    ) -> dict[str, Any]:
        """What a module returns: ``record`` beside changed, actions and, in diff mode, ``before`` and ``after``."""
        result = {"changed": self.changed, "actions": self.actions, **record}
        return {**result, "diff": {"before": dict(before), "after": dict(after)}} if report.diff else result

    def failure(self, error: SecurityCenterError, record: Mapping[str, Any]) -> dict[str, Any]:
        """The result of a task that ended with ``error``: what was done until then is in it."""
        told = f"{error}; what was done until then is in actions" if self.changed else str(error)
        result = {"failed": True, "msg": told, "changed": self.changed, "actions": self.actions, **record}
        return {**result, "error": error.as_dict()} if isinstance(error, ApiError) else result


def wait_until(read: Callable[[], bool], seconds: float) -> bool:
    """Call ``read`` until it says yes, at most for so many ``seconds``; whether it did."""
    until, pause = time.monotonic() + seconds, _SOON
    while not read():
        left = until - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(pause, left))  # the last look is at the end of the time
        pause = min(pause * 1.5, _SELDOM)
    return True
