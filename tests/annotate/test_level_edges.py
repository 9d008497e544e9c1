from __future__ import annotations

import numpy as np
import pytest

from crackgauge.annotate.level_edges import level_edges

LINE = np.stack([np.arange(5.5, 55), np.full(50, 20.5)], axis=1)


def ramp() -> np.ndarray:
    """1 at the middle row of 41, a tenth less with every row: 0.5 is five rows away."""
    away = np.abs(np.arange(41) - 20.0)[:, None]
    return np.clip(1 - 0.1 * away * np.ones((1, 60)), 0, 1).astype(np.float32)


@pytest.mark.parametrize(("threshold", "half_px"), [(0.5, 5.0), (0.75, 2.5), (0.18, 8.2)])
def test_the_edges_are_where_the_probability_falls_below(threshold: float, half_px: float):
    found = level_edges(LINE, np.full(50, 20.0), ramp(), threshold=threshold)
    assert found.left[:, 1] == pytest.approx(np.full(50, 20.5 - half_px), abs=1e-5)
    assert found.right[:, 1] == pytest.approx(np.full(50, 20.5 + half_px), abs=1e-5)
    assert found.width_px == pytest.approx(np.full(50, 2 * half_px), abs=1e-5)


def test_no_edge_is_much_farther_than_the_width_says():
    everywhere = np.ones((41, 60), np.float32)
    found = level_edges(LINE, np.full(50, 6.0), everywhere, threshold=0.5)
    assert found.width_px == pytest.approx(np.full(50, 2 * (3 + 1.5)))


def test_a_line_outside_the_mask_has_no_width():
    found = level_edges(LINE, np.full(50, 6.0), np.zeros((41, 60), np.float32), threshold=0.5)
    assert found.width_px == pytest.approx(np.zeros(50))
