"""What a whole range of thresholds says: the best threshold, ODS, OIS, average precision, AIU.

Legend: T thresholds, N images. `per_image` holds one list of T counts for each image, as
`tolerance.threshold_counts` gives them; counts (..., T, 4) hold the same as whole numbers, as
`tolerance.sweep_counts` gives them, the thresholds ascending.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from crackgauge.errors import UsageError
from crackgauge.metrics.ratios import iou, precision, recall
from crackgauge.metrics.tolerance import MatchCounts

# 0.01, 0.02, ..., 0.99: the thresholds of ODS and OIS (Koenig et al. 2019).
THRESHOLDS: tuple[float, ...] = tuple(step / 100 for step in range(1, 100))


def best_index(values: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Index of the highest of the last axis, (..., T) -> (...); of equals, the middle one.

    F1 is often flat around its best, and the middle of the plateau carries over to other images
    better than its edge.
    """
    is_best = values == values.max(axis=-1, keepdims=True)
    middle = (is_best.sum(axis=-1, keepdims=True) - 1) // 2
    rank = is_best.cumsum(axis=-1) - 1
    return np.asarray(np.argmax(is_best & (rank == middle), axis=-1), dtype=np.int64)


class BestThreshold(NamedTuple):
    """A threshold and the counts that it gives."""

    threshold: float
    counts: MatchCounts


def pool(per_image: Iterable[Sequence[MatchCounts]]) -> list[MatchCounts]:
    """Add the counts of N images, threshold by threshold.

    Returns:
        T counts; an empty list where there is no image.

    >>> first, second = [MatchCounts(5), MatchCounts(1)], [MatchCounts(2), MatchCounts(2)]
    >>> [counts.predicted for counts in pool([first, second])]
    [7, 3]
    """
    return [sum(column, start=MatchCounts()) for column in zip(*per_image, strict=True)]


def best_threshold(thresholds: Sequence[float], counts: Sequence[MatchCounts]) -> BestThreshold:
    """Choose the threshold with the highest F1; of equals, the middle one (see `best_index`).

    Args:
        thresholds: T numbers, ascending.
        counts: T pooled counts.

    Raises:
        UsageError: there is no threshold, or the lengths differ.
    """
    if not thresholds or len(thresholds) != len(counts):
        raise UsageError(
            f"got {len(thresholds)} thresholds and {len(counts)} counts, expected as many, "
            "and at least one"
        )
    best = int(best_index(np.array([each.f1 for each in counts])))
    return BestThreshold(thresholds[best], counts[best])


def ods(thresholds: Sequence[float], per_image: Sequence[Sequence[MatchCounts]]) -> BestThreshold:
    """Optimal data-set scale: the best F1 of the counts pooled over all images.

    A threshold chosen on the very images that it is scored on flatters; say so beside the figure.

    Raises:
        UsageError: there is no image or no threshold, or the lengths differ.

    >>> low_is_better = [MatchCounts(2, 2, 2, 2), MatchCounts(1, 1, 2, 1)]
    >>> high_is_better = [MatchCounts(8, 2, 2, 2), MatchCounts(2, 2, 2, 2)]
    >>> ods([0.2, 0.8], [low_is_better, high_is_better]).threshold
    0.8
    """
    return best_threshold(thresholds, pool(per_image))


def ois(thresholds: Sequence[float], per_image: Sequence[Sequence[MatchCounts]]) -> float:
    """Optimal image scale: the mean of each image's best F1, in [0, 1].

    Over the images whose truth is not empty: on the others any threshold above all probabilities
    would count as perfect. NaN where there is no such image.

    Raises:
        UsageError: there is no image or no threshold, or the lengths differ.
    """
    if not per_image:
        raise UsageError("got no image, expected at least one")
    best = [best_threshold(thresholds, counts).counts for counts in per_image]
    scores = [counts.f1 for counts in best if counts.truth]
    return sum(scores) / len(scores) if scores else math.nan


def average_precision(counts: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Area under the precision-recall curve as a sum of steps, sum over k of (R_k - R_k+1) P_k.

    R_k and P_k are recall and precision at threshold k, R after the last threshold is 0. With a
    tolerance, precision does not rise with the threshold everywhere; no envelope is drawn.

    Args:
        counts: (..., T, 4).

    Returns:
        float64 (...), in [0, 1]; NaN where the truth is empty.

    >>> average_precision(np.array([[4, 2, 2, 2], [1, 1, 2, 1]])).tolist()
    0.75
    """
    steps = -np.diff(recall(counts), axis=-1, append=0.0)
    area = (steps * precision(counts)).sum(axis=-1)
    return np.where(counts[..., 0, 2] > 0, area, np.nan)


def average_iou(counts: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """AIU: the mean of the IoU over the thresholds (Yang et al. 2020, FPHBN).

    Args:
        counts: (..., T, 4), at 0 px.

    Returns:
        float64 (...), in [0, 1].

    >>> average_iou(np.array([[4, 2, 2, 2], [1, 1, 2, 1]])).tolist()
    0.5
    """
    return np.asarray(iou(counts).mean(axis=-1))
