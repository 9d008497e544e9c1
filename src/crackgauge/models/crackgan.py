"""System 5: the asymmetric U-Net of CrackGAN, and the classifier that pre-trains its encoder.

Zhang, Zhang, Cheng: "CrackGAN: pavement crack detection using partially accurate ground truths
based on generative adversarial learning", 2020.

Legend: N batch, C channels, H and W height and width of the input; level l 1..4 of the encoder,
whose maps are (N, filters[l], H / 2^l, W / 2^l).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from crackgauge.models.blocks import SegmentationOutput, check_input, he_normal

_FILTERS = (64, 128, 256, 512, 512)


class CrackGanEncoder(nn.Module):
    """C64 (k7, stride 2), C128, C128 s2, C256, C256 s2, C512, C512 s2, C512, C512 s2, each + ReLU.

    Args:
        in_channels: 3 (RGB) or 1.
        filters: channels: the first convolution's, then those of the four levels.
    """

    def __init__(self, in_channels: int, filters: Sequence[int]) -> None:
        super().__init__()
        self.first = _conv(in_channels, filters[0], kernel=7, stride=2)
        self.levels = nn.ModuleList(_conv(a, b) for a, b in pairwise(filters))
        self.downs = nn.ModuleList(_conv(width, width, stride=2) for width in filters[1:])

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Map x (N, C, H, W) to the bottleneck (N, filters[4], H / 32, W / 32) and the levels."""
        x = self.first(x)
        maps: list[Tensor] = []
        for level, down in zip(self.levels, self.downs, strict=True):
            x = level(x)
            maps.append(x)
            x = down(x)
        return x, maps


class CrackGan(nn.Module):
    """Generator: an image to a crack map of half its size.

    The decoder is DC512, C512, DC256, C256, DC128, C128, DC64, C64, C1 (DC a transposed convolution
    with stride 2), each but the last + ReLU. The last map z has tanh(z) in [-1, 1], crack above 0;
    the logit is 2 z, because sigmoid(2 z) = (1 + tanh z) / 2.

    Args:
        in_channels: 3 (RGB) or 1.
        filters: five channel counts, of the encoder; the decoder has the first four backwards.
        skip_after_up: join each of the four levels to the transposed convolution's output of its
            size. As the paper has it (False), the deeper three are joined to the input of the next.
        head_bias: of the last convolution, before training. Below 0 the first maps are background,
            from which a short training against a discriminator does not go all white.

    Every step is a convolution or pointwise, so prediction is tile-exact with a halo of
    `receptive_field_px // 2` and tiles aligned to `stride`. Images that do not fill the stride are
    reflected (`padding`), not repeated, at their right and bottom.

    Raises:
        TypeError: not five channel counts.
    """

    tile_exact = True
    stride = 32
    output_scale = 0.5
    padding = "reflect"

    def __init__(
        self,
        *,
        in_channels: int = 3,
        filters: Sequence[int] = _FILTERS,
        skip_after_up: bool = False,
        head_bias: float = 0.0,
    ) -> None:
        super().__init__()
        _check_filters(filters)
        self.in_channels = in_channels
        self.skip_after_up = skip_after_up
        self.encoder = CrackGanEncoder(in_channels, filters)
        ups, convolutions, below = [], [], filters[4]
        for width, skip in zip(filters[3::-1], filters[:0:-1], strict=True):
            ups.append(_up(below, width))
            convolutions.append(_conv(width + (skip if skip_after_up else 0), width))
            below = width + (0 if skip_after_up else skip)
        self.ups = nn.ModuleList(ups)
        self.convolutions = nn.ModuleList(convolutions)
        self.head = nn.Conv2d(filters[0], 1, 3, padding=1)
        he_normal(self)
        nn.init.constant_(cast(Tensor, self.head.bias), head_bias)

    @property
    def receptive_field_px(self) -> int:
        """Side of the smallest centred square that holds all input pixels an output pixel sees.

        An output pixel is 2 x 2 of the input's, enlarged bilinearly, so its neighbours count too.
        """
        reach = 0
        for pixel in range(self.stride):  # the reach depends on the position within the stride
            first, last = (pixel - 1) // 2 - 1, (pixel + 1) // 2 + 1  # enlarging, then the head
            for _ in range(4):  # down the decoder: a convolution, then a transposed one
                first, last = (first - 1) // 2, (last + 2) // 2
            for _ in range(4):  # up the encoder: with stride, then without
                first, last = 2 * first - 2, 2 * last + 2
            first, last = 2 * first - 3, 2 * last + 3
            reach = max(reach, pixel - first, last - pixel)
        return 2 * reach + 1

    def forward(self, x: Tensor) -> SegmentationOutput:
        """Map x (N, C, H, W), H and W multiples of `stride`, to logits (N, 1, H / 2, W / 2)."""
        check_input(self, x, channels=self.in_channels, stride=self.stride)
        x, maps = self.encoder(x)
        last = len(self.ups) - 1
        for index, (up, convolution) in enumerate(zip(self.ups, self.convolutions, strict=True)):
            x, skip = up(x), maps.pop()
            if self.skip_after_up:
                x = convolution(torch.cat((x, skip), dim=1))
            else:
                x = convolution(x)
                x = torch.cat((x, skip), dim=1) if index < last else x
        return SegmentationOutput(2 * self.head(x))


class CrackGanClassifier(nn.Module):
    """The generator's encoder with one linear layer: is there a crack in the patch?

    Args:
        in_channels, filters: of the generator that the encoder is for.

    Raises:
        TypeError: not five channel counts.
    """

    stride = 32

    def __init__(self, *, in_channels: int = 3, filters: Sequence[int] = _FILTERS) -> None:
        super().__init__()
        _check_filters(filters)
        self.in_channels = in_channels
        self.encoder = CrackGanEncoder(in_channels, filters)
        self.head = nn.Linear(filters[4], 1)
        he_normal(self)

    def forward(self, x: Tensor) -> Tensor:
        """Map x (N, C, H, W) to logits (N, 1); the bottleneck is averaged over its places."""
        check_input(self, x, channels=self.in_channels, stride=self.stride)
        bottleneck, _ = self.encoder(x)
        out: Tensor = self.head(bottleneck.mean(dim=(2, 3)))
        return out


def _check_filters(filters: Sequence[int]) -> None:
    if len(filters) != len(_FILTERS):
        raise TypeError(f"filters: got {list(filters)}, expected five channel counts")


def _conv(
    in_channels: int, out_channels: int, *, kernel: int = 3, stride: int = 1
) -> nn.Sequential:
    convolution = nn.Conv2d(in_channels, out_channels, kernel, stride=stride, padding=kernel // 2)
    return nn.Sequential(convolution, nn.ReLU(inplace=True))


def _up(in_channels: int, out_channels: int) -> nn.Sequential:
    """Transposed convolution to twice the size, + ReLU."""
    up = nn.ConvTranspose2d(in_channels, out_channels, 3, stride=2, padding=1, output_padding=1)
    return nn.Sequential(up, nn.ReLU(inplace=True))
