from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from tests.metrics.masks import COLUMN, EMPTY, ROW, pairs_of_masks
from torchmetrics.functional.classification import binary_f1_score, binary_jaccard_index

from crackgauge.errors import UsageError
from crackgauge.metrics.overlap import dice, intersection_over_union


def test_a_cross_by_hand():
    # A row and a column of 5 px share 1 of 9.
    assert intersection_over_union(ROW, COLUMN) == 1 / 9
    assert dice(ROW, COLUMN) == pytest.approx(2 / 10)


@pytest.mark.parametrize(
    ("prediction", "truth", "expected"),
    [(EMPTY, EMPTY, 1.0), (ROW, EMPTY, 0.0), (EMPTY, ROW, 0.0), (ROW, ROW, 1.0)],
)
def test_empty_cases(prediction: np.ndarray, truth: np.ndarray, expected: float):
    assert intersection_over_union(prediction, truth) == expected
    assert dice(prediction, truth) == expected


@given(pairs_of_masks())
def test_torchmetrics_agrees_where_anything_is_there(pair: tuple[np.ndarray, np.ndarray]):
    prediction, truth = pair
    if prediction.any() or truth.any():  # torchmetrics has 0 for two empty masks
        tensors = [torch.from_numpy(mask.astype(int)) for mask in pair]
        iou = float(binary_jaccard_index(*tensors))
        assert intersection_over_union(*pair) == pytest.approx(iou, abs=1e-6)
        assert dice(*pair) == pytest.approx(float(binary_f1_score(*tensors)), abs=1e-6)


@given(pairs_of_masks())
def test_dice_follows_from_iou(pair: tuple[np.ndarray, np.ndarray]):
    iou = intersection_over_union(*pair)
    assert dice(*pair) == pytest.approx(2 * iou / (1 + iou))


def test_sizes_that_differ_are_refused():
    with pytest.raises(UsageError, match="same size"):
        dice(ROW, ROW[:4])
