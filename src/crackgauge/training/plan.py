"""Before a training in stages: whether all of it fits together, so that no stage is in vain."""

from __future__ import annotations

from collections.abc import Container, Mapping
from pathlib import Path

from torch import nn

from crackgauge.errors import RecipeError
from crackgauge.models import build
from crackgauge.recipes import Recipe
from crackgauge.training.parts import find_part
from crackgauge.training.start import check_names, check_patches, initial_weights, load_encoder
from crackgauge.training.systems import find_system


def build_networks(recipe: Recipe) -> dict[str, nn.Module]:
    """The recipe's own network, "network", and those that its system uses beside it.

    Raises:
        RecipeError: an unknown name or option.
    """
    network = build(recipe.network.name, **recipe.network.options)
    return {"network": network, **find_system(recipe.system).companions(recipe)}


def check_plan(
    recipe: Recipe,
    stages: Mapping[str, Recipe],
    *,
    init: Path | str | None = None,
    begun: Container[str] = (),
) -> None:
    """Refuse what could only fail later, perhaps after a stage of days; nothing is written.

    Names, patch sizes, encoder weights, parts that are frozen or start from a stage.

    Args:
        recipe: of the last training.
        stages: recipes of those before it, in their order; ones that nobody needs are not among
            them.
        init: a model file that the last training's own network starts from.
        begun: trainings that go on from a state and ask for no weights to start from: names of
            stages, and "" for the last.

    Raises:
        RecipeError: something does not fit.
        ModelFileError: weights to start from cannot be had, or are of another network.
    """
    for each in (*stages.values(), recipe):
        check_names(each)
    learned: dict[str, nn.Module] = {}
    for name, stage in stages.items():
        learned[name] = _check(stage, learned, where=f"stages.{name}.")
        if name not in begun:
            load_encoder(stage.network.encoder_weights, learned[name])
    network = _check(recipe, learned)
    if "" in begun:
        return
    if init is None:
        load_encoder(recipe.network.encoder_weights, network)
    else:
        initial_weights(init, network)


def _check(recipe: Recipe, learned: Mapping[str, nn.Module], *, where: str = "") -> nn.Module:
    """Check one training; returns its own network, as it would be handed on."""
    networks = build_networks(recipe)
    check_patches(recipe, networks["network"])
    find_system(recipe.system).check(recipe, networks)
    for path in recipe.frozen:
        find_part(networks, path, key=f"{where}frozen")
    for path, source in recipe.start.items():
        stage = source.partition(".")[0]
        if stage in learned:  # others are left out: the network starts from a model file
            part = find_part(networks, path, key=f"{where}start")
            key = f"{where}start.{path}"
            _check_fit(part, find_part(learned, source, key=key), key=key, stage=stage)
    return networks["network"]


def _check_fit(part: nn.Module, learned: nn.Module, *, key: str, stage: str) -> None:
    """Refuse a part whose weights are not those that its stage learns."""
    wanted, got = ({k: v.shape for k, v in m.state_dict().items()} for m in (part, learned))
    wrong = sorted(k for k in wanted.keys() | got.keys() if wanted.get(k) != got.get(k))
    if wrong:
        raise RecipeError(
            f"{key}: the stage {stage!r} learns another network: {len(wrong)} of {len(wanted)} "
            f"tensors do not fit, the first is {wrong[0]}; give both the same network and options "
            f"(stages.{stage}.network)"
        )
