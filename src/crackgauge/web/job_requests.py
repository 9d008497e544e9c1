"""What a worker is asked for a job, and what is kept of its answer."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import crackgauge
from crackgauge.files import storing
from crackgauge.measure import Settings, load_standard
from crackgauge.pipeline.recording import settings_words
from crackgauge.web.collecting import collect
from crackgauge.web.image_table import ImageRecord
from crackgauge.web.job_table import JobRecord
from crackgauge.web.limits import Limits
from crackgauge.web.measuring import scale_rule
from crackgauge.web.naming import export_keys
from crackgauge.web.project import Project
from crackgauge.web.refusals import Refused

Result = dict[str, Any]


class JobRequest(NamedTuple):
    """A job as a worker understands it.

    Args:
        task: name of the worker's task.
        arguments: JSON values.
        seconds: that it may take.
        keep: takes the answer into the project, within the transaction that ends the job.
        public: what of the answer clients see.
    """

    task: str
    arguments: dict[str, Any]
    seconds: float
    keep: Callable[[Result], None]
    public: Callable[[Result], Result]


def request_of(job: JobRecord, project: Project, limits: Limits) -> JobRequest:
    """Prepare a job with the settings of now.

    Raises:
        Refused: the photo is gone or was replaced, or the export has nothing to say.
    """
    if job.kind == "export":
        return _export(job, project, limits)
    if job.kind == "dataset":
        return _dataset(job, project, limits)
    image, photo = _photo(project, str(job.image_id))
    if job.kind == "coarse":
        target = project.coarse(image)
        paths = {"photo": str(photo), "coarse": str(target)}
        return JobRequest("coarse", paths, _seconds_to_find(image, limits), _nothing, _hidden)
    file = f"survey-{job.id}-{job.tries}.json"
    settings = project.settings
    out = project.found(image.id)
    session = _copied_session(job, image, project)
    arguments: dict[str, Any] = {
        "photo": str(photo),
        "name": image.name,
        "out": str(out),
        "threshold": project.threshold,
        "scale": project.scale_of(image),
        "standard": settings.standard,
        "survey_file": str(out / file),
        "coarse_probability": str(out / "coarse.png"),
        "session_file": None if session is None else str(out / session[0]),
    }
    found = job.kind == "find" or (image.model is None and session is None)
    model = project.model.digest if found else image.model

    def keep(result: Result) -> None:
        _check_same(project, image)
        if model is None and project.annotations.get(image.id).file is None:
            return  # the strokes were given up meanwhile, and there is nothing else
        values = json.loads((out / file).read_text("utf-8"))
        project.images.set_measured(
            image.id,
            survey=file,
            measured=_described(result["measured"], settings),
            model=model,
            session=session,
        )
        project.cracks.replace(image.id, values["survey"]["cracks"])
        _remove_earlier(out, "survey", file, image.survey)
        _remove_earlier(out, "session", session and session[0], image.session)

    task = "find" if found else "measure"
    seconds = _seconds_to_find(image, limits) if found else limits.measure_s
    return JobRequest(task, arguments, seconds, keep, _hidden)


def _photo(project: Project, image_id: str) -> tuple[ImageRecord, Path]:
    """Return a photo and its file, as a new one where it was replaced."""
    image = project.images.get(image_id)
    try:
        return image, project.photo(image)
    except Refused as refused:
        if refused.status != 409:
            raise
        image = project.images.get(image_id)
        return image, project.photo(image)


def _check_same(project: Project, image: ImageRecord) -> None:
    """Make sure that what was measured is the photo that was listed.

    Raises:
        Refused: 409, it was replaced meanwhile.
    """
    if project.images.get(image.id).stamp != image.stamp or project.is_replaced(image):
        raise Refused(
            409, "replaced", "the photo was replaced while it was worked on; find its cracks again"
        )


def _seconds_to_find(image: ImageRecord, limits: Limits) -> float:
    """Return the time that a photo of its size may take."""
    megapixels = (image.height_px or 0) * (image.width_px or 0) / 1e6
    return limits.find_s + limits.find_s_per_megapixel * megapixels


def _described(measured: dict[str, Any], settings: Any) -> dict[str, Any]:
    """Return the row of the image with the settings that it was measured with."""
    return {**measured, "standard_asked": settings.standard}


def _remove_earlier(out: Path, kind: str, file: str | None, earlier: str | None) -> None:
    """Remove files that no row names any more; the last one stays until this is committed."""
    for path in out.glob(f"{kind}-*.json"):
        if path.name not in (file, earlier):
            with contextlib.suppress(OSError):
                path.unlink()


def _copied_session(job: JobRecord, image: ImageRecord, project: Project) -> tuple[str, int] | None:
    """Copy the strokes of now for a job, which may run while they are changed.

    Returns:
        File and version; None where there are none.

    Raises:
        StorageError: the disk is full.
    """
    with project.database.read():  # nobody removes the file meanwhile
        record = project.annotations.get(image.id)
        if record.file is None:
            return None
        out = project.found(image.id)
        target = out / f"session-{job.id}-{job.tries}.json"
        with storing(target):
            out.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(project.session(record), target)
    return target.name, record.version


def _export(job: JobRecord, project: Project, limits: Limits) -> JobRequest:
    photos: dict[str, Path] = {}
    for image in project.images.every():
        if image.survey and image.state == "done":
            try:
                photos[image.id] = project.photo(image)
            except Refused as refused:  # it is left out, and listed as missing
                project.set_aside(image.id, refused)
    everything = project.images.every()
    images = [image for image in everything if image.id in photos]
    if not images:
        raise Refused(
            422, "nothing", "no photo was measured yet; find the cracks of some photos first"
        )
    outdated = sum(
        image.session is None and image.model != project.model.digest for image in images
    )
    if outdated:
        raise Refused(
            422,
            "outdated",
            f"{outdated} photos were searched with another model; find their cracks again first",
        )
    keys = export_keys([(image.name, image.id) for image in images])
    review, counts = _review(project, images)
    corrected = sum(image.session is not None for image in images)
    rejected: dict[str, list[int]] = {}
    for image_id, number in counts.pop("rejected_numbers"):
        rejected.setdefault(image_id, []).append(number)
    arguments = {
        "title": project.title,
        "model": _model(project),
        "settings": _words(project, counts)
        | {"corrected by hand": f"{corrected} of {len(images)} photos"},
        "set_aside": [
            [image.name, image.reason, image.sentence]
            for image in everything
            if image.state in ("set-aside", "missing")
        ],
        "standard": project.settings.standard,
        "formats": job.arguments["formats"],
        "threshold": project.threshold,
        "images": [
            {
                "name": image.name,
                "key": keys[image.id],
                "photo": str(photos[image.id]),
                "out": str(project.found(image.id)),
                "survey_file": str(project.survey(image)),
                "session_file": image.session and str(project.measured_session(image)),
                "rejected": rejected.get(image.id, []),
            }
            for image in images
        ],
        "review": review,
        "folder": str(project.export_folder(job.id)),
    }
    return JobRequest("export", arguments, limits.export_s, _nothing, _as_it_is)


def _dataset(job: JobRecord, project: Project, limits: Limits) -> JobRequest:
    wanted = job.arguments
    work = project.folder / "datasets" / f".{job.id}.work"
    folder = project.dataset_folder(job.id)
    shutil.rmtree(folder, ignore_errors=True)  # of a server that was killed before it was noted
    arguments = collect(
        project, work, name=wanted["name"], val_share=wanted["val_share"], seed=wanted["seed"]
    )

    def keep(result: Result) -> None:
        created = datetime.now(UTC).isoformat(timespec="seconds")
        project.datasets.add(job.id, name=wanted["name"], created=created, made=result)
        shutil.rmtree(work, ignore_errors=True)

    asked = {**arguments, "folder": str(folder)}
    return JobRequest("dataset", asked, limits.export_s, keep, _as_it_is)


def _review(project: Project, images: list[ImageRecord]) -> tuple[list[list[Any]], dict[str, Any]]:
    """Return the rows of `review.csv`, and how many cracks were judged how."""
    rows: list[list[Any]] = []
    counts: dict[str, Any] = {"accepted": 0, "rejected": 0, "open": 0, "rejected_numbers": []}
    for image in images:
        if image.comment:
            rows.append([image.name, "", "", image.comment])
        for crack in project.cracks.of_image(image.id):
            rows.append([image.name, crack.number, crack.decision, crack.comment])
            counts[crack.decision] += 1
            if crack.decision == "rejected":
                counts["rejected_numbers"].append((image.id, crack.number))
    return rows, counts


def _model(project: Project) -> dict[str, Any]:
    model, own = project.model, project.settings.threshold is None
    return {
        "name": model.name,
        "licence": model.licence,
        "training_data": model.training_data,
        "threshold": project.threshold,
        "threshold_source": model.threshold_source if own else "given by the user",
        "version": crackgauge.__version__,
    }


def _words(project: Project, counts: dict[str, Any]) -> dict[str, str]:
    settings = asdict(project.settings)
    standard = settings["standard"]
    rule = {} if settings["mm_per_px"] is None else {"mm_per_px": settings["mm_per_px"]}
    return {
        "scale": scale_rule(rule).words(),
        **settings_words(Settings(standard=load_standard(standard) if standard else None)),
        "review": f"{counts['accepted']} cracks accepted, {counts['rejected']} rejected and left "
        f"out, {counts['open']} not judged",
    }


def _nothing(result: Result) -> None:
    """Keep nothing in the project's tables."""


def _hidden(result: Result) -> Result:  # noqa: ARG001
    return {}


def _as_it_is(result: Result) -> Result:
    return result
