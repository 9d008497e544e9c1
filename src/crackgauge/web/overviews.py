"""Smaller copies of a TIFF that lie in the file itself, as GDAL and others write them."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import tifffile

from crackgauge.arrays import Image, Window
from crackgauge.errors import CORRUPT, InputRefused
from crackgauge.images import ImageSource
from crackgauge.images.pixels import to_rgb
from crackgauge.images.tiff import TiffReader

_REDUCED = 1  # bit of NewSubfileType (TIFF 6.0); bit 2 is a transparency mask
_MASK = 4
_MOST = 32
# What tifffile raises where tags are damaged.
_ODD = (tifffile.TiffFileError, ValueError, TypeError, KeyError, IndexError, AttributeError,
        ArithmeticError, struct.error, OSError)  # fmt: skip
_CACHE_BYTES = 64 << 20


class _PageReader(TiffReader):
    """A reader of another page than the first."""

    def __init__(self, path: Path, offset: int) -> None:
        self._offset = offset
        super().__init__(path, cache_bytes=_CACHE_BYTES)

    def _open_first_page(self) -> tuple[tifffile.TiffFile, tifffile.TiffPage]:
        tif, _ = super()._open_first_page()
        found = [each for each in _reduced_pages(tif) if each.offset == self._offset]
        if not found:
            raise InputRefused(self.path, CORRUPT, "the TIFF was changed while it was read")
        page = found[0]
        # `TiffReader` takes a first page that is marked as a copy for a camera's preview.
        page.subfiletype = tifffile.FILETYPE(0)
        return tif, page


class OverviewSource(ImageSource):
    """One smaller copy, upright as the image is.

    Args:
        path: the TIFF.
        offset: of the copy's page in the file.
    """

    def __init__(self, path: Path, offset: int) -> None:
        self._reader = _PageReader(path, offset)
        self.path = path
        self.height, self.width = self._reader.height, self._reader.width
        self.piece = self._reader.piece

    def _read(self, window: Window) -> Image:
        return to_rgb(self._reader.read(window), self.path)

    def close(self) -> None:
        """Let go of the file."""
        self._reader.close()


def overview_offsets(path: Path, height: int, width: int) -> list[int]:
    """Find the smaller copies of a TIFF's image.

    Only copies of the same shape count; an image that is turned by its orientation is left to its
    full size, as its copies do not say how they lie.

    Args:
        path: the TIFF.
        height: of the upright image.
        width: of the upright image.

    Returns:
        Where the copies' pages lie in the file, the largest copy first.
    """
    try:
        with tifffile.TiffFile(path, _multifile=False) as tif:
            found = _copies(tif, height, width)
    except _ODD:  # the image itself can be read, as whoever opened it knows
        return []
    return [offset for _, offset in sorted(found, reverse=True)]


def _copies(tif: tifffile.TiffFile, height: int, width: int) -> list[tuple[int, int]]:
    """Return pixels and place of each copy."""
    first: Any = tif.pages.first
    turned = first.tags.valueof(274, 1) not in (1, None)
    if turned or (int(first.imagelength), int(first.imagewidth)) != (height, width):
        return []
    found = []
    for page in _reduced_pages(tif):
        tall, wide = int(page.imagelength), int(page.imagewidth)
        factor = width / max(wide, 1)
        if tall < height and abs(height / factor - tall) <= 1.5:
            found.append((tall * wide, int(page.offset)))
    return found


def _reduced_pages(tif: tifffile.TiffFile) -> list[Any]:
    """Return the pages that are marked as smaller copies, in the chain or below the first page."""
    marked = [page for page in _first_of(tif.pages, 1) if int(page.subfiletype) & _REDUCED]
    below = tif.pages.first.pages
    if below is not None:
        marked += _first_of(below, 0)
    return [page for page in marked if not int(page.subfiletype) & _MASK]


def _first_of(pages: Any, start: int) -> list[Any]:
    """Return the first pages without walking along an endless chain."""
    found = []
    for number in range(start, _MOST):
        try:
            page = pages[number]
        except IndexError:
            break
        if isinstance(page, tifffile.TiffPage):
            found.append(page)
    return found
