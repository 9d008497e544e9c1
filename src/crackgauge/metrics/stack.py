"""The counts of many images as arrays, and how images are brought together.

Legend: N images, T thresholds, B weightings of the images; weights are float64 (B, N).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from crackgauge.metrics.image_counts import ImageCounts

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Stack:
    """The counts of N images as arrays; see `ImageCounts` for what each holds."""

    pixels: Floats
    fixed: Floats
    overlap: Floats
    swept: Floats | None
    swept_overlap: Floats | None
    regions: Floats
    cldice: Floats
    centreline: Floats
    hd_score: Floats
    hd95_px: Floats
    bins: Floats | None
    psnr_db: Floats
    ssim: Floats

    @classmethod
    def of(cls, images: Sequence[ImageCounts]) -> Stack:
        """Stack the counts along a first axis of length N."""

        def column(name: str) -> Any:
            values = [getattr(image, name) for image in images]
            return None if values[0] is None else np.asarray(values, dtype=np.float64)

        return cls(**{name: column(name) for name in cls.__dataclass_fields__})

    @property
    def has_crack(self) -> npt.NDArray[np.bool_]:
        """Whether the truth of each image holds anything, bool (N,)."""
        return np.asarray(self.overlap[:, 2] > 0)


def pool_counts(weights: Floats, counts: Floats | None) -> Floats:
    """Weighted sums over images: (B, N) and (N, ...) -> (B, ...).

    Raises:
        ValueError: `counts` is None, because masks were given instead of probabilities.
    """
    return np.asarray(np.tensordot(weights, required(counts), axes=1))


def mean_over(weights: Floats, values: Floats, chosen: npt.NDArray[np.bool_]) -> Floats:
    """Weighted means over the chosen images: (B, N) and (N, ...) -> (B, ...); NaN over none."""
    used = weights * chosen
    infinite = np.isinf(values)  # the PSNR of an image without error; 0 x inf is no number
    total = np.tensordot(used, np.where(_like(chosen, values) & ~infinite, values, 0.0), axes=1)
    total[np.tensordot(used, infinite, axes=1) > 0] = np.inf
    count = _like(used.sum(axis=1), total)
    nothing = np.full(total.shape, np.nan)
    return np.asarray(np.divide(total, count, out=nothing, where=count > 0), dtype=np.float64)


def _like(values: npt.NDArray[Any], other: Floats) -> npt.NDArray[Any]:
    return values.reshape(values.shape + (1,) * (other.ndim - values.ndim))


def required(counts: Floats | None) -> Floats:
    """The counts, which are there wherever a score that needs them is computed."""
    if counts is None:
        raise ValueError("these scores need probabilities")
    return counts
