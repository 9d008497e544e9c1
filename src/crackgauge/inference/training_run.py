"""The folder of a training run as a model: its best weights, as described. Needs torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError, safe_open
from torch import nn

import crackgauge
from crackgauge.errors import ModelFileError
from crackgauge.inference.backends.torch import TorchBackend, wrap_network
from crackgauge.inference.metadata import ModelMetadata
from crackgauge.models import build, parameter_count
from crackgauge.recipes import Recipe, load_recipe, recipe_tree

RECIPE_NAME = "recipe.yaml"
BEST_NAME = "best.safetensors"
# Used where nothing was validated and the recipe fixes no threshold.
_DEFAULT_THRESHOLD = 0.5


@dataclass(frozen=True)
class RunModel:
    """The best weights of a run so far.

    Attributes:
        recipe: as run.
        network: with the weights, in evaluation mode.
        score: pooled figures on the validation images by name, or None.
        chosen_on: what the validation images are.
        content: bytes of the weights' file.
    """

    recipe: Recipe
    network: nn.Module
    score: dict[str, float] | None
    chosen_on: str
    content: bytes


def read_run(folder: Path) -> RunModel:
    """Read the best weights of a training run.

    Raises:
        ModelFileError: no training run, none that has finished an epoch yet, one of a network that
            finds no cracks, or a damaged one.
    """
    weights = folder / BEST_NAME
    for file in (folder / RECIPE_NAME, weights):
        if not file.is_file():
            raise ModelFileError(
                f"{folder}: has no {file.name}, expected a model file or the folder of a training "
                "run that has finished an epoch"
            )
    recipe = load_recipe(folder / RECIPE_NAME)
    network = build(recipe.network.name, **recipe.network.options).eval()
    if not hasattr(network, "tile_exact"):
        raise ModelFileError(
            f"{folder}: holds {recipe.network.name}, a part that finds no cracks by itself; open "
            "the training that it is a stage of"
        )
    try:
        content = weights.read_bytes()
        network.load_state_dict(safetensors.torch.load(content))
        with safe_open(weights, "pt") as stream:
            best = json.loads((stream.metadata() or {})["best"])
        score, chosen_on = best["score"], best["chosen_on"]
    except (SafetensorError, OSError, RuntimeError, ValueError, KeyError) as error:
        raise ModelFileError(
            f"{weights}: does not hold the weights of {recipe.network.name} "
            f"({str(error).splitlines()[0]}); train again or choose another run"
        ) from error
    return RunModel(recipe, network, score, chosen_on, content)


def open_run(
    folder: Path, *, device: str, threads: int | None, precision: str
) -> tuple[ModelMetadata, TorchBackend, bytes]:
    """Open the best weights of a run so far.

    Returns:
        Its description, the network in torch, and the bytes of the weights' file.

    Raises:
        ModelFileError: as `read_run`.
    """
    run = read_run(folder)
    backend = wrap_network(run.network, device=device, threads=threads, precision=precision)
    return describe_run(run), backend, run.content


def describe_run(run: RunModel) -> ModelMetadata:
    """Everything that prediction needs to know of a run's network."""
    recipe, network = run.recipe, run.network
    threshold, source = _threshold(run)
    stride = int(network.stride)  # type: ignore[arg-type]
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
        padding=getattr(network, "padding", "edge"),
        output_scale=float(getattr(network, "output_scale", 1.0)),
        postprocessing=("thin",) if recipe.curves is not None else (),
        halo=-(-_reach_px(network) // stride) * stride,
        tile=_tile_px(network),
        tiling="exact" if network.tile_exact else "approximate",
        threshold=threshold,
        threshold_source=source,
        training_data=recipe.training_data,
        licence=recipe.licence,
        scores={"validation": {"on": run.chosen_on, **run.score}} if run.score else {},
        version=crackgauge.__version__,
        recipe=_without_folders(recipe),
    )


def _tile_px(network: nn.Module) -> int:
    """Side of a core: the usual one, of enlarged pixels where the network enlarges."""
    usual = int(ModelMetadata.model_fields["tile"].default)
    return usual // max(1, int(getattr(network, "output_scale", 1)))


def _reach_px(network: nn.Module) -> int:
    """What a tile shows around its core: all that counts, or what the network asks for."""
    if network.tile_exact:
        return int(network.receptive_field_px) // 2  # type: ignore[arg-type]
    return int(network.halo_px)  # type: ignore[arg-type]


def _without_folders(recipe: Recipe) -> dict[str, Any]:
    """The recipe as a tree; of encoder weights the file's name is kept, not where it lay."""
    tree = recipe_tree(recipe)
    tree["network"]["encoder_weights"] = Path(recipe.network.encoder_weights).name
    return tree


def _threshold(run: RunModel) -> tuple[float, str]:
    """The threshold and what it comes from."""
    rules = run.recipe.validation
    if rules.threshold is not None:
        return rules.threshold, "fixed by the recipe"
    if run.score is not None:
        return (
            float(run.score["threshold"]),
            f"best pooled F1 at {rules.tolerance_px:g} px on {run.chosen_on}",
        )
    return _DEFAULT_THRESHOLD, "not chosen: nothing was validated"
