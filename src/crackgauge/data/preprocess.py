"""From an image to a network's input: named, torch-free steps that travel with a model.

A step that looks at the whole image takes two passes, so that a tile sees what the whole image
sees: `collect` gathers its table window by window, `apply` uses it window by window.

Legend: H, W of the whole image; h, w of a window; C channels (1 grey, 3 RGB).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Image, Window
from crackgauge.errors import UsageError

Grey = npt.NDArray[np.uint8]
Blocks = Iterable[tuple[Window, Image]]


class Step(Protocol):
    """One preprocessing step on grey images."""

    def collect(self, blocks: Blocks, height: int, width: int) -> Any:
        """First pass: a table from windows that cover the image once, uint8 (h, w, 3) each."""

    def apply(self, grey: Grey, window: Window, table: Any) -> Grey:
        """Second pass: uint8 (h, w) at `window` of the image to uint8 (h, w)."""


@dataclass(frozen=True)
class ClaheTable:
    """Grey-level maps of a grid of tiles.

    Attributes:
        maps: float32 (tiles, tiles, 256), from grey to grey.
        tile_height, tile_width: px.
    """

    maps: npt.NDArray[np.float32]
    tile_height: int
    tile_width: int


@dataclass(frozen=True)
class StandardiseClaheGamma:
    """Standardise, min-max to 0..255, CLAHE, gamma: out = 255 (in / 255)^(1 / gamma).

    König et al. 2019 name "histogram equalization, normalization and gamma" without values; the
    values here are ours. Standardising by the training set's mean and deviation is an affine map,
    which the min-max after it undoes, so it is not computed. CLAHE is OpenCV's algorithm
    (Zuiderveld 1994), split into a pass that counts and a pass that maps.
    """

    clip: float = 2.0
    tiles: int = 8
    gamma: float = 1.2

    def collect(self, blocks: Blocks, height: int, width: int) -> ClaheTable:
        """Histograms of raw grey per tile; min-max and clipping then need only the histograms."""
        tile_height, tile_width = _tile_sides(height, width, self.tiles)
        counts = np.zeros((self.tiles, self.tiles, 256), np.int64)
        for window, image in blocks:
            grey = to_channels(image, 1)[:, :, 0]
            rows = _tile_rows(window.row, window.height, height, tile_height * self.tiles)
            cols = _tile_rows(window.col, window.width, width, tile_width * self.tiles)
            for row_tile, row_index in _by_tile(rows, tile_height):
                band = grey[row_index]
                for col_tile, col_index in _by_tile(cols, tile_width):
                    part = band[:, col_index]
                    counts[row_tile, col_tile] += np.bincount(part.ravel(), minlength=256)
        levels = np.flatnonzero(counts.sum(axis=(0, 1)))
        stretch = _min_max(int(levels[0]), int(levels[-1]))
        area = tile_height * tile_width
        maps = np.empty((self.tiles, self.tiles, 256), np.float32)
        for tile in np.ndindex(self.tiles, self.tiles):
            stretched = np.bincount(stretch, weights=counts[tile], minlength=256).astype(np.int64)
            maps[tile] = _equalise(stretched, area, self.clip)[stretch]
        return ClaheTable(maps, tile_height, tile_width)

    def apply(self, grey: Grey, window: Window, table: ClaheTable) -> Grey:
        """Blend the maps of the four nearest tiles, then gamma."""
        row_low, row_high, row_share = _neighbours(window.row, window.height, table.tile_height)
        col_low, col_high, col_share = _neighbours(window.col, window.width, table.tile_width)
        out = np.empty(grey.shape, np.uint8)
        last = self.tiles - 1
        maps = table.maps
        col_low, col_high = np.clip(col_low, 0, last), np.clip(col_high, 0, last)
        for r in range(grey.shape[0]):  # a row at a time keeps the memory small
            values = grey[r]
            top, bottom = maps[max(row_low[r], 0)], maps[min(row_high[r], last)]
            above = top[col_low, values] * (1 - col_share) + top[col_high, values] * col_share
            below = bottom[col_low, values] * (1 - col_share) + bottom[col_high, values] * col_share
            out[r] = np.rint(above * (1 - row_share[r]) + below * row_share[r])
        curve = np.rint(255.0 * (np.arange(256) / 255.0) ** (1.0 / self.gamma)).astype(np.uint8)
        return curve[out]


PREPROCESSING: dict[str, Step] = {"standardise-clahe-gamma": StandardiseClaheGamma()}


def to_channels(image: Image, channels: int) -> Image:
    """uint8 (h, w, 3) to uint8 (h, w, channels); grey by the weights of Rec. 601."""
    if channels == 3:
        return image
    grey: Grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False)
    return grey[:, :, None]


def find_steps(names: Sequence[str]) -> list[Step]:
    """The steps by name.

    Raises:
        UsageError: an unknown name.
    """
    unknown = [name for name in names if name not in PREPROCESSING]
    if unknown:
        raise UsageError(
            f"unknown preprocessing {', '.join(unknown)}; known: {', '.join(PREPROCESSING)}"
        )
    return [PREPROCESSING[name] for name in names]


def preprocess(image: Image, *, channels: int, preprocessing: Sequence[str] = ()) -> Image:
    """A whole image uint8 (H, W, 3) to uint8 (H, W, C).

    Raises:
        UsageError: an unknown step, or a step asked for on three channels.
    """
    prepared = to_channels(image, channels)
    steps = find_steps(preprocessing)
    if steps and channels != 1:
        raise UsageError(f"preprocessing {preprocessing} works on grey; set input.channels=1")
    height, width = image.shape[:2]
    window = Window(0, 0, height, width)
    for step in steps:
        rgb = np.repeat(prepared, 3, axis=2)
        table = step.collect([(window, rgb)], height, width)
        prepared = step.apply(prepared[:, :, 0], window, table)[:, :, None]
    return prepared


def normalise(image: Image, *, mean: Sequence[float], std: Sequence[float]) -> npt.NDArray[Any]:
    """uint8 (h, w, C) to float32 (C, h, w): (x / 255 - mean) / std.

    >>> import numpy as np
    >>> normalise(np.full((1, 1, 1), 255, np.uint8), mean=[0.5], std=[0.25]).tolist()
    [[[2.0]]]
    """
    out = np.empty((image.shape[2], *image.shape[:2]), np.float32)
    for channel, (centre, spread) in enumerate(zip(mean, std, strict=True)):
        plane = out[channel]
        np.multiply(image[:, :, channel], np.float32(1 / (255 * spread)), out=plane)
        plane -= np.float32(centre / spread)
    return out


def prepare(
    image: Image,
    *,
    channels: int,
    mean: Sequence[float],
    std: Sequence[float],
    preprocessing: Sequence[str] = (),
) -> npt.NDArray[Any]:
    """A whole image uint8 (H, W, 3) to the network's input float32 (C, H, W).

    Raises:
        UsageError: an unknown step, or a step asked for on three channels.
    """
    prepared = preprocess(image, channels=channels, preprocessing=preprocessing)
    return normalise(prepared, mean=mean, std=std)


def _tile_sides(height: int, width: int, tiles: int) -> tuple[int, int]:
    """Height and width of a tile. Where one side is no multiple, OpenCV enlarges both."""
    if height % tiles == 0 and width % tiles == 0:
        return height // tiles, width // tiles
    return height // tiles + 1, width // tiles + 1


def _min_max(low: int, high: int) -> npt.NDArray[np.int64]:
    """Grey levels low..high to 0..255; a flat image stays as it is."""
    levels = np.arange(256)
    if low == high:
        return levels
    stretched = np.clip((levels - low) * (255.0 / (high - low)), 0, 255)
    return np.asarray(np.rint(stretched), np.int64)


def _equalise(counts: npt.NDArray[np.int64], area: int, clip: float) -> npt.NDArray[np.float32]:
    """The clipped, equalising grey map of one tile, as OpenCV computes it."""
    limit = max(int(clip * area / 256), 1)
    excess = int(np.maximum(counts - limit, 0).sum())
    clipped = np.minimum(counts, limit) + excess // 256
    rest = excess % 256
    if rest:
        stride = max(256 // rest, 1)
        clipped[np.arange(0, 256, stride)[:rest]] += 1
    scale = np.float32(255.0) / np.float32(area)
    levels = np.rint(np.cumsum(clipped).astype(np.float32) * scale)
    return np.asarray(np.clip(levels, 0, 255), np.float32)


def _tile_rows(first: int, count: int, size: int, padded: int) -> npt.NDArray[np.int64]:
    """(K, 2) of (row within the window, row of the padded image) that the window's rows fill.

    The image is mirrored (without its edge) up to `padded`, as OpenCV does, so that every tile is
    full; a row near the end fills its own place and its mirrored one.
    """
    rows = np.arange(first, first + count)
    pairs = [np.stack((rows - first, rows), axis=1)]
    mirrored = 2 * (size - 1) - rows
    there = (mirrored >= size) & (mirrored < padded)
    pairs.append(np.stack((rows[there] - first, mirrored[there]), axis=1))
    if size == 1 and padded > 1 and count:  # a mirror needs two rows: repeat the one there is
        rest = np.arange(1, padded)
        pairs.append(np.stack((np.zeros_like(rest), rest), axis=1))
    return np.concatenate(pairs)


def _by_tile(
    rows: npt.NDArray[np.int64], tile_px: int
) -> Iterable[tuple[int, npt.NDArray[np.int64]]]:
    tiles = rows[:, 1] // tile_px
    return [(int(tile), rows[tiles == tile, 0]) for tile in np.unique(tiles)]


def _neighbours(
    first: int, count: int, tile_px: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Tiles before and after each row, and the weight of the one after."""
    position = np.arange(first, first + count, dtype=np.float32) / np.float32(tile_px) - 0.5
    low = np.floor(position)
    return low.astype(np.int64), low.astype(np.int64) + 1, (position - low).astype(np.float32)
