"""What several networks share.

Legend: N batch, C channels, H and W height and width.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.onnx
from torch import Tensor, nn


class SegmentationOutput(NamedTuple):
    """What every network returns.

    Attributes:
        logits: (N, 1, H, W); sigmoid of it is the crack probability.
        aux: further supervised logits, each (N, 1, H, W); empty where a network has none.
    """

    logits: Tensor
    aux: tuple[Tensor, ...] = ()


def fold_two_classes(logits: Tensor) -> Tensor:
    """Fold a two-class softmax head (N, 2, H, W) to one logit (N, 1, H, W), l1 - l0.

    softmax(l)[1] = 1 / (1 + exp(l0 - l1)) = sigmoid(l1 - l0).

    >>> import torch
    >>> head = torch.tensor([1.0, 3.0]).view(1, 2, 1, 1)
    >>> round(float(fold_two_classes(head).sigmoid() - head.softmax(1)[:, 1:]), 6)
    0.0
    """
    return logits[:, 1:2] - logits[:, 0:1]


def conv3x3(in_channels: int, out_channels: int, *, batch_norm: bool) -> nn.Sequential:
    """3x3 convolution, zero "same" padding, optional batch norm, ReLU."""
    layers: list[nn.Module] = [
        nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=not batch_norm)
    ]
    if batch_norm:
        layers.append(nn.BatchNorm2d(out_channels))
    layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


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
