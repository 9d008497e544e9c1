"""An image at every level of deep zoom, from its own pixels and from smaller copies."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Window
from crackgauge.errors import InputRefused
from crackgauge.images import ImageSource, open_image, read_image, read_probability
from crackgauge.images.formats import identify
from crackgauge.images.tiff import TiffReader
from crackgauge.web.overviews import OverviewSource, overview_offsets
from crackgauge.web.refusals import busy
from crackgauge.web.tiles import TILE_PX, Level

# One px of the small copy of a large image covers so many px a side.
COARSE_FACTOR = 16
# Pixels that are read for one tile; a coarser level needs a smaller copy.
READ_AT_ONCE_PX = (COARSE_FACTOR * TILE_PX) ** 2
# A TIFF of more pixels is not decoded whole.
WHOLE_PX = 36_000_000

Bytes = npt.NDArray[np.uint8]
Reduce = Callable[[Bytes, int], Bytes]


class Copy(NamedTuple):
    """A copy of the image: one px of it covers `factor` px of the image."""

    factor: int
    height: int
    width: int
    read: Callable[[Window], Bytes]


@dataclass(frozen=True)
class Pyramid:
    """An image that tiles are cut from.

    Args:
        copies: the image itself (factor 1) and smaller ones, the largest first.
        reduce: makes pixels smaller by a factor.
        close: lets go of files.
        source: the image itself, where it is read piece by piece.
    """

    copies: Sequence[Copy]
    reduce: Reduce
    close: Callable[[], None]
    source: ImageSource | None = None

    def read_px(self, tile: Window, level: Level) -> int:
        """Return how many pixels must be read to draw a tile."""
        window = self._window(tile, level)[1]
        return window.height * window.width

    def cut(self, tile: Window, level: Level) -> Bytes:
        """Return the pixels of a window of a level, uint8 (h, w) or (h, w, 3).

        Raises:
            Refused: 503, there is no copy that is small enough yet.
            InputRefused: the file is damaged there.
        """
        if self.read_px(tile, level) > READ_AT_ONCE_PX:
            raise busy("the small copy of this image is being made", retry_after_s=2)
        copy, window = self._window(tile, level)
        found = self.reduce(copy.read(window), level.factor // copy.factor)
        short = (tile.height - found.shape[0], tile.width - found.shape[1])
        if any(short):  # a copy whose writer rounded its size down
            pad = [(0, each) for each in short] + [(0, 0)] * (found.ndim - 2)
            found = np.pad(found, pad, mode="edge")
        return found

    def _window(self, tile: Window, level: Level) -> tuple[Copy, Window]:
        """Return the copy that a tile is drawn from, and the window of it."""
        copy = next(each for each in reversed(self.copies) if each.factor <= level.factor)
        factor = level.factor // copy.factor
        row, col = tile.row * factor, tile.col * factor
        height = min(tile.height * factor, copy.height - row)
        return copy, Window(row, col, height, min(tile.width * factor, copy.width - col))


def mean_of(pixels: Bytes, factor: int) -> Bytes:
    """Return the means over squares of `factor` px, (ceil(H / factor), ceil(W / factor), ...)."""
    if factor == 1:
        return pixels
    height, width = -(-pixels.shape[0] // factor), -(-pixels.shape[1] // factor)
    padded = _padded(pixels, factor)
    return np.asarray(cv2.resize(padded, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def largest_of(pixels: Bytes, factor: int) -> Bytes:
    """Return the largest values in squares of `factor` px; a thin crack stays visible.

    >>> largest_of(np.array([[1, 2, 3], [4, 5, 6]], np.uint8), 2).tolist()
    [[5, 6]]
    """
    if factor == 1:
        return pixels
    height, width = -(-pixels.shape[0] // factor), -(-pixels.shape[1] // factor)
    squares = _padded(pixels, factor).reshape(height, factor, width, factor)
    return np.asarray(squares.max(axis=(1, 3)), np.uint8)


def _padded(pixels: Bytes, factor: int) -> Bytes:
    short = [(0, -pixels.shape[0] % factor), (0, -pixels.shape[1] % factor)]
    if short == [(0, 0), (0, 0)]:
        return pixels
    return np.pad(pixels, [*short, *[(0, 0)] * (pixels.ndim - 2)], mode="edge")


def open_pyramid(photo: Path, coarse: Path | None) -> Pyramid:
    """Open a photo.

    Args:
        photo: the file.
        coarse: where `make_coarse` leaves a small copy of a large TIFF; None for none.

    Raises:
        InputRefused: it cannot be read.
    """
    source = open_image(photo)
    height, width = source.height, source.width
    if not needs_windows(photo, height, width):
        whole = source.read(Window(0, 0, height, width))
        source.close()
        return pyramid_of(whole)
    opened: list[ImageSource] = [source]
    copies = [Copy(1, height, width, source.read)]
    for offset in overview_offsets(photo, height, width):
        with contextlib.suppress(InputRefused):  # the image itself can be read
            copy = OverviewSource(photo, offset)
            opened.append(copy)
            factor = _factor(width, copy.width)
            if factor:
                copies.append(Copy(factor, copy.height, copy.width, copy.read))
    if coarse is not None and coarse.is_file():
        small = open_image(coarse)
        opened.append(small)
        factor = _factor(width, small.width)
        if factor:
            copies.append(Copy(factor, small.height, small.width, small.read))
    copies.sort(key=lambda each: each.factor)

    def close() -> None:
        for each in opened:
            each.close()

    return Pyramid(copies, mean_of, close, source)


def pyramid_of(image: Bytes, *, factor: int = 1) -> Pyramid:
    """Return the pyramid of an image in memory, uint8 (h, w, 3), that is shrunk by `factor`."""
    return Pyramid(_halved(image, mean_of, factor), mean_of, _nothing)


def open_probability(file: Path, coarse: Path | None) -> Pyramid:
    """Open a probability as 8 bits, round(255 p); smaller levels show the largest of their px.

    Args:
        file: as `crackgauge predict` writes it.
        coarse: as for `open_pyramid`.

    Raises:
        InputRefused: it cannot be read.
    """
    if file.suffix != ".tif":
        whole = np.rint(read_probability(file) * np.float32(255)).astype(np.uint8)
        return Pyramid(_halved(whole, largest_of), largest_of, _nothing)
    reader = TiffReader(file)

    def read(window: Window) -> Bytes:
        return eight_bits(reader, window)

    copies = [Copy(1, reader.height, reader.width, read)]
    if coarse is not None and coarse.is_file():
        small: Bytes = np.ascontiguousarray(read_image(coarse)[:, :, 0])
        factor = _factor(reader.width, small.shape[1])
        if factor:
            copies.append(_copy_of(factor, small))
    return Pyramid(copies, largest_of, reader.close)


def eight_bits(reader: TiffReader, window: Window) -> Bytes:
    """Read a window of a probability as round(255 p), uint8 (h, w)."""
    pixels = reader.read(window)
    share = pixels.values.astype(np.float32) / np.float32(pixels.top)
    steps: Bytes = np.rint(share * np.float32(255)).astype(np.uint8)
    return steps


def needs_windows(photo: Path, height: int, width: int) -> bool:
    """Whether a photo is read piece by piece instead of being held in the memory."""
    return height * width > WHOLE_PX and identify(photo) == "tiff"


def _factor(width: int, narrow: int) -> int:
    """Return the power of two that leads from one width to another, 0 if none does."""
    factor = 1
    while width / factor > narrow + 1:
        factor *= 2
    return factor if factor > 1 and abs(width / factor - narrow) <= 1 else 0


def _halved(whole: Bytes, reduce: Reduce, factor: int = 1) -> list[Copy]:
    """Return an array and its halves down to one px."""
    copies, now = [], np.ascontiguousarray(whole)
    while True:
        copies.append(_copy_of(factor, now))
        if max(now.shape[:2]) == 1:
            return copies
        now, factor = reduce(now, 2), factor * 2


def _copy_of(factor: int, pixels: Bytes) -> Copy:
    height, width = pixels.shape[:2]
    return Copy(factor, height, width, lambda window: pixels[window.slices])


def _nothing() -> None:
    """Close nothing."""
