"""A project: one folder with everything that the server keeps.

project.sqlite3      photos, cracks, what was said about them, jobs
uploads/ID           photos that were uploaded, as they came
found/ID/            probability and survey of a photo
annotations/         strokes made by hand
cache/ID/            thumbnails and tiles; may be deleted
exports/ID/          reports and exports
datasets/ID/         corrected photos with masks, to learn from
trainings/ID/        trainings, with what they were started from
.lock                held by the server at work
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from crackgauge.data.curves import THIN
from crackgauge.errors import UsageError
from crackgauge.files import storing
from crackgauge.images import list_images
from crackgauge.inference.onnx_file import read_model_file
from crackgauge.inference.predictor import EXPORTED_NAME
from crackgauge.pipeline.naming import source_root
from crackgauge.web.annotation_table import AnnotationRecord, AnnotationTable
from crackgauge.web.crack_table import CrackTable
from crackgauge.web.database import DATABASE_FILE, Database
from crackgauge.web.dataset_table import DatasetTable
from crackgauge.web.image_table import FoundFile, ImageRecord, ImageTable
from crackgauge.web.job_table import JobTable
from crackgauge.web.paths import resolve_under
from crackgauge.web.project_table import ProjectSettings, ProjectTable
from crackgauge.web.refusals import Refused, not_found

ROOMS = ("uploads", "found", "annotations", "cache", "exports", "datasets", "trainings")
# What the server itself makes: things by their id, strokes by two, and both while they are written.
_OURS = re.compile(
    r"\.?[0-9a-f]{16}(-[0-9a-f]{16})?(\.json|\.work|\.building|\.[0-9a-f]{8}\.tmp\.json)?|\.work"
)
_DEFAULT_MODEL = Path(str(resources.files("crackgauge") / "weights" / "default.onnx"))


@dataclass(frozen=True)
class ModelInfo:
    """The model that finds the cracks.

    Args:
        file: None for the default.
        digest: SHA-256.
        name, licence, training_data, threshold, threshold_source: as the file says.
    """

    file: str | None
    digest: str
    name: str
    licence: str
    training_data: str
    threshold: float
    threshold_source: str


def read_model_info(model: str | Path | None) -> ModelInfo:
    """Read what a model file, or a training that was exported, says about itself.

    Raises:
        ModelFileError: it is no model, or one that is refused.
        UsageError: a model that enlarges, or draws bands around cracks.
    """
    path = model_path(model)
    file = read_model_file(path)
    metadata = file.metadata
    if metadata.enlargement != 1:
        raise UsageError(
            f"{path}: enlarges photos, which the page does not show; use `crackgauge inspect`"
        )
    if THIN in metadata.postprocessing:
        raise UsageError(
            f"{path}: draws bands around cracks, whose widths say nothing of the cracks; use "
            "`crackgauge predict`"
        )
    return ModelInfo(
        file=None if model is None else str(path.resolve()),
        digest=file.sha256,
        name=metadata.preset or metadata.architecture,
        licence=metadata.licence,
        training_data=metadata.training_data,
        threshold=metadata.threshold,
        threshold_source=metadata.threshold_source or "",
    )


def model_path(model: str | Path | None) -> Path:
    """Return the file of a model: the default's for None, the exported one of a training."""
    path = _DEFAULT_MODEL if model is None else Path(model)
    return path / EXPORTED_NAME if path.is_dir() else path


class Project:
    """The folder, its tables and its files.

    Args:
        folder: made if it is not there.
        model: what finds the cracks.

    Raises:
        UsageError: the folder holds a project of a newer version, or none that can be opened.
        StorageError: it cannot be written.
    """

    def __init__(self, folder: Path, model: ModelInfo) -> None:
        self.folder = folder.resolve()
        self.model = model
        with storing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        self.database = Database(self.folder / DATABASE_FILE)  # refused, it is left as it is
        for room in ROOMS:
            with storing(self.folder):
                (self.folder / room).mkdir(exist_ok=True)
        self.table = ProjectTable(self.database)
        self.images = ImageTable(self.database)
        self.cracks = CrackTable(self.database)
        self.jobs = JobTable(self.database)
        self.annotations = AnnotationTable(self.database)
        self.datasets = DatasetTable(self.database)
        # Called with the id of a photo that turned out to be another one.
        self.on_change: Callable[[str], None] = lambda _image_id: None

    @property
    def title(self) -> str:
        """The name of the first folder of photos, else of the project."""
        folders = self.table.folders()
        return Path(folders[min(folders)]).name if folders else self.folder.name

    @property
    def settings(self) -> ProjectSettings:
        """The settings that all photos share."""
        return self.table.settings()

    @property
    def threshold(self) -> float:
        """The probability from which a pixel is crack."""
        chosen = self.settings.threshold
        return self.model.threshold if chosen is None else chosen

    def list_photos(self, source: str | Path) -> int:
        """Bring the photos of a folder, a file or a pattern into the project.

        Photos in the project's own folder are left away, and so are links that lead out of theirs.

        Returns:
            How many there are.

        Raises:
            UsageError: there is none.
        """
        root = source_root(source).resolve()
        found = []
        for path in list_images(source):
            each = _found_file(path, root)
            if each is not None and not (root / each.file).is_relative_to(self.folder):
                found.append(each)
        if not found:
            raise UsageError(f"{source}: no photo in it that can be opened")
        with self.database.write():
            folder_id = self.table.folder(str(root))
            listed = {each.file for each in found}
            for image in self.images.every():  # a pattern may name some of the folder
                if image.folder_id == folder_id and image.file not in listed:
                    still_there = _found_file(root / image.file, root)
                    found += [] if still_there is None else [still_there]
            for image_id in self.images.listed(folder_id, found):
                self.cracks.replace(image_id, [])
        return len(listed)

    def photo(self, image: ImageRecord) -> Path:
        """Return the file of a photo.

        A photo that was replaced since it was listed becomes new.

        Raises:
            Refused: 404, it is gone; 403, it leads elsewhere; 409, it was replaced.
        """
        path = self._photo(image)
        now = FoundFile.of(path, image.file)
        if now is None:
            raise _gone(image)
        if now.stamp == image.stamp:
            return path
        with self.database.write():
            if self.images.get(image.id).stamp == image.stamp:  # nobody was quicker
                self.images.set_replaced(image.id, now)
                self.cracks.replace(image.id, [])
        self.on_change(image.id)
        raise Refused(
            409,
            "replaced",
            f"{image.name}: was replaced since it was listed, and is a new photo now; load the "
            "list again, and find its cracks",
        )

    def is_replaced(self, image: ImageRecord) -> bool:
        """Whether the file of a photo is another one than was listed."""
        try:
            now = FoundFile.of(self._photo(image), image.file)
        except Refused:
            return False
        return now is not None and now.stamp != image.stamp

    def _photo(self, image: ImageRecord) -> Path:
        if image.folder_id is None:
            root = self.folder / "uploads"
        elif image.folder_id in (folders := self.table.folders()):
            root = Path(folders[image.folder_id])
        else:
            raise not_found("folder of photos")
        try:
            return resolve_under(root, image.file)
        except Refused as refused:
            raise _gone(image) if refused.status == 404 else refused from refused

    def set_aside(self, image_id: str, refused: Refused) -> None:
        """Note why a photo cannot be worked on.

        A photo that was never measured stays as it is where that says nothing about it: the disk
        is full, or something is busy. One that was replaced is new already.
        """
        image = self.images.get(image_id)
        try:
            self._photo(image)
        except Refused as gone:
            if gone.status == 404:
                self.images.set_missing(image_id)
                return
        not_its_fault = refused.status in (503, 507) and image.survey is None
        if refused.status != 409 and not not_its_fault:
            self.images.set_state(image_id, "set-aside", refused.reason, refused.sentence)

    def found(self, image_id: str) -> Path:
        """Return the folder of what was found in a photo."""
        return self.folder / "found" / image_id

    def survey(self, image: ImageRecord) -> Path:
        """Return the file of what was measured in a photo.

        Raises:
            Refused: 404, nothing was.
        """
        if image.survey is None:
            raise not_found("survey: the cracks of this photo were not searched yet")
        return resolve_under(self.found(image.id), image.survey)

    def measured_session(self, image: ImageRecord) -> Path:
        """Return the file of the strokes that a photo was measured from.

        Raises:
            Refused: 404, it was measured from its probability.
        """
        if image.session is None:
            raise not_found("strokes: this photo was measured from its probability")
        return resolve_under(self.found(image.id), image.session)

    def session(self, record: AnnotationRecord) -> Path:
        """Return the file of the strokes on a photo as they are now.

        Raises:
            Refused: 404, there are none.
        """
        if record.file is None:
            raise not_found("strokes on this photo")
        return resolve_under(self.folder / "annotations", record.file)

    def coarse(self, image: ImageRecord) -> Path:
        """Return where the small copy of a large photo lies."""
        return self.folder / "cache" / image.id / f"coarse-{image.stamp}.png"

    def cached(self, image: ImageRecord, *parts: str) -> Path:
        """Return where a drawn picture of a photo lies; another content has another place."""
        return self.folder.joinpath("cache", image.id, image.stamp, *parts)

    def export_folder(self, job_id: str) -> Path:
        """Return the folder of an export."""
        return self.folder / "exports" / job_id

    def dataset_folder(self, dataset_id: str) -> Path:
        """Return the folder of a dataset."""
        return self.folder / "datasets" / dataset_id

    def training_folder(self, job_id: str) -> Path:
        """Return the folder of a training."""
        return self.folder / "trainings" / job_id

    def scale_of(self, image: ImageRecord) -> dict[str, Any]:
        """Return the scale of a photo as `ScaleRule` takes it."""
        if image.scale is not None:
            return image.scale
        mm_per_px = self.settings.mm_per_px
        return {} if mm_per_px is None else {"mm_per_px": mm_per_px}

    def clear_unfinished(self, job_id: str) -> None:
        """Remove what an export or a dataset left that failed or was cancelled."""
        datasets = self.folder / "datasets"
        for folder in (
            self.export_folder(job_id),
            datasets / f".{job_id}.work",
            datasets / f".{job_id}.building",
        ):
            shutil.rmtree(folder, ignore_errors=True)

    def sweep(self) -> None:
        """Remove what a killed server left half-done: what was never answered.

        Files whose names are not of our making stay: the folder may have been somebody's before.
        """
        exports = [job for job in self.jobs.of_kind("export") if job.state != "failed"]
        kept = {
            "annotations": self.annotations.files(),
            "uploads": self.images.uploads(),
            "datasets": {dataset.id for dataset in self.datasets.every()},
            "exports": {job.id for job in exports if job.state != "cancelled"},
            "trainings": {job.id for job in self.jobs.of_kind("train")},
        }
        for room, names in kept.items():
            for path in (self.folder / room).iterdir():
                if path.name in names or not _OURS.fullmatch(path.name):
                    continue
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    with storing(path):
                        path.unlink(missing_ok=True)


def _gone(image: ImageRecord) -> Refused:
    return Refused(
        404, "missing", f"{image.name}: is not in its folder any more; put it back, or leave it"
    )


def _found_file(path: Path, root: Path) -> FoundFile | None:
    """Describe a listed photo; None for one that leads out of its folder or is gone."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100  a link keeps its own name
    parent = Path(os.path.realpath(absolute.parent))
    name = parent / absolute.name
    if not name.is_relative_to(root):
        return None
    file = name.relative_to(root).as_posix()
    try:
        file.encode()
        return FoundFile.of(resolve_under(root, file), file)
    except (Refused, UnicodeEncodeError):
        return None
