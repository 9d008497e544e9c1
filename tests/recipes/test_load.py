"""Recipes: presets, files on top of presets, overrides, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from crackgauge.errors import RecipeError
from crackgauge.recipes import dump_recipe, load_recipe, preset_names


@pytest.mark.parametrize("name", preset_names())
def test_a_recipe_written_and_read_is_the_same(name: str, tmp_path: Path) -> None:
    recipe = load_recipe(name)
    assert recipe.preset == name
    path = tmp_path / "recipe.yaml"
    path.write_text(dump_recipe(recipe), encoding="utf-8")
    assert load_recipe(path) == recipe


def test_the_faithful_preset_says_what_the_paper_says() -> None:
    recipe = load_recipe("attention-unet")
    assert (recipe.sampling.patch_px, recipe.sampling.count, recipe.batch) == (48, 2000, 32)
    assert (recipe.epochs, recipe.optimizer.name) == (30, "sgd")
    optimizer = recipe.optimizer
    settings = (optimizer.learning_rate, optimizer.momentum, optimizer.weight_decay)
    assert settings == (1e-3, 0.9, 1e-6)
    assert recipe.network.options["final_relu"] is True
    assert recipe.validation.threshold == 0.2


def test_the_preset_of_system_3_says_what_its_paper_says() -> None:
    recipe = load_recipe("convnext-scse")
    assert (recipe.sampling.patch_px, recipe.batch, recipe.epochs) == (288, 8, 300)
    assert (recipe.sampling.count, recipe.sampling.crack_share) == (1, None)
    optimizer, schedule = recipe.optimizer, recipe.schedule
    assert (optimizer.name, optimizer.learning_rate, optimizer.weight_decay) == (
        "adamw",
        1e-3,
        1e-5,
    )
    assert (optimizer.stage_decay, schedule.name, schedule.epoch_factor) == (
        0.7,
        "exponential",
        0.99,
    )
    assert recipe.network.encoder_weights == "hub"
    assert recipe.validation.threshold == 0.5


def test_the_preset_of_system_4_says_what_its_paper_says() -> None:
    recipe = load_recipe("cssr-hr")
    assert (recipe.sampling.patch_px, recipe.batch, recipe.loss) == (448, 6, "bc2")
    assert (recipe.optimizer.name, recipe.optimizer.learning_rate) == ("adam", 1e-5)
    assert recipe.augmentation.zoom == (0.6, 1.0)
    assert recipe.network.encoder_weights == "hub"
    # 100,000 iterations, to the nearest epoch, on the 189 training images of uav315.
    steps = recipe.epochs * (189 * recipe.sampling.count // recipe.batch)
    assert steps == 99_792
    assert recipe.boundary is not None
    assert (recipe.boundary.weight_start, recipe.boundary.weight_growth) == (0.01, 0.01)


def test_a_recipe_without_a_boundary_loss_keeps_its_text() -> None:
    assert "boundary" not in dump_recipe(load_recipe("attention-unet"))
    assert "weight_growth: 0.01" in dump_recipe(load_recipe("cssr-hr"))


def test_the_ablations_differ_from_system_3_by_one_thing_each() -> None:
    def settings(name: str) -> dict[str, object]:
        return load_recipe(name, ["preset=same"]).model_dump()

    full, without_scse, plain = map(settings, ("convnext-scse", "convnext-sd", "convnext"))
    assert full["network"]["options"].pop("scse") is True  # type: ignore[index]
    assert without_scse["network"]["options"].pop("scse") is False  # type: ignore[index]
    assert plain["network"]["options"].pop("scse") is False  # type: ignore[index]
    assert without_scse == full
    assert plain["optimizer"].pop("stage_decay") == 1.0  # type: ignore[attr-defined]
    assert full["optimizer"].pop("stage_decay") == 0.7  # type: ignore[attr-defined]
    assert plain == full


def test_overrides_reach_into_sections_and_keep_the_rest() -> None:
    recipe = load_recipe("attention-unet-fast", ["optimizer.learning_rate=1e-4", "epochs=3"])
    assert recipe.optimizer.learning_rate == 1e-4
    assert recipe.epochs == 3
    assert recipe.optimizer.name == "adamw"


def test_a_file_gives_only_what_differs_from_its_base(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("base: attention-unet-fast\nsampling: {patch_px: 128}\n", encoding="utf-8")
    recipe = load_recipe(path)
    assert recipe.sampling.patch_px == 128
    assert recipe.sampling.count == load_recipe("attention-unet-fast").sampling.count


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("optimizer.learning_rat=1", "did you mean 'optimizer.learning_rate'"),
        ("optimiser.name=sgd", "did you mean 'optimizer'"),
        ("epochs=many", "epochs: got 'many'"),
        ("epochs=0", "epochs: got 0"),
        ("optimizer.stage_decay=0", "optimizer.stage_decay: got 0"),
        ("augmentation.zoom=[0.5,1.5]", "augmentation.zoom.1: got 1.5"),
        ("optimizer.name=lion", "'sgd', 'adam' or 'adamw'"),
        ("input.std=[0,1,1]", "expected values above 0"),
        ("input.mean=[0.5]", "got 1 mean and 3 std"),
        ("sampling.patch_set.composition=most", "sampling.patch_set.composition: got 'most'"),
        ("sampling.patch_set.composition=30/70", "set sampling.patches=patch-set"),
        ("sampling.patch_set.mining.after_epochs=[4,2]", "expected ascending epochs"),
        ("epochs.more=1", "epochs is a value and has no parts"),
        ("epochs", "expected key=value"),
        ("network=[1", "is no value"),
    ],
)
def test_a_wrong_override_is_refused_in_one_sentence(override: str, sentence: str) -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipe("attention-unet-fast", [override])
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("- a\n- b\n", "got list"), ("a: [", "is no YAML"), ("base: none-such\n", "neither a preset")],
)
def test_a_wrong_file_is_refused(text: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError, match=sentence):
        load_recipe(path)


def test_an_unknown_preset_names_the_nearest() -> None:
    with pytest.raises(RecipeError, match="did you mean 'attention-unet'"):
        load_recipe("attention-unt")


def test_a_round_of_mining_is_followed_by_training() -> None:
    settings = ["sampling.patches=patch-set", "sampling.patch_set.mining.after_epochs=[2,5]"]
    recipe = load_recipe("attention-unet-fast", [*settings, "epochs=6"])
    assert recipe.sampling.patch_set.mining.after_epochs == (2, 5)
    with pytest.raises(RecipeError, match="a round of mining after epoch 5 of 5"):
        load_recipe("attention-unet-fast", [*settings, "epochs=5"])


@pytest.mark.parametrize("name", ["scale", "rescale", "zoom"])
def test_a_range_is_lowest_first(name: str) -> None:
    with pytest.raises(RecipeError, match=f"got {name} .1, 0.75., expected .lowest, highest."):
        load_recipe("convnext-scse", [f"augmentation.{name}=[1.0,0.75]"])
