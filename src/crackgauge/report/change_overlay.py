"""Two visits in one picture: what is new, grown, unchanged, shrunk and gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Image
from crackgauge.report.plates import draw_legend, draw_numbers
from crackgauge.report.width_colours import Colour, WidthClass

_Floats = npt.NDArray[np.float64]

# Okabe and Ito (2008) where it matters; what did not change stays in the background.
STATUS_COLOURS: dict[str, Colour] = {
    "new": (230, 40, 50),
    "grown": (255, 165, 0),
    "unchanged": (235, 235, 235),
    "shrunk": (0, 190, 150),
    "gone": (86, 170, 255),
}
_LEAST_PX, _RIM = 3, (25, 25, 25)


class ChangeLine(NamedTuple):
    """A centre line to be drawn: float64 (N, 3) of x, y, width in px after, and its status."""

    line: _Floats
    status: str


def draw_changes(
    image: Image,
    lines: Sequence[ChangeLine],
    *,
    px_per_px: float = 1.0,
    numbers: Sequence[tuple[int, float, float]] = (),
    counts: Mapping[str, int] | None = None,
) -> Image:
    """Draw the cracks of two visits into the later photo, coloured by what became of them.

    Args:
        image: uint8 (H, W, 3), the later photo or a small version of it.
        lines: what is drawn; a status without a colour is left out.
        px_per_px: how many px of the photo one px of `image` is.
        numbers: (number, x, y) in px of the photo, the most important first.
        counts: for the legend, by status; None leaves it away.

    Returns:
        A new array.
    """
    drawn = np.ascontiguousarray(image).copy()
    # What changed is drawn last, over what did not.
    order = list(STATUS_COLOURS)
    ranked = sorted(
        (each for each in lines if each.status in STATUS_COLOURS),
        key=lambda each: (each.status != "unchanged", -order.index(each.status)),
    )
    for rim in (True, False):
        for each in ranked:
            points = np.rint((each.line[:, :2] / px_per_px - 0.5) * 16).astype(np.int32)
            wide = max(_LEAST_PX, round(float(np.median(each.line[:, 2])) / px_per_px))
            colour = _RIM if rim else STATUS_COLOURS[each.status]
            thickness = wide + 2 if rim else wide
            cv2.polylines(drawn, [points], False, colour, thickness, cv2.LINE_AA, shift=4)
    marked = np.asarray((drawn != image).any(axis=2), dtype=np.bool_)
    drawn = draw_numbers(drawn, [(n, x / px_per_px, y / px_per_px) for n, x, y in numbers])
    if counts is None:
        return drawn
    legend = [
        WidthClass(f"{status}: {counts[status]}", colour)
        for status, colour in STATUS_COLOURS.items()
        if counts.get(status)
    ]
    return draw_legend(drawn, legend, marked)
