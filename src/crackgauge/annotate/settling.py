"""The inner loop of the search on the lifted grid, in the words that numba compiles.

Legend as in `shortest_path`; P pixels. The queue is a binary heap in two arrays, `keys` and
`items`, whose first `size` places are used; a state whose distance falls is entered anew, and its
older entries are passed over.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from crackgauge.annotate.compiling import compiled
from crackgauge.annotate.moves import MOST_MOVES

_Floats = npt.NDArray[np.float32]
_Integers = npt.NDArray[np.int64]
_Moves = tuple[_Integers, _Integers, _Floats, _Integers, np.float32]

_FIRST_SIZE = 1 << 14
_UNKNOWN = np.float32(np.inf)
_HALF = np.float32(0.5)


@compiled
def settle(
    cost: _Floats,
    shape: tuple[int, int],
    start: int,
    target: int,
    moves: _Moves,
    lowest: np.float32,
    slack: np.float32,
    distance: _Floats,
    came: npt.NDArray[np.int8],
    done: npt.NDArray[np.bool_],
) -> int:
    """Settle states in the order of distance + lowest * way left, until the target is.

    Args:
        cost: float32 (P, No/2).
        shape: H, W.
        start, target: pixels.
        moves: down, right, length, count, turn of `Moves`.
        lowest: the lowest cost; what is left of the way costs that at least.
        slack: as in `shortest_path.search`.
        distance: float32 (P No,), the start's; written.
        came: int8 (P No,), written.
        done: bool (P No,), all False; written: what was settled.

    Returns:
        How many states were settled.
    """
    number = 2 * cost.shape[1]
    keys, items = np.empty(_FIRST_SIZE, np.float32), np.empty(_FIRST_SIZE, np.int64)
    states = np.empty(MOST_MOVES + 2, np.int64)
    ways = np.empty(MOST_MOVES + 2, np.float32)
    kinds = np.empty(MOST_MOVES + 2, np.int8)
    size, settled, bound = 0, 0, _UNKNOWN
    for state in range(start * number, (start + 1) * number):
        if distance[state] < _UNKNOWN:
            key = distance[state] + lowest * _apart(start, target, shape)
            size = _push(keys, items, size, key, state)
    while size > 0 and keys[0] <= bound:
        key, state = keys[0], items[0]
        size = _pop(keys, items, size)
        if done[state]:
            continue
        done[state] = True
        settled += 1
        if state // number == target and bound == _UNKNOWN:
            bound = key * (1 + slack)
        found = _leave(cost, shape, state, distance[state], moves, states, ways, kinds)
        if size + found > keys.shape[0]:
            keys, items = _grown(keys, items)
        for index in range(found):
            state = states[index]
            if ways[index] < distance[state] and not done[state]:
                distance[state], came[state] = ways[index], kinds[index]
                key = ways[index] + lowest * _apart(state // number, target, shape)
                size = _push(keys, items, size, key, state)
    return settled


@compiled
def _leave(
    cost: _Floats,
    shape: tuple[int, int],
    state: int,
    distance: np.float32,
    moves: _Moves,
    states: _Integers,
    ways: _Floats,
    kinds: npt.NDArray[np.int8],
) -> int:
    """List where a state leads, how far that is and by which move; return how many there are."""
    down, right, length, count, turn = moves
    half = cost.shape[1]
    number = 2 * half
    pixel, theta = state // number, state % number
    row, col = pixel // shape[1], pixel % shape[1]
    here = cost[pixel, theta % half]
    found = 0
    for move in range(count[theta]):
        below, beside = row + down[theta, move], col + right[theta, move]
        if 0 <= below < shape[0] and 0 <= beside < shape[1]:
            pixel_there = below * shape[1] + beside
            states[found] = pixel_there * number + theta
            mean = (here + cost[pixel_there, theta % half]) * _HALF
            ways[found] = distance + mean * length[theta, move]
            kinds[found] = move
            found += 1
    for side in range(2):
        turned = (theta + (number - 1 if side == 0 else 1)) % number
        states[found] = pixel * number + turned
        ways[found] = distance + (here + cost[pixel, turned % half]) * _HALF * turn
        kinds[found] = MOST_MOVES + side
        found += 1
    return found


@compiled
def _apart(pixel: int, target: int, shape: tuple[int, int]) -> np.float32:
    """The straight distance of two pixels."""
    rows = pixel // shape[1] - target // shape[1]
    cols = pixel % shape[1] - target % shape[1]
    return np.float32(np.sqrt(rows * rows + cols * cols))


@compiled
def _push(keys: _Floats, items: _Integers, size: int, key: np.float32, item: int) -> int:
    place = size
    while place > 0 and keys[(place - 1) >> 1] > key:
        keys[place], items[place] = keys[(place - 1) >> 1], items[(place - 1) >> 1]
        place = (place - 1) >> 1
    keys[place], items[place] = key, item
    return size + 1


@compiled
def _pop(keys: _Floats, items: _Integers, size: int) -> int:
    """Take the first entry out."""
    size -= 1
    key, item = keys[size], items[size]
    place, child = 0, 1
    while child < size:
        if child + 1 < size and keys[child + 1] < keys[child]:
            child += 1
        if keys[child] >= key:
            break
        keys[place], items[place] = keys[child], items[child]
        place, child = child, 2 * child + 1
    keys[place], items[place] = key, item
    return size


@compiled
def _grown(keys: _Floats, items: _Integers) -> tuple[_Floats, _Integers]:
    more_keys, more_items = np.empty(2 * len(keys), np.float32), np.empty(2 * len(keys), np.int64)
    more_keys[: len(keys)], more_items[: len(keys)] = keys, items
    return more_keys, more_items
