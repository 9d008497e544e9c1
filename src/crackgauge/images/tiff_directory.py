"""Checking a TIFF's first directory byte by byte.

tifffile drops a tag that it cannot read and goes on with the tag's default, so that a file that
is cut within a tag's value is decoded to other pixels (BitsPerSample falls back to 1). Sources:
TIFF 6.0, BigTIFF.
"""

from __future__ import annotations

import struct
from collections.abc import Container
from pathlib import Path
from typing import IO

from crackgauge.errors import CORRUPT, TRUNCATED, InputRefused

_BYTES_OF_TYPE = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8} | {
    13: 4,
    16: 8,
    17: 8,
    18: 8,
}
# Size, depth, compression, colour, strips, tiles, predictor, palette, extra samples, format.
_STRUCTURE = frozenset(
    {256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 317, 320, 322, 323, 324, 325, 338, 339}
)


def check_directory(
    stream: IO[bytes],
    offset: int,
    size: int,
    *,
    order: str,
    big: bool,
    read: Container[int],
    path: Path,
) -> None:
    """Check that the directory at `offset`, and all that it refers to, lies within the file.

    Args:
        stream: the file.
        offset: of the directory.
        size: of the file in bytes.
        order: `<` or `>`.
        big: BigTIFF.
        read: the tags that the reader understood.
        path: named in the refusal.

    Raises:
        InputRefused: a part is missing, or a tag of the structure was not understood.
    """
    head, entry, tail = ("Q", "HHQ8s", 8) if big else ("H", "HHI4s", 4)
    head_bytes, entry_bytes = struct.calcsize(order + head), struct.calcsize(order + entry)
    stream.seek(offset)
    raw = stream.read(head_bytes)
    count = struct.unpack(order + head, raw)[0] if len(raw) == head_bytes else size
    if offset + head_bytes + count * entry_bytes + tail > size:
        raise cut(path)
    entries = stream.read(count * entry_bytes)
    for tag, kind, number, value in struct.iter_unpack(order + entry, entries):
        length = _BYTES_OF_TYPE.get(kind, 0) * number
        if length > tail:
            start = int.from_bytes(value, "little" if order == "<" else "big")
            if start + length > size:
                raise cut(path)
        if tag in _STRUCTURE and tag not in read:
            raise InputRefused(
                path, CORRUPT, f"tag {tag} of the TIFF cannot be read; copy the file again"
            )


def cut(path: Path) -> InputRefused:
    """The refusal of a TIFF whose parts lie beyond its end."""
    return InputRefused(
        path,
        TRUNCATED,
        "the TIFF refers to bytes beyond the end of the file, so a part is missing; copy it again "
        "from its source",
    )
