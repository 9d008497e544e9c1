from __future__ import annotations

import itertools

import numpy as np
import pytest

from crackgauge.annotate.track import MOST_JUMP, best_track


@pytest.mark.parametrize("seed", range(5))
def test_the_track_is_the_best_of_all(seed: int):
    gain = np.random.default_rng(seed).random((4, 5))
    track = best_track(gain, jump_cost=0.2)

    def total(columns: tuple[int, ...]) -> float:
        jumps = np.abs(np.diff(columns))
        if (jumps > MOST_JUMP).any():
            return -np.inf
        return float(gain[np.arange(4), columns].sum() - 0.2 * jumps.sum())

    best = max(itertools.product(range(5), repeat=4), key=total)
    assert np.abs(track - best).max() <= 0.5


def test_between_the_columns_it_is_the_parabolas_top():
    """-(c - 2.3)² has its top at 2.3."""
    gain = -((np.arange(6) - 2.3) ** 2) * np.ones((3, 1))
    assert best_track(gain, jump_cost=1.0) == pytest.approx([2.3] * 3)


def test_a_row_without_anything_is_crossed_straight():
    gain = np.zeros((5, 9))
    gain[[0, 1, 3, 4], 6] = 1.0
    assert best_track(gain, jump_cost=0.1).round().tolist() == [6, 6, 6, 6, 6]
