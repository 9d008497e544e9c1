"""Boundary loss: the probability weighed by how far from the truth's boundary it lies.

Kervadec, Bouchtiba, Desrosiers, Granger, Dolz, Ben Ayed: "Boundary loss for highly unbalanced
segmentation", MIDL 2019.
"""

from __future__ import annotations

from torch import Tensor

from crackgauge.losses.target import Target


def boundary(logits: Tensor, target: Target) -> Tensor:
    """mean(p phi), with phi the signed distance to the truth's boundary, negative inside.

    It falls below 0 where the crack is found. A truth without a boundary has phi 0 and costs 0.

    Args:
        logits: (N, 1, H, W); p = sigmoid(logits).
        target: with `signed_distance`, phi.

    Raises:
        ValueError: the target has no signed distance.

    >>> import torch
    >>> mask = torch.tensor([[[[1.0, 0.0]]]])
    >>> phi = torch.tensor([[[[-0.5, 1.5]]]])
    >>> float(boundary(torch.zeros(1, 1, 1, 2), Target(mask, phi)))  # (0.5 * -0.5 + 0.5 * 1.5) / 2
    0.25
    """
    if target.signed_distance is None:
        raise ValueError("got a target without signed distance, which the boundary loss needs")
    return (logits.float().sigmoid() * target.signed_distance).mean()
