"""Lines with a width, and the exact share of every pixel that they cover.

Legend: K vertices, S sub-samples a side. Points are (x, y) with pixel corners at integers: the
centre of pixel (0, 0) is (0.5, 0.5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from crackgauge.data.synth.noise import Field, Shape
from crackgauge.errors import UsageError

Points = npt.NDArray[np.float64]

# Odd, so that an edge through a pixel's centre is the border of "half covered" in every direction:
# with an even number, lines along the axes come out wider by 1/S px.
SUPERSAMPLE = 5
_STRIP_ROWS = 512
_CHUNK_SAMPLES = 2_000_000


@dataclass(frozen=True)
class Stroke:
    """A polyline with a width at every vertex; its two ends are cut square.

    Args:
        points: float64 (K, 2), x and y in px, K >= 2.
        widths_px: float64 (K,), positive; linear between the vertices.

    Raises:
        UsageError: other shapes, values that are not finite, or a width of 0 or less.

    >>> Stroke(np.array([[0.0, 5.0], [3.0, 9.0]]), np.array([2.0, 2.0])).length_px
    5.0
    """

    points: Points
    widths_px: Points

    def __post_init__(self) -> None:
        points, widths = np.asarray(self.points, float), np.asarray(self.widths_px, float)
        if points.ndim != 2 or points.shape[1:] != (2,) or widths.shape != points.shape[:1]:
            raise UsageError(
                f"stroke: got points {points.shape} and widths {widths.shape}, "
                "expected (K, 2) and (K,)"
            )
        if len(points) < 2 or not np.isfinite(points).all() or not (widths > 0).all():
            raise UsageError(
                f"stroke: got {len(points)} points, expected two or more, finite, each with a "
                "positive width"
            )
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "widths_px", widths)

    @property
    def length_px(self) -> float:
        """Length along the polyline."""
        return float(np.hypot(*np.diff(self.points, axis=0).T).sum())

    def widened(self, factor: float, plus_px: float = 0.0) -> Stroke:
        """The same line, `factor` times as wide and `plus_px` more."""
        return Stroke(self.points, self.widths_px * factor + plus_px)


def resampled(stroke: Stroke, step_px: float) -> Stroke:
    """The same stroke with vertices at most `step_px` apart along it; its ends stay."""
    along = np.r_[0.0, np.cumsum(np.hypot(*np.diff(stroke.points, axis=0).T))]
    count = max(int(np.ceil(along[-1] / step_px)), 1) + 1
    at = np.linspace(0.0, along[-1], count)
    points = np.stack([np.interp(at, along, stroke.points[:, axis]) for axis in (0, 1)], axis=1)
    return Stroke(points, np.interp(at, along, stroke.widths_px))


def runs(stroke: Stroke, keep: npt.NDArray[np.bool_]) -> list[Stroke]:
    """Cut a stroke into the runs of two or more neighbouring vertices that `keep` marks."""
    edges = np.flatnonzero(np.diff(np.r_[False, keep, False].astype(np.int8)))
    return [
        Stroke(stroke.points[first:last], stroke.widths_px[first:last])
        for first, last in edges.reshape(-1, 2)
        if last - first >= 2
    ]


def clipped(strokes: Sequence[Stroke], shape: Shape) -> list[Stroke]:
    """The parts within an image of (H, W), cut to half a pixel."""
    inside: list[Stroke] = []
    limit = np.array([shape[1], shape[0]], float)
    for stroke in strokes:
        if ((stroke.points >= 0) & (stroke.points <= limit)).all():
            inside.append(stroke)
            continue
        fine = resampled(stroke, 0.5)
        within = (fine.points >= 0) & (fine.points <= limit)
        inside += runs(fine, within[:, 0] & within[:, 1])
    return inside


def coverage(strokes: Sequence[Stroke], shape: Shape, *, supersample: int = SUPERSAMPLE) -> Field:
    """Share of each pixel that the union of the strokes covers.

    Args:
        strokes: they may reach beyond the image.
        shape: (H, W) of the image.
        supersample: S; the share is counted over S x S points within the pixel.

    Returns:
        float32 (H, W) in [0, 1], to within 1/255.

    >>> line = Stroke(np.array([[0.0, 1.5], [3.0, 1.5]]), np.array([1.0, 1.0]))
    >>> coverage([line], (3, 3)).tolist()
    [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]
    """
    result = np.zeros(shape, np.float32)
    if not strokes:
        return result
    segments = np.concatenate([_segments(stroke) for stroke in strokes])
    for top in range(0, shape[0], _STRIP_ROWS):
        height = min(_STRIP_ROWS, shape[0] - top)
        reach = segments[:, 4:6].max(axis=1)
        low = np.minimum(segments[:, 1], segments[:, 3]) - reach
        high = np.maximum(segments[:, 1], segments[:, 3]) + reach
        near = segments[(high > top) & (low < top + height)]
        if not len(near):
            continue
        near = near - np.array([0, top, 0, top, 0, 0, 0, 0], float)
        samples = np.zeros((height * supersample, shape[1] * supersample), np.uint8)
        for group in _by_size(near, supersample):
            _fill(samples, *group, supersample)
        share = cv2.resize(samples, (shape[1], height), interpolation=cv2.INTER_AREA)
        result[top : top + height] = share.astype(np.float32) / 255
    return result


def _segments(stroke: Stroke) -> Points:
    """(N, 8): x0, y0, x1, y1, half width at either end, and whether either end is cut square."""
    step = max(2.0, float(stroke.widths_px.max()))
    fine = stroke if _longest(stroke) <= 2 * step else resampled(stroke, step)
    count = len(fine.points) - 1
    table = np.zeros((count, 8))
    table[:, 0:2], table[:, 2:4] = fine.points[:-1], fine.points[1:]
    table[:, 4], table[:, 5] = fine.widths_px[:-1] / 2, fine.widths_px[1:] / 2
    table[0, 6] = table[-1, 7] = 1
    return table


def _longest(stroke: Stroke) -> float:
    return float(np.hypot(*np.diff(stroke.points, axis=0).T).max())


def _by_size(segments: Points, supersample: int) -> list[tuple[Points, int]]:
    """Group segments by the side, in samples, of the square that holds each."""
    span = np.abs(segments[:, 2:4] - segments[:, 0:2]).max(axis=1)
    need = (span + 2 * segments[:, 4:6].max(axis=1)) * supersample + 2
    side = np.exp2(np.ceil(np.log2(need) * 4) / 4)  # few sizes, little waste
    groups = []
    for value in np.unique(side):
        chosen, pixels = segments[side == value], int(np.ceil(value))
        rows = max(_CHUNK_SAMPLES // pixels**2, 1)
        groups += [(chosen[at : at + rows], pixels) for at in range(0, len(chosen), rows)]
    return groups


def _fill(samples: npt.NDArray[np.uint8], segments: Points, side: int, supersample: int) -> None:
    """Set to 255 the samples within any of the segments."""
    part = segments.astype(np.float32)
    start, end = part[:, 0:2], part[:, 2:4]
    reach = part[:, 4:6].max(axis=1, keepdims=True)
    corner = np.floor((np.minimum(start, end) - reach) * supersample).astype(np.int64)
    offset = np.arange(side)
    col = corner[:, 0:1] + offset  # (N, side)
    row = corner[:, 1:2] + offset
    x = ((col + np.float32(0.5)) / supersample - start[:, 0:1]).astype(np.float32)[:, None, :]
    y = ((row + np.float32(0.5)) / supersample - start[:, 1:2]).astype(np.float32)[:, :, None]
    way = end - start
    squared = np.maximum((way**2).sum(axis=1), 1e-9)
    dx, dy = way[:, 0, None, None], way[:, 1, None, None]
    along = (x * dx + y * dy) / squared[:, None, None]
    held = np.clip(along, 0, 1)
    radius = part[:, 4, None, None] + held * (part[:, 5] - part[:, 4])[:, None, None]
    inside = (x - held * dx) ** 2 + (y - held * dy) ** 2 <= radius**2
    inside &= ~((part[:, 6, None, None] > 0) & (along < 0))
    inside &= ~((part[:, 7, None, None] > 0) & (along > 1))
    inside &= ((col >= 0) & (col < samples.shape[1]))[:, None, :]
    inside &= ((row >= 0) & (row < samples.shape[0]))[:, :, None]
    flat = row[:, :, None] * samples.shape[1] + col[:, None, :]
    samples.reshape(-1)[flat[inside]] = 255
