"""COCO's run-length encoding of a mask.

Legend: a mask of H x W px is read column by column; its RUNS alternate between sound and crack and
begin with sound (0 where the first pixel is crack).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Mask, Window


def count_runs(mask: Mask, window: Window, height: int, width: int) -> npt.NDArray[np.int64]:
    """Return the runs of an image of which only a window is crack.

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


def compress_runs(runs: npt.NDArray[np.int64]) -> str:
    """Return the runs as the string that COCO files hold (`rleToString` of the COCO API).

    From the third on each run is written as its difference to the one before the last, in pieces
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
