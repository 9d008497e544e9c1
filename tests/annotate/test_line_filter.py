from __future__ import annotations

import numpy as np
import pytest
from tests.annotate.conftest import straight_line

from crackgauge.annotate.cost import tracing_cost
from crackgauge.annotate.line_filter import line_response, line_strength
from crackgauge.annotate.orientation_score import orientation_score
from crackgauge.annotate.settings import TraceSettings


def strength_of(grey: np.ndarray, orientations: int = 16) -> np.ndarray:
    response = line_response(orientation_score(grey, orientations=orientations), 2.0)
    return line_strength(response, float(response.energy.max()))


@pytest.mark.parametrize("index", range(8))
def test_a_straight_lines_cost_is_least_at_its_own_angle(index: int):
    strength = strength_of(straight_line(22.5 * index))
    cost = tracing_cost(np.moveaxis(strength, 0, -1), TraceSettings())
    assert cost[32, 32].argmin() == index
    # ... and far below what it costs across, or beside the line.
    assert cost[32, 32, index] < 0.05
    assert cost[32, 32, (index + 4) % 8] > 0.5


def test_where_two_lines_cross_both_directions_are_cheap():
    cross = np.minimum(straight_line(0), straight_line(90))
    cost = tracing_cost(np.moveaxis(strength_of(cross), 0, -1), TraceSettings())
    assert cost[32, 32, [0, 4]].max() < 0.1
    assert cost[32, 32, [2, 6]].min() > 0.5


def test_a_bright_line_is_none():
    strength = strength_of(255 - straight_line(0))
    assert strength[:, 32, 32].max() == 0


def test_the_second_derivatives_are_those_of_a_parabola():
    """On y² the curvature along θ is 2 sin²θ and across 2 cos²θ, whatever the Gaussian."""
    rows = (np.arange(41, dtype=np.float32) - 20)[:, None] ** 2 * np.ones((1, 41), np.float32)
    score = np.repeat(rows[None], 4, axis=0)
    response = line_response(score, 1.0)
    for index, degrees in enumerate((0, 45, 90, 135)):
        along = 2 * np.sin(np.deg2rad(degrees)) ** 2
        across = 2 * np.cos(np.deg2rad(degrees)) ** 2
        assert response.energy[index, 20, 20] == pytest.approx(along**2 + across**2, rel=1e-3)
    # At 45 degrees l = c = 1: exp(-1 / (2 · 0.5²)) = exp(-2).
    assert response.likeness[:, 20, 20] == pytest.approx([1, np.exp(-2), 0, np.exp(-2)], abs=2e-3)
