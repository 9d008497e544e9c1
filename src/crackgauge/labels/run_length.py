"""Masks as runs: how many pixels in a row are alike.

Legend: a mask of H x W px is read row by row or, as COCO does, column by column; its RUNS alternate
between sound and crack and begin with sound (0 where the first pixel is crack).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Mask, Window
from crackgauge.errors import UsageError

Runs = npt.NDArray[np.int64] | npt.NDArray[np.int32]

# Five bits a letter: more letters than these and a run is no number of pixels.
_MOST_LETTERS = 12


def count_runs(mask: Mask, window: Window, height: int, width: int) -> npt.NDArray[np.int64]:
    """Return the runs, column by column, of an image of which only a window is crack.

    Args:
        mask: bool (window.height, window.width).
        window: where it lies in the image.
        height: of the image in px.
        width: of the image in px.

    >>> mask = np.array([[True, False], [True, True]])
    >>> count_runs(mask, Window(1, 0, 2, 2), 3, 2).tolist()
    [1, 2, 2, 1]
    """
    padded = np.zeros((window.width, window.height + 2), dtype=np.int8)
    padded[:, 1:-1] = mask.T
    steps = np.diff(padded, axis=1)
    col, row = np.nonzero(steps)
    change = (col + window.col) * height + row + window.row
    # Where a run reaches the foot of a column and goes on at the head of the next, it is one.
    inner = np.flatnonzero(change[1:-1:2] == change[2::2]) * 2 + 1
    change = np.delete(change, np.concatenate([inner, inner + 1]))
    runs = np.diff(change, prepend=0, append=height * width).astype(np.int64)
    return runs[:-1] if runs[-1] == 0 else runs


def runs_of(values: Mask) -> npt.NDArray[np.int64]:
    """Return the runs of pixels that are already in a row.

    Args:
        values: bool (N,).

    >>> runs_of(np.array([True, True, False])).tolist()
    [0, 2, 1]
    """
    changes = np.flatnonzero(values[1:] != values[:-1]) + 1
    runs = np.diff(changes, prepend=0, append=len(values)).astype(np.int64)
    return np.concatenate([[0], runs]) if len(values) and values[0] else runs


def pixels_of(runs: Runs) -> Mask:
    """Return the pixels in a row that runs stand for.

    >>> pixels_of(np.array([1, 2])).tolist()
    [False, True, True]
    """
    return np.repeat(np.arange(len(runs)) % 2 == 1, runs)


def check_runs(counts: Any, pixels: int) -> Runs:
    """Return `counts` as runs if they are whole numbers that add up to `pixels`.

    Args:
        counts: anything, such as a list from a file.
        pixels: how many the mask has.

    Raises:
        UsageError: something else, with the sums that were found and expected.
    """
    runs = whole_numbers(counts)
    if runs is None:
        raise UsageError("the runs are no list of whole numbers")
    if int(runs.min()) < 0 or int(runs.max()) > pixels:
        raise UsageError(
            f"a run has {runs.min() if runs.min() < 0 else runs.max()} pixels of {pixels}"
        )
    if (total := int(runs.sum())) != pixels:
        raise UsageError(f"the runs add up to {total} pixels, expected {pixels}")
    return runs


def whole_numbers(values: Any) -> npt.NDArray[np.int64] | None:
    """A list from a file as an array; None where it is no list of whole numbers, or empty.

    >>> whole_numbers([1, 2]), whole_numbers(["1"]), whole_numbers([])
    (array([1, 2]), None, None)
    """
    # The types first: numpy would make an array of the longest text.
    if not isinstance(values, list) or set(map(type, values)) != {int}:
        return None
    try:
        return np.array(values, np.int64)
    except OverflowError:
        return None


def compress_runs(runs: Runs) -> str:
    """Return the runs as the string that COCO files hold (`rleToString` of the COCO API).

    From the fourth on each run is written as its difference to the one before the last, in pieces
    of five bits, lowest first; a sixth bit says that another piece follows, and 48 is added.

    >>> compress_runs(np.array([1, 2, 2, 1]))
    '122O'
    """
    letters = []
    for index, run in enumerate(runs.tolist()):
        value = run - int(runs[index - 2]) if index > 2 else run
        more = True
        while more:
            piece = value & 0x1F
            value >>= 5
            more = value != -1 if piece & 0x10 else value != 0
            letters.append(chr((piece | (0x20 if more else 0)) + 48))
    return "".join(letters)


def expand_runs(text: str) -> list[int]:
    """Return the runs that such a string stands for (`rleFrString` of the COCO API).

    Raises:
        UsageError: letters that the string cannot have, or an end in the middle of a number.

    >>> expand_runs("122O")
    [1, 2, 2, 1]
    """
    runs: list[int] = []
    value = shift = letters = 0
    for letter in text:
        piece = ord(letter) - 48
        if not 0 <= piece < 64 or letters == _MOST_LETTERS:
            raise UsageError(f"the compressed runs hold {letter[:1]!r} out of its place")
        value |= (piece & 0x1F) << shift
        shift, letters = shift + 5, letters + 1
        if not piece & 0x20:
            if piece & 0x10:
                value -= 1 << shift
            runs.append(value + runs[-2] if len(runs) > 2 else value)
            value = shift = letters = 0
    if letters:
        raise UsageError("the compressed runs end in the middle of a number")
    return runs
