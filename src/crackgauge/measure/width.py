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
from crackgauge.measure.profile import Profile, half_widths
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
# A line at 3 degrees climbs a row in 19 columns.
_STAIRS = 12


def widths_along(mask: Mask, distance_px: npt.NDArray[np.float32], lines: CentreLines) -> _Floats:
    """Measure the width at each sample of the centre lines from the mask alone.

        width = t_left + t_right

    where t is the way from the skeleton pixel's centre along the normal of the smoothed centre
    line to the first point where the mask, bilinearly interpolated between pixel centres, falls
    to 1/2. With d the pixel's distance to the nearest background pixel's centre, it is sought
    between d - 1.5 px and d + 1.5 px, so that it cannot run along another crack at a junction; if
    it is not found, it is d + 1.5 px. The widths are averaged over five samples along a path, and
    then over up to 25 of those that differ from the one in the middle by less than a pixel: the
    stairs of a slanted outline are no wide and narrow spots.
    A path of one sample has no normal: its width is 2 d - 1.

    Args:
        mask: bool (H, W), background along its four sides.
        distance_px: float32 (H, W), distance to the nearest background pixel's centre.
        lines: of this mask.

    Returns:
        float64 (S,), in px.
    """
    left, right, _ = _edges(mask, distance_px, lines)
    widths = running_mean(left + right, lines.paths.first, half=SMOOTHING)
    return _without_stairs(widths, lines.paths.first)


def profile_widths(
    mask: Mask,
    distance_px: npt.NDArray[np.float32],
    lines: CentreLines,
    profile: Profile,
    row: _Integers,
    col: _Integers,
) -> _Floats:
    """Measure the width at each sample from the profile of the probability across the line.

    As `widths_along`, but each t is that of `profile.half_widths`, averaged over five samples. A
    path of one sample has the width of the mask.

    Args:
        mask: bool (h, w), background along its four sides.
        distance_px: float32 (h, w), of the mask.
        lines: of the mask.
        profile: of the image.
        row: int64 (S,), the samples' pixels in the image.
        col: int64 (S,).

    Returns:
        float64 (S,), in px.
    """
    first = lines.paths.first
    left, right, normal = _edges(mask, distance_px, lines)
    widths = half_widths(profile, row, col, normal, left, first)
    widths += half_widths(profile, row, col, -normal, right, first)
    no_normal = ~normal.any(axis=1)
    return running_mean(np.where(no_normal, left + right, widths), first, half=SMOOTHING)


def _edges(
    mask: Mask, distance_px: npt.NDArray[np.float32], lines: CentreLines
) -> tuple[_Floats, _Floats, _Floats]:
    """Return the way to the edge of the mask on the left and right (S,), and the normals (S, 2)."""
    paths = lines.paths
    left, right = np.empty((2, len(paths.row)))
    normal = np.stack([-lines.tangent[:, 1], lines.tangent[:, 0]], axis=1)
    for begin in range(0, len(left), _AT_ONCE):
        part = slice(begin, begin + _AT_ONCE)
        row, col = paths.row[part], paths.col[part]
        reach = distance_px[row, col].astype(np.float64)
        no_normal = ~normal[part].any(axis=1)
        for side, way in ((normal[part], left), (-normal[part], right)):
            found = _half_width(mask, row, col, side, reach)
            way[part] = np.where(no_normal, reach - 0.5, found)
    return left, right, normal


def _without_stairs(widths: _Floats, first: _Integers) -> _Floats:
    """Average each width with its neighbours on the path that differ by less than a pixel."""
    index = np.arange(len(widths))
    path = np.repeat(np.arange(len(first) - 1), np.diff(first))
    sums, counts = widths.copy(), np.ones(len(widths))
    for way in range(1, _STAIRS + 1):
        inner = np.flatnonzero((index - way >= first[path]) & (index + way < first[path + 1]))
        # Both neighbours at this distance or none, so that a taper keeps its place.
        before, after = widths[inner - way], widths[inner + way]
        alike = _alike(before, widths[inner]) & _alike(after, widths[inner])
        sums[inner] += np.where(alike, before + after, 0.0)
        counts[inner] += 2.0 * alike
        for step in (-way, way):  # near an end, the one neighbour that there is
            other = index + step
            there = (other >= first[path]) & (other < first[path + 1])
            there &= (index - step < first[path]) | (index - step >= first[path + 1])
            at = np.flatnonzero(there)
            alike = _alike(widths[at + step], widths[at])
            sums[at] += np.where(alike, widths[at + step], 0.0)
            counts[at] += alike
    return sums / counts


def _alike(one: _Floats, other: _Floats) -> npt.NDArray[np.bool_]:
    return np.abs(one - other) < 1


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
