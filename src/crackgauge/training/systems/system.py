"""What the loop asks of a kind of system."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager

import torch
from torch import nn

from crackgauge.data.dataset import Sample
from crackgauge.recipes import Recipe
from crackgauge.training.batches import Batch
from crackgauge.training.outcome import Outcome
from crackgauge.training.step import Step
from crackgauge.training.validation import Score, probability_of, score


class System(ABC):
    """One kind of system; it holds no state, which is all in the training's.

    Attributes:
        predicts: whether the network that is kept maps an image to the probability of crack. If
            not, it is neither validated nor exported, and its last weights are kept.
        figures: names of the numbers that a step tells beside the loss; their means over an epoch
            are the journal's last columns.
        validation_figures: names of what `measure` gives, the columns after them.
    """

    predicts: bool = True
    figures: tuple[str, ...] = ()
    validation_figures: tuple[str, ...] = ()

    def companions(self, recipe: Recipe) -> dict[str, nn.Module]:
        """Networks that are used beside the recipe's own, by name; none but for some systems."""
        del recipe
        return {}

    def check(self, recipe: Recipe, networks: Mapping[str, nn.Module]) -> None:
        """Refuse settings that the step could not work with, before anything is trained.

        Raises:
            RecipeError: networks or patches do not fit together.
        """
        del recipe, networks

    @abstractmethod
    def step(self, step: Step, batch: Batch) -> Outcome:
        """One step: forward, loss, `step.update`."""

    def validate(
        self,
        network: nn.Module,
        samples: Sequence[Sample],
        recipe: Recipe,
        *,
        device: torch.device,
        autocast: Callable[[], AbstractContextManager[None]],
    ) -> Score:
        """Score `network`, in evaluation mode, on held-back images; choose the threshold there."""
        pairs = (
            (
                probability_of(network, sample.image, recipe, device=device, autocast=autocast()),
                sample.mask,
            )
            for sample in samples
        )
        rules = recipe.validation
        return score(pairs, tolerance_px=rules.tolerance_px, threshold=rules.threshold)

    def measure(
        self,
        network: nn.Module,
        samples: Sequence[Sample],
        recipe: Recipe,
        *,
        device: torch.device,
        autocast: Callable[[], AbstractContextManager[None]],
    ) -> dict[str, float]:
        """Further figures of `network`, in evaluation mode, on held-back images; mostly none."""
        del network, samples, recipe, device, autocast
        return {}
