"""Scales from what is known of a photo: two points, the camera, the place of a GeoTIFF."""

from __future__ import annotations

import math

import numpy as np

from crackgauge.errors import UsageError
from crackgauge.images import Georeference
from crackgauge.measure.scale import Scale, oblique

# How well a point of a photo is pointed at.
POINTING_SD_PX = 1.0
# The frame that equivalent focal lengths refer to.
_FULL_FRAME_WIDTH_MM = 36.0
# Projections of the whole world that call metres what are metres at the equator alone.
_STRETCHED = frozenset({"EPSG:3857", "EPSG:3395", "EPSG:3785", "EPSG:900913", "EPSG:102100"})
_SQUARE = 1e-6


def scale_of_points(
    first: tuple[float, float],
    second: tuple[float, float],
    distance_mm: float,
    *,
    distance_sd_mm: float = 0.0,
) -> Scale:
    """Return the scale of a photo in which two points are a known distance apart.

        s = D / d,   sd(s) = s sqrt((sd(D) / D)^2 + 2 (1 px / d)^2)

    with d their distance in px, each pointed at to 1 px.

    Args:
        first: x and y in px.
        second: x and y in px.
        distance_mm: D.
        distance_sd_mm: its standard deviation.

    Raises:
        UsageError: points of one place, or a distance that is none.

    >>> scale_of_points((10, 10), (310, 410), 100.0).mm_per_px
    0.2
    """
    _check_positive(distance_mm, "distance of the two points", "mm")
    distance_px = math.dist(first, second)
    if not distance_px > 0 or not math.isfinite(distance_px):
        raise UsageError(
            f"points: got {first} and {second}, expected two places in px, far apart from each "
            "other"
        )
    mm_per_px = distance_mm / distance_px
    relative = math.hypot(distance_sd_mm / distance_mm, math.sqrt(2) * POINTING_SD_PX / distance_px)
    source = f"two points, {distance_mm:g} mm apart"
    return Scale(mm_per_px, relative * mm_per_px, source)


def scale_of_camera(
    *,
    distance_mm: float,
    focal_length_mm: float | None,
    height_px: int,
    width_px: int,
    sensor_width_mm: float | None = None,
    focal_length_35mm: float | None = None,
    distance_sd_mm: float = math.nan,
) -> Scale:
    """Return the scale of a photo taken straight at a surface.

        s = distance * sensor width / (focal length * pixels along the longer side)

    Args:
        distance_mm: from the lens to the surface.
        focal_length_mm: of the lens; not needed with an equivalent.
        height_px: of the photo.
        width_px: of the photo.
        sensor_width_mm: the longer side of the sensor; without it the equivalent is used.
        focal_length_35mm: the equivalent focal length for a frame 36 mm wide.
        distance_sd_mm: standard deviation of the distance; NaN where it is not known.

    Raises:
        UsageError: a number that is missing or not positive.

    >>> lens = {"focal_length_mm": 8.8, "sensor_width_mm": 13.2}
    >>> scale = scale_of_camera(distance_mm=3000, height_px=3000, width_px=4500, **lens)
    >>> round(scale.mm_per_px, 6)
    1.0
    """
    _check_positive(distance_mm, "distance to the surface", "mm")
    if sensor_width_mm is not None and focal_length_mm is not None:
        _check_positive(sensor_width_mm, "sensor width", "mm")
        _check_positive(focal_length_mm, "focal length", "mm")
        ratio, words = sensor_width_mm / focal_length_mm, f"focal length {focal_length_mm:g} mm"
    elif focal_length_35mm is not None:
        _check_positive(focal_length_35mm, "equivalent focal length", "mm")
        ratio = _FULL_FRAME_WIDTH_MM / focal_length_35mm
        words = f"equivalent focal length {focal_length_35mm:g} mm"
    else:
        missing = "the sensor's width" if focal_length_mm is not None else "the focal length"
        raise UsageError(
            f"camera: {missing} is not known, and the photo holds no equivalent focal length; give "
            "--sensor-width-mm and --focal-length-mm"
        )
    mm_per_px = distance_mm * ratio / max(height_px, width_px)
    source = f"camera: {words}, distance {distance_mm:g} mm"
    return Scale(mm_per_px, mm_per_px * distance_sd_mm / distance_mm, source)


def scale_of_georeference(place: Georeference, *, height_px: int, width_px: int) -> Scale:
    """Return the scale of a GeoTIFF from its transform.

    Args:
        place: of the image.
        height_px: of the image.
        width_px: of the image.

    Raises:
        UsageError: coordinates in degrees, in Mercator's projection of the whole world, or in a
            unit that is not known.
    """
    if place.is_geographic:
        raise UsageError(
            f"the GeoTIFF is in degrees ({place.crs}), of which the length differs from place to "
            "place; warp it to a projected system first (such as gdalwarp -t_srs EPSG:25832), or "
            "give --mm-per-px"
        )
    if place.crs.upper() in _STRETCHED:
        raise UsageError(
            f"the GeoTIFF is in a Mercator projection of the world ({place.crs}), which stretches "
            "lengths by half as much again at 48 degrees; warp it to a local system first (such as "
            "gdalwarp -t_srs EPSG:25832), or give --mm-per-px"
        )
    if place.metres_per_unit is None:
        raise UsageError(
            f"the unit of the GeoTIFF's coordinates ({place.crs or 'no system'}) is not known; "
            "give --mm-per-px"
        )
    a, b, _, d, e, _ = place.transform
    matrix = np.array([[a, b], [d, e]]) * place.metres_per_unit * 1e3
    source = f"geotiff {place.crs}".strip()
    sides = np.hypot(matrix[0], matrix[1])
    square = abs(sides[0] - sides[1]) <= _SQUARE * sides[0]
    if square and abs(matrix[:, 0] @ matrix[:, 1]) <= _SQUARE * sides[0] ** 2:
        return Scale(float(sides[0]), source=source)
    plane = np.eye(3)
    plane[:2, :2] = matrix
    middle = (width_px / 2, height_px / 2)
    return oblique(plane, middle=middle, relative_sd=math.nan, source=source)


def _check_positive(value: float, name: str, unit: str) -> None:
    if not 0 < value < math.inf:
        raise UsageError(f"{name}: got {value:g} {unit}, expected a positive number")
