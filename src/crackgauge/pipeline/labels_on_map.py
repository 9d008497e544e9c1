"""Labels between the pixels of a GeoTIFF and the coordinates of a map."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from crackgauge.errors import CORRUPT, MISSING, UNSUPPORTED, InputRefused, UsageError
from crackgauge.images import Georeference, read_georeference
from crackgauge.labels import ImageLabels, MaskShape, Polygon, Shape
from crackgauge.labels.geojson import WGS84
from crackgauge.report.wgs84 import on_map

_Floats = npt.NDArray[np.float64]
_Points = tuple[tuple[float, float], ...]

# 1e-9 degrees are a tenth of a millimetre; a thousandth of a pixel is less than anybody draws.
_DEGREE_DECIMALS, _PX_DECIMALS = 9, 3
_FURTHEST = 1e9


def to_pixels(image: ImageLabels, photo: Path | None, labels: Path) -> ImageLabels:
    """Bring labels from coordinates of a map to pixels of their photo.

    Args:
        image: with the system of its coordinates.
        photo: a GeoTIFF.
        labels: their file, for the error.

    Raises:
        InputRefused: there is no photo, it has no place, its system or that of the labels is
            unknown, or the labels lie nowhere near it.
        UsageError: another system than the photo's, and no rasterio.
    """
    place = _place(photo, labels)
    a, b, c, d, e, f = place.transform
    matrix = np.array([[a, b], [d, e]])
    if not abs(float(np.linalg.det(matrix))) > 0:
        raise InputRefused(labels, UNSUPPORTED, "its photo's place has no size; georeference it")
    inverse = np.linalg.inv(matrix)

    def convert(points: _Floats) -> _Floats:
        found = (_between(points, image.crs, place.crs) - [c, f]) @ inverse.T
        return np.round(found, _PX_DECIMALS)

    return replace(_converted(image, convert, labels), crs="")


def to_degrees(image: ImageLabels, photo: Path | None, labels: Path) -> ImageLabels:
    """Bring lines and polygons from pixels of a photo to longitude and latitude.

    Raises:
        InputRefused: as in `to_pixels`.
        UsageError: as in `to_pixels`.
    """
    place = _place(photo, labels)

    def convert(points: _Floats) -> _Floats:
        found = _between(on_map(points, place), place.crs, WGS84)
        return np.round(found, _DEGREE_DECIMALS)

    return replace(_converted(image, convert, labels), crs=WGS84)


def _place(photo: Path | None, labels: Path) -> Georeference:
    place = None if photo is None else read_georeference(photo)
    if place is None:
        raise InputRefused(
            labels,
            MISSING,
            "goes with coordinates of a map, but its photo is no GeoTIFF that says where it lies; "
            "give the folder of the GeoTIFF (--images)",
        )
    return place


def _converted(
    image: ImageLabels, convert: Callable[[_Floats], _Floats], labels: Path
) -> ImageLabels:
    """The labels with other points.

    Raises:
        InputRefused: a system that is unknown, or points that have no place in it.
    """
    try:
        shapes = tuple(_with_points(shape, convert) for shape in image.shapes)
    except _Refused as refused:
        raise InputRefused(
            labels,
            CORRUPT,
            f"its coordinates cannot be brought from or to those of its photo ({refused}); check "
            "their system",
        ) from refused
    return replace(image, shapes=shapes)


def _with_points(shape: Shape, convert: Callable[[_Floats], _Floats]) -> Shape:
    if isinstance(shape, MaskShape):
        raise TypeError("a mask has no points to bring to a map")
    points = _moved(shape.points, convert)
    if isinstance(shape, Polygon):
        return replace(
            shape, points=points, holes=tuple(_moved(hole, convert) for hole in shape.holes)
        )
    return replace(shape, points=points)


def _moved(points: _Points, convert: Callable[[_Floats], _Floats]) -> _Points:
    found = convert(np.array(points))
    if not bool((np.abs(found) <= _FURTHEST).all()):  # so for NaN
        raise _Refused("they lie far away from it")
    return tuple((float(x), float(y)) for x, y in found.tolist())


class _Refused(Exception):
    """Points that GDAL cannot turn, or not to a sensible place."""


def _between(points: _Floats, source: str, target: str) -> _Floats:
    """Coordinates of one system in another."""
    if source == target:
        return points
    if importlib.util.find_spec("rasterio") is None:
        raise UsageError(
            f"coordinates in {source[:40]} cannot be turned into {target[:40]} without rasterio; "
            "pip install 'crackgauge[geo]'"
        )
    from rasterio._err import CPLE_BaseError  # no public name holds all that GDAL may raise
    from rasterio.errors import CRSError
    from rasterio.warp import transform

    try:
        x, y = transform(source, target, points[:, 0], points[:, 1])[:2]
    except (CRSError, CPLE_BaseError) as error:
        raise _Refused(str(error)[:100]) from error
    return np.stack([np.asarray(x), np.asarray(y)], axis=1)
