from __future__ import annotations

import numpy as np

from crackgauge.metrics.stack import mean_over, pool_counts

ONES = np.ones((1, 3))
ALL = np.ones(3, bool)


def test_counts_are_pooled_by_weight():
    counts = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])
    assert pool_counts(np.array([[1.0, 1, 1], [0, 0, 2]]), counts).tolist() == [[6, 60], [6, 60]]


def test_means_over_the_chosen():
    values = np.array([1.0, np.nan, 3.0])
    assert mean_over(ONES, values, np.array([True, False, True])).tolist() == [2.0]
    assert np.isnan(mean_over(ONES, values, ~ALL)).all()


def test_an_infinite_value_stays_with_its_image():
    values = np.array([20.0, np.inf, 40.0])
    assert mean_over(np.eye(3), values, ALL).tolist() == [20.0, np.inf, 40.0]
    assert mean_over(ONES, values, ALL).tolist() == [np.inf]
