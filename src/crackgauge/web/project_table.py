"""What holds for the whole project: settings, folders of photos, secrets."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from crackgauge.web.database import Database
from crackgauge.web.refusals import changed_meanwhile


@dataclass(frozen=True)
class ProjectSettings:
    """Settings that all photos share.

    Args:
        version: goes up with every change.
        mm_per_px: scale of the photos that have none of their own; None: measures are in pixels.
        standard: by which cracks are graded; None for none.
        threshold: probability from which a pixel is crack; None: the model's own.
    """

    version: int
    mm_per_px: float | None
    standard: str | None
    threshold: float | None


class ProjectTable:
    """The row of the project, and what is kept beside it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def settings(self) -> ProjectSettings:
        """Return the settings."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT version, mm_per_px, standard, threshold FROM project"
            ).fetchone()
        return ProjectSettings(**dict(row))

    def change(
        self, changes: Mapping[str, float | str | None], *, version: int | None
    ) -> ProjectSettings:
        """Change some settings.

        Args:
            changes: by the name of the field.
            version: the one that the writer has seen; None overrules whoever was first.

        Raises:
            Refused: 409, somebody else was first.
        """
        with self._database.write() as connection:
            now = self.settings()
            if version is not None and version != now.version:
                raise changed_meanwhile("project", version, now.version, asdict(now))
            new = {**asdict(now), **changes, "version": now.version + 1}
            connection.execute(
                "UPDATE project SET version = :version, mm_per_px = :mm_per_px, "
                "standard = :standard, threshold = :threshold",
                new,
            )
            return self.settings()

    def folder(self, path: str) -> int:
        """Return the number of a folder of photos, a new one the first time."""
        with self._database.write() as connection:
            connection.execute("INSERT OR IGNORE INTO folders (path) VALUES (?)", (path,))
            row = connection.execute("SELECT id FROM folders WHERE path = ?", (path,)).fetchone()
        return int(row["id"])

    def folders(self) -> dict[int, str]:
        """Return the folders of photos by their number."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT id, path FROM folders").fetchall()
        return {int(row["id"]): str(row["path"]) for row in rows}

    def is_news(self, name: str, value: str) -> bool:
        """Whether a value of the command line differs from the last one, which it replaces."""
        with self._database.write() as connection:
            key = f"command line: {name}"
            row = connection.execute("SELECT value FROM meta WHERE name = ?", (key,)).fetchone()
            connection.execute(
                "INSERT INTO meta (name, value) VALUES (?, ?) "
                "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (key, value),
            )
        return row is None or str(row["value"]) != value

    def csrf(self) -> str:
        """Return the value that a change of state must carry; it outlives the server."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO meta (name, value) VALUES ('csrf', ?)",
                (secrets.token_hex(32),),
            )
            row = connection.execute("SELECT value FROM meta WHERE name = 'csrf'").fetchone()
        return str(row["value"])
