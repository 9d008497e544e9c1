"""What a training starts from: a model file, or pretrained weights of the encoder."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn

from crackgauge.errors import ModelFileError, RecipeError
from crackgauge.inference.export import load_onnx_weights
from crackgauge.recipes import Recipe
from crackgauge.tiling import round_up


def check_patches(recipe: Recipe, network: nn.Module) -> None:
    """Refuse patches that the network cannot take, before anything is written.

    Raises:
        RecipeError: their side is no multiple of the network's stride, or it wants other channels.
    """
    side, stride = recipe.sampling.patch_px, int(getattr(network, "stride", 1))
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
