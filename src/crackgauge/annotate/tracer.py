"""Tracing in one image: the dear part once, then one path a call.

Legend: H, W of the image. Points are (x, y) in px with pixel corners at integers: the centre of the
pixel in row 0 and column 0 is (0.5, 0.5).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from crackgauge.annotate.centre_line import refine
from crackgauge.annotate.cost import tracing_cost
from crackgauge.annotate.edges import Edges, find_edges
from crackgauge.annotate.geodesic import Pixel, find_path
from crackgauge.annotate.grey import read_grey
from crackgauge.annotate.line_map import CACHE_BYTES, LineMap
from crackgauge.annotate.moves import moves
from crackgauge.annotate.settings import TraceSettings
from crackgauge.annotate.strokes import Erase
from crackgauge.arrays import (
    Image,
    Mask,
    Probability,
    Window,
    check_probability,
    check_same_shape,
)
from crackgauge.errors import UsageError
from crackgauge.images import ImageSource, array_source
from crackgauge.labels.filling import draw_brush
from crackgauge.labels.shapes import Point

_Floats = npt.NDArray[np.float32]
# Gives the probability of a window of the image, float32 (window.height, window.width) in [0, 1].
ReadProbability = Callable[[Window], Probability]

# Weaker than this share of the strongest line, nothing is one.
_NOTHING = 1e-3
# Around the path, for the smoothing before the edges are sought.
_MARGIN_PX = 8


class Tracer:
    """Traces cracks in one image; what was computed of it is kept for the next trace.

    Args:
        image: uint8 (H, W, 3), or a source of windows, which is not closed.
        probability: of a network, float32 (H, W) in [0, 1]; the path is drawn to where it is high.
        settings: the numbers of the method.
        cache_bytes: what is kept of the image for the next trace takes this much at most.

    Raises:
        UsageError: a probability of another size, with NaN or outside [0, 1].

    >>> image = np.full((60, 200, 3), 180, np.uint8)
    >>> image[29:32] = 60
    >>> edges = Tracer(image).trace([(10.5, 30.5), (190.5, 30.5)])
    >>> edges.centre[90].round(1).tolist(), edges.width_px[90].round(1)
    ([100.5, 30.5], np.float64(3.0))
    """

    def __init__(
        self,
        image: Image | ImageSource,
        *,
        probability: Probability | None = None,
        settings: TraceSettings | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self.settings = settings or TraceSettings()
        self._source = image if isinstance(image, ImageSource) else array_source(image)
        self.height, self.width = self._source.height, self._source.width
        if probability is not None:
            check_probability(probability)
            size = np.empty((self.height, self.width, 0))
            check_same_shape(probability, size, names=("probability", "image"))
        self._probability = None if probability is None else _reader_of(probability)
        self._lines = LineMap(self._source, self.settings, cache_bytes=cache_bytes)
        self._moves = moves(
            self.settings.orientations,
            bending=self.settings.bending,
            sideways=self.settings.sideways,
        )

    def guided_by(self, read_probability: ReadProbability | None) -> Tracer:
        """Return a tracer that is drawn to another probability, and shares what was computed.

        Args:
            read_probability: gives a window of it, so that a large one is not held; None for none.
        """
        other = copy.copy(self)
        other._probability = read_probability
        return other

    def prepare(self, points: Sequence[Point]) -> None:
        """Compute what a trace near these points needs, so that the trace is quick."""
        pixels = self._pixels(points)
        rows, cols = [row for row, _ in pixels], [col for _, col in pixels]
        height, width = max(rows) - min(rows) + 1, max(cols) - min(cols) + 1
        self._lines.read(Window(min(rows), min(cols), height, width))

    def trace(self, points: Sequence[Point], *, forbidden: Iterable[Erase] = ()) -> Edges:
        """Trace a crack through points in their order.

        Args:
            points: two or more; the first and the last are the ends, at those between the path is
                smooth.
            forbidden: erased strokes that the path keeps away from.

        Returns:
            The centre line, a sample a px, with the two edges. It begins and ends in the pixels of
            the first and the last point, moved across the crack by three pixels at most.

        Raises:
            UsageError: fewer than two points, a point outside the image, neighbours in one pixel or
                too far apart, an image of one colour there, or no way past what is forbidden; numba
                is missing.
            InputRefused: the image is damaged there.
        """
        pixels = self._checked(points)
        strokes = list(forbidden)
        path = find_path(
            lambda window: self._cost(window, strokes),
            pixels,
            (self._lines.height, self._lines.width),
            self._moves,
        )
        return self._edges(path)

    def _pixels(self, points: Sequence[Point]) -> list[Pixel]:
        """The map's pixels of points."""
        found = []
        for number, (x, y) in enumerate(points, start=1):
            if not (0 <= x <= self.width and 0 <= y <= self.height):
                raise UsageError(
                    f"point {number} ({x:g}, {y:g}) is outside the image of {self.width} x "
                    f"{self.height} px (width x height); give x,y within it"
                )
            pooling = self.settings.pooling
            row, col = min(int(y), self.height - 1), min(int(x), self.width - 1)
            found.append((row // pooling, col // pooling))
        return found

    def _checked(self, points: Sequence[Point]) -> list[Pixel]:
        if len(points) < 2:
            raise UsageError(
                f"got {'one point' if points else 'no point'}, expected two or more: the ends of a "
                "crack and, between them in order, points that it passes through"
            )
        pixels = self._pixels(points)
        for number, (first, second) in enumerate(pairwise(pixels), start=1):
            if first == second:
                raise UsageError(
                    f"points {number} and {number + 1} are in one pixel, expected two different "
                    "ones; leave one of them out"
                )
        return pixels

    def _cost(self, window: Window, forbidden: Sequence[Erase]) -> _Floats:
        strength = self._lines.read(window)
        if not strength.max() > _NOTHING:
            raise UsageError(
                "the image has one colour around the points, expected a line between them; move "
                "the points, or draw the crack with a brush"
            )
        return tracing_cost(
            strength,
            self.settings,
            probability=self._pooled_probability(window),
            forbidden=self._pooled_strokes(window, forbidden),
        )

    def _pooled_probability(self, window: Window) -> Probability | None:
        if self._probability is None:
            return None
        full = _enlarged(window, self.settings.pooling, self.height, self.width)
        part = self._probability(full)
        if self.settings.pooling == 1:
            return part
        size = (window.width, window.height)
        small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
        return np.asarray(np.clip(small, 0, 1), np.float32)

    def _pooled_strokes(self, window: Window, forbidden: Sequence[Erase]) -> Mask | None:
        if not forbidden:
            return None
        pooling = self.settings.pooling
        drawn = np.zeros((window.height, window.width), np.bool_)
        for stroke in forbidden:
            points = np.array(stroke.points) / pooling - [window.col, window.row]
            draw_brush(drawn, points, stroke.radius_px / pooling)
        return drawn

    def _edges(self, states: npt.NDArray[np.int64]) -> Edges:
        """Refine a path of states on the full image and find its edges."""
        pooling = self.settings.pooling
        path = (states[:, [1, 0]] + 0.5) * pooling
        path = path[np.append(True, np.diff(path, axis=0).any(axis=1))]
        margin = self.settings.reach_px + _MARGIN_PX
        low = np.floor(path.min(axis=0) - margin).clip(0).astype(int)
        high = np.ceil(path.max(axis=0) + margin).clip(max=[self.width, self.height]).astype(int)
        window = Window(int(low[1]), int(low[0]), int(high[1] - low[1]), int(high[0] - low[0]))
        grey = read_grey(self._source, window, bright=self.settings.bright)
        line = refine(path - low, grey, scale=float(pooling))
        found = find_edges(line, grey, reach_px=self.settings.reach_px)
        return Edges(found.centre + low, found.left + low, found.right + low, found.width_px)


def _reader_of(probability: Probability) -> ReadProbability:
    return lambda window: probability[window.slices]


def _enlarged(window: Window, pooling: int, height: int, width: int) -> Window:
    """The full image's part that a window of the map stands for."""
    row, col = window.row * pooling, window.col * pooling
    rows = min(window.height * pooling, height - row)
    return Window(row, col, rows, min(window.width * pooling, width - col))
