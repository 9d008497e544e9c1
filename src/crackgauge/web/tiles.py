"""Deep zoom: an image as square tiles at levels of half the size each.

Legend: level `top_level` has the image's own size, the level below half of it, rounded up, down to
level 0 with one pixel. The FACTOR of a level is how many px of the image one of its px covers.
"""

from __future__ import annotations

from typing import NamedTuple

from crackgauge.arrays import Window
from crackgauge.web.refusals import not_found

TILE_PX = 256


class Level(NamedTuple):
    """One level: its factor, and its size in its own px."""

    factor: int
    height: int
    width: int


def top_level(height: int, width: int) -> int:
    """Return the number of the level that has the image's own size.

    >>> top_level(1, 1), top_level(2, 1), top_level(3000, 4000)
    (0, 1, 12)
    """
    return max(height, width, 1).bit_length() - (max(height, width, 1).bit_count() == 1)


def level_of(height: int, width: int, level: int) -> Level:
    """Return a level of an image.

    Raises:
        Refused: 404, there is none.

    >>> level_of(3000, 4000, 11)
    Level(factor=2, height=1500, width=2000)
    """
    top = top_level(height, width)
    if not 0 <= level <= top:
        raise not_found("level")
    factor = 1 << (top - level)
    return Level(factor, -(-height // factor), -(-width // factor))


def tile_of(level: Level, column: int, row: int) -> Window:
    """Return the window of a tile in the px of its level.

    Raises:
        Refused: 404, there is none.

    >>> tile_of(Level(2, 300, 600), 2, 1)
    Window(row=256, col=512, height=44, width=88)
    """
    top, left = row * TILE_PX, column * TILE_PX
    if row < 0 or column < 0 or top >= level.height or left >= level.width:
        raise not_found("tile")
    return Window(top, left, min(TILE_PX, level.height - top), min(TILE_PX, level.width - left))


def in_image(tile: Window, factor: int, height: int, width: int) -> Window:
    """Return what a tile covers of the image itself.

    >>> in_image(Window(256, 512, 44, 88), 2, 599, 1199)
    Window(row=512, col=1024, height=87, width=175)
    """
    row, col = tile.row * factor, tile.col * factor
    return Window(
        row, col, min(tile.height * factor, height - row), min(tile.width * factor, width - col)
    )
