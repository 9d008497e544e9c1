"""The recipes of trainings that come first."""

from __future__ import annotations

from typing import Any

import pytest

from crackgauge.errors import RecipeError
from crackgauge.recipes import (
    dump_recipe,
    load_recipe,
    needed_stages,
    parse_recipe,
    preset_names,
    recipe_tree,
    stage_recipe,
)

TREE: dict[str, Any] = {
    "preset": "two",
    "network": {"name": "attention-unet", "options": {"filters": [4, 8]}},
    "batch": 3,
    "stages": {
        "encoder": {"epochs": 2, "network": {"name": "vgg-unet"}},
        "judge": {"batch": 5, "start": {"network.down": "encoder.down"}},
    },
    "start": {"network": "encoder", "discriminator": "judge"},
    "frozen": ["discriminator"],
}


def _changed(**changes: Any) -> dict[str, Any]:
    return {**TREE, **changes}


def test_a_stage_is_the_recipe_with_its_own_settings() -> None:
    recipe = parse_recipe(TREE)
    encoder, judge = stage_recipe(recipe, "encoder"), stage_recipe(recipe, "judge")
    assert (encoder.preset, encoder.epochs, encoder.batch) == ("two:encoder", 2, 3)
    assert (encoder.network.name, encoder.network.options) == ("vgg-unet", {})
    assert (judge.epochs, judge.batch) == (30, 5)
    assert judge.network == recipe.network
    assert not judge.frozen
    assert not judge.stages
    assert judge.start == {"network.down": "encoder.down"}


def test_the_system_of_the_last_training_is_not_its_stages() -> None:
    recipe = parse_recipe(_changed(system="adversarial"))
    assert stage_recipe(recipe, "encoder").system == "segmentation"


def test_a_recipe_with_stages_is_written_and_read_back() -> None:
    recipe = parse_recipe(TREE)
    assert "stages" in dump_recipe(recipe)
    assert parse_recipe(recipe_tree(recipe)) == recipe


def test_recipes_without_stages_keep_their_text() -> None:
    plain = set(recipe_tree(load_recipe("attention-unet")))
    assert not plain & {"system", "stages", "start", "frozen", "boundary"}
    assert {"seed", "threads", "ema_decay", "epochs"} <= plain


def test_an_override_reaches_into_a_stage(tmp_path: Any) -> None:
    path = tmp_path / "two.yaml"
    path.write_text(dump_recipe(parse_recipe(TREE)), encoding="utf-8")
    recipe = load_recipe(path, ["stages.encoder.epochs=7"])
    assert stage_recipe(recipe, "encoder").epochs == 7


def test_an_override_reaches_a_part_whose_path_has_dots() -> None:
    recipe = load_recipe("crackgan", ["start.network.encoder=encoder.encoder.first"])
    assert recipe.start["network.encoder"] == "encoder.encoder.first"
    below = ["stages.dc-gan.start.network.layers=encoder.encoder"]
    assert load_recipe("crackgan", below).stages["dc-gan"]["start"] == {
        "network.layers": "encoder.encoder"
    }
    with pytest.raises(RecipeError, match="got 'encodr', expected a stage that comes before"):
        load_recipe("crackgan", ["start.network.encoder=encodr"])


def test_a_network_from_a_file_needs_no_stage_of_its_own() -> None:
    recipe = parse_recipe(_changed(start={"network": "encoder", "discriminator": "judge"}))
    assert needed_stages(recipe, initialised=False) == ["encoder", "judge"]
    # The judge starts from the encoder, so both are trained for the discriminator.
    assert needed_stages(recipe, initialised=True) == ["encoder", "judge"]
    alone = parse_recipe(
        _changed(
            stages={"encoder": {}, "judge": {}},
            start={"network": "encoder", "discriminator": "judge"},
        )
    )
    assert needed_stages(alone, initialised=True) == ["judge"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"stages": {**TREE["stages"], "encodr": {}}}, "stages.encodr: nothing starts from it"),
        ({"start": {"network": "encoderr", "discriminator": "judge"}}, "did you mean 'encoder'"),
        ({"stages": {"encoder": {"epoch": 2}}}, "stages.encoder: unknown key 'epoch'"),
        ({"stages": {"Encoder": {}}}, "stages"),
        ({"stages": {"encoder": {"stages": {"a": {}}, "start": {"network": "a"}}}}, "within"),
        (
            {"stages": {"encoder": {"start": {"network": "judge"}}, "judge": {}}},
            "a stage that comes before: there is none",
        ),
    ],
)
def test_stages_that_do_not_fit_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        parse_recipe(_changed(**changes))


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_has_sound_stages(name: str) -> None:
    recipe = load_recipe(name)
    assert needed_stages(recipe, initialised=False) == list(recipe.stages)
