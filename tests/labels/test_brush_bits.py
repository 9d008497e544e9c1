"""The brush of Label Studio, bit by bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crackgauge.errors import UsageError
from crackgauge.labels.brush_bits import pack_brush, unpack_brush
from crackgauge.labels.run_length import runs_of

# 32 bits: 8 values; 8 bits a value; sizes of 3, 4, 8 and 16 bits.
HEADER = f"{8:032b}" + "00111" + "0010" + "0011" + "0111" + "1111"


def as_bytes(bits: str) -> np.ndarray:
    flat = np.array([int(bit) for bit in bits], np.uint8)
    return np.packbits(flat)


def decode_slowly(packed: np.ndarray) -> list[int]:
    """All values, read with one string of bits; an implementation of its own."""
    bits = "".join(f"{byte:08b}" for byte in packed.tolist())
    place = 0

    def take(count: int) -> int:
        nonlocal place
        place += count
        return int(bits[place - count : place], 2)

    count, word = take(32), take(5) + 1
    sizes = [take(4) + 1 for _ in range(4)]
    values: list[int] = []
    while len(values) < count:
        repeated = take(1)
        length = take(sizes[take(2)]) + 1
        values += [take(word)] * length if repeated else [take(word) for _ in range(length)]
    return values


def test_two_pixels_by_hand():
    # One repeated block of 4 zeros, one of 4 times 255; both lengths fit into 3 bits.
    blocks = "1" + "00" + "011" + "0" * 8 + "1" + "00" + "011" + "1" * 8
    packed = as_bytes(HEADER + blocks + "000")  # 53 + 28 bits, filled up to 88
    assert pack_brush(np.array([1, 1])).tolist() == packed.tolist()
    assert unpack_brush(packed, 2).tolist() == [False, True]


def test_values_one_by_one_count_by_their_alpha():
    # A literal block of 8 values: the pixels (9, 9, 9, 127) and (0, 0, 0, 128).
    values = (9, 9, 9, 127, 0, 0, 0, 128)
    packed = as_bytes(HEADER + "0" + "00" + "111" + "".join(f"{v:08b}" for v in values))
    assert unpack_brush(packed, 2).tolist() == [False, True]


def test_a_block_that_begins_within_a_pixel():
    # 3 values one by one, then five times 200: the alpha of the first pixel is 200.
    blocks = "0" + "00" + "010" + f"{1:08b}" * 3 + "1" + "00" + "100" + f"{200:08b}"
    assert unpack_brush(as_bytes(HEADER + blocks), 2).tolist() == [True, True]


def test_the_header_of_a_real_export():
    """An image of 3332 x 2527 px, as Label Studio wrote it."""
    assert pack_brush(np.array([3332 * 2527])).tolist()[:6] == [2, 1, 233, 240, 57, 27]


@given(st.lists(st.booleans(), min_size=1, max_size=400))
def test_what_is_packed_is_unpacked(pixels: list[bool]):
    mask = np.repeat(np.array(pixels), 3)
    packed = pack_brush(runs_of(mask))
    assert np.array_equal(unpack_brush(packed, len(mask)), mask)
    assert decode_slowly(packed) == np.repeat(mask * 255, 4).tolist()


@pytest.mark.parametrize("runs", [[70_000], [0, 70_000], [5, 65_536, 1], [16_384, 16_384, 64, 65]])
def test_long_runs(runs: list[int]):
    packed = pack_brush(np.array(runs))
    expected = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    assert np.array_equal(unpack_brush(packed, sum(runs)), expected)
    assert decode_slowly(packed) == np.repeat(expected * 255, 4).tolist()


@pytest.mark.parametrize(
    ("bits", "words"),
    [
        ("", "ends before"),
        (HEADER, "ends before"),
        (HEADER + "1" + "00" + "011" + "0" * 8, "ends before"),  # 4 of 8 values
        (HEADER + "0" + "00" + "111" + "0" * 24, "ends before"),
        (f"{4:032b}" + HEADER[32:], "has 4 values, expected 4 a pixel of 2"),
        (f"{2**32 - 1:032b}" + HEADER[32:], "has 4294967295 values"),
        (HEADER[:32] + "01111" + HEADER[37:], "16 bits"),
        (HEADER + "1" + "11" + "1" * 16 + "1" * 8, "more than its 8 values"),
    ],
)
def test_a_brush_that_does_not_fit_is_refused(bits: str, words: str):
    with pytest.raises(UsageError, match=words):
        unpack_brush(as_bytes(bits), 2)
