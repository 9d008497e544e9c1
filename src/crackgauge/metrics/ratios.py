"""From counts to fractions, for any number of counts at once.

Legend: counts (..., 4) hold predicted, predicted_hits, truth and truth_hits in their last axis, as
`tolerance.MatchCounts` does; whole numbers, or sums of them weighted. A fraction of nothing, 0/0,
is 1 if the other side is empty too and 0 if it is not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[Any]
Fractions = npt.NDArray[np.float64]


def precision(counts: Counts) -> Fractions:
    """predicted_hits / predicted, float64 (...).

    >>> precision(np.array([[4, 3, 9, 9], [0, 0, 9, 0], [0, 0, 0, 0]])).tolist()
    [0.75, 0.0, 1.0]
    """
    return divide(counts[..., 1], counts[..., 0], otherwise=counts[..., 2] == 0)


def recall(counts: Counts) -> Fractions:
    """truth_hits / truth, float64 (...).

    >>> recall(np.array([[4, 3, 10, 9], [4, 0, 0, 0], [0, 0, 0, 0]])).tolist()
    [0.9, 0.0, 1.0]
    """
    return divide(counts[..., 3], counts[..., 2], otherwise=counts[..., 0] == 0)


def f1(counts: Counts) -> Fractions:
    """Harmonic mean of precision and recall, 0 where both are 0; float64 (...)."""
    return harmonic_mean(precision(counts), recall(counts))


def iou(counts: Counts) -> Fractions:
    """Intersection over union of counts at no tolerance; 1 where both sides are empty.

    At 0 px predicted_hits = truth_hits = |P and T|.

    >>> iou(np.array([[4, 2, 4, 2], [0, 0, 0, 0]])).round(3).tolist()
    [0.333, 1.0]
    """
    union = counts[..., 0] + counts[..., 2] - counts[..., 3]
    return divide(counts[..., 3], union, otherwise=np.ones(union.shape, bool))


def tolerant_iou(counts: Counts) -> Fractions:
    """truth_hits / (truth + predicted - predicted_hits); 1 where both sides are empty.

    With TP the truth that is found, FN the rest of it and FP the predicted pixels that hit nothing,
    this is TP / (TP + FP + FN).

    >>> tolerant_iou(np.array([4, 3, 10, 5])).tolist()
    0.45454545454545453
    """
    union = counts[..., 2] + counts[..., 0] - counts[..., 1]
    return divide(counts[..., 3], union, otherwise=np.ones(union.shape, bool))


def harmonic_mean(first: Fractions, second: Fractions) -> Fractions:
    """2 a b / (a + b), and 0 where both are 0."""
    return divide(2 * first * second, first + second, otherwise=np.zeros(first.shape, bool))


def divide(part: Counts, whole: Counts, *, otherwise: npt.NDArray[Any]) -> Fractions:
    """part / whole, and `otherwise` where `whole` is 0; float64 of their shape."""
    result = np.asarray(otherwise, dtype=np.float64).copy()
    return np.asarray(np.divide(part, whole, out=result, where=np.asarray(whole) != 0))
