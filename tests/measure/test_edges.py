from __future__ import annotations

import numpy as np
import pytest

from crackgauge.measure.edges import way_to_edge


def way(mask: np.ndarray, row: int, col: int, x: float, y: float, farthest_px: float) -> float:
    found = way_to_edge(
        mask,
        np.array([row]),
        np.array([col]),
        np.array([[x, y]]),
        nearest_px=np.zeros(1),
        farthest_px=np.array([farthest_px]),
        samples=41,
    )
    return float(found[0])


def test_ways_from_the_middle_of_a_square_of_five():
    mask = np.zeros((11, 11), dtype=bool)
    mask[3:8, 3:8] = True
    for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        assert way(mask, 5, 5, x, y, 10) == pytest.approx(2.5, abs=1e-6)
    # Towards a corner the interpolated mask is a product: (1 - t)^2 = 1/2 beyond the last pixel.
    corner = np.sqrt(2) * (2 + 1 - np.sqrt(0.5))
    half = np.sqrt(0.5)
    assert way(mask, 5, 5, half, half, 10) == pytest.approx(corner, abs=0.03)


def test_a_mask_that_goes_on_has_no_edge():
    assert np.isnan(way(np.ones((11, 11), dtype=bool), 5, 5, 1, 0, 4))


def test_a_lone_pixel_ends_after_half_a_pixel():
    mask = np.zeros((3, 3), dtype=bool)
    mask[1, 1] = True
    assert way(mask, 1, 1, 1, 0, 1) == pytest.approx(0.5, abs=1e-6)
