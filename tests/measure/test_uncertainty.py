from __future__ import annotations

import math

import numpy as np
import pytest

from crackgauge.measure import Scale, measure
from crackgauge.measure.uncertainty import LENGTH_SD_PX, LENGTH_SD_SHARE, WIDTH_MEAN_SD_PX


def bar() -> np.ndarray:
    mask = np.zeros((50, 400), dtype=bool)
    mask[20:24, 50:350] = True
    return mask


def test_a_length_has_the_error_of_measuring_and_that_of_the_scale():
    crack = measure(bar(), scale=Scale(0.5, 0.01)).cracks.iloc[0]
    measuring = 0.5 * math.hypot(LENGTH_SD_SHARE * 300, LENGTH_SD_PX)
    assert crack["length_sd_mm"] == pytest.approx(math.hypot(measuring, 150 * 0.02))
    own = 0.5 * WIDTH_MEAN_SD_PX["mask"]
    assert crack["width_mean_sd_mm"] == pytest.approx(math.hypot(own, 2 * 0.02))


def test_without_the_scales_own_error_that_of_measuring_is_left():
    known, unknown = (measure(bar(), scale=Scale(0.5, sd)) for sd in (0.01, math.nan))
    assert 0 < unknown.cracks["length_sd_mm"][0] < known.cracks["length_sd_mm"][0]
    assert np.isnan(unknown.images["mm_per_px_sd"][0])


def test_without_a_scale_there_is_none():
    assert measure(bar()).cracks["length_sd_mm"].isna().all()


def test_the_scales_error_is_common_to_all_cracks_of_an_image():
    mask = np.concatenate([bar()] * 4)
    image = measure(mask, scale=Scale(0.5, 0.01)).images.iloc[0]
    one = 0.5 * math.hypot(LENGTH_SD_SHARE * 300, LENGTH_SD_PX)
    assert image["crack_length_sd_mm"] == pytest.approx(math.hypot(2 * one, 600 * 0.02))
