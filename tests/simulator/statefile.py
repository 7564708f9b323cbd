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

    def read_if_changed(self) -> State | None:
        """The state in the file, when there is one that was neither read nor written here.

        An edit that is no valid state is told once on stderr and otherwise passed over.
        """
        print_of_now = self._print()
        if print_of_now in (None, self._known):
            return None
        self._known = print_of_now
        try:
            return parse_state(self._path.read_text(encoding="utf-8"))
        except ValueError as problem:
            print(f"{self._path} is not used as it is: {problem}", file=sys.stderr)
            return None

    def write(self, state: State) -> None:
        """Replace the file as a whole."""
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
