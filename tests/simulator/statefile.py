# Copyright (c) Ansible Project / alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A state in a file that a person may edit while the service runs."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from .state import State, dump_state, parse_state


class StateFile:
    """The YAML file at ``path``; remembers what it last read or wrote."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: tuple[int, int, int] | None = None
        self._broken = False

    def read(self) -> State | None:
        """The state in the file, None when there is no file; ValueError when it is no valid state."""
        self._known = self._print()
        if self._known is None:
            return None
        try:
            return parse_state(self._path.read_text(encoding="utf-8"))
        except ValueError as problem:
            raise ValueError(f"{self._path}: {problem}") from problem

    def read_if_changed(self) -> State | None:
        """The state in the file, when it is neither what was read nor what was written here.

        An edit that is no valid state is told once on stderr; the file is then left alone until it is edited again.
        """
        if self._print() in (None, self._known):
            return None
        try:
            state = self.read()
        except ValueError as problem:
            print(f"This is neither used nor overwritten: {problem}", file=sys.stderr)
            state = None
        self._broken = state is None
        return state

    def write(self, state: State) -> None:
        """Replace the file as a whole."""
        if self._broken:
            return
        handle, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(dump_state(state))
        os.replace(temporary, self._path)
        self._known = self._print()

    def _print(self) -> tuple[int, int, int] | None:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino
