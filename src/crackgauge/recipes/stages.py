"""Trainings that come first: the recipe of a stage, and which stages a training needs."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from crackgauge.errors import RecipeError
from crackgauge.recipes.check import check
from crackgauge.recipes.schema import Recipe

# What a recipe without them leaves out of its text, so that the states of its trainings stay valid.
# A new optional section belongs here.
_ONLY_WHERE_GIVEN = (
    "system",
    "stages",
    "start",
    "frozen",
    "boundary",
    "super_resolution",
    "curves",
    "adversary",
)
# What says how the stages hang together is the last training's alone.
_NOT_OF_A_STAGE = ("stages", "start", "frozen", "system")


def recipe_tree(recipe: Recipe) -> dict[str, Any]:
    """The recipe as a tree of plain values, without the parts that it does not use."""
    tree: dict[str, Any] = recipe.model_dump(mode="json")
    for key in _ONLY_WHERE_GIVEN:
        if not tree[key] or tree[key] == Recipe.model_fields[key].default:
            del tree[key]
    return tree


def stage_recipe(recipe: Recipe, name: str) -> Recipe:
    """The recipe of a stage: this one's settings, and over them what the stage gives.

    A stage that names another network begins without this one's options and encoder weights; its
    `system`, `start` and `frozen` are its own.

    Raises:
        RecipeError: an unknown key or a wrong value.
    """
    tree = {k: v for k, v in recipe_tree(recipe).items() if k not in _NOT_OF_A_STAGE}
    changes = recipe.stages[name]
    if "name" in changes.get("network", {}):
        tree["network"] = {}
    tree["preset"] = f"{recipe.preset}:{name}"
    return check(merge(tree, changes), source=f"{recipe.preset}: stages.{name}")


def check_stages(recipe: Recipe, *, source: str) -> None:
    """Make sure that each stage is a recipe, starts from earlier ones, and is used.

    Raises:
        RecipeError: one is not.
    """
    known: list[str] = []
    used: set[str] = set()
    for name in recipe.stages:
        stage = stage_recipe(recipe, name)
        if stage.stages:
            raise RecipeError(
                f"{source}: stages.{name}: got stages within a stage, expected one list of stages"
            )
        used |= _stages_of(stage.start, known, f"{source}: stages.{name}.start")
        known.append(name)
    used |= _stages_of(recipe.start, known, f"{source}: start")
    for name in known:
        if name not in used:
            near = difflib.get_close_matches(name, [other for other in known if other != name], 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise RecipeError(
                f"{source}: stages.{name}: nothing starts from it, expected an entry of `start` "
                f"that does{hint}"
            )


def needed_stages(recipe: Recipe, *, initialised: bool) -> list[str]:
    """Names of the stages that a training needs, in their order.

    Args:
        recipe: of the last training.
        initialised: its own network starts from a model file, and so from no stage.
    """
    wanted = [
        _stage(source)
        for part, source in recipe.start.items()
        if not (initialised and part.partition(".")[0] == "network")
    ]
    needed: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name not in needed:
            needed.add(name)
            wanted += [_stage(source) for source in stage_recipe(recipe, name).start.values()]
    return [name for name in recipe.stages if name in needed]


def merge(base: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with the values of `changes`, mapping by mapping.

    >>> merge({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 4}})
    {'a': {'b': 4, 'c': 2}, 'd': 3}
    """
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        both = isinstance(old, dict) and isinstance(value, Mapping)
        merged[key] = merge(old, value) if both and old is not None else value
    return merged


def _stages_of(start: Mapping[str, str], known: list[str], where: str) -> set[str]:
    named = {_stage(source) for source in start.values()}
    for name in sorted(named - set(known)):
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise RecipeError(
            f"{where}: got {name!r}, expected a stage that comes before: "
            f"{', '.join(known) or 'there is none'}{hint}"
        )
    return named


def _stage(source: str) -> str:
    return source.partition(".")[0]
