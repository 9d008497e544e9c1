"""Cracks drawn with known truth: how much of each pixel they cover, and what there is to measure.

Places are (x, y) in px with pixel corners at integers; angles run counter-clockwise from +x.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import ndimage

_Floats = npt.NDArray[np.float64]
# A pixel's coverage is the mean of so many by so many points.
_FINE = 6


class Drawn(NamedTuple):
    """A drawn crack and its truth.

    Args:
        coverage: float64 (H, W) in [0, 1].
        width_px: of the whole crack, or the mean along it.
        length_px: of the centre line.
        angle_deg: in [0, 180); NaN for a crack without one direction.
        widest: x and y of the widest spot; NaN where it has none.
        width_max_px: at the widest spot.
    """

    coverage: _Floats
    width_px: float
    length_px: float
    angle_deg: float
    widest: tuple[float, float]
    width_max_px: float


_NOWHERE = (float("nan"), float("nan"))


def straight(
    width_px: float, angle_deg: float, *, length_px: float = 240.0, spot_px: float = 0.0
) -> Drawn:
    """A bar; with a spot in it, a fifth off its middle, that is wider by `spot_px` (a bell)."""
    size = int(length_px + width_px + spot_px) + 24
    x, y = _fine_grid(size)
    middle = size / 2 + 0.13 * np.array([np.cos(width_px * 7), np.sin(angle_deg)])
    cosine, sine = np.cos(np.deg2rad(angle_deg)), -np.sin(np.deg2rad(angle_deg))
    along = (x - middle[0]) * cosine + (y - middle[1]) * sine
    across = (y - middle[1]) * cosine - (x - middle[0]) * sine
    at = length_px / 5
    own_px = width_px + spot_px * np.exp(-(((along - at) / 8.0) ** 2) / 2)
    inside = (np.abs(across) < own_px / 2) & (np.abs(along) < length_px / 2)
    widest = _NOWHERE
    if spot_px:
        widest = (middle[0] + at * cosine, middle[1] + at * sine)
    mean = width_px + spot_px * 8.0 * np.sqrt(2 * np.pi) / length_px
    return Drawn(_coverage(inside), mean, length_px, angle_deg % 180, widest, width_px + spot_px)


def curved(width_px: float, angle_deg: float, *, radius_px: float = 130.0) -> Drawn:
    """An arc of 110 degrees, whose chord has the given angle."""
    opening = np.deg2rad(110)
    size = int(2 * radius_px * np.sin(opening / 2) + 2 * width_px) + 24
    x, y = _fine_grid(size)
    normal = np.deg2rad(angle_deg + 90)  # from the middle of the circle to that of the arc
    out = np.array([np.cos(normal), -np.sin(normal)])
    middle = size / 2 - out * (radius_px * (1 + np.cos(opening / 2)) / 2)
    dx, dy = x - middle[0], y - middle[1]
    turned = np.arctan2(-dy, dx) - normal
    turned = (turned + np.pi) % (2 * np.pi) - np.pi
    inside = (np.abs(np.hypot(dx, dy) - radius_px) < width_px / 2) & (np.abs(turned) < opening / 2)
    length = radius_px * opening
    return Drawn(_coverage(inside), width_px, length, angle_deg % 180, _NOWHERE, width_px)


def branching(width_px: float, angle_deg: float, *, arm_px: float = 110.0) -> Drawn:
    """Three arms from one point, 120 degrees apart."""
    size = int(2 * arm_px + width_px) + 24
    x, y = _fine_grid(size)
    inside = np.zeros(x.shape, dtype=np.bool_)
    for arm in (0, 120, 240):
        turn = np.deg2rad(angle_deg + arm)
        cosine, sine = np.cos(turn), -np.sin(turn)
        along = (x - size / 2) * cosine + (y - size / 2) * sine
        across = (y - size / 2) * cosine - (x - size / 2) * sine
        inside |= (np.abs(across) < width_px / 2) & (along > 0) & (along < arm_px)
    return Drawn(_coverage(inside), width_px, 3 * arm_px, float("nan"), _NOWHERE, width_px)


def as_probability(
    coverage: _Floats, *, blur_px: float, noise: float, seed: int
) -> npt.NDArray[np.float32]:
    """Blur the coverage (Gaussian), add noise and cut to [0, 1]."""
    blurred = ndimage.gaussian_filter(coverage, blur_px) if blur_px else coverage
    noisy = blurred + np.random.default_rng(seed).normal(0.0, noise, coverage.shape)
    return np.clip(noisy, 0.0, 1.0).astype(np.float32)


def _fine_grid(size: int) -> tuple[_Floats, _Floats]:
    y, x = (np.mgrid[: size * _FINE, : size * _FINE] + 0.5) / _FINE
    return x, y


def _coverage(inside: npt.NDArray[np.bool_]) -> _Floats:
    size = len(inside) // _FINE
    return inside.reshape(size, _FINE, size, _FINE).mean(axis=(1, 3), dtype=np.float64)
