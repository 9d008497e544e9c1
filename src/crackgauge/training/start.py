"""Before a training: what is checked, and the weights that it starts from."""

from __future__ import annotations

import difflib
from pathlib import Path

from torch import Tensor, nn

from crackgauge.errors import ModelFileError, RecipeError, UsageError
from crackgauge.files import write_text_atomic
from crackgauge.inference.export import load_onnx_weights
from crackgauge.inference.training_run import RECIPE_NAME
from crackgauge.losses import LOSSES
from crackgauge.recipes import Recipe, dump_recipe
from crackgauge.tiling import round_up
from crackgauge.training.averaging import reset_average
from crackgauge.training.parts import STAGES_NAME, load_parts
from crackgauge.training.state import TrainingState
from crackgauge.training.systems import find_system

FINISHED_NAME = "finished.txt"


def check_folder(out: Path, *, resume: bool) -> None:
    """Refuse a folder that cannot take the run.

    Raises:
        UsageError: it holds a run and `resume` is off, or is a file.
    """
    if ((out / RECIPE_NAME).exists() or (out / STAGES_NAME).exists()) and not resume:
        raise UsageError(
            f"{out}: holds a training already; go on with --resume, or give another --out"
        )
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: is a file, expected a folder for the run")


def check_names(recipe: Recipe) -> None:
    """Refuse a system or a loss that there is not, before anything is read.

    Raises:
        RecipeError: there is none of the name; the nearest is named.
    """
    find_system(recipe.system)
    if recipe.loss not in LOSSES:
        near = difflib.get_close_matches(recipe.loss, LOSSES, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise RecipeError(f"unknown loss {recipe.loss!r}; known: {', '.join(sorted(LOSSES))}{hint}")


def check_patches(recipe: Recipe, network: nn.Module) -> None:
    """Refuse patches that the network cannot take, before anything is written.

    Raises:
        RecipeError: their side is no multiple of the network's stride, or it wants other channels.
    """
    # What enlarges sees the patch made smaller by its factor.
    factor = max(1, round(float(getattr(network, "output_scale", 1))))
    side, stride = recipe.sampling.patch_px, factor * int(getattr(network, "stride", 1))
    if side % stride:
        raise RecipeError(
            f"sampling.patch_px: got {side}, but {recipe.network.name} wants a multiple of "
            f"{stride}; use {round_up(side, stride)}"
        )
    channels = int(getattr(network, "in_channels", recipe.input.channels))
    if channels != recipe.input.channels:
        raise RecipeError(
            f"input.channels: got {recipe.input.channels}, but the network takes {channels}; "
            "set network.options.in_channels or input.channels (with its mean and std)"
        )


def load_encoder(weights: str, network: nn.Module) -> None:
    """Fill in pretrained weights where the recipe asks for them (`network.encoder_weights`).

    Raises:
        RecipeError: the network has no encoder that takes any.
        ModelFileError: they cannot be had, or are of another encoder.
    """
    if weights == "none":
        return
    if not hasattr(network, "load_encoder"):
        raise RecipeError(
            f"network.encoder_weights: got {weights!r}, but {type(network).__name__} takes no "
            "pretrained encoder; set network.encoder_weights=none"
        )
    network.load_encoder(weights)  # type: ignore[operator]


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


def load_start(
    recipe: Recipe, state: TrainingState, *, stages: Path, init: Path | str | None
) -> None:
    """Fill in the weights that a training starts from.

    Args:
        recipe: of the training.
        state: its networks.
        stages: folder of the run whose stages it builds on.
        init: a model file for the recipe's own network, instead of encoder weights and stages.

    Raises:
        RecipeError, ModelFileError: as `load_encoder`, `initial_weights` and `load_parts`.
    """
    networks, start = state.networks, dict(recipe.start)
    if init is None:
        load_encoder(recipe.network.encoder_weights, networks["network"])
    else:
        networks["network"].load_state_dict(initial_weights(init, networks["network"]))
        start = {k: v for k, v in start.items() if k.partition(".")[0] != "network"}
    load_parts(start, networks, stages)
    reset_average(state)


def mark_finished(out: Path, *, steps: int) -> None:
    """Say in the run's folder that it is done.

    Raises:
        StorageError: it cannot be written.
    """
    write_text_atomic(out / FINISHED_NAME, f"{steps} steps\n")


def is_finished(recipe: Recipe, folder: Path) -> bool:
    """Whether the folder holds the finished training of this very recipe."""
    kept = folder / RECIPE_NAME
    if not (folder / FINISHED_NAME).is_file() or not kept.is_file():
        return False
    return kept.read_text(encoding="utf-8") == dump_recipe(recipe)
