"""From a path of pixels to a sub-pixel centre line.

The shortest path cuts corners within the crack and keeps to pixels; the darkest track of the
straightened, smoothed image does neither, and crosses a dark bar straight.

Legend: N pixels of a path, K samples of the line, a pixel apart.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from crackgauge.annotate.strip import (
    STEP_PX,
    Points,
    normals,
    offsets,
    resample,
    smooth,
    straighten,
)
from crackgauge.annotate.track import best_track

_BLUR_PX = 1.5
_REACH_PX = 3.0
# Half windows of the means, in samples: of the pixels' stairs, and of the track.
_STAIRS, _TRACK = 4, 2
_JUMP_COST = 1.0


def refine(path: Points, grey: npt.NDArray[np.float32], *, scale: float = 1.0) -> Points:
    """Move a path onto the darkest track within three pixels of it.

    Args:
        path: float64 (N, 2), x, y within `grey`, pixel corners at integers; N >= 2, not all equal.
        grey: float32 (h, w), cracks dark.
        scale: px of `grey` that a pixel of the path's grid covers; all lengths grow with it.

    Returns:
        float64 (K, 2), samples about a pixel apart; the first and the last are at the ends of the
        path, moved across it by three pixels at most.
    """
    line = resample(smooth(resample(path, scale), _STAIRS))
    across = normals(line)
    reach = _REACH_PX * scale
    blurred = cv2.GaussianBlur(grey, (0, 0), _BLUR_PX, borderType=cv2.BORDER_REFLECT)
    strip = straighten(np.asarray(blurred), line, across, reach)
    # In units of what the grey usually changes from one column to the next.
    usual = float(np.median(np.abs(np.diff(strip, axis=1))))
    track = best_track(-strip / max(usual, 1e-6), jump_cost=_JUMP_COST)
    moved = smooth(track * STEP_PX + offsets(reach)[0], _TRACK)
    return resample(smooth(line + across * moved[:, None], _TRACK))
