"""Where a mask ends, between the pixels, seen from a pixel in a direction."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from crackgauge.arrays import Mask

_Integers = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]


def way_to_edge(
    mask: Mask,
    row: _Integers,
    col: _Integers,
    direction: _Floats,
    *,
    nearest_px: _Floats,
    farthest_px: _Floats,
    samples: int,
) -> _Floats:
    """Return how far it is from pixel centres to the edge of the mask.

    The edge is the first point where the mask, bilinearly interpolated between pixel centres,
    falls to 1/2.

    Args:
        mask: bool (H, W).
        row: int64 (N,), pixels inside the mask.
        col: int64 (N,).
        direction: float64 (N, 2), unit vectors x, y.
        nearest_px: float64 (N,), from where to look; everything nearer is inside.
        farthest_px: float64 (N,), how far to look.
        samples: number of points to look at.

    Returns:
        float64 (N,) in px; NaN where the mask goes on until `farthest_px`.
    """
    share = np.linspace(0.0, 1.0, samples)
    way = nearest_px[:, None] + (farthest_px - nearest_px)[:, None] * share  # (N, T)
    rows = row[:, None] + way * direction[:, 1, None]
    cols = col[:, None] + way * direction[:, 0, None]
    values = np.empty(way.shape)
    ndimage.map_coordinates(mask.view(np.uint8), [rows, cols], output=values, order=1)
    outside = values < 0.5
    at = np.maximum(outside.argmax(axis=1), 1)
    index = np.arange(len(way))
    inner, outer = values[index, at - 1], values[index, at]
    part = np.clip((inner - 0.5) / np.maximum(inner - outer, 1e-9), 0.0, 1.0)
    crossing = way[index, at - 1] + part * (way[index, at] - way[index, at - 1])
    return np.where(outside.any(axis=1), crossing, np.nan)
