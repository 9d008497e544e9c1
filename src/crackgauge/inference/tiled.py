"""Prediction tile by tile: what the network sees of a tile, and the tiles joined.

Tiles are planned in pixels of the image. A network that enlarges gives s times as many on each
side, so its cores, halos and weights are the tiles' own, scaled by s.

Legend: H, W height and width of the image; C channels; A the alignment of the tiles; s the
enlargement; K layers, the probability and, where asked for, the C of the enlarged image.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Image, Probability, Window
from crackgauge.data.preprocess import find_steps, normalise, to_channels
from crackgauge.images import ImageSource
from crackgauge.inference.augmentation import View, apply_view, resample, undo_view
from crackgauge.inference.backends import Backend
from crackgauge.inference.metadata import ModelMetadata
from crackgauge.tiling import Tile, blend_weights, plan_tiles

Array = npt.NDArray[np.float32]
Block = tuple[Window, Array]

# Side of the windows that the first pass of image-wide preprocessing reads, px.
_SURVEY_PX = 1024


class NetworkInput:
    """An image as the network's input, read by window.

    Image-wide preprocessing surveys the whole image once, window by window, when this is made;
    a window then sees what the whole image sees.
    """

    def __init__(self, source: ImageSource, metadata: ModelMetadata) -> None:
        self.height, self.width = source.height, source.width
        self._source = source
        self._metadata = metadata
        self._steps: list[tuple[Any, Any]] = []
        for step in find_steps(metadata.preprocessing):
            table = step.collect(self._survey(), self.height, self.width)
            self._steps.append((step, table))

    def read(self, window: Window) -> Array:
        """Read a window as float32 (C, h, w), padded as described where it leaves the image."""
        row, col, height, width = window
        bottom, right = min(row + height, self.height), min(col + width, self.width)
        inside = Window(row, col, bottom - row, right - col)
        image = self._prepared(inside)
        missing = (height - inside.height, width - inside.width)
        if any(missing):
            filled = ((0, missing[0]), (0, missing[1]), (0, 0))
            image = np.pad(image, filled, mode=self._metadata.padding)
        return normalise(image, mean=self._metadata.mean, std=self._metadata.std)

    def _prepared(self, window: Window) -> Image:
        image = to_channels(self._source.read(window), self._metadata.channels)
        for step, table in self._steps:
            image = step.apply(image[:, :, 0], window, table)[:, :, None]
        return image

    def _survey(self) -> Iterator[tuple[Window, Image]]:
        """Windows that cover the image once, after the steps known so far."""
        for tile in plan_tiles(self.height, self.width, core=_SURVEY_PX, halo=0, stride=1):
            image = self._prepared(tile.core)
            yield tile.core, image if image.shape[2] == 3 else image.repeat(3, axis=2)


class Network(NamedTuple):
    """A backend with what is needed to apply it: its description and the views to average."""

    backend: Backend
    metadata: ModelMetadata
    views: tuple[View, ...]

    def probability(self, x: Array) -> Probability:
        """Mean probability (s H, s W) over the views of x (C, H, W); H, W multiples of A."""
        probability: Probability = self.layers(x)[0]
        return probability

    def layers(self, x: Array, *, with_image: bool = False) -> Array:
        """Mean layers (K, s H, s W) over the views of x (C, H, W); H, W multiples of A.

        Args:
            x: the input.
            with_image: give the enlarged image too, where the network makes one; it is normalised.
        """
        total: Array | None = None
        for view in self.views:
            seen = np.ascontiguousarray(apply_view(x, view))
            out = self._run(seen, with_image=with_image)
            if self.metadata.output_fraction < 1:
                out = resample(out, 1 / self.metadata.output_fraction)
            out = undo_view(out, view)
            total = out if total is None else total + out
        if total is None:
            raise ValueError("no views")
        if len(self.views) > 1:
            total /= np.float32(len(self.views))
        return total

    def _run(self, x: Array, *, with_image: bool) -> Array:
        if not with_image:
            layers: Array = self.backend.run(x[None])[0]
            return layers
        probability, image = self.backend.maps(x[None])
        return np.concatenate([probability[0]] if image is None else [probability[0], image[0]])


def predict_tiles(network: Network, source: ImageSource, tiles: Sequence[Tile]) -> Iterator[Block]:
    """Probability (h, w) of the tiles' cores, row by row, with windows of the enlarged image."""
    for window, layers in predict_layers(network, source, tiles, with_image=False):
        yield window, layers[0]


def predict_layers(
    network: Network, source: ImageSource, tiles: Sequence[Tile], *, with_image: bool
) -> Iterator[Block]:
    """Layers (K, h, w) of the tiles' cores, row by row, with windows of the enlarged image.

    Exact networks need no more memory than one tile; approximate ones are blended where tiles
    overlap and keep two rows of tiles.
    """
    image = NetworkInput(source, network.metadata)
    seen = (network.layers(image.read(tile.padded), with_image=with_image) for tile in tiles)
    scale = network.metadata.enlargement
    scaled = [Tile(_enlarge(core, scale), _enlarge(padded, scale)) for core, padded in tiles]
    if network.metadata.tiling == "exact" or len(tiles) == 1:
        for tile, out in zip(scaled, seen, strict=True):
            yield tile.core, _crop(out, tile.padded, tile.core)
    else:
        yield from _blended(seen, scaled, scale * image.height, scale * image.width)


def _enlarge(window: Window, scale: int) -> Window:
    return Window(*(scale * value for value in window))


def _crop(out: Array, padded: Window, core: Window) -> Array:
    row, col = core.row - padded.row, core.col - padded.col
    return out[:, row : row + core.height, col : col + core.width]


def _blended(
    outputs: Iterator[Array], tiles: Sequence[Tile], height: int, width: int
) -> Iterator[Block]:
    """Weighted mean where padded windows overlap; a row is given when the next one is done."""
    bands = [list(band) for _, band in groupby(tiles, key=lambda tile: tile.core.row)]
    top = 0
    total: Array | None = None  # sums of weighted layers, and last of weights
    for index, band in enumerate(bands):
        first, padded = band[0].core, band[0].padded
        bottom = min(padded.row + padded.height, height)
        for tile in band:
            out = next(outputs)
            if total is None:
                total = np.zeros((len(out) + 1, 0, width), np.float32)
            growth = max(bottom - top - total.shape[1], 0)
            total = np.pad(total, ((0, 0), (0, growth), (0, 0))) if growth else total
            _add(total, top, out, tile)
        if index and total is not None:
            yield from _mean(total, top, bands[index - 1])
            total, top = total[:, first.row - top :].copy(), first.row
    if total is not None:
        yield from _mean(total, top, bands[-1])


def _add(total: Array, top: int, out: Array, tile: Tile) -> None:
    core, padded = tile
    # Overlaps lie on both sides of a seam, so they are twice the halo.
    before = max(core.row - padded.row, core.col - padded.col)
    after = padded.row + padded.height - core.row - core.height
    overlap = 2 * max(before, after, padded.col + padded.width - core.col - core.width)
    weights = blend_weights(padded.height, padded.width, overlap)
    rows = slice(padded.row - top, min(padded.row - top + padded.height, total.shape[1]))
    cols = slice(padded.col, min(padded.col + padded.width, total.shape[2]))
    height, width = rows.stop - rows.start, cols.stop - cols.start
    total[:-1, rows, cols] += (out * weights)[:, :height, :width]
    total[-1, rows, cols] += weights[:height, :width]


def _mean(total: Array, top: int, band: Sequence[Tile]) -> Iterator[Block]:
    for tile in band:
        row, col, height, width = tile.core
        rows, cols = slice(row - top, row - top + height), slice(col, col + width)
        yield tile.core, total[:-1, rows, cols] / total[-1, rows, cols]
