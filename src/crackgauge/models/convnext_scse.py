"""System 3: ConvNeXt encoder, scSE, a decoder with residual units, an image branch.

Kompanets, Pai, Duits, Leonetti, Snijder: "Deep learning for segmentation of cracks in
high-resolution images of steel bridges", 2024.

Legend: N batch, H and W height and width of the input; level l is the map of stride 2^(l-1):
level 6 (N, C, H / 32, W / 32), the deepest, to level 1 (N, C, H, W).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from crackgauge.models.blocks import SegmentationOutput, check_input, conv3x3, he_normal
from crackgauge.models.encoders import Encoder
from crackgauge.models.scse import ScSE

# Ours: the theoretical reach of ConvNeXt-Tiny is some 900 px, which no tile can afford; what lies
# far off weighs little, and blending spreads what is missed.
_HALO_PX = 128


class ResidualUnit(nn.Module):
    """x + (conv3x3 + BN + ReLU) twice, of x (N, C, H, W); nothing after the addition."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(*(conv3x3(channels, channels, batch_norm=True) for _ in range(2)))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.body(x)
        return out


class DecoderLevel(nn.Module):
    """Concatenate the gated skip, conv3x3 + BN + ReLU, two residual units.

    Args:
        in_channels: of what comes up from below.
        skip_channels: of the encoder's map of this level; 0 where there is none.
        out_channels: of the level.
        scse: gate the skip.
    """

    def __init__(
        self, in_channels: int, skip_channels: int, out_channels: int, *, scse: bool
    ) -> None:
        super().__init__()
        self.gate = ScSE(skip_channels) if scse and skip_channels else nn.Identity()
        self.project = conv3x3(in_channels + skip_channels, out_channels, batch_norm=True)
        self.units = nn.Sequential(ResidualUnit(out_channels), ResidualUnit(out_channels))

    def forward(self, x: Tensor, skip: Tensor | None) -> Tensor:
        if skip is not None:
            x = torch.cat((x, self.gate(skip)), dim=1)
        out: Tensor = self.units(self.project(x))
        return out


class ConvNextScse(nn.Module):
    """Encoder of timm, gated skips, deeply supervised decoder, image branch at full size.

    Args:
        encoder: name of a timm network with maps at the strides 4, 8, 16, 32; its map at stride 2,
            where it has one, is the skip of level 2, which has none with ConvNeXt.
        encoder_options: further arguments of timm's network, such as `drop_path_rate`.
        in_channels: 3 (RGB) or 1.
        filters: channels of the decoder's levels 5 to 1.
        scse: gate the encoder's maps by scSE.
        deep_supervision: supervise the levels 5 to 2, in training alone.
        image_branch: join the image's own features at level 1.

    The mean in scSE is over the whole map, and ConvNeXt sees several hundred pixels around, so
    prediction is tile-approximate: tiles reach `halo_px` beyond their core and are blended.
    Weights are drawn from torch's generator; `load_encoder` fills in pretrained ones.
    """

    tile_exact = False
    stride = 32
    halo_px = _HALO_PX

    def __init__(
        self,
        *,
        encoder: str = "convnext_tiny",
        encoder_options: Mapping[str, Any] | None = None,
        in_channels: int = 3,
        filters: Sequence[int] = (256, 128, 64, 32, 16),
        scse: bool = True,
        deep_supervision: bool = True,
        image_branch: bool = True,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        *widths, last = filters
        if len(widths) != 4:
            raise TypeError(f"filters: got {len(filters)} values, expected 5, of the levels 5 to 1")
        self.encoder = Encoder(encoder, in_channels=in_channels, options=encoder_options)
        below, *skips = reversed(self.encoder.channels)
        skips += [0] * (4 - len(skips))
        self.deepest = ScSE(below) if scse else nn.Identity()
        self.decoder = nn.ModuleList(
            DecoderLevel(a, skip, b, scse=scse)
            for a, skip, b in zip([below, *widths], skips, widths, strict=False)
        )
        self.heads = nn.ModuleList(
            nn.Conv2d(width, 1, 1) for width in (widths if deep_supervision else [])
        )
        self.branch = _image_branch(in_channels, last) if image_branch else None
        joined = widths[-1] + (last if image_branch else 0)
        self.full = nn.Sequential(
            conv3x3(joined, last, batch_norm=True), conv3x3(last, last, batch_norm=True)
        )
        self.head = nn.Conv2d(last, 1, 1)
        for part in (self.deepest, self.decoder, self.heads, self.full, self.head):
            he_normal(part)

    def forward(self, x: Tensor) -> SegmentationOutput:
        """Map x (N, in_channels, H, W), H and W multiples of 32, to logits (N, 1, H, W).

        `aux` holds the supervised maps of the levels 5 to 2, in training alone.
        """
        check_input(self, x, channels=self.in_channels, stride=self.stride)
        deepest, *skips = reversed(self.encoder(x))
        y = _twice(self.deepest(deepest))
        maps: list[Tensor] = []
        for index, level in enumerate(self.decoder):
            y = level(y, skips[index] if index < len(skips) else None)
            maps.append(y)
            y = _twice(y)
        if self.branch is not None:
            y = torch.cat((y, self.branch(x)), dim=1)
        logits = self.head(self.full(y))
        if not self.training:
            return SegmentationOutput(logits)
        companions = tuple(
            functional.interpolate(head(level), size=x.shape[-2:], mode="nearest")
            for head, level in zip(self.heads, maps, strict=False)
        )
        return SegmentationOutput(logits, companions)

    def load_encoder(self, weights: str) -> None:
        """Fill in pretrained weights of the encoder; see `Encoder.load`."""
        self.encoder.load(weights)

    def parameter_groups(self) -> list[list[nn.Parameter]]:
        """Stages of the encoder, shallowest first, then everything else: five groups.

        A stage's learning rate is lower the farther it lies from the last group.
        """
        stages = self.encoder.stages()
        taken = {id(parameter) for stage in stages for parameter in stage}
        return [*stages, [p for p in self.parameters() if id(p) not in taken]]


def _image_branch(in_channels: int, channels: int) -> nn.Sequential:
    """Twice conv3x3 + BN + ReLU, then one ConvNeXt block, at full size."""
    from timm.models.convnext import ConvNeXtBlock  # takes seconds to load, see encoders.py

    convolutions = [
        conv3x3(in_channels, channels, batch_norm=True),
        conv3x3(channels, channels, batch_norm=True),
    ]
    for convolution in convolutions:
        he_normal(convolution)
    return nn.Sequential(*convolutions, ConvNeXtBlock(channels))


def _twice(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")
