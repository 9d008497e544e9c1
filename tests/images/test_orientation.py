from __future__ import annotations

import numpy as np
import pytest

from crackgauge.arrays import Window
from crackgauge.images.orientation import stored_window, turn_upright, upright_size

STORED = np.array([[1, 2, 3], [4, 5, 6]])
UPRIGHT = {
    1: [[1, 2, 3], [4, 5, 6]],
    2: [[3, 2, 1], [6, 5, 4]],
    3: [[6, 5, 4], [3, 2, 1]],
    4: [[4, 5, 6], [1, 2, 3]],
    5: [[1, 4], [2, 5], [3, 6]],
    6: [[4, 1], [5, 2], [6, 3]],
    7: [[6, 3], [5, 2], [4, 1]],
    8: [[3, 6], [2, 5], [1, 4]],
}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turning(orientation):
    assert turn_upright(STORED, orientation).tolist() == UPRIGHT[orientation]
    assert upright_size(2, 3, orientation) == np.shape(UPRIGHT[orientation])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_window_is_the_same_cut_before_or_after_turning(orientation):
    upright = turn_upright(STORED, orientation)
    height, width = upright.shape
    for row in range(height):
        for col in range(width):
            window = Window(row, col, height - row, 1)
            stored = stored_window(window, height, width, orientation)
            part = turn_upright(STORED[stored.slices], orientation)
            assert np.array_equal(part, upright[window.slices])
