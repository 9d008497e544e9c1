"""Pictures that a request waits for: drawn by a worker of its own, kept on the disk."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from crackgauge.web.image_table import ImageRecord
from crackgauge.web.limits import Limits
from crackgauge.web.measuring import probability_file
from crackgauge.web.project import Project
from crackgauge.web.refusals import Refused, busy, not_found
from crackgauge.web.shared_worker import SharedWorker
from crackgauge.web.supervision import OutOfTime, WorkerEnded, WorkerSettings


class Picture(NamedTuple):
    """An encoded picture; a rough one is to be asked for again."""

    content: bytes
    is_rough: bool


class Renderer:
    """Looks at photos and draws them.

    Args:
        project: whose photos.
        limits: the bounds.
        settings: how the worker is started.
    """

    def __init__(self, project: Project, limits: Limits, settings: WorkerSettings) -> None:
        self._project = project
        self._limits = limits
        self._worker = SharedWorker(
            settings, most=limits.renders, tries=limits.tries, words="pictures are being drawn"
        )

    @property
    def pid(self) -> int | None:
        """Number of the worker's process."""
        return self._worker.pid

    def start(self) -> None:
        """Start the worker ahead of the first picture."""
        self._worker.start()

    def describe(self, photo: Path) -> dict[str, Any]:
        """Look at a photo; see `drawing.describe`.

        Raises:
            Refused: no image, or not one that is read.
        """
        arguments = {"photo": str(photo), "most_px": self._limits.image_px}
        return self._ask("describe", arguments)

    def size(self, image: ImageRecord) -> tuple[int, int]:
        """Return height and width of a photo, looking at it the first time.

        Raises:
            Refused: no image, or not one that is read.
        """
        if image.height_px is None or image.width_px is None:
            found = self.describe(self._project.photo(image))
            height, width = int(found["height_px"]), int(found["width_px"])
            self._project.images.set_size(image.id, height, width)
            return height, width
        return image.height_px, image.width_px

    def thumbnail(self, image: ImageRecord) -> Picture:
        """Return a photo drawn small, as JPEG; roughly as long as it cannot be otherwise.

        Raises:
            Refused: it cannot be read.
        """
        target = self._project.cached(image, "thumbnail.jpg")
        return self._drawn(target, "thumbnail", self._photo(image), rough=True)

    def photo_tile(
        self, image: ImageRecord, level: int, column: int, row: int, *, rough: bool
    ) -> Picture:
        """Return a tile of a photo, as JPEG.

        Args:
            image: the photo.
            level, column, row: which tile.
            rough: a rough picture will do as long as there is no other.

        Raises:
            Refused: there is no such tile, or not yet.
        """
        target = self._project.cached(image, "photo", str(level), f"{column}_{row}.jpg")
        place = {"level": level, "column": column, "row": row}
        return self._drawn(target, "draw", {**self._photo(image), **place}, rough=rough)

    def probability_tile(self, image: ImageRecord, level: int, column: int, row: int) -> Picture:
        """Return a tile of a probability, round(255 p), as grey PNG.

        Raises:
            Refused: there is no such tile, or not yet.
        """
        # A photo that was replaced has the files of the one before.
        file = None if image.model is None else probability_file(self._project.found(image.id))
        if file is None:
            raise not_found("probability: the cracks of this photo were not searched yet")
        stamp = f"{file.stat().st_mtime_ns:x}"
        target = self._project.cached(image, "p", stamp, str(level), f"{column}_{row}.png")
        arguments = {
            "layer": "probability",
            "file": str(file),
            "stamp": stamp,
            "coarse": str(self._project.found(image.id) / "coarse.png"),
            "level": level,
            "column": column,
            "row": row,
        }
        return self._drawn(target, "draw", arguments, rough=False)

    def close(self) -> None:
        """End the worker; what it was asked for is refused as busy."""
        self._worker.close()

    def _photo(self, image: ImageRecord) -> dict[str, Any]:
        return {
            "layer": "photo",
            "file": str(self._project.photo(image)),
            "stamp": image.stamp,
            "coarse": str(self._project.coarse(image)),
        }

    def _drawn(
        self, target: Path, task: str, arguments: Mapping[str, Any], *, rough: bool
    ) -> Picture:
        with contextlib.suppress(OSError):
            return Picture(target.read_bytes(), is_rough=False)
        draft = target.with_suffix(".rough.jpg")
        files = {"target": str(target), "rough": str(draft) if rough else None}
        is_rough = bool(self._ask(task, {**arguments, **files})["rough"])
        try:
            return Picture((draft if is_rough else target).read_bytes(), is_rough)
        except OSError as error:
            raise not_found("picture") from error

    def _ask(self, task: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return self._worker.ask(task, arguments, seconds=self._limits.render_s)
        except WorkerEnded as error:
            raise Refused(
                422, "killed-worker", "this image ended the process that read it; it is not drawn"
            ) from error
        except OutOfTime as error:
            raise busy("drawing takes longer than it may", retry_after_s=10) from error
