"""The two edges of a crack on either side of its centre line.

Legend: K samples of the line, about a pixel apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from crackgauge.annotate.strip import STEP_PX, Points, normals, offsets, smooth, straighten
from crackgauge.annotate.track import best_track

_Floats = npt.NDArray[np.float64]

# Samples that a gradient is averaged over along the line, to either side.
_ALONG = 2
_JUMP_COST = 0.5
# Of two edges alike, the nearer one is the crack's: a px farther counts as much less gradient.
_AWAY_COST = 0.03
# Where the grey has risen and fallen again, something else begins, whose edges are none of this
# crack: what it has fallen by, as a share of the contrast, counts as so much less gradient.
_BEYOND_COST = 2.0
_CENTRE_HALF = 2


@dataclass(frozen=True)
class Edges:
    """A crack along a path.

    Args:
        centre: float64 (K, 2), x and y in px with pixel corners at integers, midway between the
            edges.
        left: float64 (K, 2), the edge on the left of the direction of the path.
        right: float64 (K, 2), that on its right.
        width_px: float64 (K,), their distance.
    """

    centre: Points
    left: Points
    right: Points
    width_px: _Floats

    @property
    def length_px(self) -> float:
        """Length of the centre line."""
        return float(np.hypot(*np.diff(self.centre, axis=0).T).sum())

    @property
    def polygon(self) -> Points:
        """The outline, float64 (2 K, 2): along the left edge and back along the right one."""
        return np.concatenate([self.left, self.right[::-1]])


def find_edges(line: Points, grey: npt.NDArray[np.float32], *, reach_px: float) -> Edges:
    """Find where the grey rises most on either side of a line, as two smooth tracks.

    Each edge is the track across the straightened image of the greatest total gradient, in units of
    its median, less 0.03 a px away from the line, 0.5 a half-pixel jump, and 2 for all of the
    contrast that the grey has risen and fallen by before, as it does where something else dark is
    beside the crack. Between the half pixels an edge lies at the top of a parabola. Where something
    dark crosses the crack, the track goes straight on.

    Args:
        line: float64 (K, 2), x, y within `grey`, inside the crack.
        grey: float32 (h, w), cracks dark.
        reach_px: no edge is farther from the line.

    Returns:
        The edges, in the order of the line.
    """
    across, way = normals(line), offsets(reach_px)
    strip = straighten(grey, line, across, reach_px + STEP_PX, order=3)
    strip = ndimage.uniform_filter1d(strip, 2 * _ALONG + 1, axis=0, mode="nearest")
    middle = len(way) // 2 + 1  # the line's own column
    right = _edge(strip[:, middle - 1 :])
    left = -_edge(strip[:, middle + 1 :: -1])
    moved = smooth((left + right) / 2, _CENTRE_HALF)
    return Edges(
        centre=line + across * moved[:, None],
        left=line + across * left[:, None],
        right=line + across * right[:, None],
        width_px=right - left,
    )


def _edge(grey: _Floats) -> _Floats:
    """How far from the line the edge is on one side, float64 (K,).

    Args:
        grey: float64 (K, M + 2), from half a pixel before the line outward.
    """
    here = grey[:, 1:-1]
    rise = (grey[:, 2:] - grey[:, :-2]) / (2 * STEP_PX)
    usual = max(float(np.median(rise.max(axis=1))), 1e-6)
    contrast = max(float(np.median(here.max(axis=1) - here.min(axis=1))), 1e-6)
    fallen = np.maximum.accumulate(here, axis=1) - here
    distance = np.arange(here.shape[1]) * STEP_PX
    gain = rise / usual - _AWAY_COST * distance - _BEYOND_COST * fallen / contrast
    return np.asarray(best_track(gain, jump_cost=_JUMP_COST) * STEP_PX)
