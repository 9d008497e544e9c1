from __future__ import annotations

import numpy as np
import pytest

from crackgauge.arrays import Window
from crackgauge.errors import UsageError
from crackgauge.images import array_source, open_image


def test_other_formats_are_decoded_once_and_read_alike(rgb, write):
    path = write("i.png", rgb, "PNG", orientation=8)
    upright = np.rot90(rgb)
    with open_image(path) as source:
        assert (source.height, source.width, source.path) == (56, 40, path)
        window = Window(10, 3, 20, 30)
        assert np.array_equal(source.read(window), upright[window.slices])


def test_an_array_is_a_source_too(rgb):
    source = array_source(rgb)
    assert (source.height, source.width, source.path) == (40, 56, None)
    assert np.array_equal(source.read(Window(0, 0, 40, 56)), rgb)
    with pytest.raises(UsageError):
        array_source(rgb[..., 0])


@pytest.mark.parametrize(
    "window", [(-1, 0, 2, 2), (0, 0, 41, 1), (0, 56, 1, 1), (3, 3, 0, 1), (39, 0, 2, 1)]
)
def test_windows_beyond_the_image_are_wrong_use(rgb, write_tiff, window):
    for source in (array_source(rgb), open_image(write_tiff("i.tif", rgb, photometric="rgb"))):
        with source, pytest.raises(UsageError, match="40 x 56"):
            source.read(Window(*window))
