"""Lines drawn as curves: countable ones, and what every line must keep."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from crackgauge.arrays import Window
from crackgauge.labels import MaskShape, Polygon, Polyline, draw_lines, draw_shapes
from crackgauge.labels.filling import draw_brush

NUMBERS = st.floats(-30, 60, allow_nan=False, width=32)
LINES = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=6)


def drawn(points, *, height: int = 5, width: int = 5) -> list[str]:
    mask = draw_lines([Polyline(tuple(points))], height, width)
    return ["".join("#" if pixel else "." for pixel in row) for row in mask]


def test_a_point_is_the_pixel_that_it_lies_in():
    assert drawn([(2.0, 1.99)]) == [".....", "..#..", ".....", ".....", "....."]


def test_a_horizontal_line_has_the_pixels_between_its_ends():
    assert drawn([(0.5, 2.5), (3.2, 2.5)]) == [".....", ".....", "####.", ".....", "....."]


def test_a_diagonal_goes_from_corner_to_corner():
    assert drawn([(0.5, 0.5), (4.5, 4.5)]) == ["#....", ".#...", "..#..", "...#.", "....#"]


def test_a_steep_line_has_one_pixel_a_row():
    assert drawn([(1.5, 0.5), (3.5, 4.5)]) == [".#...", "..#..", "..#..", "...#.", "...#."]


def test_what_lies_outside_is_left_out():
    assert drawn([(-9, 2.5), (9, 2.5)]) == [".....", ".....", "#####", ".....", "....."]
    assert drawn([(-9, -1), (9, -1)]) == ["....."] * 5
    assert drawn([(-1, 2), (2, -9)]) == ["....."] * 5


def test_the_lower_right_corner_belongs_to_the_last_pixel():
    assert drawn([(5, 5)])[4] == "....#"


def test_several_lines_are_drawn_into_one_mask():
    lines = [Polyline(((0.5, 0.5),)), Polyline(((2.5, 0.5),))]
    assert draw_lines(lines, 1, 3).tolist() == [[True, False, True]]


@given(points=LINES)
def test_a_line_drawn_backwards_is_the_same(points):
    forward = draw_lines([Polyline(tuple(points))], 32, 40)
    assert np.array_equal(forward, draw_lines([Polyline(tuple(reversed(points)))], 32, 40))


@given(points=st.lists(st.tuples(st.floats(0, 40), st.floats(0, 32)), min_size=1, max_size=6))
def test_a_line_within_the_image_is_one_8_connected_curve(points):
    mask = draw_lines([Polyline(tuple(points))], 32, 40)
    assert ndimage.label(mask, structure=np.ones((3, 3)))[1] == 1


@given(points=st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=2))
def test_pixels_of_a_segment_lie_on_it(points):
    """Independent: the distance of pixel centres to the segment, by projection."""
    mask = draw_lines([Polyline(tuple(points))], 32, 40)
    rows, cols = np.nonzero(mask)
    centres = np.stack([cols + 0.5, rows + 0.5], axis=1)
    start, end = np.asarray(points)
    way = end - start
    share = np.clip(((centres - start) @ way) / max(float(way @ way), 1e-12), 0, 1)
    apart = np.hypot(*(centres - start - share[:, None] * way).T)
    assert (apart <= 1.21).all()


@pytest.mark.parametrize("far", [1e9, -1e9])
def test_a_line_from_far_away_crosses_the_image(far: float):
    mask = draw_lines([Polyline(((2.5, 2.5), (far, 2.5)))], 5, 5)
    assert mask[2].sum() == 3


def test_shapes_of_all_kinds_are_drawn_into_one_mask():
    square = ((0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0))
    mask = MaskShape.of(np.array([[True, False], [True, True]]), row=3, col=2)
    shapes = [Polygon(square), Polyline(((3.5, 0.5), (5.5, 0.5))), mask]
    rows = ["".join("#" if pixel else "." for pixel in row) for row in draw_shapes(shapes, 5, 6)]
    assert rows == ["##.###", "##....", "......", "..#...", "..##.."]


def test_a_line_with_a_width_is_drawn_with_a_round_brush():
    points = ((3.0, 4.0), (15.0, 9.0))
    expected = np.zeros((14, 20), np.bool_)
    draw_brush(expected, np.array(points), 1.5)
    assert np.array_equal(draw_shapes([Polyline(points, width_px=3.0)], 14, 20), expected)


@pytest.mark.parametrize("away", [(-3, -2), (3, 4), (-2, 3), (50, 50), (-50, -50)])
def test_what_leaves_the_image_is_left_out(away: tuple[int, int]):
    """The same shapes in a larger image, cut."""
    outer = np.array([(1.0, 1.0), (7.0, 1.0), (7.0, 6.0), (1.0, 6.0)]) + away
    hole = np.array([(3.0, 2.0), (5.0, 2.0), (5.0, 4.0)]) + away
    polygon = Polygon(tuple(map(tuple, outer)), holes=(tuple(map(tuple, hole)),))
    pixels = np.random.default_rng(0).random((4, 5)) < 0.5
    mask = MaskShape.of(pixels, row=4 + away[1], col=1 + away[0])
    found = draw_shapes([polygon, mask], 8, 9)
    moved = Polygon(
        tuple((x + 60, y + 60) for x, y in polygon.points),
        holes=(tuple((x + 60, y + 60) for x, y in polygon.holes[0]),),
    )
    window = Window(mask.window.row + 60, mask.window.col + 60, 4, 5)
    whole = draw_shapes([moved, MaskShape(window, mask.runs)], 130, 130)
    assert np.array_equal(found, whole[60:68, 60:69])
