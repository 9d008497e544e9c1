"""Which strokes there are by hand, photo by photo; the strokes themselves lie in files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crackgauge.web.database import Database


@dataclass(frozen=True)
class AnnotationRecord:
    """The strokes on one photo.

    Args:
        image_id: of the photo.
        version: goes up with every change, also when strokes are begun anew; 0 before the first.
        file: of the session, below the photo's own folder; None: there are none.
        base: how many strokes it began with; undoing ends there.
    """

    image_id: str
    version: int
    file: str | None
    base: int


class AnnotationTable:
    """Names the session file of each photo."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, image_id: str) -> AnnotationRecord:
        """Return the record of a photo.

        Strokes on a photo whose file was replaced since are as good as none: they are of another
        picture.
        """
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT annotations.version, base, CASE WHEN annotations.bytes = images.bytes "
                "AND annotations.modified_ns = images.modified_ns THEN annotations.file END "
                "AS file FROM annotations JOIN images ON images.id = image_id WHERE image_id = ?",
                (image_id,),
            ).fetchone()
        if row is None:
            return AnnotationRecord(image_id, 0, None, 0)
        return AnnotationRecord(image_id, int(row["version"]), row["file"], int(row["base"]))

    def erased(self, image_id: str) -> list[dict[str, Any]]:
        """Return the erased strokes of now, as `put` took them; they are kept beside the session
        so that a trace need not read it."""
        with self._database.read() as connection:
            record = self.get(image_id)
            if record.file is None:
                return []
            row = connection.execute(
                "SELECT erased FROM annotations WHERE image_id = ?", (image_id,)
            ).fetchone()
        found: list[dict[str, Any]] = json.loads(row["erased"])
        return found

    def put(
        self,
        image_id: str,
        *,
        file: str | None,
        base: int,
        erased: Sequence[dict[str, Any]] = (),
    ) -> AnnotationRecord:
        """Put a session in the place of the one before; the version goes up.

        Args:
            image_id: of the photo.
            file: of the session; None gives the strokes up.
            base: how many strokes it began with.
            erased: its erased strokes that show, JSON values.
        """
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO annotations "
                "(image_id, version, file, base, erased, bytes, modified_ns) "
                "SELECT id, 1, ?, ?, ?, bytes, modified_ns FROM images WHERE id = ? "
                "ON CONFLICT (image_id) DO UPDATE SET version = version + 1, "
                "file = excluded.file, base = excluded.base, erased = excluded.erased, "
                "bytes = excluded.bytes, modified_ns = excluded.modified_ns",
                (file, base, json.dumps(list(erased)), image_id),
            )
            return self.get(image_id)

    def files(self) -> set[str]:
        """Return the files of all sessions, those of replaced photos too."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT file FROM annotations WHERE file NOT NULL").fetchall()
        return {str(row["file"]) for row in rows}
