"""Orientation scores: an image told apart by the direction of what is in it.

Legend: H, W of the image, No orientations over the full turn. θ_i = 2π i / No is the direction of
a line in the image's axes, x to the right and y down. ω is the frequency in radians per px, φ its
angle, ρ = |ω| / π its share of the Nyquist frequency.

For a real image the score at θ + π is the conjugate of that at θ, and lines show in the real part:
so the first No/2 real parts hold it all.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import fft

_Floats = npt.NDArray[np.float32]

# Inflection point and order of the radial window; standard deviation of what is taken for ground.
INFLECTION, ORDER, GROUND_PX = 0.5, 8, 8.0
MARGIN_PX = 32


def orientation_score(grey: _Floats, *, orientations: int, workers: int | None = None) -> _Floats:
    """Filter an image with cake wavelets (Duits 2005; Bekkers et al. 2014).

        U_i = Re F^-1[ R(ρ) G(ω) B((φ - θ_i - π/2) No / 2π) F f ],   i < No/2
        R = exp(-s) Σ_{k <= 8} s^k / k!,  s = 17 ρ² / (2 · 0.5²),   G = 1 - exp(-|ω|² 8² / 2)

    with B the cubic B-spline. Twice the sum over i is the image filtered by R G. The image is
    mirrored beyond its borders.

    Args:
        grey: float32 (H, W).
        orientations: No, even.
        workers: threads of the Fourier transforms; None takes one a core.

    Returns:
        float32 (No/2, H, W), in the unit of `grey`.
    """
    height, width = grey.shape
    rows, cols = (fft.next_fast_len(size + 2 * MARGIN_PX, real=True) for size in grey.shape)
    padded = np.pad(
        grey,
        ((MARGIN_PX, rows - height - MARGIN_PX), (MARGIN_PX, cols - width - MARGIN_PX)),
        mode="symmetric",
    )
    workers = -1 if workers is None else workers
    spectrum = fft.rfft2(padded, workers=workers) * radial_window(rows, cols)
    angle = _angle(rows, cols)
    inside = (slice(MARGIN_PX, MARGIN_PX + height), slice(MARGIN_PX, MARGIN_PX + width))
    score = np.empty((orientations // 2, height, width), np.float32)
    for index in range(orientations // 2):
        part = spectrum * _slice(angle, index, orientations)
        score[index] = fft.irfft2(part, s=(rows, cols), workers=workers, overwrite_x=True)[inside]
    return score


def radial_window(rows: int, cols: int) -> _Floats:
    """R(ρ) G(ω) on the frequencies of `rfft2`, float32 (rows, cols // 2 + 1)."""
    down, right = _frequencies(rows, cols)
    square = (down**2 + right**2).astype(np.float32)
    s = square * np.float32((2 * ORDER + 1) / (2 * INFLECTION**2 * math.pi**2))
    series = np.ones_like(s)
    for k in range(ORDER, 0, -1):  # Horner
        series = 1 + series * s / np.float32(k)
    window = np.exp(-s) * series * (1 - np.exp(-square * np.float32(GROUND_PX**2 / 2)))
    return np.asarray(window, np.float32)


def _frequencies(rows: int, cols: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """ω downward (rows, 1) and to the right (1, cols // 2 + 1), in radians per px."""
    return 2 * np.pi * fft.fftfreq(rows)[:, None], 2 * np.pi * fft.rfftfreq(cols)[None, :]


def _angle(rows: int, cols: int) -> _Floats:
    down, right = _frequencies(rows, cols)
    return np.arctan2(down, right).astype(np.float32)


def _slice(angle: _Floats, index: int, orientations: int) -> _Floats:
    """The part of the cake that a line along θ_i has its frequencies in, and the one opposite."""
    half = orientations / 2
    # The angle across the line in steps of 2π/No; both slices at once, as φ counts modulo π.
    away = angle * np.float32(orientations / (2 * math.pi)) - np.float32(index + orientations / 4)
    away = np.abs((away + np.float32(half / 2)) % np.float32(half) - np.float32(half / 2))
    return np.asarray(_cubic_spline(away) / 2, np.float32)


def _cubic_spline(away: _Floats) -> _Floats:
    """B-spline of order 3 at distances 0 or more; the sum over all integers' shifts is 1."""
    near = np.maximum(1 - away, 0)
    far = np.maximum(2 - away, 0)
    return np.asarray((far**3 - 4 * near**3) / 6, np.float32)
