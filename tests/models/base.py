"""What every network passes; a test file a network names its presets and calls these."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from crackgauge.models import build


def check_shapes(name: str, options: dict[str, Any]) -> None:
    """Logits have one channel and the input's size, at the smallest size and an oblong one."""
    network = build(name, **options).eval()
    stride, channels = network.stride, network.in_channels
    for height, width in ((stride, stride), (3 * stride, 5 * stride)):
        with torch.no_grad():
            output = network(torch.rand(2, channels, height, width))
        assert output.logits.shape == (2, 1, height, width)
        assert all(aux.shape == output.logits.shape for aux in output.aux)


def check_refusals(name: str, options: dict[str, Any]) -> None:
    """A size that does not fit is refused with the size to use; so is another channel count."""
    network = build(name, **options).eval()
    stride, channels = network.stride, network.in_channels
    with pytest.raises(ValueError, match=f"pad to {stride} and {2 * stride}"):
        network(torch.rand(1, channels, stride - 1, stride + 1))
    with pytest.raises(ValueError, match="expected"):
        network(torch.rand(1, channels + 1, stride, stride))


def check_every_parameter_learns(name: str, options: dict[str, Any]) -> None:
    """Each parameter receives a gradient somewhere: nothing is built and not used."""
    torch.manual_seed(0)
    network = build(name, **options).train()
    side = 8 * network.stride
    output = network(torch.rand(2, network.in_channels, side, side))
    sum(logits.square().mean() for logits in (output.logits, *output.aux)).backward()
    silent = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert silent == []


def measured_reach(network: nn.Module, side: int) -> int:
    """How far, in px, the gradient of one output pixel reaches, over all places in the stride.

    Weights are made positive, so that no two paths cancel and no ReLU closes.
    """
    network = network.double().eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.abs_().add_(0.01)
    reach = 0
    centre = side // 2 // network.stride * network.stride
    for offset in range(network.stride):
        x = torch.rand(1, network.in_channels, side, side, dtype=torch.double, requires_grad=True)
        pixel = centre + offset
        network(x).logits[0, 0, pixel, pixel].backward()
        assert x.grad is not None
        rows = x.grad[0].abs().sum(dim=(0, 2)).nonzero().flatten()
        reach = max(reach, pixel - int(rows[0]), int(rows[-1]) - pixel)
    return reach
