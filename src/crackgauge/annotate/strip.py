"""The image straightened along a line: one row a sample of the line, one column an offset across.

Legend: K samples of a line, about a pixel apart; offsets in px, positive along the normal, which
points to the right of the direction of the line on the screen (x right, y down).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Points = npt.NDArray[np.float64]

STEP_PX = 0.5
_TANGENT = 4


def resample(points: Points, spacing_px: float = 1.0) -> Points:
    """Place samples evenly along a polyline, its ends among them.

    Args:
        points: float64 (N, 2 or more), x and y, and values that are interpolated along with them;
            N >= 2, not all at one place.
        spacing_px: about so far apart.

    >>> resample(np.array([[0.0, 0.0], [3.0, 0.0]]))[:, 0].tolist()
    [0.0, 1.0, 2.0, 3.0]
    """
    along = np.r_[0.0, np.cumsum(np.hypot(*np.diff(points[:, :2], axis=0).T))]
    at = np.linspace(0.0, along[-1], max(round(along[-1] / spacing_px), 1) + 1)
    return np.stack([np.interp(at, along, values) for values in points.T], axis=1)


def smooth(values: Points, half: int) -> Points:
    """Mean of `half` samples on either side, fewer near the ends, so that the ends stay.

    >>> smooth(np.array([0.0, 3.0, 0.0, 9.0]), 1).tolist()
    [0.0, 1.0, 4.0, 9.0]
    """
    from crackgauge.measure.skeleton import running_mean

    return running_mean(values, np.array([0, len(values)]), half=half)


def normals(points: Points) -> Points:
    """Unit vectors to the right of a line of even samples, float64 (K, 2)."""
    index = np.arange(len(points))
    before, after = np.maximum(index - _TANGENT, 0), np.minimum(index + _TANGENT, len(points) - 1)
    direction = points[after] - points[before]
    length = np.hypot(*direction.T)[:, None]
    still = np.tile([1.0, 0.0], (len(points), 1))
    direction = np.divide(direction, length, out=still, where=length > 1e-9)
    return np.stack([-direction[:, 1], direction[:, 0]], axis=1)


def offsets(reach_px: float) -> npt.NDArray[np.float64]:
    """Offsets from -reach to reach in half pixels.

    >>> offsets(1.0).tolist()
    [-1.0, -0.5, 0.0, 0.5, 1.0]
    """
    count = round(reach_px / STEP_PX)
    return np.asarray(np.arange(-count, count + 1) * STEP_PX, np.float64)


def straighten(
    grey: npt.NDArray[np.float32],
    points: Points,
    across: Points,
    reach_px: float,
    *,
    order: Literal[1, 3] = 1,
) -> npt.NDArray[np.float64]:
    """Sample an image along the normals of a line; beyond its border the border goes on.

    Args:
        grey: float32 (h, w).
        points: float64 (K, 2), x, y within this image, pixel corners at integers.
        across: float64 (K, 2), the normals.
        reach_px: how far to either side.
        order: of the splines between the pixels; 1 is bilinear, where gradients jump at pixel
            centres, 3 cubic.

    Returns:
        float64 (K, number of `offsets(reach_px)`).
    """
    way = offsets(reach_px)
    x = points[:, 0, None] + across[:, 0, None] * way - 0.5
    y = points[:, 1, None] + across[:, 1, None] * way - 0.5
    found = np.empty(x.shape)
    ndimage.map_coordinates(grey, [y, x], output=found, order=order, mode="nearest")
    return found
