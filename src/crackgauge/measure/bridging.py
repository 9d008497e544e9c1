"""Gaps between ends of cracks that go on in one direction, so that the pieces count as one crack.

Legend: C components, B branches, E free ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from crackgauge.errors import UsageError

_Integers = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]

# Ends nearer than this meet: the way between them has no direction of its own.
_MEETING_PX = 2.0


@dataclass(frozen=True)
class Bridging:
    """Up to where a gap between two ends is bridged.

    Args:
        gap_px: distance of the ends of the mask; 0 bridges nothing.
        angle_deg: how far each end's direction may be from the way across the gap.

    Raises:
        UsageError: a distance or an angle out of range.
    """

    gap_px: float = 10.0
    angle_deg: float = 30.0

    def __post_init__(self) -> None:
        if not 0 <= self.gap_px < float("inf"):
            raise UsageError(f"bridged gap: got {self.gap_px:g} px, expected 0 or more")
        if not 0 < self.angle_deg <= 90:
            raise UsageError(
                f"angle of bridged gaps: got {self.angle_deg:g} degrees, expected 0 to 90"
            )


class FreeEnds(NamedTuple):
    """Where branches end freely.

    Args:
        component: int64 (E,).
        tip: float64 (E, 2), x and y of the end of the mask.
        outward: float64 (E, 2), unit vectors out of the crack.
    """

    component: _Integers
    tip: _Floats
    outward: _Floats


class Bridges(NamedTuple):
    """Which components are one crack (int64 (C,), labels from 0), and the gaps of each component's
    bridges in px, counted at the first of the two (float64 (C,))."""

    crack: _Integers
    gap_px: _Floats


def bridge(ends: FreeEnds, count: int, bridging: Bridging) -> Bridges:
    """Join components whose free ends face each other.

    Two ends of different components are joined where they are at most `gap_px` apart, and each
    points at the other to within `angle_deg`. The nearest pair is joined first, and each end once.
    Ends that meet (at most 2 px apart) need only point against each other, to within twice the
    angle.

    Args:
        ends: of all components.
        count: number of components.
        bridging: the limits.

    >>> ends = FreeEnds(
    ...     np.array([0, 1]),
    ...     np.array([[10.0, 5.0], [16.0, 5.0]]),
    ...     np.array([[1.0, 0.0], [-1.0, 0.0]]),
    ... )
    >>> bridge(ends, 2, Bridging(gap_px=10)).crack.tolist()
    [0, 0]
    >>> bridge(ends, 2, Bridging(gap_px=5)).crack.tolist()
    [0, 1]
    """
    pairs, gaps = _facing(ends, bridging)
    used = np.zeros(len(ends.component), dtype=np.bool_)
    gap_px = np.zeros(count)
    joined: list[tuple[int, int]] = []
    for index in np.lexsort((pairs[:, 1], pairs[:, 0], gaps)):
        first, second = pairs[index]
        if not (used[first] or used[second]):
            used[[first, second]] = True
            one, other = int(ends.component[first]), int(ends.component[second])
            joined.append((one, other))
            gap_px[min(one, other)] += gaps[index]
    links = np.array(joined, dtype=np.int64).reshape(-1, 2)
    graph = sparse.coo_array((np.ones(len(links)), (links[:, 0], links[:, 1])), (count, count))
    _, labels = csgraph.connected_components(graph.tocsr(), directed=False)
    return Bridges(labels.astype(np.int64), gap_px)


def _facing(ends: FreeEnds, bridging: Bridging) -> tuple[_Integers, _Floats]:
    """Return the pairs of ends that may be joined, int64 (P, 2), and their distances in px."""
    nothing = np.empty((0, 2), dtype=np.int64), np.empty(0)
    if bridging.gap_px == 0 or len(ends.component) < 2:
        return nothing
    pairs = cKDTree(ends.tip).query_pairs(bridging.gap_px, output_type="ndarray").astype(np.int64)
    pairs = pairs[ends.component[pairs[:, 0]] != ends.component[pairs[:, 1]]]
    if not len(pairs):
        return nothing
    first, second = pairs.T
    way = ends.tip[second] - ends.tip[first]
    gaps = np.hypot(way[:, 0], way[:, 1])
    direction = way / np.maximum(gaps, 1e-9)[:, None]
    least = np.cos(np.deg2rad(bridging.angle_deg))
    ahead = np.minimum(
        np.sum(ends.outward[first] * direction, axis=1),
        -np.sum(ends.outward[second] * direction, axis=1),
    )
    against = -np.sum(ends.outward[first] * ends.outward[second], axis=1)
    meeting = gaps <= _MEETING_PX
    limit = np.cos(np.deg2rad(min(2 * bridging.angle_deg, 90.0)))
    kept = np.where(meeting, against >= limit, ahead >= least)
    return pairs[kept], gaps[kept]
