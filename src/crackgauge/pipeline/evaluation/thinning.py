"""Predictions as the curves that their masks stand for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from crackgauge.arrays import Mask
from crackgauge.data.curves import LEAST_PX, thin
from crackgauge.metrics.evaluate import ThresholdSource
from crackgauge.pipeline.evaluation.predictions import Predictions
from crackgauge.pipeline.evaluation.sides import Side, Steps, cut, threshold_of
from crackgauge.pipeline.evaluation.threshold import ThresholdPlan
from crackgauge.pipeline.evaluation.truths import Case, TruthReader


@dataclass(frozen=True)
class ThinnedPredictions:
    """Masks of other predictions, thinned.

    Args:
        predictions: masks, or probabilities with a threshold.
        threshold: crack is what is at least this; None for masks.
        source: where it comes from; None for masks.
    """

    predictions: Predictions
    threshold: float | None
    source: ThresholdSource | None

    is_probability = False
    own_threshold = None
    own_source = ""

    @property
    def words(self) -> str:
        """What was thinned, and from which threshold on."""
        words = self.predictions.words
        if self.threshold is None or self.source is None:
            return f"{words}, thinned"
        return f"{words}, cut at {self.threshold:g} ({self.source.words}), thinned"

    def read(self, case: Case, shape: tuple[int, int]) -> Mask:
        """Read or predict, cut, thin.

        Raises:
            UsageError, DatasetError: as the predictions' own.
        """
        return thin(cut(self.predictions.read(case, shape), self.threshold))

    def describe(self) -> dict[str, Any]:
        """How they were read, cut and thinned."""
        thinned = {
            "least_px": LEAST_PX,
            "threshold": self.threshold,
            "threshold_source": self.source.words if self.source else None,
            "threshold_from_evaluated_images": bool(self.source and self.source.evaluated_set),
        }
        return {**self.predictions.describe(), "thinned": thinned}


def thin_side(side: Side, reader: TruthReader, steps: Steps) -> Side:
    """The side whose predictions are thinned; its threshold is chosen before that, where it is.

    Raises:
        UsageError, DatasetError: a file that cannot be read or does not fit.
    """
    threshold = threshold_of(side, reader, steps)
    predictions = ThinnedPredictions(side.predictions, threshold, side.plan.source)
    return replace(side, predictions=predictions, plan=ThresholdPlan(None, None))
