"""White plates with words on a picture: the legend of widths and the numbers of cracks."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageDraw

from crackgauge.arrays import Image, Mask
from crackgauge.report.lettering import open_font
from crackgauge.report.width_colours import WidthClass

_INK, _PAPER = (20, 20, 20), (255, 255, 255)
_SMALLEST_PX = 200  # a picture less wide or high has no room for a legend


def draw_legend(image: Image, classes: Sequence[WidthClass], marked: Mask) -> Image:
    """Draw the classes of widths on a white plate in the corner where it covers the least.

    Args:
        image: uint8 (H, W, 3).
        classes: from the top down.
        marked: bool (H, W), what should be seen; the lower left is left to the scale bar.

    Returns:
        A new array; `image` itself where there is no room or no class.
    """
    height, width = image.shape[:2]
    size = max(12, round(min(height, width) / 34))
    line, pad = round(size * 1.35), round(size * 0.6)
    plate_height = line * len(classes) + 2 * pad
    if not classes or min(height, width) < _SMALLEST_PX or plate_height + 2 * pad > height:
        return image
    font = open_font(size)
    text_width = max(math.ceil(font.getlength(each.words)) for each in classes)
    swatch = round(size * 1.6)
    plate_width = text_width + swatch + 3 * pad
    canvas = PillowImage.fromarray(image)
    draw = ImageDraw.Draw(canvas)
    right, below = width - pad - plate_width, height - pad - plate_height
    corners = ((right, below), (right, pad), (pad, pad))
    covered = [
        int(marked[y : y + plate_height, max(x, 0) : x + plate_width].sum()) for x, y in corners
    ]
    left, top = corners[int(np.argmin(covered))]
    draw.rectangle((left, top, left + plate_width, top + plate_height), fill=_PAPER)
    for index, each in enumerate(classes):
        y = top + pad + index * line
        middle = y + line / 2
        box = (left + pad, middle - size * 0.3, left + pad + swatch, middle + size * 0.3)
        draw.rectangle(box, fill=each.colour)
        draw.text((left + 2 * pad + swatch, middle), each.words, font=font, fill=_INK, anchor="lm")
    return np.asarray(canvas, dtype=np.uint8)


def draw_numbers(image: Image, places: Sequence[tuple[int, float, float]]) -> Image:
    """Write numbers beside places; one that would cover another is left out.

    Args:
        image: uint8 (H, W, 3).
        places: (number, x, y) in px of the image, the most important first.

    Returns:
        A new array; `image` itself where nothing is written.
    """
    height, width = image.shape[:2]
    if not places or min(height, width) < _SMALLEST_PX:
        return image
    size = max(13, round(min(height, width) / 30))
    font = open_font(size, bold=True)
    canvas = PillowImage.fromarray(image)
    draw = ImageDraw.Draw(canvas)
    taken: list[tuple[float, float, float, float]] = []
    for number, x, y in places:
        text = str(number)
        half_width, half_height = font.getlength(text) / 2 + size * 0.3, size * 0.7
        centre_x = x + half_width + size * 0.7
        if centre_x + half_width > width:
            centre_x = x - half_width - size * 0.7
        centre_x = min(max(centre_x, half_width), width - half_width)
        centre_y = min(max(y - size, half_height), height - half_height)
        box = (
            centre_x - half_width,
            centre_y - half_height,
            centre_x + half_width,
            centre_y + half_height,
        )
        if any(_meet(box, other) for other in taken):
            continue
        taken.append(box)
        draw.line((x, y, centre_x, centre_y), fill=_PAPER, width=max(1, size // 10))
        draw.rounded_rectangle(box, radius=size * 0.3, fill=_PAPER, outline=_INK)
        draw.text((centre_x, centre_y), text, font=font, fill=_INK, anchor="mm")
    return np.asarray(canvas, dtype=np.uint8)


def _meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
