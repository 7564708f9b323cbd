# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.changes import (
    Changes,
    NotDone,
    wait_until,
)
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.guardrails import from_options
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import Report


@pytest.mark.parametrize("done_at", [0, 0.2, 7, 59.9, 60])
def test_a_wait_ends_soon_after_it_is_so_and_looks_a_last_time_at_its_end(monkeypatch, done_at):
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    assert wait_until(lambda: clock[0] >= 1000 + done_at, 60)
    assert done_at <= clock[0] - 1000 <= min(60, done_at + 5)


@pytest.mark.parametrize("seconds", [0, 0.1, 1, 60])
def test_a_wait_that_runs_out_says_so_on_time(monkeypatch, seconds):
    clock, looks = [1000.0], []
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(time, "sleep", lambda pause: clock.__setitem__(0, clock[0] + pause))
    assert not wait_until(lambda: looks.append(clock[0]), seconds)
    assert looks[0] == 1000 and looks[-1] == clock[0] == pytest.approx(1000 + seconds)


class _Service:
    """Takes every call; ``at`` is its time in seconds since 1970."""

    def __init__(self, at: float) -> None:
        self.at = at
        self.made: list[str] = []

    def now(self) -> float:
        return self.at

    def call(self, action: str, _parameters: dict, **_about: object) -> dict:
        self.made.append(action)
        return {}


_MIDNIGHT = 1_795_046_400  # 2026-11-19T00:00:00Z


@pytest.mark.parametrize("check_mode", [True, False])
def test_what_was_begun_in_time_is_brought_to_its_end(check_mode):
    service = _Service(_MIDNIGHT - 1)
    report = Report(check_mode=check_mode, diff=False, environ={}, warn=lambda text: None)
    changes = Changes(service, report, from_options({"time_window": ["22:00-00:00 Z"]}, []))
    changes.make("First", {}, lambda: False)
    service.at = _MIDNIGHT
    changes.make("Second", {}, lambda: False)
    assert [action["action"] for action in changes.actions] == ["First", "Second"]
    assert service.made == ([] if check_mode else ["First", "Second"])


@pytest.mark.parametrize("check_mode", [True, False])
def test_nothing_is_begun_outside_the_time_window(check_mode):
    service = _Service(_MIDNIGHT)
    report = Report(check_mode=check_mode, diff=False, environ={}, warn=lambda text: None)
    changes = Changes(service, report, from_options({"time_window": ["22:00-00:00 Z"]}, []))
    told = r"^nothing was sent: it is 2026-11-19T00:00:00Z at the service, and time_window is 22:00-00:00 Z$"
    with pytest.raises(NotDone, match=told):
        changes.make("First", {}, lambda: False)
    assert (service.made, changes.actions, changes.changed) == ([], [], False)
