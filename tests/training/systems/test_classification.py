"""Classification of patches: the loss by hand, the counts of patches."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from crackgauge.recipes import Recipe
from crackgauge.training.batches import Batch
from crackgauge.training.state import TrainingState
from crackgauge.training.step import Step
from crackgauge.training.systems.classification import Classification


class Brightness(nn.Module):
    """A logit of w times the mean."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))

    def forward(self, x: Tensor) -> Tensor:
        return self.weight * x.mean(dim=(1, 2, 3), keepdim=True)[:, :, 0, 0]


def test_a_patch_with_a_crack_pixel_is_crack() -> None:
    network = Brightness()
    optimizer = torch.optim.SGD(network.parameters(), lr=1.0)
    state = TrainingState({"network": network}, None, {"network": optimizer}, "")
    fabric = Fabric(accelerator="cpu", devices=1, precision="32-true")
    recipe = Recipe(preset="a", network={"name": "crackgan-classifier"})
    step = Step(recipe, fabric, state, index=0, epoch=0)
    x = np.ones((3, 3, 4, 4), np.float32) * np.array([2, -1, 1], np.float32)[:, None, None, None]
    mask = np.zeros((3, 1, 4, 4), np.float32)
    mask[0, 0, 3, 3] = mask[1, 0, 0, 0] = 1
    outcome = Classification().step(step, Batch(x, mask))
    losses = [math.log(1 + math.exp(-2)), math.log(1 + math.exp(1)), math.log(1 + math.exp(1))]
    assert outcome.loss == pytest.approx(sum(losses) / 3)
    assert (outcome.predicted_px, outcome.crack_px, outcome.seen_px) == (2, 2, 3)
    assert outcome.figures["accuracy"] == pytest.approx(1 / 3)
    assert float(network.weight.detach()) != 1.0
