"""Cracks as curves of one pixel: from masks, widened to bands, and back from what a network says.

Truths that are curves are quick to draw and never right to the pixel, so networks learn a band
around them (Zhang, Zhang and Cheng 2020, CrackGAN).

Legend: H, W of a mask.
"""

from __future__ import annotations

import cv2
import numpy as np

from crackgauge.arrays import Mask, check_mask
from crackgauge.errors import UsageError

DILATIONS, RADIUS_PX = 3, 3
# Parts of a binarised map with fewer pixels are no cracks.
LEAST_PX = 30
# The name of `thin` in the description of a model.
THIN = "thin"


def centre_curve(mask: Mask) -> Mask:
    """Thin a mask to curves of one pixel, 8-connected (Zhang and Suen 1984, as in scikit-image).

    >>> centre_curve(np.pad(np.ones((3, 7), bool), 1)).sum(axis=0)
    array([0, 1, 1, 1, 1, 1, 1, 0, 0])
    """
    from skimage.morphology import skeletonize

    return np.asarray(skeletonize(check_mask(mask)), np.bool_)  # type: ignore[no-untyped-call]


def widen(curve: Mask, *, dilations: int = DILATIONS, radius_px: int = RADIUS_PX) -> Mask:
    """Dilate a curve `dilations` times with a disk: every pixel within the radius of its centre.

    Args:
        curve: bool (H, W).
        dilations: 0 leaves the curve as it is.
        radius_px: of the disk, 0 or more.

    Raises:
        UsageError: no mask, or a negative number.

    >>> dot = np.zeros((5, 5), bool)
    >>> dot[2, 2] = True
    >>> int(widen(dot, dilations=1, radius_px=1).sum()), int(widen(dot, dilations=2).sum())
    (5, 25)
    """
    check_mask(curve)
    if min(dilations, radius_px) < 0:
        raise UsageError(
            f"got {dilations} dilations with a radius of {radius_px} px, expected 0 or more"
        )
    rows, cols = np.ogrid[-radius_px : radius_px + 1, -radius_px : radius_px + 1]
    disk = (rows**2 + cols**2 <= radius_px**2).astype(np.uint8)
    return cv2.dilate(curve.view(np.uint8), disk, iterations=dilations).astype(np.bool_)


def to_band(mask: Mask, *, dilations: int = DILATIONS, radius_px: int = RADIUS_PX) -> Mask:
    """The band around the centre curve of a mask; a mask that is a curve stays one.

    Args:
        mask: bool (H, W).
        dilations, radius_px: as in `widen`.
    """
    return widen(centre_curve(mask), dilations=dilations, radius_px=radius_px)


def remove_small(mask: Mask, *, least_px: int = LEAST_PX) -> Mask:
    """Leave out parts, joined at sides or corners, of fewer than `least_px` pixels.

    >>> remove_small(np.array([[1, 0, 1, 1]], bool), least_px=2).astype(int)
    array([[0, 0, 1, 1]])
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        check_mask(mask).view(np.uint8), connectivity=8
    )
    kept = np.asarray(stats[:count, cv2.CC_STAT_AREA] >= least_px)
    kept[0] = False  # the background
    return np.asarray(kept[labels], np.bool_)


def thin(mask: Mask, *, least_px: int = LEAST_PX) -> Mask:
    """From a predicted band to the curve that it stands for: small parts out, then thinned.

    Args:
        mask: bool (H, W), the binarised map.
        least_px: as in `remove_small`.
    """
    return centre_curve(remove_small(mask, least_px=least_px))
