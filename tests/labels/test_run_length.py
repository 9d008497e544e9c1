from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco

from crackgauge.arrays import Window
from crackgauge.labels.run_length import compress_runs, count_runs

# pycocotools was built for an older numpy.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@given(st.integers(1, 9), st.integers(1, 9), st.data())
def test_pycocotools_gives_the_same_string(height, width, data):
    row, col = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    rows = data.draw(st.integers(1, height - row))
    cols = data.draw(st.integers(1, width - col))
    bits = data.draw(st.lists(st.booleans(), min_size=rows * cols, max_size=rows * cols))
    part = np.array(bits).reshape(rows, cols)
    whole = np.zeros((height, width), dtype=np.uint8)
    whole[row : row + rows, col : col + cols] = part
    runs = count_runs(part, Window(row, col, rows, cols), height, width)
    expected = coco.encode(np.asfortranarray(whole))["counts"].decode()
    assert compress_runs(runs) == expected


@pytest.mark.parametrize("size", [(3000, 2000), (1, 40), (40, 1)])
def test_long_runs(size):
    whole = np.random.default_rng(3).random(size) < 0.01
    runs = count_runs(whole, Window(0, 0, *size), *size)
    found = coco.decode({"size": list(size), "counts": compress_runs(runs)})
    assert (found == whole).all()
