"""Cutting an image into tiles, so that memory is bounded by the tile and not by the image.

The whole image, as a network sees it: edge-replicated to the right and below up to a multiple of
the alignment (at least the network's stride); the network's own padding does the rest. A tile is
a window of that whole whose sides lie on multiples of the alignment, so that pooling falls on the
same pixels, and it reaches `halo` pixels beyond the core that is kept. With a halo of the
network's reach the core is then what the whole image gives.

Legend: H, W height and width of the image; A the alignment.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Window
from crackgauge.errors import UsageError


class Tile(NamedTuple):
    """One step of a tiled prediction.

    Args:
        core: the pixels of the image that this tile answers for.
        padded: what the network sees; begins and ends at multiples of A and may reach beyond the
            image to the right and below, by less than A.
    """

    core: Window
    padded: Window


def round_up(size: int, multiple: int) -> int:
    """Smallest multiple of `multiple` that is at least `size`.

    >>> round_up(9, 8), round_up(16, 8)
    (16, 16)
    """
    return -(-size // multiple) * multiple


def window_starts(size: int, window_px: int, step: int) -> npt.NDArray[np.int64]:
    """First pixels of the windows along one axis; the last window ends at the edge.

    Args:
        size: of the axis, at least `window_px`.
        window_px: side of a window.
        step: from one window to the next, px.

    Returns:
        int64, ascending: the multiples of `step` from which a window fits, and the last place.

    >>> window_starts(10, 4, 4).tolist()
    [0, 4, 6]
    """
    last = size - window_px
    return np.unique(np.append(np.arange(0, last + 1, step), last))


def plan_tiles(height: int, width: int, *, core: int, halo: int, stride: int) -> list[Tile]:
    """Tiles whose cores cover the image once, row by row.

    Cores begin at multiples of `core`. The last core of a row or column takes the rest with it
    where the padded window still stays within `core + 2 * halo`, the size of an inner one: so an
    image of up to that size is one tile.

    Args:
        height, width: of the image, px.
        core: side of a core, px, a multiple of `stride`.
        halo: px kept around a core; rounded up to a multiple of `stride`.
        stride: the alignment A, px.

    Raises:
        UsageError: a size below 1, a negative halo, or a core that is no multiple of the stride.

    >>> for tile in plan_tiles(20, 36, core=16, halo=8, stride=8):
    ...     print(tuple(tile.core), tuple(tile.padded))
    (0, 0, 20, 16) (0, 0, 24, 24)
    (0, 16, 20, 20) (0, 8, 24, 32)
    """
    if min(height, width, core, stride) < 1 or halo < 0:
        raise UsageError(
            f"cannot tile {height}x{width} px with core {core}, halo {halo}, stride {stride}: "
            "expected sizes of 1 px or more and a halo of 0 or more"
        )
    if core % stride:
        raise UsageError(
            f"got a tile of {core} px, expected a multiple of {stride}; "
            f"use {round_up(core, stride)}"
        )
    rows = list(_plan_axis(height, core, round_up(halo, stride), stride))
    cols = list(_plan_axis(width, core, round_up(halo, stride), stride))
    return [
        Tile(
            Window(row.start, col.start, row.size, col.size),
            Window(row.padded_start, col.padded_start, row.padded_size, col.padded_size),
        )
        for row in rows
        for col in cols
    ]


class _Span(NamedTuple):
    start: int
    size: int
    padded_start: int
    padded_size: int


def _plan_axis(size: int, core: int, halo: int, stride: int) -> Iterator[_Span]:
    extent = round_up(size, stride)
    start = 0
    while start < size:
        padded_start = max(start - halo, 0)
        if extent - padded_start <= core + 2 * halo:
            end, padded_end = size, extent
        else:
            end = start + core
            padded_end = min(end + halo, extent)
        yield _Span(start, end - start, padded_start, padded_end - padded_start)
        start = end


def halo_share(tiles: list[Tile]) -> float:
    """Share of the pixels that the network sees and that are thrown away, in [0, 1).

    >>> round(halo_share(plan_tiles(64, 128, core=64, halo=16, stride=16)), 3)
    0.2
    """
    seen = sum(tile.padded.height * tile.padded.width for tile in tiles)
    kept = sum(tile.core.height * tile.core.width for tile in tiles)
    return 1.0 - kept / seen


def blend_weights(height: int, width: int, overlap: int) -> npt.NDArray[np.float32]:
    """Weights float32 (height, width) in (0, 1] that fall towards the edges over `overlap` px.

    Two neighbours that share `overlap` px have weights that add up to 1 across the seam; divide
    by the sum of the weights, because an edge of the image has no neighbour.

    >>> blend_weights(1, 6, 2)[0].tolist()
    [0.25, 0.75, 1.0, 1.0, 0.75, 0.25]
    """
    rows, cols = _ramp(height, overlap), _ramp(width, overlap)
    return np.multiply.outer(rows, cols)


def _ramp(size: int, overlap: int) -> npt.NDArray[np.float32]:
    if not overlap or size == 1:
        return np.ones(size, np.float32)
    inside = np.minimum(np.arange(size), np.arange(size)[::-1]) + 0.5
    return np.minimum(inside / overlap, 1.0).astype(np.float32)
