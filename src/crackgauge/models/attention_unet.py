"""System 1: attention-residual U-Net.

König, Jenkins, Barrie, Mannion, Morison: "A convolutional neural network for pavement surface
crack segmentation using residual connections and attention gating", ICIP 2019.

Legend: N batch, C channels, H and W height and width of the input; l level 0..3, whose maps are
(N, filters[l], H / 2^l, W / 2^l).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from crackgauge.models.blocks import (
    ResidualBlock,
    SegmentationOutput,
    check_input,
    fold_two_classes,
    he_normal,
    residual_unet_receptive_field_px,
    stack_maps,
)


class AttentionGate(nn.Module):
    """q = Wv ReLU(Wx x + Wu u + bu) + bv; a = sigmoid(q); the skip leaves as a x.

    x is the skip and u the up-sampled feature, both (N, C, H, W); a is (N, 1, H, W).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = max(channels // 2, 1)
        self.skip = nn.Conv2d(channels, inner, 1, bias=False)  # Wx
        self.up = nn.Conv2d(channels, inner, 1)  # Wu, bu
        self.score = nn.Conv2d(inner, 1, 1)  # Wv, bv

    def forward(self, x: Tensor, u: Tensor) -> Tensor:
        q = self.score(functional.relu(self.skip(x) + self.up(u)))
        gated: Tensor = torch.sigmoid(q) * x
        return gated


class UpBlock(nn.Module):
    """Up by a transposed convolution + ReLU, gate the skip, concatenate, residual block."""

    def __init__(self, in_channels: int, out_channels: int, *, batch_norm: bool) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(in_channels, out_channels, 2, stride=2)
        self.gate = AttentionGate(out_channels)
        self.block = ResidualBlock(2 * out_channels, out_channels, batch_norm=batch_norm)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        u = functional.relu(self.up(x))
        out: Tensor = self.block(torch.cat((self.gate(skip, u), u), dim=1))
        return out


class AttentionUNet(nn.Module):
    """Attention-residual U-Net with a fused, deeply supervised head.

    Args:
        in_channels: 1 (grey, the faithful preset) or 3 (RGB).
        filters: channels of the levels, finest first.
        batch_norm: batch norm after each 3x3 convolution (not in the paper).
        final_relu: the paper's ReLU between the fused head and the softmax; it leaves pixels with
            both logits <= 0 at p = 0.5 without a gradient.

    Every step is a convolution, a pooling or pointwise, so prediction is tile-exact with a halo of
    `receptive_field_px // 2` and tiles aligned to `stride`.
    """

    tile_exact = True

    def __init__(
        self,
        *,
        in_channels: int = 1,
        filters: Sequence[int] = (16, 32, 64, 128),
        batch_norm: bool = False,
        final_relu: bool = False,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.final_relu = final_relu
        self.stride = 2 ** (len(filters) - 1)
        widths = [in_channels, *filters]
        self.encoder = nn.ModuleList(
            ResidualBlock(a, b, batch_norm=batch_norm) for a, b in pairwise(widths)
        )
        coarse_to_fine = list(reversed(filters))
        self.decoder = nn.ModuleList(
            UpBlock(a, b, batch_norm=batch_norm) for a, b in pairwise(coarse_to_fine)
        )
        self.heads = nn.ModuleList(nn.Conv2d(width, 2, 1) for width in coarse_to_fine[1:])
        self.fuse = nn.Conv2d(2 * len(self.heads), 2, 1)
        he_normal(self)

    @property
    def receptive_field_px(self) -> int:
        """Side of the smallest centred square that holds all input pixels an output pixel sees.

        191 for four levels: a halo of 96 makes tiles exact.
        """
        levels = len(self.encoder)
        return residual_unet_receptive_field_px(levels, heads=range(levels - 1), pooled=(0, 1))

    def forward(self, x: Tensor) -> SegmentationOutput:
        """Map x (N, in_channels, H, W), H and W multiples of `stride`, to logits (N, 1, H, W)."""
        check_input(self, x, channels=self.in_channels, stride=self.stride)
        size = x.shape[-2:]
        skips: list[Tensor] = []
        for level, block in enumerate(self.encoder):
            x = block(x if level == 0 else functional.max_pool2d(x, 2))
            skips.append(x)
        maps: list[Tensor] = []
        for up, head, skip in zip(self.decoder, self.heads, reversed(skips[:-1]), strict=True):
            x = up(x, skip)
            maps.append(head(x))
        logits = self.fuse(stack_maps(maps, size))
        if self.final_relu:
            logits = functional.relu(logits)
        return SegmentationOutput(fold_two_classes(logits))
