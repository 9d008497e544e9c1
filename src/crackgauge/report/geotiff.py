"""Masks as GeoTIFF: a cloud-optimised raster in the place of the image."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from crackgauge.arrays import Mask, Window
from crackgauge.errors import UsageError
from crackgauge.files import atomic_path
from crackgauge.images import Georeference

_BLOCK_PX = 512
_BAND_PX = 8 * _BLOCK_PX


def write_geotiff_mask(
    path: str | Path,
    read: Callable[[Window], Mask],
    *,
    height: int,
    width: int,
    place: Georeference,
) -> None:
    """Write a mask, 0 for sound and 255 for crack, as a cloud-optimised GeoTIFF; atomic.

    Reference system and transform are those of the image: nothing is projected anew. Overviews
    show a pixel as crack where the nearest one is.

    Args:
        path: ends in .tif.
        read: gives the mask of a window, bool (h, w); it is read in bands.
        height: in px.
        width: in px.
        place: of the image.

    Raises:
        UsageError: rasterio is not there, or GDAL does not know the reference system.
        StorageError: the file cannot be written.
    """
    try:
        import rasterio
        from rasterio.errors import CRSError, NotGeoreferencedWarning
        from rasterio.shutil import copy
    except ImportError as error:
        raise UsageError(
            "a GeoTIFF is written by rasterio, which is not there; pip install 'crackgauge[geo]'"
        ) from error
    profile = {
        "driver": "GTiff",
        "height": height,
        "width": width,
        "count": 1,
        "dtype": "uint8",
        "transform": rasterio.Affine(*place.transform),
        "tiled": True,
        "blockxsize": _BLOCK_PX,
        "blockysize": _BLOCK_PX,
        "compress": "deflate",
        "bigtiff": "if_safer",
    }
    with atomic_path(path) as target, warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        plain = target.with_name(target.name + ".plain.tif")
        try:
            with rasterio.open(plain, "w", crs=place.crs or None, **profile) as dataset:
                for top in range(0, height, _BAND_PX):
                    rows = min(_BAND_PX, height - top)
                    band = read(Window(top, 0, rows, width)).view(np.uint8) * np.uint8(255)
                    dataset.write(band, 1, window=((top, top + rows), (0, width)))
            copy(plain, target, driver="COG", COMPRESS="DEFLATE", OVERVIEW_RESAMPLING="NEAREST")
        except CRSError as error:
            raise UsageError(
                f"{path}: the image's reference system ({place.crs[:40]}) is none that GDAL knows"
            ) from error
        finally:
            with suppress(OSError):
                plain.unlink(missing_ok=True)
