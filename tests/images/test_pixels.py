from __future__ import annotations

import numpy as np
import pytest

from crackgauge.errors import InputRefused
from crackgauge.images.pixels import Pixels, to_rgb, to_uint8


def test_every_16_bit_value_is_rounded_to_the_nearest_257th():
    values = np.arange(65536, dtype=np.uint16)
    assert np.array_equal(to_uint8(values, 65535, "x"), np.rint(values / 257).astype(np.uint8))


def test_12_bit_full_scale_is_4095():
    assert to_uint8(np.array([0, 4095], np.uint16), 4095, "x").tolist() == [0, 255]


def test_two_bit_grey():
    assert to_uint8(np.array([0, 1, 2, 3], np.uint8), 3, "x").tolist() == [0, 85, 170, 255]


def test_floats_are_0_to_1():
    assert to_uint8(np.array([0.0, 0.5, 1.0], np.float32), 1, "x").tolist() == [0, 128, 255]


@pytest.mark.parametrize("value", [-0.1, 1.5, np.nan, np.inf])
def test_other_floats_are_refused(value):
    with pytest.raises(InputRefused) as caught:
        to_uint8(np.array([0.0, value], np.float32), 1, "x")
    assert caught.value.reason == "bad-encoding"


def test_signed_integers_are_refused():
    with pytest.raises(InputRefused):
        to_uint8(np.array([1], np.int16), 65535, "x")


def test_an_index_beyond_the_palette_is_refused():
    palette = np.zeros((2, 3), np.uint8)
    pixels = Pixels(np.array([[2]], np.uint8), "palette", 255, palette=palette)
    with pytest.raises(InputRefused):
        to_rgb(pixels, "x")


def test_cmyk_formula():
    pixels = Pixels(np.array([[[255, 0, 0, 0], [0, 0, 0, 51]]], np.uint8), "cmyk", 255)
    assert to_rgb(pixels, "x").tolist() == [[[0, 255, 255], [204, 204, 204]]]
