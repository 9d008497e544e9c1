from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.metrics.masks import COLUMN, EMPTY, ROW, pairs_of_masks

from crackgauge.errors import UsageError
from crackgauge.metrics.regions import region_counts, region_map


def test_by_hand_with_a_remainder():
    # Cells of 2 px on 5 x 5: three by three, the last ones cut to one pixel.
    assert region_map(ROW, side_px=2).tolist() == [[False] * 3, [True] * 3, [False] * 3]
    counts = region_counts(ROW, COLUMN, side_px=2)
    assert (counts.precision, counts.recall, counts.f1) == pytest.approx((1 / 3, 1 / 3, 1 / 3))


def test_fifty_px_are_the_default():
    mask = np.zeros((120, 60), bool)
    mask[119, 59] = True
    assert region_map(mask).tolist() == [[False, False], [False, False], [False, True]]


@pytest.mark.parametrize(
    ("prediction", "truth", "f1"),
    [(EMPTY, EMPTY, 1.0), (ROW, EMPTY, 0.0), (EMPTY, ROW, 0.0), (ROW, ROW, 1.0)],
)
def test_empty_cases(prediction: np.ndarray, truth: np.ndarray, f1: float):
    assert region_counts(prediction, truth, side_px=2).f1 == f1


@given(pairs_of_masks(), st.integers(1, 20))
def test_equal_to_a_loop_over_cells(pair: tuple[np.ndarray, np.ndarray], side: int):
    prediction, truth = pair
    cells = [
        (prediction[row : row + side, col : col + side], truth[row : row + side, col : col + side])
        for row in range(0, truth.shape[0], side)
        for col in range(0, truth.shape[1], side)
    ]
    both = sum(bool(p.any() and t.any()) for p, t in cells)
    counts = region_counts(prediction, truth, side_px=side)
    assert counts.predicted == sum(bool(p.any()) for p, _ in cells)
    assert counts.truth == sum(bool(t.any()) for _, t in cells)
    assert counts.predicted_hits == counts.truth_hits == both


def test_a_side_of_nothing_is_refused():
    with pytest.raises(UsageError, match="expected 1 or more"):
        region_map(ROW, side_px=0)
