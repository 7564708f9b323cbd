# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that a task leaves: whole or not at all, and for their owner's eyes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Callable

from .._openapi.client import OpenApiClient
from .._openapi.errors import OptionError
from .._openapi.text import clean, every_text, printable


class NewFile:
    """A file that takes the place of ``path`` when its ``with`` block ends well, and is gone otherwise.

    ``what`` and ``advice`` are for the OptionError that says why it can't be written.
    """

    def __init__(self, path: str, what: str, advice: str) -> None:
        self._path = path
        self._half = f"{path}.{os.urandom(4).hex()}.part"  # in containers each run has the same process id
        self._what = what
        self._advice = advice

    def __enter__(self) -> NewFile:
        with self._writing():
            if os.path.lexists(self._path) and not os.path.isfile(self._path):
                raise ValueError("it is no regular file")  # a device would be gone for good
            self._stream = os.fdopen(os.open(self._half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        return self

    def __exit__(self, kind: object, *_error: object) -> None:
        try:
            with self._writing():
                self._stream.close()
                if kind is None:
                    os.replace(self._half, self._path)
        finally:
            with suppress(OSError):
                os.unlink(self._half)

    def write(self, content: bytes) -> None:
        """Write ``content`` and have it on the disk."""
        with self._writing():
            self._stream.write(content)
            self._stream.flush()
            os.fsync(self._stream.fileno())

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as error:  # a ValueError is a character that no path may have
            reason = getattr(error, "strerror", None) or error
            raise OptionError(f"{self._what} can't be written to: {reason}; {self._advice}") from error


def write_file(option: str, directory: str, name: str, content: bytes) -> str:
    """Write ``content`` as the file ``name`` in the directory that ``option`` gives; where it is. Raises :class:`OptionError`."""
    path = os.path.join(directory, name)
    with NewFile(path, f"{option} {printable(directory, longest=1000)}", "give a directory that exists") as new:
        new.write(content)
    return path


def records_file(option: str, path: str) -> NewFile:
    """The file that ``option`` names, for :func:`lines_of` records."""
    return NewFile(path, f"{option} {printable(path, longest=1000)}", "give a file in a directory that exists")


def lines_of(records: Iterable[Mapping[str, Any]]) -> bytes:
    """Records as lines of JSON, in ASCII."""
    return "".join(f"{json.dumps(record)}\n" for record in records).encode("ascii")


def tidier(client: OpenApiClient) -> Callable[[Any], Any]:
    """A function that takes out of every text of a record what no file may hold: secrets, and what can't be encoded."""
    return partial(every_text, lambda text: clean(client.hidden(text)))
