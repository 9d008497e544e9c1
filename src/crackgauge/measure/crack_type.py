"""The type of a crack by rule: longitudinal, transverse, diagonal, or part of a pattern.

Source of the angles: the usual wording of pavement manuals, longitudinal within 20 degrees of the
lane's direction, transverse within 20 degrees of its normal.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

_Integers = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]

LONGITUDINAL, TRANSVERSE, DIAGONAL, PATTERN = "longitudinal", "transverse", "diagonal", "pattern"
_NEAR_DEG = 20.0
# So many adjacent cracks, or closed loops of one, are a pattern.
_CRACKS, _LOOPS = 3, 2
# Cracks are adjacent where they come nearer than this share of the shorter one's length.
_ADJACENT = 0.25
_EVERY = 4


def crack_types(
    angle_deg: _Floats, direction_deg: _Floats, in_pattern: npt.NDArray[np.bool_]
) -> list[str]:
    """Name the type of each crack; "" where no direction is known.

    Args:
        angle_deg: float64 (C,), in [0, 180), NaN where the crack has none.
        direction_deg: float64 (C,), of the crack's zone, NaN where it is not known.
        in_pattern: bool (C,).

    >>> angle, lane = np.array([100.0, 5.0, 45.0]), np.full(3, 90.0)
    >>> crack_types(angle, lane, np.array([False, False, True]))
    ['longitudinal', 'transverse', 'pattern']
    """
    apart = np.abs((angle_deg - direction_deg + 90) % 180 - 90)
    kinds = np.where(
        apart <= _NEAR_DEG,
        LONGITUDINAL,
        np.where(apart >= 90 - _NEAR_DEG, TRANSVERSE, DIAGONAL),
    )
    kinds = np.where(in_pattern, PATTERN, kinds)
    known = ~np.isnan(direction_deg) & (in_pattern | ~np.isnan(angle_deg))
    return [str(kind) for kind in np.where(known, kinds, "")]


def find_patterns(
    zone: _Integers,
    length_px: _Floats,
    loop_count: _Integers,
    crack: _Integers,
    position: _Floats,
) -> npt.NDArray[np.bool_]:
    """Say which cracks are part of a pattern, such as alligator cracking.

    A pattern is three or more cracks of one zone, each adjacent to the next, or one crack whose
    branches close two or more loops. Two cracks are adjacent where their centre lines come nearer
    than a quarter of the length of the shorter one.

    Args:
        zone: int64 (C,), number of the zone; -1 for none, where nothing is a pattern.
        length_px: float64 (C,).
        loop_count: int64 (C,).
        crack: int64 (N,), rising: the crack of each sample.
        position: float64 (N, 2), x and y of the samples.
    """
    count = len(zone)
    bounds = np.searchsorted(crack, np.arange(count + 1))
    points = [position[bounds[k] : bounds[k + 1] : _EVERY] for k in range(count)]
    low = np.array([part.min(axis=0) for part in points]).reshape(-1, 2)
    high = np.array([part.max(axis=0) for part in points]).reshape(-1, 2)
    trees = [cKDTree(part) for part in points]
    links: list[tuple[int, int]] = []
    for one in range(count):
        others = np.arange(one + 1, count)
        others = others[(zone[others] == zone[one]) & (zone[one] >= 0)]
        limit = _ADJACENT * np.minimum(length_px[one], length_px[others])
        apart = np.maximum(low[one] - high[others], low[others] - high[one])
        near = np.hypot(*np.maximum(apart, 0).T) < limit
        for other, reach in zip(others[near], limit[near], strict=True):
            found, _ = trees[other].query(points[one], distance_upper_bound=reach)
            if found.min() < reach:
                links.append((one, int(other)))
    ends = np.array(links, dtype=np.int64).reshape(-1, 2)
    graph = sparse.coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), (count, count))
    _, group = csgraph.connected_components(graph.tocsr(), directed=False)
    large = np.bincount(group, minlength=1)[group] >= _CRACKS if count else group > 0
    return np.asarray((zone >= 0) & (large | (loop_count >= _LOOPS)), dtype=np.bool_)
