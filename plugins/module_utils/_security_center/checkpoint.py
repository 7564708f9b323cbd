# Copyright: (c) 2026, alicloud.security_center contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an event source remembers over restarts: up to where it has read, and what it has delivered."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from .._openapi.errors import OptionError, SecurityCenterError
from .._openapi.text import printable

FILE_NAME = "security_events.checkpoint"  # in a directory
_APPLICATION = 0x53454345  # SQLite's mark of whose file it is: SECE
_VERSION = 1
_PAGE_SIZE = 4096
_TABLES = f"""
PRAGMA page_size = {_PAGE_SIZE};
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_VERSION};
CREATE TABLE place (name TEXT PRIMARY KEY, read_to INTEGER NOT NULL, begins INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE alert (key BLOB PRIMARY KEY, level TEXT NOT NULL, reopened INTEGER NOT NULL, last_time INTEGER NOT NULL) WITHOUT ROWID;
"""


class CheckpointError(SecurityCenterError):
    """What was delivered can't be remembered."""


class Place(NamedTuple):
    """Up to where the alerts of one account on one data plane are read: by the service's clock, in milliseconds since 1970.

    ``begins``: nothing that last occurred before it is wanted.
    """

    read_to: int
    begins: int = 0


class Delivered(NamedTuple):
    """An alert that was delivered: its ``key``, its level, when it was handled before it occurred again (0 when it was not),
    and when it last occurred. Times are milliseconds since 1970."""

    key: bytes
    level: str
    reopened: int
    last_time: int


class Checkpoint:
    """The file ``path``, or memory for as long as it is open when that is None. For use by several threads, and by one source.

    What is remembered outlives a killed process; after a failure of the machine's power the last seconds may be missing, and
    what was delivered in them is delivered again. Raises :class:`OptionError` for a file that is damaged, of something else,
    or in use, and :class:`CheckpointError` when it can't be written later.
    """

    def __init__(self, path: str | None) -> None:
        self._name = f"checkpoint {printable(path, longest=1000)}"
        self._lock = threading.Lock()
        if path is not None and not os.path.exists(path):
            self._make(path)
        try:
            self._database = _connect(path or "")  # without a name SQLite makes a file that nobody else sees
        except sqlite3.Error as error:
            raise OptionError(f"{self._name} can't be used: {printable(error)}") from error
        try:
            if path is None:
                self._database.executescript(_TABLES)
            else:
                self._begin(path)
        except BaseException:
            self._database.close()
            raise

    def place(self, name: str) -> Place | None:
        """The place called ``name``; None when nothing was read there yet."""
        with self._ready() as database:
            row = database.execute("SELECT read_to, begins FROM place WHERE name = ?", (name,)).fetchone()
        return None if row is None else Place(*row)

    def begin(self, name: str, place: Place, known: Iterable[Delivered] = ()) -> None:
        """Set the place called ``name``, and remember ``known`` as if they had been delivered: all of it or nothing."""
        with self._ready() as database, _transaction(database):
            database.executemany("INSERT OR REPLACE INTO alert VALUES (?, ?, ?, ?)", known)
            database.execute("INSERT OR REPLACE INTO place VALUES (?, ?, ?)", (name, *place))

    def delivered(self, key: bytes) -> Delivered | None:
        """What is remembered of the alert; None when it was never delivered, or was forgotten."""
        with self._ready() as database:
            row = database.execute("SELECT * FROM alert WHERE key = ?", (key,)).fetchone()
        return None if row is None else Delivered(*row)

    def remember(self, alerts: Sequence[Delivered]) -> None:
        """That these alerts were delivered: all of it or nothing."""
        if alerts:
            with self._ready() as database, _transaction(database):
                database.executemany("INSERT OR REPLACE INTO alert VALUES (?, ?, ?, ?)", alerts)

    def forget(self, before: int) -> None:
        """Forget the alerts that last occurred before a time in milliseconds since 1970."""
        with self._ready() as database:
            database.execute("DELETE FROM alert WHERE last_time < ?", (before,))

    def close(self) -> None:
        """Leave the file to others."""
        with self._lock:
            self._database.close()

    def _make(self, path: str) -> None:
        """A new file, whole from the first moment on: one that is cut short is never taken for a new one."""
        beside = f"{path}.{os.getpid()}.new"
        try:
            Path(beside).unlink(missing_ok=True)
            os.close(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            database = _connect(beside)
            database.executescript(_TABLES)
            database.close()
            os.link(beside, path)
        except FileExistsError:
            pass  # somebody was quicker, and has it
        except (OSError, ValueError, sqlite3.Error) as error:
            raise OptionError(f"{self._name} can't be made: {getattr(error, 'strerror', None) or error}") from error
        finally:
            Path(beside).unlink(missing_ok=True)

    def _begin(self, path: str) -> None:
        remedy = "restore it, or remove it and say with start where to begin"
        size = os.path.getsize(path)
        if not size or size % _PAGE_SIZE:  # SQLite would take the one for new, and fill up the other
            raise OptionError(f"{self._name} is damaged (it is cut short): {remedy}")
        try:
            # Held until the file is closed, or the process is gone.
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("BEGIN EXCLUSIVE")
            self._database.execute("COMMIT")
            self._database.execute("PRAGMA synchronous = NORMAL")
            marks = [
                self._database.execute(f"PRAGMA {mark}").fetchone()[0] for mark in ("application_id", "user_version")
            ]
            sound = self._database.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok"
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise OptionError(f"{self._name} can't be used: {printable(error)}") from error
            raise OptionError(f"{self._name} is in use by another event source: give each its own") from error
        except sqlite3.DatabaseError as error:
            raise OptionError(f"{self._name} is damaged ({printable(error)}): {remedy}") from error
        if not sound:
            raise OptionError(f"{self._name} is damaged: {remedy}")
        if marks != [_APPLICATION, _VERSION]:
            raise OptionError(f"{self._name} is no checkpoint of this version of the collection: {remedy}")

    @contextmanager
    def _ready(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._lock:
                yield self._database
        except sqlite3.Error as error:
            raise CheckpointError(f"{self._name} can't be used any more: {printable(error)}") from error


def _connect(path: str) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=1, isolation_level=None, check_same_thread=False)


@contextmanager
def _transaction(database: sqlite3.Connection) -> Iterator[None]:
    database.execute("BEGIN")
    try:
        yield
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")
