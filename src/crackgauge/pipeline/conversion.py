"""The verb `convert`: labels of any format that is known into another.

Legend: a SOURCE is a label file or a mask; an ITEM is one image of one; its KEY is the path of its
output without suffix, where the format holds one image a file.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from crackgauge.errors import (
    CORRUPT,
    SIZE_MISMATCH,
    UNSUPPORTED,
    InputRefused,
    UsageError,
)
from crackgauge.images import image_size
from crackgauge.labels import (
    FORMATS,
    LABEL_SUFFIXES,
    ImageLabels,
    LabelFormat,
    read_labels,
    write_labels,
)
from crackgauge.labels.adapting import adapt, losses, with_width
from crackgauge.labels.geojson import WGS84
from crackgauge.labels.mask_file import LABEL, read_mask_file
from crackgauge.labels.writing import format_named, obstacle
from crackgauge.pipeline.conversion_report import Report
from crackgauge.pipeline.conversion_sources import Sources, find_sources
from crackgauge.pipeline.conversion_target import Target
from crackgauge.pipeline.labels_on_map import to_degrees, to_pixels
from crackgauge.pipeline.photo_names import free_key, safe_name
from crackgauge.pipeline.session_labels import SESSION
from crackgauge.pipeline.summary import Progress, ProgressEvent, silent

_READABLE = {**FORMATS, "session": SESSION}


@dataclass(frozen=True)
class Conversion:
    """How a conversion ended.

    Attributes:
        result: the file or the folder that was written.
        report_file: `conversion.json`, or `NAME.conversion.json` beside a file that was named.
        report: what is in it.
    """

    result: Path
    report_file: Path
    report: Report


@dataclass(frozen=True)
class _Item:
    """One image of a source; `labels` is None where they are a mask, which is read in its turn."""

    source: Path
    labels: ImageLabels | None
    name: str = ""
    photo: Path | None = None
    key: str = ""


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
    items = _read(sources, report, progress, geo=geo)
    chosen = _choose(items, labels, report)
    plan = _name(items, sources, report)
    target.check([item.key for item in plan], _inputs(sources, plan), overwrite=overwrite)
    work = _Work(sources, form, chosen, width_px, geo and to == "geojson", report)
    if strict:
        work.refuse_losses(plan)
    _write(work, plan, target, progress)
    report.write(target.report_file)
    return Conversion(target.result, target.report_file, report)


def _read(sources: Sources, report: Report, progress: Progress, *, geo: bool) -> list[_Item]:
    """The images of all sources; masks are not opened yet."""
    items: list[_Item] = []
    for number, file in enumerate(sources.files, start=1):
        if file.suffix.lower() not in LABEL_SUFFIXES:
            report.read["mask"] += 1
            items.append(_Item(file, None))
            continue
        name = sources.name(file)
        try:
            found = read_labels(file, formats=_READABLE)
        except InputRefused as refused:
            if len(sources.files) == 1:
                raise
            report.refuse(name, refused)
            progress(ProgressEvent(number, len(sources.files), name, "set-aside"))
            continue
        report.read[found.format] += 1
        report.refuse_parts(name, found.problems)
        for image in found.images:
            report.refuse_parts(name, image.problems)
        in_degrees = geo and found.format == "geojson"
        items += [_Item(file, _on_map(image) if in_degrees else image) for image in found.images]
        progress(ProgressEvent(number, len(sources.files), name, "done"))
    return items


def _on_map(image: ImageLabels) -> ImageLabels:
    """Take coordinates of which nobody said that they are pixels for degrees."""
    return image if image.crs or image.width is not None else replace(image, crs=WGS84)


def _choose(items: Sequence[_Item], labels: Sequence[str], report: Report) -> set[str]:
    """The labels that count; empty for all of them."""
    counts: Counter[str] = Counter()
    for item in items:
        if item.labels is None:
            counts[LABEL] += 1
        else:
            counts.update(shape.label for shape in item.labels.shapes)
            counts.update(label for _, label in item.labels.unread)
    unknown = sorted(set(labels) - set(counts))
    if unknown:
        known = ", ".join(repr(label) for label in sorted(counts)[:12]) or "none"
        raise UsageError(f"there is no label {unknown[0]!r}; the labels are {known}")
    chosen = set(labels) or {label for label in counts if LABEL in label.casefold()}
    for label, count in counts.items():
        (report.taken if not chosen or label in chosen else report.left_out)[label] += count
    return chosen


def _name(items: Sequence[_Item], sources: Sources, report: Report) -> list[_Item]:
    """Find the photos, and name the outputs; each image once."""
    named: list[_Item] = []
    seen: set[str] = set()
    keys: set[str] = set()
    for number, item in enumerate(items, start=1):
        try:
            photo, name = _photo(item, sources)
        except InputRefused as refused:
            report.refuse(sources.name(item.source), refused)
            continue
        name = name or f"{item.source.stem}_{number}"
        if name in seen:
            report.refuse(sources.name(item.source), _twice(item.source, name))
            continue
        seen.add(name)
        wanted = item.labels.image if item.labels is not None else name
        if photo is None and wanted and name != wanted:
            report.renamed[wanted] = name
        key = free_key(safe_name(name) or f"image_{number}", keys)
        named.append(replace(item, name=name, photo=photo, key=key))
    return named


def _photo(item: _Item, sources: Sources) -> tuple[Path | None, str]:
    """The photo of an item, if it is known, and the name of its image."""
    if item.source in sources.photo_of:
        return sources.photo_of[item.source]
    if item.labels is None:
        wanted = item.source.relative_to(sources.root).as_posix()
    else:
        wanted = item.labels.image or item.source.stem
    if sources.photos is not None:
        try:
            photo = sources.photos.find(wanted, labels=item.source)
        except InputRefused:
            if sources.photos_are_given:
                raise
        else:
            return photo, photo.relative_to(sources.photos.root).as_posix()
    return None, safe_name(wanted)


def _twice(path: Path, name: str) -> InputRefused:
    return InputRefused(
        path, CORRUPT, f"the image {name} has labels already, and the first ones count; remove one"
    )


def _inputs(sources: Sources, plan: Sequence[_Item]) -> set[Path]:
    """Files that no output may replace."""
    photos = {item.photo for item in plan if item.photo is not None}
    return {Path(os.path.realpath(file)) for file in photos.union(sources.files)}


@dataclass(frozen=True)
class _Work:
    """What it takes to bring the labels of one image into the form that is written."""

    sources: Sources
    form: LabelFormat
    chosen: set[str]
    width_px: float | None
    in_degrees: bool
    report: Report

    def prepare(self, item: _Item) -> tuple[ImageLabels, Counter[str]]:
        """The labels that count, with the image's name and size, and what is lost of them.

        Raises:
            InputRefused: a mask that cannot be read, a photo of another size, no size, or a place
                that is needed and not known.
        """
        found = item.labels or read_mask_file(item.source).images[0]
        if found.problems and not found.shapes:
            raise InputRefused(
                item.source, CORRUPT, "none of its shapes could be read; see what is said of them"
            )
        found = found.only(self.chosen)
        # Without them the image would say that there is nothing on it.
        if found.unread and not found.shapes:
            kind, label = found.unread[0]
            raise InputRefused(
                item.source,
                UNSUPPORTED,
                f"has {len(found.unread)} {kind} of {label!r} alone, expected lines or areas; draw "
                "them, or name other labels",
            )
        height, width = self._size(found, item)
        found = replace(found, image=item.name, height=height, width=width, problems=())
        if found.crs:
            found = to_pixels(found, item.photo, item.source)
        found = with_width(found, self.width_px)
        problem = obstacle(found, self.form)
        if problem is not None:
            raise InputRefused(item.source, problem.reason, problem.sentence)
        lost = losses(found, self.form)
        if self.in_degrees:
            found = to_degrees(adapt(found, self.form), item.photo, item.source)
        return found, lost

    def _size(self, found: ImageLabels, item: _Item) -> tuple[int | None, int | None]:
        named = (found.height, found.width)
        if item.photo is None:
            return named
        try:
            size = image_size(item.photo)
        except InputRefused as refused:
            sentence = f"its photo {item.name}: {refused.sentence}"
            raise InputRefused(item.source, refused.reason, sentence) from refused
        if None not in named and named != size:
            raise InputRefused(
                item.source,
                SIZE_MISMATCH,
                f"was drawn on an image of {named[1]} x {named[0]} px, but the photo has {size[1]} "
                f"x {size[0]} (width x height), expected the same; mind the EXIF orientation",
            )
        return size

    def refuse_losses(self, plan: Sequence[_Item]) -> None:
        """Look through everything before anything is written.

        Raises:
            UsageError: the format cannot hold something.
        """
        lost: Counter[str] = Counter()
        for item in plan:
            try:
                lost.update(self.prepare(item)[1])
            except InputRefused:  # said where the item's turn comes
                continue
        if lost:
            kinds = "; ".join(f"{lost[kind]}: {self.report.sentence(kind)}" for kind in lost)
            raise UsageError(
                f"{self.form.title} cannot hold everything ({kinds}); nothing was written. Leave "
                "--strict away, or choose another format"
            )

    def prepared(
        self, plan: Sequence[_Item], progress: Progress
    ) -> Iterator[tuple[_Item, ImageLabels]]:
        """Every item that can be written, in its turn; the others are set aside."""
        for number, item in enumerate(plan, start=1):
            try:
                found, lost = self.prepare(item)
            except InputRefused as refused:
                self.report.refuse(self._said(item), refused)
                progress(ProgressEvent(number, len(plan), item.name, "set-aside"))
                continue
            self.report.lose(item.name, lost)
            self.report.images += 1
            self.report.shapes += len(found.shapes)
            yield item, found
            progress(ProgressEvent(number, len(plan), item.name, "done"))

    def _said(self, item: _Item) -> str:
        file = self.sources.name(item.source)
        return file if item.name == file else f"{file}: {item.name}"


def _write(work: _Work, plan: Sequence[_Item], target: Target, progress: Progress) -> None:
    prepared = work.prepared(plan, progress)
    if target.file is None or not work.form.many:
        for item, image in prepared:
            path = target.path(item.key, image)
            write_labels(path, [image], to=target.to)
            work.report.written.append(path.relative_to(target.folder).as_posix())
        return
    first = next(prepared, None)
    if first is None:  # an empty file would say that there is nothing on any image
        return
    rest = (image for _, image in prepared)
    write_labels(target.file, _chain(first[1], rest), to=target.to)
    work.report.written.append(target.file.name)


def _chain(first: ImageLabels, rest: Iterator[ImageLabels]) -> Iterator[ImageLabels]:
    yield first
    yield from rest
