"""Strokes: their cover is countable by eye or known from geometry."""

import numpy as np
import pytest

from crackgauge.data.synth.strokes import Stroke, clipped, coverage, resampled, runs
from crackgauge.errors import UsageError


def line(x0, y0, x1, y1, width):
    return Stroke(np.array([[x0, y0], [x1, y1]], float), np.array([width, width], float))


def test_cover_of_half_pixels_is_a_half():
    # Rows 1 and 2 lie under the line from y = 1.5 to y = 2.5 by one half each. Five samples a side
    # cannot halve a pixel: they give 3/5 to the one and 2/5 or 3/5 to the other.
    cover = coverage([line(0, 2, 4, 2, 1)], (4, 4), supersample=15)
    assert cover[0].max() == 0
    assert cover[3].max() == 0
    assert cover[1] == pytest.approx(np.full(4, 0.5), abs=0.04)
    assert cover[2] == pytest.approx(np.full(4, 0.5), abs=0.04)


@pytest.mark.parametrize("angle_deg", [0, 17, 45, 61, 90])
@pytest.mark.parametrize("width", [1.0, 3.0, 5.0, 11.0])
def test_area_is_length_times_width(angle_deg, width):
    length = 180.0
    way = length / 2 * np.array([np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))])
    middle = np.array([128.5, 128.5])
    stroke = line(*(middle - way), *(middle + way), width)
    cover = coverage([stroke], (257, 257))
    assert cover.sum() == pytest.approx(length * width, rel=0.01)


def test_half_cover_is_not_wider_than_the_line():
    # Widths that are no whole numbers, at sub-pixel places: the mask is right on the average.
    places = np.linspace(0, 1, 21)[:-1]
    areas = [(coverage([line(5, 20 + p, 45, 20 + p, 3.3)], (40, 50)) >= 0.5).sum() for p in places]
    assert np.mean(areas) == pytest.approx(40 * 3.3, rel=0.03)


def test_taper_is_a_trapezium():
    stroke = Stroke(np.array([[10.0, 32.0], [110.0, 32.0]]), np.array([2.0, 10.0]))
    assert coverage([stroke], (64, 120)).sum() == pytest.approx(100 * 6, rel=0.01)


def test_crossing_strokes_count_once():
    both = coverage([line(0, 10.5, 21, 10.5, 3), line(10.5, 0, 10.5, 21, 3)], (21, 21))
    assert both.sum() == pytest.approx(21 * 3 * 2 - 9)
    assert both.max() == 1


def test_strips_of_rows_meet_without_a_seam():
    cover = coverage([line(20, 400, 30, 1200, 5)], (1300, 60))
    assert cover[500:520].sum(axis=1).std() < 0.2


def test_nothing_drawn_is_nothing_covered():
    assert not coverage([], (8, 8)).any()
    assert not coverage([line(-50, -50, -20, -20, 3)], (8, 8)).any()


def test_clipped_keeps_what_is_inside():
    (piece,) = clipped([line(-10, 5, 30, 5, 2)], (10, 20))
    assert piece.points[0, 0] == pytest.approx(0, abs=0.5)
    assert piece.points[-1, 0] == pytest.approx(20, abs=0.5)
    inside = line(1, 1, 9, 9, 2)
    assert clipped([inside], (10, 20)) == [inside]
    assert clipped([line(-9, -9, -1, -1, 2)], (10, 20)) == []


def test_runs_cut_where_not_kept():
    stroke = resampled(line(0, 0, 6, 0, 1), 1.0)
    pieces = runs(stroke, np.array([True, True, False, True, False, True, True]))
    assert [piece.points[:, 0].tolist() for piece in pieces] == [[0, 1], [5, 6]]


@pytest.mark.parametrize(
    ("points", "widths"),
    [
        ([[0, 0]], [1]),
        ([[0, 0], [1, 1]], [1]),
        ([[0, 0], [1, 1]], [1, 0]),
        ([[0, 0], [1, np.nan]], [1, 1]),
        ([0, 1], [1, 1]),
    ],
)
def test_a_stroke_that_is_none_is_refused(points, widths):
    with pytest.raises(UsageError, match="stroke: got"):
        Stroke(np.array(points, float), np.array(widths, float))
