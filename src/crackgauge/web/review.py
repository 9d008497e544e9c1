"""Which crack of a new measuring is which of an earlier one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

_Floats = npt.NDArray[np.float64]

SIDES = ("bbox_left_px", "bbox_top_px", "bbox_right_px", "bbox_bottom_px")
# Two bounding boxes are of the same crack if they share this much of what they cover together.
_SAME_CRACK = 0.5


def carry_over(before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> list[int]:
    """Find for each crack of an earlier measuring the one that lies where it lay.

    Two belong together whose bounding boxes overlap by half or more of their union; each of `now`
    is given once, the largest overlap first.

    Args:
        before: rows with the four sides of the bounding box.
        now: the same.

    Returns:
        For each of `before` the index in `now`, or -1.

    >>> box = dict(zip(SIDES, (0, 0, 10, 4)))
    >>> carry_over([box], [dict(box, bbox_left_px=40, bbox_right_px=50), dict(box, bbox_top_px=1)])
    [1]
    """
    heirs = [-1] * len(before)
    if not before or not now:
        return heirs
    boxes = _boxes(now)
    found: list[tuple[float, int, int]] = []
    for at, box in enumerate(_boxes(before)):
        overlaps = _overlaps(box, boxes)
        heirs_of = np.flatnonzero(overlaps >= _SAME_CRACK).tolist()
        found += [(-float(overlaps[heir]), at, heir) for heir in heirs_of]
    taken: set[int] = set()
    for _, at, heir in sorted(found):
        if heirs[at] < 0 and heir not in taken:
            heirs[at] = heir
            taken.add(heir)
    return heirs


def _boxes(rows: Sequence[Mapping[str, Any]]) -> _Floats:
    """Return left, top, right and bottom of each row, float64 (N, 4)."""
    return np.array([[row[side] for side in SIDES] for row in rows], np.float64)


def _overlaps(box: _Floats, boxes: _Floats) -> _Floats:
    """Return intersection over union of one bounding box with each of many, float64 (N,)."""
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[2:], boxes[:, 2:])
    both = np.prod(np.maximum(high - low, 0.0), axis=1)
    union = np.prod(box[2:] - box[:2]) + np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) - both
    return np.asarray(both / np.maximum(union, 1.0), np.float64)
