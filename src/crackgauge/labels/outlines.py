"""Outlines of a mask along the edges of its pixels, so that filling them gives the mask again.

Legend: a CORNER is a point where pixels meet, (x, y) whole numbers; an EDGE joins two corners
between a pixel of the mask and one outside it, and goes with the mask on its right: east on the
upper side of a pixel, south on its right, west below it, north on its left. E edges.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Mask, check_mask
from crackgauge.labels.filling import fill_polygon
from crackgauge.labels.shapes import Points, Polygon

_Ints = npt.NDArray[np.int64]

# Where an edge ends, from where it begins: east, south, west, north.
_STEPS = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])


def outline(mask: Mask, *, row: int = 0, col: int = 0, label: str = "") -> list[Polygon]:
    """The areas of a mask as polygons with holes.

    Pixels that share a corner belong to one area, so a thin oblique crack is one polygon, which
    touches itself there. Filling all polygons gives the mask bit by bit.

    Args:
        mask: bool (H, W).
        row, col: where its first pixel lies in the image.
        label: of the polygons.

    Returns:
        One polygon an area, from the top, by its first pixel.

    >>> [polygon.points for polygon in outline(np.array([[True, True], [False, False]]))]
    [((0.0, 0.0), (2.0, 0.0), (2.0, 1.0), (0.0, 1.0))]
    """
    check_mask(mask)
    rings = _rings(mask)
    outer = [ring for ring in rings if _area(ring) > 0]
    inner = [ring for ring in rings if _area(ring) < 0]
    holes: list[list[Points]] = [[] for _ in outer]
    if inner:
        numbers = _numbers(mask.shape, outer)
        for ring in inner:
            x, y = ring[:, 0], ring[:, 1]
            first = int(np.lexsort((x, y))[0])
            # The mask's pixel above the highest, leftmost corner of the hole.
            holes[numbers[y[first] - 1, x[first]] - 1].append(_points(ring, row, col))
    return [
        Polygon(_points(ring, row, col), label, tuple(inside))
        for ring, inside in zip(outer, holes, strict=True)
    ]


def _points(ring: _Ints, row: int, col: int) -> Points:
    return tuple((float(x + col), float(y + row)) for x, y in ring.tolist())


def _area(ring: _Ints) -> float:
    """Above 0 for an outline around the mask, below 0 around a hole."""
    x, y = ring[:, 0], ring[:, 1]
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


def _numbers(shape: tuple[int, ...], outer: list[_Ints]) -> npt.NDArray[np.int32]:
    """The number from 1 of the outline that holds a pixel; the innermost of several.

    The outline of an area in a hole of another begins further down, so it is drawn later.
    """
    numbers = np.zeros(shape, np.int32)
    for number, ring in enumerate(outer, start=1):
        (left, top), (right, bottom) = ring.min(axis=0), ring.max(axis=0)
        part = np.zeros((bottom - top, right - left), np.bool_)
        fill_polygon(part, (ring - [left, top]).astype(np.float64))
        numbers[top:bottom, left:right][part] = number
    return numbers


def _rings(mask: Mask) -> list[_Ints]:
    """Every closed way along edges, as its corners where it turns, by its first edge."""
    begins, ways = _edges(mask)
    follows = _following(begins, ways, mask.shape[1] + 1)
    turns = ways != ways[follows]  # at the end of an edge
    ends = begins + _STEPS[ways]
    order = follows.tolist()
    seen = np.zeros(len(order), np.bool_).tolist()
    rings = []
    for start in range(len(order)):
        if seen[start]:
            continue
        walked, at = [], start
        while not seen[at]:
            seen[at] = True
            walked.append(at)
            at = order[at]
        kept = np.array(walked)[turns[walked]]
        rings.append(np.roll(ends[kept], 1, axis=0))  # from the corner at which the first begins
    return rings


def _edges(mask: Mask) -> tuple[_Ints, _Ints]:
    """Where each edge begins, (E, 2) corners, and its way (E,), by row and column of its pixel."""
    padded = np.pad(mask, 1)
    inside = padded[1:-1, 1:-1]
    neighbours = (padded[:-2, 1:-1], padded[1:-1, 2:], padded[2:, 1:-1], padded[1:-1, :-2])
    offsets = ((0, 0), (1, 0), (1, 1), (0, 1))
    corners, numbers = [], []
    for number, (neighbour, offset) in enumerate(zip(neighbours, offsets, strict=True)):
        rows, cols = np.nonzero(inside & ~neighbour)
        corners.append(np.stack([cols, rows], axis=1) + offset)
        numbers.append(np.full(len(rows), number))
    begins, ways = np.concatenate(corners), np.concatenate(numbers)
    # Those to the east first, from the top: an outline begins with one.
    order = np.lexsort(np.stack([begins[:, 0], begins[:, 1], ways != 0]))
    return begins[order], ways[order]


def _following(begins: _Ints, ways: _Ints, across: int) -> _Ints:
    """For each edge the one that goes on at its end; of two the one that turns left.

    Two begin where only diagonal pixels belong to the mask: turning left keeps them together.
    """
    starts = begins[:, 1] * across + begins[:, 0]
    ends = begins + _STEPS[ways]
    stops = ends[:, 1] * across + ends[:, 0]
    keys = starts * 4 + ways
    order = np.argsort(keys)
    found = np.full(len(keys), -1)
    for turn in (3, 0, 1):  # left, straight on, right
        wanted = stops * 4 + (ways + turn) % 4
        place = np.searchsorted(keys[order], wanted).clip(max=len(keys) - 1)
        match = order[place]
        found = np.where((found < 0) & (keys[match] == wanted), match, found)
    return found
