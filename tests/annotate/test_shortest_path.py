from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra

from crackgauge.annotate.moves import Moves, moves
from crackgauge.annotate.shortest_path import search, walk_back

H, W, ORIENTATIONS = 9, 11, 8
MOVES = moves(ORIENTATIONS, bending=0.3, sideways=0.5)


def lifted_graph(cost: np.ndarray, ahead: Moves) -> csr_array:
    """All edges of the lifted grid, one by one."""
    froms, tos, lengths = [], [], []

    def number(row: int, col: int, theta: int) -> int:
        return (row * W + col) * ORIENTATIONS + theta % ORIENTATIONS

    half = ORIENTATIONS // 2
    for row, col, theta in np.ndindex(H, W, ORIENTATIONS):
        here = cost[row, col, theta % half]
        for place in range(ahead.steps[theta]):
            below, beside = row + ahead.down[theta, place], col + ahead.right[theta, place]
            if 0 <= below < H and 0 <= beside < W:
                froms.append(number(row, col, theta))
                tos.append(number(below, beside, theta))
                mean = (here + cost[below, beside, theta % half]) / 2
                lengths.append(mean * ahead.length[theta, place])
        for other in (theta - 1, theta + 1):
            froms.append(number(row, col, theta))
            tos.append(number(row, col, other))
            lengths.append((here + cost[row, col, other % half]) / 2 * ahead.turn)
    return coo_array((lengths, (froms, tos)), shape=(H * W * ORIENTATIONS,) * 2).tocsr()


@pytest.mark.parametrize("seed", range(4))
def test_distances_are_scipys(seed: int):
    rng = np.random.default_rng(seed)
    cost = rng.uniform(0.01, 1, (H, W, ORIENTATIONS // 2)).astype(np.float32)
    begin = rng.uniform(0, 0.2, ORIENTATIONS).astype(np.float32)
    graph = lifted_graph(cost, MOVES)
    start = (2 * W + 1) * ORIENTATIONS + np.arange(ORIENTATIONS)
    from_each = dijkstra(graph, indices=start) + begin[:, None]
    expected = from_each.min(axis=0).reshape(H, W, ORIENTATIONS)[7, 9]

    reached = search(cost, (2, 1), begin, (7, 9), MOVES, slack=1e6)
    assert reached.distance == pytest.approx(expected, rel=1e-5)

    first = search(cost, (2, 1), begin, (7, 9), MOVES)
    assert np.isfinite(first.distance).sum() == 1
    assert first.distance.min() == pytest.approx(expected.min(), rel=1e-5)
    assert first.settled < reached.settled


def test_the_way_back_adds_up_to_the_distance():
    cost = np.random.default_rng(1).uniform(0.01, 1, (H, W, 4)).astype(np.float32)
    reached = search(cost, (2, 1), np.zeros(8, np.float32), (7, 9), MOVES)
    best = int(reached.distance.argmin())
    states = walk_back(reached, (7, 9), best, MOVES)
    assert states[0, :2].tolist() == [2, 1]
    assert states[-1].tolist() == [7, 9, best]
    graph = lifted_graph(cost, MOVES)
    numbers = (states[:, 0] * W + states[:, 1]) * ORIENTATIONS + states[:, 2]
    total = sum(graph[one, other] for one, other in itertools.pairwise(numbers))
    assert total == pytest.approx(reached.distance[best], rel=1e-5)


def test_no_way_through_a_wall():
    cost = np.ones((H, W, 4), np.float32)
    cost[:, 4:7] = np.inf
    reached = search(cost, (2, 1), np.zeros(8, np.float32), (7, 9), MOVES)
    assert np.isinf(reached.distance).all()


def test_many_states_in_the_queue():
    """More than the queue has places for at first."""
    cost = np.random.default_rng(0).uniform(0.9, 1, (120, 120, 4)).astype(np.float32)
    reached = search(cost, (0, 0), np.zeros(8, np.float32), (119, 119), MOVES, slack=1e6)
    assert reached.settled == 120 * 120 * 8
