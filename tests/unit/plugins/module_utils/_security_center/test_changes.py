# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.changes import wait_until


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
