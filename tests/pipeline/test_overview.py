from __future__ import annotations

import numpy as np

from crackgauge.arrays import Window
from crackgauge.pipeline.overview import Overview


def test_small_images_stay_as_they_are() -> None:
    image = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    mask = np.eye(4, 6, dtype=np.bool_)
    overview = Overview(4, 6, longest_px=6)
    overview.add(Window(0, 0, 4, 6), image, mask)
    assert overview.factor == 1
    assert np.array_equal(overview.image, image)
    assert np.array_equal(overview.mask, mask)


def test_colours_are_means_and_thin_cracks_stay() -> None:
    image = np.zeros((4, 8, 3), np.uint8)
    image[:, 4:] = 100
    image[0, 0] = 40
    mask = np.zeros((4, 8), np.bool_)
    mask[3, 7] = True
    overview = Overview(4, 8, longest_px=4)
    for col in (0, 4):
        window = Window(0, col, 4, 4)
        overview.add(window, image[window.slices], mask[window.slices])
    assert overview.factor == 2
    assert overview.image[..., 0].tolist() == [[10, 0, 100, 100], [0, 0, 100, 100]]
    assert np.argwhere(overview.mask).tolist() == [[1, 3]]


def test_edges_that_do_not_divide() -> None:
    image = np.full((5, 7, 3), 50, np.uint8)
    overview = Overview(5, 7, longest_px=4)
    overview.add(Window(0, 0, 4, 7), image[:4], np.zeros((4, 7), np.bool_))
    overview.add(Window(4, 0, 1, 7), image[4:], np.ones((1, 7), np.bool_))
    assert overview.image.shape == (3, 4, 3)
    assert (overview.image == 50).all()
    assert overview.mask.tolist() == [[False] * 4, [False] * 4, [True] * 4]
