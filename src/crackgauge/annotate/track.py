"""The best track through a strip by dynamic programming.

Legend: K rows, M columns.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_Floats = npt.NDArray[np.float64]

MOST_JUMP = 2


def best_track(gain: _Floats, *, jump_cost: float) -> _Floats:
    """Find one column a row so that the gains less the cost of the jumps between rows are most.

    Args:
        gain: float64 (K, M); -inf where the track may not be.
        jump_cost: of a jump by one column; jumps of more than two columns are not made.

    Returns:
        float64 (K,), columns, between them by a parabola through the gains beside the best.

    >>> best_track(np.array([[0.0, 5.0, 0.0], [2.0, 1.0, 0.0], [0.0, 5.0, 0.0]]), jump_cost=1.0)
    array([1., 1., 1.])
    """
    rows, columns = gain.shape
    steps = np.arange(-MOST_JUMP, MOST_JUMP + 1)
    costs = jump_cost * np.abs(steps)[:, None]
    best = gain[0].copy()
    came = np.zeros((rows, columns), np.int64)
    padded = np.full(columns + 2 * MOST_JUMP, -np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(padded, columns)
    index = np.arange(columns)
    for row in range(1, rows):
        padded[MOST_JUMP:-MOST_JUMP] = best
        totals = windows - costs
        choice = totals.argmax(axis=0)
        came[row] = steps[choice]
        best = totals[choice, index] + gain[row]
    track = np.empty(rows, np.int64)
    track[-1] = best.argmax()
    for row in range(rows - 1, 0, -1):
        track[row - 1] = track[row] + came[row, track[row]]
    return track + _parabola(gain, track)


def _parabola(gain: _Floats, track: npt.NDArray[np.int64]) -> _Floats:
    """Where the top of the parabola through three neighbouring gains lies, within half a column."""
    index = np.arange(len(track))
    here = gain[index, track]
    before = gain[index, np.maximum(track - 1, 0)]
    after = gain[index, np.minimum(track + 1, gain.shape[1] - 1)]
    inside = (track > 0) & (track < gain.shape[1] - 1)
    inside &= np.isfinite(before) & np.isfinite(after)
    before, after = np.where(inside, before, here), np.where(inside, after, here)
    bend = before - 2 * here + after
    slope = (before - after) / 2
    return np.where(bend < -1e-12, np.clip(slope / np.minimum(bend, -1e-12), -0.5, 0.5), 0.0)
