"""Length by direction, the numbers of an orientation rose."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from crackgauge.measure.columns import ROSE_COLUMNS, ROSE_DEG

_Integers = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]

_BIN_DEG = 180 / len(ROSE_DEG)


def rose(
    groups: _Integers, count: int, tangent: _Floats, step_px: _Floats, length_px: _Floats
) -> dict[str, _Floats]:
    """Return, for each group, the length in each bin of direction.

    A bin holds the directions within 7.5 degrees of its middle. What a length has beyond its
    samples (the way to the end of the mask) is shared out like its samples; a group without any
    direction has 0 in all bins.

    Args:
        groups: int64 (N,).
        count: number of groups.
        tangent: float64 (N, 2), unit vectors x, y of the image, or (0, 0).
        step_px: float64 (N,), the length that a sample stands for.
        length_px: float64 (G,), what the bins of a group add up to.

    Returns:
        The columns of `ROSE_COLUMNS`, float64 (G,) each.

    >>> up = np.array([[0.0, -1.0]])
    >>> found = rose(np.zeros(1, dtype=np.int64), 1, up, np.ones(1), np.array([8.0]))
    >>> found["rose_090_px"].item(), found["rose_000_px"].item()
    (8.0, 0.0)
    """
    directed = tangent.any(axis=1)
    angle = np.rad2deg(np.arctan2(-tangent[:, 1], tangent[:, 0])) % 180
    bins = np.round(angle / _BIN_DEG).astype(np.int64) % len(ROSE_DEG)
    at = groups * len(ROSE_DEG) + bins
    weights = np.where(directed, step_px, 0.0)
    # Of nothing numpy counts in whole numbers, weights or not.
    counted = np.bincount(at, weights=weights, minlength=count * len(ROSE_DEG))
    sums = counted.astype(np.float64).reshape(count, len(ROSE_DEG))
    total = sums.sum(axis=1, keepdims=True)
    share = np.divide(sums, total, out=np.zeros_like(sums), where=total > 0)
    return dict(zip(ROSE_COLUMNS, (share * length_px[:, None]).T, strict=True))
