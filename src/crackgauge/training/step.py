"""One training step, as the step function of a system sees it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import numpy.typing as npt
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from crackgauge.losses import Target
from crackgauge.recipes import Recipe
from crackgauge.recipes.schema import Boundary
from crackgauge.training.batches import Batch
from crackgauge.training.schedule import boundary_weight_at
from crackgauge.training.state import TrainingState


class Step:
    """What a step function works with.

    Attributes:
        recipe: of the training.
        networks: by name; "network" is the recipe's own.
        index: of the step, counted from 0.
        epoch: that it is in, counted from 0.
        finite: whether every gradient so far was.
    """

    def __init__(
        self, recipe: Recipe, fabric: Fabric, state: TrainingState, *, index: int, epoch: int
    ) -> None:
        self.recipe = recipe
        self.networks = state.networks
        self.index = index
        self.epoch = epoch
        self.finite = True
        self._fabric = fabric
        self._optimizers = state.optimizers

    @property
    def network(self) -> nn.Module:
        """The recipe's own network."""
        return self.networks["network"]

    def to_device(self, array: npt.NDArray[Any]) -> Tensor:
        """The array as a tensor where the networks are."""
        tensor: Tensor = self._fabric.to_device(torch.from_numpy(array))
        return tensor

    def autocast(self) -> AbstractContextManager[None]:
        """The context of the recipe's arithmetic, for forward passes."""
        context: AbstractContextManager[None] = self._fabric.autocast()
        return context

    def input(self, batch: Batch) -> Tensor:
        """The batch's images (N, C, p, p), normalised, channels last."""
        return self.to_device(batch.x).contiguous(memory_format=torch.channels_last)

    def target(self, batch: Batch) -> Target:
        """The batch's truth, with what a boundary loss asks for beside it."""
        mask = self.to_device(batch.mask)
        if batch.signed_distance is None:
            return Target(mask)
        rules = self.recipe.boundary or Boundary()
        distance = self.to_device(batch.signed_distance)
        return Target(mask, distance, boundary_weight_at(rules, self.epoch))

    def update(self, name: str, loss: Tensor) -> bool:
        """Move the network `name` down the gradient of `loss`.

        The gradients that other networks get from it are dropped.

        Returns:
            Whether the gradient was finite; where it was not, nothing has moved.
        """
        self._fabric.backward(loss)
        limit = self.recipe.optimizer.gradient_norm_limit
        norm = nn.utils.clip_grad_norm_(self.networks[name].parameters(), limit or float("inf"))
        # The guard is on the gradient: a finite loss can have one that is not.
        finite = bool(torch.isfinite(norm))
        if finite:
            self._optimizers[name].step()
        for network in self.networks.values():
            network.zero_grad(set_to_none=True)
        self.finite = self.finite and finite
        return finite
