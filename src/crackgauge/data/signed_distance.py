"""Signed distance to the boundary of a crack.

Legend: H, W of the mask.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Mask


def signed_distance(mask: Mask, *, normalised: bool = False) -> npt.NDArray[np.float32]:
    """Distance of each pixel's centre to the boundary of the crack, negative inside.

    The boundary runs between the pixels, half a pixel from the nearest centre on the other side: a
    pixel beside it has 0.5 outside and -0.5 inside, so a crack one pixel wide is inside too.

    Args:
        mask: bool (H, W); true is crack.
        normalised: divide by the largest distance, outside and inside apart, to [-1, 1].

    Returns:
        float32 (H, W) in px; 0 everywhere where there is no boundary, in a mask that is empty or
        full.

    >>> signed_distance(np.array([[False, True, True, True, False, False]]))[0].tolist()
    [0.5, -0.5, -1.5, -0.5, 0.5, 1.5]
    >>> bool(signed_distance(np.zeros((3, 3), bool)).any())
    False
    """
    if mask.all() or not mask.any():
        return np.zeros(mask.shape, np.float32)
    inside, outside = _to_nearest_false(mask), _to_nearest_false(~mask)
    if normalised:
        inside, outside = inside / inside.max(), outside / outside.max()
    return np.where(mask, -inside, outside).astype(np.float32)


def _to_nearest_false(mask: Mask) -> npt.NDArray[np.float32]:
    """Euclidean distance to the nearest false pixel, less the half pixel to its edge."""
    distance = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(distance, np.float32) - np.float32(0.5)
