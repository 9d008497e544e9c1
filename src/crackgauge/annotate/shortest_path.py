"""Shortest paths on the lifted grid of positions and orientations (Dijkstra with a bound, A*).

Legend: H, W of a window, No orientations, of which the costs of the first No/2 hold for those
opposite too. A state is a pixel with an orientation, numbered (row W + column) No + orientation.
A state is left by a step ahead or a turn; either costs the mean of the costs at its two ends times
what `Moves` says. An infinite cost is never entered.

The first call compiles for some seconds; later processes load the machine code.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from crackgauge.annotate.moves import MOST_MOVES, Moves

_Floats = npt.NDArray[np.float32]
_START, _UNSEEN = -2, -1


@dataclass(frozen=True)
class Reached:
    """What a search found.

    Args:
        distance: float32 (No,), to the target in each orientation; inf where it was not settled.
        came: int8 (H, W, No), the move that led to each state.
        settled: how many states were settled.
    """

    distance: _Floats
    came: npt.NDArray[np.int8]
    settled: int


def search(
    cost: _Floats,
    start: tuple[int, int],
    start_distance: _Floats,
    target: tuple[int, int],
    moves: Moves,
    *,
    slack: float = 0.0,
) -> Reached:
    """Find the shortest ways from one pixel to another.

    Args:
        cost: float32 (H, W, No/2), positive, inf where nothing may pass.
        start: row and column.
        start_distance: float32 (No,), with which each orientation begins; inf where it does not.
        target: row and column.
        moves: of No orientations.
        slack: after the first orientation of the target is settled, others are too whose distance
            is at most 1 + slack times the first's.

    Returns:
        All distances are inf where no way leads to the target.
    """
    # Imported here: it needs numba.
    from crackgauge.annotate.settling import settle

    height, width, half = cost.shape
    distance = np.full((height * width, 2 * half), np.inf, np.float32)
    came = np.full((height * width, 2 * half), _UNSEEN, np.int8)
    done = np.zeros((height * width, 2 * half), np.bool_)
    lowest = float(cost.min())
    at = start[0] * width + start[1]
    distance[at] = start_distance
    came[at] = np.where(np.isfinite(start_distance), _START, _UNSEEN)
    settled = settle(
        cost.reshape(height * width, half),
        (height, width),
        at,
        target[0] * width + target[1],
        (moves.down, moves.right, moves.length, moves.steps, np.float32(moves.turn)),
        np.float32(lowest if np.isfinite(lowest) else 0.0),
        np.float32(slack),
        distance.reshape(-1),
        came.reshape(-1),
        done.reshape(-1),
    )
    goal = target[0] * width + target[1]
    # What was seen and not settled has no final distance.
    found = np.where(done[goal], distance[goal], np.float32(np.inf))
    return Reached(found, came.reshape(height, width, 2 * half), int(settled))


def walk_back(
    reached: Reached, target: tuple[int, int], orientation: int, moves: Moves
) -> npt.NDArray[np.int64]:
    """Follow a way back from the target in one orientation to where it began.

    Returns:
        int64 (N, 3), row, column and orientation, from the start to the target.
    """
    states = []
    row, col, number = *target, orientation
    count = reached.came.shape[2]
    while True:
        states.append((row, col, number))
        move = int(reached.came[row, col, number])
        if move == _START:
            return np.array(states[::-1], np.int64)
        if move < MOST_MOVES:
            row -= int(moves.down[number, move])
            col -= int(moves.right[number, move])
        else:
            number = (number + (1 if move == MOST_MOVES else -1)) % count
