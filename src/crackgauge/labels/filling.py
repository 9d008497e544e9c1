"""Areas filled and strokes drawn into a mask: a pixel belongs where its centre does.

Legend: H, W of the mask, N points. Points are (x, y) in px with pixel corners at integers.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Mask

_Floats = npt.NDArray[np.float64]


def fill_polygon(mask: Mask, points: _Floats) -> None:
    """Set the pixels whose centre the outline goes around, however it crosses itself.

    Args:
        mask: bool (H, W), written.
        points: float64 (N, 2), the corners; the last joins the first. They may lie outside.

    >>> mask = np.zeros((3, 4), bool)
    >>> fill_polygon(mask, np.array([[1.0, 0.0], [3.0, 0.0], [3.0, 2.0], [1.0, 2.0]]))
    >>> mask.astype(int)
    array([[0, 1, 1, 0],
           [0, 1, 1, 0],
           [0, 0, 0, 0]])
    """
    height, width = mask.shape
    top = int(np.clip(np.floor(points[:, 1].min() - 0.5), 0, height))
    bottom = int(np.clip(np.ceil(points[:, 1].max() - 0.5) + 1, 0, height))
    left = int(np.clip(np.floor(points[:, 0].min() - 0.5), 0, width))
    right = int(np.clip(np.ceil(points[:, 0].max() - 0.5) + 1, 0, width))
    if top >= bottom or left >= right:
        return
    # From pixel centres of the part: x - 0.5 - left, y - 0.5 - top.
    x, y = points[:, 0] - 0.5 - left, points[:, 1] - 0.5 - top
    ends = np.stack([x, y, np.roll(x, -1), np.roll(y, -1)], axis=1)
    # How often the outline passes each pixel's row on its left, upward less downward.
    turns = np.zeros((bottom - top, right - left + 1), np.int32)
    first = np.ceil(np.minimum(ends[:, 1], ends[:, 3])).clip(0, bottom - top).astype(np.int64)
    last = np.ceil(np.maximum(ends[:, 1], ends[:, 3])).clip(0, bottom - top).astype(np.int64)
    count = last - first
    side = np.repeat(np.arange(len(ends)), count)
    row = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + first[side]
    upward = (ends[:, 1] < ends[:, 3])[:, None]
    # Each side from its lesser y on: so a side that two areas share is rounded in one way.
    x0, y0, x1, y1 = np.where(upward, ends, ends[:, [2, 3, 0, 1]])[side].T
    crossing = x0 + (row - y0) / (y1 - y0) * (x1 - x0)
    col = np.ceil(crossing).clip(0, right - left).astype(np.int64)
    np.add.at(turns, (row, col), np.where(upward[side, 0], 1, -1).astype(np.int32))
    inside = np.cumsum(turns, axis=1)[:, :-1] != 0
    mask[top:bottom, left:right] |= inside


def draw_brush(mask: Mask, points: _Floats, radius_px: float, *, value: bool = True) -> None:
    """Set the pixels whose centre is within a radius of a line, or clear them.

    Args:
        mask: bool (H, W), written.
        points: float64 (N, 2), one or more points of the line.
        radius_px: of the brush.
        value: False clears.

    >>> mask = np.zeros((3, 5), bool)
    >>> draw_brush(mask, np.array([[0.5, 1.5], [2.5, 1.5]]), 1.0)
    >>> mask.astype(int)
    array([[1, 1, 1, 0, 0],
           [1, 1, 1, 1, 0],
           [1, 1, 1, 0, 0]])
    """
    begins, ends = (points, points) if len(points) == 1 else (points[:-1], points[1:])
    for begin, end in zip(begins, ends, strict=True):
        low = np.floor(np.minimum(begin, end) - radius_px).clip(0, mask.shape[::-1]).astype(int)
        high = np.ceil(np.maximum(begin, end) + radius_px).clip(0, mask.shape[::-1]).astype(int)
        x = np.arange(low[0], high[0]) + 0.5 - begin[0]
        y = (np.arange(low[1], high[1]) + 0.5 - begin[1])[:, None]
        way = end - begin
        square = float(way @ way)
        share = ((x * way[0] + y * way[1]) / square).clip(0, 1) if square > 0 else np.zeros(1)
        near = (x - share * way[0]) ** 2 + (y - share * way[1]) ** 2 <= radius_px**2 + 1e-9
        mask[low[1] : high[1], low[0] : high[0]][near] = value
