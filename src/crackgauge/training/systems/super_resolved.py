"""Super-resolution and segmentation in one network: Kondo and Ukita 2021, arrangements (b) to (g).

beta is the recipe's `super_resolution.segmentation_weight`. Parts that are not to be trained are
the recipe's `frozen`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn
from torch.nn import functional

from crackgauge.data.dataset import Sample
from crackgauge.errors import RecipeError
from crackgauge.losses import LOSSES, Target
from crackgauge.models import SegmentationOutput
from crackgauge.recipes import Recipe
from crackgauge.recipes.schema import Boundary, SuperResolution
from crackgauge.training.batches import Batch
from crackgauge.training.enlarged_validation import enlarged_probabilities
from crackgauge.training.low_resolution import ImageSpace, psnr_db, reduce_target
from crackgauge.training.outcome import Outcome
from crackgauge.training.step import Step
from crackgauge.training.systems.system import System
from crackgauge.training.validation import Score, score


class SuperResolved(System):
    """beta L_seg + (1 - beta) L1, on the low-resolution image.

    Networks that enlarge the image: L_seg of the logits against the truth, L1 of the enlarged
    image, in shares of white, against the image. Networks that enlarge the probability: L_seg of
    the low-resolution logits against the truth made smaller by area, L1 of the enlarged probability
    against the truth.
    """

    figures = ("segmentation_loss", "enlargement_loss", "psnr_db")

    def check(self, recipe: Recipe, networks: Mapping[str, nn.Module]) -> None:
        """Refuse a network that does not enlarge."""
        del recipe
        _factor(networks["network"])

    def step(self, step: Step, batch: Batch) -> Outcome:
        """Reduce, forward, both losses, update."""
        settings = step.recipe.super_resolution or SuperResolution()
        scale = _factor(step.network)
        x, target = step.input(batch), step.target(batch)
        space = ImageSpace(step.recipe.input, x.device)
        with step.autocast():
            output = step.network(space.reduce(x, scale, settings.low_resolution))
        figures: dict[str, float] = {}
        if output.enlarged_image is not None:
            original, enlarged = space.white(x), space.white(output.enlarged_image)
            figures["psnr_db"] = psnr_db(enlarged.detach(), original)
            segmentation = LOSSES[step.recipe.loss](output.logits, target)
            enlargement = functional.l1_loss(enlarged, original)
        else:
            segmentation = _low_resolution_loss(step, output, target, scale)
            enlargement = functional.l1_loss(output.enlarged_probability, target.mask)
        beta = settings.segmentation_weight
        loss = _weighted(((beta, segmentation), (1 - beta, enlargement)))
        step.update("network", loss)
        figures["segmentation_loss"] = float(segmentation.detach())
        figures["enlargement_loss"] = float(enlargement.detach())
        return Outcome(
            loss=float(loss.detach()),
            predicted_px=int(torch.count_nonzero(output.logits.detach() >= 0)),
            crack_px=int(torch.count_nonzero(target.mask)),
            seen_px=target.mask.numel(),
            figures=figures,
        )

    def validate(
        self,
        network: nn.Module,
        samples: Sequence[Sample],
        recipe: Recipe,
        *,
        device: torch.device,
        autocast: Callable[[], AbstractContextManager[None]],
    ) -> Score:
        """Score the high-resolution mask that the low-resolution image gives."""
        pairs = enlarged_probabilities(network, samples, recipe, device=device, autocast=autocast)
        rules = recipe.validation
        return score(pairs, tolerance_px=rules.tolerance_px, threshold=rules.threshold)


def _factor(network: nn.Module) -> int:
    factor = int(getattr(network, "output_scale", 1))
    if factor < 2:
        raise RecipeError(
            f"system: got 'super-resolved' with {type(network).__name__}, which does not enlarge; "
            "set network.name=enlarge-then-segment or segment-then-enlarge"
        )
    return factor


def _low_resolution_loss(
    step: Step, output: SegmentationOutput, target: Target, scale: int
) -> Tensor:
    if output.low_resolution_logits is None:
        raise RecipeError("system: the network gives no low-resolution logits to be trained")
    rules = step.recipe.boundary or Boundary()
    small = reduce_target(target, scale, normalised_distance=rules.normalised_distance)
    return LOSSES[step.recipe.loss](output.low_resolution_logits, small)


def _weighted(parts: Sequence[tuple[float, Tensor]]) -> Tensor:
    """The weighted sum of losses; a weight of 0 leaves a loss out, with its gradient."""
    return torch.stack([weight * loss for weight, loss in parts if weight > 0]).sum()
