from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crackgauge.report.figure import Marked, _choose_sides, colour, line_style, new_figure


def test_seven_curves_differ_in_colour_and_twenty_eight_in_colour_or_dashes():
    assert len({colour(index) for index in range(7)}) == 7
    assert len({tuple(line_style(index).values()) for index in range(28)}) == 28


def test_the_label_of_a_lone_point_is_below_or_above_as_asked():
    point = Marked(0.5, 0.5, "0.40", "black")
    assert _choose_sides([point], above=False) == [(-1, -1)]
    assert _choose_sides([point], above=True) == [(1, 1)]


def test_labels_of_two_close_points_stand_apart():
    points = [Marked(0.80, 0.80, "0.41", "black"), Marked(0.81, 0.82, "0.42", "black")]
    first, second = _choose_sides(points, above=False)
    assert (first, second) == ((-1, -1), (1, 1))


def test_labels_of_points_in_one_corner_all_find_room():
    points = [Marked(1.0, 1.0, f"0.4{index}", "black") for index in range(3)]
    assert len(set(_choose_sides(points, above=False))) == 3


@given(st.floats(0.1, 0.9), st.floats(0.0, 1.0))
def test_a_label_stays_inside_the_axes(x, y):
    ((_, up),) = _choose_sides([Marked(x, y, "0.40", "black")], above=True)
    assert 0 < y + (0.044 if up > 0 else -0.044) < 1


def test_a_body_that_fails_leaves_no_file(tmp_path):
    with (
        pytest.raises(ZeroDivisionError),
        new_figure(tmp_path / "a.png", height_in=2, title="Title", note=""),
    ):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
