"""GeoJSON of one image: in its pixels, x to the right and y down, or in coordinates of a map.

RFC 7946 knows longitude and latitude alone. Files in pixels say so (`coordinates_are`), and so do
ours in degrees; other systems are named by `crs`, as GDAL and QGIS write it. A file that says
nothing is taken for pixels.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from crackgauge.errors import CORRUPT, UNSUPPORTED, InputRefused
from crackgauge.labels.checking import Collector, Found, is_place, shown, to_points, to_text
from crackgauge.labels.shapes import ImageLabels, MaskShape, Points, Polygon, Polyline, Shape

_GEOMETRIES = frozenset(
    {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"}
)
_KINDS = _GEOMETRIES | {"Feature", "FeatureCollection", "GeometryCollection"}
# Members of a feature's `properties` that may hold its label.
_LABEL_KEYS = ("label", "class", "name")
_WIDTH_KEY = "width_px"
_PIXELS = "px of the image: x to the right, y down, pixel corners at integers"
_DEGREES = "longitude and latitude in degrees, WGS 84"
WGS84 = "EPSG:4326"


def is_geojson(tree: Any) -> bool:
    """Whether JSON looks like GeoJSON."""
    return isinstance(tree, dict) and isinstance(kind := tree.get("type"), str) and kind in _KINDS


def read_geojson(tree: dict[str, Any], path: Path) -> Found:
    """Read the lines and polygons of a GeoJSON file.

    Args:
        tree: the JSON. A feature's label is its property `label`, `class` or `name`; the width of
            a line its property `width_px`. The whole may name its image: `image`, `width`,
            `height`.
        path: the file, for errors.

    Returns:
        One entry.

    Raises:
        InputRefused: a `crs` without an EPSG code, or what is no GeoJSON.
    """
    image = Collector(path, tree.get("image"), tree.get("width"), tree.get("height"))
    image.crs = _crs(tree, path)
    for number, (geometry, properties) in enumerate(_geometries(tree, path), start=1):
        kind = geometry["type"]
        if kind in ("Point", "MultiPoint"):
            image.unread.append((kind, _label(properties)))
            continue
        where = f"geometry {number} ({kind})"
        image.add(partial(_shapes, geometry, properties, path, where))
    return Found([image.done()], [])


def _crs(tree: dict[str, Any], path: Path) -> str:
    """The coordinate system that a file names, "" for pixels."""
    if tree.get("crs") is None:
        return WGS84 if tree.get("coordinates_are") == _DEGREES else ""
    crs = tree["crs"]
    properties = crs.get("properties") if isinstance(crs, dict) else None
    name = str(properties.get("name")) if isinstance(properties, dict) else ""
    if name.endswith(":CRS84"):
        return WGS84
    code = re.fullmatch(r"(?:urn:ogc:def:crs:)?EPSG:(?:[0-9.]*:)?([0-9]{4,6})", name)
    if code is None:
        raise InputRefused(
            path,
            UNSUPPORTED,
            f"the GeoJSON names the coordinate system (crs) {shown(name)}, expected one with an "
            "EPSG code, or pixels of the image; convert the lines first",
        )
    return f"EPSG:{code[1]}"


def _geometries(tree: dict[str, Any], path: Path) -> Iterator[tuple[dict[str, Any], Any]]:
    """Every geometry of one of `_GEOMETRIES`, with its properties, in the file's order."""
    waiting: list[tuple[Any, Any]] = [(tree, None)]
    while waiting:
        node, properties = waiting.pop()
        if node is None:  # a feature without a place
            continue
        kind = node.get("type") if isinstance(node, dict) else None
        if kind == "FeatureCollection":
            waiting += [(part, properties) for part in reversed(_list(node, "features", path))]
        elif kind == "GeometryCollection":
            waiting += [(part, properties) for part in reversed(_list(node, "geometries", path))]
        elif kind == "Feature":
            waiting.append((node.get("geometry"), node.get("properties")))
        elif isinstance(kind, str) and kind in _GEOMETRIES:
            yield node, properties
        else:
            raise InputRefused(
                path,
                CORRUPT,
                f"holds something of the type {str(kind)[:40]!r}, expected one of "
                f"{', '.join(sorted(_KINDS))}; save it again",
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
                return to_text(properties[key])
    return ""


def _width(properties: Any) -> float | None:
    width = properties.get(_WIDTH_KEY) if isinstance(properties, dict) else None
    return float(width) if isinstance(width, int | float) and _is_width(width) else None


def _is_width(number: float) -> bool:
    return is_place(number) and number > 0


def _shapes(geometry: dict[str, Any], properties: Any, path: Path, where: str) -> list[Shape]:
    """The lines and areas of one geometry."""
    kind, coordinates = geometry["type"], _list(geometry, "coordinates", path)
    label, width = _label(properties), _width(properties)
    parts = coordinates if kind.startswith("Multi") else [coordinates]
    if kind.endswith("LineString"):
        return [Polyline(to_points(part, path=path, where=where), label, width) for part in parts]
    areas: list[Shape] = []
    for rings in parts:
        if not isinstance(rings, list) or not rings:
            raise InputRefused(
                path, CORRUPT, f"{where} has no outline, expected rings; draw it again"
            )
        first, *holes = (_ring(ring, path, where) for ring in rings)
        areas.append(Polygon(first, label, tuple(holes)))
    return areas


def _ring(ring: Any, path: Path, where: str) -> Points:
    """GeoJSON repeats the first point at the end of a ring."""
    points = to_points(ring, path=path, where=where, least=3)
    return points[:-1] if len(points) > 3 and points[0] == points[-1] else points


def write_geojson(image: ImageLabels, out: TextIO) -> None:
    """Write lines with their widths and polygons with their holes, one feature each.

    Args:
        image: without masks; in pixels, or in longitude and latitude ("EPSG:4326").
        out: a text file.
    """
    head: dict[str, Any] = {"type": "FeatureCollection", "image": image.image}
    if image.width is not None and image.height is not None:
        head |= {"width": image.width, "height": image.height}
    # One feature a line: such files are compared and searched line by line.
    rows = ",\n".join(json.dumps(_feature(shape), allow_nan=False) for shape in image.shapes)
    opening = json.dumps({**head, "coordinates_are": _DEGREES if image.crs else _PIXELS})[:-1]
    out.write(f'{opening}, "features": [\n{rows}\n]}}\n')


def _feature(shape: Shape) -> dict[str, Any]:
    properties: dict[str, Any] = {"label": shape.label}
    if isinstance(shape, Polygon):
        rings = [[*ring, ring[0]] for ring in (shape.points, *shape.holes)]
        geometry: dict[str, Any] = {"type": "Polygon", "coordinates": rings}
    elif isinstance(shape, MaskShape):
        raise TypeError("GeoJSON holds no masks")
    else:
        geometry = {"type": "LineString", "coordinates": list(shape.points)}
        if shape.width_px is not None:
            properties[_WIDTH_KEY] = shape.width_px
    return {"type": "Feature", "geometry": geometry, "properties": properties}
