from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torchmetrics.functional.classification import binary_calibration_error

from crackgauge.errors import UsageError
from crackgauge.metrics.calibration import (
    calibration_bins,
    expected_calibration_error,
    reliability,
)

PROBABILITY = np.array([[0.0, 0.5, 0.75, 1.0]], np.float32)
TRUTH = np.array([[False, True, True, False]])


def test_two_bins_by_hand():
    # (0, 0.5] with 0: 0 and 0.5, one of them crack; (0.5, 1]: 0.75 and 1, one of them crack.
    bins = calibration_bins(PROBABILITY, TRUTH, bins=2)
    assert bins.tolist() == [[2.0, 0.5, 1.0], [2.0, 1.75, 1.0]]
    assert expected_calibration_error(bins) == (abs(1 - 0.5) + abs(1 - 1.75)) / 4
    curve = reliability(bins)
    assert curve.probability.tolist() == [0.25, 0.875]
    assert curve.crack_share.tolist() == [0.5, 0.5]


def test_images_add_up_and_empty_bins_have_no_share():
    bins = calibration_bins(PROBABILITY, TRUTH, bins=8)
    twice = bins + calibration_bins(PROBABILITY, TRUTH, bins=8)
    assert expected_calibration_error(twice) == expected_calibration_error(bins)
    assert math.isnan(reliability(bins).crack_share[1])
    assert np.isnan(expected_calibration_error(np.zeros((15, 3))))


# Between the edges of 15 bins, on which torchmetrics sorts otherwise.
OFF_EDGES = st.integers(0, 15 * 16 - 1).map(
    lambda step: float(np.float32((step + 0.5) / (15 * 16)))
)


@given(
    hnp.arrays(np.float32, (5, 8), elements=OFF_EDGES),
    hnp.arrays(np.bool_, (5, 8)),
)
def test_torchmetrics_agrees(probability: np.ndarray, truth: np.ndarray):
    expected = binary_calibration_error(
        torch.from_numpy(probability), torch.from_numpy(truth.astype(int)), n_bins=15, norm="l1"
    )
    found = expected_calibration_error(calibration_bins(probability, truth))
    assert found == pytest.approx(float(expected), abs=1e-5)


def test_no_bin_is_refused():
    with pytest.raises(UsageError, match="at least one"):
        calibration_bins(PROBABILITY, TRUTH, bins=0)
