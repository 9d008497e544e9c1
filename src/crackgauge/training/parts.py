"""Parts of a training's networks: what they start from, and which are not trained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from crackgauge.errors import ModelFileError, RecipeError
from crackgauge.inference.training_run import BEST_NAME

STAGES_NAME = "stages"


def find_part(networks: Mapping[str, nn.Module], path: str, *, key: str) -> nn.Module:
    """The module at a dotted path whose first word is a network's name.

    Raises:
        RecipeError: there is none; `key` says whose value the path is.
    """
    name, _, inside = path.partition(".")
    if name not in networks:
        raise RecipeError(
            f"{key}: got {path!r}, but the training has no network {name!r}; "
            f"it has: {', '.join(networks)}"
        )
    try:
        return networks[name].get_submodule(inside)
    except AttributeError as error:
        parts = ", ".join(f"{name}.{child}" for child, _ in networks[name].named_children())
        raise RecipeError(f"{key}: there is no {path!r}; {name} has: {parts}") from error


def load_parts(start: Mapping[str, str], networks: Mapping[str, nn.Module], out: Path) -> None:
    """Fill the parts of `start` with what the stages in the run's folder `out` have learned.

    Raises:
        RecipeError: a part that the networks lack.
        ModelFileError: a stage's weights are missing, damaged or of another network.
    """
    for path, source in start.items():
        part = find_part(networks, path, key="start")
        stage, _, inside = source.partition(".")
        file = out / STAGES_NAME / stage / BEST_NAME
        prefix = f"{inside}." if inside else ""
        try:
            weights = {
                name[len(prefix) :]: tensor
                for name, tensor in load_file(file).items()
                if name.startswith(prefix)
            }
            part.load_state_dict(weights)
        except (SafetensorError, OSError, RuntimeError) as error:
            raise ModelFileError(
                f"{file}: does not hold the weights of {path} ({str(error).splitlines()[0]}); "
                f"start.{path} wants a stage whose network has the same options"
            ) from error


def freeze(paths: Iterable[str], networks: Mapping[str, nn.Module]) -> None:
    """Take parts out of the training.

    Raises:
        RecipeError: a part that the networks lack.
    """
    for path in paths:
        find_part(networks, path, key="frozen").requires_grad_(False)


def set_training(paths: Iterable[str], networks: Mapping[str, nn.Module]) -> None:
    """Put the networks in training mode, and the frozen parts in evaluation mode."""
    for network in networks.values():
        network.train()
    for path in paths:
        find_part(networks, path, key="frozen").eval()
