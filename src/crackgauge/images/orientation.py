"""Turning arrays and windows as EXIF orientation asks (EXIF 2.32, tag 0x0112).

Legend: stored = as in the file, upright = as a person sees it.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Window

Scalar = TypeVar("Scalar", bound="np.generic[Any]")


def swaps_sides(orientation: int) -> bool:
    """Whether height and width change places."""
    return orientation in (5, 6, 7, 8)


def upright_size(height: int, width: int, orientation: int) -> tuple[int, int]:
    """(height, width) of the upright image from that of the stored one."""
    return (width, height) if swaps_sides(orientation) else (height, width)


def turn_upright(stored: npt.NDArray[Scalar], orientation: int) -> npt.NDArray[Scalar]:
    """Turn a stored array (H, W, ...) upright; contiguous.

    >>> turn_upright(np.array([[1, 2, 3]]), 6).tolist()  # to be shown turned right by 90 degrees
    [[1], [2], [3]]
    >>> turn_upright(np.array([[1, 2, 3]]), 3).tolist()
    [[3, 2, 1]]
    """
    array = stored.swapaxes(0, 1) if swaps_sides(orientation) else stored
    rows = slice(None, None, -1) if orientation in (3, 4, 7, 8) else slice(None)
    columns = slice(None, None, -1) if orientation in (2, 3, 6, 7) else slice(None)
    return np.ascontiguousarray(array[rows, columns])


def stored_window(window: Window, height: int, width: int, orientation: int) -> Window:
    """Where a window of the upright image lies in the stored one.

    Args:
        window: in the upright image.
        height: of the upright image.
        width: of the upright image.
        orientation: 1 to 8.
    """
    row, col, rows, columns = window
    if orientation in (3, 4, 7, 8):
        row = height - row - rows
    if orientation in (2, 3, 6, 7):
        col = width - col - columns
    if swaps_sides(orientation):
        return Window(col, row, columns, rows)
    return Window(row, col, rows, columns)
