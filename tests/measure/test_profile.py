"""Edges of drawn ramps, of which the integral is worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.drawn_cracks import as_probability, curved, straight

from crackgauge.measure import measure
from crackgauge.measure.profile import Profile, half_widths, threshold_of


def half_width(row_of_values: list[float], *, at: int, edge_px: float, threshold=0.5) -> float:
    """The way from column `at` to the right edge, in an image of three equal rows."""
    probability = np.array([row_of_values] * 3, dtype=np.float32)
    found = half_widths(
        Profile(probability, threshold),
        np.array([1]),
        np.array([at]),
        np.array([[1.0, 0.0]]),
        np.array([edge_px]),
        np.array([0, 1]),
    )
    return float(found[0])


def test_a_sharp_edge_lies_between_the_pixels():
    """Ones up to column 4, so the edge is at 5, 4.5 px right of the centre of column 0."""
    assert half_width([1, 1, 1, 1, 1, 0, 0, 0, 0, 0], at=0, edge_px=4.5) == pytest.approx(4.5)


def test_a_pixel_that_is_covered_in_part_moves_the_edge_by_its_part():
    assert half_width([1, 1, 1, 1, 1, 0.3, 0, 0, 0, 0], at=0, edge_px=4.5) == pytest.approx(4.8)


def test_a_blurred_edge_stays_where_it_is():
    ramp = [1, 1, 1, 0.9, 0.7, 0.3, 0.1, 0, 0, 0]
    assert half_width(ramp, at=0, edge_px=4.5) == pytest.approx(4.5, abs=0.01)


def test_another_crack_beyond_is_not_counted():
    alone = half_width([1, 1, 1, 1, 1, 0, 0, 0, 0, 0], at=0, edge_px=4.5)
    beside = half_width([1, 1, 1, 1, 1, 0, 0, 1, 1, 1], at=0, edge_px=4.5)
    assert beside == pytest.approx(alone, abs=0.1)


def test_with_another_threshold_the_edge_is_where_the_threshold_is():
    """A ramp that falls by 0.1 a pixel is 0.2 at 8 px; around it, q is nearly a ramp as well."""
    ramp = list(np.linspace(1, 0, 11)) + [0.0] * 5
    found = half_width(ramp, at=0, edge_px=8.0, threshold=0.2)
    assert found == pytest.approx(8.0, abs=0.35)
    assert half_width(ramp, at=0, edge_px=8.0) < 7.2


def test_the_threshold_is_found_from_the_mask():
    probability = np.random.default_rng(0).random((40, 40)).astype(np.float32)
    assert threshold_of(probability >= 0.5, probability) == 0.5
    assert threshold_of(probability >= 0.2, probability) == pytest.approx(0.2, abs=0.01)
    elsewhere = np.random.default_rng(1).random((40, 40)) > 0.5
    assert threshold_of(elsewhere, probability) == 0.5
    assert threshold_of(np.zeros((40, 40), bool), np.zeros((40, 40), np.float32)) == 0.5


@pytest.mark.parametrize("number", range(8))
def test_the_width_of_blurred_and_noisy_cracks(number):
    width, angle = 1.75 + 2.4 * number, 23.0 * number
    drawn = (straight, curved)[number % 2](width, angle)
    probability = as_probability(drawn.coverage, blur_px=0.12 * number, noise=0.05, seed=number)
    survey = measure(probability >= 0.5, probability=probability)
    crack = survey.cracks.iloc[0]
    assert survey.images["width_method"][0] == crack["width_method"] == "probability"
    assert crack["width_mean_px"] == pytest.approx(width, abs=0.15)
    assert crack["width_max_px"] - width <= 0.5
    assert crack["length_px"] == pytest.approx(drawn.length_px, rel=0.01)
    assert (crack["angle_deg"] - drawn.angle_deg + 90) % 180 - 90 == pytest.approx(0, abs=1)


def test_the_widest_spot_is_where_it_was_drawn():
    drawn = straight(5.0, 70.0, spot_px=2.5)
    probability = as_probability(drawn.coverage, blur_px=0.7, noise=0.05, seed=3)
    for given in (probability, None):
        crack = measure(probability >= 0.5, probability=given).cracks.iloc[0]
        place = crack["width_max_x_px"], crack["width_max_y_px"]
        assert np.hypot(*np.subtract(place, drawn.widest)) <= 3
        assert crack["width_max_px"] == pytest.approx(7.5, abs=0.7)


def test_a_bar_at_the_border_of_the_image_ends_there():
    probability = np.zeros((30, 100), dtype=np.float32)
    probability[:4] = 1.0
    crack = measure(probability >= 0.5, probability=probability).cracks.iloc[0]
    assert crack["width_mean_px"] == pytest.approx(4, abs=0.05)
    assert crack["length_px"] == pytest.approx(100, abs=0.5)
