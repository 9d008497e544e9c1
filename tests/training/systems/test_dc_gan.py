"""The DC-GAN stage: what it learns from, and what it refuses."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from torch.nn import functional

from crackgauge.errors import RecipeError
from crackgauge.models import build
from crackgauge.recipes import Recipe
from crackgauge.training.batches import Batch
from crackgauge.training.samples import load_training_samples
from crackgauge.training.state import TrainingState
from crackgauge.training.step import Step
from crackgauge.training.systems.dc_gan import DcGan


def recipe(**changes: object) -> Recipe:
    network = {"name": "dc-gan-discriminator", "options": {"filters": [4, 8]}}
    sampling = {"patch_px": 32}
    return Recipe(preset="a", system="dc-gan", network=network, sampling=sampling, **changes)


def test_the_generator_has_the_discriminator_s_channels_and_the_recipe_s_noise() -> None:
    (generator,) = DcGan().companions(recipe(adversary={"noise": 7})).values()
    assert generator(torch.zeros(2, 7)).shape == (2, 1, 16, 16)


def test_one_step_moves_both_networks_against_each_other() -> None:
    torch.manual_seed(0)
    networks = {"network": build("dc-gan-discriminator", filters=[4, 8])}
    networks |= DcGan().companions(recipe())
    before = {
        name: {k: v.clone() for k, v in network.state_dict().items()}
        for name, network in networks.items()
    }
    optimizers = {n: torch.optim.SGD(m.parameters(), lr=0.1) for n, m in networks.items()}
    fabric = Fabric(accelerator="cpu", devices=1, precision="32-true")
    step = Step(recipe(), fabric, TrainingState(networks, None, optimizers, ""), index=0, epoch=0)
    mask = np.zeros((3, 1, 32, 32), np.float32)
    mask[:, :, 10:14] = 1
    outcome = DcGan().step(step, Batch(np.zeros((3, 3, 32, 32), np.float32), mask))
    for name, network in networks.items():
        moved = [k for k, v in network.state_dict().items() if not torch.equal(v, before[name][k])]
        assert any(key.endswith("weight") for key in moved), name
    assert outcome.seen_px == 0  # nothing is predicted, so no such collapse is looked for
    # The discriminator's loss told is that of its probabilities before the step.
    assert outcome.loss == pytest.approx(2 * float(np.log(2)), abs=0.3)
    assert set(outcome.figures) == set(DcGan.figures)
    assert torch.isfinite(functional.softplus(torch.tensor(outcome.loss)))


def test_both_losses_written_out_once_more() -> None:
    """-log D(y) - log(1 - D(G(z))), then -log D(G(z)) of the discriminator that has moved."""
    torch.manual_seed(0)
    networks = {"network": build("dc-gan-discriminator", filters=[4, 8])}
    networks |= DcGan().companions(recipe())
    judge, generator = copy.deepcopy(networks["network"]), copy.deepcopy(networks["generator"])
    optimizers = {n: torch.optim.SGD(m.parameters(), lr=0.1) for n, m in networks.items()}
    fabric = Fabric(accelerator="cpu", devices=1, precision="32-true")
    step = Step(recipe(), fabric, TrainingState(networks, None, optimizers, ""), index=0, epoch=0)
    mask = np.zeros((3, 1, 32, 32), np.float32)
    mask[:, :, 10:14] = 1
    torch.manual_seed(1)
    outcome = DcGan().step(step, Batch(np.zeros((3, 3, 32, 32), np.float32), mask))
    torch.manual_seed(1)
    maps = generator(torch.randn(3, 128))
    real = torch.full((3, 1, 16, 16), -1.0)
    real[:, :, 5:7] = 1
    of_real, of_fake = judge(real).sigmoid(), judge(maps).sigmoid()
    expected = -of_real.log().mean() - (1 - of_fake).log().mean()
    assert outcome.loss == pytest.approx(float(expected.detach()), rel=1e-5)
    moved = networks["network"]
    loss = -moved(maps).sigmoid().log().mean()
    assert outcome.figures["generator_loss"] == pytest.approx(float(loss.detach()), rel=1e-5)
    # Down the gradients of the two: each network is better off than before.
    weights = list(generator.parameters())
    for old, new, gradient in zip(
        weights,
        networks["generator"].parameters(),
        torch.autograd.grad(loss, weights),
        strict=True,
    ):
        torch.testing.assert_close(new, old - 0.1 * gradient)
    assert -moved(real).sigmoid().log().mean() - (1 - moved(maps).sigmoid()).log().mean() < expected


def test_drawn_curves_join_the_labelled_ones(strokes: Path) -> None:
    curves = {"dilations": 0, "drawn": 3}
    samples = load_training_samples([strokes], recipe(curves=curves), report=lambda _: lambda: None)
    assert [s.stem for s in samples.train[-3:]] == ["drawn 0", "drawn 1", "drawn 2"]
    assert len(samples.train) == 6 + 3
    assert samples.first_dataset == 6
    drawn = samples.train[-1]
    assert drawn.mask.shape == drawn.image.shape[:2] == (64, 64)
    assert drawn.mask.any()
    assert not drawn.image.any()
    assert all(sample.stem in "67" for sample in samples.validation)


def test_systems_that_look_at_images_get_no_drawn_curves(strokes: Path) -> None:
    wrong = recipe(curves={"drawn": 3}).model_copy(update={"system": "adversarial"})
    with pytest.raises(RecipeError, match="looks at images"):
        load_training_samples([strokes], wrong, report=lambda _: lambda: None)


def test_truths_become_bands_around_their_centre(strokes: Path) -> None:
    curves = {"dilations": 1, "radius_px": 2}
    samples = load_training_samples([strokes], recipe(curves=curves), report=lambda _: lambda: None)
    for sample in (*samples.train, *samples.validation):
        assert set(sample.mask[:, 15:40].sum(axis=0)) == {5}
