"""Precision and recall with a symmetric, Euclidean tolerance.

A predicted pixel is a hit if a truth pixel lies within the tolerance of it, a truth pixel is found
if a predicted pixel lies within the tolerance of it. Distances are those between pixel centres.
One-sided variants, which count every truth pixel by the overlap alone, differ by tens of points.

Legend: H height, W width, K number of thresholds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from crackgauge.arrays import (
    Mask,
    Probability,
    check_mask,
    check_probability,
    check_same_shape,
)
from crackgauge.errors import UsageError

Levels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
_Values = TypeVar("_Values", bound=np.generic)


class Tolerance(NamedTuple):
    """How far apart two pixels may lie and still match.

    Args:
        value: 0 or more.
        unit: "px", or "diagonal" for a fraction of the image's diagonal, as the boundary
            benchmarks have it (Martin et al. 2004 take 0.0075).

    >>> Tolerance(2).label, Tolerance(0.0075, "diagonal").label
    ('2px', '0.0075diag')
    >>> Tolerance(0.1, "diagonal").in_px((30, 40))
    5.0
    """

    value: float
    unit: Literal["px", "diagonal"] = "px"

    @property
    def label(self) -> str:
        """Its short name, as in the key `f1@2px`."""
        return f"{self.value:g}{'px' if self.unit == 'px' else 'diag'}"

    def in_px(self, shape: tuple[int, ...]) -> float:
        """The radius in px on an image of that shape (H, W)."""
        return self.value if self.unit == "px" else self.value * math.hypot(*shape[:2])


@dataclass(frozen=True, slots=True)
class MatchCounts:
    """Pixels counted for precision and recall; counts of several images are pooled by adding.

    Where a fraction is 0/0 (nothing predicted, or nothing to find), it is 1 if the other side is
    empty too, and 0 if it is not: an empty prediction of an empty truth is right, an empty
    prediction of a crack is wrong, and so is any prediction where there is nothing.

    Args:
        predicted: predicted pixels.
        predicted_hits: those of them within the tolerance of a truth pixel.
        truth: truth pixels.
        truth_hits: those of them within the tolerance of a predicted pixel.

    >>> counts = MatchCounts(predicted=4, predicted_hits=3, truth=10, truth_hits=5)
    >>> counts.precision, counts.recall, counts.f1
    (0.75, 0.5, 0.6)
    >>> sum([counts, counts], start=MatchCounts()).truth
    20
    """

    predicted: int = 0
    predicted_hits: int = 0
    truth: int = 0
    truth_hits: int = 0

    def __add__(self, other: MatchCounts) -> MatchCounts:
        return MatchCounts(
            self.predicted + other.predicted,
            self.predicted_hits + other.predicted_hits,
            self.truth + other.truth,
            self.truth_hits + other.truth_hits,
        )

    @property
    def precision(self) -> float:
        """Fraction of the predicted pixels that are hits, in [0, 1]."""
        return _fraction(self.predicted_hits, self.predicted, otherwise=self.truth == 0)

    @property
    def recall(self) -> float:
        """Fraction of the truth pixels that are found, in [0, 1]."""
        return _fraction(self.truth_hits, self.truth, otherwise=self.predicted == 0)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, in [0, 1]; 0 where both are 0."""
        total = self.precision + self.recall
        return 2.0 * self.precision * self.recall / total if total > 0.0 else 0.0


def _fraction(part: int, whole: int, *, otherwise: bool) -> float:
    return part / whole if whole else float(otherwise)


def disk_maximum(
    values: np.ndarray[tuple[Any, ...], np.dtype[_Values]], radius_px: float
) -> np.ndarray[tuple[Any, ...], np.dtype[_Values]]:
    """Maximum of `values` over the Euclidean disk around every pixel.

    Of a mask this is the dilation: True within `radius_px` of a True pixel. The disk is cut at the
    image's border. It is put together from horizontal runs, so the cost grows with the radius and
    not with its square.

    Args:
        values: (H, W), any type with an order.
        radius_px: 0 or more; the disk holds the pixels whose centres are at most so far away.

    Returns:
        (H, W) of the same type, a new array.

    Raises:
        UsageError: the radius is negative or not finite.

    >>> dot = np.zeros((3, 5), bool)
    >>> dot[1, 1] = True
    >>> disk_maximum(dot, 1.0).astype(int)
    array([[0, 1, 0, 0, 0],
           [1, 1, 1, 0, 0],
           [0, 1, 0, 0, 0]])
    """
    reaches = _row_reaches(radius_px, max(values.shape))
    result = values.copy()
    run = values.copy()  # the maximum over `reach` pixels to the left and right of each pixel
    reach = 0
    for row in range(len(reaches) - 1, -1, -1):
        while reach < reaches[row]:
            reach += 1
            _raise_to(run[:, reach:], values[:, :-reach])
            _raise_to(run[:, :-reach], values[:, reach:])
        if row == 0:
            _raise_to(result, run)
        else:
            _raise_to(result[row:], run[:-row])
            _raise_to(result[:-row], run[row:])
    return result


def _row_reaches(radius_px: float, side_px: int) -> list[int]:
    """For each row at distance 0, 1, ... of a disk's centre: how far the disk reaches sideways.

    Rows and columns beyond `side_px`, the longer side of the image, meet no pixel and are left out.
    """
    if not (math.isfinite(radius_px) and radius_px >= 0.0):
        raise UsageError(f"tolerance: got {radius_px} px, expected 0 or more")
    offsets = np.arange(min(int(radius_px), side_px) + 1)
    return [
        int(np.searchsorted(np.sqrt(row**2 + offsets**2), radius_px, side="right")) - 1
        for row in offsets
    ]


def _raise_to(target: npt.NDArray[Any], values: npt.NDArray[Any]) -> None:
    np.maximum(target, values, out=target)


def match_counts(prediction: Mask, truth: Mask, *, tolerance_px: float) -> MatchCounts:
    """Count hits and misses of one prediction.

    Args:
        prediction: bool (H, W).
        truth: bool (H, W).
        tolerance_px: 0 or more, Euclidean; 0 asks for the very pixel.

    Raises:
        UsageError: a wrong type, sizes that differ, a negative tolerance.

    >>> truth = np.array([[1, 1, 1, 1, 0, 0, 0]], bool)
    >>> prediction = np.array([[0, 0, 0, 0, 1, 0, 1]], bool)
    >>> match_counts(prediction, truth, tolerance_px=2)
    MatchCounts(predicted=2, predicted_hits=1, truth=4, truth_hits=2)
    """
    check_mask(prediction, name="prediction")
    check_mask(truth, name="truth")
    check_same_shape(prediction, truth, names=("prediction", "truth"))
    return MatchCounts(
        predicted=int(np.count_nonzero(prediction)),
        predicted_hits=int(np.count_nonzero(prediction & disk_maximum(truth, tolerance_px))),
        truth=int(np.count_nonzero(truth)),
        truth_hits=int(np.count_nonzero(truth & disk_maximum(prediction, tolerance_px))),
    )


def threshold_counts(
    probability: Probability, truth: Mask, tolerance_px: float, thresholds: Sequence[float]
) -> list[MatchCounts]:
    """Count hits and misses at every threshold in one pass.

    Equal to `match_counts(probability >= np.float32(threshold), truth, ...)` for each threshold,
    exactly. A predicted pixel is a hit at every threshold up to its probability if it lies near
    the truth; a truth pixel is found at every threshold up to the highest probability in the disk
    around it. So two histograms over the thresholds give all hits.

    Args:
        probability: float32 (H, W) in [0, 1].
        truth: bool (H, W).
        tolerance_px: 0 or more, Euclidean.
        thresholds: K numbers in any order; a pixel is predicted where its probability is at least
            the threshold, rounded to float32 (as NumPy compares a float32 array with a float).

    Returns:
        K counts, in the order of `thresholds`.

    Raises:
        UsageError: a wrong type, values outside [0, 1], sizes that differ, a negative tolerance.

    >>> probability = np.array([[0.1, 0.6, 0.9]], np.float32)
    >>> truth = np.array([[False, True, True]])
    >>> [counts.f1 for counts in threshold_counts(probability, truth, 0, [0.05, 0.5, 0.95])]
    [0.8, 1.0, 0.0]
    """
    check_probability(probability)
    check_mask(truth, name="truth")
    check_same_shape(probability, truth, names=("probability", "truth"))
    order = np.sort(np.asarray(thresholds, dtype=np.float32))
    counts = sweep_counts(levels_of(probability, order), truth, len(order), tolerance_px)
    ranks = np.searchsorted(order, np.asarray(thresholds, dtype=np.float32))
    return [MatchCounts(*(int(count) for count in counts[rank])) for rank in ranks]


def levels_of(probability: Probability, order: npt.NDArray[np.float32]) -> Levels:
    """For each pixel, how many of the ascending thresholds its probability reaches.

    Levels keep the order of the probabilities, so that a maximum of levels is the level of the
    maximum, in a quarter of the memory.

    Args:
        probability: float32 (H, W).
        order: K thresholds, ascending.

    Returns:
        (H, W) of 0..K, uint8 where K fits.
    """
    kind = np.uint8 if len(order) < 256 else np.uint16
    levels = np.zeros(probability.shape, kind)
    if len(order):
        # Most pixels lie below the lowest threshold: leaving them out first is the cheaper half.
        reached = probability >= order[0]
        levels[reached] = np.searchsorted(order, probability[reached], side="right")
    return levels


def sweep_counts(
    levels: Levels, truth: Mask, count: int, tolerance_px: float
) -> npt.NDArray[np.int64]:
    """Count hits and misses at K thresholds, whatever their number, in one pass.

    The predicted pixels within the tolerance t of the truth come, for all thresholds, from one
    histogram of the levels over {D <= t}, D being the distance to the truth; the truth pixels
    that are found come from one histogram, at the truth pixels, of the highest level in the disk
    of radius t. {D <= t} is the truth dilated by that disk.

    Args:
        levels: (H, W) of 0..K, from `levels_of`.
        truth: bool (H, W).
        count: K.
        tolerance_px: t, 0 or more.

    Returns:
        int64 (K, 4): predicted, their hits, truth, its hits.
    """
    result = np.empty((count, 4), np.int64)
    result[:, 0] = _reaching(levels, count)
    result[:, 1] = _reaching(levels[disk_maximum(truth, tolerance_px)], count)
    result[:, 2] = np.count_nonzero(truth)
    result[:, 3] = _reaching(disk_maximum(levels, tolerance_px)[truth], count)
    return result


def _reaching(levels: npt.NDArray[Any], count: int) -> npt.NDArray[np.int64]:
    """How many of `levels` are at least 1, 2, ..., `count`."""
    histogram = np.bincount(levels.ravel(), minlength=count + 1)[1:]
    return np.asarray(histogram[::-1].cumsum()[::-1], dtype=np.int64)
