"""What several networks share.

Legend: N batch, C channels, H and W height and width.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import torch
import torch.onnx
from torch import Tensor, nn
from torch.nn import functional

# Builds a convolution from its channels and kernel, as `nn.Conv2d` does.
Convolution = Callable[..., nn.Conv2d]

# 3x3 convolutions of a residual block, each of which reaches one pixel further.
_DEPTH = 4

# The factors that images are enlarged by.
SCALES = (2, 4, 8)


class SegmentationOutput(NamedTuple):
    """What every network for segmentation returns.

    Networks with an `output_scale` s > 1 take the low-resolution image (N, C, h, w) and give maps
    of H = s h and W = s w; the last three are theirs.

    Attributes:
        logits: (N, 1, H, W); sigmoid of it is the crack probability.
        aux: further supervised logits, each (N, 1, H, W); empty where a network has none.
        enlarged_image: (N, C, H, W), normalised as the input is.
        low_resolution_logits: (N, 1, h, w), of the low-resolution image.
        enlarged_probability: (N, 1, H, W), what `logits` were made of; it may leave [0, 1].
    """

    logits: Tensor
    aux: tuple[Tensor, ...] = ()
    enlarged_image: Tensor | None = None
    low_resolution_logits: Tensor | None = None
    enlarged_probability: Tensor | None = None


def fold_two_classes(logits: Tensor) -> Tensor:
    """Fold a two-class softmax head (N, 2, H, W) to one logit (N, 1, H, W), l1 - l0.

    softmax(l)[1] = 1 / (1 + exp(l0 - l1)) = sigmoid(l1 - l0).

    >>> import torch
    >>> head = torch.tensor([1.0, 3.0]).view(1, 2, 1, 1)
    >>> round(float(fold_two_classes(head).sigmoid() - head.softmax(1)[:, 1:]), 6)
    0.0
    """
    return logits[:, 1:2] - logits[:, 0:1]


def conv3x3(
    in_channels: int, out_channels: int, *, batch_norm: bool, convolution: Convolution = nn.Conv2d
) -> nn.Sequential:
    """3x3 convolution, "same" size, padded as `convolution` does, optional batch norm, ReLU."""
    layers: list[nn.Module] = [
        convolution(in_channels, out_channels, 3, padding=1, bias=not batch_norm)
    ]
    if batch_norm:
        layers.append(nn.BatchNorm2d(out_channels))
    layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


class ResidualBlock(nn.Module):
    """r = conv1x1(x); out = r + (conv3x3 + ReLU) x4 (r); nothing after the addition.

    The block of both networks of König et al. 2019.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        batch_norm: bool,
        convolution: Convolution = nn.Conv2d,
    ) -> None:
        super().__init__()
        self.project = nn.Conv2d(in_channels, out_channels, 1)
        self.body = nn.Sequential(
            *(
                conv3x3(out_channels, out_channels, batch_norm=batch_norm, convolution=convolution)
                for _ in range(_DEPTH)
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        residual = self.project(x)
        out: Tensor = residual + self.body(residual)
        return out


def stack_maps(maps: Sequence[Tensor], size: torch.Size) -> Tensor:
    """Enlarge side maps (N, C, h, w) bilinearly to `size` (H, W) and concatenate them."""
    same = [
        side
        if side.shape[-2:] == size
        else functional.interpolate(side, size=size, mode="bilinear", align_corners=False)
        for side in maps
    ]
    return torch.cat(same, dim=1)


def residual_unet_receptive_field_px(
    levels: int, *, heads: Iterable[int], pooled: tuple[int, int]
) -> int:
    """Side of the smallest centred square that holds all input pixels an output pixel sees.

    Of a U-Net of residual blocks whose side maps are joined by `stack_maps`.

    Args:
        levels: of the encoder; level l has maps of 1 / 2^l of the input's size.
        heads: the levels with a side map.
        pooled: first and last pixel, counted from 2i, that pixel i of a pooled map depends on.

    >>> residual_unet_receptive_field_px(1, heads=[0], pooled=(0, 1))
    9
    """
    heads = tuple(heads)
    reach = 0
    for pixel in range(2 ** (levels - 1)):  # the reach depends on the position within the stride
        for head in heads:
            # A head of level `head` is enlarged bilinearly: it reads up to one more neighbour.
            first = last = pixel >> head
            if head:
                first, last = first - 1, last + 1
            for _ in range(head, levels - 1):  # down the decoder: each block, then the coarser map
                first, last = (first - _DEPTH) >> 1, (last + _DEPTH) >> 1
            first, last = first - _DEPTH, last + _DEPTH  # the deepest block
            for _ in range(levels - 1):  # up the encoder: pooling, then each block
                first, last = 2 * first + pooled[0] - _DEPTH, 2 * last + pooled[1] + _DEPTH
            reach = max(reach, pixel - first, last - pixel)
    return 2 * reach + 1


def check_scale(scale: int) -> None:
    """Refuse a factor that there is no enlarger for.

    Raises:
        TypeError: another factor.
    """
    if scale not in SCALES:
        raise TypeError(f"scale: got {scale!r}, expected one of {', '.join(map(str, SCALES))}")


def he_normal(network: nn.Module) -> None:
    """Draw all convolutions He-normal (fan-in, ReLU), their biases zero."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.kaiming_normal_(module.weight, mode="fan_in", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def check_input(network: nn.Module, x: Tensor, *, channels: int, stride: int) -> None:
    """Refuse an input that the network cannot take.

    Raises:
        ValueError: `x` is not (N, channels, H, W) with H and W multiples of `stride`.
    """
    name = type(network).__name__
    if x.ndim != 4 or x.shape[1] != channels:
        raise ValueError(f"{name}: got input {tuple(x.shape)}, expected (N, {channels}, H, W)")
    # In an export sizes are symbols: the graph takes what the predictor has padded.
    if torch.onnx.is_in_onnx_export():
        return
    height, width = x.shape[-2:]
    if height % stride or width % stride:
        to = [-(-size // stride) * stride for size in (height, width)]
        raise ValueError(
            f"{name}: got height {height} and width {width}, expected multiples of {stride}; "
            f"pad to {to[0]} and {to[1]}"
        )
