from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crackgauge.arrays import Window
from crackgauge.measure import assemble, measure, measure_part
from crackgauge.measure.bridging import Bridging
from crackgauge.measure.pieces import loops, measure_pieces, put_together


def pieces_of(mask: np.ndarray):
    return measure_pieces(mask, probability=None, threshold=0.5, min_area_px2=1)


@pytest.mark.parametrize(("rings", "expected"), [(0, 0), (1, 1), (3, 3)])
def test_loops_of_a_ladder(rings, expected):
    """A ladder with so many openings between its rungs."""
    mask = np.zeros((60, 20 + 40 * max(rings, 1)), dtype=bool)
    mask[10:13, 8 : 11 + 40 * max(rings, 1)] = True
    if rings:
        mask[45:48, 8 : 11 + 40 * rings] = True
        for rung in range(rings + 1):
            mask[10:48, 8 + 40 * rung : 11 + 40 * rung] = True
    pieces = pieces_of(mask)
    assert loops(pieces.branches, len(pieces)).tolist() == [expected]


def test_a_closed_ring_is_one_loop_and_a_speck_none():
    rows, cols = np.mgrid[:80, :80] + 0.5
    ring = pieces_of(np.abs(np.hypot(rows - 40, cols - 40) - 30) < 2)
    assert loops(ring.branches, 1).tolist() == [1]
    speck = pieces_of(np.ones((1, 1), dtype=bool))
    assert loops(speck.branches, 1).tolist() == [0]


def test_nothing_put_together_is_nothing():
    assert len(put_together([], Bridging())) == 0
    assert len(put_together([pieces_of(np.zeros((3, 3), bool))], Bridging())) == 0


def test_a_crack_cut_in_two_parts_is_one_again():
    """The two pieces end at the cut, face each other and are bridged without a gap."""
    mask = np.zeros((60, 200), dtype=bool)
    mask[20:24, 10:190] = True
    windows = (Window(0, 0, 60, 100), Window(0, 100, 60, 100))
    parts = [measure_part(mask[window.slices], window=window) for window in windows]
    crack = assemble(parts, height=60, width=200).cracks
    assert len(crack) == 1
    assert crack["length_px"][0] == pytest.approx(180, abs=0.5)
    assert crack["bridged_gap_px"][0] == pytest.approx(0, abs=0.5)


def test_parts_with_probability_are_what_the_whole_is():
    generator = np.random.default_rng(0)
    probability = np.zeros((80, 200), dtype=np.float32)
    probability[20:26, 10:90] = generator.uniform(0.6, 1, (6, 80))
    probability[50:54, 110:190] = generator.uniform(0.6, 1, (4, 80))
    mask = probability >= 0.5
    windows = (Window(0, 0, 80, 100), Window(0, 100, 80, 100))
    parts = [
        measure_part(mask[w.slices], window=w, probability=probability[w.slices]) for w in windows
    ]
    whole = measure(mask, probability=probability, mm_per_px=0.3)
    again = assemble(parts, height=80, width=200, mm_per_px=0.3)
    for name in ("images", "cracks", "branches"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(whole, name))
