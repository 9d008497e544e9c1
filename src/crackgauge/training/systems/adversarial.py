"""A generator of crack maps against a discriminator: CrackGAN and its baselines.

Zhang, Zhang and Cheng 2020, stage 2: L = -E[log D(G(x))] + lambda mean|y - G(x)|, y and G(x) in
[-1, 1] (the sign of the L1 term in its eq. 5 is a misprint). With a discriminator in training and
conditional it is pix2pix (Isola et al. 2017), without one the L1 term alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from crackgauge.errors import RecipeError
from crackgauge.models import build
from crackgauge.models.dc_gan import DcGanDiscriminator
from crackgauge.recipes import Recipe
from crackgauge.recipes.schema import Adversary
from crackgauge.training.adversary import (
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

DISCRIMINATOR = "discriminator"


class Adversarial(System):
    """The recipe's network is the generator; G(x) is the tanh of half its logit.

    The discriminator is trained too unless the recipe's `frozen` names it. Truths are brought to
    the size of the generator's map.
    """

    figures = ("l1", "d_real", "d_fake", "pull", "variety")

    def companions(self, recipe: Recipe) -> dict[str, nn.Module]:
        """The discriminator, where the recipe has one."""
        judge = (recipe.adversary or Adversary()).discriminator
        return {} if judge is None else {DISCRIMINATOR: build(judge.name, **judge.options)}

    def check(self, recipe: Recipe, networks: Mapping[str, nn.Module]) -> None:
        """Refuse a discriminator that cannot judge the generator's maps."""
        if DISCRIMINATOR not in networks:
            return
        judge, network = networks[DISCRIMINATOR], networks["network"]
        shown = 1
        if (recipe.adversary or Adversary()).conditional:
            shown += recipe.input.channels
        channels = next(m.in_channels for m in judge.modules() if isinstance(m, nn.Conv2d))
        if channels != shown:
            raise RecipeError(
                f"adversary.discriminator: it takes {channels} channels, but is shown {shown}; set "
                f"adversary.conditional={str(channels > 1).lower()}, or give it {shown} channels"
            )
        scale = float(getattr(network, "output_scale", 1))
        side = round(recipe.sampling.patch_px * scale)
        if isinstance(judge, DcGanDiscriminator) and judge.side_px != side:
            raise RecipeError(
                f"sampling.patch_px: got {recipe.sampling.patch_px}, whose maps have {side} px, "
                f"but the discriminator judges maps of {judge.side_px}; use "
                f"{round(judge.side_px / scale)}, or other adversary.discriminator.options.filters"
            )

    def step(self, step: Step, batch: Batch) -> Outcome:
        """Update the discriminator where it is trained, then the generator."""
        settings = step.recipe.adversary or Adversary()
        x, mask = step.input(batch), step.to_device(batch.mask)
        with step.autocast():
            logits = step.network(x).logits
        maps = torch.tanh(logits.float() / 2)
        truth = truth_maps(mask, maps.shape[-1])
        figures = {}
        l1 = functional.l1_loss(maps, truth)
        loss = settings.l1_weight * l1
        pulls: list[float] = []
        if DISCRIMINATOR in step.networks:
            discriminator = step.networks[DISCRIMINATOR]
            context = _context(x, maps) if settings.conditional else None
            figures = _judge(step, discriminator, _seen(truth, context), _seen(maps, context))
            shown = maps.view_as(maps)  # a tensor of its own, whose gradient is the adversary's
            watch(shown, pulls)
            with step.autocast():
                judged = discriminator(_seen(shown, context))
            loss = real_loss(judged) + loss
        step.update("network", loss)
        if pulls:
            figures["pull"] = pulls[-1]
        if len(maps) > 1:
            figures["variety"] = variety_of(maps, truth)
        return Outcome(
            loss=float(loss.detach()),
            # A map above 0 is a probability above a half.
            predicted_px=int(torch.count_nonzero(maps.detach() >= 0)),
            crack_px=int(torch.count_nonzero(truth > 0)),
            seen_px=truth.numel(),
            figures={"l1": float(l1.detach()), **figures},
        )


def _context(x: Tensor, maps: Tensor) -> Tensor:
    """The image in the size of the maps."""
    if x.shape[-2:] == maps.shape[-2:]:
        return x
    return functional.interpolate(x, size=maps.shape[-2:], mode="area")


def _seen(maps: Tensor, context: Tensor | None) -> Tensor:
    return maps if context is None else torch.cat((context, maps), dim=1)


def _judge(step: Step, discriminator: nn.Module, real: Tensor, fake: Tensor) -> dict[str, float]:
    """What the discriminator says of both; its update, where it is trained."""
    trained = any(parameter.requires_grad for parameter in discriminator.parameters())
    with torch.set_grad_enabled(trained), step.autocast():
        of_real, of_fake = discriminator(real), discriminator(fake.detach())
    if trained:  # halved, as in pix2pix: it learns more slowly than the generator
        step.update(DISCRIMINATOR, (real_loss(of_real) + fake_loss(of_fake)) / 2)
    return {"d_real": mean_probability(of_real), "d_fake": mean_probability(of_fake)}
