"""Working through an image that is too large for the memory, block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from crackgauge.arrays import Window

BLOCK_PX = 2048

# Called with the share done, in [0, 1].
Tell = Callable[[float], None]


def blocks(height: int, width: int) -> Iterator[Window]:
    """Give windows that cover an image, in row-major order.

    >>> [window.width for window in blocks(100, 5000)]
    [2048, 2048, 904]
    """
    for row in range(0, height, BLOCK_PX):
        for col in range(0, width, BLOCK_PX):
            yield Window(row, col, min(BLOCK_PX, height - row), min(BLOCK_PX, width - col))
