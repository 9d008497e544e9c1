from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from crackgauge.errors import UsageError
from crackgauge.metrics.tolerance import (
    MatchCounts,
    Tolerance,
    disk_maximum,
    match_counts,
    threshold_counts,
)

SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12)
RADII = st.sampled_from([0, 1, 1.5, 2, 2.9, 5, 20])
LEVELS = [0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0]


def naive_counts(prediction: np.ndarray, truth: np.ndarray, tolerance_px: float) -> MatchCounts:
    """Every predicted pixel against every truth pixel, one distance at a time."""
    predicted, wanted = np.argwhere(prediction), np.argwhere(truth)
    if not (len(predicted) and len(wanted)):
        return MatchCounts(len(predicted), 0, len(wanted), 0)
    near = np.linalg.norm(predicted[:, None] - wanted[None], axis=2) <= tolerance_px
    return MatchCounts(
        len(predicted), int(near.any(axis=1).sum()), len(wanted), int(near.any(axis=0).sum())
    )


@st.composite
def pairs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """A probability on few distinct levels, so that ties with thresholds happen, and a truth."""
    shape = draw(SHAPES)
    levels = st.sampled_from([*LEVELS, 0.09999, 0.50001])
    probability = draw(hnp.arrays(np.float64, shape, elements=levels)).astype(np.float32)
    return probability, draw(hnp.arrays(np.bool_, shape))


@given(pairs(), RADII)
def test_match_counts_equal_the_naive_loop(pair: tuple[np.ndarray, np.ndarray], radius: float):
    probability, truth = pair
    prediction = probability >= 0.5
    counts = match_counts(prediction, truth, tolerance_px=radius)
    assert counts == naive_counts(prediction, truth, radius)


@settings(max_examples=60)
@given(pairs(), RADII, st.permutations(LEVELS))
def test_one_pass_equals_a_loop_over_thresholds(
    pair: tuple[np.ndarray, np.ndarray], radius: float, thresholds: list[float]
):
    probability, truth = pair
    expected = [
        match_counts(probability >= np.float32(level), truth, tolerance_px=radius)
        for level in thresholds
    ]
    assert threshold_counts(probability, truth, radius, thresholds) == expected


@given(hnp.arrays(np.uint8, SHAPES), RADII)
def test_disk_maximum_equals_scipy(values: np.ndarray, radius: float):
    reach = int(radius)
    rows, cols = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    expected = ndimage.maximum_filter(
        values, footprint=np.hypot(rows, cols) <= radius, mode="constant", cval=0
    )
    np.testing.assert_array_equal(disk_maximum(values, radius), expected)


def test_tolerance_is_a_disk_and_not_a_square():
    truth = np.zeros((5, 5), bool)
    truth[2, 2] = True
    corner = np.zeros((5, 5), bool)
    corner[0, 0] = True  # sqrt(8) = 2.83 px away
    assert match_counts(corner, truth, tolerance_px=2).predicted_hits == 0
    assert match_counts(corner, truth, tolerance_px=2.83).predicted_hits == 1


def test_a_line_two_pixels_beside_the_truth():
    truth = np.zeros((5, 5), bool)
    truth[:, 0] = True
    prediction = np.zeros((5, 5), bool)
    prediction[:, 2] = True
    assert match_counts(prediction, truth, tolerance_px=0).f1 == 0.0
    assert match_counts(prediction, truth, tolerance_px=2).f1 == 1.0


def test_recall_counts_truth_pixels_near_the_prediction():
    truth = np.ones((1, 5), bool)
    prediction = np.array([[True, False, False, False, False]])
    counts = match_counts(prediction, truth, tolerance_px=2)
    assert (counts.precision, counts.recall) == (1.0, 0.6)


@pytest.mark.parametrize(
    ("predicted", "wanted", "precision", "recall", "f1"),
    [
        (False, False, 1.0, 1.0, 1.0),
        (True, False, 0.0, 0.0, 0.0),
        (False, True, 0.0, 0.0, 0.0),
        (True, True, 1.0, 1.0, 1.0),
    ],
)
def test_empty_cases(predicted: bool, wanted: bool, precision: float, recall: float, f1: float):
    shape = (5, 5)
    counts = match_counts(np.full(shape, predicted), np.full(shape, wanted), tolerance_px=2)
    assert (counts.precision, counts.recall, counts.f1) == (precision, recall, f1)


def test_counts_are_pooled_by_adding():
    small = MatchCounts(predicted=1, predicted_hits=1, truth=1, truth_hits=1)
    large = MatchCounts(predicted=99, predicted_hits=0, truth=3, truth_hits=0)
    pooled = small + large
    assert (pooled.precision, pooled.recall) == (0.01, 0.25)


def test_no_threshold_gives_no_counts():
    assert threshold_counts(np.zeros((2, 2), np.float32), np.zeros((2, 2), bool), 2, []) == []


@pytest.mark.parametrize("radius", [-1.0, float("nan"), float("inf")])
def test_impossible_tolerances_are_refused(radius: float):
    mask = np.zeros((2, 2), bool)
    with pytest.raises(UsageError, match="expected 0 or more"):
        match_counts(mask, mask, tolerance_px=radius)


def test_sizes_that_differ_are_refused():
    with pytest.raises(UsageError, match="same size"):
        match_counts(np.zeros((2, 3), bool), np.zeros((3, 2), bool), tolerance_px=2)


def test_a_tolerance_as_a_fraction_of_the_diagonal():
    truth = np.zeros((30, 40), bool)  # its diagonal is 50 px
    truth[:, 0] = True
    prediction = np.roll(truth, 3, axis=1)
    for fraction, f1 in ((0.059, 0.0), (0.06, 1.0)):
        radius = Tolerance(fraction, "diagonal").in_px(truth.shape)
        assert match_counts(prediction, truth, tolerance_px=radius).f1 == f1


@pytest.mark.parametrize("radius", [11, 12, 13, 1e9])
def test_a_tolerance_beyond_the_image_reaches_all_of_it(radius: float):
    corner = np.zeros((5, 12), bool)
    corner[0, 0] = True
    reached = disk_maximum(corner, radius)
    assert reached.all() == (radius >= np.hypot(4, 11))


def test_more_thresholds_than_a_byte_holds():
    probability = np.linspace(0, 1, 1001, dtype=np.float32)[None]
    truth = probability > 0.25
    thresholds = [step / 1000 for step in range(1, 1000)]
    expected = [
        match_counts(probability >= np.float32(level), truth, tolerance_px=3)
        for level in thresholds
    ]
    assert threshold_counts(probability, truth, 3, thresholds) == expected
