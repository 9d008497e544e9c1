"""The lines of a whole image, filtered tile by tile where they are asked for.

Legend: H, W of the image; h, w = H, W divided by the pooling, rounded up: the map's own size.

What a line is counted against, the strongest of the image, is the same whichever tiles are asked
for first: an image of one tile is looked at as a whole, a larger one in nine places.
"""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import numpy.typing as npt

from crackgauge.annotate.grey import read_grey
from crackgauge.annotate.line_filter import SCALES_PX, LineResponse, line_response, line_strength
from crackgauge.annotate.orientation_score import orientation_score
from crackgauge.annotate.settings import TraceSettings
from crackgauge.arrays import Window
from crackgauge.images import ImageSource

_Floats = npt.NDArray[np.float32]

TILE_PX = 1024
# A line of other tiles is felt within the score's margin and the reach of the smoothing.
HALO_PX = 48
# Memory of the tiles that are kept: 32 MiB each with 16 orientations.
CACHE_BYTES = 512 * 2**20
_SAMPLE_PX = 256
# Energy of a line, in grey levels² per px⁴, that no line of 8 bits stays below.
_ROUNDING = 1e-4


class LineMap:
    """V of an image: how much of a line passes through each place in each direction.

    Args:
        source: the image.
        settings: `orientations`, `bright` and `pooling` are used.
        cache_bytes: of the tiles that are kept, the last used ones; one is always kept.
    """

    def __init__(
        self, source: ImageSource, settings: TraceSettings, *, cache_bytes: int = CACHE_BYTES
    ) -> None:
        self._source = source
        self._most_bytes = cache_bytes
        self._settings = settings
        self.height = -(-source.height // settings.pooling)
        self.width = -(-source.width // settings.pooling)
        self._tiles: OrderedDict[tuple[int, int], _Floats] = OrderedDict()
        self._strongest: tuple[float, ...] | None = None

    def read(self, window: Window) -> _Floats:
        """V of a window within the map, float32 (window height, width, No/2) in [0, 1].

        Raises:
            InputRefused: the image is damaged there.
        """
        found = np.empty((*window[2:], self._settings.orientations // 2), np.float32)
        bottom, right = window.row + window.height, window.col + window.width
        for row in range(window.row // TILE_PX * TILE_PX, bottom, TILE_PX):
            for col in range(window.col // TILE_PX * TILE_PX, right, TILE_PX):
                tile = self._tile(row, col)
                top, left = max(row, window.row), max(col, window.col)
                end, side = min(row + TILE_PX, bottom), min(col + TILE_PX, right)
                rows = slice(top - window.row, end - window.row)
                cols = slice(left - window.col, side - window.col)
                found[rows, cols] = tile[top - row : end - row, left - col : side - col]
        return found

    def _tile(self, row: int, col: int) -> _Floats:
        key = (row, col)
        if key in self._tiles:
            self._tiles.move_to_end(key)
            return self._tiles[key]
        window = Window(row, col, min(TILE_PX, self.height - row), min(TILE_PX, self.width - col))
        responses = self._responses(window)
        if self._strongest is None:
            self._strongest = self._measure_strongest(responses)
        strength = sum(
            line_strength(response, strongest) / np.float32(len(SCALES_PX))
            for response, strongest in zip(responses, self._strongest, strict=True)
        )
        tile = np.ascontiguousarray(np.moveaxis(np.asarray(strength, np.float32), 0, -1))
        self._tiles[key] = tile
        kept = sum(each.nbytes for each in self._tiles.values())
        while kept > self._most_bytes and len(self._tiles) > 1:
            kept -= self._tiles.popitem(last=False)[1].nbytes
        return tile

    def _responses(self, window: Window) -> list[LineResponse]:
        """Both scales of a window, computed with a halo around it."""
        top, left = max(window.row - HALO_PX, 0), max(window.col - HALO_PX, 0)
        bottom = min(window.row + window.height + HALO_PX, self.height)
        right = min(window.col + window.width + HALO_PX, self.width)
        grey = read_grey(
            self._source,
            Window(top, left, bottom - top, right - left),
            bright=self._settings.bright,
            pooling=self._settings.pooling,
        )
        score = orientation_score(grey, orientations=self._settings.orientations)
        rows = slice(window.row - top, window.row - top + window.height)
        cols = slice(window.col - left, window.col - left + window.width)
        found = []
        for scale in SCALES_PX:
            whole = line_response(score, scale)
            found.append(LineResponse(whole.likeness[:, rows, cols], whole.energy[:, rows, cols]))
        return found

    def _measure_strongest(self, first: list[LineResponse]) -> tuple[float, ...]:
        """The energy of the strongest line of the image, one a scale."""
        if self.height <= TILE_PX and self.width <= TILE_PX:
            return tuple(_strongest(response) for response in first)
        rows, cols = min(_SAMPLE_PX, self.height), min(_SAMPLE_PX, self.width)
        samples = [
            [
                _strongest(response)
                for response in self._responses(
                    Window((self.height - rows) * i // 2, (self.width - cols) * j // 2, rows, cols)
                )
            ]
            for i in range(3)
            for j in range(3)
        ]
        return tuple(float(each) for each in np.max(samples, axis=0))


def _strongest(response: LineResponse) -> float:
    # Only what is like a dark line counts, and not the rounding of an image of one colour.
    return max(float((response.energy * response.likeness).max()), _ROUNDING)
