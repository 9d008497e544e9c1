"""Cross entropy + Dice, patch by patch, with inversion where a patch holds no crack.

Kompanets et al. 2024: "Deep learning for segmentation of cracks in high-resolution images of steel
bridges". On a patch without crack, Dice is 1 - e / (sum p + e): all but flat once more than a few
pixels are predicted, so nothing pulls them back, and a network that sees many such patches does
best to predict nothing anywhere. There the loss of the inverted patch, L(1 - y, 1 - p), is used
instead: the background is what is to be found.

Legend: N batch, H and W height and width of a patch; logits z and mask y are (N, 1, H, W);
p = sigmoid(z); e the smoothing.
"""

from __future__ import annotations

import torch
from torch import Tensor

from crackgauge.losses.overlap import cross_entropy
from crackgauge.losses.target import Target

_PIXELS = (1, 2, 3)


def dice_per_patch(logits: Tensor, target: Target, *, smoothing: float = 1.0) -> Tensor:
    """Mean over the patches of 1 - (2 sum(p y) + e) / (sum p + sum y + e).

    Eq. 2, which lacks the factor 2; e = 1.

    >>> import torch
    >>> empty = Target(torch.zeros(1, 1, 2, 2))
    >>> round(float(dice_per_patch(torch.zeros(1, 1, 2, 2), empty)), 4)  # 1 - 1 / 3
    0.6667
    """
    return _dice(logits.float().sigmoid(), target.mask, smoothing).mean()


def inverted_dice(logits: Tensor, target: Target, *, smoothing: float = 1.0) -> Tensor:
    """As `dice_per_patch`, of 1 - p and 1 - y in the patches without a crack pixel.

    >>> import torch
    >>> empty = Target(torch.zeros(1, 1, 2, 2))
    >>> round(float(inverted_dice(torch.zeros(1, 1, 2, 2), empty)), 4)  # 1 - (4 + 1) / (6 + 1)
    0.2857
    """
    empty = target.mask.sum(dim=_PIXELS, keepdim=True) == 0
    # 1 - sigmoid(z) = sigmoid(-z), which keeps its digits where p is close to 1.
    probability = torch.where(empty, -logits.float(), logits.float()).sigmoid()
    mask = torch.where(empty, 1 - target.mask, target.mask)
    return _dice(probability, mask, smoothing).mean()


def bce_and_dice(logits: Tensor, target: Target) -> Tensor:
    """Cross entropy + Dice of each patch, weight 1 each: eq. 1, without inversion."""
    return cross_entropy(logits, target) + dice_per_patch(logits, target)


def bce_and_inverted_dice(logits: Tensor, target: Target) -> Tensor:
    """Cross entropy + Dice with inversion, weight 1 each.

    Cross entropy is the same for (1 - y, 1 - p) as for (y, p), so only Dice is inverted.
    """
    return cross_entropy(logits, target) + inverted_dice(logits, target)


def _dice(probability: Tensor, mask: Tensor, smoothing: float) -> Tensor:
    """Dice loss of each patch, (N,)."""
    intersection = (probability * mask).sum(dim=_PIXELS)
    total = probability.sum(dim=_PIXELS) + mask.sum(dim=_PIXELS)
    return 1 - (2 * intersection + smoothing) / (total + smoothing)
