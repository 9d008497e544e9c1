"""Where the pixels of a GeoTIFF lie on the ground.

Sources: OGC GeoTIFF 1.1 (19-008r4), clauses 7.1 (raster to model) and 7.2 (keys).
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from crackgauge.images.formats import identify
from crackgauge.images.tiff import TiffReader

_PIXEL_SCALE, _TIEPOINT, _TRANSFORMATION = 33550, 33922, 34264
_KEY_DIRECTORY, _DOUBLES = 34735, 34736
_MODEL_TYPE, _RASTER_TYPE = 1024, 1025
_GEOGRAPHIC_CODE, _PROJECTED_CODE, _LINEAR_UNIT, _UNIT_SIZE = 2048, 3072, 3076, 3077
_PROJECTED, _GEOGRAPHIC = 1, 2
_PIXEL_IS_POINT = 2
_USER_DEFINED = 32767
# EPSG codes of lengths: metre, international foot, US survey foot.
_METRES = {9001: 1.0, 9002: 0.3048, 9003: 1200 / 3937}


@dataclass(frozen=True)
class Georeference:
    """The place of an image.

    Args:
        crs: coordinate reference system, "EPSG:25832"; as WKT where it has no code; "" where it
            has none and rasterio (the extra `geo`) is not there to word it.
        transform: a, b, c, d, e, f of x = a col + b row + c and y = d col + e row + f, with pixel
            corners at integers.
        is_geographic: the coordinates are degrees.
        metres_per_unit: of projected coordinates; None where it is not known.
    """

    crs: str
    transform: tuple[float, float, float, float, float, float]
    is_geographic: bool = False
    metres_per_unit: float | None = None

    def place(self, x_px: float, y_px: float) -> tuple[float, float]:
        """Return the coordinates of a point of the image.

        >>> Georeference("EPSG:25832", (0.01, 0, 500000, 0, -0.01, 5400000)).place(100, 200)
        (500001.0, 5399998.0)
        """
        a, b, c, d, e, f = self.transform
        return a * x_px + b * y_px + c, d * x_px + e * y_px + f

    def enlarged(self, times: int) -> Georeference:
        """Return the place of a copy of the image with `times` x `times` px for each of its px.

        >>> Georeference("EPSG:25832", (0.4, 0, 500000, 0, -0.4, 5400000)).enlarged(4).transform
        (0.1, 0.0, 500000, 0.0, -0.1, 5400000)
        """
        a, b, c, d, e, f = self.transform
        transform = (a / times, b / times, c, d / times, e / times, f)
        return replace(self, transform=transform)


def read_georeference(path: str | Path) -> Georeference | None:
    """Read the place of a GeoTIFF; None for any other image, or one without a transform.

    A place that is given by control points alone, and that of an image that is stored turned, are
    not read.

    Raises:
        InputRefused: the file is missing, unreadable or no image.
    """
    file = Path(path)
    if identify(file) != "tiff":
        return None
    with TiffReader(file) as reader:
        if reader.layout.orientation != 1:
            return None
        codes = (_PIXEL_SCALE, _TIEPOINT, _TRANSFORMATION, _KEY_DIRECTORY, _DOUBLES)
        tags = {code: reader.tag_value(code) for code in codes}
    try:
        return _interpret(tags, file)
    except (TypeError, ValueError, IndexError):
        return None  # tags of odd types or lengths say nothing of the place


def _interpret(tags: dict[int, Any], path: Path) -> Georeference | None:
    keys = _keys(tags[_KEY_DIRECTORY], tags[_DOUBLES])
    transform = _transform(tags)
    if transform is None or not keys:
        return None
    if keys.get(_RASTER_TYPE) == _PIXEL_IS_POINT:  # the numbers are those of pixel centres
        a, b, c, d, e, f = transform
        transform = (a, b, c - (a + b) / 2, d, e, f - (d + e) / 2)
    if not all(math.isfinite(value) for value in transform):
        return None
    kind = keys.get(_MODEL_TYPE, 0)
    code = keys.get({_PROJECTED: _PROJECTED_CODE, _GEOGRAPHIC: _GEOGRAPHIC_CODE}.get(kind, 0))
    crs = f"EPSG:{code}" if code and code != _USER_DEFINED else _word_crs(path)
    unit = keys.get(_UNIT_SIZE) or _METRES.get(keys.get(_LINEAR_UNIT, 0))
    if kind == _PROJECTED and unit is None:
        unit = _size_of_unit(crs)
    metres = float(unit) if kind == _PROJECTED and unit else None
    return Georeference(crs, transform, kind == _GEOGRAPHIC, metres)


def _keys(directory: Any, doubles: Any) -> dict[int, Any]:
    """Return the keys that are numbers."""
    if directory is None or len(directory) < 4 or directory[0] != 1:
        return {}
    found: dict[int, Any] = {}
    for start in range(4, 4 + 4 * int(directory[3]), 4):
        key, tag, count, value = directory[start : start + 4]
        if tag == 0:
            found[int(key)] = int(value)
        elif tag == _DOUBLES and count == 1 and doubles is not None:
            found[int(key)] = float(_sequence(doubles)[value])
    return found


def _transform(tags: dict[int, Any]) -> tuple[float, float, float, float, float, float] | None:
    matrix = tags[_TRANSFORMATION]
    if matrix is not None:
        m = [float(value) for value in matrix]
        return m[0], m[1], m[3], m[4], m[5], m[7]
    scale, tie = tags[_PIXEL_SCALE], tags[_TIEPOINT]
    if scale is None or tie is None or len(tie) != 6:
        return None
    a, e = float(scale[0]), -float(scale[1])
    col, row, x, y = float(tie[0]), float(tie[1]), float(tie[3]), float(tie[4])
    return a, 0.0, x - a * col, 0.0, e, y - e * row


def _sequence(value: Any) -> Sequence[Any]:
    return value if isinstance(value, tuple | list) else (value,)


def _word_crs(path: Path) -> str:
    """Let GDAL word a system that has no code."""
    if importlib.util.find_spec("rasterio") is None:
        return ""
    import rasterio

    with rasterio.open(path) as dataset:
        return str(dataset.crs.to_wkt()) if dataset.crs else ""


def _size_of_unit(crs: str) -> float | None:
    """Ask GDAL how long the unit of a projected system is."""
    if not crs or importlib.util.find_spec("rasterio") is None:
        return None
    from rasterio.crs import CRS
    from rasterio.errors import CRSError

    try:
        return float(CRS.from_user_input(crs).linear_units_factor[1])
    except CRSError:
        return None
