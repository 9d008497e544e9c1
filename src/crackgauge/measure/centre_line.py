"""The centre lines of branches as polylines of few points, for drawings and maps."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from crackgauge.measure.branches import Branches, Samples

_Floats = npt.NDArray[np.float64]

# Points that lie nearer than this to the line without them are left out.
TOLERANCE_PX = 0.4


def centre_lines(samples: Samples, branches: Branches) -> list[_Floats]:
    """Draw each branch's smoothed centre line, at free ends on to the end of the mask.

    Args:
        samples: sorted by branch, along each.
        branches: the B branches.

    Returns:
        B arrays, float64 (N, 2): x and y in px with pixel corners at integers, to a hundredth; at
        least two points, and for a skeleton of one pixel two at its place.
    """
    count = len(branches.crack)
    bounds = np.searchsorted(samples.branch, np.arange(count + 1))
    lines = []
    for index in range(count):
        along = samples.position[bounds[index] : bounds[index + 1]]
        tips = branches.tips[index].reshape(2, 2)
        lines.append(_simplify(np.concatenate([tips[:1], along, tips[1:]])))
    return lines


def _simplify(line: _Floats) -> _Floats:
    """Leave out what is within `TOLERANCE_PX` of the rest (Douglas and Peucker)."""
    corner = np.floor(line.min(axis=0))  # float32 has too few digits for places in an orthophoto
    points = (line - corner).astype(np.float32)[:, None]
    closed = bool(np.array_equal(line[0], line[-1]) and len(line) > 3)
    # A ring begins and ends at one point, and the farthest from it is kept too.
    kept = _halves(points) if closed else cv2.approxPolyDP(points, TOLERANCE_PX, False)[:, 0]
    if len(kept) < 2:
        kept = np.stack([points[0, 0], points[-1, 0]])
    return np.round(kept.astype(np.float64) + corner, 2)


def _halves(ring: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    middle = int(np.hypot(*(ring[:, 0] - ring[0, 0]).T).argmax())
    first = cv2.approxPolyDP(ring[: middle + 1], TOLERANCE_PX, False)[:, 0]
    second = cv2.approxPolyDP(ring[middle:], TOLERANCE_PX, False)[:, 0]
    return np.concatenate([first, second[1:]])
