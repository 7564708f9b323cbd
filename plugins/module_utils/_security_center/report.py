# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module tells the engine besides its options, and what the engine tells a person besides its result."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Callable, NamedTuple

from .._openapi.errors import OptionError
from .._openapi.text import every_text, printable


class Report(NamedTuple):
    """How a module runs: in check mode, in diff mode, in which environment; ``warn`` takes a sentence for the user."""

    check_mode: bool
    diff: bool
    environ: Mapping[str, str]
    warn: Callable[[str], None]


def once(warn: Callable[[str], None]) -> Callable[[str], None]:
    """``warn``, which is told no sentence twice."""
    told: set[str] = set()

    def tell(text: str) -> None:
        if text not in told:
            told.add(text)
            warn(text)

    return tell


Journal = Callable[..., None]


@contextmanager
def journal(path: str | None, hidden: Callable[[str], str] = str, option: str = "result_file") -> Iterator[Journal]:
    """A function that appends JSON objects to the file ``path``, a line each, and has them on the disk when it returns.

    ``hidden`` takes the secrets out of a text, ``option`` names the file in an error. Without ``path`` it does nothing.
    Raises :class:`OptionError` when the file can't be opened.
    """
    if not path:
        yield lambda *lines: None
        return
    name = f"{option} {printable(path, longest=1000)}"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except (OSError, ValueError) as error:  # a ValueError is a character that no path may have
        raise OptionError(f"{name} can't be written: {getattr(error, 'strerror', error)}") from error

    # A run that was killed may have left half a line.
    start = "\n" if _is_cut_short(path) else ""

    def write(*lines: Mapping[str, Any]) -> None:
        nonlocal start
        if not lines:
            return
        left = (start + "".join(json.dumps(every_text(hidden, line)) + "\n" for line in lines)).encode("ascii")
        try:
            while left:
                written = os.write(handle, left)
                # What comes after a line that could not be written whole begins a line of its own.
                start = "" if left[:written].endswith(b"\n") else "\n"
                left = left[written:]
            os.fsync(handle)
        except OSError as error:
            if error.errno != errno.EINVAL:  # a pipe or a terminal, which can't be synced
                raise OptionError(f"{name} can't be written: {error.strerror}") from error

    try:
        yield write
    finally:
        closed, handle = handle, -1  # a thread that is left behind must not write into what gets the number next
        os.close(closed)


def _is_cut_short(path: str) -> bool:
    """Whether the file ``path`` ends within a line. One that can't be read, or is none, such as a pipe, does not."""
    try:
        if not os.path.isfile(path):
            return False
        with open(path, "rb") as stream:
            stream.seek(-1, os.SEEK_END)
            return stream.read(1) != b"\n"
    except OSError:
        return False
