"""Read a label file of any format that is known."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from crackgauge.errors import CORRUPT, MISSING, TOO_LARGE, UNSUPPORTED, InputRefused
from crackgauge.images.formats import opened
from crackgauge.labels.checking import Found
from crackgauge.labels.cvat import read_cvat
from crackgauge.labels.formats import FORMATS, LabelFormat
from crackgauge.labels.mask_file import read_mask_file
from crackgauge.labels.shapes import ImageLabels, Problem

LABEL_SUFFIXES = frozenset({".xml", ".json", ".geojson"})
# labelme keeps a copy of the image in its file; a larger one is no work of a hand.
LARGEST_BYTES = 512 * 2**20
# Each takes some 60 bytes in memory at most.
MOST_VALUES = 50_000_000
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"II", b"MM", b"RIFF", b"BM", b"MATLAB")
_EXPECTED = "expected labels of CVAT, COCO, Label Studio, labelme or GeoJSON, or a mask"


@dataclass(frozen=True)
class LabelFile:
    """What a label file holds.

    Attributes:
        path: the file.
        format: a key of `crackgauge.labels.FORMATS`.
        images: in the file's order.
        problems: what was set aside and belongs to none of these images; each of them has its own.
    """

    path: Path
    format: str
    images: tuple[ImageLabels, ...]
    problems: tuple[Problem, ...] = ()


def read_labels(
    path: str | Path,
    *,
    largest_bytes: int = LARGEST_BYTES,
    formats: Mapping[str, LabelFormat] = FORMATS,
) -> LabelFile:
    """Read what is drawn on the images of one label file.

    The content decides the format: CVAT for images 1.1 (XML), COCO, Label Studio, labelme or
    GeoJSON (JSON), or a mask. Shapes that are damaged are set aside, see `LabelFile`.

    Args:
        path: the file.
        largest_bytes: a larger file is refused.
        formats: those that JSON may be of.

    Raises:
        InputRefused: no file, none of these formats, a damaged or too large one.
    """
    file = Path(path)
    with opened(file) as stream:
        if stream.seek(0, 2) > largest_bytes:
            raise InputRefused(
                file,
                TOO_LARGE,
                f"the label file has more than {largest_bytes:,} bytes; export fewer images at "
                "once, or save it without the images' data",
            )
        stream.seek(0)
        head = stream.read(256).removeprefix(b"\xef\xbb\xbf").lstrip()
        stream.seek(0)
        if head.startswith(b"<"):
            return _label_file(file, "cvat", read_cvat(stream, file))
        if head.startswith(_PICTURES):
            return _label_file(file, "mask", read_mask_file(file))
        content = stream.read()
    return _read_json(content, file, formats)


def _label_file(file: Path, name: str, found: Found) -> LabelFile:
    return LabelFile(file, name, tuple(found.images), tuple(found.problems))


def _read_json(content: bytes, file: Path, formats: Mapping[str, LabelFormat]) -> LabelFile:
    tree = _parse(content, file)
    for name, form in formats.items():
        if form.recognise is not None and form.read is not None and form.recognise(tree):
            return _label_file(file, name, form.read(tree, file))
    if isinstance(tree, list):
        sentence = (
            "the JSON is a list, but none of Label Studio's tasks with `data`; export the project "
            "as JSON, not as JSON-MIN, and results of COCO with their images"
        )
    else:
        sentence = (
            "the JSON has neither `shapes` (labelme) nor `images` and `annotations` (COCO) nor a "
            f"GeoJSON `type`; {_EXPECTED}"
        )
    raise InputRefused(file, UNSUPPORTED, sentence)


def _parse(content: bytes, file: Path) -> Any:
    if sum(map(content.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise InputRefused(
            file,
            TOO_LARGE,
            f"the JSON has more than {MOST_VALUES:,} values; export fewer images at once",
        )
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        # The decoder's own words may repeat the whole content.
        raise InputRefused(
            file,
            CORRUPT,
            f"is neither XML nor JSON nor a picture ({type(error).__name__}), {_EXPECTED}; export "
            "them again",
        ) from error


def find_image(labels: Sequence[ImageLabels], image: Path, *, path: Path) -> ImageLabels:
    """Find what is drawn on `image` among the entries of one file.

    A single entry is taken whatever it names. Of several, the one whose name ends the image's path
    with the most folders counts, with or without its suffix.

    Args:
        labels: from `read_labels`.
        image: the image's file.
        path: the label file, for the error.

    Raises:
        InputRefused: none of them fits, or two do equally.

    >>> entries = [ImageLabels(f"{name}/1.png", 9, 9, ()) for name in ("day", "night")]
    >>> find_image(entries, Path("photos/night/1.jpg"), path=Path("labels.xml")).image
    'night/1.png'
    """
    if len(labels) == 1:
        return labels[0]
    wanted = PurePosixPath(image.with_suffix("").as_posix()).parts
    fits: dict[int, list[ImageLabels]] = {}
    for entry in labels:
        name = PurePosixPath(entry.image)
        parts = name.with_suffix("").parts if name.name else ()
        shared = _shared_end(wanted, parts)
        if shared and (shared == len(parts) or shared == len(wanted)):
            fits.setdefault(shared, []).append(entry)
    best = fits[max(fits)] if fits else []
    if len(best) != 1:
        found = f"{len(best)} entries" if best else "no entry"
        raise InputRefused(
            path,
            MISSING,
            f"has {found} for the image {image.name} among {len(labels)}, expected one; name the "
            "images as the labels do",
        )
    return best[0]


def _shared_end(first: Sequence[str], second: Sequence[str]) -> int:
    """How many last parts of two paths are the same."""
    count = 0
    for one, other in zip(reversed(first), reversed(second), strict=False):
        if one != other:
            break
        count += 1
    return count
