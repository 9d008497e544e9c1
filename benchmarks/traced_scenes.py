"""Rendered cracks for the benchmark of tracing: crossed by dark bars, or beside a darker line.

Points are (x, y) in px with pixel corners at integers.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Image, Mask
from crackgauge.data.synth.strokes import Stroke, coverage

GROUND, DEPTH = 170.0, 60.0
TEXTURE, NOISE, BLUR_PX = 3.0, 6.0, 0.6
BAR_WIDTH_PX, BAR_LENGTH_PX, BAR_DEPTH = 6.0, 120.0, 1.2
BORDER_PX = 30
AMPLITUDE_PX, PERIOD_PX = 40.0, 260.0
BESIDE_PX = 14.0


@dataclass(frozen=True)
class Scene:
    """A picture with one crack.

    Args:
        image: uint8 (H, W, 3).
        crack: its centre line and widths.
        mask: bool (H, W), pixels that it covers by half or more, its gaps too.
        beside: the other line, where there is one.
    """

    image: Image
    crack: Stroke
    mask: Mask
    beside: Stroke | None = None

    @property
    def ends(self) -> list[tuple[float, float]]:
        """Where it begins and ends."""
        return [(float(x), float(y)) for x, y in self.crack.points[[0, -1]]]

    def at(self, share: float) -> tuple[float, float]:
        """A point of it, from 0 at its beginning to 1 at its end."""
        x, y = self.crack.points[round(share * (len(self.crack.points) - 1))]
        return float(x), float(y)


def sinusoid(seed: int, *, side_px: int, width_px: float) -> Stroke:
    """A crack from left to right whose width swells by a fifth in the middle."""
    rng = np.random.default_rng(seed)
    x = np.arange(BORDER_PX, side_px - BORDER_PX, 0.5)
    first, second = rng.random(2)
    y = side_px / 2 + AMPLITUDE_PX * np.sin(2 * np.pi * (x / PERIOD_PX + first))
    y += 0.3 * AMPLITUDE_PX * np.sin(2 * np.pi * (2.7 * x / PERIOD_PX + second))
    share = (x - x[0]) / (x[-1] - x[0])
    width = width_px * (0.9 + 0.2 * np.sin(np.pi * share))
    return Stroke(np.stack([x, y], axis=1), width)


def crossed_scene(seed: int, *, side_px: int = 512, width_px: float = 4.0, bars: int = 5) -> Scene:
    """A crack crossed at right angles by bars that are darker than it."""
    crack = sinusoid(seed, side_px=side_px, width_px=width_px)
    across = [_bar(crack, (index + 0.5) / bars) for index in range(bars)]
    cover = coverage([crack], (side_px, side_px))
    dark = BAR_DEPTH * coverage(across, (side_px, side_px)) if bars else np.zeros_like(cover)
    return Scene(_photographed(np.maximum(cover, dark), seed), crack, cover >= 0.5)


def parallel_scene(
    seed: int,
    *,
    gaps: tuple[float, ...],
    gap_px: int,
    along: tuple[float, float] = (0.0, 1.0),
    side_px: int = 512,
    width_px: float = 4.0,
) -> Scene:
    """A crack with gaps, and 14 px beside it a darker line without any.

    Args:
        seed: of the picture.
        gaps: their middles, from 0 at the crack's beginning to 1.
        gap_px: how long each is.
        along: the part of the crack that the line runs beside.
        side_px: H and W.
        width_px: of both lines.
    """
    crack = sinusoid(seed, side_px=side_px, width_px=width_px)
    cover = coverage([crack], (side_px, side_px))
    seen = cover.copy()
    for share in gaps:
        first = round(BORDER_PX + share * (side_px - 2 * BORDER_PX) - gap_px / 2)
        seen[:, first : first + gap_px] = 0
    aside = np.array([0.0, BESIDE_PX])
    part = slice(*(round(share * len(crack.points)) for share in along))
    line = crack.points[part] + aside
    beside = Stroke(line, np.full(len(line), width_px))
    dark = BAR_DEPTH * coverage([beside], (side_px, side_px))
    return Scene(_photographed(np.maximum(0.8 * seen, dark), seed), crack, cover >= 0.5, beside)


def _bar(crack: Stroke, share: float) -> Stroke:
    index = round(share * (len(crack.points) - 1))
    way = crack.points[min(index + 2, len(crack.points) - 1)] - crack.points[max(index - 2, 0)]
    along = way / np.hypot(*way)
    reach = np.array([-along[1], along[0]]) * BAR_LENGTH_PX / 2
    middle = crack.points[index]
    return Stroke(np.stack([middle - reach, middle + reach]), np.full(2, BAR_WIDTH_PX))


def _photographed(dark: npt.NDArray[np.float32], seed: int) -> Image:
    """Ground with some texture, less what is dark, a little out of focus, with noise."""
    rng = np.random.default_rng([seed, 1])
    texture = cv2.GaussianBlur(rng.standard_normal(dark.shape).astype(np.float32), (0, 0), 3)
    grey = GROUND - DEPTH * dark + TEXTURE * texture / texture.std()
    grey = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), BLUR_PX)
    grey = grey + rng.normal(0, NOISE, dark.shape)
    return np.repeat(np.clip(np.rint(grey), 0, 255).astype(np.uint8)[..., None], 3, axis=2)
