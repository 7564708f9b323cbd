# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import json
import os
import stat

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.report import journal


def test_each_line_is_on_the_disk_when_write_returns(tmp_path):
    path = tmp_path / "result.jsonl"
    path.write_text("before\n", encoding="ascii")
    with journal(str(path)) as write:
        write({"task_id": 7})
        assert path.read_text(encoding="ascii") == 'before\n{"task_id": 7}\n'
        write({"message": "告警 \ud800"})
    assert json.loads(path.read_text(encoding="ascii").splitlines()[2]) == {"message": "告警 \ud800"}


def test_only_the_owner_may_read_a_new_file(tmp_path):
    path = tmp_path / "result.jsonl"
    with journal(str(path)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("path", [None, ""])
def test_without_a_file_nothing_is_written(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with journal(path) as write:
        write({"task_id": 7})
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_can_not_be_written_is_told(tmp_path):
    with pytest.raises(OptionError) as caught, journal(str(tmp_path)):
        pass
    assert str(caught.value) == f"result_file {tmp_path} can't be written: Is a directory"


def test_after_half_a_line_a_line_begins_anew_however_often_it_fails(tmp_path, monkeypatch):
    path = tmp_path / "journal.jsonl"
    room = [4]

    def full(handle, content):
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = content[: room[0]]
        room[0] -= len(taken)
        return written(handle, taken)

    written = os.write
    with journal(str(path)) as write:
        monkeypatch.setattr(os, "write", full)
        for number in (1, 2):
            with pytest.raises(OptionError, match="No space left"):
                write({"number": number})
        room[0] = 1000
        write({"number": 3})
        write({"number": 4})
    assert path.read_text(encoding="ascii").splitlines() == ['{"nu', '{"number": 3}', '{"number": 4}']


def test_a_journal_that_is_closed_takes_nothing(tmp_path):
    """A thread that is left behind must not write into the file that has got the number since."""
    with journal(str(tmp_path / "journal.jsonl")) as write:
        write({"first": 1})
    with (tmp_path / "other").open("w"), pytest.raises(OptionError, match="can't be written"):
        write({"second": 2})
    assert (tmp_path / "other").read_text() == ""
