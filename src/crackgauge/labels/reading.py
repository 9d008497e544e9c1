"""Read a label file of any format that is known."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from crackgauge.errors import CORRUPT, MISSING, TOO_LARGE, UNSUPPORTED, InputRefused
from crackgauge.images.formats import opened
from crackgauge.labels.cvat import read_cvat
from crackgauge.labels.geojson import KINDS, read_geojson
from crackgauge.labels.labelme import read_labelme
from crackgauge.labels.shapes import ImageLabels

LABEL_SUFFIXES = frozenset({".xml", ".json", ".geojson"})
# labelme keeps a copy of the image in its file; a larger one is no work of a hand.
LARGEST_BYTES = 512 * 2**20

_JSON_READERS: dict[str, Callable[[dict[str, Any], Path], list[ImageLabels]]] = {
    "labelme": read_labelme,
    "GeoJSON": read_geojson,
}


def read_labels(path: str | Path, *, largest_bytes: int = LARGEST_BYTES) -> list[ImageLabels]:
    """Read what is drawn on the images of one label file.

    The content decides the format: CVAT for images 1.1 (XML), labelme or GeoJSON (JSON).

    Args:
        path: the file.
        largest_bytes: a larger file is refused.

    Returns:
        One entry an image: labelme and GeoJSON have one.

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
            return read_cvat(stream, file)
        content = stream.read()
    tree = _parse_json(content, file)
    return _JSON_READERS[_kind_of(tree, file)](tree, file)


def _parse_json(content: bytes, file: Path) -> dict[str, Any]:
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError) as error:
        # The decoder's own words may repeat the whole content.
        raise InputRefused(
            file,
            CORRUPT,
            f"is neither XML nor JSON ({type(error).__name__}), expected labels of CVAT, labelme "
            "or GeoJSON; export them again",
        ) from error
    if not isinstance(tree, dict):
        raise InputRefused(
            file, UNSUPPORTED, "the JSON is no object, expected labels of labelme or GeoJSON"
        )
    return tree


def _kind_of(tree: dict[str, Any], file: Path) -> str:
    if "shapes" in tree:
        return "labelme"
    if tree.get("type") in KINDS:
        return "GeoJSON"
    if "annotations" in tree and "images" in tree:
        raise InputRefused(
            file,
            UNSUPPORTED,
            "this is a COCO file, which is not read yet; export the labels as CVAT for images 1.1",
        )
    raise InputRefused(
        file,
        UNSUPPORTED,
        "the JSON has neither `shapes` (labelme) nor a GeoJSON `type`; expected labels of CVAT, "
        "labelme or GeoJSON",
    )


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
        parts = PurePosixPath(entry.image).with_suffix("").parts if entry.image else ()
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
