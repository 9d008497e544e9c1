"""The folder of a training run as a model, before it was exported. Needs torch."""

from __future__ import annotations

import json
from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError, safe_open
from torch import nn

import crackgauge
from crackgauge.errors import ModelFileError
from crackgauge.inference.backends.torch import TorchBackend, wrap_network
from crackgauge.inference.metadata import ModelMetadata
from crackgauge.models import build, parameter_count
from crackgauge.recipes import Recipe, load_recipe

RECIPE_NAME = "recipe.yaml"
BEST_NAME = "best.safetensors"


def open_run(
    folder: Path, *, device: str, threads: int | None, precision: str
) -> tuple[ModelMetadata, TorchBackend, bytes]:
    """Open the best weights of a run so far.

    Returns:
        Its description, the network in torch, and the bytes of the weights' file.

    Raises:
        ModelFileError: no training run, none that has validated yet, or a damaged one.
    """
    weights = folder / BEST_NAME
    for file in (folder / RECIPE_NAME, weights):
        if not file.is_file():
            raise ModelFileError(
                f"{folder}: has no {file.name}, expected a model file or the folder of a training "
                "run that has finished an epoch"
            )
    recipe = load_recipe(folder / RECIPE_NAME)
    network = build(recipe.network.name, **recipe.network.options)
    try:
        content = weights.read_bytes()
        network.load_state_dict(safetensors.torch.load(content))
        with safe_open(weights, "pt") as stream:
            score = json.loads((stream.metadata() or {}).get("score", "null"))
    except (SafetensorError, OSError, RuntimeError, ValueError) as error:
        raise ModelFileError(
            f"{weights}: does not hold the weights of {recipe.network.name} "
            f"({str(error).splitlines()[0]}); train again or choose another run"
        ) from error
    threshold = recipe.validation.threshold
    if threshold is None:
        threshold = float(score["threshold"]) if score else 0.5
    backend = wrap_network(network, device=device, threads=threads, precision=precision)
    return _describe(recipe, network, threshold), backend, content


def _describe(recipe: Recipe, network: nn.Module, threshold: float) -> ModelMetadata:
    stride = int(network.stride)  # type: ignore[arg-type]
    reach = int(network.receptive_field_px) // 2  # type: ignore[arg-type]
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
        tiling="exact" if network.tile_exact else "approximate",
        threshold=threshold,
        threshold_source="of the run so far",
        training_data=recipe.training_data,
        licence=recipe.licence,
        version=crackgauge.__version__,
        recipe=recipe.model_dump(mode="json"),
    )
