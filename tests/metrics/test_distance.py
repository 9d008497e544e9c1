from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from scipy.spatial.distance import cdist
from skimage.metrics import hausdorff_distance as skimage_hausdorff_distance
from tests.metrics.masks import COLUMN, EMPTY, ROW, pairs_of_masks

from crackgauge.errors import UsageError
from crackgauge.metrics.distance import distances, hausdorff_distance, hd_score


def test_a_cross_by_hand():
    # The row's pixels are 2, 1, 0, 1, 2 px from the column, and the reverse: 6/5 on average.
    assert hd_score(ROW, COLUMN) == pytest.approx(100 * (1 - 1.2 / 50))
    assert hausdorff_distance(ROW, COLUMN, percentile=100) == 2.0


def test_the_worse_side_decides_and_far_counts_as_fifty():
    truth = np.zeros((1, 100), bool)
    truth[0, 0] = True
    prediction = truth.copy()
    prediction[0, 90] = True  # the prediction is 0 and 90 -> 50 px away, the truth 0
    assert hd_score(prediction, truth) == 100 * (1 - 25 / 50)


@pytest.mark.parametrize(
    ("prediction", "truth", "score", "distance_px"),
    [
        (EMPTY, EMPTY, 100.0, 0.0),
        (ROW, EMPTY, 0.0, math.hypot(5, 5)),
        (EMPTY, ROW, 0.0, math.hypot(5, 5)),
        (ROW, ROW, 100.0, 0.0),
    ],
)
def test_empty_cases(prediction, truth, score: float, distance_px: float):
    assert hd_score(prediction, truth) == score
    assert hausdorff_distance(prediction, truth) == distance_px


@given(pairs_of_masks(40))
def test_distances_equal_scipy(pair: tuple[np.ndarray, np.ndarray]):
    prediction, truth = pair
    found = distances(prediction, truth)
    if not (prediction.any() and truth.any()):
        assert found is None
        return
    assert found is not None
    expected = ndimage.distance_transform_edt(~truth)[prediction]
    np.testing.assert_allclose(found.from_prediction, expected, rtol=1e-6)


@given(pairs_of_masks(), st.sampled_from([1.0, 3.0, 50.0]))
def test_hd_score_equals_the_formula(pair: tuple[np.ndarray, np.ndarray], limit: float):
    prediction, truth = pair
    if prediction.any() and truth.any():
        table = np.minimum(cdist(np.argwhere(prediction), np.argwhere(truth)), limit)
        worse = max(table.min(axis=1).mean(), table.min(axis=0).mean())
        expected = 100 * (1 - worse / limit)
        assert hd_score(*pair, limit_px=limit) == pytest.approx(expected, abs=1e-4)


@given(pairs_of_masks())
def test_the_whole_hausdorff_distance_equals_scikit_image(pair: tuple[np.ndarray, np.ndarray]):
    if pair[0].any() and pair[1].any():
        expected = skimage_hausdorff_distance(*pair)
        assert hausdorff_distance(*pair, percentile=100) == pytest.approx(expected, rel=1e-6)


def test_the_95th_percentile_forgives_a_stray_pixel():
    truth = np.zeros((40, 100), bool)
    truth[0] = True
    prediction = truth.copy()
    prediction[39, 0] = True
    assert hausdorff_distance(prediction, truth) == 0.0
    assert hausdorff_distance(prediction, truth, percentile=100) == 39.0


def test_wrong_settings_are_refused():
    with pytest.raises(UsageError, match="more than 0"):
        hd_score(ROW, ROW, limit_px=0)
    with pytest.raises(UsageError, match="0 to 100"):
        hausdorff_distance(ROW, ROW, percentile=101)
