"""The width of a crack at half depth of the photo's own grey profile, along the truth's lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from crackgauge.arrays import Image, Mask
from crackgauge.data.pairs import find_pairs
from crackgauge.images import read_image, read_mask
from crackgauge.measure.pieces import Pieces, measure_pieces
from crackgauge.measure.skeleton import running_mean

_Floats = npt.NDArray[np.float64]
_LONG_PX = 30.0
_POINTS = 81


def compare_with_truths(folder: Path, split: str) -> dict[str, Any]:
    """Compare, branch by branch, the profile's width with the truth's area over length."""
    pairs: list[tuple[float, float]] = []
    seen = 0
    for pair in find_pairs(folder, split=split):
        if pair.mask is None:
            continue
        image, mask = read_image(pair.image), read_mask(pair.mask).mask
        found, total = _branches(image, mask)
        pairs += found
        seen += total
    truth, profile = np.array(pairs).T
    apart = profile - truth
    low, middle, high = np.percentile(apart, (25, 50, 75))
    return {
        "set": f"{folder.name} {split}",
        "branches": seen,
        "with a dark line": len(pairs),
        "truth, median px": float(np.median(truth)),
        "profile, median px": float(np.median(profile)),
        "difference, median px": float(middle),
        "quartiles": f"{low:.2f} to {high:.2f}",
        "5 to 95 %": " to ".join(f"{value:.2f}" for value in np.percentile(apart, (5, 95))),
        "correlation of ranks": float(_ranks(truth, profile)),
    }


def _branches(image: Image, mask: Mask) -> tuple[list[tuple[float, float]], int]:
    """Return (truth's area over length, the profile's width) of each long branch."""
    pieces = measure_pieces(mask, probability=None, threshold=0.5, min_area_px2=20)
    if not len(pieces):
        return [], 0
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    widths = _half_depth(grey, pieces)
    samples, branches = pieces.samples, pieces.branches
    found, total = [], 0
    for index in np.flatnonzero(branches.length_px >= _LONG_PX):
        own = (samples.branch == index) & ~samples.at_junction
        if not own.any():
            continue
        total += 1
        seen = own & ~np.isnan(widths)
        if seen.sum() < own.sum() / 2:
            continue
        area = float((samples.width_px * samples.step_px)[own].sum() / samples.step_px[own].sum())
        found.append((area, float(np.median(widths[seen]))))
    return found, total


def _half_depth(grey: npt.NDArray[np.float32], pieces: Pieces) -> _Floats:
    """Return the width of the dark line at each sample; NaN where there is none."""
    samples = pieces.samples
    reach = np.maximum(1.5 * samples.width_px, samples.width_px / 2 + 4)
    across = reach[:, None] * np.linspace(-1, 1, _POINTS)
    normal = np.stack([-samples.tangent[:, 1], samples.tangent[:, 0]], axis=1)
    x = samples.position[:, 0, None] - 0.5 + across * normal[:, 0, None]
    y = samples.position[:, 1, None] - 0.5 + across * normal[:, 1, None]
    values = ndimage.map_coordinates(grey, [y, x], order=1, mode="nearest").astype(np.float64)
    first = np.searchsorted(samples.branch, np.arange(len(pieces.branches.crack) + 1))
    values = running_mean(values, first, half=2)
    inner = np.abs(across) <= np.maximum(samples.width_px / 2, 1.5)[:, None]
    darkest = np.where(inner, values, np.inf).argmin(axis=1)
    index = np.arange(len(values))
    dark = values[index, darkest]
    ground = np.nanmedian(np.where(inner, np.nan, values), axis=1)
    below = values < ((dark + ground) / 2)[:, None]
    left = _run(below, darkest, -1)
    right = _run(below, darkest, 1)
    widths = (right - left) * (2 * reach / (_POINTS - 1))
    # A line is seen where it is clearly darker than its surroundings and ends within the profile.
    seen = (ground - dark >= 8) & (left > 0) & (right < _POINTS - 1)
    return np.where(seen, widths, np.nan)


def _run(below: npt.NDArray[np.bool_], start: npt.NDArray[np.int64], step: int) -> _Floats:
    """Return how far the dark stretch around `start` goes, as an index of the profile."""
    at = start.copy()
    going = np.ones(len(at), dtype=np.bool_)
    for _ in range(_POINTS):
        beyond = np.clip(at + step, 0, _POINTS - 1)
        going &= below[np.arange(len(at)), beyond] & (beyond != at)
        at = np.where(going, beyond, at)
    return at + step / 2


def _ranks(one: _Floats, other: _Floats) -> float:
    ranks = [values.argsort().argsort().astype(float) for values in (one, other)]
    return float(np.corrcoef(*ranks)[0, 1])
