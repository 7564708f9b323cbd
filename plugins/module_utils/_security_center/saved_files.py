# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that a task leaves: whole or not at all, and for their owner's eyes."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from typing import Any, Callable

from .._openapi.client import OpenApiClient
from .._openapi.errors import OptionError
from .._openapi.text import clean, every_text, printable


def write_file(option: str, directory: str, name: str, content: bytes) -> str:
    """Write ``content`` as the file ``name`` in the directory that ``option`` gives; where it is. Raises :class:`OptionError`."""
    path = os.path.join(directory, name)
    half = f"{path}.{os.urandom(4).hex()}.part"  # in containers each run has the same process id
    try:
        handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(half, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(half)
            raise
    except (OSError, ValueError) as error:  # a ValueError is a character that no path may have
        shown = printable(directory, longest=1000)
        reason = getattr(error, "strerror", None) or error
        raise OptionError(f"{option} {shown} can't be written to: {reason}; give a directory that exists") from error
    return path


def tidier(client: OpenApiClient) -> Callable[[Any], Any]:
    """A function that takes out of every text of a record what no file may hold: secrets, and what can't be encoded."""
    return partial(every_text, lambda text: clean(client.hidden(text)))
