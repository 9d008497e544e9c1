"""Masks kept as runs, and shapes by their labels."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from crackgauge.arrays import Window
from crackgauge.labels import ImageLabels, MaskShape, Polygon, Polyline

MASK = np.array([[0, 0, 0, 0], [0, 1, 1, 0], [0, 0, 1, 0]], bool)
TRIANGLE = ((1.0, 1.0), (9.0, 1.0), (9.0, 9.5))


def test_runs_go_along_the_rows_or_down_the_columns():
    assert MaskShape.of(MASK).runs.tolist() == [5, 2, 3, 1, 1]
    down = MaskShape(Window(0, 0, 3, 4), np.array([4, 1, 2, 2, 3]), by_column=True)
    assert np.array_equal(down.pixels, MASK)


def test_equal_are_label_and_pixels_whatever_the_window():
    whole = MaskShape.of(MASK, row=4, col=5, label="crack")
    part = MaskShape.of(MASK[1:, 1:3], row=5, col=6, label="crack")
    assert whole == part
    assert hash(whole) == hash(part)
    assert whole != MaskShape.of(MASK[1:, 1:3], row=5, col=7, label="crack")
    assert whole != MaskShape.of(MASK, row=4, col=5, label="joint")
    assert whole != "crack"


def test_empty_masks_are_equal_anywhere():
    empty = MaskShape.of(np.zeros((2, 3), np.bool_))
    assert empty.is_empty
    assert empty == MaskShape.of(np.zeros((5, 5), np.bool_), row=9)
    assert empty != MaskShape.of(MASK)
    assert empty.cut()[1] == Window(0, 0, 1, 1)


@given(st.integers(1, 9), st.integers(1, 9), st.data())
def test_a_cut_holds_every_pixel_and_no_empty_border(height: int, width: int, data: st.DataObject):
    bits = data.draw(st.lists(st.booleans(), min_size=height * width, max_size=height * width))
    mask = np.array(bits).reshape(height, width)
    part, window = MaskShape.of(mask, row=3, col=2).cut()
    assert part.sum() == mask.sum()
    if mask.any():
        assert all(edge.any() for edge in (part[0], part[-1], part[:, 0], part[:, -1]))
        assert np.array_equal(
            mask[window.row - 3 :, window.col - 2 :][: window.height, : window.width], part
        )


def test_shapes_of_some_labels():
    shapes = (Polygon(TRIANGLE, "crack"), Polyline(TRIANGLE, "joint"), Polyline(TRIANGLE, "crack"))
    image = ImageLabels("a.png", 9, 9, shapes, (("box", "lid"),))
    assert image.only([]) == image
    found = image.only(["crack"])
    assert found.shapes == (shapes[0], shapes[2])
    assert found.lines == (shapes[2],)
    assert found.unread == ()
