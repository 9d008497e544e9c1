from __future__ import annotations

import numpy as np

from crackgauge.report.plates import draw_legend, draw_numbers
from crackgauge.report.width_colours import width_class

CLASSES = [width_class(1, in_mm=True), width_class(6, in_mm=True)]


def grey() -> np.ndarray:
    return np.full((300, 400, 3), 128, dtype=np.uint8)


def changed(drawn: np.ndarray) -> tuple[bool, bool, bool, bool]:
    """Whether the upper left, upper right, lower left and lower right were drawn on."""
    different = (drawn != 128).any(axis=2)
    rows, cols = (slice(None, 150), slice(150, None)), (slice(None, 200), slice(200, None))
    return tuple(bool(different[row, col].any()) for row in rows for col in cols)


def test_the_legend_goes_where_it_covers_the_least():
    nothing = np.zeros((300, 400), dtype=bool)
    assert changed(draw_legend(grey(), CLASSES, nothing)) == (False, False, False, True)
    marked = nothing.copy()
    marked[280:] = True
    assert changed(draw_legend(grey(), CLASSES, marked)) == (False, True, False, False)
    marked[:20, 200:] = True
    assert changed(draw_legend(grey(), CLASSES, marked)) == (True, False, False, False)


def test_the_legend_shows_its_colours():
    drawn = draw_legend(grey(), CLASSES, np.zeros((300, 400), dtype=bool))
    for each in CLASSES:
        assert (drawn == each.colour).all(axis=2).sum() > 50


def test_there_is_no_legend_without_classes_or_room():
    image = grey()
    assert draw_legend(image, [], np.zeros((300, 400), dtype=bool)) is image
    small = image[:100]
    assert draw_legend(small, CLASSES, np.zeros((100, 400), dtype=bool)) is small


def test_a_number_that_would_cover_another_is_left_out():
    one = draw_numbers(grey(), [(1, 100, 100)])
    both = draw_numbers(grey(), [(1, 100, 100), (2, 103, 101)])
    assert (one == both).all()
    apart = draw_numbers(grey(), [(1, 100, 100), (2, 300, 200)])
    assert changed(apart)[3]
    assert not changed(one)[3]


def test_a_number_at_the_border_stays_inside():
    drawn = draw_numbers(grey(), [(88, 399, 1)])
    assert (drawn == 255).all(axis=2).sum() > 100
