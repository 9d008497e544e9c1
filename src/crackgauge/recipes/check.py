"""Check a tree of settings, and word what is wrong with it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from crackgauge.errors import RecipeError
from crackgauge.recipes.schema import Recipe


def check(tree: Mapping[str, Any], *, source: str) -> Recipe:
    """The recipe of a tree of settings.

    Raises:
        RecipeError: an unknown key (the nearest known one is named) or a wrong value.
    """
    try:
        return Recipe.model_validate(tree)
    except ValidationError as error:
        problems = "; ".join(_describe(problem) for problem in error.errors())
        raise RecipeError(f"{source}: {problems}") from error


def _describe(problem: Any) -> str:
    location = [str(part) for part in problem["loc"]]
    dotted = ".".join(location) or "recipe"
    if problem["type"] == "extra_forbidden":
        known = _known_keys(location[:-1])
        near = difflib.get_close_matches(location[-1], known, n=1, cutoff=0.5)
        hint = f"did you mean {'.'.join([*location[:-1], near[0]])!r}? " if near else ""
        return f"unknown key {dotted!r}; {hint}Known here: {', '.join(known)}"
    if problem["type"] == "missing":
        return f"{dotted} is missing"
    message = str(problem.get("ctx", {}).get("error", problem["msg"]))
    message = f"{message[0].lower()}{message[1:]}"
    if isinstance(problem["input"], Mapping):  # a rule over a whole section says itself what it got
        return f"{dotted}: {message}"
    return f"{dotted}: got {problem['input']!r}: {message}"


def _known_keys(location: list[str]) -> list[str]:
    section: type[BaseModel] = Recipe
    for part in location:
        annotation = section.model_fields[part].annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            section = annotation
    return list(section.model_fields)
