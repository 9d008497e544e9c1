"""The labels of one image in the form that is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from crackgauge.errors import (
    BAD_ENCODING,
    CORRUPT,
    SIZE_MISMATCH,
    UNSUPPORTED,
    InputRefused,
    UsageError,
)
from crackgauge.images import image_size
from crackgauge.labels import ImageLabels, LabelFormat, MaskShape, Shape
from crackgauge.labels.adapting import adapt, losses, with_width
from crackgauge.labels.mask_file import read_mask_file
from crackgauge.labels.writing import obstacle
from crackgauge.pipeline.conversion_plan import Item
from crackgauge.pipeline.conversion_report import Report
from crackgauge.pipeline.conversion_sources import Sources
from crackgauge.pipeline.labels_on_map import to_degrees, to_pixels
from crackgauge.pipeline.summary import Progress, ProgressEvent


@dataclass(frozen=True)
class Preparation:
    """Brings the labels of images into the form that is written.

    Attributes:
        sources: where they come from.
        form: the format that is written.
        chosen: the labels that count; empty for all.
        width_px: of lines without a width; None leaves them.
        in_degrees: coordinates are written as longitude and latitude.
        report: gathers what happens.
    """

    sources: Sources
    form: LabelFormat
    chosen: set[str]
    width_px: float | None
    in_degrees: bool
    report: Report

    def prepare(self, item: Item) -> tuple[ImageLabels, Counter[str]]:
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
        # A file of one image lies in a folder like the image's, and names it as seen from there.
        name = item.name if self.form.many else PurePosixPath(item.name).name
        found = replace(found, image=name, height=height, width=width, problems=())
        if found.crs:
            found = to_pixels(found, item.photo, item.source)
        if found.shapes and not any(_touches(shape, height, width) for shape in found.shapes):
            raise InputRefused(
                item.source,
                BAD_ENCODING,
                f"none of its {len(found.shapes)} lines and areas lies in the image of {width} x "
                f"{height} px; expected pixels, x to the right and y down, or GeoJSON with its "
                "GeoTIFF",
            )
        found = with_width(found, self.width_px)
        problem = obstacle(found, self.form)
        if problem is not None:
            raise InputRefused(item.source, problem.reason, problem.sentence)
        lost = losses(found, self.form)
        if self.in_degrees:
            found = to_degrees(adapt(found, self.form), item.photo, item.source)
        return found, lost

    def _size(self, found: ImageLabels, item: Item) -> tuple[int | None, int | None]:
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

    def refuse_losses(self, plan: Sequence[Item]) -> None:
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
        self, plan: Sequence[Item], progress: Progress
    ) -> Iterator[tuple[Item, ImageLabels]]:
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

    def _said(self, item: Item) -> str:
        file = self.sources.name(item.source)
        return file if item.name == file else f"{file}: {item.name}"


def _touches(shape: Shape, height: int | None, width: int | None) -> bool:
    """Whether a shape comes near an image; of an image of unknown size, any does."""
    if isinstance(shape, MaskShape):
        return not shape.is_empty
    x, y = zip(*shape.points, strict=True)
    return (width is None or (max(x) >= 0 and min(x) <= width)) and (
        height is None or (max(y) >= 0 and min(y) <= height)
    )
