"""How long the cracks are in each direction, as a chart."""

from __future__ import annotations

import math

import numpy as np
from markupsafe import Markup

from crackgauge.report.segments import Segments
from crackgauge.report.svg import CRACK, FAINT, SOFT, draw_text, open_svg

_SECTOR_DEG = 15


def orientation_rose(segments: Segments) -> Markup:
    """Draw how long the cracks are in each direction: the area of a sector goes with the length.

    A crack has no front: opposite sectors are equal.

    Returns:
        An SVG element; "" where there is nothing to draw.
    """
    bins = 180 // _SECTOR_DEG
    index = np.floor((segments.angle_deg + _SECTOR_DEG / 2) / _SECTOR_DEG).astype(np.int64) % bins
    lengths = np.bincount(index, weights=segments.length, minlength=bins)
    if not lengths.max() > 0:
        return Markup("")
    size, radius = 300, 112.0
    middle = size / 2
    parts = [open_svg(size, size, "Length of the cracks over their direction")]
    for share in (0.25, 0.5, 1.0):
        ring = radius * math.sqrt(share)
        parts.append(
            f'<circle cx="{middle}" cy="{middle}" r="{ring:.1f}" fill="none" stroke="{FAINT}"/>'
        )
    for sector, length in enumerate(lengths):
        reach = radius * math.sqrt(length / lengths.max())
        parts += [_sector(middle, reach, sector * _SECTOR_DEG + turn) for turn in (0, 180)]
    for angle in range(0, 360, 45):
        x = middle + (radius + 20) * math.cos(math.radians(angle))
        y = middle - (radius + 20) * math.sin(math.radians(angle))
        parts.append(draw_text(x, y + 4, f"{angle % 180}°", anchor="middle", colour=SOFT))
    return Markup("".join([*parts, "</svg>"]))


def _sector(middle: float, reach: float, angle_deg: float) -> str:
    if reach < 0.5:
        return ""
    ends = []
    for side in (-1, 1):
        angle = math.radians(angle_deg + side * (_SECTOR_DEG / 2 - 0.8))
        ends.append((middle + reach * math.cos(angle), middle - reach * math.sin(angle)))
    (x0, y0), (x1, y1) = ends
    return (
        f'<path d="M{middle} {middle}L{x0:.1f} {y0:.1f}A{reach:.1f} {reach:.1f} 0 0 0 '
        f'{x1:.1f} {y1:.1f}Z" fill="{CRACK}"/>'
    )
