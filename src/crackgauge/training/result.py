"""From a finished training to a model file, and from a model file to a training's start."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

import crackgauge
from crackgauge.errors import ModelFileError
from crackgauge.inference.export import export_onnx, load_onnx_weights
from crackgauge.inference.metadata import ModelMetadata
from crackgauge.models import build, parameter_count
from crackgauge.recipes import Recipe, load_recipe
from crackgauge.training.samples import TrainingSamples
from crackgauge.training.validation import Score

# Used where nothing was validated and the recipe fixes no threshold.
_DEFAULT_THRESHOLD = 0.5
_DEFAULT_TILE_PX = 1024


@dataclass(frozen=True)
class TrainingResult:
    """A finished training.

    Attributes:
        out: the run's folder.
        model: the exported model file.
        score: of the best weights on the validation images, or None.
    """

    out: Path
    model: Path
    score: Score | None


def export_best(recipe: Recipe, out: Path, samples: TrainingSamples) -> TrainingResult:
    """Write `model.onnx` from the run's best weights.

    Raises:
        ModelFileError: the exported file does not compute what the network computes.
    """
    return export_run(out, out / "model.onnx", recipe=recipe, chosen_on=samples.validation_name)


def export_run(
    run: Path, path: Path, *, recipe: Recipe | None = None, chosen_on: str = "validation images"
) -> TrainingResult:
    """Export the best weights of a training run to one model file.

    Args:
        run: folder of the run.
        path: the .onnx file to write.
        recipe: of the run; None reads it from the folder.
        chosen_on: what the threshold was chosen on, for the metadata.

    Raises:
        ModelFileError: the folder is no run with best weights, or the export is not exact.
    """
    if recipe is None:
        if not (run / "recipe.yaml").is_file():
            raise ModelFileError(f"{run}: is no training run (it has no recipe.yaml)")
        recipe = load_recipe(run / "recipe.yaml")
    weights, score = read_best(run)
    network = build(recipe.network.name, **recipe.network.options)
    _fit(network, weights, run / "best.safetensors")
    network.eval()
    export_onnx(network, describe(recipe, network, score, chosen_on), path)
    return TrainingResult(run, path, score)


def read_best(run: Path) -> tuple[dict[str, Tensor], Score | None]:
    """Best weights of a run and their validation score.

    Raises:
        ModelFileError: there are none, or the file is damaged.
    """
    path = run / "best.safetensors"
    if not path.is_file():
        raise ModelFileError(
            f"{run}: has no best.safetensors; expected a training run that finished an epoch"
        )
    try:
        with safe_open(path, "pt") as file:
            metadata: dict[str, str] = file.metadata() or {}
            weights = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ModelFileError(f"{path}: is damaged ({error})") from error
    values = json.loads(metadata.get("score", "null"))
    return weights, Score(**values) if values else None


def describe(
    recipe: Recipe, network: nn.Module, score: Score | None, chosen_on: str
) -> ModelMetadata:
    """Everything that prediction needs to know of the network."""
    fixed = recipe.validation.threshold
    stride = int(network.stride)  # type: ignore[arg-type]
    reach = int(network.receptive_field_px) // 2  # type: ignore[arg-type]
    if fixed is not None:
        threshold, source = fixed, "fixed by the recipe"
    elif score is not None:
        tolerance = recipe.validation.tolerance_px
        threshold = score.threshold
        source = f"best pooled F1 at {tolerance:g} px on {chosen_on}"
    else:
        threshold, source = _DEFAULT_THRESHOLD, "not chosen: no validation images"
    return ModelMetadata(
        architecture=recipe.network.name,
        preset=recipe.preset,
        options=recipe.network.options,
        parameters=parameter_count(network),
        channels=recipe.input.channels,
        mean=recipe.input.mean,
        std=recipe.input.std,
        preprocessing=recipe.input.preprocessing,
        stride=stride,
        halo=-(-reach // stride) * stride,
        tile=_DEFAULT_TILE_PX,
        tiling="exact" if network.tile_exact else "approximate",
        output_scale=1.0,
        threshold=threshold,
        threshold_source=source,
        training_data=recipe.training_data,
        licence=recipe.licence,
        scores={"validation": vars(score)} if score else {},
        version=crackgauge.__version__,
        recipe=recipe.model_dump(mode="json"),
    )


def initial_weights(path: Path | str, network: nn.Module) -> dict[str, Tensor]:
    """Weights of a model file that fit `network`.

    Raises:
        ModelFileError: no model file, or of another network.
    """
    weights = load_onnx_weights(Path(path))
    expected = network.state_dict()
    # Counters of batch norm steer training alone; a model file does not hold them.
    counters = {k: v for k, v in expected.items() if k.endswith("num_batches_tracked")}
    full = {**counters, **weights}
    _compare(expected, full, Path(path))
    return full


def _fit(network: nn.Module, weights: dict[str, Tensor], path: Path) -> None:
    _compare(network.state_dict(), weights, path)
    network.load_state_dict(weights)


def _compare(expected: dict[str, Tensor], got: dict[str, Tensor], path: Path) -> None:
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
