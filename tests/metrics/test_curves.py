from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from crackgauge.errors import UsageError
from crackgauge.metrics.curves import (
    THRESHOLDS,
    average_iou,
    average_precision,
    best_index,
    best_threshold,
    ods,
    ois,
)
from crackgauge.metrics.overlap import intersection_over_union
from crackgauge.metrics.tolerance import MatchCounts, levels_of, sweep_counts

RIGHT = MatchCounts(predicted=4, predicted_hits=4, truth=4, truth_hits=4)
HALF = MatchCounts(predicted=4, predicted_hits=2, truth=4, truth_hits=2)
WRONG = MatchCounts(predicted=4, predicted_hits=0, truth=4, truth_hits=0)


def test_thresholds_are_the_ninety_nine_hundredths():
    assert (THRESHOLDS[0], THRESHOLDS[49], THRESHOLDS[-1], len(THRESHOLDS)) == (0.01, 0.5, 0.99, 99)


def test_ods_takes_one_threshold_for_all_and_ois_one_for_each():
    per_image = [[RIGHT, HALF], [WRONG, HALF]]  # pooled F1: 4/8 and 4/8
    assert ods([0.3, 0.6], per_image) == (0.3, RIGHT + WRONG)
    assert ois([0.3, 0.6], per_image) == 0.75  # (1 + 0.5) / 2


def test_the_middle_of_equals_is_the_best():
    assert best_index(np.array([[0, 3, 3, 3, 1], [5, 0, 0, 0, 5.0]])).tolist() == [2, 0]


def test_the_middle_of_a_plateau_is_chosen():
    best = best_threshold([0.1, 0.2, 0.3, 0.4, 0.5], [HALF, RIGHT, RIGHT, RIGHT, HALF])
    assert best == (0.3, RIGHT)


@pytest.mark.parametrize(("thresholds", "counts"), [([], []), ([0.5], [])])
def test_nothing_to_choose_from_is_refused(thresholds: list[float], counts: list[MatchCounts]):
    with pytest.raises(UsageError, match="at least one"):
        best_threshold(thresholds, counts)


def test_no_image_is_refused():
    with pytest.raises(UsageError, match="at least one"):
        ois([0.5], [])


def test_ois_leaves_images_without_crack_out():
    nothing_there = MatchCounts()
    assert ois([0.5], [[HALF], [nothing_there]]) == 0.5
    assert math.isnan(ois([0.5], [[nothing_there]]))


def test_average_precision_by_hand():
    # Four pixels, two of them crack, ranked crack, sound, crack, sound.
    probability = np.array([[0.9, 0.7, 0.5, 0.3]], np.float32)
    truth = np.array([[True, False, True, False]])
    # Recall rises to 1/2 at precision 1 and to 1 at precision 2/3.
    assert average_precision(swept(probability, truth)) == pytest.approx(0.5 + 0.5 * 2 / 3)


def test_average_precision_of_an_empty_truth_is_no_number():
    truth = np.zeros((1, 4), bool)
    assert np.isnan(average_precision(swept(np.full((1, 4), 0.5, np.float32), truth)))


def test_average_iou_by_hand():
    # Crack at 0.5 and sound at 0.25: IoU 1/2 up to 0.25, 1 up to 0.5, 0 above.
    counts = swept(np.array([[0.5, 0.25]], np.float32), np.array([[True, False]]))
    assert average_iou(counts) == pytest.approx((25 * 0.5 + 25 * 1.0) / 99)


@given(
    hnp.arrays(np.float32, (6, 7), elements=st.floats(0, 1, width=32)),
    hnp.arrays(np.bool_, (6, 7)),
)
def test_average_iou_equals_a_loop(probability: np.ndarray, truth: np.ndarray):
    ious = [
        intersection_over_union(probability >= np.float32(level), truth) for level in THRESHOLDS
    ]
    assert average_iou(swept(probability, truth)) == pytest.approx(np.mean(ious))


def swept(probability: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Counts at 0 px for 0.01..0.99."""
    levels = levels_of(probability, np.asarray(THRESHOLDS, np.float32))
    return sweep_counts(levels, truth, len(THRESHOLDS), 0)
