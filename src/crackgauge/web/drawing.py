"""Pictures for the browser, drawn in a worker from files that nobody vouches for."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import imagecodecs
import numpy as np

from crackgauge.arrays import Window
from crackgauge.errors import TOO_LARGE, UNSUPPORTED, InputRefused
from crackgauge.files import write_bytes_atomic
from crackgauge.images import WHOLE_LIMIT_PX, image_size, open_image
from crackgauge.images.formats import identify
from crackgauge.images.png import encode_grey_png
from crackgauge.images.tiff import TiffReader
from crackgauge.web.blocks import Tell, blocks
from crackgauge.web.overviews import overview_offsets
from crackgauge.web.preview import Preview, draft_of
from crackgauge.web.pyramid import (
    COARSE_FACTOR,
    READ_AT_ONCE_PX,
    Bytes,
    Pyramid,
    Reduce,
    eight_bits,
    largest_of,
    mean_of,
    needs_windows,
    open_probability,
    open_pyramid,
)
from crackgauge.web.tiles import Level, level_of, tile_of, top_level

THUMBNAIL_PX = 320
_JPEG_QUALITY = 85
_DRAFT_EVERY_S = 1.0
# Read for a tile where a rough one will do instead: a few hundredths of a second.
_SOON_PX = READ_AT_ONCE_PX // 4
# Images that are kept decoded for the next tile.
_KEPT = 3


def describe(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Look at a photo without decoding it.

    Args:
        arguments: `photo`, `most_px`.

    Returns:
        `format`, `height_px`, `width_px`, `coarse`: whether a small copy of it must be made.

    Raises:
        InputRefused: no image, or one with too many pixels.
    """
    photo = Path(arguments["photo"])
    kind = identify(photo)
    if kind == "matlab":
        raise InputRefused(photo, UNSUPPORTED, "this is a MATLAB file, expected a photo")
    height, width = image_size(photo)
    most = int(arguments["most_px"])
    most = most if kind == "tiff" else min(most, WHOLE_LIMIT_PX)
    if height * width > most:
        raise InputRefused(
            photo,
            TOO_LARGE,
            f"the image has {height * width:,} pixels, at most {most:,} are read of this format; "
            "save it as a tiled TIFF, or cut it",
        )
    coarse = needs_windows(photo, height, width)
    if coarse:
        open_image(photo).close()  # refuses what cannot be read by window
        coarse = not _has_small_copy(photo, height, width)
    return {"format": kind, "height_px": height, "width_px": width, "coarse": coarse}


def _has_small_copy(photo: Path, height: int, width: int) -> bool:
    if not overview_offsets(photo, height, width):
        return False
    pyramid = open_pyramid(photo, None)
    try:
        smallest = pyramid.copies[-1]
        return smallest.height * smallest.width <= READ_AT_ONCE_PX
    finally:
        pyramid.close()


def make_coarse(arguments: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    """Make the small copy of a large TIFF that its coarse levels are drawn from.

    While it is made, its first rows lie in `draft_of` it.

    Args:
        arguments: `photo`, `coarse` to write.
        tell: called with the share done.

    Raises:
        InputRefused: the photo is damaged.
        StorageError: the disk is full.
    """
    coarse = Path(arguments["coarse"])
    kept_at = time.monotonic()

    def keep(rows: Bytes) -> None:
        nonlocal kept_at
        if rows.size and time.monotonic() - kept_at >= _DRAFT_EVERY_S:
            write_bytes_atomic(draft_of(coarse), bytes(imagecodecs.png_encode(rows, level=1)))
            kept_at = time.monotonic()

    with open_image(arguments["photo"]) as source:
        small = _coarse_of(source.height, source.width, 3, source.read, mean_of, tell, keep)
    write_bytes_atomic(coarse, bytes(imagecodecs.png_encode(small, level=1)))
    draft_of(coarse).unlink(missing_ok=True)
    return {}


def make_coarse_probability(file: Path, target: Path, tell: Tell) -> None:
    """Make the small copy of a large probability.

    Raises:
        StorageError: the disk is full.
    """
    reader = TiffReader(file)
    try:
        small = _coarse_of(
            reader.height,
            reader.width,
            1,
            lambda window: eight_bits(reader, window)[:, :, None],
            lambda pixels, factor: largest_of(pixels[:, :, 0], factor)[:, :, None],
            tell,
        )
    finally:
        reader.close()
    write_bytes_atomic(target, encode_grey_png(small[:, :, 0]))


def _coarse_of(
    height: int,
    width: int,
    channels: int,
    read: Callable[[Window], Bytes],
    reduce: Reduce,
    tell: Tell,
    keep: Callable[[Bytes], None] | None = None,
) -> Bytes:
    """Shrink an image; `keep` is called with its first rows, as far as they are done."""
    factor = COARSE_FACTOR
    small = np.zeros((-(-height // factor), -(-width // factor), channels), np.uint8)
    for window in blocks(height, width):
        part = reduce(read(window), factor)
        row, col = window.row // factor, window.col // factor
        if keep is not None and col == 0:
            keep(small[:row])
        small[row : row + part.shape[0], col : col + part.shape[1]] = part
        tell((window.row + window.height) / height)
    return small


class Drawer:
    """Draws tiles and thumbnails; keeps the last images open."""

    def __init__(self) -> None:
        self._open: OrderedDict[tuple[str, ...], Pyramid] = OrderedDict()
        self._preview: tuple[tuple[str, str], Preview] | None = None

    def draw(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Draw one tile of a photo (JPEG) or of its probability (8-bit PNG).

        Args:
            arguments: `layer` (`photo` or `probability`), `file`, `stamp`, `coarse` or None,
                `level`, `column`, `row`, `target` to write, `rough` to write instead as long as
                the small copy that the level needs is not made, or None to refuse that.

        Returns:
            `rough`: whether that was written.

        Raises:
            Refused: 404, no such tile; 503, not yet.
            InputRefused: the file cannot be read.
        """
        pyramid = self._pyramid(arguments)
        base = pyramid.copies[0]
        level = level_of(base.height, base.width, int(arguments["level"]))
        tile = tile_of(level, int(arguments["column"]), int(arguments["row"]))
        pixels, rough = self._cut(pyramid, tile, level, arguments)
        return _keep(pixels, arguments, rough=rough)

    def thumbnail(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Draw a photo small, as JPEG.

        Args:
            arguments: `file`, `stamp`, `coarse`, `target`, `rough`.

        Returns:
            `rough`, as `draw` does.

        Raises:
            InputRefused: the file cannot be read.
        """
        pyramid = self._pyramid({**arguments, "layer": "photo"})
        height, width = pyramid.copies[0].height, pyramid.copies[0].width
        number = top_level(height, width)
        level = level_of(height, width, number)
        while number and max(level.height, level.width) > 2 * THUMBNAIL_PX:
            number -= 1
            level = level_of(height, width, number)
        whole = Window(0, 0, level.height, level.width)
        pixels, rough = self._cut(pyramid, whole, level, arguments)
        longest = max(level.height, level.width)
        if longest > THUMBNAIL_PX:
            size = (
                max(1, round(level.width * THUMBNAIL_PX / longest)),
                max(1, round(level.height * THUMBNAIL_PX / longest)),
            )
            pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
        return _keep(pixels, arguments, rough=rough)

    def _pyramid(self, arguments: Mapping[str, Any]) -> Pyramid:
        coarse = Path(arguments["coarse"]) if arguments.get("coarse") else None
        made = coarse is not None and coarse.is_file()
        key = (arguments["layer"], arguments["file"], arguments["stamp"], str(made))
        if key in self._open:
            self._open.move_to_end(key)
            return self._open[key]
        for dropped in self._surplus():
            dropped.close()
        opening = open_pyramid if arguments["layer"] == "photo" else open_probability
        self._open[key] = opening(Path(arguments["file"]), coarse)
        return self._open[key]

    def _cut(
        self, pyramid: Pyramid, tile: Window, level: Level, arguments: Mapping[str, Any]
    ) -> tuple[Bytes, bool]:
        """Return the pixels of a tile, and whether they are rough."""
        is_soon = pyramid.read_px(tile, level) <= _SOON_PX
        if is_soon or not arguments["rough"] or pyramid.source is None:
            return pyramid.cut(tile, level), False
        key = (arguments["file"], arguments["stamp"])
        if self._preview is None or self._preview[0] != key:
            preview = Preview(pyramid.source, draft_of(Path(arguments["coarse"])))
            self._preview = (key, preview)
        return self._preview[1].pyramid().cut(tile, level), True

    def _surplus(self) -> Iterator[Pyramid]:
        while len(self._open) >= _KEPT:
            yield self._open.popitem(last=False)[1]


def _keep(pixels: Bytes, arguments: Mapping[str, Any], *, rough: bool) -> dict[str, Any]:
    write_bytes_atomic(arguments["rough" if rough else "target"], _encoded(pixels))
    return {"rough": rough}


def _encoded(pixels: Bytes) -> bytes:
    if pixels.ndim == 2:
        return encode_grey_png(pixels)
    return bytes(imagecodecs.jpeg8_encode(np.ascontiguousarray(pixels), level=_JPEG_QUALITY))
