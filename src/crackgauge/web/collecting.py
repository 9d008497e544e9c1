"""Which photos of a project are good to learn from, and what a dataset of them is made of."""

from __future__ import annotations

import re
import shutil
from pathlib import Path, PurePosixPath
from typing import Any

from crackgauge.files import storing
from crackgauge.web.crack_table import CrackRecord
from crackgauge.web.image_table import ImageRecord
from crackgauge.web.project import Project
from crackgauge.web.refusals import Refused

FEWEST = 2
_ODD = re.compile(r"[^A-Za-z0-9_]+")
_LONGEST = 80


def collect(
    project: Project, work: Path, *, name: str, val_share: float, seed: int
) -> dict[str, Any]:
    """Gather what a dataset is made of; see `write_dataset`.

    A photo is taken that has strokes, or whose cracks were all judged. Of both, rejected cracks
    are cut out.

    Args:
        project: whose photos.
        work: folder for copies of the strokes.
        name: of the dataset.
        val_share: of the photos, to validate on.
        seed: of the splits.

    Raises:
        Refused: 422, fewer than two such photos, or one that was searched with another model.
        StorageError: the disk is full.
    """
    chosen = corrected_images(project)
    check_images(project, chosen)
    keys = _keys(chosen)
    return {
        "name": name,
        "model": {"name": project.model.name, "sha256": project.model.digest},
        "threshold": project.threshold,
        "val_share": val_share,
        "seed": seed,
        "photos": [_photo(project, image, keys[image.id], work) for image in chosen],
    }


def corrected_images(project: Project) -> list[ImageRecord]:
    """Return the photos that a dataset is made of, sorted by name."""
    counts = project.cracks.counts()
    chosen = []
    for image in project.images.every():
        if image.state in ("set-aside", "missing"):
            continue
        judged = counts.get(image.id, {})
        all_judged = image.state == "done" and sum(judged.values()) > judged.get("open", 0) == 0
        if image.annotation_version is not None or all_judged:
            chosen.append(image)
    return chosen


def check_images(project: Project, chosen: list[ImageRecord]) -> None:
    """Make sure that a dataset can be made of photos.

    Raises:
        Refused: 422, fewer than two, or one that was searched with another model.
    """
    if len(chosen) < FEWEST:
        raise Refused(
            422,
            "too-few",
            f"{len(chosen)} photos are corrected or have all their cracks judged, expected "
            f"{FEWEST} or more, to learn from some and to validate on others; correct more",
        )
    outdated = [
        image.name
        for image in chosen
        if image.annotation_version is None and image.model != project.model.digest
    ]
    if outdated:
        raise Refused(
            422,
            "outdated",
            f"{len(outdated)} photos were searched with another model; find their cracks again, "
            "or give that model (--model)",
        )


def _photo(project: Project, image: ImageRecord, key: str, work: Path) -> dict[str, Any]:
    cracks = project.cracks.of_image(image.id) if image.survey is not None else []
    rejected = [crack.number for crack in cracks if crack.decision == "rejected"]
    session = _copied_session(project, image, work)
    return {
        "name": image.name,
        "key": key,
        "photo": str(_file_of(project, image)),
        "stamp": image.stamp,
        "out": str(project.found(image.id)),
        "survey_file": str(project.survey(image)) if rejected else None,
        "rejected": rejected,
        "session_file": session,
        "provenance": _provenance(image, cracks),
    }


def _file_of(project: Project, image: ImageRecord) -> Path:
    try:
        return project.photo(image)
    except Refused as refused:
        if refused.status != 404:
            raise
        raise Refused(
            422,
            "missing",
            f"{image.name}: is not there any more; put it back, or leave it out by giving its "
            "strokes up",
        ) from refused


def _provenance(image: ImageRecord, cracks: list[CrackRecord]) -> dict[str, Any]:
    decisions = dict.fromkeys(("accepted", "rejected", "open"), 0)
    for crack in cracks:
        decisions[crack.decision] += 1
    return {
        "name": image.name,
        "mask_from": "prediction" if image.annotation_version is None else "strokes",
        "strokes_version": image.annotation_version,
        "searched_with": image.model,
        "cracks": decisions["accepted"] + decisions["open"],
        "decisions": decisions,
    }


def _copied_session(project: Project, image: ImageRecord, work: Path) -> str | None:
    """Copy the strokes of now, which may be changed while the dataset is written."""
    with project.database.read():  # nobody removes the file meanwhile
        record = project.annotations.get(image.id)
        if record.file is None:
            return None
        target = work / f"{image.id}.json"
        with storing(target):
            work.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(project.session(record), target)
    return str(target)


def _keys(images: list[ImageRecord]) -> dict[str, str]:
    """Name the files of each photo in plain letters, each name once."""
    taken: set[str] = set()
    keys = {}
    for image in images:
        plain = _ODD.sub("_", str(PurePosixPath(image.name).with_suffix("")))
        key = plain.strip("_")[-_LONGEST:] or "photo"
        if key.casefold() in taken:
            key = f"{key}_{image.id}"
        taken.add(key.casefold())
        keys[image.id] = key
    return keys
