"""Losses of overlap and of pixels, for one logit channel.

Legend: N batch, H and W height and width; logits and mask are (N, 1, H, W).
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from crackgauge.losses.target import Target


def cross_entropy(logits: Tensor, target: Target) -> Tensor:
    """Mean cross entropy over all pixels.

    With the folded logit l1 - l0 this equals the two-class softmax cross entropy.

    >>> import torch
    >>> mask = torch.ones(1, 1, 2, 2)
    >>> round(float(cross_entropy(torch.zeros(1, 1, 2, 2), Target(mask))), 4)
    0.6931
    """
    return functional.binary_cross_entropy_with_logits(logits.float(), target.mask)


def dice(logits: Tensor, target: Target, *, smoothing: float = 1.0) -> Tensor:
    """1 - (2 sum(p y) + s) / (sum(p) + sum(y) + s), over the flattened batch.

    König et al. 2019, eq. 4; the smoothing s = 1 is ours, the paper gives none.
    """
    probability = logits.float().sigmoid()
    intersection = (probability * target.mask).sum()
    total = probability.sum() + target.mask.sum()
    return 1 - (2 * intersection + smoothing) / (total + smoothing)


def cross_entropy_and_dice(logits: Tensor, target: Target) -> Tensor:
    """Cross entropy + Dice, weight 1 each.

    König et al. 2019, eq. 5, whose minus before the Dice term is a misprint: both are added.
    """
    return cross_entropy(logits, target) + dice(logits, target)
