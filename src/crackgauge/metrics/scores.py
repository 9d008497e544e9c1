"""Every score by its key: its definition, and how it is computed from the counts of N images.

A score is computed for B weightings of the images at once: with all weights 1 it is the figure of
the set, with a single 1 that of one image, with resampled weights a draw of the bootstrap. So each
definition stands here once.

Legend: N images, K tolerances, T thresholds, B weightings; weights are float64 (B, N).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np

from crackgauge.metrics import ratios
from crackgauge.metrics.calibration import expected_calibration_error
from crackgauge.metrics.curves import average_iou, average_precision, best_index
from crackgauge.metrics.stack import (
    Floats,
    Stack,
    mean_over,
    pool_counts,
    required,
)
from crackgauge.metrics.tolerance import Tolerance

Unit = Literal["fraction", "0-100", "px", "dB", "px/Mpx"]
# "fixed": the evaluation's; "best": the best one for all images together; "each": the best one of
# each image; "all": every one of 0.01..0.99; "none": no threshold takes part.
ThresholdKind = Literal["fixed", "best", "each", "all", "none"]

POOLED = "pooled: counted over all images"
MEAN = "mean over the images whose truth is not empty"


@dataclass(frozen=True)
class Rule:
    """One score.

    Attributes:
        key: as in `metrics.json`.
        definition: in words.
        pooling: how images are brought together.
        compute: (stack, weights (B, N)) -> float64 (B,); NaN where there is nothing to take it of.
        unit: of the value.
        tolerance: that it is computed with, if any.
        threshold: which threshold takes part.
        per_image: whether it is given for each image as well.
        curve: for "best": (stack, weights) -> float64 (B, T), whose highest value it is.
    """

    key: str
    definition: str
    pooling: str
    compute: Callable[[Stack, Floats], Floats]
    unit: Unit = "fraction"
    tolerance: Tolerance | None = None
    threshold: ThresholdKind = "fixed"
    per_image: bool = True
    curve: Callable[[Stack, Floats], Floats] | None = None


def rules_for(
    tolerances: Sequence[Tolerance], *, probabilities: bool, enlarged: bool
) -> list[Rule]:
    """All scores that can be computed, in the order of the output.

    Args:
        tolerances: K of them, as the images were counted.
        probabilities: whether probabilities were given, so that thresholds can be swept.
        enlarged: whether there are super-resolved images.
    """
    rules: list[Rule] = []
    for index, tolerance in enumerate(tolerances):
        rules += _tolerant(index, tolerance)
        if probabilities:
            rules += _swept(index, tolerance)
    rules += _OVERLAP
    if probabilities:
        rules += _SWEPT_OVERLAP
    rules += _STRUCTURE
    if enlarged:
        rules += _ENLARGED
    rules += _EMPTY
    return [*rules, _ECE] if probabilities else rules


# -- precision, recall and F1 within a tolerance ---------------------------------------------------

_TOLERANT = {
    "precision": (
        ratios.precision,
        "predicted pixels within the tolerance of a truth pixel / predicted pixels",
    ),
    "recall": (
        ratios.recall,
        "truth pixels within the tolerance of a predicted pixel / truth pixels",
    ),
    "f1": (ratios.f1, "harmonic mean of precision and recall"),
}


def _tolerant(index: int, tolerance: Tolerance) -> list[Rule]:
    def pooled(stack: Stack, weights: Floats, *, ratio: Callable[[Floats], Floats]) -> Floats:
        return ratio(pool_counts(weights, stack.fixed[:, index]))

    def mean(stack: Stack, weights: Floats, *, ratio: Callable[[Floats], Floats]) -> Floats:
        return mean_over(weights, ratio(stack.fixed[:, index]), stack.has_crack)

    rules = []
    for name, (ratio, definition) in _TOLERANT.items():
        at = f"@{tolerance.label}"
        for key, how, pooling in (
            (name + at, pooled, POOLED),
            (f"{name}_mean{at}", mean, MEAN),
        ):
            rules.append(
                Rule(
                    key,
                    definition,
                    pooling,
                    partial(how, ratio=ratio),
                    tolerance=tolerance,
                    per_image=how is pooled,
                )
            )
    return rules


# -- the same over all thresholds ------------------------------------------------------------------


def _swept(index: int, tolerance: Tolerance) -> list[Rule]:
    def area(stack: Stack, weights: Floats) -> Floats:
        return average_precision(pool_counts(weights, required(stack.swept)[:, index]))

    return [
        *_best_for_all(index, tolerance),
        *_best_for_each(index, tolerance),
        Rule(
            f"ap@{tolerance.label}",
            "average precision: sum over 0.01..0.99 of precision times the step of recall",
            POOLED,
            area,
            tolerance=tolerance,
            threshold="all",
        ),
    ]


def _best_for_all(index: int, tolerance: Tolerance) -> list[Rule]:
    def pooled_curve(stack: Stack, weights: Floats) -> Floats:
        return ratios.f1(pool_counts(weights, required(stack.swept)[:, index]))

    def mean_curve(stack: Stack, weights: Floats) -> Floats:
        return mean_over(weights, ratios.f1(required(stack.swept)[:, index]), stack.has_crack)

    pooled_words = (
        "optimal data-set scale: F1 of the pooled counts at the threshold of 0.01..0.99 that is "
        "best for all images together"
    )
    mean_words = "mean of the images' F1 at the threshold of 0.01..0.99 that makes it highest"
    return [
        Rule(
            f"{name}@{tolerance.label}",
            words,
            pooling,
            partial(_highest, curve=curve),
            tolerance=tolerance,
            threshold="best",
            curve=curve,
            per_image=False,
        )
        for name, words, pooling, curve in (
            ("ods", pooled_words, POOLED, pooled_curve),
            ("ods_mean", mean_words, MEAN, mean_curve),
        )
    ]


def _best_for_each(index: int, tolerance: Tolerance) -> list[Rule]:
    def mean(stack: Stack, weights: Floats) -> Floats:
        best = ratios.f1(required(stack.swept)[:, index]).max(axis=1)
        return mean_over(weights, best, stack.has_crack)

    def pooled(stack: Stack, weights: Floats) -> Floats:
        counts = required(stack.swept)[:, index]
        chosen = counts[np.arange(len(counts)), best_index(ratios.f1(counts))]
        return ratios.f1(pool_counts(weights, chosen))

    rule = partial(Rule, tolerance=tolerance, threshold="each")
    return [
        rule(
            f"ois@{tolerance.label}",
            "optimal image scale: mean of each image's best F1 over 0.01..0.99",
            MEAN,
            mean,
        ),
        rule(
            f"ois_pooled@{tolerance.label}",
            "F1 of the counts pooled with each image at its own best threshold of 0.01..0.99",
            POOLED,
            pooled,
            per_image=False,
        ),
    ]


def _highest(stack: Stack, weights: Floats, *, curve: Callable[[Stack, Floats], Floats]) -> Floats:
    return np.asarray(curve(stack, weights).max(axis=-1))


# -- overlap ---------------------------------------------------------------------------------------


def _iou_curve(stack: Stack, weights: Floats) -> Floats:
    return ratios.iou(pool_counts(weights, stack.swept_overlap))


def _aiu(stack: Stack, weights: Floats) -> Floats:
    return average_iou(pool_counts(weights, stack.swept_overlap))


def _aiu_mean(stack: Stack, weights: Floats) -> Floats:
    return mean_over(weights, average_iou(required(stack.swept_overlap)), stack.has_crack)


def _pooled_rule(
    key: str, definition: str, counts: str, ratio: Callable[[Floats], Floats], **more: Any
) -> Rule:
    def pooled(stack: Stack, weights: Floats) -> Floats:
        return ratio(pool_counts(weights, getattr(stack, counts)))

    return Rule(key, definition, POOLED, pooled, **more)


def _both(
    key: str, definition: str, counts: str, ratio: Callable[[Floats], Floats], **more: Any
) -> list[Rule]:
    """A score pooled and, under `<key>_mean`, as the mean over images."""

    def mean(stack: Stack, weights: Floats) -> Floats:
        return mean_over(weights, ratio(getattr(stack, counts)), stack.has_crack)

    return [
        _pooled_rule(key, definition, counts, ratio, **more),
        Rule(f"{key}_mean", definition, MEAN, mean, per_image=False, **more),
    ]


_OVERLAP = [
    *_both("iou", "|P and T| / |P or T|", "overlap", ratios.iou),
    *_both("dice", "2 |P and T| / (|P| + |T|), which is F1 at 0 px", "overlap", ratios.f1),
]
_SWEPT_OVERLAP = [
    Rule(
        "iou_best",
        "IoU of the pooled counts at the threshold of 0.01..0.99 that is best for all images",
        POOLED,
        partial(_highest, curve=_iou_curve),
        threshold="best",
        curve=_iou_curve,
    ),
    Rule("aiu", "mean over 0.01..0.99 of the pooled IoU", POOLED, _aiu, threshold="all"),
    Rule(
        "aiu_mean",
        "mean over 0.01..0.99 of an image's IoU, averaged over images",
        MEAN,
        _aiu_mean,
        threshold="all",
        per_image=False,
    ),
]

# -- centre lines, regions, distances --------------------------------------------------------------


def _mean_of(name: str, *, of_all: bool) -> Callable[[Stack, Floats], Floats]:
    def mean(stack: Stack, weights: Floats) -> Floats:
        values: Floats = getattr(stack, name)
        return mean_over(weights, values, np.ones(len(values), bool) if of_all else stack.has_crack)

    return mean


_STRUCTURE = [
    *_both(
        "cldice",
        "centre-line Dice: harmonic mean of the share of the predicted skeleton inside the truth "
        "and the share of the truth's skeleton inside the prediction",
        "cldice",
        ratios.f1,
    ),
    *_both(
        "centreline_iou",
        "TP / (TP + FP + FN) of skeleton pixels: TP truth that is found, FN truth that is not, FP "
        "predicted without truth, within the tolerance",
        "centreline",
        ratios.tolerant_iou,
        tolerance=Tolerance(4),
    ),
    _pooled_rule(
        "region_precision",
        "cells of 50 x 50 px with crack in prediction and truth / cells with predicted crack",
        "regions",
        ratios.precision,
    ),
    _pooled_rule(
        "region_recall",
        "cells of 50 x 50 px with crack in prediction and truth / cells with true crack",
        "regions",
        ratios.recall,
    ),
    *_both(
        "region_f1", "harmonic mean of region precision and region recall", "regions", ratios.f1
    ),
    Rule(
        "hd_score",
        "100 (1 - BH / 50), BH the larger of the two mean distances, each cut at 50 px; both "
        "empty 100, one empty 0",
        "mean over all images",
        _mean_of("hd_score", of_all=True),
        unit="0-100",
    ),
    Rule(
        "hd95",
        "the larger of the two 95th percentiles of distance; nothing predicted: the diagonal",
        MEAN,
        _mean_of("hd95_px", of_all=False),
        unit="px",
    ),
]
_ENLARGED = [
    Rule(
        "psnr",
        "10 log10(255^2 / MSE) of the enlarged image against its original",
        "mean over all images",
        _mean_of("psnr_db", of_all=True),
        unit="dB",
        threshold="none",
    ),
    Rule(
        "ssim",
        "structural similarity of the enlarged image to its original",
        "mean over all images",
        _mean_of("ssim", of_all=True),
        threshold="none",
    ),
]

# -- images without crack, calibration -------------------------------------------------------------


def _false_positives(stack: Stack, weights: Floats) -> Floats:
    empty = ~stack.has_crack
    predicted = (weights * empty) @ stack.overlap[:, 0]
    pixels = (weights * empty) @ stack.pixels
    nothing = np.full(len(weights), np.nan)
    return np.asarray(np.divide(1e6 * predicted, pixels, out=nothing, where=pixels > 0))


def _false_images(stack: Stack, weights: Floats) -> Floats:
    return mean_over(weights, (stack.overlap[:, 0] > 0).astype(np.float64), ~stack.has_crack)


def _ece(stack: Stack, weights: Floats) -> Floats:
    return expected_calibration_error(pool_counts(weights, stack.bins))


_OVER_EMPTY = "over the images whose truth is empty"
_EMPTY = [
    Rule(
        "false_positive_px_per_mpx",
        "predicted pixels per million pixels",
        f"pooled {_OVER_EMPTY}",
        _false_positives,
        unit="px/Mpx",
        per_image=False,
    ),
    Rule(
        "false_positive_image_rate",
        "images in which anything is predicted / images",
        _OVER_EMPTY,
        _false_images,
        per_image=False,
    ),
]
_ECE = Rule(
    "ece",
    "expected calibration error: mean over pixels of |share of crack - mean probability| of "
    "their bin, 15 bins of equal width",
    POOLED,
    _ece,
    threshold="none",
)
