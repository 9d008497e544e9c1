"""Boundary loss combined with losses of overlap and of pixels.

Kondo and Ukita 2021: "Crack segmentation for low-resolution images using joint learning with
super-resolution". alpha, the weight of Boundary, comes with the target: it is a function of the
epoch, which the training's schedule holds.

Legend: N batch, H and W height and width; logits z and mask y are (N, 1, H, W); p = sigmoid(z).
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional

from crackgauge.losses.boundary import boundary
from crackgauge.losses.generalised_dice import generalised_dice
from crackgauge.losses.target import Target


def weighted_cross_entropy(logits: Tensor, target: Target, *, crack_weight: float) -> Tensor:
    """-mean(w y log p + (1 - w) (1 - y) log(1 - p)), with w the weight of crack.

    >>> import torch
    >>> mask = torch.tensor([[[[1.0, 0.0]]]])  # log 2 (0.75 + 0.25) / 2
    >>> loss = weighted_cross_entropy(torch.zeros(1, 1, 1, 2), Target(mask), crack_weight=0.75)
    >>> round(float(loss), 4)
    0.3466
    """
    z, y = logits.float(), target.mask
    found = crack_weight * y * functional.logsigmoid(z)
    spared = (1 - crack_weight) * (1 - y) * functional.logsigmoid(-z)
    return -(found + spared).mean()


def boundary_combination(
    logits: Tensor,
    target: Target,
    *,
    overlap: Callable[[Tensor, Target], Tensor],
    crack_weight: float,
    pixel_share: float = 0.5,
) -> Tensor:
    """alpha Boundary + (1 - alpha) [(1 - gamma) overlap + gamma WCE(w)].

    BC1 has Dice and w = 19/20, BC2 Dice and w = 1/2; GBC1 and GBC2 the same with generalised Dice.

    Args:
        logits: z.
        target: with signed distance and the weight of Boundary, alpha.
        overlap: Dice or generalised Dice.
        crack_weight: w.
        pixel_share: gamma.

    Raises:
        ValueError: the target lacks what Boundary needs.
    """
    alpha = _boundary_weight(target)
    pixels = weighted_cross_entropy(logits, target, crack_weight=crack_weight)
    rest = (1 - pixel_share) * overlap(logits, target) + pixel_share * pixels
    return alpha * boundary(logits, target) + (1 - alpha) * rest


def boundary_and_generalised_dice(
    logits: Tensor, target: Target, *, swapped: bool = False
) -> Tensor:
    """(1 - alpha) Boundary + alpha GDice, as printed: the reverse of the other combinations.

    Args:
        logits: z.
        target: with signed distance and alpha.
        swapped: alpha weighs Boundary, as in the others.

    Raises:
        ValueError: the target lacks what Boundary needs.
    """
    alpha = _boundary_weight(target)
    share = alpha if swapped else 1 - alpha
    return share * boundary(logits, target) + (1 - share) * generalised_dice(logits, target)


def _boundary_weight(target: Target) -> float:
    if target.boundary_weight is None:
        raise ValueError("got a target without boundary weight, which the combinations need")
    return target.boundary_weight
