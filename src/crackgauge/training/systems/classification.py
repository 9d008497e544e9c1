"""Is there a crack in the patch? Pre-trains an encoder (Zhang, Zhang and Cheng 2020, CrackGAN)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn
from torch.nn import functional

from crackgauge.errors import RecipeError
from crackgauge.models.crackgan import CrackGanClassifier
from crackgauge.recipes import Recipe
from crackgauge.training.batches import Batch
from crackgauge.training.outcome import Outcome
from crackgauge.training.step import Step
from crackgauge.training.systems.system import System


class Classification(System):
    """Cross entropy of one logit a patch; crack is a patch with a crack pixel.

    The counts of predicted, crack and seen are of patches here, not of pixels.
    """

    predicts = False
    figures = ("accuracy",)

    def check(self, recipe: Recipe, networks: Mapping[str, nn.Module]) -> None:
        """Refuse a network that is no classifier."""
        if not isinstance(networks["network"], CrackGanClassifier):
            raise RecipeError(
                f"system: got 'classification' with {recipe.network.name}, expected "
                "network.name=crackgan-classifier"
            )

    def step(self, step: Step, batch: Batch) -> Outcome:
        """Forward, loss, update."""
        x = step.input(batch)
        crack = step.to_device(batch.mask).flatten(1).amax(dim=1, keepdim=True)
        with step.autocast():
            logits = step.network(x)
        loss = functional.binary_cross_entropy_with_logits(logits.float(), crack)
        step.update("network", loss)
        predicted = logits.detach() >= 0
        return Outcome(
            loss=float(loss.detach()),
            predicted_px=int(torch.count_nonzero(predicted)),
            crack_px=int(torch.count_nonzero(crack)),
            seen_px=crack.numel(),
            figures={"accuracy": float((predicted == (crack > 0)).float().mean())},
        )
