"""Shapes drawn into a mask: lines as curves of one pixel, everything else as the area that it is.

Legend: H, W height and width of the image. A point (x, y) lies in the pixel of row floor(y) and
column floor(x). An area has the pixels whose centre lies within it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from crackgauge.arrays import Mask
from crackgauge.labels.filling import draw_brush, fill_polygon
from crackgauge.labels.shapes import MaskShape, Point, Points, Polygon, Polyline, Shape


def draw_shapes(shapes: Iterable[Shape], height: int, width: int) -> Mask:
    """Draw shapes into one mask; where they overlap the mask has both.

    A line with a width is drawn with a round brush of that width, one without as a curve of one
    pixel (see `draw_lines`). What lies outside the image is left out.

    Args:
        shapes: in px of the image.
        height: H.
        width: W.

    Returns:
        bool (H, W).

    >>> square = ((0.0, 0.0), (3.0, 0.0), (3.0, 3.0), (0.0, 3.0))
    >>> hole = ((1.0, 1.0), (2.0, 1.0), (2.0, 2.0), (1.0, 2.0))
    >>> draw_shapes([Polygon(square, holes=(hole,))], 3, 4).astype(int)
    array([[1, 1, 1, 0],
           [1, 0, 1, 0],
           [1, 1, 1, 0]])
    """
    mask = np.zeros((height, width), np.bool_)
    for shape in shapes:
        if isinstance(shape, MaskShape):
            _draw_mask(mask, shape)
        elif isinstance(shape, Polygon):
            _draw_polygon(mask, shape)
        elif shape.width_px is None:
            mask |= draw_lines([shape], height, width)
        else:
            draw_brush(mask, np.array(shape.points), shape.width_px / 2)
    return mask


def _draw_mask(mask: Mask, shape: MaskShape) -> None:
    top, left, high, wide = shape.window
    first_row, first_col = max(top, 0), max(left, 0)
    part = mask[first_row : max(top + high, 0), first_col : max(left + wide, 0)]
    shown = shape.pixels[first_row - top :, first_col - left :]
    part |= shown[: part.shape[0], : part.shape[1]]


def _draw_polygon(mask: Mask, shape: Polygon) -> None:
    if not shape.holes:
        fill_polygon(mask, np.array(shape.points))
        return
    x, y = np.array(shape.points).T
    height, width = mask.shape
    left, right = (int(min(max(v, 0), width)) for v in (math.floor(x.min()), math.ceil(x.max())))
    top, bottom = (int(min(max(v, 0), height)) for v in (math.floor(y.min()), math.ceil(y.max())))
    area = np.zeros((bottom - top, right - left), np.bool_)
    hole = np.zeros_like(area)
    _fill(area, shape.points, left, top)
    for points in shape.holes:
        _fill(hole, points, left, top)
    mask[top:bottom, left:right] |= area & ~hole


def _fill(mask: Mask, points: Points, left: int, top: int) -> None:
    if mask.size:
        fill_polygon(mask, np.array(points) - [left, top])


def draw_lines(lines: Iterable[Polyline], height: int, width: int) -> Mask:
    """Draw lines as curves one pixel wide and 8-connected.

    A segment goes from the pixel of its first point to that of its last by single steps, straight
    or diagonal; drawn backwards it is the same. What lies outside the image is left out.

    Args:
        lines: in px, see `Polyline`; their widths play no part.
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
        points = line.points * 2 if len(line.points) == 1 else line.points
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
