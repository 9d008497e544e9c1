"""The photos of a project."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal, NamedTuple

from crackgauge.web.database import Database, new_id
from crackgauge.web.refusals import changed_meanwhile, not_found

ImageState = Literal["new", "done", "set-aside", "missing"]
Order = Literal["name", "worst"]

_ORDERS: dict[Order, str] = {
    "name": "name",
    "worst": "worst_rank DESC, worst_width DESC, name",
}


class FoundFile(NamedTuple):
    """A photo on the disk: relative name, size and time of change."""

    file: str
    size_bytes: int
    modified_ns: int

    @classmethod
    def of(cls, path: Path, file: str) -> FoundFile | None:
        """Describe a file as it is now; None where it is gone."""
        try:
            status = path.stat()
        except OSError:
            return None
        return cls(file, status.st_size, status.st_mtime_ns)

    @property
    def stamp(self) -> str:
        """Names the content without reading it."""
        return f"{self.size_bytes:x}-{self.modified_ns:x}"


@dataclass(frozen=True)
class ImageRecord:
    """One photo.

    Args:
        id: made by the server.
        name: unique, for people; never the way to a file.
        folder_id: of `ProjectTable.folders`; None for an upload.
        file: relative to the folder, or to the uploads.
        size_bytes, modified_ns: of the file as it was listed.
        height_px, width_px: None until it was looked at.
        state: `new`, `done`, `set-aside` or `missing`.
        reason, sentence: why it was set aside.
        scale: its own, as `schemas.Scale` gives it; None: the project's.
        comment: of the inspector.
        version: goes up with every change that an inspector makes.
        model: SHA-256 of what found its cracks; None before that, or if the photo was replaced.
        survey: file of what was measured, below the project; None before that.
        measured: the row of the image in its survey.
        session, session_version: file and version of the strokes that it was measured from; None
            where it was measured from its probability.
        annotation_version: of the strokes that there are now; None where there are none.
        job: `queued`, `running` or "".
        worst_rank: of the worst class of its cracks that are not rejected, 0 the mildest; None
            where there is no such crack, or it was not graded.
    """

    id: str
    name: str
    folder_id: int | None
    file: str
    size_bytes: int
    modified_ns: int
    height_px: int | None
    width_px: int | None
    state: ImageState
    reason: str
    sentence: str
    scale: dict[str, Any] | None
    comment: str
    version: int
    model: str | None
    survey: str | None
    measured: dict[str, Any] | None
    session: str | None
    session_version: int | None
    annotation_version: int | None
    job: Literal["", "queued", "running"]
    worst_rank: int | None

    @property
    def stale(self) -> bool:
        """Whether there are strokes that are newer than the measures."""
        return self.annotation_version is not None and (
            self.session is None or self.session_version != self.annotation_version
        )

    @property
    def stamp(self) -> str:
        """Names the content of the file without reading it."""
        return FoundFile(self.file, self.size_bytes, self.modified_ns).stamp


_SELECT = """
    SELECT images.*,
        COALESCE((SELECT MAX(state) FROM jobs
            WHERE image_id = images.id AND state IN ('queued', 'running')), '') AS job,
        (SELECT version FROM annotations WHERE image_id = images.id AND annotations.file NOT NULL
            AND annotations.bytes = images.bytes
            AND annotations.modified_ns = images.modified_ns) AS annotation_version,
        COALESCE((SELECT MAX(severity_rank) FROM cracks
            WHERE image_id = images.id AND present AND decision <> 'rejected'), -2) AS worst_rank,
        COALESCE((SELECT MAX(width_max_px) FROM cracks
            WHERE image_id = images.id AND present AND decision <> 'rejected'), -1) AS worst_width
    FROM images
"""


class ImageTable:
    """Adds, lists and changes photos."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self) -> int:
        """Return how many there are."""
        with self._database.read() as connection:
            row = connection.execute("SELECT COUNT(*) FROM images").fetchone()
        return int(row[0])

    def get(self, image_id: str) -> ImageRecord:
        """Return one.

        Raises:
            Refused: 404.
        """
        with self._database.read() as connection:
            row = connection.execute(f"{_SELECT} WHERE id = ?", (image_id,)).fetchone()
        if row is None:
            raise not_found("image")
        return _record(row)

    def page(self, *, order: Order, offset: int, count: int) -> list[ImageRecord]:
        """Return some, in an order."""
        query = f"{_SELECT} ORDER BY {_ORDERS[order]} LIMIT ? OFFSET ?"
        with self._database.read() as connection:
            rows = connection.execute(query, (count, offset)).fetchall()
        return [_record(row) for row in rows]

    def every(self) -> list[ImageRecord]:
        """Return all, sorted by name."""
        with self._database.read() as connection:
            rows = connection.execute(f"{_SELECT} ORDER BY name").fetchall()
        return [_record(row) for row in rows]

    def add(self, found: FoundFile, *, name: str, folder_id: int | None = None) -> str:
        """Add a photo; a name that is taken gets a number.

        Returns:
            Its id.
        """
        image_id = new_id()
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO images (id, name, folder_id, file, bytes, modified_ns, state) "
                "VALUES (?, ?, ?, ?, ?, ?, 'new')",
                (image_id, self._free_name(connection, name), folder_id, *found),
            )
        return image_id

    def listed(self, folder_id: int, found: Sequence[FoundFile]) -> list[str]:
        """Bring the photos of a folder in line with what lies there now.

        A photo that was changed becomes new; one that is gone stays, as missing.

        Returns:
            The ids of those that were changed.
        """
        changed = []
        with self._database.write() as connection:
            rows = connection.execute(
                "SELECT * FROM images WHERE folder_id = ?", (folder_id,)
            ).fetchall()
            known = {str(row["file"]): row for row in rows}
            for each in found:
                row = known.pop(each.file, None)
                if row is None:
                    self.add(each, name=each.file, folder_id=folder_id)
                elif (row["bytes"], row["modified_ns"]) != each[1:]:
                    self.set_replaced(row["id"], each)
                    changed.append(str(row["id"]))
                elif row["state"] == "missing":
                    state: ImageState = "done" if row["survey"] else "new"
                    self.set_state(row["id"], state)
            for row in known.values():
                self.set_missing(row["id"])
        return changed

    def set_replaced(self, image_id: str, found: FoundFile) -> None:
        """Make a photo new whose file has another content; what was measured was of the old one."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE images SET bytes = ?, modified_ns = ?, height_px = NULL, width_px = NULL, "
                "state = 'new', reason = '', sentence = '', model = NULL, survey = NULL, "
                "measured = NULL, session = NULL, session_version = NULL WHERE id = ?",
                (found.size_bytes, found.modified_ns, image_id),
            )

    def set_missing(self, image_id: str) -> None:
        """Note that a photo is gone."""
        self.set_state(image_id, "missing", "missing", "the photo is not in its folder any more")

    def set_size(self, image_id: str, height_px: int, width_px: int) -> None:
        """Note the size of the upright photo."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE images SET height_px = ?, width_px = ? WHERE id = ?",
                (height_px, width_px, image_id),
            )

    def set_state(
        self, image_id: str, state: ImageState, reason: str = "", sentence: str = ""
    ) -> None:
        """Note what became of a photo."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE images SET state = ?, reason = ?, sentence = ? WHERE id = ?",
                (state, reason, sentence, image_id),
            )

    def set_measured(
        self,
        image_id: str,
        *,
        survey: str,
        measured: dict[str, Any],
        model: str | None,
        session: tuple[str, int] | None = None,
    ) -> None:
        """Note what was measured, and that the photo is done.

        Args:
            image_id: of the photo.
            survey: file of what was measured.
            measured: the row of the image in it.
            model: SHA-256 of what found its cracks; None where nothing did.
            session: file and version of the strokes that it was measured from.
        """
        with self._database.write() as connection:
            connection.execute(
                "UPDATE images SET state = 'done', reason = '', sentence = '', survey = ?, "
                "measured = ?, model = ?, session = ?, session_version = ? WHERE id = ?",
                (survey, json.dumps(measured), model, *(session or (None, None)), image_id),
            )

    def forget_measures(self, image_id: str) -> None:
        """Make a photo new: what was measured was of strokes that were given up."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE images SET state = 'new', survey = NULL, measured = NULL, session = NULL, "
                "session_version = NULL WHERE id = ?",
                (image_id,),
            )

    def change(
        self,
        image_id: str,
        *,
        version: int,
        comment: str | None = None,
        scale: dict[str, Any] | None = None,
        with_scale: bool = False,
    ) -> ImageRecord:
        """Change what the inspector says about a photo.

        Args:
            image_id: of the photo.
            version: the one that the writer has seen.
            comment: None leaves it.
            scale: its own scale, or None for the project's; looked at only `with_scale`.
            with_scale: change the scale.

        Raises:
            Refused: 404; 409 where somebody else was first.
        """
        with self._database.write() as connection:
            now = self.get(image_id)
            if version != now.version:
                raise changed_meanwhile(
                    "image", version, now.version, {"comment": now.comment, "scale": now.scale}
                )
            kept = scale if with_scale else now.scale
            connection.execute(
                "UPDATE images SET version = version + 1, comment = ?, scale = ? WHERE id = ?",
                (
                    now.comment if comment is None else comment,
                    None if kept is None else json.dumps(kept),
                    image_id,
                ),
            )
            return self.get(image_id)

    def uploads(self) -> set[str]:
        """Return the files of all uploads."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT file FROM images WHERE folder_id IS NULL").fetchall()
        return {str(row["file"]) for row in rows}

    def _free_name(self, connection: sqlite3.Connection, wanted: str) -> str:
        """Return the name, with a number before its suffix where it is taken."""
        pure = PurePosixPath(wanted)
        candidates: Iterable[str] = (
            wanted if number == 1 else str(pure.with_name(f"{pure.stem}-{number}{pure.suffix}"))
            for number in range(1, 1_000_000)
        )
        return next(
            name
            for name in candidates
            if connection.execute("SELECT 1 FROM images WHERE name = ?", (name,)).fetchone() is None
        )


def _record(row: sqlite3.Row) -> ImageRecord:
    values = dict(row)
    values["size_bytes"] = values.pop("bytes")
    del values["worst_width"]
    if values["worst_rank"] < 0:
        values["worst_rank"] = None
    for name in ("scale", "measured"):
        values[name] = None if values[name] is None else json.loads(values[name])
    return ImageRecord(**values)
