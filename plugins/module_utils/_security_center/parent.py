# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether whoever started this process is still there: after a kill -9 of ansible-playbook its modules run on."""

from __future__ import annotations

import os
from pathlib import Path

from .._openapi.errors import SecurityCenterError

_SHELLS = ("ash", "bash", "busybox", "dash", "doas", "ksh", "sh", "su", "sudo", "zsh")


class ParentGone(SecurityCenterError):
    """Whoever started this process is gone: it must write nothing more."""


class Parent:
    """The processes that started this one, as they were when this was made.

    Ansible starts a module through shells, which outlive it. So the first one above the shells is watched too (a process
    of ansible-playbook, or of the SSH server), with the process that it belongs to. What is further up may end: a run
    that was started with nohup goes on. Without /proc only this process's own parent is watched.
    """

    def __init__(self, proc: Path = Path("/proc")) -> None:
        self._proc = proc
        self._parent = os.getppid()
        self._above = self._watched()
        self._lost = self._lost_already()

    def _lost_already(self) -> bool:
        """Whether the end came before the first look.

        The process above the shells is a copy of ansible-playbook: when it is a child of something else, that is gone.
        """
        top = next((process for process in self._above if self._read(process)[0] not in _SHELLS), None)
        return top is not None and self._is_ansible(top) and not self._is_ansible(self._above[top])

    def _is_ansible(self, process: int) -> bool:
        try:
            words = (self._proc / str(process) / "cmdline").read_bytes().split(b"\0")[:3]
        except OSError:
            return False
        return any(os.path.basename(word).startswith(b"ansible") for word in words)

    def _watched(self) -> dict[int, int]:
        """The parent of each watched process, by process id."""
        above: dict[int, int] = {}
        process = self._parent
        while process > 1:
            name, parent = self._read(process)
            if parent is None:
                break
            above[process] = parent
            if name not in _SHELLS:
                break
            process = parent
        return above

    def _read(self, process: int) -> tuple[str, int | None]:
        """The name of a process and its parent's id; None when it is gone. Source: proc_pid_stat(5)."""
        try:
            stat = (self._proc / str(process) / "stat").read_text(encoding="utf-8", errors="replace")
            name, _paren, rest = stat.partition("(")[2].rpartition(")")
            return name, int(rest.split()[1])
        except (OSError, ValueError, IndexError):
            return "", None

    def check(self) -> None:
        """Raises :class:`ParentGone` when one of them has gone since."""
        above = all(self._read(process)[1] == parent for process, parent in self._above.items())
        if self._lost or os.getppid() != self._parent or not above:
            raise ParentGone("whoever started this run is gone, so it sends nothing more")
