"""What an inspector said, and a survey that heeds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_SIDES = ("bbox_left_px", "bbox_top_px", "bbox_right_px", "bbox_bottom_px")
# Two bounding boxes are of the same crack if they share this much of what they cover together.
_SAME_CRACK = 0.5


def carry_over(
    before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]
) -> list[int | None]:
    """Find for each crack of an earlier measuring the one that lies where it lay.

    Two belong together whose bounding boxes overlap by half or more of their union; each of `now`
    is given once, the largest overlap first.

    Args:
        before: rows with the four sides of the bounding box.
        now: the same.

    Returns:
        For each of `before` the index in `now`, or None.

    >>> box = dict(zip(_SIDES, (0, 0, 10, 4)))
    >>> carry_over([box], [dict(box, bbox_left_px=40, bbox_right_px=50), dict(box, bbox_top_px=1)])
    [1]
    """
    overlaps = [
        (_overlap(old, new), -at_old, -at_new)
        for at_old, old in enumerate(before)
        for at_new, new in enumerate(now)
    ]
    heirs: list[int | None] = [None] * len(before)
    for overlap, at_old, at_new in sorted(overlaps, reverse=True):
        if overlap < _SAME_CRACK:
            break
        if heirs[-at_old] is None and -at_new not in heirs:
            heirs[-at_old] = -at_new
    return heirs


def _overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """Return intersection over union of two bounding boxes."""
    left, top, right, bottom = (one[side] for side in _SIDES)
    other_left, other_top, other_right, other_bottom = (other[side] for side in _SIDES)
    width = max(0, min(right, other_right) - max(left, other_left))
    height = max(0, min(bottom, other_bottom) - max(top, other_top))
    areas = (right - left) * (bottom - top)
    areas += (other_right - other_left) * (other_bottom - other_top)
    both = width * height
    return both / (areas - both) if areas > both else 1.0
