"""labelme: one JSON file an image.

Coordinates are px with pixel corners at integers. A shape of the type `mask` has two points, its
first and its last pixel as (column, row), and `mask`, a PNG in base64 whose pixels above 0 belong
to it.

Source: labelme's own reader and writer (labelme/_label_file.py, labelme/utils/shape.py).
"""

from __future__ import annotations

import base64
import binascii
import io
import json
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import imagecodecs
import numpy as np

from crackgauge.arrays import Mask, Window
from crackgauge.errors import CORRUPT, UNSUPPORTED, InputRefused
from crackgauge.images.headers import check_whole, critical_chunks, read_header
from crackgauge.images.png import encode_grey_png
from crackgauge.labels.checking import (
    Collector,
    Found,
    check_pixels,
    check_within,
    to_points,
    to_text,
)
from crackgauge.labels.shapes import ImageLabels, MaskShape, Polygon, Polyline, Shape

# Fewest points of the shapes that are read; a polygon is the closed one.
_LEAST_POINTS = {"line": 2, "linestrip": 1, "polygon": 3, "mask": 2}
_VERSION = "5.5.0"  # the first release whose files look like this


def is_labelme(tree: Any) -> bool:
    """Whether JSON looks like labelme's."""
    return isinstance(tree, dict) and "shapes" in tree


def read_labelme(tree: dict[str, Any], path: Path) -> Found:
    """Read the lines, line strips, polygons and masks of a labelme file.

    Args:
        tree: the JSON; `shapes` with `points`, `label` and `shape_type` (polygon where missing).
        path: the file, for errors.

    Returns:
        One entry.

    Raises:
        InputRefused: no list of shapes.
    """
    shapes = tree.get("shapes")
    if not isinstance(shapes, list) or not all(isinstance(shape, dict) for shape in shapes):
        raise InputRefused(
            path, CORRUPT, "`shapes` is no list of shapes, expected a labelme file; save it again"
        )
    image = Collector(path, tree.get("imagePath"), tree.get("imageWidth"), tree.get("imageHeight"))
    for number, shape in enumerate(shapes, start=1):
        kind = str(shape.get("shape_type") or "polygon")
        if kind in _LEAST_POINTS:
            image.add(partial(_read_shape, image, number, kind, shape))
        else:
            image.unread.append((to_text(kind), to_text(shape.get("label"))))
    return Found([image.done()], [])


def _read_shape(image: Collector, number: int, kind: str, shape: dict[str, Any]) -> Shape:
    label = to_text(shape.get("label"))
    where = f"shape {number} ({kind} {label[:40]!r})"
    least = _LEAST_POINTS[kind]
    points = to_points(shape.get("points"), path=image.path, where=where, least=least)
    if kind == "polygon":
        return Polygon(points, label)
    if kind != "mask":
        return Polyline(points, label)
    (left, top), (right, bottom) = ((int(x), int(y)) for x, y in points[:2])
    mask = _decode(shape.get("mask"), image.path, where)
    window = Window(top, left, *mask.shape)
    if (bottom - top + 1, right - left + 1) != mask.shape:
        raise InputRefused(
            image.path,
            CORRUPT,
            f"{where} has {mask.shape[1]} x {mask.shape[0]} px between the pixels ({left}, {top}) "
            f"and ({right}, {bottom}), which do not fit; draw it again, or remove it",
        )
    check_within(window, image, where=where)
    return MaskShape.of(mask, row=top, col=left, label=label)


def _decode(text: Any, path: Path, where: str) -> Mask:
    """The PNG of a mask: as for every file, nothing is decoded before its header is looked at."""
    try:
        content = base64.b64decode(text if isinstance(text, str) else "", validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if not content.startswith(b"\x89PNG\r\n\x1a\n"):
        raise InputRefused(
            path, CORRUPT, f"{where} holds no PNG in base64; draw it again, or remove it"
        )
    header = read_header(io.BytesIO(content), "png", path)
    check_pixels(header.height, header.width, path=path, where=where)
    if header.indexed:
        raise InputRefused(
            path, UNSUPPORTED, f"{where} is a PNG with a palette, expected grey; draw it again"
        )
    check_whole(content, "png", path)
    try:
        values = np.asarray(imagecodecs.png_decode(critical_chunks(content)))
    except (ValueError, RuntimeError) as error:  # imagecodecs' own errors are RuntimeErrors
        raise InputRefused(
            path, CORRUPT, f"{where}: its PNG is damaged; draw it again, or remove it"
        ) from error
    marked = values[..., :3].any(axis=2) if values.ndim == 3 else values != 0
    return np.asarray(marked, np.bool_)


def write_labelme(image: ImageLabels, out: TextIO) -> None:
    """Write polygons, line strips and masks, without a copy of the photo.

    Args:
        image: with its size; polygons without holes, lines without widths.
        out: a text file.
    """
    tree: dict[str, Any] = {
        "version": _VERSION,
        "flags": {},
        "shapes": [_shape(shape) for shape in image.shapes],
        "imagePath": image.image,
        "imageData": None,
        "imageHeight": image.height,
        "imageWidth": image.width,
    }
    json.dump(tree, out, indent=1, allow_nan=False)
    out.write("\n")


def _shape(shape: Shape) -> dict[str, Any]:
    rest: dict[str, Any] = {"group_id": None, "description": "", "flags": {}}
    if not isinstance(shape, MaskShape):
        kind = "polygon" if isinstance(shape, Polygon) else "linestrip"
        points = [list(point) for point in shape.points]
        return {"label": shape.label, "points": points, "shape_type": kind, **rest, "mask": None}
    mask, window = shape.cut()
    last = [window.col + window.width - 1, window.row + window.height - 1]
    return {
        "label": shape.label,
        "points": [[window.col, window.row], last],
        "shape_type": "mask",
        **rest,
        "mask": base64.b64encode(encode_grey_png(mask.view(np.uint8))).decode("ascii"),
    }
