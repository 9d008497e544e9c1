"""From the coordinates of a map to longitude and latitude."""

from __future__ import annotations

import importlib.util

import numpy as np
import numpy.typing as npt

from crackgauge.errors import UsageError
from crackgauge.images import Georeference

_Floats = npt.NDArray[np.float64]
# In m or feet once round the Earth is a tenth of it.
_LARGEST = 1e9
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
        UsageError: rasterio is not there, GDAL does not know the system, or points lie where the
            system is not defined.
    """
    if crs in _SAME or not len(points):
        return points
    if importlib.util.find_spec("rasterio") is None:
        raise UsageError(
            f"coordinates in {crs[:40]} cannot be turned into WGS 84 without rasterio; "
            "pip install 'crackgauge[geo]'"
        )
    from rasterio._err import CPLE_BaseError  # GDAL's own words have no public base
    from rasterio.errors import CRSError
    from rasterio.warp import transform

    if not (np.abs(points[:, :2]) <= _LARGEST).all():  # PROJ would turn about for ever
        raise _outside(points, crs)
    try:
        longitude, latitude = transform(crs, "EPSG:4326", points[:, 0], points[:, 1])[:2]
    except CRSError as error:
        raise UsageError(
            f"the image's reference system ({crs[:40] or 'unnamed'}) is none that GDAL knows; "
            "give the GeoTIFF one with `gdal_edit.py -a_srs EPSG:... image.tif`"
        ) from error
    except CPLE_BaseError as error:
        raise _outside(points, crs) from error
    found = np.stack([np.asarray(longitude), np.asarray(latitude)], axis=1)
    if not np.isfinite(found).all():
        raise _outside(points, crs)
    return found


def _outside(points: _Floats, crs: str) -> UsageError:
    x, y = points[0, :2]
    return UsageError(
        f"the image's coordinates ({x:g}, {y:g}, ...) lie where its reference system ({crs[:40]}) "
        "is not defined; check the GeoTIFF with `gdalinfo`"
    )
