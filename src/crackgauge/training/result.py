"""From a finished training to a model file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crackgauge.inference.export import export_onnx
from crackgauge.inference.training_run import describe_run, read_run


@dataclass(frozen=True)
class TrainingResult:
    """A finished training.

    Attributes:
        out: the run's folder.
        model: the exported model file, or None where the network predicts no cracks.
        score: pooled figures of the best weights on the validation images, or None.
    """

    out: Path
    model: Path | None
    score: dict[str, float] | None


def export_run(run: Path, path: Path) -> TrainingResult:
    """Export the best weights of a training run to one model file.

    Raises:
        ModelFileError: the folder is no run with best weights, or the exported file does not
            compute what the network computes.
    """
    model = read_run(run)
    export_onnx(model.network, describe_run(model), path)
    return TrainingResult(run, path, model.score)
