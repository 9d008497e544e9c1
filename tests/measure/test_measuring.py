"""Masks that are hardly cracks: each right, or refused."""

from __future__ import annotations

import numpy as np
import pytest

from crackgauge.errors import UsageError
from crackgauge.measure import measure

OPTIONS = {"mm_per_px": 0.5, "standard": "aci-224r", "direction_deg": 0.0}


@pytest.mark.parametrize("probability", [True, False])
def test_an_empty_mask(probability):
    given = np.zeros((9, 7), np.float32) if probability else None
    survey = measure(np.zeros((9, 7), bool), probability=given, **OPTIONS)
    image = survey.images.iloc[0]
    assert (image["crack_count"], image["crack_density_m_per_m2"]) == (0, 0)
    assert (image["width_method"], image["worst_severity"]) == ("", "")
    assert len(survey.cracks) == len(survey.branches) == 0


@pytest.mark.parametrize("probability", [True, False])
def test_a_full_mask(probability):
    given = np.ones((200, 300), np.float32) if probability else None
    crack = measure(np.ones((200, 300), bool), probability=given, **OPTIONS).cracks.iloc[0]
    assert crack["length_px"] == pytest.approx(300, abs=4)
    assert crack["width_mean_px"] == pytest.approx(200, abs=3)
    assert crack["width_method"] == "mask"  # measured on a smaller mask


@pytest.mark.parametrize("probability", [True, False])
def test_one_pixel_and_a_line_of_one_pixel(probability):
    mask = np.zeros((40, 60), bool)
    mask[5, 5] = True
    mask[20, 10:50] = True
    given = mask.astype(np.float32) if probability else None
    cracks = measure(mask, probability=given, min_area_px2=1, **OPTIONS).cracks
    assert cracks["length_px"].tolist() == pytest.approx([1, 40], abs=0.1)
    assert cracks["width_mean_px"].tolist() == pytest.approx([1, 1], abs=0.1)
    assert cracks["severity_rank"].tolist() == [-1, -1]


@pytest.mark.parametrize("side", range(4))
def test_a_crack_along_the_border(side):
    mask = np.zeros((90, 90), bool)
    mask[:3] = True
    turned = np.ascontiguousarray(np.rot90(mask, side))
    given = turned.astype(np.float32)
    for survey in (measure(turned), measure(turned, probability=given)):
        crack = survey.cracks.iloc[0]
        assert crack["length_px"] == pytest.approx(90, abs=0.5)
        assert crack["width_mean_px"] == pytest.approx(3, abs=0.05)
        assert crack["width_max_px"] == pytest.approx(3, abs=0.1)


def test_a_ring():
    rows, cols = np.mgrid[:150, :150] + 0.5
    distance = np.abs(np.hypot(rows - 75, cols - 75) - 60)
    probability = np.clip(3.5 - distance, 0, 1).astype(np.float32)
    survey = measure(probability >= 0.5, probability=probability, **OPTIONS)
    crack = survey.cracks.iloc[0]
    assert (crack["branch_count"], crack["loop_count"]) == (1, 1)
    assert crack["length_px"] == pytest.approx(2 * np.pi * 60, rel=0.01)
    assert crack["width_mean_px"] == pytest.approx(6, abs=0.05)
    assert crack["width_max_px"] == pytest.approx(6, abs=0.2)
    assert np.isnan(crack["tortuosity"])


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((5, 5), np.uint8),
        np.zeros((5, 5, 3), bool),
        np.zeros((0, 5), bool),
        [[True, False]],
        None,
    ],
)
def test_a_mask_that_is_no_mask(wrong):
    with pytest.raises(UsageError, match="expected bool"):
        measure(wrong)


def test_a_probability_that_is_none():
    mask = np.zeros((5, 5), bool)
    with pytest.raises(UsageError, match="float32"):
        measure(mask, probability=np.zeros((5, 5)))
    with pytest.raises(UsageError, match=r"expected \[0, 1\]"):
        measure(mask, probability=np.full((5, 5), 255, np.float32))


@pytest.mark.parametrize("clean_width_px", [2.3, 4.26, 8.22, 15.2])
@pytest.mark.parametrize("angle_deg", [3, 17, 33, 82.4])
def test_clean_bars_have_no_wide_ends(draw_bar, clean_width_px, angle_deg):
    """What is wider than the bar is the rounding of its outline, and no spot of it."""
    crack = measure(draw_bar(clean_width_px, angle_deg)).cracks.iloc[0]
    assert crack["width_max_px"] - crack["width_mean_px"] <= 0.55


def test_a_wide_bar_keeps_its_length_to_its_corners():
    rows, cols = np.mgrid[:120, :400] + 0.5
    bar = (np.abs(rows - 60) < 12) & (np.abs(cols - 200) < 150)
    notched = bar.copy()
    notched[48:54, 345:350] = False  # a corner that is gone turns the skeleton into the other
    for mask in (bar, notched):
        crack = measure(mask).cracks.iloc[0]
        assert crack["length_px"] == pytest.approx(300, abs=5)
        assert crack["width_max_px"] == pytest.approx(24, abs=0.6)


def test_a_diagonal_over_thirty_columns_is_42_long():
    """Not 30, its columns, nor 60, its steps along rows and columns."""
    crack = measure(np.eye(30, dtype=bool)).cracks.iloc[0]
    assert crack["length_px"] == pytest.approx(30 * np.sqrt(2), abs=0.8)
    assert crack["angle_deg"] == pytest.approx(135, abs=0.1)
