"""Lines drawn as curves of one pixel.

Legend: H, W height and width of the image. A point (x, y) lies in the pixel of row floor(y) and
column floor(x).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from crackgauge.arrays import Mask
from crackgauge.labels.shapes import Point, Polyline


def draw_lines(lines: Iterable[Polyline], height: int, width: int) -> Mask:
    """Draw lines as curves one pixel wide and 8-connected.

    A segment goes from the pixel of its first point to that of its last by single steps, straight
    or diagonal; drawn backwards it is the same. Of a closed line the last point joins the first.
    What lies outside the image is left out.

    Args:
        lines: in px, see `Polyline`.
        height: H.
        width: W.

    Returns:
        bool (H, W).

    >>> draw_lines([Polyline(((0.5, 0.5), (3.5, 1.5)))], 2, 4).astype(int)
    array([[1, 1, 0, 0],
           [0, 0, 1, 1]])
    """
    mask = np.zeros((height, width), np.bool_)
    for line in lines:
        points = [*line.points, line.points[0]] if line.closed else list(line.points)
        if len(points) == 1:
            points *= 2
        for first, second in pairwise(points):
            _draw_segment(mask, first, second)
    return mask


def _draw_segment(mask: Mask, first: Point, second: Point) -> None:
    begin, end = sorted((first, second))
    clipped = _clip(begin, end, mask.shape)
    if clipped is None:
        return
    height, width = mask.shape
    # A point on the right or lower border belongs to the last pixel.
    cols = [min(math.floor(x), width - 1) for x, _ in clipped]
    rows = [min(math.floor(y), height - 1) for _, y in clipped]
    steps = max(abs(cols[1] - cols[0]), abs(rows[1] - rows[0]), 1)
    share = np.arange(steps + 1) / steps
    # floor(v + 1/2) takes every half the same way, so that no step is longer than one pixel.
    row = np.floor(rows[0] + share * (rows[1] - rows[0]) + 0.5).astype(np.intp)
    col = np.floor(cols[0] + share * (cols[1] - cols[0]) + 0.5).astype(np.intp)
    mask[row, col] = True


def _clip(first: Point, second: Point, shape: tuple[int, ...]) -> tuple[Point, Point] | None:
    """The part of a segment within [0, W] x [0, H] (Liang and Barsky 1984); None: none of it."""
    begin, end = 0.0, 1.0
    for axis, limit in ((0, float(shape[1])), (1, float(shape[0]))):
        start, way = first[axis], second[axis] - first[axis]
        if way == 0:
            if not 0 <= start <= limit:
                return None
            continue
        near, far = sorted((-start / way, (limit - start) / way))
        begin, end = max(begin, near), min(end, far)
    if begin > end:
        return None
    ends = []
    for share in (begin, end):
        x = first[0] + share * (second[0] - first[0])
        y = first[1] + share * (second[1] - first[1])
        # Rounding may leave the image by the last digit.
        ends.append((min(max(x, 0.0), float(shape[1])), min(max(y, 0.0), float(shape[0]))))
    return ends[0], ends[1]
