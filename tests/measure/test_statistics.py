from __future__ import annotations

import numpy as np
import pytest

from crackgauge.measure.statistics import orientation_deg, weighted_mean, width_statistics


def test_statistics_agree_with_numpy_group_by_group():
    random = np.random.default_rng(3)
    groups = np.sort(random.integers(0, 7, 200))
    widths, weights = random.integers(1, 30, 200) / 2, random.random(200)
    counted = random.random(200) < 0.7
    found = width_statistics(groups, 7, widths, weights, counted)
    for group in range(7):
        mine = (groups == group) & counted
        assert found.mean[group] == pytest.approx(np.average(widths[mine], weights=weights[mine]))
        assert found.median[group] == pytest.approx(np.median(widths[mine]))
        assert found.p95[group] == pytest.approx(np.percentile(widths[mine], 95))
        assert found.maximum[group] == widths[mine].max()
        assert found.widest[group] == np.flatnonzero(mine)[widths[mine].argmax()]


def test_a_group_of_which_nothing_counts_uses_all_of_it():
    found = width_statistics(
        np.array([0, 0, 1]),
        2,
        np.array([2.0, 9.0, 4.0]),
        np.ones(3),
        np.array([True, False, False]),
    )
    assert found.maximum.tolist() == [2.0, 4.0]
    assert found.widest.tolist() == [0, 2]


def test_a_mean_without_weight_is_not_a_number():
    means = weighted_mean(np.array([0, 1]), 2, np.array([5.0, 7.0]), np.array([0.0, 2.0]))
    np.testing.assert_array_equal(means, [np.nan, 7.0])


def test_orientation_averages_lines_and_not_arrows():
    groups, weights = np.array([0, 0, 1, 1, 2]), np.ones(5)
    # x, y with y down: 1 and 179 degrees; up and down; no direction.
    near = np.deg2rad(1)
    direction = np.array(
        [[np.cos(near), -np.sin(near)], [-np.cos(near), -np.sin(near)], [0, 1], [0, -1], [0, 0]]
    )
    angles = orientation_deg(groups, 3, direction, weights)
    assert min(angles[0], 180 - angles[0]) == pytest.approx(0, abs=1e-6)
    assert angles[1] == pytest.approx(90)
    assert np.isnan(angles[2])


def test_two_crossing_lines_have_no_orientation():
    direction = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert np.isnan(orientation_deg(np.array([0, 0]), 1, direction, np.ones(2))).all()
