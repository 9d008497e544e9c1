"""What a loss compares the logits with."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Target:
    """Truth of a batch.

    Attributes:
        mask: float (N, 1, H, W) of {0, 1}; 1 is crack.
        signed_distance: float (N, 1, H, W) in px, negative inside the crack, or None where the
            loss does not need it.
        boundary_weight: alpha in [0, 1], the weight of the boundary loss at this step, or None.
    """

    mask: Tensor
    signed_distance: Tensor | None = None
    boundary_weight: float | None = None
