"""A small reader of EXIF blocks that never raises and never warns.

The decoders' own EXIF readers warn, raise a dozen kinds of error on odd blocks and disagree on
what to turn; orientation and position need a few tags alone. Source: EXIF 2.32, TIFF 6.0.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from fractions import Fraction
from typing import Protocol

Value = int | float | Fraction | str | bytes | tuple[int | float | Fraction, ...]
Tags = Mapping[int, Value]


class Block(Protocol):
    """Bytes, or a file that is sliced like bytes."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> bytes: ...


ORIENTATION = 0x0112
EXIF_IFD = 0x8769
GPS_IFD = 0x8825

_MAX_ENTRIES = 1000
_MAX_VALUE_BYTES = 65536
# TIFF type -> (bytes of one, struct letter); rationals are two of the letter.
_NUMBERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d"}
_RATIONALS = {5: "I", 10: "i"}


def read_tags(block: Block, ifd: int | None = None) -> Tags:
    """Read the tags of the first directory of an EXIF block, or of the one that tag `ifd` names.

    Args:
        block: from the byte-order mark on; a leading `Exif\\0\\0` is skipped.
        ifd: `EXIF_IFD`, `GPS_IFD` or None for the first directory.

    Returns:
        tag number -> value; rationals as `Fraction`, text without its trailing zero. Whatever
        cannot be read is left out.

    >>> read_tags(bytes.fromhex("4d4d002a00000008" "0001" "0112" "0003" "00000001" "00060000"))
    {274: 6}
    """
    if block[:5] == b"Exif\x00":
        block = block[6 : len(block)]
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(block[:4])
    if order is None or len(block) < 8:
        return {}
    tags = _read_directory(block, order, struct.unpack(order + "I", block[4:8])[0])
    if ifd is None:
        return tags
    offset = tags.get(ifd)
    return _read_directory(block, order, offset) if isinstance(offset, int) else {}


def orientation_of(block: bytes | None) -> int:
    """Orientation 1 to 8 as stated in an EXIF block; 1 (as stored) where there is none."""
    if not block:
        return 1
    value = read_tags(block).get(ORIENTATION, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _read_directory(block: Block, order: str, offset: int) -> dict[int, Value]:
    if not 8 <= offset <= len(block) - 2:
        return {}
    count = struct.unpack(order + "H", block[offset : offset + 2])[0]
    entries = block[offset + 2 : offset + 2 + 12 * min(count, _MAX_ENTRIES)]
    tags: dict[int, Value] = {}
    for start in range(0, len(entries) - 11, 12):
        tag, kind, number = struct.unpack_from(order + "HHI", entries, start)
        value = _read_value(block, order, kind, number, entries[start + 8 : start + 12])
        if value is not None:
            tags[tag] = value
    return tags


def _read_value(block: Block, order: str, kind: int, number: int, field: bytes) -> Value | None:
    letter = _NUMBERS.get(kind) or _RATIONALS.get(kind) or ("s" if kind in (2, 7) else None)
    if letter is None or number == 0:
        return None
    size = struct.calcsize(letter) * number * (2 if kind in _RATIONALS else 1)
    if size > _MAX_VALUE_BYTES:
        return None
    content = field[:size]
    if size > 4:
        offset = struct.unpack(order + "I", field)[0]
        content = block[offset : offset + size]
    if len(content) < size:
        return None
    if kind == 7:
        return content
    if kind == 2:
        return content.split(b"\x00", 1)[0].decode("utf-8", "replace").strip()
    if kind in _RATIONALS:
        parts = struct.unpack(f"{order}{2 * number}{letter}", content)
        pairs = zip(parts[::2], parts[1::2], strict=True)
        if any(parts[1::2][i] == 0 for i in range(number)):
            return None
        fractions = tuple(Fraction(above, below) for above, below in pairs)
        return fractions[0] if number == 1 else fractions
    values = struct.unpack(f"{order}{number}{letter}", content)
    first: Value = values[0]
    return first if number == 1 else values
