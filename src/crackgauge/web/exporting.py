"""The report and the exports of a project, written in a worker.

Rejected cracks are left out of every table, mask and picture; the others keep their numbers.
`review.csv` lists what the inspector said about each.
"""

from __future__ import annotations

import contextlib
import csv
import io
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from crackgauge.arrays import Image, Mask, Window
from crackgauge.files import atomic_path, write_text_atomic
from crackgauge.images import (
    BIG_OUTPUT_PX,
    open_image,
    open_mask_writer,
    read_image,
    write_mask,
)
from crackgauge.measure import Scale, Survey, load_standard
from crackgauge.measure.grading import worst
from crackgauge.measure.region import Region
from crackgauge.measure.totals import Frame, image_row
from crackgauge.pipeline.exports import write_exports
from crackgauge.pipeline.overview import Overview
from crackgauge.pipeline.pictures import PictureFiles, closeup_of, write_pictures
from crackgauge.pipeline.summary import SetAside
from crackgauge.pipeline.survey_folder import SurveyFolder
from crackgauge.pipeline.tables import printable
from crackgauge.report.html import ReportModel
from crackgauge.web.blocks import Tell, blocks
from crackgauge.web.mask_sources import MaskSource, open_masks
from crackgauge.web.measuring import probability_file, read_measured
from crackgauge.web.rejected import clear_patches, patches_of

ARCHIVE = "crackgauge.zip"
REVIEW_FILE = "review.csv"
_REVIEW_COLUMNS = ("image", "crack_id", "decision", "comment")
_PICTURED = ("html", "pdf")
# A spreadsheet would take a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SHARE_OF_IMAGES = 0.8


def export(arguments: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    """Write the report and the exports of a project.

    Args:
        arguments: `title`, `model` (of `ReportModel`), `settings`, `set_aside`, `standard`,
            `formats`, `threshold`, `images` (each `name`, `key`, `photo`, `out`, `survey_file`,
            `rejected`, `session_file`: the strokes that it was measured from, or None), `review`
            (rows of `review.csv`), `folder` to write.
        tell: called with the share done.

    Returns:
        `files`: names and sizes, sorted; `archive`: size of the file that holds them all.

    Raises:
        InputRefused: a photo or a mask cannot be read any more.
        UsageError: a format that cannot be written.
        StorageError: the disk is full.
    """
    folder = Path(arguments["folder"])
    work, files = folder / "work", folder / "files"
    for each in (work, files):
        shutil.rmtree(each, ignore_errors=True)
    images = arguments["images"]
    pictured = bool(set(_PICTURED) & set(arguments["formats"]))
    records = {}
    for at, image in enumerate(images):
        records[image["name"]] = _prepare(image, arguments, work, pictured=pictured)
        tell((at + 1) / len(images) * _SHARE_OF_IMAGES)
    model = arguments["model"]
    survey = SurveyFolder.of_records(
        work,
        title=arguments["title"],
        model=None if model is None else ReportModel(**model),
        settings=arguments["settings"],
        set_aside=[SetAside(*each) for each in arguments["set_aside"]],
        records=records,
    )
    written = write_exports(survey, files, arguments["formats"])
    _write_review(files / REVIEW_FILE, arguments["review"])
    names = sorted({*written, REVIEW_FILE})
    _write_archive(folder / ARCHIVE, files, names)
    shutil.rmtree(work, ignore_errors=True)
    return {
        "files": [{"name": name, "bytes": (files / name).stat().st_size} for name in names],
        "archive": (folder / ARCHIVE).stat().st_size,
    }


def _prepare(
    image: Mapping[str, Any], arguments: Mapping[str, Any], work: Path, *, pictured: bool
) -> dict[str, Any]:
    """Write mask and pictures of one image, and return its record; see `SurveyFolder`."""
    values = read_measured(Path(image["survey_file"]))
    before = Survey.from_json(values["survey"])
    survey = without_rejected(before, image["rejected"], arguments["standard"])
    result = {**values, "survey": survey.to_json()}
    row = before.images.iloc[0]
    height, width = int(row["height_px"]), int(row["width_px"])
    threshold, key = float(arguments["threshold"]), str(image["key"])
    file = probability_file(Path(image["out"]))
    masks = open_masks(file, threshold, image.get("session_file"))
    outputs: list[str] = []
    if masks is not None:
        writing = _write_big if height * width > BIG_OUTPUT_PX else _write_small
        photo = Path(image["photo"]) if pictured else None
        with masks:
            outputs = writing(photo, masks, work, key, (before, survey, image["rejected"]))
    return {"key": key, "outputs": outputs, "result": result}


def without_rejected(survey: Survey, rejected: Sequence[int], standard: str | None) -> Survey:
    """Leave cracks out of the survey of one image; totals are those of what is left.

    Args:
        survey: of one image.
        rejected: their numbers.
        standard: that the image was graded by.
    """
    if not rejected:
        return survey
    cracks = survey.cracks[~survey.cracks["crack_id"].isin(rejected)].reset_index(drop=True)
    branches = survey.branches[~survey.branches["crack_id"].isin(rejected)]
    row = {str(name): value for name, value in survey.images.iloc[0].items()}
    scale = None
    if row["mm_per_px"] == row["mm_per_px"]:
        scale = Scale(row["mm_per_px"], row["mm_per_px_sd"], row["scale_source"])
    frame = Frame(row["height_px"], row["width_px"], scale, Region())
    loaded = load_standard(standard) if standard else None
    new = image_row(cracks, frame) | worst(cracks, loaded)
    if row["view"] == "oblique":  # the area of an oblique image is not that of its mean scale
        new["view"], new["image_area_m2"] = row["view"], row["image_area_m2"]
        new["crack_density_m_per_m2"] = new["crack_length_mm"] / 1e3 / row["image_area_m2"]
    tables = Survey(survey.images, cracks, branches.reset_index(drop=True), survey.zones).to_json()
    tables["images"] = [{**row, **new}]
    return Survey.from_json(tables)


_Surveys = tuple[Survey, Survey, Sequence[int]]


def _write_small(
    photo: Path | None, masks: MaskSource, work: Path, key: str, surveys: _Surveys
) -> list[str]:
    before, survey, rejected = surveys
    mask = masks.mask(Window(0, 0, masks.height, masks.width))
    patches = patches_of(before, rejected, lambda window: mask[window.slices])
    mask = clear_patches(mask, Window(0, 0, *mask.shape), patches)
    outputs = [f"masks/{key}.png"]
    write_mask(work / outputs[0], mask)
    if photo is None:
        return outputs
    image = read_image(photo)

    def read(window: Window) -> tuple[Image, Mask]:
        return image[window.slices], mask[window.slices]

    mm_per_px = _scale_bar(survey)
    height, width = mask.shape
    closeup = closeup_of(survey, height, width, read, mm_per_px)
    files = PictureFiles.of(key)
    return [*outputs, *write_pictures(work, files, image, mask, survey, mm_per_px, closeup)]


def _write_big(
    photo: Path | None, masks: MaskSource, work: Path, key: str, surveys: _Surveys
) -> list[str]:
    before, survey, rejected = surveys
    outputs = [f"masks/{key}.tif"]
    with contextlib.ExitStack() as stack:
        patches = patches_of(before, rejected, masks.mask)
        source = None if photo is None else stack.enter_context(open_image(photo))
        overview = Overview(masks.height, masks.width)
        with open_mask_writer(work / outputs[0], masks.height, masks.width) as writer:
            for window in blocks(masks.height, masks.width):
                mask = clear_patches(masks.mask(window), window, patches)
                writer.write(window, mask)
                if source is not None:
                    overview.add(window, source.read(window), mask)
        if source is None:
            return outputs
        photo_source = source

        def read(window: Window) -> tuple[Image, Mask]:
            return photo_source.read(window), clear_patches(masks.mask(window), window, patches)

        mm_per_px = _scale_bar(survey)
        closeup = closeup_of(survey, masks.height, masks.width, read, mm_per_px)
        small = (overview.image, overview.mask)
        files = PictureFiles.of(key)
        names = write_pictures(
            work, files, *small, survey, mm_per_px, closeup, factor=overview.factor
        )
    return [*outputs, *names]


def _scale_bar(survey: Survey) -> float | None:
    row = survey.images.iloc[0]
    scale = float(row["mm_per_px"])
    return scale if scale == scale and row["view"] != "oblique" else None


def _write_review(path: Path, rows: Sequence[Sequence[Any]]) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_REVIEW_COLUMNS)
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    write_text_atomic(path, printable(stream.getvalue()))


def _plain(cell: Any) -> Any:
    """Keep a spreadsheet from taking text for a formula.

    >>> _plain("=1+1"), _plain("deck.jpg"), _plain(-1)
    ("'=1+1", 'deck.jpg', -1)
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _write_archive(path: Path, files: Path, names: Sequence[str]) -> None:
    with (
        atomic_path(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
    ):
        for name in names:
            with (
                (files / name).open("rb") as source,
                archive.open(_entry(name), "w", force_zip64=True) as target,
            ):
                shutil.copyfileobj(source, target)


def _entry(name: str) -> zipfile.ZipInfo:
    """Return an entry without a date: the same files make the same archive."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
