"""System 4, segmentation: VGG-16 encoder, decoder with pixel shuffle.

Kondo and Ukita: "Crack segmentation for low-resolution images using joint learning with
super-resolution", 2021.

Legend: N batch, H and W height and width of the input; l level 0..4, whose maps before pooling are
(N, filters[l], H / 2^l, W / 2^l).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from crackgauge.errors import RecipeError
from crackgauge.models.blocks import SegmentationOutput, check_input, conv3x3, he_normal
from crackgauge.models.encoders import Encoder

# 3x3 convolutions of each of VGG-16's groups, and their channels.
_CONVOLUTIONS = (2, 2, 3, 3, 3)
_FILTERS = (64, 128, 256, 512, 512)


class ShuffleUnit(nn.Module):
    """conv3x3 + ReLU, PixelShuffle(2), ReLU: (N, in, h, w) to (N, out, 2 h, 2 w).

    The convolution has 4 out channels, of which the shuffle makes 2 x 2 pixels of out channels.
    The second ReLU is the paper's; after the first it changes nothing and is not computed.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = conv3x3(in_channels, 4 * out_channels, batch_norm=False)

    def forward(self, x: Tensor) -> Tensor:
        return functional.pixel_shuffle(self.conv(x), 2)


class VggUNet(nn.Module):
    """U-Net of VGG-16's convolutions, enlarged by pixel shuffle.

    Args:
        in_channels: 3 (RGB), which pretrained weights want, or 1.
        filters: channels of VGG's five groups, finest first; each decoder unit puts out half of its
            level's. Others than VGG's own take no pretrained weights.

    Every step is a convolution, a pooling, a shuffle or pointwise, so prediction is tile-exact with
    a halo of `receptive_field_px // 2` and tiles aligned to `stride`.

    Raises:
        TypeError: not five even channel counts.
    """

    tile_exact = True
    stride = 16

    def __init__(self, *, in_channels: int = 3, filters: Sequence[int] = _FILTERS) -> None:
        super().__init__()
        if len(filters) != len(_CONVOLUTIONS) or any(width % 2 for width in filters):
            raise TypeError(f"filters: got {list(filters)}, expected five even numbers")
        self.in_channels = in_channels
        self.filters = tuple(filters)
        self.encoder, self._pools = _vgg(in_channels, filters)
        units, below = [], 0
        for level in range(len(filters) - 1, 0, -1):
            units.append(ShuffleUnit(below + filters[level], filters[level] // 2))
            below = filters[level] // 2
        self.decoder = nn.ModuleList(units)
        self.full = conv3x3(below + filters[0], filters[0] // 2, batch_norm=False)
        self.head = nn.Conv2d(filters[0] // 2, 1, 1)
        he_normal(self)

    @property
    def receptive_field_px(self) -> int:
        """Side of the smallest centred square that holds all input pixels an output pixel sees.

        A halo of half of it makes tiles exact.
        """
        deepest = len(_CONVOLUTIONS) - 1
        reach = 0
        for pixel in range(self.stride):  # the reach depends on the position within the stride
            first, last = pixel - 1, pixel + 1  # the convolution at full size
            for _ in range(deepest):  # down the decoder: what a shuffled pixel was made of
                first, last = (first >> 1) - 1, (last >> 1) + 1
            first, last = first - _CONVOLUTIONS[-1], last + _CONVOLUTIONS[-1]
            for count in reversed(_CONVOLUTIONS[:-1]):  # up the encoder: pooling, then each group
                first, last = 2 * first - count, 2 * last + 1 + count
            reach = max(reach, pixel - first, last - pixel)
        return 2 * reach + 1

    def forward(self, x: Tensor) -> SegmentationOutput:
        """Map x (N, in_channels, H, W), H and W multiples of `stride`, to logits (N, 1, H, W)."""
        check_input(self, x, channels=self.in_channels, stride=self.stride)
        skips: list[Tensor] = []
        for index, layer in enumerate(self.encoder):
            if index in self._pools:
                skips.append(x)
            x = layer(x)
        for index, unit in enumerate(self.decoder):
            x = unit(x if index == 0 else torch.cat((x, skips.pop()), dim=1))
        return SegmentationOutput(self.head(self.full(torch.cat((x, skips.pop()), dim=1))))

    def load_encoder(self, weights: str) -> None:
        """Fill in pretrained weights of the encoder; see `Encoder.load`.

        Raises:
            RecipeError: the channels are not VGG-16's.
            ModelFileError: the file or the hub gives no weights of VGG-16.
        """
        if weights == "none":
            return
        if self.filters != _FILTERS:
            raise RecipeError(
                f"network.encoder_weights: got {weights!r} for filters {list(self.filters)}, but "
                f"VGG-16 has {list(_FILTERS)}; set network.encoder_weights=none"
            )
        source = Encoder("vgg16", in_channels=self.in_channels)
        source.load(weights)
        state = source.body.state_dict().items()
        self.encoder.load_state_dict({k.removeprefix("features_"): v for k, v in state})


def _vgg(in_channels: int, filters: Sequence[int]) -> tuple[nn.Sequential, frozenset[int]]:
    """VGG-16's layers, numbered as torchvision numbers them, and the numbers of the poolings.

    The last pooling is left out.
    """
    layers: list[nn.Module] = []
    pools = set()
    for level, (count, width) in enumerate(zip(_CONVOLUTIONS, filters, strict=True)):
        if level:
            pools.add(len(layers))
            layers.append(nn.MaxPool2d(2))
        for _ in range(count):
            layers += [nn.Conv2d(in_channels, width, 3, padding=1), nn.ReLU(inplace=True)]
            in_channels = width
    return nn.Sequential(*layers), frozenset(pools)
