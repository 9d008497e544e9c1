"""A survey written in the formats that users load elsewhere."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

import crackgauge
from crackgauge.arrays import Mask, Window
from crackgauge.errors import MISSING, TOO_LARGE, InputRefused
from crackgauge.images import (
    WHOLE_LIMIT_PX,
    image_size,
    open_image,
    read_mask,
    read_probability,
)
from crackgauge.pipeline.export_formats import FORMATS
from crackgauge.pipeline.survey_folder import MaskReading, SurveyFolder
from crackgauge.report.coco import CocoImage, write_coco
from crackgauge.report.dxf import DrawingImage, write_dxf
from crackgauge.report.features import BranchFeature, branch_features, photo_features
from crackgauge.report.geojson import write_branches_px, write_branches_wgs84, write_photos
from crackgauge.report.geopackage import write_geopackage
from crackgauge.report.geotiff import write_geotiff_mask
from crackgauge.report.html import ReportContent, write_report
from crackgauge.report.pdf import write_pdf
from crackgauge.report.tables import survey_tables, write_tables
from crackgauge.report.workbook import write_workbook

if TYPE_CHECKING:
    import pandas as pd

# Every name directly under a survey's folder that an export may take.
EXPORT_FILES = (
    "images.csv",
    "cracks.csv",
    "branches.csv",
    "zones.csv",
    "report.html",
    "report.pdf",
    "survey.xlsx",
    "branches.geojson",
    "photos.geojson",
    "geojson",
    "survey.gpkg",
    "dxf",
    "coco.json",
    "geotiff",
)


def write_exports(survey: SurveyFolder, out: Path, formats: Sequence[str]) -> list[str]:
    """Write a survey in some formats.

    Args:
        survey: what is written.
        out: the folder; the survey's own or another one.
        formats: names of `FORMATS`; of `geotiff` only images with a place are written.

    Returns:
        The files, relative to `out`, sorted.

    Raises:
        InputRefused: a mask that a format needs cannot be read (any more).
        UsageError: a format cannot be written: a package is missing, or a reference system that
            GDAL does not know.
        StorageError: a file cannot be written; those before are whole.
    """
    work = _Work(survey, out)
    written: list[str] = []
    for name in FORMATS:
        if name in formats:
            written += _WRITERS[name](work)
    return sorted(written)


@dataclass(frozen=True)
class _Work:
    """A survey, where it goes, and what several formats need of it."""

    folder: SurveyFolder
    out: Path

    @cached_property
    def features(self) -> list[BranchFeature]:
        survey = self.folder.survey
        return branch_features(survey.images, survey.cracks, survey.branches)

    @cached_property
    def by_image(self) -> dict[str, list[BranchFeature]]:
        found: dict[str, list[BranchFeature]] = defaultdict(list)
        for feature in self.features:
            found[str(feature.properties["image"])].append(feature)
        return found

    def images(self) -> Iterator[dict[Any, Any]]:
        """Give the rows of the images, sorted by name."""
        table = self.folder.survey.images.sort_values("image", kind="stable")
        yield from table.to_dict("records")


def _write_csv(work: _Work) -> list[str]:
    return write_tables(work.out, work.folder.survey)


def _write_html(work: _Work) -> list[str]:
    write_report(work.out / "report.html", _content(work.folder))
    return ["report.html"]


def _write_pdf(work: _Work) -> list[str]:
    write_pdf(work.out / "report.pdf", _content(work.folder))
    return ["report.pdf"]


def _content(folder: SurveyFolder) -> ReportContent:
    return ReportContent(
        title=folder.title,
        model=folder.model,
        settings=folder.settings,
        images=folder.survey.images,
        cracks=folder.survey.cracks,
        branches=folder.survey.branches,
        pictures={name: files.pictures for name, files in folder.files.items()},
        set_aside=folder.set_aside,
        zones=folder.survey.zones,
        version=crackgauge.__version__,
    )


def _write_xlsx(work: _Work) -> list[str]:
    folder, model = work.folder, work.folder.model
    about = {"title": folder.title, **folder.settings}
    if model is not None:
        about |= {
            "model": model.name,
            "licence of the model": model.licence,
            "threshold": f"{model.threshold:.6g}",
            "crackgauge": model.version,
        }
    tables = survey_tables(folder.survey)
    write_workbook(work.out / "survey.xlsx", about=about, tables=tables)
    return ["survey.xlsx"]


def _write_geojson(work: _Work) -> list[str]:
    written, places = [], work.folder.places
    if places:
        write_branches_wgs84(work.out / "branches.geojson", work.features, places)
        written.append("branches.geojson")
    for name, members in work.by_image.items():
        if name not in places:
            file = f"geojson/{work.folder.files[name].key}.geojson"
            write_branches_px(work.out / file, members)
            written.append(file)
    photos = photo_features(work.folder.survey.images)
    if photos:
        write_photos(work.out / "photos.geojson", photos)
        written.append("photos.geojson")
    return written


def _write_gpkg(work: _Work) -> list[str]:
    photos = photo_features(work.folder.survey.images)
    write_geopackage(work.out / "survey.gpkg", work.features, photos, work.folder.places)
    return ["survey.gpkg"]


def _write_dxf(work: _Work) -> list[str]:
    ranks = _ranks(work.folder.survey.cracks)
    written = []
    for row in work.images():
        name = str(row["image"])
        members = work.by_image.get(name)
        if not members:
            continue
        files = work.folder.files[name]
        scale = float(row["mm_per_px"])
        # In an oblique view the scale differs from place to place: it is drawn in pixels.
        is_even = scale == scale and row.get("view") != "oblique"
        image = DrawingImage(
            name,
            int(row["height_px"]),
            int(row["width_px"]),
            scale if is_even else None,
            files.place,
        )
        file = f"dxf/{files.key}.dxf"
        write_dxf(work.out / file, image, members, ranks)
        written.append(file)
    return written


def _ranks(cracks: pd.DataFrame) -> dict[str, int]:
    """Return the rank of each severity, 0 the mildest."""
    if "severity_rank" not in cracks.columns:
        return {}
    graded = cracks[cracks["severity_rank"] >= 0]
    return {
        str(name): int(rank)
        for name, rank in graded.groupby("severity")["severity_rank"].max().items()
    }


def _write_coco(work: _Work) -> list[str]:
    write_coco(work.out / "coco.json", _coco_images(work))
    return ["coco.json"]


def _coco_images(work: _Work) -> Iterator[CocoImage]:
    cracks = work.folder.survey.cracks
    groups = dict(iter(cracks.groupby("image", sort=False)))
    for row in work.images():
        name = str(row["image"])
        lines: dict[int, list[npt.NDArray[np.float64]]] = defaultdict(list)
        for feature in work.by_image.get(name, ()):
            lines[int(feature.properties["crack_id"])].append(feature.line)
        yield CocoImage(
            name,
            int(row["height_px"]),
            int(row["width_px"]),
            groups.get(name, cracks.iloc[:0]),
            lines,
            lambda name=name: _open_mask(work.folder, name),  # type: ignore[misc]
        )


def _write_geotiff(work: _Work) -> list[str]:
    written = []
    for row in work.images():
        name = str(row["image"])
        files = work.folder.files[name]
        if files.place is None:
            continue
        file = f"geotiff/{files.key}.tif"
        with _open_mask(work.folder, name) as read:
            write_geotiff_mask(
                work.out / file,
                read,
                height=int(row["height_px"]),
                width=int(row["width_px"]),
                place=files.place,
            )
        written.append(file)
    return written


@contextlib.contextmanager
def _open_mask(folder: SurveyFolder, name: str) -> Iterator[Callable[[Window], Mask]]:
    """Open the mask of an image for reading by window."""
    files = folder.files[name]
    if files.mask is None or not files.mask.is_file():
        raise InputRefused(
            files.mask or folder.path / name,
            MISSING,
            "the mask that was measured is not there any more, and this format needs it; "
            "bring it back, or leave the format away",
        )
    size = image_size(files.mask)
    if not files.own_mask and size[0] * size[1] <= WHOLE_LIMIT_PX:
        mask = _read_given(files.mask, folder.reading)
        yield lambda window: mask[window.slices]
        return
    if not files.own_mask and folder.reading.threshold is not None:
        raise InputRefused(
            files.mask,
            TOO_LARGE,
            f"a probability map above {WHOLE_LIMIT_PX // 1_000_000} megapixels is not read again "
            "for this format; leave the format away",
        )
    with open_image(files.mask) as source:
        yield lambda window: source.read(window)[:, :, 0] > 0


def _read_given(path: Path, reading: MaskReading) -> Mask:
    if reading.threshold is None:
        return read_mask(path, rule=reading.rule).mask
    found: Mask = read_probability(path) >= np.float32(reading.threshold)
    return found


_WRITERS: dict[str, Callable[[_Work], list[str]]] = {
    "csv": _write_csv,
    "html": _write_html,
    "pdf": _write_pdf,
    "xlsx": _write_xlsx,
    "geojson": _write_geojson,
    "gpkg": _write_gpkg,
    "dxf": _write_dxf,
    "coco": _write_coco,
    "geotiff": _write_geotiff,
}
