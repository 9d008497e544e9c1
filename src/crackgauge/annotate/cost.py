"""What a px of the path costs in each direction."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from crackgauge.annotate.settings import TraceSettings
from crackgauge.arrays import Mask, Probability

_Floats = npt.NDArray[np.float32]


def tracing_cost(
    strength: _Floats,
    settings: TraceSettings,
    *,
    probability: Probability | None = None,
    forbidden: Mask | None = None,
) -> _Floats:
    """Turn the strength of lines into a cost.

        C = (1 - trust · P) / (1 + λ V^p),  infinite where it is forbidden

    What is forbidden is widened by a pixel, so that no step leaps over it.

    Args:
        strength: V, float32 (h, w, No/2) in [0, 1].
        settings: λ, p and trust.
        probability: P of a network, float32 (h, w) in [0, 1].
        forbidden: bool (h, w).

    Returns:
        float32 (h, w, No/2), positive.

    >>> strength = np.array([[[0.0, 1.0]]], np.float32)
    >>> tracing_cost(strength, TraceSettings(contrast=3.0)).round(2)
    array([[[1.  , 0.25]]], dtype=float32)
    """
    cost = _raised(strength, settings.sharpness)
    cost *= np.float32(settings.contrast)  # in its own place: a trace waits for this
    cost += np.float32(1)
    np.reciprocal(cost, out=cost)
    if probability is not None:
        cost *= (1 - np.float32(settings.trust) * probability)[..., None]
    if forbidden is not None and forbidden.any():
        cost[cv2.dilate(forbidden.view(np.uint8), np.ones((3, 3), np.uint8)) > 0] = np.inf
    return np.asarray(cost, np.float32)


def _raised(strength: _Floats, power: float) -> _Floats:
    """V^p; for p = 1.5 by a root, which takes a tenth of the time."""
    if power == 1.5:
        return np.sqrt(strength) * strength
    return np.asarray(strength ** np.float32(power), np.float32)
