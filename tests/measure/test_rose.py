from __future__ import annotations

import numpy as np
import pytest

from crackgauge.measure import measure
from crackgauge.measure.columns import ROSE_COLUMNS
from crackgauge.measure.rose import rose


@pytest.mark.parametrize(
    ("angle_deg", "column"),
    [(0, "rose_000_px"), (7, "rose_000_px"), (10, "rose_015_px"), (175, "rose_000_px")],
)
def test_a_bar_is_in_the_bin_of_its_direction(draw_bar, angle_deg, column):
    crack = measure(draw_bar(6, angle_deg)).cracks.iloc[0]
    assert max(ROSE_COLUMNS, key=lambda name: crack[name]) == column


def test_the_bins_add_up_to_the_length():
    rows, cols = np.mgrid[:200, :200] + 0.5
    ring = np.abs(np.hypot(rows - 100, cols - 100) - 80) < 3
    survey = measure(ring)
    bins = survey.cracks.iloc[0][list(ROSE_COLUMNS)].astype(float)
    assert bins.sum() == pytest.approx(survey.cracks["length_px"][0])
    # A circle has all directions alike, but for the rounding to pixels.
    np.testing.assert_allclose(bins, bins.mean(), rtol=0.15)
    of_image = survey.images.iloc[0][list(ROSE_COLUMNS)].astype(float)
    assert of_image.sum() == pytest.approx(bins.sum())


def test_a_spot_without_a_direction_is_in_no_bin():
    crack = measure(np.ones((1, 1), dtype=bool), min_area_px2=1).cracks.iloc[0]
    assert crack[list(ROSE_COLUMNS)].sum() == 0


def test_a_group_without_any_line_has_a_rose_of_zeros() -> None:
    nothing = rose(np.zeros(0, np.int64), 2, np.zeros((0, 2)), np.zeros(0), np.zeros(2))
    assert all((column == 0).all() and column.dtype == np.float64 for column in nothing.values())
