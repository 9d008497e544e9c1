"""A crack gauge drawn beside a close-up: lines of known width, true to its scale.

An inspector lays a card with such lines beside a crack and looks for the line that is as wide.
"""

from __future__ import annotations

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageDraw

from crackgauge.arrays import Image
from crackgauge.report.lettering import open_font

# The lines of the card in mm, as on common gauges and on to the widths of pavements.
LINES_MM = (
    *(0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.25, 1.5, 1.75),
    *(2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0, 40.0),
    *(50.0, 60.0, 80.0, 100.0, 150.0, 200.0),
)
LINES_PX = (
    *(1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0),
    *(40.0, 50.0, 60.0, 80.0, 100.0, 150.0, 200.0, 300.0, 400.0),
)
_INK, _CARD, _EDGE = (20, 20, 20), (252, 250, 240), (120, 116, 100)
_LEAST_GAP_PX, _FONT_PX, _PAD_PX, _LABEL_PX = 14, 24, 14, 96
_MOST_LINES = 7


def gauge_lines(width: float, *, in_mm: bool, px_per_unit: float, room_px: int) -> list[float]:
    """Choose the lines of a card around a width, as many as there is room for, at most seven.

    Args:
        width: measured, in mm or px.
        in_mm: the unit.
        px_per_unit: of the picture.
        room_px: height of the card.

    >>> gauge_lines(0.43, in_mm=True, px_per_unit=30.0, room_px=480)
    [0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7]
    """
    known = LINES_MM if in_mm else LINES_PX
    # As many lines below as above, so by rank and not by distance.
    nearest = nearest_line(width, known)
    order = sorted(range(len(known)), key=lambda index: (abs(index - nearest), index))
    chosen: list[int] = []
    for index in order[:_MOST_LINES]:
        needed = sum(_row_px(known[each] * px_per_unit) for each in [*chosen, index])
        if needed > room_px - 2 * _PAD_PX and chosen:
            break
        chosen.append(index)
    return [known[index] for index in sorted(chosen)]


def nearest_line(width: float, lines: tuple[float, ...] | list[float]) -> int:
    """Return the index of the line that is as wide, by the ratio of the two."""
    ratios = np.abs(np.log(np.asarray(lines) / max(width, 1e-9)))
    return int(ratios.argmin())


def draw_gauge(
    height_px: int, width_px: int, *, width: float, in_mm: bool, px_per_unit: float
) -> Image:
    """Draw the card; the line nearest to the measured width is marked.

    Args:
        height_px: of the card.
        width_px: of the card.
        width: measured, in mm or px.
        in_mm: the unit of `width` and of the lines.
        px_per_unit: how many px of the close-up one mm (or one px of the photo) is.

    Returns:
        uint8 (height_px, width_px, 3).
    """
    lines = gauge_lines(width, in_mm=in_mm, px_per_unit=px_per_unit, room_px=height_px)
    marked = nearest_line(width, lines)
    heights = [_row_px(line * px_per_unit) for line in lines]
    spare = max(0.0, height_px - 2 * _PAD_PX - sum(heights)) / len(lines)
    canvas = PillowImage.new("RGB", (width_px, height_px), _CARD)
    draw = ImageDraw.Draw(canvas)
    draw.rectangle((0, 0, width_px - 1, height_px - 1), outline=_EDGE, width=2)
    font = open_font(_FONT_PX)
    bold = open_font(_FONT_PX, bold=True)
    y = float(_PAD_PX)
    for index, (line, height) in enumerate(zip(lines, heights, strict=True)):
        middle = y + (height + spare) / 2
        thick = line * px_per_unit
        _bar(canvas, 26, width_px - _LABEL_PX, middle, thick)
        words = f"{line:g}"
        at = (width_px - _LABEL_PX + 10, middle)
        draw.text(at, words, font=bold if index == marked else font, fill=_INK, anchor="lm")
        if index == marked:
            draw.polygon([(6, middle - 9), (20, middle), (6, middle + 9)], fill=_INK)
        y += height + spare
    unit = "mm" if in_mm else "px"
    draw.text((width_px - 8, height_px - 6), unit, font=open_font(18), fill=_EDGE, anchor="rd")
    return np.asarray(canvas, dtype=np.uint8)


def _bar(canvas: PillowImage.Image, left: int, right: int, middle: float, thick: float) -> None:
    """Draw a level bar of any thickness; rows that it covers in part are mixed."""
    rows = np.arange(canvas.height)
    top, bottom = middle - thick / 2, middle + thick / 2
    cover = np.clip(np.minimum(rows + 1, bottom) - np.maximum(rows, top), 0, 1)
    for row in np.flatnonzero(cover):
        share = float(cover[row])
        mixed = tuple(round(c + (i - c) * share) for c, i in zip(_CARD, _INK, strict=True))
        canvas.paste(mixed, (left, int(row), right, int(row) + 1))


def _row_px(thick: float) -> float:
    return max(thick + _LEAST_GAP_PX, _FONT_PX + 8)
