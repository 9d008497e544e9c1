from __future__ import annotations

import numpy as np
import pytest

from crackgauge.arrays import Window
from crackgauge.errors import UsageError
from crackgauge.report.overlay import (
    CRACK_COLOUR,
    NumberedSpot,
    closeup_window,
    draw_closeup,
    draw_overlay,
    draw_thumbnail,
)
from crackgauge.report.width_colours import COLOURS, NOT_MEASURED


def grey(height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), 120, dtype=np.uint8)


def reddish(image: np.ndarray) -> np.ndarray:
    return image[:, :, 0].astype(int) - image[:, :, 1] > 60


def test_a_crack_of_one_pixel_stays_visible_on_a_photo_scaled_down_seven_times():
    image, mask = grey(2100, 2800), np.zeros((2100, 2800), dtype=bool)
    mask[1000, 200:2600] = True
    drawn = draw_overlay(image, mask, longest_px=400)
    assert drawn.shape == (300, 400, 3)
    marked = reddish(drawn)
    assert marked[:, 30:370].any(axis=0).all()  # no gap along it
    assert marked.sum(axis=0).max() <= 5  # and not a thick bar


def test_nothing_changes_where_there_is_no_crack():
    image, mask = grey(60, 80), np.zeros((60, 80), dtype=bool)
    np.testing.assert_array_equal(draw_overlay(image, mask), image)
    mask[30, 40] = True
    changed = (draw_overlay(image, mask) != image).any(axis=2)
    assert changed[29:32, 39:42].sum() == changed.sum() == 5


def test_the_photo_is_seen_through_a_wide_crack():
    image, mask = grey(60, 80), np.zeros((60, 80), dtype=bool)
    mask[10:50, 10:70] = True
    drawn = draw_overlay(image, mask)
    inside = np.rint(0.6 * 120 + 0.4 * np.array(CRACK_COLOUR))
    np.testing.assert_allclose(drawn[30, 40], inside, atol=1)
    border = np.rint(0.1 * 120 + 0.9 * np.array(CRACK_COLOUR))
    np.testing.assert_allclose(drawn[10, 40], border, atol=1)


def test_the_scale_bar_has_the_length_it_says():
    image, mask = grey(400, 800), np.zeros((400, 800), dtype=bool)
    drawn = draw_overlay(image, mask, longest_px=400, mm_per_px=0.5)
    # 1 mm a pixel of the picture; the longest bar is a quarter of 400 px: 100 mm.
    dark = (drawn < 60).all(axis=2)
    assert int(dark.sum(axis=1).max()) == 100
    assert (draw_overlay(image, mask, longest_px=400) == 120).all()


def test_a_thumbnail_is_never_scaled_up():
    assert draw_thumbnail(grey(30, 40), longest_px=100).shape == (30, 40, 3)
    assert draw_thumbnail(grey(300, 1), longest_px=10).shape == (10, 1, 3)


def test_the_window_of_a_closeup_stays_inside_the_photo():
    assert closeup_window(1000, 2000, x_px=500.5, y_px=400.5) == Window(320, 420, 160, 160)
    assert closeup_window(1000, 2000, x_px=0.5, y_px=999.5) == Window(840, 0, 160, 160)
    assert closeup_window(100, 90, x_px=50, y_px=50) == Window(0, 0, 100, 90)
    wide = closeup_window(1000, 2000, x_px=1000, y_px=500, width_px=80)
    assert wide == Window(340, 840, 320, 320)


@pytest.mark.parametrize("mm_per_px", [None, 0.2])
@pytest.mark.parametrize(("height", "width"), [(160, 160), (100, 160), (1, 1), (7, 160)])
def test_a_closeup_shows_the_photo_and_the_outline(height, width, mm_per_px):
    image, mask = grey(height, width), np.ones((height, width), dtype=bool)
    mask[:, : width // 2] = False
    drawn = draw_closeup(
        image, mask, x_px=width * 0.75, y_px=height / 2, width_px=width / 4, mm_per_px=mm_per_px
    )
    assert drawn.shape == (480, 1192, 3)
    assert not reddish(drawn[:, :480]).any()
    assert not reddish(drawn[:, 976:]).any()
    assert reddish(drawn[:, 488:]).any() == (width > 1)


def test_arrays_of_two_sizes_are_refused():
    with pytest.raises(UsageError, match="same size"):
        draw_overlay(grey(3, 4), np.zeros((4, 3), dtype=bool))
    with pytest.raises(UsageError, match="uint8"):
        draw_overlay(np.zeros((3, 4), dtype=np.uint8), np.zeros((3, 4), dtype=bool))


def test_colours_tell_the_width_in_classes_of_the_unit():
    image, mask = grey(300, 400), np.zeros((300, 400), dtype=bool)
    mask[50:53, 50:350] = True
    mask[150:165, 50:350] = True
    mask[250:253, 50:60] = True  # nothing runs through it
    lines = [
        np.array([[50, y, w], [350, y, w]], dtype=np.float64) for y, w in ((51.5, 3), (157.5, 15))
    ]

    def at(drawn, row, col):
        return drawn[row, col].astype(int)

    for mm_per_px, thin, wide in ((None, 2, 6), (0.1, 3, 5)):
        drawn = draw_overlay(image, mask, lines=lines, mm_per_px=mm_per_px)
        assert np.abs(at(drawn, 51, 200) - COLOURS[thin]).max() < 30
        assert np.abs(at(drawn, 150, 200) - COLOURS[wide]).max() < 30
        assert np.abs(at(drawn, 251, 55) - NOT_MEASURED).max() < 30
    # A small version of a photo eight times as large has the classes of the photo.
    large = [line * 8 for line in lines]
    drawn = draw_overlay(image, mask, lines=large, mm_per_px=0.8, px_per_px=8)
    assert np.abs(at(drawn, 51, 200) - COLOURS[6]).max() < 30  # 24 px of 0.1 mm


def test_cracks_are_numbered_at_their_widest_spot():
    image, mask = grey(300, 400), np.zeros((300, 400), dtype=bool)
    mask[150, 50:350] = True
    plain = draw_overlay(image, mask)
    numbered = draw_overlay(image, mask, spots=[NumberedSpot(3, 200.0, 150.0)])
    rows, cols = np.nonzero((plain != numbered).any(axis=2))
    assert len(rows) > 50
    assert np.hypot(rows - 150, cols - 200).min() < 10
    assert np.hypot(rows - 150, cols - 200).max() < 80
