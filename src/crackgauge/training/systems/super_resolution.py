"""A network that enlarges images, or truths, by itself: Kondo and Ukita 2021, pre-training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from statistics import fmean

import torch
from torch import nn
from torch.nn import functional

from crackgauge.data.dataset import Sample
from crackgauge.errors import RecipeError
from crackgauge.models.dbpn import Dbpn
from crackgauge.recipes import Recipe
from crackgauge.recipes.schema import SuperResolution as Settings
from crackgauge.training.batches import Batch
from crackgauge.training.enlarged_validation import enlarged_psnr_db
from crackgauge.training.low_resolution import ImageSpace, psnr_db, reduce_target
from crackgauge.training.outcome import Outcome
from crackgauge.training.step import Step
from crackgauge.training.systems.system import System


class SuperResolution(System):
    """L1 between the enlarged low-resolution image, or truth, and the high-resolution one.

    The loss of an image is of its shares of white, so it does not depend on the normalisation.
    """

    predicts = False
    figures = ("psnr_db",)
    validation_figures = ("val_psnr_db",)

    def check(self, recipe: Recipe, networks: Mapping[str, nn.Module]) -> None:
        """Refuse a network that enlarges nothing, or something with other channels."""
        network = networks["network"]
        if not isinstance(network, Dbpn):
            raise RecipeError(
                f"system: got 'super-resolution' with {type(network).__name__}, expected "
                "network.name=dbpn"
            )
        truth = (recipe.super_resolution or Settings()).enlarges == "truth"
        channels = 1 if truth else recipe.input.channels
        if network.channels != channels:
            what = "truth" if truth else "image"
            raise RecipeError(
                f"super_resolution.enlarges: got {what!r} of {channels} channels, but the network "
                f"has {network.channels}; set network.options.in_channels={channels}"
            )

    def step(self, step: Step, batch: Batch) -> Outcome:
        """Reduce, enlarge, compare."""
        settings = step.recipe.super_resolution or Settings()
        scale = int(step.network.output_scale)  # type: ignore[arg-type]
        if settings.enlarges == "truth":
            target = step.target(batch)
            original = target.mask
            small = reduce_target(target, scale, normalised_distance=False).mask
            with step.autocast():
                enlarged = step.network(small).float()
        else:
            x = step.input(batch)
            space = ImageSpace(step.recipe.input, x.device)
            original = space.white(x)
            small = space.reduce(x, scale, settings.low_resolution)
            with step.autocast():
                enlarged = step.network(small)
            enlarged = space.white(enlarged)
        loss = functional.l1_loss(enlarged, original)
        step.update("network", loss)
        figures = {"psnr_db": psnr_db(enlarged.detach(), original)}
        return Outcome(loss=float(loss.detach()), figures=figures)

    def measure(
        self,
        network: nn.Module,
        samples: Sequence[Sample],
        recipe: Recipe,
        *,
        device: torch.device,
        autocast: Callable[[], AbstractContextManager[None]],
    ) -> dict[str, float]:
        """Mean PSNR over the images; that of a truth says little and is not taken."""
        if (recipe.super_resolution or Settings()).enlarges == "truth":
            return {}
        each = enlarged_psnr_db(network, samples, recipe, device=device, autocast=autocast)
        return {"val_psnr_db": fmean(each)}
