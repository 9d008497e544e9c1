"""Generalised Dice over two classes, crack and background.

Sudre, Li, Vercauteren, Ourselin, Cardoso: "Generalised Dice overlap as a deep learning loss
function for highly unbalanced segmentations", DLMIA 2017.
"""

from __future__ import annotations

from torch import Tensor

from crackgauge.losses.target import Target


def generalised_dice(logits: Tensor, target: Target, *, smoothing: float = 1.0) -> Tensor:
    """1 - 2 sum_l w_l sum(p_l y_l) / sum_l w_l sum(p_l + y_l), over the flattened batch.

    l is crack or background and w_l = 1 / (sum(y_l) + s)^2. Of one class alone the weights would
    cancel. The smoothing s = 1 px is ours: a class that is absent keeps a finite weight.

    Args:
        logits: (N, 1, H, W); p of crack is sigmoid(logits), of background sigmoid(-logits).
        target: the truth.
        smoothing: s, in px.

    >>> import torch
    >>> mask = torch.tensor([[[[1.0, 0.0, 0.0, 0.0]]]])  # weights 1/4 and 1/16, p = 1/2
    >>> loss = generalised_dice(torch.zeros(1, 1, 1, 4), Target(mask))
    >>> round(float(loss), 4)  # 1 - 2 (0.5 / 4 + 1.5 / 16) / (3 / 4 + 5 / 16)
    0.5882
    """
    crack = target.mask
    overlap = total = logits.new_zeros((), dtype=crack.dtype)
    for probability, truth in (
        (logits.float().sigmoid(), crack),
        ((-logits.float()).sigmoid(), 1 - crack),
    ):
        weight = (truth.sum() + smoothing) ** -2
        overlap = overlap + weight * (probability * truth).sum()
        total = total + weight * (probability.sum() + truth.sum())
    return 1 - 2 * overlap / total
