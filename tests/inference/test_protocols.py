from __future__ import annotations

import numpy as np
import pytest
from tests.inference.conftest import random_image

from crackgauge.errors import UsageError
from crackgauge.inference.protocols import (
    predict_shifts_mean,
    predict_stitched,
    predict_windows_mean,
)


def corners(size: int, side: int, step: int) -> list[int]:
    return sorted({*range(0, size - side + 1, step), size - side})


@pytest.mark.parametrize("step", [1, 5])
def test_windows_mean_is_the_plain_loop_over_all_windows(predictor, step):
    image = random_image(19, 23)
    total, count = np.zeros((19, 23)), np.zeros((19, 23))
    for row in corners(19, 16, step):
        for col in corners(23, 16, step):
            part = np.s_[row : row + 16, col : col + 16]
            total[part] += predictor.predict(np.ascontiguousarray(image[part]))
            count[part] += 1
    got = predict_windows_mean(predictor, image, window_px=16, step=step)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, total / count, atol=1e-5)


def test_an_image_of_one_window_is_predicted_once(predictor):
    image = random_image(48, 48)
    np.testing.assert_allclose(
        predict_windows_mean(predictor, image), predictor.predict(image), atol=1e-6
    )


def test_an_image_smaller_than_a_window_is_edge_replicated(predictor):
    image = random_image(3, 60)
    padded = np.pad(image, ((0, 45), (0, 0), (0, 0)), mode="edge")
    got = predict_windows_mean(predictor, image, step=4)
    assert np.array_equal(got, predict_windows_mean(predictor, padded, step=4)[:3])


def test_stitched_is_each_patch_by_itself(predictor):
    # 19 = 8 + 8 + 3: the last row of patches begins at 11 and gives rows 16 to 18 alone.
    image = random_image(19, 24)
    expected = np.empty((19, 24), np.float32)
    for row, kept in ((0, 0), (8, 8), (11, 16)):
        for col in (0, 8, 16):
            patch = np.ascontiguousarray(image[row : row + 8, col : col + 8])
            out = predictor.predict(patch)
            expected[kept : row + 8, col : col + 8] = out[kept - row :]
    got = predict_stitched(predictor, image, patch_px=8)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, expected, atol=1e-6)
    assert np.abs(got - predictor.predict(image)).max() > 1e-3


def test_stitched_mirrors_an_image_that_is_smaller_than_a_patch(predictor):
    image = random_image(3, 10)
    mirrored = np.pad(image, ((0, 5), (0, 0), (0, 0)), mode="symmetric")
    got = predict_stitched(predictor, image, patch_px=8)
    assert np.array_equal(got, predict_stitched(predictor, mirrored, patch_px=8)[:3])
    assert got.shape == (3, 10)


def test_a_patch_as_large_as_the_image_is_the_plain_prediction(predictor):
    image = random_image(16, 16)
    got = predict_stitched(predictor, image, patch_px=16)
    np.testing.assert_allclose(got, predictor.predict(image), atol=1e-6)


def test_shifts_mean_is_the_plain_loop_over_shifted_images(predictor):
    image = random_image(21, 30)
    expected = np.mean(
        [
            predictor.predict(np.pad(image, ((row, 0), (col, 0), (0, 0)), mode="edge"))[row:, col:]
            for row in range(4)
            for col in range(4)
        ],
        axis=0,
    )
    np.testing.assert_allclose(predict_shifts_mean(predictor, image), expected, atol=1e-6)


def test_one_shift_is_the_plain_prediction(predictor):
    image = random_image(21, 30)
    got = predict_shifts_mean(predictor, image, step=4)
    np.testing.assert_allclose(got, predictor.predict(image), atol=1e-7)


def test_options_that_do_not_fit_are_refused(predictor):
    image = random_image(20, 20)
    with pytest.raises(UsageError, match="a multiple of 4; use 12"):
        predict_windows_mean(predictor, image, window_px=10)
    with pytest.raises(UsageError, match="a multiple of 4; use 12"):
        predict_stitched(predictor, image, patch_px=10)
    with pytest.raises(UsageError, match="expected 1 to 48"):
        predict_windows_mean(predictor, image, step=49)
    with pytest.raises(UsageError, match="expected 1 to 4"):
        predict_shifts_mean(predictor, image, step=0)
    with pytest.raises(UsageError, match="fits a tile"):
        predict_shifts_mean(predictor, random_image(300, 300))
