"""Read a recipe: a preset's name or a YAML file, with overrides `key=value`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from crackgauge.errors import RecipeError
from crackgauge.recipes.check import check
from crackgauge.recipes.schema import Recipe
from crackgauge.recipes.stages import check_stages, merge, recipe_tree


def preset_names() -> list[str]:
    """Names of the presets that come with the package, sorted.

    >>> "attention-unet" in preset_names()
    True
    """
    folder = resources.files("crackgauge.recipes") / "presets"
    return sorted(p.name[: -len(".yaml")] for p in folder.iterdir() if p.name.endswith(".yaml"))


def load_recipe(name_or_path: str | Path, overrides: Iterable[str] = ()) -> Recipe:
    """Read a preset or a YAML file and apply overrides such as `optimizer.learning_rate=1e-3`.

    A YAML file may name a preset under `base` and give only what differs.

    Raises:
        RecipeError: no such preset or file, no YAML mapping, an unknown key (the nearest known one
            is named), or a value of the wrong kind.

    >>> load_recipe("attention-unet", ["epochs=2"]).epochs
    2
    """
    tree = _read(name_or_path)
    for override in overrides:
        _apply(tree, override)
    return parse_recipe(tree, source=str(name_or_path))


def parse_recipe(tree: Mapping[str, Any], *, source: str = "recipe") -> Recipe:
    """Check a tree of settings.

    Raises:
        RecipeError: an unknown key or a wrong value, or stages that do not fit together.
    """
    recipe = check(tree, source=source)
    check_stages(recipe, source=source)
    return recipe


def dump_recipe(recipe: Recipe) -> str:
    """The recipe as YAML text, which `load_recipe` reads back to an equal recipe."""
    text: str = yaml.safe_dump(recipe_tree(recipe), sort_keys=False, allow_unicode=True)
    return text


def _read(name_or_path: str | Path) -> dict[str, Any]:
    name = str(name_or_path)
    if name in preset_names():
        file = resources.files("crackgauge.recipes") / "presets" / f"{name}.yaml"
        return _mapping(file.read_text(encoding="utf-8"), name)
    path = Path(name)
    if not path.is_file():
        near = difflib.get_close_matches(name, preset_names(), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise RecipeError(
            f"{name}: neither a preset nor a file; presets: {', '.join(preset_names())}{hint}"
        )
    try:
        tree = _mapping(path.read_text(encoding="utf-8"), name)
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{name}: cannot be read ({error}); expected a YAML file") from error
    base = tree.pop("base", None)
    return merge(_read(base), tree) if base is not None else tree


def _mapping(text: str, source: str) -> dict[str, Any]:
    try:
        tree = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RecipeError(f"{source}: is no YAML ({' '.join(str(error).split())})") from error
    if not isinstance(tree, dict):
        raise RecipeError(f"{source}: got {type(tree).__name__}, expected a mapping of settings")
    return tree


def _apply(tree: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise RecipeError(f"got {override!r}, expected key=value, such as epochs=10")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RecipeError(f"{key}: {text!r} is no value ({error})") from error
    if isinstance(value, str):
        value = _number(value)
    parents, last = _place(key.strip())
    for parent in parents:
        below = tree.setdefault(parent, {})
        if not isinstance(below, dict):
            raise RecipeError(f"{key}: {parent} is a value and has no parts")
        tree = below
    tree[last] = value


def _place(key: str) -> tuple[list[str], str]:
    """The sections that a key lies in, and its own name.

    The entries of `start`, of a recipe or of a stage, are named by paths, which have dots.

    >>> _place("sampling.patch_px"), _place("start.network.encoder")
    ((['sampling'], 'patch_px'), (['start'], 'network.encoder'))
    >>> _place("stages.judge.start.network.down")
    (['stages', 'judge', 'start'], 'network.down')
    """
    parts = key.split(".")
    depth = 2 if parts[0] == "stages" else 0
    if parts[depth : depth + 1] == ["start"] and len(parts) > depth + 1:
        return parts[: depth + 1], ".".join(parts[depth + 1 :])
    return parts[:-1], parts[-1]


def _number(text: str) -> str | float:
    """YAML 1.1 reads 1e-3 as text; people mean the number."""
    try:
        return float(text)
    except ValueError:
        return text
