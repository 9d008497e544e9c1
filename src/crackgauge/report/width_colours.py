"""Colours of widths: classes with fixed bounds, so that pictures can be compared."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Colour = tuple[int, int, int]

# Upper bounds of the classes; the last class is open. Those in mm are those of a crack gauge.
BOUNDS_MM = (0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0)
BOUNDS_PX = (2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 20.0, 40.0)
# From thin to wide; neighbours are told apart by lightness or by hue on grey ground.
COLOURS: tuple[Colour, ...] = (
    (120, 200, 255),
    (30, 140, 255),
    (0, 190, 150),
    (130, 215, 60),
    (255, 225, 30),
    (255, 150, 20),
    (240, 70, 40),
    (200, 20, 90),
    (130, 20, 160),
)
NOT_MEASURED: Colour = (205, 205, 205)


class WidthClass(NamedTuple):
    """A class of widths as the legend shows it."""

    words: str
    colour: Colour


def classify(widths: npt.NDArray[np.float64], *, in_mm: bool) -> npt.NDArray[np.int64]:
    """Return the class of each width, 0 the thinnest.

    >>> classify(np.array([0.05, 0.3, 99.0]), in_mm=True).tolist()
    [0, 3, 8]
    """
    bounds = BOUNDS_MM if in_mm else BOUNDS_PX
    return np.searchsorted(bounds, widths, side="right").astype(np.int64)


def width_class(index: int, *, in_mm: bool) -> WidthClass:
    """Word a class.

    >>> width_class(0, in_mm=True).words, width_class(8, in_mm=False).words
    ('< 0.1 mm', '≥ 40 px')
    """
    bounds, unit = (BOUNDS_MM, "mm") if in_mm else (BOUNDS_PX, "px")
    if index == 0:
        words = f"< {bounds[0]:g} {unit}"
    elif index == len(bounds):
        words = f"≥ {bounds[-1]:g} {unit}"
    else:
        words = f"{bounds[index - 1]:g}–{bounds[index]:g} {unit}"
    return WidthClass(words, COLOURS[index])
