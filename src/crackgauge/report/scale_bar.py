"""A scale bar of a round length in the corner of a picture."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

from crackgauge.arrays import Image

_SHARE = 0.25  # the longest bar, as a share of the picture's width
_SMALLEST_PX = 120  # a picture less wide has no room for a bar with its text


class _Bar(NamedTuple):
    length: float
    text: str


def round_length(longest: float) -> float:
    """Return the largest of 1, 2, 5, 10, 20, 50, ... (and 0.5, 0.2, ...) that is not above.

    >>> [round_length(value) for value in (137.0, 51.0, 0.3)]
    [100.0, 50.0, 0.2]
    """
    power = 10.0 ** math.floor(math.log10(longest))
    for step in (5.0, 2.0):
        if step * power <= longest:
            return step * power
    return power


def draw_scale_bar(image: Image, *, mm_per_px: float | None, px_per_px: float = 1.0) -> Image:
    """Draw a bar with its length on a white plate at the lower left.

    Args:
        image: uint8 (H, W, 3).
        mm_per_px: millimetres a pixel of `image`; None draws a bar in px of the photo.
        px_per_px: how many pixels of the photo one pixel of `image` is, for a bar in px.

    Returns:
        A new array; `image` itself where there is no room.
    """
    height, width = image.shape[:2]
    if min(height, width) < _SMALLEST_PX:
        return image
    unit = px_per_px if mm_per_px is None else mm_per_px
    bar = _choose(width * _SHARE * unit, in_mm=mm_per_px is not None)
    bar_px = round(bar.length / unit)
    thick = max(3, round(min(height, width) / 150))
    font = ImageFont.load_default(size=max(13, round(min(height, width) / 24)))
    canvas = PillowImage.fromarray(image)
    draw = ImageDraw.Draw(canvas)
    left, top, right, bottom = draw.textbbox((0, 0), bar.text, font=font)
    text_width, text_height = math.ceil(right - left), math.ceil(bottom - top)
    pad = 2 * thick
    plate_width = max(bar_px, text_width) + 2 * pad
    plate_top = height - pad - (text_height + thick + 3 * pad)
    draw.rectangle((pad, plate_top, pad + plate_width, height - pad), fill=(255, 255, 255))
    text_at = (2 * pad - left, plate_top + pad - top)
    draw.text(text_at, bar.text, font=font, fill=(20, 20, 20))
    line_top = plate_top + 2 * pad + text_height
    draw.rectangle(
        (2 * pad, line_top, 2 * pad + bar_px - 1, line_top + thick - 1), fill=(20, 20, 20)
    )
    return np.asarray(canvas, dtype=np.uint8)


def _choose(longest: float, *, in_mm: bool) -> _Bar:
    length = round_length(longest) if in_mm else max(1.0, round_length(longest))
    if not in_mm:
        return _Bar(length, f"{length:g} px")
    for size, name in ((1e6, "km"), (1e3, "m"), (10.0, "cm")):
        if length >= size:
            return _Bar(length, f"{length / size:g} {name}")
    return _Bar(length, f"{length:g} mm")
