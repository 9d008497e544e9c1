"""System 4's steps, and its trainings in stages."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from safetensors.torch import load_file
from tests.inference.conftest import random_image
from torch import nn

from crackgauge.errors import ModelFileError, RecipeError
from crackgauge.images import read_image, read_mask
from crackgauge.inference.predictor import open_model
from crackgauge.losses import LOSSES, Target
from crackgauge.models import build
from crackgauge.recipes import Recipe, load_recipe, stage_recipe
from crackgauge.training.batches import Batch
from crackgauge.training.loop import train
from crackgauge.training.low_resolution import reduce_target
from crackgauge.training.outcome import Outcome
from crackgauge.training.plan import check_plan
from crackgauge.training.start import check_patches
from crackgauge.training.state import TrainingState
from crackgauge.training.step import Step
from crackgauge.training.systems import find_system

DBPN = "{name: dbpn, features: [4, 2], stages: 2}"
SEGMENTER = "{filters: [4, 4, 4, 4, 4]}"
SMALL = (
    "sampling.patch_px=64",
    "sampling.count=2",
    "batch=2",
    "precision=fp32",
    "threads=1",
    "network.encoder_weights=none",
    f"network.options.segmenter={SEGMENTER}",
)
LEARNED = (*SMALL, f"network.options.enlarger={DBPN}")
STAGE = "stages.super-resolution.network.options={{in_channels: {}, features: [4, 2], stages: 2}}"


def make_batch(side: int = 64) -> Batch:
    generator = np.random.default_rng(0)
    mask = np.zeros((2, 1, side, side), np.float32)
    mask[:, :, 20:25] = 1
    distance = np.abs(np.arange(side) - 22).astype(np.float32) - 2.5
    distance = np.broadcast_to(distance[:, None], mask.shape).copy()
    return Batch(generator.normal(size=(2, 3, side, side)).astype(np.float32), mask, distance)


def take_step(recipe: Recipe, *, epoch: int = 0) -> tuple[Outcome, nn.Module, nn.Module]:
    """The outcome of one step, the network before and the network after."""
    torch.manual_seed(0)
    network = build(recipe.network.name, **recipe.network.options)
    before = build(recipe.network.name, **recipe.network.options)
    before.load_state_dict(network.state_dict())
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    state = TrainingState({"network": network}, None, {"network": optimizer}, recipe_digest="")
    fabric = Fabric(accelerator="cpu", devices=1, precision="32-true")
    step = Step(recipe, fabric, state, index=0, epoch=epoch)
    return find_system(recipe.system).step(step, make_batch()), before, network


def changed(before: nn.Module, after: nn.Module) -> set[str]:
    """Names of the parts of which a weight has moved."""
    old = before.state_dict()
    moved = {n for n, t in after.state_dict().items() if not torch.equal(old[n], t)}
    return {name.partition(".")[0] for name in moved}


def shares(x: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (recipe.input.mean, recipe.input.std))
    return x * std + mean


def small_image(batch: Batch, recipe: Recipe) -> torch.Tensor:
    """Written out once more: bicubic, cut to 8 bits, normalised."""
    white = nn.functional.interpolate(
        shares(torch.from_numpy(batch.x), recipe),
        scale_factor=1 / 4,
        mode="bicubic",
        antialias=True,
    )
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (recipe.input.mean, recipe.input.std))
    return ((255 * white.clamp(0, 1)).round() / 255 - mean) / std


def target_of(batch: Batch, weight: float) -> Target:
    assert batch.signed_distance is not None
    mask, distance = torch.from_numpy(batch.mask), torch.from_numpy(batch.signed_distance)
    return Target(mask, distance, weight)


@torch.no_grad()
def test_the_joint_loss_is_beta_of_the_segmentation_and_the_rest_of_the_image() -> None:
    recipe = load_recipe("cssr", [*LEARNED, "super_resolution.segmentation_weight=0.2"])
    with torch.enable_grad():
        outcome, before, after = take_step(recipe, epoch=4)
    batch = make_batch()
    output = before(small_image(batch, recipe))
    segmentation = LOSSES["bc2"](output.logits, target_of(batch, 0.05))
    original = shares(torch.from_numpy(batch.x), recipe)
    enlargement = (shares(output.enlarged_image, recipe) - original).abs().mean()
    assert outcome.loss == pytest.approx(float(0.2 * segmentation + 0.8 * enlargement), rel=1e-4)
    assert outcome.figures["segmentation_loss"] == pytest.approx(float(segmentation), rel=1e-4)
    assert outcome.figures["enlargement_loss"] == pytest.approx(float(enlargement), rel=1e-4)
    assert changed(before, after) == {"enlarger", "segmenter"}
    assert outcome.crack_px == 2 * 5 * 64


@torch.no_grad()
def test_the_inverse_loss_takes_the_small_truth_and_the_enlarged_probability() -> None:
    recipe = load_recipe("cssr-inverse", LEARNED)
    with torch.enable_grad():
        outcome, before, after = take_step(recipe)
    batch = make_batch()
    output = before(small_image(batch, recipe))
    small = reduce_target(target_of(batch, 0.01), 4, normalised_distance=False)
    segmentation = LOSSES["bc2"](output.low_resolution_logits, small)
    enlargement = (output.enlarged_probability - torch.from_numpy(batch.mask)).abs().mean()
    assert outcome.loss == pytest.approx(float(0.3 * segmentation + 0.7 * enlargement), rel=1e-4)
    assert changed(before, after) == {"enlarger", "segmenter"}
    assert "psnr_db" not in outcome.figures


@pytest.mark.parametrize(
    ("preset", "beta", "moved"),
    [
        ("cssr", 1.0, {"enlarger", "segmenter"}),
        ("cssr", 0.0, {"enlarger"}),
        ("cssr-inverse", 1.0, {"segmenter"}),
        ("cssr-inverse", 0.0, {"enlarger", "segmenter"}),
    ],
)
def test_what_each_loss_moves(preset: str, beta: float, moved: set[str]) -> None:
    recipe = load_recipe(preset, [*LEARNED, f"super_resolution.segmentation_weight={beta}"])
    _, before, after = take_step(recipe)
    assert changed(before, after) == moved


@pytest.mark.parametrize("preset", ["cssr-bicubic-seg", "cssr-seg-bicubic"])
def test_with_bicubic_the_segmentation_alone_is_trained(preset: str) -> None:
    outcome, before, after = take_step(load_recipe(preset, SMALL))
    assert changed(before, after) == {"segmenter"}
    assert outcome.loss == outcome.figures["segmentation_loss"]


@pytest.mark.parametrize(("enlarges", "channels"), [("image", 3), ("truth", 1)])
def test_super_resolution_by_itself(enlarges: str, channels: int) -> None:
    recipe = load_recipe(
        "cssr-bicubic-seg",
        [
            "system=super-resolution",
            f"network={{name: dbpn, options: {{in_channels: {channels}, features: [4, 2]}}}}",
            f"super_resolution.enlarges={enlarges}",
        ],
    )
    outcome, before, after = take_step(recipe)
    batch = make_batch()
    with torch.no_grad():
        if enlarges == "image":
            original = shares(torch.from_numpy(batch.x), recipe)
            enlarged = shares(before(small_image(batch, recipe)), recipe)
        else:
            original = torch.from_numpy(batch.mask)
            enlarged = before(nn.functional.avg_pool2d(original, 4))
    assert outcome.loss == pytest.approx(float((enlarged - original).abs().mean()), rel=1e-4)
    error = float((enlarged.clamp(0, 1) - original).square().mean())
    assert outcome.figures["psnr_db"] == pytest.approx(-10 * math.log10(error), abs=1e-3)
    assert changed(before, after) == {"features", "up", "down", "output"}


def test_networks_that_do_not_fit_are_refused() -> None:
    recipe = load_recipe("cssr-hr", ["network.options.filters=[4,4,4,4,4]"])
    with pytest.raises(RecipeError, match="which does not enlarge"):
        check_plan(recipe.model_copy(update={"system": "super-resolved"}), {})
    with pytest.raises(RecipeError, match="'super-resolution' with VggUNet"):
        check_plan(recipe.model_copy(update={"system": "super-resolution"}), {})
    truth = recipe.network.model_copy(update={"name": "dbpn", "options": {"in_channels": 1}})
    grey = recipe.model_copy(update={"system": "super-resolution", "network": truth})
    with pytest.raises(RecipeError, match="'image' of 3 channels, but the network has 1"):
        check_plan(grey, {})
    joint = load_recipe("cssr", LEARNED)
    with pytest.raises(RecipeError, match="'segmentation' with enlarge-then-segment"):
        check_plan(joint.model_copy(update={"system": "segmentation", "start": {}}), {})
    cut = load_recipe("cssr", [*LEARNED, "sampling.patch_px=40"])
    with pytest.raises(RecipeError, match="wants a multiple of 16; use 48"):
        check_patches(cut, build(cut.network.name, **cut.network.options))


def rows_of(run: Path) -> list[dict[str, str]]:
    with (run / "journal.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_a_joint_training_starts_from_super_resolution_and_predicts(
    strokes: Path, tmp_path: Path
) -> None:
    recipe = load_recipe("cssr", [*LEARNED, STAGE.format(3), "epochs=1"])
    result = train(recipe, data=strokes, out=tmp_path, progress=False, device="cpu")
    (stage,) = rows_of(tmp_path / "stages" / "super-resolution")
    assert float(stage["val_psnr_db"]) > 3
    assert stage["val_f1"] == ""
    with pytest.raises(ModelFileError, match="holds dbpn, a part that finds no cracks"):
        open_model(tmp_path / "stages" / "super-resolution")
    (row,) = rows_of(tmp_path)
    assert float(row["psnr_db"]) > 3
    assert result.model is not None
    model = open_model(result.model)
    assert (model.enlargement, model.metadata.tile) == (4, 256)
    photo = random_image(12, 10)
    assert model.predict_enlarged(photo).image.shape == (48, 40, 3)
    # Validation makes images small, pads and crops as prediction does.
    torch_run = open_model(tmp_path, backend="torch")
    np.testing.assert_allclose(torch_run.predict(photo), model.predict(photo), atol=1e-4)


def test_parts_trained_apart_are_put_together(strokes: Path, tmp_path: Path) -> None:
    vgg = f"stages.segmentation.network={{name: vgg-unet, options: {SEGMENTER}}}"
    epochs = ("stages.super-resolution.epochs=1", "stages.segmentation.epochs=1")
    recipe = load_recipe("cssr-apart", [*LEARNED, STAGE.format(3), vgg, *epochs])
    train(recipe, data=strokes, out=tmp_path, progress=False, device="cpu")
    whole = load_file(tmp_path / "best.safetensors")
    for stage, part in (("super-resolution", "enlarger"), ("segmentation", "segmenter")):
        for name, tensor in load_file(tmp_path / "stages" / stage / "best.safetensors").items():
            assert torch.equal(whole[f"{part}.{name}"], tensor)


def test_validation_scores_what_prediction_gives(strokes: Path) -> None:
    from crackgauge.data.dataset import Sample
    from crackgauge.training.enlarged_validation import enlarged_probabilities

    recipe = load_recipe("cssr-bicubic-seg", SMALL)
    torch.manual_seed(0)
    network = build(recipe.network.name, **recipe.network.options).eval()
    image, mask = read_image(strokes / "images/0.png"), read_mask(strokes / "masks/0.png").mask
    sample = Sample("0", image[:, :50], mask[:, :50])  # 48 x 50: padded to 48 x 64
    ((probability, truth),) = enlarged_probabilities(
        network,
        [sample],
        recipe,
        device=torch.device("cpu"),
        autocast=Fabric(accelerator="cpu", devices=1).autocast,
    )
    assert truth is sample.mask
    padded = np.pad(sample.image, ((0, 0), (0, 14), (0, 0)), mode="edge")
    white = torch.from_numpy(padded).permute(2, 0, 1)[None] / 255
    small = nn.functional.interpolate(white, scale_factor=1 / 4, mode="bicubic", antialias=True)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (recipe.input.mean, recipe.input.std))
    with torch.no_grad():
        logits = network(((255 * small.clamp(0, 1)).round() / 255 - mean) / std).logits
    expected = logits.sigmoid()[0, 0, :48, :50].numpy()
    np.testing.assert_allclose(probability, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("preset", "parts"),
    [
        ("cssr", {"network.enlarger": "super-resolution"}),
        (
            "cssr-apart",
            {"network.enlarger": "super-resolution", "network.segmenter": "segmentation"},
        ),
        ("cssr-inverse-apart", {"network.segmenter": "segmentation.segmenter"}),
        ("cssr-inverse", {"network.enlarger": "super-resolution"}),
    ],
)
def test_stages_of_the_presets_fit_the_parts_that_start_from_them(
    preset: str, parts: dict[str, str]
) -> None:
    recipe = load_recipe(preset)
    assert recipe.start == parts
    with torch.device("meta"):
        whole = build(recipe.network.name, **recipe.network.options)
        for part, source in parts.items():
            name, _, inside = source.partition(".")
            stage = stage_recipe(recipe, name)
            learned = build(stage.network.name, **stage.network.options).get_submodule(inside)
            expected = whole.get_submodule(part.removeprefix("network.")).state_dict()
            assert {k: v.shape for k, v in learned.state_dict().items()} == {
                k: v.shape for k, v in expected.items()
            }
            assert stage.epochs == 66
            find_system(stage.system)
