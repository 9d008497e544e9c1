"""Tversky loss: overlap in which the two kinds of error have weights of their own.

Salehi, Erdogmus, Gholipour: "Tversky loss function for image segmentation using 3D fully
convolutional deep networks", MLMI 2017.

Legend: N batch, H and W height and width of a patch; logits z and mask y are (N, 1, H, W);
p = sigmoid(z).
"""

from __future__ import annotations

from torch import Tensor

from crackgauge.losses.target import Target

_PIXELS = (1, 2, 3)


def tversky(
    logits: Tensor,
    target: Target,
    *,
    false_positive_weight: float,
    false_negative_weight: float,
    smoothing: float = 1.0,
) -> Tensor:
    """Mean over the patches of 1 - (2 TP + e) / (2 (TP + a FP + b FN) + e).

    TP = sum(p y), FP = sum(p (1 - y)), FN = sum((1 - p) y). With a = b = 1/2 it is Dice.

    Args:
        false_positive_weight: a.
        false_negative_weight: b.
        smoothing: e, the same as that of Dice.

    >>> import torch
    >>> mask = torch.tensor([[[[1.0, 0.0]]]])  # p = 1/2: TP = FP = FN = 1/2
    >>> loss = tversky(torch.zeros(1, 1, 1, 2), Target(mask), false_positive_weight=0.0,
    ...                false_negative_weight=1.0, smoothing=0.0)
    >>> float(loss)
    0.5
    """
    mask = target.mask
    found = logits.float().sigmoid()
    missed = (-logits.float()).sigmoid()  # 1 - p, which keeps its digits where p is close to 1
    true_positive = (found * mask).sum(dim=_PIXELS)
    false_positive = (found * (1 - mask)).sum(dim=_PIXELS)
    false_negative = (missed * mask).sum(dim=_PIXELS)
    errors = false_positive_weight * false_positive + false_negative_weight * false_negative
    loss: Tensor = 1 - (2 * true_positive + smoothing) / (2 * (true_positive + errors) + smoothing)
    return loss.mean()
