"""Statistics of many groups at once: one number a branch or a crack from samples along it.

Legend: N samples, each of one of G groups.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

_Integers = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]
_Flags = npt.NDArray[np.bool_]


class WidthStatistics(NamedTuple):
    """Of each group, float64 (G,), and the sample of its widest spot, int64 (G,)."""

    mean: _Floats
    median: _Floats
    p95: _Floats
    maximum: _Floats
    widest: _Integers


def width_statistics(
    groups: _Integers, count: int, widths: _Floats, weights: _Floats, counted: _Flags
) -> WidthStatistics:
    """Return statistics of the widths of each group.

    Args:
        groups: int64 (N,), in [0, count); every group has a sample.
        count: number of groups.
        widths: float64 (N,).
        weights: float64 (N,), of the mean.
        counted: bool (N,), samples to be used; a group without any uses all of its samples.
    """
    has_any = np.bincount(groups, weights=counted, minlength=count) > 0
    chosen = np.flatnonzero(counted | ~has_any[groups])
    groups, values, share = groups[chosen], widths[chosen], weights[chosen]
    order = np.lexsort((np.arange(len(chosen)), values, groups))
    ranked = values[order]
    sizes = np.bincount(groups, minlength=count)
    ends = np.cumsum(sizes)
    # The first of equally wide spots, so that the place does not depend on rounding of the order.
    maximum = ranked[ends - 1]
    at_maximum = np.flatnonzero(values == maximum[groups])[::-1]
    widest = np.empty(count, dtype=np.int64)
    widest[groups[at_maximum]] = chosen[at_maximum]
    return WidthStatistics(
        mean=weighted_mean(groups, count, values, share),
        median=_quantile(ranked, ends - sizes, sizes, 0.5),
        p95=_quantile(ranked, ends - sizes, sizes, 0.95),
        maximum=maximum,
        widest=widest,
    )


def weighted_mean(groups: _Integers, count: int, values: _Floats, weights: _Floats) -> _Floats:
    """Return the weighted mean of each group, NaN where its weights are all 0."""
    total = np.bincount(groups, weights=weights, minlength=count)
    sums = np.bincount(groups, weights=weights * values, minlength=count)
    means = np.full(count, np.nan)
    np.divide(sums, total, out=means, where=total > 0)
    return means


def orientation_deg(groups: _Integers, count: int, direction: _Floats, weights: _Floats) -> _Floats:
    """Return the mean orientation of each group in [0, 180), NaN where there is none.

    Doubled angles are averaged, so that 179 and 1 degrees give 0.

    Args:
        groups: int64 (N,).
        count: number of groups.
        direction: float64 (N, 2), unit vectors x, y of the image (y down), or (0, 0).
        weights: float64 (N,), the lengths that they stand for.

    >>> up_right = np.array([[0.6, -0.8]])
    >>> orientation_deg(np.zeros(1, dtype=np.int64), 1, up_right, np.ones(1)).round(2).tolist()
    [53.13]
    """
    right, up = direction[:, 0], -direction[:, 1]
    cosines = np.bincount(groups, weights=weights * (right**2 - up**2), minlength=count)
    sines = np.bincount(groups, weights=weights * (2 * right * up), minlength=count)
    angle = np.rad2deg(np.arctan2(sines, cosines)) / 2 % 180
    # A tiny negative angle comes out of the remainder as 180 itself.
    angle = np.where(angle >= 180, 0.0, angle)
    known = np.hypot(cosines, sines) > 1e-9 * np.bincount(groups, weights=weights, minlength=count)
    return np.where(known, angle, np.nan)


def _quantile(ranked: _Floats, first: _Integers, sizes: _Integers, share: float) -> _Floats:
    """Interpolate linearly between ranks, as numpy does."""
    place = (sizes - 1) * share
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, sizes - 1)
    below, above = ranked[first + low], ranked[first + high]
    return np.asarray(below + (place - low) * (above - below), dtype=np.float64)
