from __future__ import annotations

import numpy as np
import pytest

from crackgauge.report.scale_bar import draw_scale_bar, round_length


@pytest.mark.parametrize(
    ("longest", "expected"), [(1.0, 1), (1.99, 1), (2.0, 2), (4.9, 2), (5, 5), (9.9, 5), (1e5, 1e5)]
)
def test_round_lengths_are_one_two_or_five(longest, expected):
    assert round_length(longest) == pytest.approx(expected)


def test_a_small_picture_stays_as_it_is():
    image = np.zeros((119, 500, 3), dtype=np.uint8)
    assert draw_scale_bar(image, mm_per_px=1.0) is image


def test_a_bar_in_pixels_of_the_photo():
    image = np.full((480, 480, 3), 120, dtype=np.uint8)
    drawn = draw_scale_bar(image, mm_per_px=None, px_per_px=1 / 3)
    # A quarter of 480 px is 40 px of the photo: the bar is 20 px of the photo, 60 px long.
    assert int((drawn < 60).all(axis=2).sum(axis=1).max()) == 60
    assert (image == 120).all()
