"""Label Studio's brush: the RGBA bytes of a picture as runs packed bit by bit.

Legend: the header has 32 bits for the number N of values, 5 for the bits of one value less 1, and
four times 4 for the SIZES of a run's length in bits less 1. Then blocks follow until N values are
there: a bit that says whether one value is repeated, 2 bits that choose the size, the block's
length less 1 in as many bits, and the value, or as many values as the block is long. Bits are
counted from the highest of a byte.

Source: @thi.ng/rle-pack (Apache-2.0), which Label Studio uses.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from crackgauge.errors import UsageError
from crackgauge.labels.run_length import Runs

_Bytes = npt.NDArray[np.uint8]

_CHANNELS = 4
_VALUE_BITS = 8
# As Label Studio's own converter writes them.
_SIZES = (3, 4, 8, 16)
# Label Studio paints with alpha 255; drawn edges are half transparent at times.
_HALF = 128


def unpack_brush(packed: _Bytes, pixels: int) -> npt.NDArray[np.bool_]:
    """Which pixels of a picture are painted: those whose alpha is at least half.

    Args:
        packed: uint8, the bytes of `rle`.
        pixels: how many the picture has.

    Returns:
        bool (pixels,), row by row.

    Raises:
        UsageError: another number of values, blocks that go beyond it, or an end before it.

    >>> unpack_brush(pack_brush(np.array([1, 2, 1])), 4).tolist()
    [False, True, True, False]
    """
    reader = _Bits(packed)
    count, bits = reader.read(32), reader.read(5) + 1
    sizes = [reader.read(4) + 1 for _ in range(4)]
    if count != pixels * _CHANNELS:
        raise UsageError(f"the brush has {count} values, expected {_CHANNELS} a pixel of {pixels}")
    if bits != _VALUE_BITS:
        raise UsageError(f"the brush has values of {bits} bits, expected {_VALUE_BITS}")
    alpha = np.zeros(pixels, np.bool_)
    done = 0
    while done < count:
        repeated = reader.read(1)
        end = done + 1 + reader.read(sizes[reader.read(2)])
        if end > count:
            raise UsageError(f"the brush has more than its {count} values")
        # The alphas among the values from `done` to `end` are every fourth, the first at 3.
        first = -(done + 1) % _CHANNELS
        pixel = slice((done + first) // _CHANNELS, end // _CHANNELS)
        if repeated:
            if reader.read(_VALUE_BITS) >= _HALF:
                alpha[pixel] = True
        else:
            alpha[pixel] = reader.read_values(end - done)[first::_CHANNELS] >= _HALF
        done = end
    return alpha


class _Bits:
    """Reads bits from the highest of a byte on."""

    def __init__(self, packed: _Bytes) -> None:
        self._bytes = packed.tobytes()
        self._at = 0

    def read(self, bits: int) -> int:
        """The next bits as a number."""
        first, end = self._at // 8, (self._at + bits + 7) // 8
        if end > len(self._bytes):
            raise UsageError("the brush ends before its picture does")
        self._at += bits
        window = int.from_bytes(self._bytes[first:end], "big")
        return (window >> (end * 8 - self._at)) & ((1 << bits) - 1)

    def read_values(self, count: int) -> _Bytes:
        """The next `count` bytes."""
        first, shift = divmod(self._at, 8)
        part = np.frombuffer(self._bytes[first : first + count + 1], np.uint8)
        if len(part) < count + (shift > 0):
            raise UsageError("the brush ends before its picture does")
        self._at += count * 8
        if not shift:
            return part[:count]
        wide = part.astype(np.uint16)
        return ((wide[:-1] << shift | wide[1:] >> (8 - shift)) & 0xFF).astype(np.uint8)


def pack_brush(runs: Runs) -> _Bytes:
    """Pack a mask as a picture of four equal channels, 0 or 255.

    Args:
        runs: of its pixels row by row, sound first.

    Returns:
        uint8, the bytes of `rle`.
    """
    bits = [_field(int(runs.sum()) * _CHANNELS, 32), _field(_VALUE_BITS - 1, 5)]
    bits += [_field(size - 1, 4) for size in _SIZES]
    for number, run in enumerate(runs.tolist()):
        value = "11111111" if number % 2 else "00000000"
        left = run * _CHANNELS
        choice = sum(left > 1 << size for size in _SIZES[:-1])
        while left:
            length = min(left, 1 << _SIZES[-1])
            bits.append(f"1{choice:02b}{_field(length - 1, _SIZES[choice])}{value}")
            left -= length
    flat = np.frombuffer("".join(bits).encode("ascii"), np.uint8) - ord("0")
    # The last byte is filled up; a whole one more follows a full one, as in the converter.
    return np.packbits(np.concatenate([flat, np.zeros(8 - len(flat) % 8, np.uint8)]))


def _field(number: int, bits: int) -> str:
    return f"{number:0{bits}b}"
