"""Centre lines: the skeleton of a mask cut into paths at its junctions.

Legend: P paths with S samples in all, one sample a skeleton pixel. Places are (x, y) in px on the
sheet with pixel corners at integers.

Zhang's thinning, the usual one, shortens bars at 135 degrees to a third and gives a fifth of all
straight bars side branches; Lee's does neither, so the skeleton is Lee's (T. C. Lee et al. 1994,
as in scikit-image). The length of the chain of pixels is up to 8 % too long between the multiples
of 45 degrees, so a path is smoothed before it is measured: a running mean of five samples leaves
0.8 % at most, a longer one would cut the corners of a jagged crack.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from crackgauge.arrays import Mask
from crackgauge.measure.graph import Paths, walk_paths

_Integers = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]

# Half the window of the running mean that takes the stairs off a path, in samples.
SMOOTHING = 2
# In narrower cracks there is no room for a corner.
_CORNERED_PX = 4.0
_CORNER_SHARE = 0.85
_TANGENT = 4  # samples on either side of the one whose direction is wanted


@dataclass(frozen=True)
class CentreLines:
    """Paths as smooth lines.

    Args:
        paths: the pixels.
        position: float64 (S, 2), smoothed x, y.
        tangent: float64 (S, 2), unit vectors; (0, 0) where a path has one sample.
        step_px: float64 (S,), the length that a sample stands for; adds up to the path's length.
        from_start_px: float64 (S,), length along the path from its first sample.
    """

    paths: Paths
    position: _Floats
    tangent: _Floats
    step_px: _Floats
    from_start_px: _Floats


def trace(mask: Mask, distance_px: npt.NDArray[np.float32]) -> CentreLines:
    """Find the centre lines of a mask that has background along its four sides.

    A spur is removed: a branch with a free end that does not reach out of the largest disc around
    its junction by more than about its own width, because it comes from a bump of the outline
    and is no crack. With d the distance to the background, it is at most d at the junction plus d
    at the free end long. At a free end of a crack wider than 8 px the line is cut back to where
    d reaches 0.85 of what it is farther in, by 2 d at most: beyond, it runs into a corner.

    Args:
        mask: bool (H, W).
        distance_px: float32 (H, W), distance of each pixel's centre to the nearest background
            pixel's centre.
    """
    skeleton = _thin(mask)
    paths = walk_paths(skeleton)
    spurs = _find_spurs(paths, distance_px)
    if spurs.any():
        _erase(skeleton, paths, spurs)
        paths = walk_paths(skeleton)
    return _smooth(_without_corners(paths, distance_px))


def _thin(mask: Mask) -> Mask:
    from skimage.morphology import skeletonize

    return np.asarray(skeletonize(mask, method="lee"), dtype=np.bool_)  # type: ignore[no-untyped-call]


def running_mean(values: _Floats, first: _Integers, *, half: int) -> _Floats:
    """Average over `half` samples on either side, fewer near the ends of a path: there as many as
    there are on both sides, so that the first and the last sample stay where they are.

    Args:
        values: float64 (S, ...).
        first: int64 (P + 1,), where the paths begin.
        half: 0 or more.

    >>> running_mean(np.array([0.0, 3.0, 0.0, 9.0]), np.array([0, 4]), half=1).tolist()
    [0.0, 1.0, 4.0, 9.0]
    """
    reach = np.minimum(half, _to_nearest_end(first))
    sums = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0)])
    index = np.arange(len(values))
    counts = (2 * reach + 1).reshape(-1, *[1] * (values.ndim - 1))
    means: _Floats = (sums[index + reach + 1] - sums[index - reach]) / counts
    return means


def _to_nearest_end(first: _Integers) -> _Integers:
    counts = np.diff(first)
    index = np.arange(first[-1])
    from_start = index - np.repeat(first[:-1], counts)
    to_end = np.repeat(first[1:] - 1, counts) - index
    return np.asarray(np.minimum(from_start, to_end), dtype=np.int64)


def _find_spurs(paths: Paths, distance_px: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    lengths = _smooth(paths).from_start_px[paths.last]
    starts, ends = paths.first[:-1], paths.last
    from_start = (paths.start_degree >= 3) & (paths.end_degree == 1)
    from_end = (paths.end_degree >= 3) & (paths.start_degree == 1)
    reach = distance_px[paths.row[starts], paths.col[starts]]
    reach = reach + distance_px[paths.row[ends], paths.col[ends]]
    return np.asarray((from_start | from_end) & (lengths <= reach), dtype=np.bool_)


def _without_corners(paths: Paths, distance_px: npt.NDArray[np.float32]) -> Paths:
    """Cut free ends back to where they leave the corners of the mask."""
    deep = distance_px[paths.row, paths.col].astype(np.float64)
    counts = np.diff(paths.first)
    kept = np.ones(len(deep), dtype=np.bool_)
    widest = np.maximum.reduceat(deep, paths.first[:-1])
    for path in np.flatnonzero((widest >= _CORNERED_PX) & (counts > 4 * widest)):
        own = slice(int(paths.first[path]), int(paths.first[path + 1]))
        if paths.start_degree[path] == 1:
            kept[own][: _in_corner(deep[own])] = False
        if paths.end_degree[path] == 1:
            kept[own][counts[path] - _in_corner(deep[own][::-1]) :] = False
    owners = paths.of_sample[kept]
    first = np.searchsorted(owners, np.arange(len(counts) + 1))
    return replace(paths, row=paths.row[kept], col=paths.col[kept], first=first)


def _in_corner(deep: _Floats) -> int:
    """Return how many samples from the end on lie in a corner."""
    reach = int(2 * np.median(deep)) + 1
    inside = float(np.median(deep[reach : 2 * reach]))
    if inside < _CORNERED_PX:
        return 0
    within = deep[: int(2 * inside)] >= _CORNER_SHARE * inside
    return int(within.argmax()) if within.any() else 0


def _erase(skeleton: Mask, paths: Paths, spurs: npt.NDArray[np.bool_]) -> None:
    """Take spurs out of the skeleton, all but their pixels at the junctions."""
    erased = spurs[paths.of_sample]
    erased[paths.first[:-1][spurs & (paths.start_degree >= 3)]] = False
    erased[paths.last[spurs & (paths.end_degree >= 3)]] = False
    skeleton[paths.row[erased], paths.col[erased]] = False


def _smooth(paths: Paths) -> CentreLines:
    pixels = np.stack([paths.col, paths.row], axis=1).astype(np.float64) + 0.5
    position = running_mean(pixels, paths.first, half=SMOOTHING)
    steps = np.hypot(*np.diff(position, axis=0, prepend=position[:1]).T)
    steps[paths.first[:-1]] = 0.0
    along = np.cumsum(steps)
    counts = np.diff(paths.first)
    from_start = along - np.repeat(along[paths.first[:-1]], counts)
    after = np.append(steps[1:], 0.0)
    after[paths.last] = 0.0
    index = np.arange(len(position))
    # At the ends of a path the window moves inwards: a shorter one would see their wobble alone.
    start, end = np.repeat(paths.first[:-1], counts), np.repeat(paths.last, counts)
    before = np.maximum(np.minimum(index, end - _TANGENT) - _TANGENT, start)
    beyond = np.minimum(np.maximum(index, start + _TANGENT) + _TANGENT, end)
    direction = position[beyond] - position[before]
    norm = np.hypot(direction[:, 0], direction[:, 1])[:, None]
    tangent = np.divide(direction, norm, out=np.zeros_like(direction), where=norm > 0)
    return CentreLines(paths, position, tangent, (steps + after) / 2, from_start)
