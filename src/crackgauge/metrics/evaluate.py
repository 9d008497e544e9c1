"""Score predictions against truths, pooled and image by image, every metric from one pass.

The main figures are pooled: pixels are counted over all images and the fractions taken of the
sums. The mean over images stands beside them under a name of its own. False alarms on images whose
truth is empty count in the pooled precision, and are stated apart as well.

Legend: N images, K tolerances, T thresholds 0.01..0.99.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from crackgauge.errors import UsageError
from crackgauge.metrics import ratios
from crackgauge.metrics.calibration import Reliability, reliability
from crackgauge.metrics.curves import THRESHOLDS, best_index
from crackgauge.metrics.image_counts import EvaluationItem, ImageCounts, count_image, sweep
from crackgauge.metrics.scores import Rule, Unit, rules_for
from crackgauge.metrics.stack import Floats, Stack
from crackgauge.metrics.tolerance import MatchCounts, Tolerance

_TWO_PX = Tolerance(2)
TOLERANCES: tuple[Tolerance, ...] = (Tolerance(0), _TWO_PX, Tolerance(5))

_AT_ONCE = 64


class ThresholdSource(NamedTuple):
    """Where a threshold comes from.

    Attributes:
        words: for people.
        evaluated_set: whether it was chosen on the very images that are scored, which flatters.
    """

    words: str
    evaluated_set: bool = False


GIVEN = ThresholdSource("given")
MASKS_GIVEN = ThresholdSource("masks were given")
_CHOSEN_HERE = ThresholdSource("the best on the evaluated images", evaluated_set=True)
_CHOSEN_EACH = ThresholdSource("the best on each evaluated image", evaluated_set=True)
_ALL = ThresholdSource("all of 0.01..0.99")
_NONE = ThresholdSource("none takes part")


@dataclass(frozen=True)
class Score:
    """One figure with all that is needed to read it.

    Attributes:
        key: as in `metrics.json`.
        value: NaN where there is nothing to take it of.
        unit: of the value.
        definition: in words.
        pooling: how images were brought together.
        tolerance: or None.
        threshold: the one threshold that took part, or None.
        threshold_source: where it comes from, or which thresholds took part.
    """

    key: str
    value: float
    unit: Unit
    definition: str
    pooling: str
    tolerance: Tolerance | None
    threshold: float | None
    threshold_source: ThresholdSource

    def to_json(self) -> dict[str, Any]:
        """The score but for its key; what is no finite number is None."""
        return {
            "value": self.value if math.isfinite(self.value) else None,
            "unit": self.unit,
            "definition": self.definition,
            "pooling": self.pooling,
            "tolerance": None if self.tolerance is None else self.tolerance.value,
            "tolerance_unit": None if self.tolerance is None else self.tolerance.unit,
            "threshold": self.threshold,
            "threshold_source": self.threshold_source.words,
            "threshold_from_evaluated_images": self.threshold_source.evaluated_set,
        }


@dataclass(frozen=True)
class Evaluation:
    """Scores of a set of images.

    Args:
        images: counts of N images, in the order they came.
        tolerances: K of them.
        threshold: what the probabilities were compared with; None where masks were given.
        threshold_source: where it comes from.
    """

    images: tuple[ImageCounts, ...]
    tolerances: tuple[Tolerance, ...]
    threshold: float | None
    threshold_source: ThresholdSource

    @property
    def names(self) -> tuple[str, ...]:
        """The images' names."""
        return tuple(image.name for image in self.images)

    @property
    def groups(self) -> tuple[str, ...]:
        """The images' source photos."""
        return tuple(image.group for image in self.images)

    @property
    def has_probabilities(self) -> bool:
        """Whether thresholds could be swept."""
        return self.images[0].swept is not None

    @cached_property
    def stack(self) -> Stack:
        """The counts as arrays."""
        return Stack.of(self.images)

    @cached_property
    def rules(self) -> list[Rule]:
        """The scores that there are, in order."""
        enlarged = bool(np.isfinite(self.stack.ssim).all())
        return rules_for(self.tolerances, probabilities=self.has_probabilities, enlarged=enlarged)

    def pooled(self, tolerance_px: float) -> MatchCounts:
        """Counts added over all images at the evaluation's threshold.

        Raises:
            UsageError: the images were not counted at that tolerance.
        """
        counts = self.stack.fixed[:, self._index(Tolerance(tolerance_px))].sum(axis=0)
        return MatchCounts(*(int(count) for count in counts))

    @cached_property
    def scores(self) -> dict[str, Score]:
        """Every score by its key."""
        weights = np.ones((1, len(self.images)))
        return {rule.key: self._score(rule, weights) for rule in self.rules}

    def to_json(self) -> dict[str, dict[str, Any]]:
        """Every score with its definition, ready for `json.dumps`."""
        return {key: score.to_json() for key, score in self.scores.items()}

    def per_image(self) -> list[dict[str, Any]]:
        """One row an image, in the order they came; scores have the names of the pooled ones.

        `best_threshold@2px` is the image's own best threshold, which `ois@2px` is at. What there
        is nothing to take of is None.
        """
        rows: list[dict[str, Any]] = []
        for first in range(0, len(self.images), _AT_ONCE):
            some = self.images[first : first + _AT_ONCE]
            stack, weights = Stack.of(some), np.eye(len(some))
            columns = {
                rule.key: rule.compute(stack, weights) for rule in self.rules if rule.per_image
            }
            if stack.swept is not None:
                best = best_index(ratios.f1(stack.swept))
                for index, tolerance in enumerate(self.tolerances):
                    columns[f"best_threshold@{tolerance.label}"] = np.asarray(THRESHOLDS)[
                        best[:, index]
                    ]
            rows += [
                self._row(image, {key: float(values[place]) for key, values in columns.items()})
                for place, image in enumerate(some)
            ]
        return rows

    def precision_recall(self, tolerance: Tolerance) -> tuple[Floats, Floats]:
        """Pooled precision and recall at each of 0.01..0.99, float64 (T,) each.

        Raises:
            UsageError: masks were given, or the images were not counted at that tolerance.
        """
        counts = self._swept("precision-recall curve")[:, self._index(tolerance)].sum(axis=0)
        return ratios.precision(counts), ratios.recall(counts)

    def iou_curve(self) -> Floats:
        """Pooled IoU at each of 0.01..0.99, float64 (T,).

        Raises:
            UsageError: masks were given.
        """
        self._swept("IoU-threshold curve")
        counts = self.stack.swept_overlap
        return ratios.iou(np.zeros((1, 4)) if counts is None else counts.sum(axis=0))

    def reliability(self) -> Reliability:
        """The reliability curve over all pixels.

        Raises:
            UsageError: masks were given.
        """
        self._swept("reliability curve")
        bins = self.stack.bins
        return reliability(np.zeros((1, 3)) if bins is None else bins.sum(axis=0))

    def _score(self, rule: Rule, weights: Floats) -> Score:
        threshold, source = self.threshold, self.threshold_source
        if rule.threshold == "best" and rule.curve is not None:
            curve = rule.curve(self.stack, weights)
            # The mean over no image is NaN at every threshold, and none of them is the best.
            threshold = None if np.isnan(curve).any() else THRESHOLDS[int(best_index(curve)[0])]
            source = _CHOSEN_HERE
        elif rule.threshold != "fixed":
            threshold = None
            source = {"each": _CHOSEN_EACH, "all": _ALL}.get(rule.threshold, _NONE)
        return Score(
            rule.key,
            float(rule.compute(self.stack, weights)[0]),
            rule.unit,
            rule.definition,
            rule.pooling,
            rule.tolerance,
            threshold,
            source,
        )

    def _row(self, image: ImageCounts, scores: dict[str, float]) -> dict[str, Any]:
        return {
            "image": image.name,
            "group": image.group,
            "pixels": image.pixels,
            "truth_px": int(image.overlap[2]),
            "predicted_px": int(image.overlap[0]),
            "threshold": self.threshold,
            "threshold_source": self.threshold_source.words,
            "threshold_from_evaluated_images": self.threshold_source.evaluated_set,
            **{key: value if math.isfinite(value) else None for key, value in scores.items()},
        }

    def _swept(self, what: str) -> Floats:
        if self.stack.swept is None:
            raise UsageError(f"{what}: masks were given, expected probabilities")
        return self.stack.swept

    def _index(self, tolerance: Tolerance) -> int:
        if tolerance not in self.tolerances:
            known = ", ".join(each.label for each in self.tolerances)
            raise UsageError(f"tolerance: got {tolerance.label}, this evaluation has {known}")
        return self.tolerances.index(tolerance)


def evaluate_pairs(
    items: Iterable[EvaluationItem],
    *,
    threshold: float | None = None,
    threshold_source: ThresholdSource | None = None,
    tolerances: Sequence[Tolerance] = TOLERANCES,
) -> Evaluation:
    """Score predictions one after the other; only one pair is held at a time.

    Args:
        items: all masks or all probabilities.
        threshold: a probability is a crack where it is at least this; None allows masks alone.
        threshold_source: where the threshold comes from; recorded beside every score. None
            records that it was given, or that masks were.
        tolerances: at least one, 0 or more, each once.

    Raises:
        UsageError: no item; a wrong type; sizes that differ; a probability without a threshold;
            masks among probabilities; tolerances that are missing, negative or given twice.

    >>> truth = np.array([[True, False, False, False]])
    >>> prediction = np.array([[0.1, 0.2, 0.8, 0.2]], np.float32)
    >>> evaluation = evaluate_pairs([EvaluationItem("a", prediction, truth)], threshold=0.5)
    >>> evaluation.scores["f1@0px"].value, evaluation.scores["f1@2px"].value
    (0.0, 1.0)
    """
    chosen = tuple(tolerances)
    labels = [each.label for each in chosen]
    if not chosen or len(set(labels)) != len(labels) or min(each.value for each in chosen) < 0:
        raise UsageError(
            f"tolerances: got {', '.join(labels) or 'none'}, expected at least one, each once and "
            "not < 0"
        )
    if any(each.unit == "diagonal" and each.value > 1 for each in chosen):
        raise UsageError(
            f"tolerances: got {', '.join(labels)}, expected fractions of the diagonal up to 1, "
            "such as 0.0075"
        )
    images: list[ImageCounts] = []
    for item in items:
        images.append(count_image(item, threshold=threshold, tolerances=chosen))
        _check_alike(images[0], images[-1])
    if not images:
        raise UsageError("got no pair of a prediction and a truth, expected at least one")
    if images[0].swept is None:
        return Evaluation(tuple(images), chosen, None, threshold_source or MASKS_GIVEN)
    return Evaluation(tuple(images), chosen, threshold, threshold_source or GIVEN)


def _check_alike(first: ImageCounts, other: ImageCounts) -> None:
    """One kind of prediction for all images, and enlarged images for all or for none.

    Raises:
        UsageError: they differ.
    """
    if (first.swept is None) != (other.swept is None):
        raise UsageError(
            f"prediction of {other.name}: got a mask among probabilities or the reverse, "
            "expected one kind for all images"
        )
    if math.isnan(first.ssim) != math.isnan(other.ssim):
        raise UsageError(
            f"got an enlarged image of one of {first.name} and {other.name} alone, expected one "
            "for every image or for none"
        )


def choose_threshold(items: Iterable[EvaluationItem], *, tolerance: Tolerance = _TWO_PX) -> float:
    """The threshold of 0.01..0.99 with the best pooled F1 on these images (that of the ODS).

    For validation images; on the images to be scored it flatters, and must be marked so.

    Args:
        items: probabilities with their truths.
        tolerance: of the F1.

    Raises:
        UsageError: no item, a mask instead of a probability, sizes that differ, or no crack in any
            truth: then every threshold that predicts nothing would be the best.

    >>> truth = np.array([[True, False, False]])
    >>> choose_threshold([EvaluationItem("a", np.float32([[0.8, 0.1, 0.4]]), truth)],
    ...                  tolerance=Tolerance(0))
    0.6
    """
    total: Any = 0
    for item in items:
        total = total + sweep(item, (tolerance,))[0]
    if isinstance(total, int):
        raise UsageError("got no pair of a prediction and a truth, expected at least one")
    if not total[0, 2]:
        raise UsageError(
            "no truth of the images that the threshold is to be chosen on holds a crack, so none "
            "is better than another; give a threshold, or check how the truths are read"
        )
    return THRESHOLDS[int(best_index(ratios.f1(total)))]
