"""The tables of a project, one step a version of the schema."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from crackgauge.errors import UsageError

# A step is never changed once it was released: what a project needs besides is a step of its own.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
        # One row; NULL: no scale, no standard, the model's own threshold.
        """CREATE TABLE project (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            version INTEGER NOT NULL,
            mm_per_px REAL,
            standard TEXT,
            threshold REAL)""",
        "INSERT INTO project (id, version) VALUES (1, 1)",
        "CREATE TABLE folders (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE)",
        # `file` is relative to the folder, or to uploads/ where there is none. A photo that is
        # not there any more keeps its row.
        """CREATE TABLE images (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            folder_id INTEGER REFERENCES folders (id),
            file TEXT NOT NULL,
            bytes INTEGER NOT NULL,
            modified_ns INTEGER NOT NULL,
            height_px INTEGER,
            width_px INTEGER,
            state TEXT NOT NULL,
            reason TEXT NOT NULL DEFAULT '',
            sentence TEXT NOT NULL DEFAULT '',
            scale TEXT,
            comment TEXT NOT NULL DEFAULT '',
            version INTEGER NOT NULL DEFAULT 1,
            model TEXT,
            survey TEXT,
            measured TEXT,
            UNIQUE (folder_id, file))""",
        # `present` is 0 for a crack that was judged and that the last measuring did not find.
        """CREATE TABLE cracks (
            id TEXT PRIMARY KEY,
            image_id TEXT NOT NULL REFERENCES images (id),
            number INTEGER NOT NULL,
            present INTEGER NOT NULL,
            severity_rank INTEGER NOT NULL,
            width_max_px REAL NOT NULL,
            measures TEXT NOT NULL,
            decision TEXT NOT NULL DEFAULT 'open',
            comment TEXT NOT NULL DEFAULT '',
            version INTEGER NOT NULL DEFAULT 1)""",
        "CREATE INDEX cracks_of_image ON cracks (image_id, present, number)",
        """CREATE TABLE jobs (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL,
            image_id TEXT REFERENCES images (id),
            arguments TEXT NOT NULL DEFAULT '{}',
            state TEXT NOT NULL,
            tries INTEGER NOT NULL DEFAULT 0,
            reason TEXT NOT NULL DEFAULT '',
            sentence TEXT NOT NULL DEFAULT '',
            result TEXT NOT NULL DEFAULT '{}')""",
        "CREATE INDEX jobs_by_state ON jobs (state, number)",
        "CREATE INDEX jobs_of_image ON jobs (image_id, state)",
    ),
    (
        # Strokes made by hand. `file` is below annotations/ID; NULL: they were given up, and the
        # version goes on counting. `base`: how many strokes they began with. `erased`: those that
        # traces keep away from, as JSON. They belong to the photo of that size and time alone:
        # another content has none.
        """CREATE TABLE annotations (
            image_id TEXT PRIMARY KEY REFERENCES images (id),
            version INTEGER NOT NULL,
            file TEXT,
            base INTEGER NOT NULL,
            erased TEXT NOT NULL,
            bytes INTEGER NOT NULL,
            modified_ns INTEGER NOT NULL)""",
        # The strokes that the photo's measures are of, below found/ID; NULL: of its probability.
        "ALTER TABLE images ADD COLUMN session TEXT",
        "ALTER TABLE images ADD COLUMN session_version INTEGER",
        """CREATE TABLE datasets (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            created TEXT NOT NULL,
            images INTEGER NOT NULL,
            cracks INTEGER NOT NULL,
            splits TEXT NOT NULL)""",
    ),
)


def check_version(
    connection: sqlite3.Connection, migrations: Sequence[Sequence[str]] = MIGRATIONS
) -> int:
    """Return the version of a project, and change nothing.

    Raises:
        UsageError: the project was written by a newer version.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(migrations):
        raise UsageError(
            f"the project has version {version}, this crackgauge knows up to {len(migrations)}; "
            "install a newer crackgauge"
        )
    return int(version)


def migrate(
    connection: sqlite3.Connection, migrations: Sequence[Sequence[str]] = MIGRATIONS
) -> None:
    """Bring a project to the newest schema, each step at once or not at all.

    Args:
        connection: in autocommit mode.
        migrations: the statements of each step; step i leads to version i + 1.

    Raises:
        UsageError: the project was written by a newer version.
    """
    version = check_version(connection, migrations)
    for number, statements in enumerate(migrations[version:], start=version + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
