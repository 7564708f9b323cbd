# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest

from ansible_collections.alicloud.security_center.plugins.module_utils._security_center.parent import Parent, ParentGone


class Processes:
    """A /proc in which this process (10) has ancestors, nearest first."""

    def __init__(self, folder, monkeypatch) -> None:
        self.folder = folder
        self.parent = 0
        monkeypatch.setattr(os, "getppid", lambda: self.parent)

    def are(self, *ancestors: tuple[int, str]) -> None:
        above = [process for process, _name in ancestors[1:]] + [1]
        self.parent = ancestors[0][0]
        for (process, name), parent in zip(ancestors, above):
            self.set(process, name, parent)

    def set(self, process: int, name: str, parent: int) -> None:
        (self.folder / str(process)).mkdir(exist_ok=True)
        (self.folder / str(process) / "stat").write_text(f"{process} ({name}) S {parent} 1 1 0\n", encoding="utf-8")

    def gone(self, process: int) -> None:
        (self.folder / str(process) / "stat").unlink()


@pytest.fixture
def processes(tmp_path, monkeypatch) -> Processes:
    found = Processes(tmp_path, monkeypatch)
    found.are((9, "sh"), (8, "sh"), (7, "python3 (worker)"), (6, "ansible-playbook"), (5, "bash"), (4, "sshd"))
    return found


def test_nothing_is_wrong_while_all_are_there(processes):
    Parent(processes.folder).check()


@pytest.mark.parametrize(
    ("process", "name", "parent"),
    [(9, "sh", 1), (8, "sh", 1), (7, "python3 (worker)", 1)],
    ids=["a shell lost its parent", "the upper shell did", "ansible-playbook was killed"],
)
def test_a_process_that_lost_its_parent_is_noticed(processes, process, name, parent):
    watched = Parent(processes.folder)
    processes.set(process, name, parent)
    with pytest.raises(ParentGone, match="whoever started this run is gone"):
        watched.check()


def test_the_own_parent_s_end_is_noticed(processes):
    watched = Parent(processes.folder)
    processes.parent = 1
    with pytest.raises(ParentGone):
        watched.check()


def test_a_process_that_is_gone_is_noticed(processes):
    watched = Parent(processes.folder)
    processes.gone(8)
    with pytest.raises(ParentGone):
        watched.check()


def test_the_shell_that_started_ansible_may_end(processes):
    watched = Parent(processes.folder)
    processes.set(6, "ansible-playbook", 1)
    processes.gone(5)
    watched.check()


def test_without_proc_the_own_parent_is_watched(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "getppid", lambda: 9)
    watched = Parent(tmp_path / "none")
    watched.check()
    monkeypatch.setattr(os, "getppid", lambda: 1)
    with pytest.raises(ParentGone):
        watched.check()


def _command(processes: Processes, process: int, *words: str) -> None:
    (processes.folder / str(process)).mkdir(exist_ok=True)
    (processes.folder / str(process) / "cmdline").write_bytes(b"\0".join(word.encode() for word in words) + b"\0")


@pytest.mark.parametrize(
    ("worker", "above", "lost"),
    [
        (("python3", "/usr/bin/ansible-playbook", "site.yml"), ("/sbin/init",), True),
        (("python3", "-m", "ansible", "playbook"), ("/sbin/init",), True),
        (("python3", "/usr/bin/ansible-playbook"), ("python3", "/usr/bin/ansible-playbook"), False),
        (("python3", "/tmp/.ansible/async_wrapper.py"), ("python3", "/tmp/.ansible/async_wrapper.py"), False),
        (("sshd: root@notty",), ("sshd: root [priv]",), False),
        (("python3", "own.py", "--ansible"), ("bash",), False),
    ],
    ids=["killed", "killed, started as a module", "there", "async", "ssh", "a program of one's own"],
)
def test_an_end_before_the_first_look_is_noticed(processes, worker, above, lost):
    _command(processes, 7, *worker)
    _command(processes, 6, *above)
    watched = Parent(processes.folder)
    if lost:
        with pytest.raises(ParentGone):
            watched.check()
    else:
        watched.check()
