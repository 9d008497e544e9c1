"""Whether a probability is one: of the pixels given 0.7, are seven in ten crack?

Legend: M bins of equal width; bin m holds the probabilities in ((m - 1) / M, m / M], the first one
0 as well. Bins are float64 (..., M, 3): pixels, sum of their probabilities, crack pixels.
"""

from __future__ import annotations

from typing import Any, NamedTuple

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

BINS = 15

Bins = npt.NDArray[np.float64]


class Reliability(NamedTuple):
    """A reliability curve (DeGroot and Fienberg 1983); one entry a bin.

    Attributes:
        pixels: float64 (M,).
        probability: mean probability, float64 (M,); NaN where the bin is empty.
        crack_share: share of crack pixels, float64 (M,); NaN where the bin is empty.
    """

    pixels: npt.NDArray[np.float64]
    probability: npt.NDArray[np.float64]
    crack_share: npt.NDArray[np.float64]


def calibration_bins(probability: Probability, truth: Mask, *, bins: int = BINS) -> Bins:
    """Sort the pixels of one image into bins of probability; bins of several images add up.

    Args:
        probability: float32 (H, W) in [0, 1].
        truth: bool (H, W).
        bins: M; Guo et al. 2017 take 15.

    Returns:
        float64 (M, 3).

    Raises:
        UsageError: a wrong type, values outside [0, 1], sizes that differ, or no bin.

    >>> probability, truth = np.float32([[0.2, 0.4, 0.9]]), np.array([[False, False, True]])
    >>> calibration_bins(probability, truth, bins=2).round(2)
    array([[2. , 0.6, 0. ],
           [1. , 0.9, 1. ]])
    """
    check_probability(probability)
    check_mask(truth, name="truth")
    check_same_shape(probability, truth, names=("probability", "truth"))
    if bins < 1:
        raise UsageError(f"got {bins} bins, expected at least one")
    edges = (np.arange(1, bins) / bins).astype(np.float32)
    index = np.zeros(probability.shape, np.intp)
    above = probability > (edges[0] if len(edges) else 1)
    index[above] = np.searchsorted(edges, probability[above], side="left")
    flat = index.ravel()
    columns = [
        np.bincount(flat, minlength=bins),
        np.bincount(flat, weights=probability.ravel(), minlength=bins),
        np.bincount(index[truth], minlength=bins),
    ]
    return np.stack(columns, axis=1).astype(np.float64)


def expected_calibration_error(bins: Bins) -> npt.NDArray[np.float64]:
    """ECE: the mean over pixels of |share of crack - mean probability| of their bin, in [0, 1].

    Guo et al. 2017, eq. 3, for the probability of crack. Background is nearly all of an image, so
    the ECE is small whatever the cracks do: look at the curve too.

    Args:
        bins: float64 (..., M, 3), added over images.

    Returns:
        float64 (...); NaN where there is no pixel.

    >>> float(expected_calibration_error(np.array([[2, 0.6, 0], [1, 0.9, 1]])).round(4))
    0.2333
    """
    gaps: npt.NDArray[Any] = np.abs(bins[..., 2] - bins[..., 1]).sum(axis=-1)
    pixels = bins[..., 0].sum(axis=-1)
    nothing = np.full(np.shape(pixels), np.nan)
    return np.asarray(np.divide(gaps, pixels, out=nothing, where=pixels > 0))


def reliability(bins: Bins) -> Reliability:
    """The reliability curve of bins float64 (M, 3), added over images."""
    pixels = bins[:, 0]
    means = [
        np.divide(column, pixels, out=np.full(len(pixels), np.nan), where=pixels > 0)
        for column in (bins[:, 1], bins[:, 2])
    ]
    return Reliability(pixels.copy(), *means)
