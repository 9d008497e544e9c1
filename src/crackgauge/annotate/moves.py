"""The steps and turns of the Reeds-Shepp-forward car on the lifted grid.

Legend: No orientations, θ_i = 2π i / No in the image's axes (x right, y down), M moves each.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

# The primitive steps of length 1, √2 and √5: sixteen directions, so that none is skipped over.
_STEPS = tuple(
    (down, right) for down in range(-2, 3) for right in range(-2, 3) if math.gcd(down, right) == 1
)
MOST_MOVES = 8


class Moves(NamedTuple):
    """What can be done in one move, before it is multiplied by the cost.

    Attributes:
        down: int64 (No, M), rows of each step, 0 beyond `steps`.
        right: int64 (No, M), columns.
        length: float32 (No, M), sqrt(f² + l²/ζ²) of its part ahead f > 0 and its part sideways l.
        steps: int64 (No,), how many steps go ahead in this orientation, 7 or 8.
        turn: (2π / No) / ξ, what turning by one orientation counts.
    """

    down: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    length: npt.NDArray[np.float32]
    steps: npt.NDArray[np.int64]
    turn: float


def moves(orientations: int, *, bending: float, sideways: float) -> Moves:
    """List the moves of every orientation, the best aligned first.

    Args:
        orientations: No.
        bending: ξ in 1/px.
        sideways: ζ.

    >>> ahead = moves(16, bending=0.1, sideways=0.1)
    >>> ahead.down[0, 0], ahead.right[0, 0], ahead.length[0, 0]
    (np.int64(0), np.int64(1), np.float32(1.0))
    """
    shape = (orientations, MOST_MOVES)
    down, right = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    length, count = np.zeros(shape, np.float32), np.zeros(orientations, np.int64)
    for index in range(orientations):
        theta = 2 * math.pi * index / orientations
        x, y = math.cos(theta), math.sin(theta)
        ahead = []
        for rows, cols in _STEPS:
            forward, lateral = cols * x + rows * y, rows * x - cols * y
            if forward > 1e-9:
                ahead.append((abs(lateral) / forward, rows, cols, forward, lateral))
        count[index] = len(ahead)
        for place, (_, rows, cols, forward, lateral) in enumerate(sorted(ahead)):
            down[index, place], right[index, place] = rows, cols
            length[index, place] = math.hypot(forward, lateral / sideways)
    return Moves(down, right, length, count, 2 * math.pi / orientations / bending)
