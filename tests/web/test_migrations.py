from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from crackgauge.errors import UsageError
from crackgauge.web.annotation_table import AnnotationTable
from crackgauge.web.crack_table import CrackTable
from crackgauge.web.database import DATABASE_FILE, Database
from crackgauge.web.dataset_table import DatasetTable
from crackgauge.web.image_table import ImageTable
from crackgauge.web.job_table import JobTable
from crackgauge.web.migrations import MIGRATIONS, migrate
from crackgauge.web.project import Project, read_model_info


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
    content = (tmp_path / DATABASE_FILE).read_bytes()
    with pytest.raises(UsageError, match="version 99"):
        Project(tmp_path, read_model_info(None))
    assert (tmp_path / DATABASE_FILE).read_bytes() == content
    assert len(list(tmp_path.iterdir())) == 1


def test_what_is_no_database_is_refused(tmp_path: Path):
    (tmp_path / DATABASE_FILE).write_bytes(b"no database" * 100)
    with pytest.raises(UsageError, match="choose another --project"):
        Database(tmp_path / DATABASE_FILE)


def test_a_project_of_the_first_version_opens(tmp_path: Path):
    """Its photo, its crack and what was said about it are there; it has no strokes yet."""
    connection = connect(tmp_path / DATABASE_FILE)
    migrate(connection, MIGRATIONS[:1])
    connection.execute("INSERT INTO folders (path) VALUES ('/photos')")
    connection.execute(
        "INSERT INTO images (id, name, folder_id, file, bytes, modified_ns, state, survey) "
        "VALUES ('00112233aabbccdd', 'a.png', 1, 'a.png', 5, 7, 'done', 's.json')"
    )
    connection.execute(
        "INSERT INTO cracks (id, image_id, number, present, severity_rank, width_max_px, measures, "
        "decision) VALUES ('c', '00112233aabbccdd', 1, 1, 0, 2.0, '{}', 'rejected')"
    )
    connection.execute("INSERT INTO jobs (id, kind, state) VALUES ('j', 'export', 'done')")
    connection.close()

    database = Database(tmp_path / DATABASE_FILE)
    (image,) = ImageTable(database).every()
    assert (image.name, image.state, image.survey) == ("a.png", "done", "s.json")
    assert (image.session, image.annotation_version, image.stale) == (None, None, False)
    (crack,) = CrackTable(database).of_image(image.id)
    assert crack.decision == "rejected"
    annotations = AnnotationTable(database)
    assert annotations.get(image.id).version == 0
    assert annotations.put(image.id, file="f.json", base=3).version == 1
    assert ImageTable(database).get(image.id).stale
    assert DatasetTable(database).every() == []
    assert [job.id for job in JobTable(database).newest(5)] == ["j"]
    database.close()
