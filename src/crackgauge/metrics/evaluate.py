"""Score predictions against truths, pooled and image by image.

The main figures are pooled: pixels are counted over all images and the fractions taken of the
sums. The mean over images stands beside them under a name of its own. False alarms on images whose
truth is empty count in the pooled precision, and are stated apart as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from crackgauge.arrays import (
    Mask,
    Probability,
    check_mask,
    check_probability,
    check_same_shape,
)
from crackgauge.errors import UsageError
from crackgauge.metrics.tolerance import MatchCounts, match_counts

TOLERANCES_PX: tuple[float, ...] = (0, 2, 5)
POOLED = "pooled: pixels counted over all images"
MEAN = "mean over the images whose truth is not empty"

_DEFINITIONS = {
    "precision": "predicted pixels within the tolerance of a truth pixel / predicted pixels",
    "recall": "truth pixels within the tolerance of a predicted pixel / truth pixels",
    "f1": "harmonic mean of precision and recall",
}


@dataclass(frozen=True, slots=True)
class ImageScores:
    """Counts of one image, for each tolerance in the order of the evaluation's."""

    name: str
    pixels: int
    counts: tuple[MatchCounts, ...]

    @property
    def truth_is_empty(self) -> bool:
        """Whether there is no crack to find."""
        return self.counts[0].truth == 0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores of a set of images.

    Args:
        images: one entry an image, in the order they came.
        tolerances_px: the tolerances, 0 or more.
        threshold: what the probabilities were compared with; None where masks were given.
        threshold_source: where the threshold comes from, in words.
    """

    images: tuple[ImageScores, ...]
    tolerances_px: tuple[float, ...]
    threshold: float | None
    threshold_source: str

    def pooled(self, tolerance_px: float) -> MatchCounts:
        """Counts added over all images.

        Raises:
            UsageError: the images were not counted at that tolerance.
        """
        index = self._index(tolerance_px)
        return sum((image.counts[index] for image in self.images), start=MatchCounts())

    def mean(self, score: str, tolerance_px: float) -> float:
        """Mean of "precision", "recall" or "f1" over the images whose truth is not empty.

        Returns:
            A fraction; NaN where the truth of every image is empty.

        Raises:
            UsageError: the images were not counted at that tolerance.
        """
        index = self._index(tolerance_px)
        values = [
            float(getattr(image.counts[index], score))
            for image in self.images
            if not image.truth_is_empty
        ]
        return _mean(sum(values), len(values))

    @property
    def false_positive_px_per_mpx(self) -> float:
        """Predicted pixels per million pixels of the images whose truth is empty, or NaN."""
        empty = self._without_crack()
        predicted = sum(image.counts[0].predicted for image in empty)
        return 1e6 * _mean(predicted, sum(image.pixels for image in empty))

    @property
    def false_positive_image_rate(self) -> float:
        """Fraction of the images with an empty truth in which anything is predicted, or NaN."""
        empty = self._without_crack()
        return _mean(sum(image.counts[0].predicted > 0 for image in empty), len(empty))

    def to_json(self) -> dict[str, dict[str, Any]]:
        """Every score with its definition, ready for `json.dumps`.

        Keys are `precision@2px`, `recall@2px`, `f1@2px` for each tolerance (pooled), the same with
        `_mean` (`f1_mean@2px`), `false_positive_px_per_mpx` and `false_positive_image_rate`. Each
        entry has `value` (a fraction, or None where there is nothing to take it of), `definition`,
        `pooling`, `tolerance_px`, `threshold` and `threshold_source`.
        """
        result: dict[str, dict[str, Any]] = {}
        for tolerance_px in self.tolerances_px:
            pooled = self.pooled(tolerance_px)
            for score, definition in _DEFINITIONS.items():
                at = f"@{tolerance_px:g}px"
                value = float(getattr(pooled, score))
                result[f"{score}{at}"] = self._entry(value, definition, POOLED, tolerance_px)
                value = self.mean(score, tolerance_px)
                result[f"{score}_mean{at}"] = self._entry(value, definition, MEAN, tolerance_px)
        result["false_positive_px_per_mpx"] = self._entry(
            self.false_positive_px_per_mpx,
            "predicted pixels per million pixels",
            "pooled over the images whose truth is empty",
        )
        result["false_positive_image_rate"] = self._entry(
            self.false_positive_image_rate,
            "images in which anything is predicted / images",
            "over the images whose truth is empty",
        )
        return result

    def per_image(self) -> list[dict[str, Any]]:
        """One row an image: `image`, `pixels`, `truth_px`, `predicted_px`, then the scores.

        Scores have the names of the pooled ones in `to_json`.
        """
        return [
            {
                "image": image.name,
                "pixels": image.pixels,
                "truth_px": image.counts[0].truth,
                "predicted_px": image.counts[0].predicted,
                **{
                    f"{score}@{tolerance_px:g}px": float(getattr(counts, score))
                    for tolerance_px, counts in zip(self.tolerances_px, image.counts, strict=True)
                    for score in _DEFINITIONS
                },
            }
            for image in self.images
        ]

    def _without_crack(self) -> list[ImageScores]:
        return [image for image in self.images if image.truth_is_empty]

    def _entry(
        self, value: float, definition: str, pooling: str, tolerance_px: float | None = None
    ) -> dict[str, Any]:
        return {
            "value": None if math.isnan(value) else value,
            "definition": definition,
            "pooling": pooling,
            "tolerance_px": tolerance_px,
            "threshold": self.threshold,
            "threshold_source": self.threshold_source,
        }

    def _index(self, tolerance_px: float) -> int:
        if tolerance_px not in self.tolerances_px:
            known = ", ".join(f"{each:g}" for each in self.tolerances_px)
            raise UsageError(f"tolerance: got {tolerance_px:g} px, this evaluation has {known} px")
        return self.tolerances_px.index(tolerance_px)


def _mean(total: float, count: int) -> float:
    return total / count if count else math.nan


def evaluate_pairs(
    items: Iterable[tuple[str, Mask | Probability, Mask]],
    *,
    threshold: float | None = None,
    threshold_source: str | None = None,
    tolerances_px: Sequence[float] = TOLERANCES_PX,
) -> Evaluation:
    """Score predictions one after the other; only one pair is held at a time.

    Args:
        items: (name, prediction, truth): the prediction is a mask, bool (H, W), or a probability,
            float32 (H, W) in [0, 1]; the truth is bool (H, W).
        threshold: a probability is a crack where it is at least this; None allows masks alone.
        threshold_source: where the threshold comes from, in words; recorded beside every score.
            None records that it was given, or that masks were.
        tolerances_px: at least one, 0 or more, each once.

    Raises:
        UsageError: no item; a wrong type; sizes that differ; a probability without a threshold;
            tolerances that are missing, negative or given twice.

    >>> truth = np.array([[True, False, False, False]])
    >>> prediction = np.array([[0.1, 0.2, 0.8, 0.2]], np.float32)
    >>> evaluation = evaluate_pairs([("a", prediction, truth)], threshold=0.5)
    >>> evaluation.pooled(0).f1, evaluation.pooled(2).f1
    (0.0, 1.0)
    """
    tolerances = tuple(tolerances_px)
    if not tolerances or len(set(tolerances)) != len(tolerances):
        raise UsageError(f"tolerances: got {tolerances}, expected at least one, each once")
    images = tuple(
        _score_image(name, prediction, truth, threshold, tolerances)
        for name, prediction, truth in items
    )
    if not images:
        raise UsageError("got no pair of a prediction and a truth, expected at least one")
    source = threshold_source or ("masks were given" if threshold is None else "given")
    return Evaluation(images, tolerances, threshold, source)


def _score_image(
    name: str,
    prediction: Mask | Probability,
    truth: Mask,
    threshold: float | None,
    tolerances_px: Sequence[float],
) -> ImageScores:
    names = f"prediction of {name}", f"truth of {name}"
    check_mask(truth, name=names[1])
    check_same_shape(prediction, truth, names=names)
    mask = _as_mask(prediction, threshold, name=names[0])
    counts = tuple(match_counts(mask, truth, tolerance_px=each) for each in tolerances_px)
    return ImageScores(name, truth.size, counts)


def _as_mask(prediction: Mask | Probability, threshold: float | None, *, name: str) -> Mask:
    if prediction.dtype == np.bool_:
        return check_mask(prediction, name=name)
    if threshold is None:
        raise UsageError(f"{name}: got a probability and no threshold, expected a threshold")
    mask: Mask = check_probability(prediction, name=name) >= np.float32(threshold)
    return mask
