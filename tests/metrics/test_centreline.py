from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from tests.metrics.masks import COLUMN, EMPTY, ROW, pairs_of_masks

from crackgauge.errors import UsageError
from crackgauge.metrics.centreline import centreline_iou, cldice, skeleton_of


def test_a_line_is_its_own_skeleton():
    # The row's skeleton meets the column's mask in 1 of 5 px, and the reverse.
    assert cldice(ROW, COLUMN) == pytest.approx(1 / 5)


def test_width_does_not_count_but_length_does():
    truth = np.zeros((9, 12), bool)
    truth[3:6] = True
    assert cldice(truth, truth) == 1.0
    thin = skeleton_of(truth)
    assert cldice(thin, truth) == 1.0
    part = thin.copy()
    part[:, 6:] = False
    assert (thin.sum(), part.sum()) == (11, 6)  # the line stops short of one end of the bar
    assert cldice(part, truth) == pytest.approx(2 * (6 / 11) / (1 + 6 / 11))


def test_centreline_iou_by_hand():
    truth = np.zeros((12, 10), bool)
    truth[1] = True  # ten px
    prediction = np.zeros_like(truth)
    prediction[5, :4] = True  # four hits at 4 px; they find the truth's columns 0 to 3
    prediction[11, :3] = True  # three false alarms
    assert centreline_iou(prediction, truth) == 4 / (4 + 6 + 3)
    assert centreline_iou(prediction, truth, tolerance_px=3.9) == 0.0


@pytest.mark.parametrize(
    ("prediction", "truth", "expected"),
    [(EMPTY, EMPTY, 1.0), (ROW, EMPTY, 0.0), (EMPTY, ROW, 0.0), (ROW, ROW, 1.0)],
)
@pytest.mark.parametrize("score", [cldice, centreline_iou])
def test_empty_cases(score, prediction: np.ndarray, truth: np.ndarray, expected: float):
    assert score(prediction, truth) == expected


@given(pairs_of_masks(12))
def test_the_formulas_on_any_masks(pair: tuple[np.ndarray, np.ndarray]):
    prediction, truth = pair
    lines = [skeleton_of(mask) for mask in pair]
    assert all(line.any() == mask.any() for line, mask in zip(lines, pair, strict=True))
    if prediction.any() and truth.any():
        precision = truth[lines[0]].mean()
        sensitivity = prediction[lines[1]].mean()
        total = precision + sensitivity
        expected = 2 * precision * sensitivity / total if total else 0.0
        assert cldice(*pair) == pytest.approx(expected)
        assert centreline_iou(*pair) == pytest.approx(naive_iou(*lines, tolerance_px=4))


def naive_iou(prediction: np.ndarray, truth: np.ndarray, tolerance_px: float) -> float:
    predicted, wanted = np.argwhere(prediction), np.argwhere(truth)
    near = np.linalg.norm(predicted[:, None] - wanted[None], axis=2) <= tolerance_px
    found = near.any(axis=0).sum()
    false_alarms = len(predicted) - near.any(axis=1).sum()
    return float(found / (len(wanted) + false_alarms))


def test_sizes_that_differ_are_refused():
    with pytest.raises(UsageError, match="same size"):
        cldice(ROW, ROW[:4])
