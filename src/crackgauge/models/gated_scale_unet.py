"""System 2: residual U-Net with gated scale pooling and partial-convolution padding.

König, Jenkins, Barrie, Mannion, Morison: "Segmentation of surface cracks based on a fully
convolutional neural network and gated scale pooling", EUSIPCO 2019.

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
from crackgauge.models.gated_scale_pooling import STACKED_POOLING_REACH, GatedScalePooling
from crackgauge.models.partial_convolution import PartialConv2d


class UpBlock(nn.Module):
    """Up by a transposed convolution + ReLU, concatenate after the skip, residual block."""

    def __init__(self, in_channels: int, out_channels: int, *, batch_norm: bool) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(in_channels, out_channels, 2, stride=2)
        self.block = _block(2 * out_channels, out_channels, batch_norm=batch_norm)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        u = functional.relu(self.up(x))
        out: Tensor = self.block(torch.cat((skip, u), dim=1))
        return out


class GatedScaleUNet(nn.Module):
    """Residual U-Net with a fused, deeply supervised head of four maps: e4, d3, d2, d1.

    Args:
        in_channels: 1 (grey, the faithful preset) or 3 (RGB).
        filters: channels of the levels, finest first.
        gated_scale_pooling: False is the paper's twin with max pooling 2x2. For the same state of
            torch's generator both start from the same weights.
        gate_kernel: side of the gates' filters, 2 or 3.
        batch_norm: batch norm after each 3x3 convolution (not in the paper).

    Every step looks at a bounded neighbourhood, and what pads it (missing positions, a repeated
    edge) lies at the image's own border or in the halo, so prediction is tile-exact with a halo of
    `receptive_field_px // 2` and tiles aligned to `stride`.
    """

    tile_exact = True

    def __init__(
        self,
        *,
        in_channels: int = 1,
        filters: Sequence[int] = (16, 32, 64, 128),
        gated_scale_pooling: bool = True,
        gate_kernel: int = 2,
        batch_norm: bool = False,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.gated_scale_pooling = gated_scale_pooling
        self.stride = 2 ** (len(filters) - 1)
        widths = [in_channels, *filters]
        self.encoder = nn.ModuleList(
            _block(a, b, batch_norm=batch_norm) for a, b in pairwise(widths)
        )
        coarse_to_fine = list(reversed(filters))
        self.decoder = nn.ModuleList(
            UpBlock(a, b, batch_norm=batch_norm) for a, b in pairwise(coarse_to_fine)
        )
        self.heads = nn.ModuleList(nn.Conv2d(width, 2, 1) for width in coarse_to_fine)
        self.fuse = nn.Conv2d(2 * len(self.heads), 2, 1)
        he_normal(self)
        # After the draw: the gates are zero, and the twin's other weights are drawn alike.
        self.pools = nn.ModuleList(
            GatedScalePooling(width, kernel=gate_kernel) if gated_scale_pooling else nn.MaxPool2d(2)
            for width in filters[:-1]
        )

    @property
    def receptive_field_px(self) -> int:
        """Side of the smallest centred square that holds all input pixels an output pixel sees."""
        levels = len(self.encoder)
        pooled = STACKED_POOLING_REACH if self.gated_scale_pooling else (0, 1)
        return residual_unet_receptive_field_px(levels, heads=range(levels), pooled=pooled)

    def forward(self, x: Tensor) -> SegmentationOutput:
        """Map x (N, in_channels, H, W), H and W multiples of `stride`, to logits (N, 1, H, W)."""
        check_input(self, x, channels=self.in_channels, stride=self.stride)
        size = x.shape[-2:]
        first, *deeper = self.encoder
        x = first(x)
        skips: list[Tensor] = []
        for pool, block in zip(self.pools, deeper, strict=True):
            skips.append(x)
            x = block(pool(x))
        head, *heads = self.heads
        maps: list[Tensor] = [head(x)]
        for up, head, skip in zip(self.decoder, heads, reversed(skips), strict=True):
            x = up(x, skip)
            maps.append(head(x))
        return SegmentationOutput(fold_two_classes(self.fuse(stack_maps(maps, size))))


def _block(in_channels: int, out_channels: int, *, batch_norm: bool) -> ResidualBlock:
    return ResidualBlock(
        in_channels, out_channels, batch_norm=batch_norm, convolution=PartialConv2d
    )
