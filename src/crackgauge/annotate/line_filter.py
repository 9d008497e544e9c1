"""How much of a line passes through each place in each direction.

Legend: No/2 orientations of an orientation score U, scales in px. A1 = cosθ ∂x + sinθ ∂y goes along
the line, A2 = -sinθ ∂x + cosθ ∂y across it. Where two cracks cross, each shows in its own
direction.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

_Floats = npt.NDArray[np.float32]

SCALES_PX = (1.0, 2.0)
_ANISOTROPY, _CONTRAST = 0.5, 0.4
_THREADS = 2


@dataclass(frozen=True)
class LineResponse:
    """The two things that the strength of a line is made of, of one scale.

    Args:
        likeness: float32 (No/2, H, W) in [0, 1]: exp(-(l/c)² / (2 · 0.5²)) where c > 0, else 0,
            with l = A1² U and c = A2² U.
        energy: float32 (No/2, H, W): l² + c².
    """

    likeness: _Floats
    energy: _Floats


def line_response(score: _Floats, scale_px: float) -> LineResponse:
    """Measure the curvature along and across each direction.

    Args:
        score: float32 (No/2, H, W), of an image with dark lines.
        scale_px: standard deviation of the Gaussian that U is smoothed with.
    """
    likeness, energy = np.empty_like(score), np.empty_like(score)

    def measure(index: int) -> None:
        smooth = cv2.GaussianBlur(score[index], (0, 0), scale_px, borderType=cv2.BORDER_REFLECT)
        theta = math.pi * index / len(score)
        along = cv2.filter2D(smooth, -1, _second_derivative(theta), borderType=cv2.BORDER_REFLECT)
        across = cv2.filter2D(
            smooth, -1, _second_derivative(theta + math.pi / 2), borderType=cv2.BORDER_REFLECT
        )
        energy[index] = along**2 + across**2
        ratio = along / np.maximum(across, np.float32(1e-6))
        weight = np.exp(ratio**2 * np.float32(-1 / (2 * _ANISOTROPY**2)))
        likeness[index] = np.where(across > 0, weight, np.float32(0))

    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(measure, range(len(score))))
    return LineResponse(likeness, energy)


def line_strength(response: LineResponse, strongest: float) -> _Floats:
    """V_s = likeness (1 - exp(-energy / (0.4 strongest))), float32 (No/2, H, W) in [0, 1].

    Args:
        response: of one scale.
        strongest: the energy that counts as the strongest of the image, positive.
    """
    share = np.exp(response.energy * np.float32(-1 / (_CONTRAST * strongest)))
    return np.asarray(response.likeness * (1 - share), np.float32)


def _second_derivative(theta: float) -> npt.NDArray[np.float32]:
    """The 3 x 3 kernel of (cosθ ∂x + sinθ ∂y)²."""
    x, y = math.cos(theta), math.sin(theta)
    dxx = np.array([[0, 0, 0], [1, -2, 1], [0, 0, 0]])
    dxy = np.array([[1, 0, -1], [0, 0, 0], [-1, 0, 1]]) / 4
    return np.asarray(x * x * dxx + 2 * x * y * dxy + y * y * dxx.T, np.float32)
