"""One network that maps an image to the probability of crack, and one loss."""

from __future__ import annotations

import torch

from crackgauge.losses import LOSSES
from crackgauge.training.batches import Batch
from crackgauge.training.outcome import Outcome
from crackgauge.training.step import Step
from crackgauge.training.systems.system import System


class Segmentation(System):
    """The recipe's loss of the logits, and of each companion map with weight 1."""

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
