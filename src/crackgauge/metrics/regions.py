"""Scores of regions: a coarse grid over the image, each cell crack or not.

Zhang, Zhang and Cheng 2020 (CrackGAN) score by regions because truths that are curves of one pixel
cannot be met to the pixel.
"""

from __future__ import annotations

import numpy as np

from crackgauge.arrays import Mask, check_mask, check_same_shape
from crackgauge.errors import UsageError
from crackgauge.metrics.tolerance import MatchCounts

REGION_PX = 50


def region_map(mask: Mask, *, side_px: int = REGION_PX) -> Mask:
    """Which cells of the grid hold at least one crack pixel.

    The grid begins at the upper left corner; cells that the right or lower border cuts stay.

    Args:
        mask: bool (H, W).
        side_px: s, side of a cell.

    Returns:
        bool (ceil(H / s), ceil(W / s)).

    Raises:
        UsageError: a wrong type, or a side below 1.

    >>> mask = np.zeros((5, 4), bool)
    >>> mask[4, 0] = mask[0, 2] = True
    >>> region_map(mask, side_px=2).astype(int)
    array([[0, 1],
           [0, 0],
           [1, 0]])
    """
    check_mask(mask)
    if side_px < 1:
        raise UsageError(f"side of a region: got {side_px} px, expected 1 or more")
    height, width = mask.shape
    rows = np.logical_or.reduceat(mask, np.arange(0, height, side_px), axis=0)
    return np.asarray(np.logical_or.reduceat(rows, np.arange(0, width, side_px), axis=1))


def region_counts(prediction: Mask, truth: Mask, *, side_px: int = REGION_PX) -> MatchCounts:
    """Count regions instead of pixels: precision, recall and F1 of them follow.

    Args:
        prediction: bool (H, W).
        truth: bool (H, W).
        side_px: side of a cell; the paper takes 50.

    Raises:
        UsageError: a wrong type, sizes that differ, or a side below 1.

    >>> truth, prediction = np.zeros((2, 4, 4), bool)
    >>> truth[0, 0] = truth[3, 3] = prediction[1, 1] = True
    >>> region_counts(prediction, truth, side_px=2)
    MatchCounts(predicted=1, predicted_hits=1, truth=2, truth_hits=1)
    """
    check_same_shape(prediction, truth, names=("prediction", "truth"))
    predicted, true = (region_map(mask, side_px=side_px) for mask in (prediction, truth))
    both = int(np.count_nonzero(predicted & true))
    return MatchCounts(int(np.count_nonzero(predicted)), both, int(np.count_nonzero(true)), both)
