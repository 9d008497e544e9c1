"""Is A better than B? The differences of two evaluations as a file and in words."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crackgauge.files import write_text_atomic
from crackgauge.metrics.comparison import LEVEL, RESAMPLES, Difference, compare
from crackgauge.metrics.evaluate import Evaluation

COMPARISON_FILE = "comparison.json"
# With fewer source photos the draws of the bootstrap are too alike to say much.
FEW_GROUPS = 10
_SEED = 0


@dataclass(frozen=True)
class Comparison:
    """Scores of A minus those of B on the same images.

    Args:
        a, b: what they are, in words.
        evaluations: of A and of B.
        inputs: how B was read, as JSON values.
        groups: source photos that were drawn.
        differences: of all scores that both have.
    """

    a: str
    b: str
    evaluations: tuple[Evaluation, Evaluation]
    inputs: dict[str, Any]
    groups: int
    differences: list[Difference]

    @property
    def evaluation(self) -> Evaluation:
        """That of B."""
        return self.evaluations[1]

    @property
    def warning(self) -> str:
        """A sentence where the intervals rest on too little, else nothing."""
        if self.groups >= FEW_GROUPS:
            return ""
        return (
            f"only {self.groups} source photos were drawn from: with fewer than {FEW_GROUPS} the "
            "intervals are too narrow to rely on"
        )

    def to_json(self) -> dict[str, Any]:
        """Everything, ready for `json.dumps`."""
        return {
            "a": self.a,
            "b": self.b,
            "method": f"paired bootstrap over source photos, {LEVEL:.0%} percentile interval",
            "resamples": RESAMPLES,
            "seed": _SEED,
            "groups": self.groups,
            "few_groups": self.groups < FEW_GROUPS,
            "threshold_of_a": _threshold(self.evaluations[0]),
            "threshold_of_b": _threshold(self.evaluations[1]),
            "inputs_of_b": self.inputs,
            "differences": {
                each.key: {
                    "a": _number(each.a),
                    "b": _number(each.b),
                    "difference": _number(each.difference),
                    "low": _number(each.low),
                    "high": _number(each.high),
                    "unit": each.unit,
                    "excludes_zero": each.excludes_zero,
                    "threshold_from_evaluated_images": any(
                        side.scores[each.key].threshold_source.evaluated_set
                        for side in self.evaluations
                    ),
                }
                for each in self.differences
            },
        }


def compare_sides(
    a: Evaluation, b: Evaluation, *, names: tuple[str, str], inputs: dict[str, Any]
) -> Comparison:
    """Compare two evaluations of the same images.

    Raises:
        UsageError: there are fewer than two source photos.
    """
    differences = compare(a, b, resamples=RESAMPLES, seed=_SEED)
    return Comparison(*names, (a, b), inputs, len(set(a.groups)), differences)


def write_comparison(out: Path, comparison: Comparison) -> None:
    """Write `comparison.json`.

    Raises:
        StorageError: the file cannot be written.
    """
    text = json.dumps(comparison.to_json(), indent=1) + "\n"
    write_text_atomic(out / COMPARISON_FILE, text)


def _threshold(evaluation: Evaluation) -> dict[str, Any]:
    source = evaluation.threshold_source
    return {
        "threshold": evaluation.threshold,
        "threshold_source": source.words,
        "threshold_from_evaluated_images": source.evaluated_set,
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
