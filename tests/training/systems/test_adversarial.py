"""System 5 end to end on tiny images: its loss by hand, what is trained and what is not."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from safetensors.torch import load_file
from tests.training.conftest import SMALL
from torch.nn import functional

from crackgauge.errors import RecipeError
from crackgauge.inference.predictor import open_model
from crackgauge.models import build
from crackgauge.recipes import Recipe, load_recipe
from crackgauge.training.batches import Batch
from crackgauge.training.loop import train
from crackgauge.training.plan import check_plan
from crackgauge.training.state import TrainingState
from crackgauge.training.step import Step
from crackgauge.training.systems.adversarial import Adversarial

FILTERS = "[4,4,6,6,8]"
GENERATOR = [*SMALL[1:], f"network.options.filters={FILTERS}"]
ENCODER = [
    "stages.encoder.sampling.patch_px=32",
    f"stages.encoder.network.options.filters={FILTERS}",
    "stages.encoder.epochs=1",
]
JUDGE = "adversary.discriminator.options.filters=[4,8]"  # maps of 16 px
DC_GAN = [
    JUDGE,
    "stages.dc-gan.network.options.filters=[4,8]",
    "stages.dc-gan.curves.drawn=2",
    "stages.dc-gan.sampling.count=4",
    "stages.dc-gan.epochs=2",
]
CURVES = ["curves.dilations=1", "curves.radius_px=2"]
CRACKGAN = [*GENERATOR, *ENCODER, *DC_GAN, *CURVES]
UNET = [*GENERATOR, *ENCODER, *CURVES]
PIX2PIX = [
    *SMALL[1:],
    *CURVES,
    "network.options.filters=[4,4,8,8,8]",
    "adversary.discriminator.options.filters=[4,4]",
]
PRESETS = {"crackgan": CRACKGAN, "crackgan-unet": UNET, "pix2pix": PIX2PIX}


def journal(folder: Path) -> list[dict[str, str]]:
    with (folder / "journal.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def run(data: Path, out: Path, preset: str, *overrides: str) -> None:
    recipe = load_recipe(preset, [*PRESETS[preset], "epochs=2", *overrides])
    train(recipe, data=data, out=out, progress=False, device="cpu")


@pytest.fixture(scope="module")
def crackgan(strokes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("crackgan") / "run"
    run(strokes, out, "crackgan")
    return out


def test_three_stages_make_a_model_of_half_size_maps(crackgan: Path) -> None:
    metadata = open_model(crackgan / "model.onnx").metadata
    assert (metadata.architecture, metadata.output_scale) == ("crackgan", 0.5)
    assert (metadata.padding, metadata.threshold) == ("reflect", 0.5)
    assert metadata.tiling == "exact"
    image = np.zeros((50, 41, 3), np.uint8)
    assert open_model(crackgan / "model.onnx").predict(image).shape == (50, 41)


def test_the_journals_tell_of_each_stage(crackgan: Path) -> None:
    encoder, dc_gan = (journal(crackgan / "stages" / name) for name in ("encoder", "dc-gan"))
    last = journal(crackgan)
    assert 0 <= float(encoder[-1]["accuracy"]) <= 1
    assert all(float(row[name]) > 0 for row in dc_gan for name in ("d_real", "pull", "variety"))
    assert all(0 < float(row["l1"]) < 2 for row in last)
    assert all(row["val_f1"] for row in last)


def test_the_frozen_discriminator_stays_the_stage_s(crackgan: Path) -> None:
    stage = load_file(crackgan / "stages" / "dc-gan" / "best.safetensors")
    (state,) = sorted((crackgan / "states").glob("*.safetensors"))[-1:]
    kept = {
        name.removeprefix("networks/discriminator/"): tensor
        for name, tensor in load_file(state).items()
        if name.startswith("networks/discriminator/")
    }
    assert kept.keys() == stage.keys()
    assert all(torch.equal(kept[name], stage[name]) for name in stage)


def test_without_frozen_the_discriminator_learns(strokes: Path, tmp_path: Path) -> None:
    run(strokes, tmp_path, "crackgan", "frozen=[]")
    stage = load_file(tmp_path / "stages" / "dc-gan" / "best.safetensors")
    (state,) = sorted((tmp_path / "states").glob("*.safetensors"))[-1:]
    kept = load_file(state)
    changed = [
        n for n, t in stage.items() if not torch.equal(t, kept[f"networks/discriminator/{n}"])
    ]
    assert "layers.0.weight" in changed


@pytest.mark.parametrize("preset", ["crackgan-unet", "pix2pix"])
def test_baselines_train_and_export(strokes: Path, tmp_path: Path, preset: str) -> None:
    run(strokes, tmp_path, preset)
    rows = journal(tmp_path)
    assert [row["d_real"] != "" for row in rows] == [preset == "pix2pix"] * 2
    scale = open_model(tmp_path / "model.onnx").metadata.output_scale
    assert scale == (1.0 if preset == "pix2pix" else 0.5)


def test_a_stopped_training_is_the_one_that_was_not(strokes: Path, tmp_path: Path) -> None:
    """The noise of the DC-GAN included: both discriminators are the same bytes."""
    settings = [*CRACKGAN, "epochs=2"]
    recipe = load_recipe("crackgan", settings)
    train(recipe, data=strokes, out=tmp_path / "whole", progress=False, device="cpu")
    out = tmp_path / "resumed"
    train(recipe, data=strokes, out=out, progress=False, device="cpu")
    stage = out / "stages" / "dc-gan"
    (stage / "finished.txt").unlink()
    for path in sorted((stage / "states").iterdir())[-2:]:  # the newest, with its digest
        path.unlink()
    for path in out.iterdir():  # the last training has not begun
        if path.name != "stages":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    train(recipe, data=strokes, out=out, resume=True, progress=False, device="cpu")
    first, second = (
        (tmp_path / name / "stages" / "dc-gan" / "best.safetensors").read_bytes()
        for name in ("whole", "resumed")
    )
    assert first == second


def one_step(recipe: Recipe, networks: dict[str, torch.nn.Module]) -> tuple[Any, Batch]:
    """One step of fixed inputs, with plain gradient descent at rate 0: nothing moves."""
    generator = np.random.default_rng(0)
    x = generator.standard_normal((2, 3, 32, 32)).astype(np.float32)
    mask = (generator.random((2, 1, 32, 32)) < 0.1).astype(np.float32)
    optimizers = {
        name: torch.optim.SGD([p for p in n.parameters() if p.requires_grad], lr=0.0)
        for name, n in networks.items()
        if any(p.requires_grad for p in n.parameters())
    }
    state = TrainingState(networks, None, optimizers, "")
    fabric = Fabric(accelerator="cpu", devices=1, precision="32-true")
    step = Step(recipe, fabric, state, index=0, epoch=0)
    batch = Batch(x, mask)
    return Adversarial().step(step, batch), batch


def test_the_loss_is_the_paper_s() -> None:
    """L = -mean log D(G(x)) + 0.3 mean|y - G(x)|, from the networks' own outputs."""
    torch.manual_seed(0)
    recipe = load_recipe("crackgan", CRACKGAN)
    generator = build("crackgan", filters=[4, 4, 6, 6, 8])
    judge = build("dc-gan-discriminator", filters=[4, 8]).eval().requires_grad_(False)
    outcome, batch = one_step(recipe, {"network": generator, "discriminator": judge})
    with torch.no_grad():
        probability = generator(torch.from_numpy(batch.x)).logits.sigmoid()
        maps = 2 * probability - 1
        y = 2 * functional.max_pool2d(torch.from_numpy(batch.mask), 2) - 1
        expected = -judge(maps).sigmoid().log().mean() + 0.3 * (y - maps).abs().mean()
        assert outcome.loss == pytest.approx(float(expected), rel=1e-4)
        assert outcome.figures["d_fake"] == pytest.approx(float(judge(maps).sigmoid().mean()))
        assert outcome.figures["d_real"] == pytest.approx(float(judge(y).sigmoid().mean()))
        spread = maps.std(dim=0).mean() / y.std(dim=0).mean()
        assert outcome.figures["variety"] == pytest.approx(float(spread), rel=1e-4)
        assert outcome.predicted_px == int((probability >= 0.5).sum())
        assert outcome.crack_px == int((y > 0).sum())


def test_the_pull_is_the_adversary_s_gradient() -> None:
    torch.manual_seed(0)
    recipe = load_recipe("crackgan", CRACKGAN)
    generator = build("crackgan", filters=[4, 4, 6, 6, 8])
    judge = build("dc-gan-discriminator", filters=[4, 8]).eval().requires_grad_(False)
    outcome, batch = one_step(recipe, {"network": generator, "discriminator": judge})
    maps = (generator(torch.from_numpy(batch.x)).logits / 2).tanh().detach().requires_grad_()
    (gradient,) = torch.autograd.grad(-functional.logsigmoid(judge(maps)).mean(), maps)
    assert outcome.figures["pull"] == pytest.approx(float(gradient.abs().sum()), rel=1e-4)


def test_a_conditional_discriminator_sees_the_image() -> None:
    torch.manual_seed(0)
    recipe = load_recipe("pix2pix", PIX2PIX)
    generator = build("pix2pix", filters=[4, 4, 8, 8, 8]).eval()
    judge = build("patch-discriminator", channels=4, filters=[4, 4]).eval().requires_grad_(False)
    outcome, batch = one_step(recipe, {"network": generator, "discriminator": judge})
    x = torch.from_numpy(batch.x)
    y = 2 * torch.from_numpy(batch.mask) - 1
    with torch.no_grad():
        expected = judge(torch.cat((x, y), dim=1)).sigmoid().mean()
    assert outcome.figures["d_real"] == pytest.approx(float(expected), rel=1e-5)


@pytest.mark.parametrize(
    ("preset", "override", "said"),
    [
        ("crackgan", "sampling.patch_px=64", "maps have 32 px, but .* judges maps of 16; use 32"),
        ("crackgan", "adversary.conditional=true", "takes 1 channels, but is shown 4"),
        ("pix2pix", "adversary.conditional=false", "set adversary.conditional=true"),
    ],
)
def test_a_discriminator_that_cannot_judge_is_refused(
    preset: str, override: str, said: str
) -> None:
    with pytest.raises(RecipeError, match=said):
        check_plan(load_recipe(preset, [*PRESETS[preset], override]), {})
