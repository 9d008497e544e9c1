"""What an evaluation gives back, and its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crackgauge.metrics.evaluate import Evaluation, Score
from crackgauge.pipeline.evaluation.comparison import Comparison, write_comparison
from crackgauge.pipeline.evaluation.outputs import (
    remove_earlier,
    write_curves,
    write_metrics,
    write_per_image,
    write_worst,
)
from crackgauge.pipeline.evaluation.sides import Side
from crackgauge.pipeline.evaluation.truths import TruthReader, TruthSet


@dataclass(frozen=True)
class EvaluationReport:
    """Scores, and how everything that they rest on was read.

    Args:
        evaluation: the evaluation itself.
        inputs: how predictions and truths were read, as JSON values.
        predictions: what was scored, in words.
        truths: what it was scored against, in words.
        without_truth: predictions left out because there is no truth of their name; sorted.
        truth_rules: how the truths' encodings were read, each with its number of files.
        comparison: with B, or None.
    """

    evaluation: Evaluation
    inputs: dict[str, Any]
    predictions: str
    truths: str
    without_truth: tuple[str, ...]
    truth_rules: dict[str, int]
    comparison: Comparison | None = None

    @property
    def scores(self) -> dict[str, Score]:
        """Every score by its key, such as `f1@2px`."""
        return self.evaluation.scores

    def to_json(self) -> dict[str, Any]:
        """What `metrics.json` holds: `inputs`, and every score under its key."""
        return {"inputs": self.inputs, **self.evaluation.to_json()}


def describe_side(side: Side, evaluation: Evaluation) -> dict[str, Any]:
    """How predictions were read, and their threshold, as JSON values."""
    return {
        "predictions": {**side.predictions.describe(), "without_truth": len(side.without_truth)},
        "threshold": evaluation.threshold,
        "threshold_source": evaluation.threshold_source.words,
        "threshold_from_evaluated_images": evaluation.threshold_source.evaluated_set,
    }


def make_report(
    side: Side,
    scored: Evaluation,
    truths: TruthSet,
    reader: TruthReader,
    comparison: Comparison | None,
    group_pattern: str | None,
) -> EvaluationReport:
    """Bring scores together with how everything was read."""
    rules = reader.counted_rules(truths.cases)
    inputs = {
        **describe_side(side, scored),
        "truths": {
            "from": truths.source.as_posix(),
            "split": truths.split,
            "rule": reader.rule,
            "read_as": rules,
        },
        "source_photos": len(set(scored.groups)),
        "group_pattern": group_pattern,
        "images": {case.name: reader.digests[case.name] for case in truths.cases},
    }
    return EvaluationReport(
        scored,
        inputs,
        side.predictions.words,
        truths.words,
        side.without_truth,
        rules,
        comparison,
    )


def write_report(
    out: Path,
    report: EvaluationReport,
    side: Side,
    truths: TruthSet,
    reader: TruthReader,
    worst: int,
) -> None:
    """Write the folder of an evaluation; files of an earlier one go first.

    Raises:
        StorageError: a file cannot be written.
    """
    remove_earlier(out)
    write_per_image(out, report.evaluation)
    write_curves(out, report.evaluation, name=truths.words)
    write_worst(out, report.evaluation, side, truths, reader, worst)
    if report.comparison is not None:
        write_comparison(out, report.comparison)
    write_metrics(out, report.to_json())
