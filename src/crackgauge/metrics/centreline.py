"""Scores of centre lines: whether a crack is found along its whole length, whatever its width.

Legend: P predicted pixels, T truth pixels, S(.) a mask's skeleton by thinning (Zhang and Suen 1984,
as in scikit-image). Masks are bool (H, W).
"""

from __future__ import annotations

import numpy as np

from crackgauge.arrays import Mask, check_mask, check_same_shape
from crackgauge.metrics.ratios import tolerant_iou
from crackgauge.metrics.tolerance import MatchCounts, match_counts

# Tolerance of the centre-line IoU: Benz and Rodehorst 2024 (OmniCrack30k).
CENTRELINE_TOLERANCE_PX = 4.0


def skeleton_of(mask: Mask) -> Mask:
    """Thin a mask to lines of one pixel, bool (H, W); empty only where the mask is."""
    from skimage.morphology import skeletonize

    return np.asarray(skeletonize(mask), dtype=np.bool_)  # type: ignore[no-untyped-call]


def cldice_counts(
    prediction: Mask, truth: Mask, prediction_skeleton: Mask, truth_skeleton: Mask
) -> MatchCounts:
    """Count what clDice is made of.

    Returns:
        predicted |S(P)|, its hits |S(P) and T|, truth |S(T)|, its hits |S(T) and P|; precision is
        the topology precision of the paper, recall its topology sensitivity.
    """
    return MatchCounts(
        int(np.count_nonzero(prediction_skeleton)),
        int(np.count_nonzero(prediction_skeleton & truth)),
        int(np.count_nonzero(truth_skeleton)),
        int(np.count_nonzero(truth_skeleton & prediction)),
    )


def cldice(prediction: Mask, truth: Mask) -> float:
    """Centre-line Dice (Shit et al. 2021, eq. 1 and 2), in [0, 1].

    The harmonic mean of |S(P) and T| / |S(P)| and |S(T) and P| / |S(T)|. 1 where both masks are
    empty, 0 where one is.

    Raises:
        UsageError: a wrong type, or sizes that differ.

    >>> bar = np.zeros((7, 9), bool)
    >>> bar[2:5, 1:8] = True
    >>> cldice(bar, bar), cldice(np.zeros_like(bar), bar)
    (1.0, 0.0)
    """
    _check(prediction, truth)
    counts = cldice_counts(prediction, truth, skeleton_of(prediction), skeleton_of(truth))
    return counts.f1


def centreline_iou(
    prediction: Mask, truth: Mask, *, tolerance_px: float = CENTRELINE_TOLERANCE_PX
) -> float:
    """IoU of the centre lines with a tolerance (Benz and Rodehorst 2024, "clIoU"), in [0, 1].

    TP is the number of truth skeleton pixels with a predicted skeleton pixel within the tolerance,
    FN that of the others, FP that of the predicted skeleton pixels without a truth skeleton pixel
    within it: TP / (TP + FP + FN). 1 where both masks are empty.

    Raises:
        UsageError: a wrong type, sizes that differ, or a negative tolerance.

    >>> row = np.zeros((9, 9), bool)
    >>> row[1] = True
    >>> centreline_iou(np.roll(row, 4, axis=0), row), centreline_iou(np.roll(row, 5, axis=0), row)
    (1.0, 0.0)
    """
    _check(prediction, truth)
    counts = match_counts(skeleton_of(prediction), skeleton_of(truth), tolerance_px=tolerance_px)
    return float(tolerant_iou(as_array(counts)))


def as_array(counts: MatchCounts) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """The four counts as int64 (4,), as `ratios` takes them.

    >>> as_array(MatchCounts(4, 3, 10, 5)).tolist()
    [4, 3, 10, 5]
    """
    return np.array(
        [counts.predicted, counts.predicted_hits, counts.truth, counts.truth_hits], np.int64
    )


def _check(prediction: Mask, truth: Mask) -> None:
    check_mask(prediction, name="prediction")
    check_mask(truth, name="truth")
    check_same_shape(prediction, truth, names=("prediction", "truth"))
