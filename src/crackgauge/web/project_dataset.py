"""A dataset of a project that no server works on; what waits there to be measured is measured."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from crackgauge.errors import UsageError
from crackgauge.pipeline.folder import held
from crackgauge.web.collecting import collect, corrected_images
from crackgauge.web.database import DATABASE_FILE
from crackgauge.web.dataset_writing import check_is_new, write_dataset
from crackgauge.web.image_table import ImageRecord
from crackgauge.web.job_requests import request_of
from crackgauge.web.limits import Limits
from crackgauge.web.measuring import measure_photo
from crackgauge.web.project import Project, read_model_info
from crackgauge.web.refusals import Refused


def write_project_dataset(
    project: Path,
    out: Path,
    *,
    model: Path | None = None,
    val_share: float = 0.2,
    seed: int = 0,
    tell: Callable[[int, int], None] = lambda _done, _all: None,
) -> dict[str, Any]:
    """Write the corrected photos of a project that no server works on as a dataset.

    Args:
        project: its folder.
        out: the folder to write, which is not there.
        model: the model that the project was served with; None for the default.
        val_share: of the photos, to validate on.
        seed: another seed, other splits.
        tell: called with the number of photos that are done, and of all.

    Returns:
        As `write_dataset`.

    Raises:
        UsageError: no project, a server works on it, or `out` is there.
        Refused: fewer than two photos were corrected, some by another model's prediction, or one
            waits to be searched.
        InputRefused: a photo cannot be read any more.
        StorageError: the disk is full.
    """
    if not (project / DATABASE_FILE).is_file():
        raise UsageError(
            f"{project}: is no project of `crackgauge serve`; give the folder that was its "
            "--project"
        )
    check_is_new(out)
    with held(project):
        opened = Project(project, read_model_info(model))
        work = opened.folder / "datasets" / ".work"
        try:
            _settle(opened)
            arguments = collect(opened, work, name=opened.title, val_share=val_share, seed=seed)
            count = len(arguments["photos"])
            return write_dataset(
                {**arguments, "folder": str(out.resolve())},
                lambda share: tell(round(share * count), count),
            )
        finally:
            shutil.rmtree(work, ignore_errors=True)
            opened.database.close()


def _settle(project: Project) -> None:
    """Measure what a server would measure before it writes a dataset.

    Raises:
        Refused: 422, a photo waits to be searched.
    """
    project.jobs.resume()  # what ran when the last server ended
    for image in corrected_images(project):
        if image.stale or image.job:
            _measure(project, image)


def _measure(project: Project, image: ImageRecord) -> None:
    most = project.jobs.counts()["queued"] + 1
    (job,) = project.jobs.add("measure", [image.id], most=most)
    request = request_of(job, project, Limits())
    if request.task != "measure":
        raise Refused(
            422,
            "not-searched",
            f"{image.name}: waits to be searched; start `crackgauge serve` again until it is done",
        )
    result = {"measured": measure_photo(request.arguments)}
    with project.database.write():
        request.keep(result)
        project.jobs.end(job.id, "done", result=request.public(result))
