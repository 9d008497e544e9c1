"""Write labels as a file of any format that is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from crackgauge.arrays import Window
from crackgauge.errors import MISSING, SIZE_MISMATCH, TOO_LARGE, UNSUPPORTED, UsageError
from crackgauge.files import atomic_path
from crackgauge.images import WHOLE_LIMIT_PX
from crackgauge.labels.adapting import adapt, losses
from crackgauge.labels.formats import FORMATS, LabelFormat
from crackgauge.labels.geojson import WGS84
from crackgauge.labels.mask_file import write_mask_file
from crackgauge.labels.shapes import ImageLabels, MaskShape, Problem

# Shapes that become pixels.
_DRAWN = frozenset({"line-to-mask", "line-to-curve", "holes-to-mask"})


def write_labels(path: str | Path, images: Iterable[ImageLabels], *, to: str) -> dict[str, int]:
    """Write labels as one file, at once or not at all.

    What the format cannot hold is replaced as `crackgauge.labels.adapting` says.

    Args:
        path: the file.
        images: with their names and sizes, one at a time in memory; exactly one for the formats
            that hold one (mask, labelme, GeoJSON).
        to: a key of `FORMATS`.

    Returns:
        How many shapes were replaced or lost, by the keys of `LOSSES`.

    Raises:
        UsageError: an unknown format, an image without a size where the format or a shape needs
            one, or too many images.
        StorageError: the file cannot be written.

    >>> from tempfile import TemporaryDirectory
    >>> from crackgauge.labels import Polygon
    >>> square = Polygon(((1.0, 1.0), (5.0, 1.0), (5.0, 5.0), (1.0, 5.0)), "crack")
    >>> with TemporaryDirectory() as folder:
    ...     write_labels(Path(folder) / "a.png", [ImageLabels("a.jpg", 9, 9, (square,))], to="mask")
    {'polygon-to-mask': 1}
    """
    form = format_named(to)
    file = Path(path)
    lost: Counter[str] = Counter()
    adapted = _adapted(images, form, lost)
    if form.many:
        _write_text(file, form, adapted)
        return dict(lost)
    first = list(adapted)
    if len(first) != 1:
        raise UsageError(f"{file}: a file of {form.title} holds one image, got {len(first)}")
    if form.write is None:
        write_mask_file(file, first[0])
    else:
        _write_text(file, form, first[0])
    return dict(lost)


def format_named(name: str) -> LabelFormat:
    """The format of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in FORMATS:
        raise UsageError(f"unknown label format {name!r}; known: {', '.join(FORMATS)}")
    return FORMATS[name]


def obstacle(image: ImageLabels, form: LabelFormat) -> Problem | None:
    """What of an image's size or coordinates stands in the way of writing it; None: nothing."""
    if image.crs and (form.sized or image.crs != WGS84):
        sentence = f"its coordinates are in {image.crs}, expected pixels; give its GeoTIFF"
        return Problem(image.image, UNSUPPORTED, sentence)
    masks = [shape for shape in image.shapes if isinstance(shape, MaskShape)]
    drawn = bool(masks) or not form.polygons or not _DRAWN.isdisjoint(losses(image, form))
    height, width = image.height, image.width
    if height is None or width is None:
        if not (form.sized or drawn):
            return None
        return Problem(image.image, MISSING, "its size is not known; give its photo")
    if any(_leaves(mask.window, height, width) for mask in masks):
        sentence = f"a mask leaves the {width} x {height} px that it has; label the photo as it is"
        return Problem(image.image, SIZE_MISMATCH, sentence)
    if drawn and height * width > WHOLE_LIMIT_PX:
        sentence = (
            f"it has {width} x {height} px, and masks are limited to {WHOLE_LIMIT_PX:,} pixels; "
            "label parts of it"
        )
        return Problem(image.image, TOO_LARGE, sentence)
    return None


def _leaves(window: Window, height: int, width: int) -> bool:
    row, col, high, wide = window
    return min(row, col) < 0 or row + high > height or col + wide > width


def _adapted(
    images: Iterable[ImageLabels], form: LabelFormat, lost: Counter[str]
) -> Iterator[ImageLabels]:
    for image in images:
        problem = obstacle(image, form)
        if problem is not None:
            raise UsageError(f"{image.image}: {problem.sentence}")
        lost.update(losses(image, form))
        yield adapt(image, form)


def _write_text(path: Path, form: LabelFormat, content: object) -> None:
    if form.write is None:
        raise UsageError(f"{form.title} is read, not written; choose another format")
    with (
        atomic_path(path) as temporary,
        temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as out,
    ):
        form.write(content, out)
