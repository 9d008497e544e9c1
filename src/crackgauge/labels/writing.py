"""Write labels as a file of any format that is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from crackgauge.errors import UsageError
from crackgauge.files import atomic_path
from crackgauge.images import WHOLE_LIMIT_PX
from crackgauge.labels.adapting import adapt, losses
from crackgauge.labels.formats import FORMATS, LabelFormat
from crackgauge.labels.mask_file import write_mask_file
from crackgauge.labels.shapes import ImageLabels, MaskShape

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


def size_problem(image: ImageLabels, form: LabelFormat) -> str | None:
    """Why an image's size stands in the way of writing it; None where it does not."""
    drawn = not form.polygons or any(isinstance(shape, MaskShape) for shape in image.shapes)
    drawn = drawn or not _DRAWN.isdisjoint(losses(image, form))
    if image.width is None or image.height is None:
        return "its size is not known" if form.sized or drawn else None
    if drawn and image.width * image.height > WHOLE_LIMIT_PX:
        return (
            f"it has {image.width} x {image.height} px, and masks are limited to "
            f"{WHOLE_LIMIT_PX:,} pixels"
        )
    return None


def _adapted(
    images: Iterable[ImageLabels], form: LabelFormat, lost: Counter[str]
) -> Iterator[ImageLabels]:
    for image in images:
        problem = size_problem(image, form)
        if problem is not None:
            raise UsageError(f"{image.image}: {problem}; give its photo, or another format")
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
