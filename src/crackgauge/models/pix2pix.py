"""pix2pix, the baseline of CrackGAN: a symmetric U-Net and a discriminator of patches.

Isola, Zhu, Zhou, Efros: "Image-to-image translation with conditional adversarial networks", 2017.

Legend: N batch, C channels, H and W height and width of the input.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from crackgauge.models.blocks import SegmentationOutput, check_input
from crackgauge.models.dc_gan import normal_weights

_FILTERS = (64, 128, 256, 512, 512, 512, 512, 512)
_DROPPED = 3  # coarsest steps of the decoder with dropout


class Pix2Pix(nn.Module):
    """Generator: convolutions k4 with stride 2 down and up, every level joined to its mirror.

    Down: LeakyReLU 0.2, convolution, batch norm (not at the first and the last). Up: ReLU,
    transposed convolution, batch norm, dropout 0.5 at the coarsest three. The last map z is a
    logit of 2 z, as in `crackgan`.

    Args:
        in_channels: 3 (RGB) or 1.
        filters: channels of the levels, finest first, two or more; the stride is 2 to the power of
            their number.
        dropout: share of the channels' values that is dropped in training.

    Raises:
        TypeError: fewer than two levels.
    """

    tile_exact = False
    halo_px = 256

    def __init__(
        self, *, in_channels: int = 3, filters: Sequence[int] = _FILTERS, dropout: float = 0.5
    ) -> None:
        super().__init__()
        if len(filters) < 2:
            raise TypeError(f"filters: got {list(filters)}, expected two levels or more")
        self.in_channels = in_channels
        self.stride = 2 ** len(filters)
        deepest = len(filters) - 1
        downs: list[nn.Module] = [nn.Conv2d(in_channels, filters[0], 4, stride=2, padding=1)]
        for level, (before, after) in enumerate(pairwise(filters), start=1):
            downs.append(_down(before, after, batch_norm=level < deepest))
        ups: list[nn.Module] = []
        below = filters[-1]
        for level in range(deepest - 1, -1, -1):
            dropped = dropout if deepest - 1 - level < min(_DROPPED, deepest - 1) else 0.0
            ups.append(_up(below, filters[level], dropout=dropped))
            below = 2 * filters[level]
        self.downs = nn.ModuleList(downs)
        self.ups = nn.ModuleList(ups)
        self.head = nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(below, 1, 4, stride=2, padding=1))
        normal_weights(self)

    def forward(self, x: Tensor) -> SegmentationOutput:
        """Map x (N, C, H, W), H and W multiples of `stride`, to logits (N, 1, H, W)."""
        check_input(self, x, channels=self.in_channels, stride=self.stride)
        maps: list[Tensor] = []
        for down in self.downs:
            x = down(x)
            maps.append(x)
        maps.pop()
        for up in self.ups:
            x = torch.cat((up(x), maps.pop()), dim=1)
        return SegmentationOutput(2 * self.head(x))


class PatchDiscriminator(nn.Module):
    """Judges each 70 x 70 px patch of an image with its map: C64, C128, C256 (stride 2), C512, C1.

    Args:
        channels: of the image and the map together; 1 of a map alone.
        filters: of all convolutions but the last; the last of them has stride 1.
    """

    def __init__(self, *, channels: int = 4, filters: Sequence[int] = (64, 128, 256, 512)) -> None:
        super().__init__()
        layers: list[nn.Module] = [
            nn.Conv2d(channels, filters[0], 4, stride=2, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
        ]
        for level, (before, after) in enumerate(pairwise(filters), start=2):
            stride = 1 if level == len(filters) else 2
            layers += [
                nn.Conv2d(before, after, 4, stride=stride, padding=1, bias=False),
                nn.BatchNorm2d(after),
                nn.LeakyReLU(0.2, inplace=True),
            ]
        layers.append(nn.Conv2d(filters[-1], 1, 4, padding=1))
        self.layers = nn.Sequential(*layers)
        normal_weights(self)

    def forward(self, pairs: Tensor) -> Tensor:
        """Map pairs (N, channels, H, W) to logits (N, 1, h, w), above 0 for real."""
        out: Tensor = self.layers(pairs)
        return out


def _down(in_channels: int, out_channels: int, *, batch_norm: bool) -> nn.Sequential:
    layers: list[nn.Module] = [
        nn.LeakyReLU(0.2),
        nn.Conv2d(in_channels, out_channels, 4, stride=2, padding=1, bias=not batch_norm),
    ]
    return nn.Sequential(*layers, *([nn.BatchNorm2d(out_channels)] if batch_norm else []))


def _up(in_channels: int, out_channels: int, *, dropout: float) -> nn.Sequential:
    layers: list[nn.Module] = [
        nn.ReLU(),
        nn.ConvTranspose2d(in_channels, out_channels, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(out_channels),
    ]
    return nn.Sequential(*layers, *([nn.Dropout(dropout)] if dropout else []))
