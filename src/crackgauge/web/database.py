"""The project's SQLite file: what was answered is on the disk."""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from crackgauge.errors import StorageError, UsageError
from crackgauge.web.migrations import check_version, migrate
from crackgauge.web.refusals import Refused

DATABASE_FILE = "project.sqlite3"
_NOT_WRITTEN = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY")
_LOCKED = ("SQLITE_BUSY", "SQLITE_LOCKED")


class DatabaseLocked(Refused):
    """Another program, such as one that copies the project, is at its database."""

    def __init__(self) -> None:
        super().__init__(
            503,
            "locked",
            "another program has locked the database of the project; close it, then try again",
            retry_after_s=5,
        )


class Database:
    """One connection that all threads share in turn.

    Args:
        path: the file; made if it is not there.

    Raises:
        UsageError: the file is no database of ours, or of a newer version.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        try:
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._connection.row_factory = sqlite3.Row
            check_version(self._connection)
            # FULL: a commit is on the disk before it returns, so that nothing answered is lost.
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
                self._connection.execute(f"PRAGMA {pragma}")
            migrate(self._connection)
        except sqlite3.Error as error:
            raise UsageError(
                f"{path}: cannot be opened as a project ({error}); choose another --project"
            ) from error

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for reading."""
        with self._lock:
            yield self._connection

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for changes that are kept together, at the end, or not at all.

        A `write` within a `write` belongs to the outer one.

        Raises:
            StorageError: the disk is full; nothing is changed.
            DatabaseLocked: another program is at it; nothing is changed.
        """
        with self._lock:
            if self._depth:
                yield self._connection
                return
            self._depth = 1
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    with contextlib.suppress(sqlite3.Error):
                        self._connection.execute("ROLLBACK")
                    raise
            except sqlite3.OperationalError as error:
                if error.sqlite_errorname.startswith(_LOCKED):
                    raise DatabaseLocked from error
                if not error.sqlite_errorname.startswith(_NOT_WRITTEN):
                    raise
                raise StorageError(
                    f"the project cannot be written ({error}); free some space, then try again"
                ) from error
            finally:
                self._depth = 0

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


def new_id() -> str:
    """Return a name for a thing: 16 hexadecimal digits, by chance."""
    return secrets.token_hex(8)
