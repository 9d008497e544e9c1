"""How long the cracks are at each width, as a chart."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from crackgauge.report import wording
from crackgauge.report.scale_bar import round_length
from crackgauge.report.segments import Segments
from crackgauge.report.svg import CRACK, FAINT, INK, SOFT, draw_line, draw_text, open_svg

_Floats = npt.NDArray[np.float64]

_UNSURE = "#e3a9b5"
_MOST_BINS = 16


def width_histogram(segments: Segments, *, in_mm: bool) -> Markup:
    """Draw how long the cracks are at each width; what is below two pixels is lighter.

    Returns:
        An SVG element; "" where there is nothing to draw.
    """
    if not len(segments.length) or not segments.length.sum() > 0:
        return Markup("")
    edges = _bins(segments)
    last = len(edges) - 2
    index = np.clip(np.searchsorted(edges, segments.width, side="right") - 1, 0, last)
    claimed = segments.width_px >= wording.LEAST_WIDTH_PX
    sure, unsure = np.zeros((2, last + 1))
    np.add.at(sure, index[claimed], segments.length[claimed])
    np.add.at(unsure, index[~claimed], segments.length[~claimed])
    unit = "mm" if in_mm else "px"
    return Markup(
        _draw_histogram(edges, sure, unsure, unit, bool(segments.width.max() > edges[-1]))
    )


def _bins(segments: Segments) -> _Floats:
    """Return edges of a round step up to what 99.5 % of the length is below."""
    order = np.argsort(segments.width, kind="stable")
    share = np.cumsum(segments.length[order]) / segments.length.sum()
    top = float(segments.width[order][min(int(np.searchsorted(share, 0.995)), len(order) - 1)])
    step = round_length(max(top, 1e-6))
    while top / step < _MOST_BINS / 2.5:
        step = round_length(step * 0.99)
    return np.arange(math.ceil(top / step + 1e-9) + 1, dtype=np.float64) * step


def _draw_histogram(edges: _Floats, sure: _Floats, unsure: _Floats, unit: str, is_cut: bool) -> str:
    width, height, left, foot, top = 520, 300, 64, 44, 14
    bar = (width - left - 12) / (len(edges) - 1)
    total = sure + unsure
    most = float(total.max())
    tall = height - foot - top
    parts = [open_svg(width, height, "Length of the cracks over their width")]
    tick = round_length(most / 2.5)
    for level in np.arange(0, most * 1.0001, tick):
        y = top + tall * (1 - level / most)
        parts.append(draw_line(left, y, width - 12, y, FAINT))
        words = wording.length(float(level), 1.0 if unit == "mm" else None) if level else "0"
        parts.append(draw_text(left - 8, y + 4, words, anchor="end"))
    for index, (full, light) in enumerate(zip(sure, unsure, strict=True)):
        x = left + index * bar
        for value, base, colour in ((light, 0.0, _UNSURE), (full, light, CRACK)):
            tall_px = tall * value / most
            y = top + tall - tall * base / most - tall_px
            if tall_px > 0:
                parts.append(
                    f'<rect x="{x + 1:.1f}" y="{y:.1f}" width="{bar - 2:.1f}" '
                    f'height="{tall_px:.1f}" fill="{colour}"/>'
                )
    every = math.ceil(len(edges) / 10)
    for index in range(0, len(edges), every):
        x = left + index * bar
        parts.append(draw_text(x, height - foot + 18, f"{edges[index]:g}", anchor="middle"))
    parts.append(draw_line(left, height - foot, width - 12, height - foot, INK))
    middle = (left + width) / 2
    words = f"width in {unit}" + ("; what is wider is in the last bar" if is_cut else "")
    parts.append(draw_text(middle, height - 6, words, anchor="middle", colour=SOFT))
    return "".join([*parts, "</svg>"])
