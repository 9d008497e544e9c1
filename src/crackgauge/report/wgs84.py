"""From the coordinates of a map to longitude and latitude."""

from __future__ import annotations

import importlib.util

import numpy as np
import numpy.typing as npt

from crackgauge.errors import UsageError
from crackgauge.images import Georeference

_Floats = npt.NDArray[np.float64]
_SAME = frozenset({"EPSG:4326", "EPSG:4979"})


def on_map(line: _Floats, place: Georeference) -> _Floats:
    """Return the coordinates of points of an image in its own reference system.

    Args:
        line: float64 (N, 2 or more), x and y in px first.
        place: of the image.

    >>> place = Georeference("EPSG:25832", (0.5, 0, 500000, 0, -0.5, 5400000))
    >>> on_map(np.array([[2.0, 4.0]]), place).tolist()
    [[500001.0, 5399998.0]]
    """
    a, b, c, d, e, f = place.transform
    x, y = line[:, 0], line[:, 1]
    return np.stack([a * x + b * y + c, d * x + e * y + f], axis=1)


def to_wgs84(points: _Floats, crs: str) -> _Floats:
    """Return longitude and latitude in degrees, float64 (N, 2), of x and y in `crs`.

    Raises:
        UsageError: rasterio is not there, or GDAL does not know the system.
    """
    if crs in _SAME or not len(points):
        return points
    if importlib.util.find_spec("rasterio") is None:
        raise UsageError(
            f"coordinates in {crs[:40]} cannot be turned into WGS 84 without rasterio; "
            "pip install 'crackgauge[geo]'"
        )
    from rasterio.errors import CRSError
    from rasterio.warp import transform

    try:
        longitude, latitude = transform(crs, "EPSG:4326", points[:, 0], points[:, 1])[:2]
    except CRSError as error:
        raise UsageError(
            f"the image's reference system ({crs[:40] or 'unnamed'}) is none that GDAL knows; "
            "give the GeoTIFF one with `gdal_edit.py -a_srs EPSG:... image.tif`"
        ) from error
    return np.stack([np.asarray(longitude), np.asarray(latitude)], axis=1)
