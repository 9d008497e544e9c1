"""Gated Scale Pooling: halve a map by a learned mix of max pooling and stacked pooling.

König, Jenkins, Barrie, Mannion, Morison: "Segmentation of surface cracks based on a fully
convolutional neural network and gated scale pooling", EUSIPCO 2019. Stacked pooling is that of
Huang et al. 2018.

Legend: N batch, C channels, H and W even height and width.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from crackgauge.errors import RecipeError
from crackgauge.models.partial_convolution import PartialConv2d

# First and last pixel, counted from 2i, that pixel i of a stacked-pooled map depends on: m3 sees
# m2 from i - 1 to i + 1, m2 sees one pixel more of m1 behind, and m1 sees pairs.
STACKED_POOLING_REACH = (-2, 5)


class StackedPooling(NamedTuple):
    """What `stacked_pooling` gives, each (N, C, H/2, W/2)."""

    maximum: Tensor
    mean: Tensor


def stacked_pooling(x: Tensor) -> StackedPooling:
    """Max pooling at three scales, as a cascade: M = m1 and S = (m1 + m2 + m3) / 3.

    m1 is the maximum over 2x2 with stride 2; m2 over 2x2 of m1, repeated by one pixel on the right
    and below; m3 over 3x3 of m2, cut at the border.

    Args:
        x: (N, C, H, W).

    >>> x = torch.zeros(1, 1, 2, 8)
    >>> x[..., 7] = 3.0
    >>> pooled = stacked_pooling(x)
    >>> pooled.maximum.flatten().tolist(), pooled.mean.flatten().tolist()
    ([0.0, 0.0, 0.0, 3.0], [0.0, 1.0, 2.0, 3.0])
    """
    m1 = functional.max_pool2d(x, 2)
    # To a maximum, an edge that is repeated is an edge that is cut: pad by nothing all around, and
    # leave out the row and column that look above and to the left.
    m2 = functional.max_pool2d(m1, 2, stride=1, padding=1)[..., 1:, 1:]
    m3 = functional.max_pool2d(m2, 3, stride=1, padding=1)
    return StackedPooling(m1, (m1 + m2 + m3) / 3)


class GatedScalePooling(nn.Module):
    """p(x) = M sigmoid(g) + S (1 - sigmoid(g)), M and S from `stacked_pooling`.

    g is a depthwise convolution of x, one filter a channel, stride 2, without bias. It is zero at
    first, so that both have the same weight.

    Args:
        channels: C.
        kernel: side of the gate's filters: 2, or 3 with partial-convolution padding.

    Raises:
        RecipeError: another kernel.
    """

    def __init__(self, channels: int, *, kernel: int = 2) -> None:
        super().__init__()
        if kernel not in (2, 3):
            raise RecipeError(f"gate_kernel: got {kernel}, expected 2 or 3")
        self.gate = PartialConv2d(
            channels, channels, kernel, stride=2, padding=kernel - 2, groups=channels, bias=False
        )
        nn.init.zeros_(self.gate.weight)

    def forward(self, x: Tensor) -> Tensor:
        pooled = stacked_pooling(x)
        share = torch.sigmoid(self.gate(x))
        return torch.lerp(pooled.mean, pooled.maximum, share)
