"""The edges of a crack where a network's probability falls below a threshold.

Legend: K samples of the line, about a pixel apart.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from crackgauge.annotate.edges import Edges
from crackgauge.annotate.strip import STEP_PX, Points, normals, smooth, straighten
from crackgauge.arrays import Probability

# Beyond the half width, as far as an edge may be from where it is expected.
_FARTHER_PX = 1.5
_SMOOTHING = 2


def level_edges(
    line: Points,
    width_px: npt.NDArray[np.float64],
    probability: Probability,
    *,
    threshold: float,
) -> Edges:
    """Find where the probability falls below a threshold on either side of a line.

    Args:
        line: float64 (K, 2), x, y, samples about a pixel apart.
        width_px: float64 (K,), of the crack there; no edge is farther from the line than half of it
            and 1.5 px, so that at a junction it does not run along another crack.
        probability: float32 (H, W) in [0, 1].
        threshold: a pixel is crack from this probability on.

    Returns:
        The edges; the centre is midway between them.
    """
    across = normals(line)
    farthest = width_px / 2 + _FARTHER_PX
    reach = float(np.ceil(farthest.max()))
    strip = straighten(probability, line, across, reach)
    middle = strip.shape[1] // 2
    right = smooth(_first_fall(strip[:, middle:], threshold, farthest), _SMOOTHING)
    left = smooth(_first_fall(strip[:, middle::-1], threshold, farthest), _SMOOTHING)
    return Edges(
        centre=line + across * ((right - left) / 2)[:, None],
        left=line - across * left[:, None],
        right=line + across * right[:, None],
        width_px=left + right,
    )


def _first_fall(
    values: npt.NDArray[np.float64], threshold: float, farthest: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """How far it is to where each row first falls below the threshold, at most `farthest`."""
    below = values < threshold
    at = np.maximum(below.argmax(axis=1), 1)
    index = np.arange(len(values))
    inner, outer = values[index, at - 1], values[index, at]
    part = np.clip((inner - threshold) / np.maximum(inner - outer, 1e-9), 0.0, 1.0)
    way = np.where(below.any(axis=1), (at - 1 + part) * STEP_PX, np.inf)
    return np.asarray(np.minimum(np.where(below[:, 0], 0.0, way), farthest))
