"""labelme: one JSON file an image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from crackgauge.errors import CORRUPT, InputRefused
from crackgauge.labels.shapes import ImageLabels, Polyline, posix_name, to_points, to_size

# Fewest points of the shapes that are read; a polygon is the closed one.
_LEAST_POINTS = {"line": 2, "linestrip": 1, "polygon": 3}


def read_labelme(tree: dict[str, Any], path: Path) -> list[ImageLabels]:
    """Read the lines, line strips and polygons of a labelme file.

    Args:
        tree: the JSON; `shapes` with `points`, `label` and `shape_type` (polygon where missing).
        path: the file, for errors.

    Returns:
        One entry.

    Raises:
        InputRefused: a shape without usable points.
    """
    shapes = tree.get("shapes")
    if not isinstance(shapes, list) or not all(isinstance(shape, dict) for shape in shapes):
        raise InputRefused(
            path, CORRUPT, "`shapes` is no list of shapes, expected a labelme file; save it again"
        )
    lines: list[Polyline] = []
    unread: list[tuple[str, str]] = []
    for number, shape in enumerate(shapes, start=1):
        kind = str(shape.get("shape_type") or "polygon")
        label = str(shape.get("label") or "")
        if kind not in _LEAST_POINTS:
            unread.append((kind, label))
            continue
        where = f"shape {number} ({kind[:20]} {label[:40]!r})"
        points = to_points(shape.get("points"), path=path, where=where, least=_LEAST_POINTS[kind])
        lines.append(Polyline(points, label, closed=kind == "polygon"))
    return [
        ImageLabels(
            posix_name(tree.get("imagePath")),
            to_size(tree.get("imageWidth")),
            to_size(tree.get("imageHeight")),
            tuple(lines),
            tuple(unread),
        )
    ]
