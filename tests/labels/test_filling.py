from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.path import Path

from crackgauge.labels.filling import draw_brush, fill_polygon

PLACES = st.floats(-4, 14, allow_nan=False).map(lambda value: round(value, 3))
OUTLINES = st.lists(st.tuples(PLACES, PLACES), min_size=3, max_size=3)


@settings(max_examples=50)
@given(OUTLINES)
def test_a_triangle_holds_the_centres_that_lie_within(points: list[tuple[float, float]]):
    mask = np.zeros((10, 10), np.bool_)
    fill_polygon(mask, np.array(points))
    rows, cols = np.mgrid[:10, :10]
    centres = np.stack([cols.ravel() + 0.5, rows.ravel() + 0.5], axis=1)
    closed = Path([*points, points[0]], closed=True)
    surely = closed.contains_points(centres, radius=-1e-6)
    maybe = closed.contains_points(centres, radius=1e-6)
    inside, outside = (surely & maybe).reshape(10, 10), (~surely & ~maybe).reshape(10, 10)
    assert mask[inside].all()
    assert not mask[outside].any()


def test_a_line_there_and_back_holds_nothing():
    """Pixel centres lie on it, where rounding could differ with the way."""
    mask = np.zeros((10, 10), np.bool_)
    fill_polygon(mask, np.array([[0.0, 11.0], [0.0, 11.0], [11.0, 0.0]]))
    assert not mask.any()


def test_an_outline_that_crosses_itself_fills_both_sides():
    """A bow tie: its halves turn opposite ways."""
    mask = np.zeros((4, 8), np.bool_)
    fill_polygon(mask, np.array([[0.0, 0.0], [8.0, 4.0], [8.0, 0.0], [0.0, 4.0]]))
    assert mask.astype(int).tolist() == [
        [1, 0, 0, 0, 0, 0, 0, 1],
        [1, 1, 1, 0, 0, 1, 1, 1],
        [1, 1, 1, 0, 0, 1, 1, 1],
        [1, 0, 0, 0, 0, 0, 0, 1],
    ]


def test_areas_that_share_a_side_neither_overlap_nor_leave_a_gap():
    left, right = np.zeros((2, 7, 9), np.bool_)
    fill_polygon(left, np.array([[-1.0, -1.0], [3.5, -1.0], [5.5, 8.0], [-1.0, 8.0]]))
    fill_polygon(right, np.array([[3.5, -1.0], [10.0, -1.0], [10.0, 8.0], [5.5, 8.0]]))
    assert (left ^ right).all()


def test_outside_nothing_happens():
    mask = np.zeros((4, 4), np.bool_)
    fill_polygon(mask, np.array([[10.0, 10.0], [20.0, 10.0], [20.0, 20.0]]))
    draw_brush(mask, np.array([[30.0, 2.0]]), 3.0)
    assert not mask.any()


@pytest.mark.parametrize("value", [True, False])
def test_a_brush_is_everything_within_its_radius_of_the_line(value: bool):
    mask = np.full((30, 40), not value)
    points = np.array([[5.0, 5.0], [30.0, 12.0], [20.0, 25.0]])
    draw_brush(mask, points, 3.5, value=value)
    along = np.concatenate(
        [
            begin + (end - begin) * np.linspace(0, 1, 2000)[:, None]
            for begin, end in itertools.pairwise(points)
        ]
    )
    rows, cols = np.mgrid[:30, :40]
    centres = np.stack([cols.ravel() + 0.5, rows.ravel() + 0.5], axis=1)
    near = np.hypot(*(centres[:, None] - along).transpose(2, 0, 1)).min(axis=1).reshape(30, 40)
    assert (mask == value)[near <= 3.49].all()
    assert not (mask == value)[near >= 3.51].any()
