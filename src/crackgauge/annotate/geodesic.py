"""The shortest path through clicked points in the space of positions and orientations.

Legend: N states of a path. Points and windows are in pixels of the line map, (row, column).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from crackgauge.annotate.moves import Moves
from crackgauge.annotate.shortest_path import Reached, search, walk_back
from crackgauge.arrays import Window
from crackgauge.errors import UsageError

_Floats = npt.NDArray[np.float32]
Pixel = tuple[int, int]

# A path may leave the rectangle around its two ends by this share of their distance, within limits.
_MARGIN_PX, _MARGIN_SHARE = (64, 512), 0.5
# A state takes 6 bytes, and its cost 2: about 2 GB.
_MOST_STATES = 2**28
# At a point between, orientations are kept in which it is reached for this much more.
_VIA_SLACK = 0.2


def find_path(
    read_cost: Callable[[Window], _Floats],
    points: Sequence[Pixel],
    shape: tuple[int, int],
    moves: Moves,
) -> npt.NDArray[np.int64]:
    """Find the shortest path through points in their order, of one orientation at each.

    The ends are free: any orientation at the first point and at the last one. At a point between,
    a path goes on in the orientation in which it came. Orientations that are reached there for a
    fifth more than the nearest one, and dearer ones, are left out: so it is quick.

    Args:
        read_cost: gives the cost of a window, float32 (h, w, No/2).
        points: two or more pixels, neighbours in the list differ.
        shape: height and width of the map.
        moves: of No orientations.

    Returns:
        int64 (N, 3), row, column and orientation.

    Raises:
        UsageError: no path leads to a point past what is forbidden; two points too far apart.
    """
    legs: list[tuple[Window, Reached, Pixel]] = []
    begin = np.zeros(len(moves.steps), np.float32)
    for number, (first, second) in enumerate(pairwise(points), start=2):
        window = window_around(first, second, shape)
        if window.height * window.width * len(begin) > _MOST_STATES:
            raise UsageError(
                f"points {number - 1} and {number} are too far apart: the search would go through "
                f"{window.width} x {window.height} px; give points between them, or a larger "
                "pooling"
            )
        start = first[0] - window.row, first[1] - window.col
        target = second[0] - window.row, second[1] - window.col
        slack = 0.0 if number == len(points) else _VIA_SLACK
        reached = search(read_cost(window), start, begin, target, moves, slack=slack)
        nearest = reached.distance.min()
        if not np.isfinite(nearest):
            raise UsageError(
                f"no path leads from point {number - 1} to point {number} past what is erased; "
                "leave a way between the erased strokes, or move the points"
            )
        legs.append((window, reached, target))
        begin = reached.distance - nearest
    orientation = int(legs[-1][1].distance.argmin())
    parts: list[npt.NDArray[np.int64]] = []
    for window, reached, target in reversed(legs):
        part = walk_back(reached, target, orientation, moves)
        orientation = int(part[0, 2])
        parts.append(part + np.array([window.row, window.col, 0]))
    return np.concatenate(parts[::-1])


def window_around(first: Pixel, second: Pixel, shape: tuple[int, int]) -> Window:
    """The part of the map that a path between two pixels may use.

    >>> window_around((100, 100), (100, 500), (300, 2000))
    Window(row=0, col=0, height=300, width=701)
    """
    distance = np.hypot(first[0] - second[0], first[1] - second[1])
    margin = int(np.clip(np.ceil(_MARGIN_SHARE * distance), *_MARGIN_PX))
    top, left = (max(min(pair) - margin, 0) for pair in zip(first, second, strict=True))
    bottom, right = (
        min(max(pair) + margin + 1, size)
        for pair, size in zip(zip(first, second, strict=True), shape, strict=True)
    )
    return Window(top, left, bottom - top, right - left)
