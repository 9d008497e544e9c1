from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from crackgauge.images.png import encode_grey_png


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, ">u2"])
@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (64, 33)])
def test_another_decoder_reads_it_back(dtype, shape):
    values = np.random.default_rng(4).integers(0, 256, shape).astype(dtype) * 17
    with Image.open(io.BytesIO(encode_grey_png(values))) as image:
        image.load()
        assert np.array_equal(np.asarray(image), values)


def test_columns_of_a_larger_array():
    values = np.arange(60, dtype=np.uint8).reshape(6, 10)[:, ::2]
    with Image.open(io.BytesIO(encode_grey_png(values))) as image:
        assert np.array_equal(np.asarray(image), values)
