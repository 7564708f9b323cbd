# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._openapi.errors import OptionError
from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.checkpoint import (
    Checkpoint,
    CheckpointError,
    Delivered,
    Place,
)

# It opens what another process has open.
_OTHER = """
import sys, sqlite3
database = sqlite3.connect(sys.argv[1], timeout=0.1)
try:
    database.execute("SELECT * FROM alert").fetchall()
except sqlite3.OperationalError as error:
    print(error)
"""


def alert(number: int, last_time: int = 1000) -> Delivered:
    return Delivered(number.to_bytes(16, "big"), "serious", 0, last_time)


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "checkpoint")


@pytest.mark.parametrize("kept", [True, False], ids=["on disk", "in memory"])
def test_what_was_delivered_is_remembered_and_forgotten(path, kept):
    checkpoint = Checkpoint(path if kept else None)
    assert (checkpoint.place("one"), checkpoint.delivered(alert(1).key)) == (None, None)
    checkpoint.begin("one", Place(5, 3), [alert(1, 1000), alert(2, 2000)])
    checkpoint.remember([alert(3, 3000), alert(1, 1500)])
    checkpoint.begin("one", Place(9, 3))
    assert checkpoint.place("one") == Place(9, 3)
    assert [checkpoint.delivered(alert(number).key) for number in (1, 2, 3)] == [alert(1, 1500), alert(2, 2000), alert(3, 3000)]
    checkpoint.forget(2000)
    assert checkpoint.delivered(alert(1).key) is None
    assert checkpoint.delivered(alert(2).key) == alert(2, 2000)
    checkpoint.close()


def test_it_is_there_after_it_was_closed_and_after_a_kill(path, tmp_path):
    first = Checkpoint(path)
    first.begin("one", Place(5))
    first.close()
    second = Checkpoint(path)
    second.remember([alert(1)])
    # As a killed process leaves it: what was written last is in the file beside.
    for file in tmp_path.glob("checkpoint*"):
        shutil.copy(file, tmp_path / file.name.replace("checkpoint", "left"))
    left = Checkpoint(str(tmp_path / "left"))
    assert (left.place("one"), left.delivered(alert(1).key)) == (Place(5), alert(1))
    left.close()
    second.close()


def test_a_second_source_is_refused_in_this_process_and_in_another(path):
    checkpoint = Checkpoint(path)
    with pytest.raises(OptionError, match=r"checkpoint .* is in use by another event source: give each its own"):
        Checkpoint(path)
    other = subprocess.run([sys.executable, "-c", _OTHER, path], capture_output=True, text=True, check=True)
    assert other.stdout == "database is locked\n"
    checkpoint.close()
    Checkpoint(path).close()


@pytest.mark.parametrize("size", [0, 10, 100, 4096, -4096, -1])
def test_a_file_that_is_cut_short_is_refused_and_left_as_it_is(path, size):
    checkpoint = Checkpoint(path)
    checkpoint.begin("one", Place(5), [alert(number) for number in range(2000)])
    checkpoint.close()
    with open(path, "rb") as file:
        whole = file.read()
    with open(path, "wb") as file:
        file.write(whole[:size])
    with pytest.raises(OptionError, match=r"checkpoint .* is damaged .*: restore it, or remove it and say with start"):
        Checkpoint(path)
    with open(path, "rb") as file:
        assert file.read() == whole[:size]


def test_a_file_of_something_else_is_refused(path):
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE alert (key)")
    database.close()
    with pytest.raises(OptionError, match="is no checkpoint of this version"):
        Checkpoint(path)
    with open(path, "wb") as file:
        file.write(b"remember the milk\n" * 2048)
    with pytest.raises(OptionError, match=r"is damaged"):
        Checkpoint(path)


def test_a_place_that_can_not_be_written_is_refused(tmp_path):
    with pytest.raises(OptionError, match=r"can't be made: No such file or directory"):
        Checkpoint(str(tmp_path / "no" / "such"))
    with pytest.raises(OptionError, match=r"checkpoint .* (can't be used|is damaged)"):
        Checkpoint(str(tmp_path))


def test_nothing_is_remembered_by_halves(path):
    checkpoint = Checkpoint(path)

    def broken():
        yield alert(1)
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        checkpoint.begin("one", Place(5), broken())
    assert (checkpoint.place("one"), checkpoint.delivered(alert(1).key)) == (None, None)
    checkpoint.close()
    with pytest.raises(CheckpointError, match="can't be used any more"):
        checkpoint.remember([alert(1)])


def test_nobody_else_may_read_it(path, tmp_path):
    Checkpoint(path).close()
    assert [(file.name, file.stat().st_mode & 0o777) for file in tmp_path.iterdir()] == [("checkpoint", 0o600)]
