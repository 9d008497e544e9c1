from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import pytest

from crackgauge.errors import UsageError
from crackgauge.inference.augmentation import (
    AUGMENTATIONS,
    apply_view,
    find_views,
    reach,
    resample,
    undo_view,
)


@pytest.mark.parametrize("scale", [Fraction(5, 4), Fraction(4, 5), Fraction(2), Fraction(1, 2)])
def test_resampling_is_bilinear_as_opencv_does_it(scale):
    x = np.random.default_rng(0).random((20, 40), np.float32)
    size = (int(40 * scale), int(20 * scale))
    expected = cv2.resize(x, size, interpolation=cv2.INTER_LINEAR)
    np.testing.assert_allclose(resample(x, scale), expected, atol=1e-5)


def test_a_window_resamples_as_the_whole_does():
    x = np.random.default_rng(0).random((8, 64), np.float32)
    whole = resample(x, Fraction(5, 4))
    window = resample(x[:, 16:48], Fraction(5, 4))
    assert np.array_equal(window[:, 1:-1], whole[:, 21:59])


def test_a_size_off_the_grid_is_refused():
    with pytest.raises(ValueError, match="expected a multiple of 4"):
        resample(np.zeros((4, 6), np.float32), Fraction(5, 4))


@pytest.mark.parametrize("view", AUGMENTATIONS["flips"])
def test_undoing_a_flip_gives_the_image_back(view):
    x = np.arange(12, dtype=np.float32).reshape(1, 3, 4)
    assert np.array_equal(undo_view(apply_view(x, view)[0], view), x[0])


def test_flips_are_four_different_ones():
    x = np.arange(4, dtype=np.float32).reshape(1, 2, 2)
    seen = [apply_view(x, view)[0].ravel().tolist() for view in find_views("flips")]
    assert seen == [[0, 1, 2, 3], [1, 0, 3, 2], [2, 3, 0, 1], [3, 2, 1, 0]]


def test_reach_is_the_halo_and_for_a_small_halo_the_resampling():
    assert reach(find_views("flips+scales"), 96) == 96
    assert reach(find_views("flips+scales"), 0) == 2


def test_an_unknown_augmentation_names_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'flips'"):
        find_views("flip")
