"""Kinds of systems: what is trained beside the recipe's network, and how a step goes."""

from __future__ import annotations

import difflib

from crackgauge.errors import RecipeError
from crackgauge.training.systems.adversarial import Adversarial
from crackgauge.training.systems.classification import Classification
from crackgauge.training.systems.dc_gan import DcGan
from crackgauge.training.systems.segmentation import Segmentation
from crackgauge.training.systems.super_resolution import SuperResolution
from crackgauge.training.systems.super_resolved import SuperResolved
from crackgauge.training.systems.system import System

SYSTEMS: dict[str, System] = {
    "adversarial": Adversarial(),
    "classification": Classification(),
    "dc-gan": DcGan(),
    "segmentation": Segmentation(),
    "super-resolution": SuperResolution(),
    "super-resolved": SuperResolved(),
}

__all__ = ["SYSTEMS", "System", "find_system"]


def find_system(name: str) -> System:
    """The system of a recipe.

    Raises:
        RecipeError: there is none of this name.
    """
    if name not in SYSTEMS:
        near = difflib.get_close_matches(name, SYSTEMS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise RecipeError(f"unknown system {name!r}; known: {', '.join(sorted(SYSTEMS))}{hint}")
    return SYSTEMS[name]
