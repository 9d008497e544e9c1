from __future__ import annotations

import itertools

import numpy as np
import pytest

from crackgauge.annotate import geodesic
from crackgauge.annotate.geodesic import find_path, window_around
from crackgauge.annotate.moves import Moves, moves
from crackgauge.annotate.settings import TraceSettings
from crackgauge.annotate.shortest_path import search
from crackgauge.arrays import Window
from crackgauge.errors import UsageError

MOVES = moves(16, bending=0.1, sideways=0.1)


def even(window: Window) -> np.ndarray:
    return np.ones((window.height, window.width, 8), np.float32)


@pytest.mark.parametrize(
    ("target", "orientation"), [((10, 40), 0), ((40, 40), 2), ((40, 10), 4), ((10, 0), 8)]
)
def test_on_even_ground_the_path_is_straight(target: tuple[int, int], orientation: int):
    path = find_path(even, [(10, 10), target], (60, 60), MOVES)
    assert (path[:, 2] == orientation).all()
    assert path[0, :2].tolist() == [10, 10]
    assert path[-1, :2].tolist() == list(target)
    steps = np.diff(path[:, :2], axis=0)
    assert (steps == steps[0]).all()


def test_through_a_point_between_the_orientation_goes_on():
    """Turns are made one orientation at a time, at the point between too."""
    path = find_path(even, [(30, 5), (30, 30), (5, 55)], (60, 60), MOVES)
    turns = np.abs(np.diff(path[:, 2]))
    assert np.minimum(turns, 16 - turns).max() == 1
    places = path[:, :2].tolist()
    assert [30, 30] in places
    # A turn and a step are two moves: whoever turns stays where they are.
    moved = np.diff(path[:, :2], axis=0).any(axis=1)
    assert not (moved & (turns > 0)).any()


@pytest.mark.parametrize("seed", range(3))
def test_a_chain_is_the_shortest_of_all_through_its_points(
    seed: int, monkeypatch: pytest.MonkeyPatch
):
    """Orientation by orientation at the point between: the ways to it and from it together."""
    monkeypatch.setattr(geodesic, "_VIA_SLACK", 1e6)  # none of them is left out
    ahead = moves(8, bending=0.3, sideways=0.5)
    cost = np.random.default_rng(seed).uniform(0.2, 1, (9, 11, 4)).astype(np.float32)
    first, between, last = (2, 1), (5, 5), (3, 9)
    begin = np.zeros(8, np.float32)
    to_it = search(cost, first, begin, between, ahead, slack=1e6).distance
    totals = []
    for theta in range(8):
        alone = np.full(8, np.inf, np.float32)
        alone[theta] = to_it[theta]
        totals.append(search(cost, between, alone, last, ahead).distance.min())
    path = find_path(lambda _: cost, [first, between, last], (9, 11), ahead)
    assert length_of(path, cost, ahead) == pytest.approx(min(totals), rel=1e-5)


def length_of(path: np.ndarray, cost: np.ndarray, ahead: Moves) -> float:
    """What a path costs, move by move; a point between stands in it twice."""
    total = 0.0
    for (row, col, theta), (below, beside, other) in itertools.pairwise(path.tolist()):
        mean = (cost[row, col, theta % 4] + cost[below, beside, other % 4]) / 2
        if theta != other:
            total += mean * ahead.turn
        elif (row, col) != (below, beside):
            steps = np.stack([ahead.down[theta], ahead.right[theta]], axis=1).tolist()
            total += mean * ahead.length[theta, steps.index([below - row, beside - col])]
    return total


def test_windows_are_those_of_the_whole_image():
    asked: list[Window] = []

    def read(window: Window) -> np.ndarray:
        asked.append(window)
        return even(window)

    path = find_path(read, [(500, 700), (520, 760)], (1000, 1000), MOVES)
    assert asked == [Window(436, 636, 149, 189)]
    assert path[0, :2].tolist() == [500, 700]


def test_a_window_ends_at_the_image():
    assert window_around((0, 0), (9, 9), (10, 10)) == Window(0, 0, 10, 10)
    assert window_around((0, 0), (0, 9000), (10**6, 10**6)) == Window(0, 0, 513, 9513)


def test_points_too_far_apart_for_the_memory():
    with pytest.raises(UsageError, match="points 1 and 2 are too far apart: the search would go"):
        find_path(even, [(0, 0), (30_000, 30_000)], (10**6, 10**6), MOVES)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"orientations": 10}, "orientations: got 10, expected a multiple of 4 from 8 to 64"),
        ({"trust": 1.0}, "trust: got 1, expected 0 or more and below 1"),
        ({"contrast": float("nan")}, "contrast: got nan, expected a positive number"),
        ({"sideways": 0.0}, "sideways: got 0"),
        ({"sideways": 1.5}, "sideways: got 1.5, expected at most 1"),
        ({"reach_px": 0.5}, "reach_px: got 0.5, expected 1 to 256"),
    ],
)
def test_settings_that_cannot_be(values: dict[str, float], sentence: str):
    with pytest.raises(UsageError, match=sentence):
        TraceSettings(**values)
