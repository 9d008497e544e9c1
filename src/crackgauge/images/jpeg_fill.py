"""Finding a JPEG whose coded picture ends before the picture does, though its end marker is there.

Recovery tools and some cameras close a cut file with an end marker; libjpeg then fills what is
missing with mid-grey and only warns, which no Python decoder passes on.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

_CORNER_PX = 4
_MID_GREY: tuple[object, ...] = ((127, 127), (128, 128))  # lowest and highest value
_NOISE = bytes(range(1, 255)) * 4
# With restart intervals the decoder waits for the next restart marker, whichever it is.
_PROBE = _NOISE + b"".join(bytes((0xFF, 0xD0 + number)) + _NOISE for number in range(8))


def is_filled(
    image: Image.Image, content: bytes, scan: int, decode: Callable[[bytes], Image.Image]
) -> bool:
    """Say whether the lower right corner of a decoded JPEG was filled in by the decoder.

    A corner of exact mid-grey raises the suspicion; then noise is put before the end marker. A
    decoder that has its whole picture ignores it, one that lacks a part takes it for that part.

    Args:
        image: as decoded from `content`, not turned.
        content: the file.
        scan: where its first scan begins.
        decode: the decoder.
    """
    width, height = image.size
    box = (max(0, width - _CORNER_PX), max(0, height - _CORNER_PX), width, height)
    bands = image.crop(box).split()
    if any(band.getextrema() not in _MID_GREY for band in bands[:3]):
        return False
    end = content.find(b"\xff\xd9", scan)
    # A cut through an escaped 0xFF leaves one, which would make a marker of the noise.
    probed = decode(content[:end].rstrip(b"\xff") + _PROBE + b"\xff\xd9")
    return not np.array_equal(np.asarray(image), np.asarray(probed))
