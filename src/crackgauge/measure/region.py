"""Where cracks are looked for, and the named zones (lanes, fields, faces) they are counted in.

A region is a GeoJSON file in px of the image (x to the right, y down, pixel corners at integers).
Each feature is a Polygon or a MultiPolygon, with holes if need be. Its `properties`:

- `role`: `include` (cracks are looked for only in such areas), `exclude` (not in these), or `zone`
  (counted by itself); without it `zone`;
- `name`: of a zone;
- `direction_deg`: of a zone, such as the direction of traffic in a lane, counter-clockwise from
  the image's +x axis; without it that of the longer side of a zone at least 1.5 times as long as
  wide;
- `image`: the file's name that it is for; without it for all images.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Mask, Window
from crackgauge.errors import UsageError

_Floats = npt.NDArray[np.float64]
Ring = tuple[tuple[float, float], ...]

_ROLES = ("zone", "include", "exclude")
_ELONGATED = 1.5
_BAND_PX = 4_000_000
_MOST_FEATURES = 10_000


class Zone(NamedTuple):
    """An area of an image.

    Args:
        name: of the zone.
        rings: outlines and holes, each a closed polygon of (x, y) in px; a place is inside where
            it is inside an odd number of them.
        direction_deg: in [0, 180), or NaN.
        image: the image that it is for; "" for all.
    """

    name: str
    rings: tuple[Ring, ...]
    direction_deg: float = math.nan
    image: str = ""

    def contains(self, x_px: _Floats, y_px: _Floats) -> npt.NDArray[np.bool_]:
        """Say which of N places are inside, bool (N,).

        >>> square = Zone("", (((0, 0), (10, 0), (10, 10), (0, 10)),))
        >>> square.contains(np.array([5.0, 15.0]), np.array([5.0, 5.0])).tolist()
        [True, False]
        """
        inside = np.zeros(len(x_px), dtype=np.bool_)
        for x0, y0, x1, y1 in _edges(self.rings):
            crossing = (y0 <= y_px) != (y1 <= y_px)
            inside ^= crossing & (x_px < x0 + (y_px - y0) * ((x1 - x0) / (y1 - y0)))
        return inside

    def enlarged(self, times: int) -> Zone:
        """The same area in px of the image enlarged so many times.

        >>> Zone("", (((0, 0), (1, 0), (1, 2)),)).enlarged(4).rings
        (((0, 0), (4, 0), (4, 8)),)
        """
        rings = tuple(tuple((times * x, times * y) for x, y in ring) for ring in self.rings)
        return self._replace(rings=rings)

    def drawn(self, window: Window) -> Mask:
        """Draw the pixels of a window whose centres are inside, bool (height, width)."""
        steps = np.zeros((window.height, window.width + 1), dtype=np.uint8)
        for x0, y0, x1, y1 in _edges(self.rings):
            low, high = sorted((y0, y1))
            first = max(math.ceil(low - window.row - 0.5), 0)
            last = min(math.ceil(high - window.row - 0.5), window.height)
            rows = np.arange(first, max(last, first))
            at = x0 + (rows + 0.5 + window.row - y0) * ((x1 - x0) / (y1 - y0))
            cols = np.clip(np.ceil(at - window.col - 0.5), 0, window.width).astype(np.int64)
            steps[rows, cols] ^= 1
        return np.asarray(np.bitwise_xor.accumulate(steps[:, :-1], axis=1), dtype=np.bool_)


class Region(NamedTuple):
    """What a GeoJSON file of areas says; see the module."""

    include: tuple[Zone, ...] = ()
    exclude: tuple[Zone, ...] = ()
    zones: tuple[Zone, ...] = ()

    def of_image(self, image: str) -> Region:
        """Return what is said of one image, by its name or by the last part of its name."""
        names = ("", image, PurePosixPath(image).name)
        return Region(*(tuple(zone for zone in zones if zone.image in names) for zones in self))

    def allowed(self, window: Window) -> Mask:
        """Draw where cracks are looked for, bool (height, width)."""
        shape = (window.height, window.width)
        mask = np.full(shape, not self.include, dtype=np.bool_)
        for zone in self.include:
            mask |= zone.drawn(window)
        for zone in self.exclude:
            mask &= ~zone.drawn(window)
        return mask

    def enlarged(self, times: int) -> Region:
        """The same areas in px of the image enlarged so many times."""
        return Region(*(tuple(zone.enlarged(times) for zone in zones) for zones in self))

    @property
    def limits(self) -> bool:
        """Whether cracks are not looked for everywhere."""
        return bool(self.include or self.exclude)


def bands(height: int, width: int) -> Iterator[Window]:
    """Cut an image into windows of its whole width that fit into little memory."""
    rows = max(1, _BAND_PX // width)
    for top in range(0, height, rows):
        yield Window(top, 0, min(rows, height - top), width)


def read_region(path: str | Path) -> Region:
    """Read a region; see the module for the file.

    Raises:
        UsageError: no such file, no GeoJSON of polygons in px, an unknown role, two zones of one
            name.
    """
    file = Path(path)
    try:
        tree = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{file}: cannot be read as GeoJSON ({error}); expected a file with a "
            "FeatureCollection of polygons in px of the image"
        ) from error
    return parse_region(tree, file)


def parse_region(tree: Any, file: Path) -> Region:
    """Make a region of the JSON of a file.

    Raises:
        UsageError: as `read_region`.
    """
    if not isinstance(tree, Mapping):
        raise _refused(file, "is no GeoJSON object")
    if tree.get("crs") is not None:
        raise _refused(file, "names a coordinate system (crs), but areas are given in px")
    features = tree.get("features") if tree.get("type") == "FeatureCollection" else [tree]
    if not isinstance(features, list) or not features or len(features) > _MOST_FEATURES:
        raise _refused(file, "has no features, or more than 10,000")
    found: dict[str, list[Zone]] = {role: [] for role in _ROLES}
    for number, feature in enumerate(features, start=1):
        role, zone = _feature(feature, file, number)
        found[role].append(zone)
    names = [(zone.name, zone.image) for zone in found["zone"]]
    twice = sorted({name for name, image in names if names.count((name, image)) > 1})
    if twice:
        raise _refused(file, f"has two zones of the name {twice[0]!r}; give each its own")
    return Region(*(tuple(found[role]) for role in ("include", "exclude", "zone")))


def _feature(feature: Any, file: Path, number: int) -> tuple[str, Zone]:
    where = f"feature {number}"
    is_feature = isinstance(feature, Mapping) and feature.get("type") == "Feature"
    geometry = feature.get("geometry") if is_feature else feature
    properties = (feature.get("properties") if is_feature else None) or {}
    if not isinstance(geometry, Mapping) or not isinstance(properties, Mapping):
        raise _refused(file, f"{where} has no geometry")
    role = properties.get("role", "zone")
    if role not in _ROLES:
        raise _refused(file, f"{where} has the role {role!r}, expected {', '.join(_ROLES)}")
    rings = _rings(geometry, file, where)
    direction = properties.get("direction_deg")
    if direction is None:
        direction = _long_side_deg(rings)
    elif isinstance(direction, bool) or not isinstance(direction, int | float):
        raise _refused(file, f"{where} has the direction_deg {direction!r}, expected a number")
    name = properties.get("name", f"zone {number}")
    return role, Zone(str(name), rings, float(direction) % 180, str(properties.get("image", "")))


def _rings(geometry: Mapping[str, Any], file: Path, where: str) -> tuple[Ring, ...]:
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind not in ("Polygon", "MultiPolygon") or not isinstance(coordinates, list):
        raise _refused(file, f"{where} is a {kind}, expected a Polygon or a MultiPolygon")
    polygons = [coordinates] if kind == "Polygon" else coordinates
    try:
        rings = tuple(
            tuple((float(point[0]), float(point[1])) for point in ring)
            for polygon in polygons
            for ring in polygon
        )
    except (TypeError, ValueError, IndexError) as error:
        raise _refused(file, f"{where} has a point that is not two numbers") from error
    if not rings or any(len(ring) < 3 for ring in rings):
        raise _refused(file, f"{where} has a ring of fewer than three points")
    if not np.isfinite([place for ring in rings for point in ring for place in point]).all():
        raise _refused(file, f"{where} has a point that is not finite")
    return rings


def _long_side_deg(rings: tuple[Ring, ...]) -> float:
    """Return the direction of the longer side of a long zone, NaN for others."""
    points = np.array([point for ring in rings for point in ring], dtype=np.float32)
    corners = cv2.boxPoints(cv2.minAreaRect(points)).astype(np.float64)
    sides = np.diff(corners[:3], axis=0)
    lengths = np.hypot(sides[:, 0], sides[:, 1])
    longer = int(lengths.argmax())
    if lengths[longer] < _ELONGATED * lengths[1 - longer]:
        return math.nan
    right, down = sides[longer]
    return math.degrees(math.atan2(-down, right)) % 180


def _edges(rings: tuple[Ring, ...]) -> Iterator[tuple[float, float, float, float]]:
    """Give the edges that are not level: x and y of one end, x and y of the other."""
    for ring in rings:
        for (x0, y0), (x1, y1) in zip(ring, (*ring[1:], ring[0]), strict=True):
            if y0 != y1:
                yield x0, y0, x1, y1


def _refused(file: Path, what: str) -> UsageError:
    return UsageError(
        f"{file}: {what}; expected GeoJSON with polygons in px of the image "
        "(x to the right, y down), see docs/measure.md"
    )
