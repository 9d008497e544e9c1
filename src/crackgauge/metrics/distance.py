"""Scores of distance: how far what was predicted lies from the truth, and the reverse.

Legend: P predicted pixels, T truth pixels; d(p, T) the Euclidean distance from the centre of pixel
p to the nearest one of T, px.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Mask, check_mask, check_same_shape
from crackgauge.errors import UsageError

HD_LIMIT_PX = 50.0


class Distances(NamedTuple):
    """Distances between two masks that both hold something.

    Attributes:
        from_prediction: float32 (|P|,), d(p, T) of each predicted pixel.
        from_truth: float32 (|T|,), d(q, P) of each truth pixel.
    """

    from_prediction: npt.NDArray[np.float32]
    from_truth: npt.NDArray[np.float32]


def distances(prediction: Mask, truth: Mask) -> Distances | None:
    """Distances of each pixel of one mask to the other mask; None where one mask is empty.

    Raises:
        UsageError: a wrong type, or sizes that differ.

    >>> distances(np.array([[True, False, False]]), np.array([[False, True, True]]))
    Distances(from_prediction=array([1.], dtype=float32), from_truth=array([1., 2.], dtype=float32))
    """
    check_mask(prediction, name="prediction")
    check_mask(truth, name="truth")
    check_same_shape(prediction, truth, names=("prediction", "truth"))
    if not (prediction.any() and truth.any()):
        return None
    return Distances(_distance_to(truth)[prediction], _distance_to(prediction)[truth])


def _distance_to(mask: Mask) -> npt.NDArray[np.float32]:
    outside = np.logical_not(mask).view(np.uint8)
    found = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(found, dtype=np.float32)


def hd_score(prediction: Mask, truth: Mask, *, limit_px: float = HD_LIMIT_PX) -> float:
    """HD-score = 100 (1 - BH / u), 0 to 100 (Zhang, Zhang and Cheng 2020, eq. 8 to 10).

    BH = max(h(P, T), h(T, P)), h(A, B) the mean over A of min(d(a, B), u). 100 where both masks
    are empty, 0 where one is.

    Args:
        prediction: bool (H, W).
        truth: bool (H, W).
        limit_px: u, from which on a distance counts no more; the paper takes 50.

    Raises:
        UsageError: a wrong type, sizes that differ, or a limit that is not above 0.

    >>> truth, prediction = np.zeros((2, 1, 20), bool)
    >>> truth[0, 0] = prediction[0, 10] = True
    >>> hd_score(prediction, truth)
    80.0
    """
    return hd_score_of(distances(prediction, truth), _both_empty(prediction, truth), limit_px)


def hd_score_of(found: Distances | None, both_empty: bool, limit_px: float = HD_LIMIT_PX) -> float:
    """The HD-score of distances that are known; see `hd_score`."""
    if not limit_px > 0:
        raise UsageError(f"limit of the HD-score: got {limit_px} px, expected more than 0")
    if found is None:
        return 100.0 if both_empty else 0.0
    means = [float(np.minimum(side, limit_px).mean(dtype=np.float64)) for side in found]
    return 100.0 * (1.0 - max(means) / limit_px)


def hausdorff_distance(prediction: Mask, truth: Mask, *, percentile: float = 95.0) -> float:
    """Hausdorff distance in px, by default its 95th percentile (HD95).

    The larger of the percentiles of d(p, T) over P and of d(q, P) over T; all pixels of the masks
    take part, not their outlines alone, which for thin cracks is nearly the same. 100 gives the
    Hausdorff distance itself. 0 where both masks are empty; the image's diagonal, the largest
    distance there could be, where one is.

    Args:
        prediction: bool (H, W).
        truth: bool (H, W).
        percentile: in [0, 100]; between two distances it is interpolated.

    Raises:
        UsageError: a wrong type, sizes that differ, or another percentile.

    >>> truth, prediction = np.zeros((2, 1, 20), bool)
    >>> truth[0, 0] = prediction[0, 10] = True
    >>> hausdorff_distance(prediction, truth)
    10.0
    """
    found = distances(prediction, truth)
    diagonal_px = 0.0 if _both_empty(prediction, truth) else math.hypot(*truth.shape)
    return hausdorff_distance_of(found, diagonal_px, percentile)


def hausdorff_distance_of(
    found: Distances | None, otherwise_px: float, percentile: float = 95.0
) -> float:
    """The Hausdorff distance of distances that are known; see `hausdorff_distance`."""
    if not 0 <= percentile <= 100:
        raise UsageError(f"percentile: got {percentile}, expected 0 to 100")
    if found is None:
        return otherwise_px
    return max(float(np.percentile(side.astype(np.float64), percentile)) for side in found)


def _both_empty(prediction: Mask, truth: Mask) -> bool:
    return not (prediction.any() or truth.any())
