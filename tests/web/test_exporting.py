"""Rejected cracks leave tables, totals and masks; the others keep their numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from crackgauge.arrays import Window
from crackgauge.measure import Scale, Survey, measure
from crackgauge.web.exporting import without_rejected
from crackgauge.web.rejected import clear_patches, patches_of


@pytest.fixture
def mask() -> Any:
    """Two parallel cracks 2 px apart at their ends, whose boxes overlap, and one far away."""
    mask = np.zeros((80, 120), bool)
    mask[10:13, 10:90] = True
    for step in range(60):  # a slanted one through the box of the first
        mask[15 + step // 2 : 18 + step // 2, 20 + step] = True
    mask[70:73, 10:60] = True
    return mask


@pytest.fixture
def survey(mask: Any) -> Survey:
    return measure(mask, scale=Scale(0.5, 0.01), image="a.jpg", standard="aci-224r")


def alone(mask: Any, rows: slice) -> Survey:
    kept = np.zeros_like(mask)
    kept[rows] = mask[rows]
    return measure(kept, scale=Scale(0.5, 0.01), image="a.jpg", standard="aci-224r")


def test_totals_are_those_of_an_image_without_the_crack(mask: Any, survey: Survey):
    """Measured again, without the pixels of the rejected cracks, all numbers of the image agree."""
    assert survey.cracks["crack_id"].tolist() == [1, 2, 3]
    got = without_rejected(survey, [1, 2], "aci-224r")
    expected = alone(mask, slice(65, 80))
    assert got.cracks["crack_id"].tolist() == [3]
    assert set(got.branches["crack_id"]) == {3}
    for name in expected.images.columns:
        one, other = got.images[name][0], expected.images[name][0]
        assert one == other or one == pytest.approx(other, nan_ok=True), name


def test_all_rejected_is_an_image_without_cracks(mask: Any, survey: Survey):
    got = without_rejected(survey, [1, 2, 3], "aci-224r")
    expected = measure(np.zeros_like(mask), scale=Scale(0.5, 0.01), image="a.jpg")
    assert len(got.cracks) == 0
    assert got.images["crack_length_px"][0] == expected.images["crack_length_px"][0] == 0
    assert got.images["worst_severity"][0] == ""


def test_nothing_rejected_changes_nothing(survey: Survey):
    assert without_rejected(survey, [], None) is survey


def test_an_oblique_image_keeps_its_area(mask: Any):
    tilted = Scale(1.0, plane=(1.0, 0, 0, 0, 0.5, 0, 0, 0, 1.0))
    survey = measure(mask, scale=tilted, image="a.jpg")
    row = without_rejected(survey, [1], None).images.iloc[0]
    before = survey.images.iloc[0]
    assert (row["view"], row["image_area_m2"]) == ("oblique", before["image_area_m2"])
    expected = row["crack_length_mm"] / 1e3 / before["image_area_m2"]
    assert row["crack_density_m_per_m2"] == pytest.approx(expected)


def test_the_pixels_of_a_rejected_crack_go_and_no_others(mask: Any, survey: Survey):
    """The slanted crack lies in the bounding box of none, and the box of the first in its."""
    patches = patches_of(survey, [2], lambda window: mask[window.slices])
    left = clear_patches(mask.copy(), Window(0, 0, *mask.shape), patches)
    expected = mask.copy()
    expected[14:60] = False
    assert np.array_equal(left, expected)


def test_by_window_the_same_goes(mask: Any, survey: Survey):
    patches = patches_of(survey, [1, 2], lambda window: mask[window.slices])
    whole = clear_patches(mask.copy(), Window(0, 0, *mask.shape), patches)
    by_window = np.zeros_like(mask)
    for row in range(0, 80, 16):
        for col in range(0, 120, 40):
            window = Window(row, col, 16, 40)
            by_window[window.slices] = clear_patches(mask[window.slices].copy(), window, patches)
    assert np.array_equal(by_window, whole)
