"""Recipes: every setting of a training in one frozen tree; one YAML file a preset."""

from crackgauge.recipes.load import dump_recipe, load_recipe, parse_recipe, preset_names
from crackgauge.recipes.schema import Recipe
from crackgauge.recipes.stages import needed_stages, recipe_tree, stage_recipe

__all__ = [
    "Recipe",
    "dump_recipe",
    "load_recipe",
    "needed_stages",
    "parse_recipe",
    "preset_names",
    "recipe_tree",
    "stage_recipe",
]
