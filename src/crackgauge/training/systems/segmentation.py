"""One network that maps an image to the probability of crack, and one loss."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from crackgauge.errors import RecipeError
from crackgauge.losses import LOSSES
from crackgauge.recipes import Recipe
from crackgauge.training.batches import Batch
from crackgauge.training.outcome import Outcome
from crackgauge.training.step import Step
from crackgauge.training.systems.system import System


class Segmentation(System):
    """The recipe's loss of the logits, and of each companion map with weight 1."""

    def check(self, recipe: Recipe, networks: Mapping[str, nn.Module]) -> None:
        """Refuse a network whose map is not as large as the image, or that makes none."""
        network = networks["network"]
        if not hasattr(network, "tile_exact") or float(getattr(network, "output_scale", 1)) != 1:
            raise RecipeError(
                f"system: got 'segmentation' with {recipe.network.name}, which gives no map of the "
                "image's size; name its own system, as the presets do"
            )

    def step(self, step: Step, batch: Batch) -> Outcome:
        """Forward, loss, update."""
        x, target = step.input(batch), step.target(batch)
        with step.autocast():
            output = step.network(x)
        loss_of = LOSSES[step.recipe.loss]
        loss = loss_of(output.logits, target)
        for companion in output.aux:
            loss = loss + loss_of(companion, target)
        step.update("network", loss)
        return Outcome(
            loss=float(loss.detach()),
            # A logit of 0 is a probability of 0.5.
            predicted_px=int(torch.count_nonzero(output.logits.detach() >= 0)),
            crack_px=int(torch.count_nonzero(target.mask)),
            seen_px=target.mask.numel(),
        )
