"""The threshold is the best on validation data, the middle one of equals."""

from __future__ import annotations

import numpy as np

from crackgauge.training.validation import score


def test_threshold_is_the_middle_of_the_best() -> None:
    truth = np.zeros((4, 9), bool)
    truth[1] = True
    probability = np.where(truth, 0.8, 0.2).astype(np.float32)
    got = score([(probability, truth)], tolerance_px=0)
    assert got.f1 == got.f1_0px == 1.0
    assert 0.5 <= got.threshold <= 0.51


def test_counts_are_pooled_over_images() -> None:
    # 1 of 2 predicted pixels right in the small image, 9 of 9 in the large one: pooled 10 of 11.
    small, large = np.zeros((1, 5), bool), np.zeros((1, 9), bool)
    small[0, 0] = True
    large[:] = True
    p_small = np.array([[1, 0, 0, 0, 1]], np.float32)
    got = score(
        [(p_small, small), (large.astype(np.float32), large)], tolerance_px=0, threshold=0.5
    )
    assert got.precision == 10 / 11
    assert got.recall == 1.0


def test_a_fixed_threshold_is_kept() -> None:
    truth = np.eye(5, dtype=bool)
    assert (
        score([(truth.astype(np.float32), truth)], tolerance_px=2, threshold=0.2).threshold == 0.2
    )
