from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from crackgauge.errors import UsageError
from crackgauge.web.database import DATABASE_FILE, Database
from crackgauge.web.migrations import MIGRATIONS, migrate


def connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def version_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_a_new_project_gets_every_step(tmp_path: Path):
    Database(tmp_path / DATABASE_FILE).close()
    connection = connect(tmp_path / DATABASE_FILE)
    assert version_of(connection) == len(MIGRATIONS)
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    assert {"images", "cracks", "jobs", "project", "folders", "meta"} <= tables
    connection.close()


def test_an_older_project_keeps_its_rows(tmp_path: Path):
    """A later step adds a column; what version 1 held is still there."""
    connection = connect(tmp_path / "p")
    migrate(connection)
    connection.execute("INSERT INTO folders (path) VALUES ('photos')")
    later = (*MIGRATIONS, ("ALTER TABLE folders ADD COLUMN note TEXT NOT NULL DEFAULT ''",))
    migrate(connection, later)
    assert connection.execute("SELECT path, note FROM folders").fetchall() == [("photos", "")]
    assert version_of(connection) == len(later)
    migrate(connection, later)
    connection.close()


def test_a_step_that_fails_changes_nothing(tmp_path: Path):
    connection = connect(tmp_path / "p")
    migrate(connection)
    broken = (*MIGRATIONS, ("CREATE TABLE extra (x)", "INSERT INTO nothing VALUES (1)"))
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, broken)
    assert version_of(connection) == len(MIGRATIONS)
    names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    assert "extra" not in names
    connection.close()


def test_a_newer_project_is_left_alone(tmp_path: Path):
    connection = connect(tmp_path / DATABASE_FILE)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(UsageError, match="version 99"):
        Database(tmp_path / DATABASE_FILE)


def test_what_is_no_database_is_refused(tmp_path: Path):
    (tmp_path / DATABASE_FILE).write_bytes(b"no database" * 100)
    with pytest.raises(UsageError, match="choose another --project"):
        Database(tmp_path / DATABASE_FILE)
