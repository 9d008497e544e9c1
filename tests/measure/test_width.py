"""Bars of a known width. A drawn mask knows its width by whole pixels only: a bar along the rows
has the width of its rows, so there the answer is exact; at other angles it is compared with the
area over the length as well, which is what drawing left of the width."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from crackgauge.measure.skeleton import trace
from crackgauge.measure.width import beyond_free_ends, widths_along


def measured(mask: np.ndarray) -> tuple[np.ndarray, float]:
    """The widths along the one line of a mask, and its length to the ends of the mask."""
    distance = cv2.distanceTransform(mask.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    lines = trace(mask, distance)
    before, beyond = beyond_free_ends(mask, distance, lines)
    return widths_along(mask, distance, lines), float(before[0] + lines.step_px.sum() + beyond[0])


@pytest.mark.parametrize("width_px", range(1, 11))
def test_width_and_length_are_exact_along_rows_and_columns(width_px):
    mask = np.zeros((60, 120), dtype=bool)
    mask[20 : 20 + width_px, 10:110] = True
    for turned in (mask, np.ascontiguousarray(mask.T)):
        widths, length_px = measured(turned)
        np.testing.assert_allclose(widths, width_px, atol=1e-6)
        assert length_px == pytest.approx(100, abs=1e-6)


@pytest.mark.parametrize("angle_deg", [10, 22.5, 30, 45, 60, 80, 100, 120, 135, 150, 170])
@pytest.mark.parametrize("width_px", range(1, 11))
def test_width_and_length_at_other_angles(draw_bar, width_px, angle_deg):
    mask = draw_bar(width_px, angle_deg, x_px=100.3, y_px=99.8)
    widths, length_px = measured(mask)
    assert abs(widths.mean() - mask.sum() / 150) <= 0.16
    # On the diagonal a mask can be no more exact than the distance of two diagonals, 0.71 px.
    assert abs(widths.mean() - width_px) <= (0.71 if angle_deg in (45, 135) else 0.16)
    assert widths.max() - width_px <= 0.8
    assert abs(length_px - 150) <= 1.5


def test_the_mean_over_all_widths_and_angles_has_no_bias(draw_bar):
    errors = []
    for number, width_px in enumerate(np.arange(2.0, 10.0, 0.25)):
        mask = draw_bar(width_px, 7.3 * number, x_px=100 + number / 40, y_px=100.2)
        errors.append(measured(mask)[0].mean() - width_px)
    assert abs(np.mean(errors)) <= 0.05
    assert np.mean(np.abs(errors)) <= 0.1


def test_a_wider_spot_is_seen_with_its_width():
    mask = np.zeros((60, 120), dtype=bool)
    mask[28:32, 10:110] = True
    mask[25:35, 50:70] = True  # 10 px wide over 20 px
    widths, _ = measured(mask)
    assert widths.max() == pytest.approx(10, abs=0.3)
    assert np.median(widths) == pytest.approx(4, abs=0.01)
