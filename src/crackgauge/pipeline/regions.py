"""A mask too large for the memory, cut into parts that can be measured one by one.

Legend: a BLOCK is one window of the prediction; a REGION is a set of blocks joined by crack pixels
that touch (8-connectivity) across the blocks' borders. No crack belongs to two regions, so a
region measured by itself gives what the whole mask would give.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Mask, Probability, Window
from crackgauge.images import ImageSource

# A crack network whose bounding window is larger is measured block by block: measuring takes about
# 21 bytes a pixel.
MEASURED_AT_ONCE_PX = 50_000_000
_ROWS = 1024

_Line = npt.NDArray[np.bool_]
_Owners = npt.NDArray[np.int64]


class Region(NamedTuple):
    """The bounding window of a region and the blocks that belong to it."""

    bounds: Window
    blocks: tuple[Window, ...]

    def read(self, mask_source: ImageSource) -> Mask:
        """Read the region from the stored mask: bool (bounds.height, bounds.width).

        What lies inside the bounds but in blocks of another region is False.
        """
        mask = np.zeros((self.bounds.height, self.bounds.width), dtype=np.bool_)
        for block in self.blocks:
            rows, cols = _relative(block, self.bounds).slices
            mask[rows, cols] = mask_source.read(block)[:, :, 0] > 0
        return mask

    def read_probability(self, source: ImageSource) -> Probability:
        """Read the stored probability within the bounds, to 1 / 255: float32, of their size."""
        probability = np.empty((self.bounds.height, self.bounds.width), dtype=np.float32)
        for top in range(0, self.bounds.height, _ROWS):
            rows = min(_ROWS, self.bounds.height - top)
            band = Window(self.bounds.row + top, self.bounds.col, rows, self.bounds.width)
            np.divide(source.read(band)[:, :, 0], 255, out=probability[top : top + rows])
        return probability


class Regions:
    """Collects the blocks of a mask in row-major order and joins those that share a crack.

    Args:
        width: the mask's width in px.
    """

    def __init__(self, width: int) -> None:
        self._blocks: list[Window] = []
        self._parents: list[int] = []
        self._width = width
        # The last row above the current band: its crack pixels and the block of each column.
        self._above: _Line = np.zeros(width, dtype=np.bool_)
        self._above_owner: _Owners = np.full(width, -1, dtype=np.int64)
        self._below: _Line = self._above.copy()
        self._below_owner: _Owners = self._above_owner.copy()
        self._band_row = 0
        # The last column of the block on the left.
        self._left: _Line | None = None
        self._left_owner = -1
        self._left_col = 0

    def add(self, window: Window, mask: Mask) -> None:
        """Take the next block, bool (window.height, window.width)."""
        if window.row != self._band_row:
            self._next_band(window.row)
        owner = -1
        if mask.any():
            owner = len(self._blocks)
            self._blocks.append(window)
            self._parents.append(owner)
            self._join_left(window, mask, owner)
            self._join_above(window, mask, owner)
        columns = window.slices[1]
        self._below[columns] = mask[-1]
        self._below_owner[columns] = owner
        self._left, self._left_owner = mask[:, -1].copy(), owner
        self._left_col = window.col + window.width

    def regions(self, *, largest_px: int) -> Iterator[Region]:
        """Give the regions in the order of their first blocks.

        Args:
            largest_px: a region whose bounding window is larger is given block by block; a crack
                in it comes in pieces, which are joined where their ends meet at the border.
        """
        members: dict[int, list[Window]] = defaultdict(list)
        for index, block in enumerate(self._blocks):
            members[self._find(index)].append(block)
        for blocks in members.values():
            bounds = _bounds(blocks)
            if bounds.height * bounds.width <= largest_px:
                yield Region(bounds, tuple(blocks))
            else:
                yield from (Region(block, (block,)) for block in blocks)

    def _next_band(self, row: int) -> None:
        self._above, self._below = self._below, np.zeros(self._width, dtype=np.bool_)
        self._above_owner, self._below_owner = self._below_owner, np.full(self._width, -1)
        self._band_row, self._left = row, None

    def _join_left(self, window: Window, mask: Mask, owner: int) -> None:
        left = self._left
        if left is None or self._left_owner < 0 or self._left_col != window.col:
            return
        height = min(len(left), window.height)
        here, there = mask[:height, 0], left[:height]
        straight = here & there
        if straight.any() or (here[1:] & there[:-1]).any() or (here[:-1] & there[1:]).any():
            self._join(owner, self._left_owner)

    def _join_above(self, window: Window, mask: Mask, owner: int) -> None:
        for shift in (-1, 0, 1):
            columns = np.flatnonzero(mask[0]) + window.col + shift
            columns = columns[(columns >= 0) & (columns < self._width)]
            columns = columns[self._above[columns]]
            for other in np.unique(self._above_owner[columns]):
                self._join(owner, int(other))

    def _find(self, index: int) -> int:
        while self._parents[index] != index:
            self._parents[index] = self._parents[self._parents[index]]
            index = self._parents[index]
        return index

    def _join(self, first: int, second: int) -> None:
        low, high = sorted((self._find(first), self._find(second)))
        self._parents[high] = low


def _bounds(blocks: list[Window]) -> Window:
    top = min(block.row for block in blocks)
    left = min(block.col for block in blocks)
    bottom = max(block.row + block.height for block in blocks)
    right = max(block.col + block.width for block in blocks)
    return Window(top, left, bottom - top, right - left)


def _relative(block: Window, bounds: Window) -> Window:
    return Window(block.row - bounds.row, block.col - bounds.col, block.height, block.width)
