"""The width of a crack between the pixels, from the profile of its probability.

A mask knows an edge to about half a pixel; where the probability rises over some pixels, its sum
says where the edge lies within them. Legend: S samples of the centre lines, T points across.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from crackgauge.arrays import Mask, Probability
from crackgauge.measure.skeleton import running_mean

_Integers = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]

# An edge is summed up over so many px on either side of where the mask has it.
EDGE_PX = 2.5
_POINTS = 11
# Beyond an edge, a rise of so much is another crack.
_RISE = 0.1
_AT_ONCE = 100_000


class Profile(NamedTuple):
    """The probability that a mask comes from: float32 (H, W) in [0, 1], and the threshold."""

    probability: Probability
    threshold: float


def threshold_of(mask: Mask, probability: Probability) -> float:
    """Return the threshold that a mask was made with: crack is what is at least this.

    It is 1/2 where that explains the mask, or where no threshold does (a mask from elsewhere);
    otherwise the least probability within the mask.

    >>> values = np.array([[0.1, 0.3, 0.9]], np.float32)
    >>> threshold_of(values >= 0.5, values), round(threshold_of(values >= 0.2, values), 2)
    (0.5, 0.3)
    """
    inside = float(probability.min(where=mask, initial=1.0))
    outside = float(probability.max(where=~mask, initial=0.0))
    return 0.5 if outside >= inside or outside < 0.5 <= inside else inside


def half_widths(
    profile: Profile,
    row: _Integers,
    col: _Integers,
    side: _Floats,
    edge_px: _Floats,
    first: _Integers,
) -> _Floats:
    """Measure from pixel centres to the edge of the crack on one side.

        t = a + integral from a to b of q,   q = p (1 - h) / (p (1 - h) + h (1 - p))

    with a = max(e - 2.5, 0) and b = e + 2.5 px, where e is the way to the edge of the mask and h
    the threshold: q is p for h = 1/2, and always 1/2 where p is the threshold, so that the mask
    and the probability have their edges at one place. The sum over an edge keeps its place however
    much it is blurred, and in a crack so thin that p does not reach 1 it is what is missing.
    Summing ends where p, averaged over five samples, rises again: there another crack begins.
    What lies beyond the border of the image counts as background.

    Args:
        profile: p and h.
        row: int64 (S,), pixels of centre lines.
        col: int64 (S,).
        side: float64 (S, 2), unit vectors x, y across the line.
        edge_px: float64 (S,), way from the pixel's centre to the edge of the mask.
        first: int64 (P + 1,), where the paths begin.

    Returns:
        float64 (S,), in px.
    """
    found = np.empty(len(row))
    paths = np.searchsorted(first, np.arange(0, len(row), _AT_ONCE))
    cuts = np.unique(np.append(first[paths], len(row)))
    for begin, end in itertools.pairwise(cuts.tolist()):
        part = slice(begin, end)
        own = first[(first >= begin) & (first <= end)] - begin
        near = np.maximum(edge_px[part] - EDGE_PX, 0.0)
        far = edge_px[part] + EDGE_PX
        way = near[:, None] + (far - near)[:, None] * np.linspace(0.0, 1.0, _POINTS)
        rows = row[part, None] + way * side[part, 1, None]
        cols = col[part, None] + way * side[part, 0, None]
        values = np.empty(way.shape)
        ndimage.map_coordinates(
            profile.probability, [rows, cols], output=values, order=1, mode="grid-constant"
        )
        values = _centred(values, profile.threshold)
        values[_beyond(running_mean(values, own, half=2), way > edge_px[part, None])] = 0.0
        found[part] = near + np.trapezoid(values, way, axis=1)
    return found


def _centred(values: _Floats, threshold: float) -> _Floats:
    if threshold == 0.5:
        return values
    up, down = values * (1 - threshold), (1 - values) * threshold
    return np.asarray(up / np.maximum(up + down, 1e-12))


def _beyond(smooth: _Floats, outside: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Say which points lie beyond the place where the probability begins to rise again."""
    falling = np.where(outside, smooth, np.inf)
    lowest = np.minimum.accumulate(falling, axis=1)
    risen = outside & (smooth > lowest + _RISE)
    return np.logical_or.accumulate(risen, axis=1)
