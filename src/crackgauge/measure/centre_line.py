"""The centre lines of branches as polylines of few points, for drawings and maps."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from crackgauge.measure.branches import Branches, Samples

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]

# Points that lie nearer than this to the line without them are left out, but not so many in a row
# that the width along the line would be lost.
TOLERANCE_PX = 0.4
_WIDTH_EVERY = 16


def centre_lines(samples: Samples, branches: Branches) -> list[_Floats]:
    """Draw each branch's smoothed centre line, at free ends on to the end of the mask.

    Args:
        samples: sorted by branch, along each.
        branches: the B branches.

    Returns:
        B arrays, float64 (N, 3): x and y in px with pixel corners at integers, and the width there
        in px, all to a hundredth; at least two points, and for a skeleton of one pixel two at its
        place. In the disc around a junction the width is that of the branch just outside.
    """
    count = len(branches.crack)
    bounds = np.searchsorted(samples.branch, np.arange(count + 1))
    along = np.column_stack([samples.position, _own_widths(samples)])
    lines = []
    for index in range(count):
        line = along[bounds[index] : bounds[index + 1]]
        tips = np.column_stack([branches.tips[index].reshape(2, 2), line[[0, -1], 2]])
        lines.append(_simplify(np.concatenate([tips[:1], line, tips[1:]])))
    return lines


def _own_widths(samples: Samples) -> _Floats:
    """Return the widths with those at junctions replaced by the nearest on the same branch."""
    index = np.arange(len(samples.branch))
    own = np.flatnonzero(~samples.at_junction)
    if not len(own):
        return samples.width_px
    after = np.searchsorted(own, index)
    right, left = own[np.minimum(after, len(own) - 1)], own[np.maximum(after - 1, 0)]
    far = len(index)
    to_right = np.where(samples.branch[right] == samples.branch, np.abs(right - index), far)
    to_left = np.where(samples.branch[left] == samples.branch, np.abs(left - index), far)
    nearest = np.where(to_right <= to_left, right, left)
    # A branch that lies in such discs altogether keeps what was measured.
    nearest = np.where(np.minimum(to_right, to_left) < far, nearest, index)
    return samples.width_px[nearest]


def _simplify(line: _Floats) -> _Floats:
    """Leave out what is within `TOLERANCE_PX` of the rest (Douglas and Peucker)."""
    # float32 has too few digits for places in an orthophoto.
    points = (line[:, :2] - np.floor(line[:, :2].min(axis=0))).astype(np.float32)
    last = len(points) - 1
    # A ring begins and ends at one point: it is cut at the point farthest from it.
    middle = int(np.hypot(*(points - points[0]).T).argmax())
    kept = {0, last, *range(0, last, _WIDTH_EVERY)}
    for first, end in ((0, middle), (middle, last)):
        kept.update((first + _corners(points[first : end + 1])).tolist())
    found = line[sorted(kept)]
    distinct = np.append(True, np.diff(found[:, :2], axis=0).any(axis=1))
    found = found[distinct]
    return np.round(found if len(found) > 1 else np.repeat(found, 2, axis=0), 2)


def _corners(points: npt.NDArray[np.float32]) -> _Integers:
    """Return the indices of the points that are kept."""
    if len(points) < 3:
        return np.arange(len(points))
    kept = cv2.approxPolyDP(points[:, None], TOLERANCE_PX, False)[:, 0]
    keys = np.ascontiguousarray(points).view(np.complex64)[:, 0]
    return np.flatnonzero(np.isin(keys, np.ascontiguousarray(kept).view(np.complex64)[:, 0]))
