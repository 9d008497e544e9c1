"""A DC-GAN on truths alone, whose discriminator learns what a crack map looks like.

Zhang, Zhang and Cheng 2020 (CrackGAN), stage 1. The recipe's network is the discriminator, which is
kept; the generator makes maps of noise beside it.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from crackgauge.errors import RecipeError
from crackgauge.models import build
from crackgauge.models.dc_gan import DcGanDiscriminator
from crackgauge.recipes import Recipe
from crackgauge.recipes.schema import Adversary
from crackgauge.training.adversary import (
    check_reduction,
    fake_loss,
    mean_probability,
    real_loss,
    truth_maps,
    variety_of,
    watch,
)
from crackgauge.training.batches import Batch
from crackgauge.training.outcome import Outcome
from crackgauge.training.step import Step
from crackgauge.training.systems.system import System

GENERATOR = "generator"


class DcGan(System):
    """One step of the discriminator, one of the generator, on truths as maps in [-1, 1]."""

    predicts = False
    figures = ("generator_loss", "d_real", "d_fake", "pull", "variety")

    def companions(self, recipe: Recipe) -> dict[str, nn.Module]:
        """The generator with the discriminator's channels."""
        options = {k: v for k, v in recipe.network.options.items() if k == "filters"}
        noise = (recipe.adversary or Adversary()).noise
        return {GENERATOR: build("dc-gan-generator", noise=noise, **options)}

    def check(self, recipe: Recipe, networks: Mapping[str, nn.Module]) -> None:
        """Refuse a network that judges no maps, and patches that do not become its maps."""
        network = networks["network"]
        if not isinstance(network, DcGanDiscriminator):
            raise RecipeError(
                f"system: got 'dc-gan' with {type(network).__name__}, expected "
                "network.name=dc-gan-discriminator"
            )
        check_reduction(recipe.sampling.patch_px, network.side_px)

    def step(self, step: Step, batch: Batch) -> Outcome:
        """Both updates; the loss told is the discriminator's."""
        discriminator, generator = step.network, step.networks[GENERATOR]
        mask = step.to_device(batch.mask)
        real = truth_maps(mask, int(discriminator.side_px))  # type: ignore[arg-type]
        noise = int(generator.noise)  # type: ignore[arg-type]
        # Drawn on the CPU: its generator's state is saved, so that a resumed training draws alike.
        z = torch.randn(len(real), noise).to(real.device)
        with step.autocast():
            fake = generator(z)
            of_real, of_fake = discriminator(real), discriminator(fake.detach())
        loss = real_loss(of_real) + fake_loss(of_fake)
        step.update("network", loss)
        figures = {"d_real": mean_probability(of_real), "d_fake": mean_probability(of_fake)}
        pulls: list[float] = []
        watch(fake, pulls)
        with step.autocast():
            again = discriminator(fake)
        generator_loss = real_loss(again)
        step.update(GENERATOR, generator_loss)
        figures["generator_loss"] = float(generator_loss.detach())
        figures["pull"] = pulls[-1]
        figures["variety"] = variety_of(fake, real) if len(real) > 1 else 1.0
        return Outcome(loss=float(loss.detach()), figures=figures)
