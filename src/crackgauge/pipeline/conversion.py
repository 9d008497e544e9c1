"""The verb `convert`: labels of any format that is known into another."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from crackgauge.errors import UsageError
from crackgauge.labels import FORMATS, ImageLabels, write_labels
from crackgauge.labels.writing import format_named
from crackgauge.pipeline.conversion_plan import (
    Item,
    choose_labels,
    inputs_of,
    name_items,
    read_items,
)
from crackgauge.pipeline.conversion_preparing import Preparation
from crackgauge.pipeline.conversion_report import Report
from crackgauge.pipeline.conversion_sources import find_sources
from crackgauge.pipeline.conversion_target import Target
from crackgauge.pipeline.summary import Progress, silent


@dataclass(frozen=True)
class Conversion:
    """How a conversion ended.

    Attributes:
        result: the file or the folder that was written; the report where it says that nothing was.
        report_file: `conversion.json`, or `NAME.conversion.json` beside a file that was named.
        report: what is in it.
    """

    result: Path
    report_file: Path
    report: Report


def convert(
    source: str | Path,
    out: str | Path,
    *,
    to: str,
    photos: str | Path | None = None,
    labels: Sequence[str] = (),
    width_px: float | None = None,
    geo: bool = False,
    strict: bool = False,
    overwrite: bool = False,
    progress: Progress = silent,
) -> Conversion:
    """Convert labels from one format into another; what cannot be read is set aside.

    Args:
        source: a label file, a session of tracing, a mask, a folder of them, or a dataset.
        out: the folder, or the file, to write.
        to: a key of `crackgauge.labels.FORMATS`.
        photos: the folder of the photos: gives sizes and names, and each must be there.
        labels: the labels that count; none named: those whose name holds "crack", or all of them
            where none does.
        width_px: of lines that have no width; None leaves them as they are.
        geo: GeoJSON has longitude and latitude, by the places of the photos, which are GeoTIFF:
            that which is written, and that which is read and does not say what it has.
        strict: nothing is written where the format cannot hold everything as it is.
        overwrite: replaces files that are there.
        progress: called after each source and each image.

    Raises:
        UsageError: an option that cannot be; files that are there; nothing to read; with `strict`
            what would be lost.
        InputRefused: `source` is one file, which cannot be read.
        StorageError: the disk is full or the folder cannot be written.
    """
    form = format_named(to)
    if width_px is not None and not (math.isfinite(width_px) and width_px > 0):
        raise UsageError(f"got a width of {width_px} px, expected a number above 0")
    if geo and to != "geojson" and photos is None:
        raise UsageError("coordinates of a map need the photos; name their folder")
    target = Target.of(Path(out), to)
    sources = find_sources(Path(source), target.folder, None if photos is None else Path(photos))
    report = Report(to)
    items = read_items(sources, report, progress, geo=geo)
    if not items and not report.set_aside:
        raise UsageError(f"{source}: names no image, so that there is nothing to convert")
    chosen = choose_labels(items, labels, report)
    plan = name_items(items, sources, report)
    target.check([item.key for item in plan], inputs_of(sources, plan), overwrite=overwrite)
    preparation = Preparation(sources, form, chosen, width_px, geo and to == "geojson", report)
    if strict:
        preparation.refuse_losses(plan)
    _write(preparation, plan, target, progress)
    report.write(target.report_file)
    result = target.result if report.written else target.report_file
    return Conversion(result, target.report_file, report)


def _write(
    preparation: Preparation, plan: Sequence[Item], target: Target, progress: Progress
) -> None:
    prepared = preparation.prepared(plan, progress)
    if target.file is None or not FORMATS[target.to].many:
        for item, image in prepared:
            path = target.path(item.key, image)
            write_labels(path, [image], to=target.to)
            preparation.report.written.append(path.relative_to(target.folder).as_posix())
        return
    first = next(prepared, None)
    if first is None:  # an empty file would say that there is nothing on any image
        return
    rest = (image for _, image in prepared)
    write_labels(target.file, _chain(first[1], rest), to=target.to)
    preparation.report.written.append(target.file.name)


def _chain(first: ImageLabels, rest: Iterator[ImageLabels]) -> Iterator[ImageLabels]:
    yield first
    yield from rest
