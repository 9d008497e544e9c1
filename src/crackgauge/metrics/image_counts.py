"""Everything that is counted of one prediction; scores of many images are made of these counts.

Legend: H, W height and width of the image; K tolerances; T thresholds 0.01..0.99; M bins.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from crackgauge.arrays import (
    Image,
    Mask,
    Probability,
    check_mask,
    check_probability,
    check_same_shape,
)
from crackgauge.errors import UsageError
from crackgauge.metrics.calibration import Bins, calibration_bins
from crackgauge.metrics.centreline import (
    CENTRELINE_TOLERANCE_PX,
    as_array,
    cldice_counts,
    skeleton_of,
)
from crackgauge.metrics.curves import THRESHOLDS
from crackgauge.metrics.distance import distances, hausdorff_distance_of, hd_score_of
from crackgauge.metrics.regions import region_counts
from crackgauge.metrics.superresolution import psnr, ssim
from crackgauge.metrics.tolerance import Tolerance, levels_of, match_counts, sweep_counts

Integers = npt.NDArray[np.int64]

_ORDER = np.asarray(THRESHOLDS, dtype=np.float32)


class EvaluationItem(NamedTuple):
    """One prediction with its truth.

    Attributes:
        name: of the image.
        prediction: a mask, bool (H, W), or a probability, float32 (H, W) in [0, 1].
        truth: bool (H, W).
        group: the source photo, which the bootstrap draws whole; "" for the name.
        enlarged: a super-resolved image and its original, both uint8 (h, w, 3), for PSNR and SSIM.
    """

    name: str
    prediction: Mask | Probability
    truth: Mask
    group: str = ""
    enlarged: tuple[Image, Image] | None = None


@dataclass(frozen=True, slots=True)
class ImageCounts:
    """Counts of one image; (..., 4) are predicted, predicted_hits, truth, truth_hits.

    Attributes:
        name: of the image.
        group: its source photo.
        pixels: H W.
        fixed: int64 (K, 4), at the threshold of the evaluation.
        overlap: int64 (4,), the same at 0 px.
        swept: int64 (K, T, 4), at every threshold; None where a mask was given.
        swept_overlap: int64 (T, 4), the same at 0 px.
        regions: int64 (4,), cells of 50 px.
        cldice: int64 (4,), skeletons against masks.
        centreline: int64 (4,), skeletons against skeletons within 4 px.
        hd_score: 0 to 100.
        hd95_px: 95th percentile of the Hausdorff distance.
        bins: float64 (M, 3); None where a mask was given.
        psnr_db: of the enlarged image, or NaN.
        ssim: of the enlarged image, or NaN.
    """

    name: str
    group: str
    pixels: int
    fixed: Integers
    overlap: Integers
    swept: Integers | None
    swept_overlap: Integers | None
    regions: Integers
    cldice: Integers
    centreline: Integers
    hd_score: float
    hd95_px: float
    bins: Bins | None
    psnr_db: float
    ssim: float


def count_image(
    item: EvaluationItem, *, threshold: float | None, tolerances: Sequence[Tolerance]
) -> ImageCounts:
    """Count one image.

    Args:
        item: the prediction with its truth.
        threshold: a probability is crack from it on; not needed for a mask.
        tolerances: K of them.

    Raises:
        UsageError: a wrong type, sizes that differ, a probability without a threshold.
    """
    check_item(item)
    truth = item.truth
    prediction = _mask_of(item, threshold)
    skeletons = skeleton_of(prediction), skeleton_of(truth)
    found = distances(prediction, truth)
    nothing = not (prediction.any() or truth.any())
    enlarged = item.enlarged
    is_probability = item.prediction.dtype != np.bool_
    swept = sweep(item, (Tolerance(0), *tolerances)) if is_probability else None
    near = CENTRELINE_TOLERANCE_PX
    return ImageCounts(
        name=item.name,
        group=item.group or item.name,
        pixels=truth.size,
        fixed=np.stack(
            [_matches(prediction, truth, each.in_px(truth.shape)) for each in tolerances]
        ),
        overlap=_matches(prediction, truth, 0),
        swept=None if swept is None else swept[1:],
        swept_overlap=None if swept is None else swept[0],
        regions=as_array(region_counts(prediction, truth)),
        cldice=as_array(cldice_counts(prediction, truth, *skeletons)),
        centreline=_matches(*skeletons, near),
        hd_score=hd_score_of(found, nothing),
        hd95_px=hausdorff_distance_of(found, 0.0 if nothing else math.hypot(*truth.shape)),
        bins=calibration_bins(check_probability(item.prediction), truth)
        if is_probability
        else None,
        psnr_db=psnr(*enlarged) if enlarged else math.nan,
        ssim=ssim(*enlarged) if enlarged else math.nan,
    )


def sweep(item: EvaluationItem, tolerances: Sequence[Tolerance]) -> Integers:
    """Counts of a probability at every tolerance and threshold, int64 (K, T, 4).

    Raises:
        UsageError: the prediction is no probability, or sizes differ.
    """
    name = f"prediction of {item.name}"
    if item.prediction.dtype == np.bool_:
        raise UsageError(f"{name}: got a mask, expected a probability to choose a threshold for")
    check_item(item)
    levels = levels_of(check_probability(item.prediction), _ORDER)
    truth = item.truth
    return np.stack(
        [sweep_counts(levels, truth, len(_ORDER), each.in_px(truth.shape)) for each in tolerances]
    )


def check_item(item: EvaluationItem) -> None:
    """Check types, ranges and sizes of one pair.

    Raises:
        UsageError: what is wrong, by the image's name.
    """
    names = f"prediction of {item.name}", f"truth of {item.name}"
    check_mask(item.truth, name=names[1])
    check = check_mask if item.prediction.dtype == np.bool_ else check_probability
    check(item.prediction, name=names[0])
    check_same_shape(item.prediction, item.truth, names=names)


def _matches(prediction: Mask, truth: Mask, tolerance_px: float) -> Integers:
    return as_array(match_counts(prediction, truth, tolerance_px=tolerance_px))


def _mask_of(item: EvaluationItem, threshold: float | None) -> Mask:
    if item.prediction.dtype == np.bool_:
        return check_mask(item.prediction)
    if threshold is None:
        raise UsageError(
            f"prediction of {item.name}: got a probability and no threshold, expected a threshold"
        )
    mask: Mask = item.prediction >= np.float32(threshold)
    return mask
