"""Curves that nobody labelled: drawn at random, or a labelled one that a hand has missed a little.

Legend: H, W of a mask.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Mask, check_mask
from crackgauge.data.curves import centre_curve
from crackgauge.data.synth.networks import draw_network
from crackgauge.errors import UsageError
from crackgauge.labels import Polyline, draw_lines

_Floats = npt.NDArray[np.float64]

# A branching crack is the usual one.
_PATTERNS = ("single", "branching", "branching", "parallel")
# How far apart two pixels are that move independently, px; and how often the reach is exhausted.
_CORRELATION_PX = 12.0
_SPREAD = 0.6


def draw_random_curve(side_px: int, generator: np.random.Generator) -> Mask:
    """Draw smooth random curves, most of them branching, as curves of one pixel.

    Args:
        side_px: H and W.
        generator: of all random choices.

    Returns:
        bool (side_px, side_px), with at least one pixel.
    """
    pattern = str(generator.choice(_PATTERNS))
    strokes = draw_network(generator, (side_px, side_px), pattern=pattern, width_px=1.0)
    lines = [Polyline(tuple((float(x), float(y)) for x, y in s.points)) for s in strokes]
    curve = draw_lines(lines, side_px, side_px)
    if not curve.any():  # every path wandered past the picture
        curve[side_px // 2] = True
    return centre_curve(curve)


def jitter(curve: Mask, reach_px: float, generator: np.random.Generator) -> Mask:
    """Move a curve as a hand that draws it would: smoothly along it, by up to `reach_px`.

    Pixels about 12 px apart move independently, by 0.6 of the reach in the mean square of each
    direction and never further than the reach. Neighbours stay joined.

    Args:
        curve: bool (H, W), one pixel wide; what leaves the image is lost.
        reach_px: 0 or more.
        generator: of the displacement.

    Returns:
        bool (H, W), one pixel wide.

    Raises:
        UsageError: no mask, or a negative reach.
    """
    check_mask(curve)
    if not reach_px >= 0:
        raise UsageError(f"jitter: got a reach of {reach_px} px, expected 0 or more")
    if reach_px == 0 or not curve.any():
        return curve.copy()
    rows, cols = np.nonzero(curve)
    field = _displacement(curve.shape, reach_px, generator)[:, rows, cols]
    x, y = cols + 0.5 + field[0], rows + 0.5 + field[1]
    place = np.full(curve.shape, -1)
    place[rows, cols] = np.arange(len(rows))
    lines = [Polyline(((x[i], y[i]),)) for i in range(len(rows))]
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        before, after = _neighbours(place, down, right)
        ends = zip(before, after, strict=True)
        lines += [Polyline(((x[i], y[i]), (x[j], y[j]))) for i, j in ends]
    return centre_curve(draw_lines(lines, *curve.shape))


def _displacement(
    shape: tuple[int, ...], reach_px: float, generator: np.random.Generator
) -> _Floats:
    """Smooth random vectors (2, H, W), x and y, none longer than `reach_px`."""
    noise = [generator.standard_normal(shape) for _ in range(2)]
    smooth = np.stack([cv2.GaussianBlur(each, (0, 0), _CORRELATION_PX / 2) for each in noise])
    field = np.asarray(smooth, np.float64) * (_SPREAD / max(float(smooth.std()), 1e-12))
    length = np.hypot(*field)
    return np.asarray(reach_px * field / np.maximum(length, 1.0), np.float64)


def _neighbours(
    place: npt.NDArray[np.int64], down: int, right: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Numbers of the pixels of a curve, and of their neighbours (down, right) of them."""
    height, width = place.shape
    left, end = max(-right, 0), width - max(right, 0)
    here = place[: height - down, left:end]
    there = place[down:, left + right : end + right]
    both = (here >= 0) & (there >= 0)
    return here[both], there[both]
