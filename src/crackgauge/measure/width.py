"""The width of a crack along its centre line.

Twice the distance to the background, less one, is the width of a bar along the rows or columns
with an odd number of pixels; over all angles and widths from 1 to 10 px it is 0.7 px too small.
So the distance only says where to look, and the width is read from the profile across.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Mask
from crackgauge.measure.edges import way_to_edge
from crackgauge.measure.skeleton import CentreLines, running_mean

_Integers = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]

# A width is that of five samples: one pixel of outline more or less is no widest spot.
SMOOTHING = 2
# No background can be seen (interpolated from four pixels) nearer than the distance less 1.42.
_REACH_PX = 1.5
_SAMPLES = 13
_END_SAMPLES = 33
_AT_ONCE = 200_000


def widths_along(mask: Mask, distance_px: npt.NDArray[np.float32], lines: CentreLines) -> _Floats:
    """Measure the width at each sample of the centre lines.

        width = t_left + t_right

    where t is the way from the skeleton pixel's centre along the normal of the smoothed centre
    line to the first point where the mask, bilinearly interpolated between pixel centres, falls
    to 1/2. With d the pixel's distance to the nearest background pixel's centre, it is sought
    between d - 1.5 px and d + 1.5 px, so that it cannot run along another crack at a junction; if
    it is not found, it is d + 1.5 px. The widths are averaged over five samples along a path.
    A path of one sample has no normal: its width is 2 d - 1.

    Args:
        mask: bool (H, W), background along its four sides.
        distance_px: float32 (H, W), distance to the nearest background pixel's centre.
        lines: of this mask.

    Returns:
        float64 (S,), in px.
    """
    paths = lines.paths
    widths = np.empty(len(paths.row))
    normal = np.stack([-lines.tangent[:, 1], lines.tangent[:, 0]], axis=1)
    for begin in range(0, len(widths), _AT_ONCE):
        part = slice(begin, begin + _AT_ONCE)
        row, col = paths.row[part], paths.col[part]
        reach = distance_px[row, col].astype(np.float64)
        left = _half_width(mask, row, col, normal[part], reach)
        right = _half_width(mask, row, col, -normal[part], reach)
        no_normal = ~normal[part].any(axis=1)
        widths[part] = np.where(no_normal, 2 * reach - 1, left + right)
    return running_mean(widths, paths.first, half=SMOOTHING)


def _half_width(
    mask: Mask, row: _Integers, col: _Integers, side: _Floats, reach: _Floats
) -> _Floats:
    farthest = reach + _REACH_PX
    way = way_to_edge(
        mask,
        row,
        col,
        side,
        nearest_px=np.maximum(reach - _REACH_PX, 0.0),
        farthest_px=farthest,
        samples=_SAMPLES,
    )
    return np.where(np.isnan(way), farthest, way)


def beyond_free_ends(
    mask: Mask, distance_px: npt.NDArray[np.float32], lines: CentreLines
) -> tuple[_Floats, _Floats]:
    """Measure how far the mask goes on beyond the starts and the ends of the centre lines.

    A skeleton stops about half a width short of the end of a crack. From its last pixel the mask
    is followed in the direction of the line, up to 2 d + 3 px; where it goes on still, the end is
    taken to be as far as the nearest side, d - 1/2.

    Args:
        mask: bool (H, W), background along its four sides.
        distance_px: float32 (H, W), distance d to the nearest background pixel's centre.
        lines: of this mask.

    Returns:
        Two float64 (P,) in px: beyond the start and beyond the end; 0 where that is no free end.
    """
    paths = lines.paths
    found = []
    for at, degree, sign in (
        (paths.first[:-1], paths.start_degree, -1.0),
        (paths.last, paths.end_degree, 1.0),
    ):
        row, col = paths.row[at], paths.col[at]
        reach = distance_px[row, col].astype(np.float64)
        way = way_to_edge(
            mask,
            row,
            col,
            sign * lines.tangent[at],
            nearest_px=np.maximum(reach - _REACH_PX, 0.0),
            farthest_px=2 * reach + 3,
            samples=_END_SAMPLES,
        )
        way = np.where(np.isnan(way), reach - 0.5, way)
        found.append(np.where(degree == 1, way, 0.0))
    return found[0], found[1]
