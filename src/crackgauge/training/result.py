"""From a finished training to a model file, and from a model file to a training's start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from crackgauge.errors import ModelFileError
from crackgauge.inference.export import export_onnx, load_onnx_weights
from crackgauge.inference.training_run import describe_run, read_run


@dataclass(frozen=True)
class TrainingResult:
    """A finished training.

    Attributes:
        out: the run's folder.
        model: the exported model file.
        score: pooled figures of the best weights on the validation images, or None.
    """

    out: Path
    model: Path
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


def initial_weights(path: Path | str, network: nn.Module) -> dict[str, Tensor]:
    """State of a model file, bit for bit, that fits `network`.

    Raises:
        ModelFileError: no model file, or of another network.
    """
    got, expected = load_onnx_weights(Path(path)), network.state_dict()
    wrong = sorted(
        name
        for name in expected.keys() | got.keys()
        if name not in got or name not in expected or got[name].shape != expected[name].shape
    )
    if wrong:
        raise ModelFileError(
            f"{path}: holds another network: {len(wrong)} of {len(expected)} tensors do not fit, "
            f"the first is {wrong[0]}; expected the recipe's network with its options"
        )
    return got
