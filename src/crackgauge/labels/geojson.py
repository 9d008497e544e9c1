"""GeoJSON whose coordinates are pixels of one image: x to the right, y down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crackgauge.errors import CORRUPT, UNSUPPORTED, InputRefused
from crackgauge.labels.shapes import ImageLabels, Polyline, posix_name, to_points, to_size

_GEOMETRIES = frozenset(
    {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"}
)
KINDS = _GEOMETRIES | {"Feature", "FeatureCollection", "GeometryCollection"}
# Members of a feature's `properties` that may hold its label, and its image.
_LABEL_KEYS = ("label", "class", "name")


def read_geojson(tree: dict[str, Any], path: Path) -> list[ImageLabels]:
    """Read the lines and polygons of a GeoJSON file.

    Args:
        tree: the JSON. A feature's label is its property `label`, `class` or `name`. The whole may
            name its image: `image`, `width`, `height`.
        path: the file, for errors.

    Returns:
        One entry.

    Raises:
        InputRefused: coordinates of a map (a `crs`), a polygon with holes, nested too deeply, or a
            shape without usable points.
    """
    if tree.get("crs") is not None:
        raise InputRefused(
            path,
            UNSUPPORTED,
            "the GeoJSON names a coordinate system (crs), expected pixels of the image; convert "
            "the lines to pixel coordinates first",
        )
    lines: list[Polyline] = []
    unread: list[tuple[str, str]] = []
    for number, (geometry, label) in enumerate(_geometries(tree, path), start=1):
        kind = geometry["type"]
        where = f"geometry {number} ({kind})"
        for points, closed in _parts(geometry, path, where):
            least = 3 if closed else 1
            lines.append(
                Polyline(to_points(points, path=path, where=where, least=least), label, closed)
            )
        if kind in ("Point", "MultiPoint"):
            unread.append((kind, label))
    return [
        ImageLabels(
            posix_name(tree.get("image")),
            to_size(tree.get("width")),
            to_size(tree.get("height")),
            tuple(lines),
            tuple(unread),
        )
    ]


def _geometries(tree: dict[str, Any], path: Path) -> Iterator[tuple[dict[str, Any], str]]:
    """Every geometry of one of `_GEOMETRIES`, with its label, in the file's order."""
    waiting: list[tuple[Any, str]] = [(tree, "")]
    while waiting:
        node, label = waiting.pop()
        if node is None:  # a feature without a place
            continue
        kind = node.get("type") if isinstance(node, dict) else None
        if kind == "FeatureCollection":
            waiting += [(part, label) for part in reversed(_list(node, "features", path))]
        elif kind == "GeometryCollection":
            waiting += [(part, label) for part in reversed(_list(node, "geometries", path))]
        elif kind == "Feature":
            waiting.append((node.get("geometry"), _label(node.get("properties"))))
        elif kind in _GEOMETRIES:
            yield node, label
        else:
            raise InputRefused(
                path,
                CORRUPT,
                f"holds something of the type {str(kind)[:40]!r}, expected one of "
                f"{', '.join(sorted(KINDS))}; save it again",
            )


def _list(node: dict[str, Any], key: str, path: Path) -> list[Any]:
    found = node.get(key)
    if not isinstance(found, list):
        raise InputRefused(path, CORRUPT, f"`{key}` is no list; save it again")
    return found


def _label(properties: Any) -> str:
    if isinstance(properties, dict):
        for key in _LABEL_KEYS:
            if isinstance(properties.get(key), str):
                return str(properties[key])
    return ""


def _parts(geometry: dict[str, Any], path: Path, where: str) -> Iterator[tuple[Any, bool]]:
    """The coordinates of each line and outline, and whether it is an outline."""
    kind, coordinates = geometry["type"], _list(geometry, "coordinates", path)
    if kind == "LineString":
        yield coordinates, False
    elif kind == "MultiLineString":
        yield from ((part, False) for part in coordinates)
    elif kind in ("Polygon", "MultiPolygon"):
        for rings in [coordinates] if kind == "Polygon" else coordinates:
            if not isinstance(rings, list) or len(rings) != 1:
                raise InputRefused(
                    path,
                    UNSUPPORTED,
                    f"{where} has holes or no outline, expected one ring; cut it into parts "
                    "without holes",
                )
            # GeoJSON repeats the first point at the end of a ring.
            ring = rings[0]
            again = isinstance(ring, list) and len(ring) > 3 and ring[0] == ring[-1]
            yield ring[:-1] if again else ring, True
