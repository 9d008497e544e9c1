"""What a conversion works through: every image of every source, with its photo and its name.

Legend: a SOURCE is a label file or a mask; an ITEM is one image of one; its KEY is the path of its
output without suffix, where the format holds one image a file.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from crackgauge.errors import CORRUPT, InputRefused, UsageError
from crackgauge.labels import FORMATS, LABEL_SUFFIXES, ImageLabels, read_labels
from crackgauge.labels.geojson import WGS84
from crackgauge.labels.mask_file import LABEL
from crackgauge.pipeline.conversion_report import Report
from crackgauge.pipeline.conversion_sources import REPORT_NAME, Sources
from crackgauge.pipeline.photo_names import free_key, safe_name
from crackgauge.pipeline.session_labels import SESSION
from crackgauge.pipeline.summary import Progress, ProgressEvent

_READABLE = {**FORMATS, "session": SESSION}
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True)
class Item:
    """One image of a source.

    Attributes:
        source: the file.
        labels: what is drawn on it; None of a mask, which is read in its turn.
        name: of the image, as it is written.
        photo: its file, where it is known.
        key: of its output.
    """

    source: Path
    labels: ImageLabels | None
    name: str = ""
    photo: Path | None = None
    key: str = ""


def read_items(sources: Sources, report: Report, progress: Progress, *, geo: bool) -> list[Item]:
    """The images of all sources, still without photos and names; masks are not opened yet.

    Raises:
        InputRefused: the only source cannot be read.
    """
    items: list[Item] = []
    alone = len(sources.files) == 1  # its name may be any, and its content says what it is
    for number, file in enumerate(sources.files, start=1):
        if file.suffix.lower() not in LABEL_SUFFIXES and not alone:
            report.read["mask"] += 1
            items.append(Item(file, None))
            continue
        name = sources.name(file)
        try:
            found = read_labels(file, formats=_READABLE)
        except InputRefused as refused:
            if alone:
                raise
            report.refuse(name, refused)
            progress(ProgressEvent(number, len(sources.files), name, "set-aside"))
            continue
        report.read[found.format] += 1
        report.refuse_parts(name, found.problems)
        for image in found.images:
            report.refuse_parts(name, image.problems)
        if not _READABLE[found.format].many:
            found = replace(found, images=tuple(_beside(image, name) for image in found.images))
        in_degrees = geo and found.format == "geojson"
        items += [Item(file, _on_map(image) if in_degrees else image) for image in found.images]
        progress(ProgressEvent(number, len(sources.files), name, "done"))
    return items


def _beside(image: ImageLabels, file: str) -> ImageLabels:
    """Labels of one image name it as seen from their own file: see it from the sources' folder."""
    name = image.image or PurePosixPath(file).stem
    folder = PurePosixPath(file).parent.as_posix()
    if PurePosixPath(name).is_absolute() or _DRIVE.match(name):
        return replace(image, image=name)
    return replace(image, image=posixpath.normpath(posixpath.join(folder, name)))


def _on_map(image: ImageLabels) -> ImageLabels:
    """Take coordinates of which nobody said that they are pixels for degrees."""
    return image if image.crs or image.width is not None else replace(image, crs=WGS84)


def choose_labels(items: Sequence[Item], labels: Sequence[str], report: Report) -> set[str]:
    """The labels that count; empty for all of them.

    Raises:
        UsageError: one that was named is nowhere.
    """
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


def name_items(items: Sequence[Item], sources: Sources, report: Report) -> list[Item]:
    """Find the photos, and name the outputs; each image once."""
    named: list[Item] = []
    seen: set[str] = set()
    # Where labels end in .json the report's own name is taken.
    same_suffix = FORMATS[report.to].suffix == PurePosixPath(REPORT_NAME).suffix
    keys = {PurePosixPath(REPORT_NAME).stem} if same_suffix else set()
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


def _photo(item: Item, sources: Sources) -> tuple[Path | None, str]:
    """The photo of an item, if it is known, and the name of its image."""
    if item.source in sources.photo_of:
        return sources.photo_of[item.source]
    if item.labels is None:
        wanted = item.source.relative_to(sources.root).as_posix()
    else:
        wanted = item.labels.image
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


def inputs_of(sources: Sources, plan: Sequence[Item]) -> set[Path]:
    """Files that no output may replace."""
    photos = {item.photo for item in plan if item.photo is not None}
    return {Path(os.path.realpath(file)) for file in photos.union(sources.files)}
