"""scSE by hand: both gates, added; the mean is over the whole map."""

from __future__ import annotations

import torch
from torch import nn

from crackgauge.models.scse import ScSE


def _zeroed(channels: int) -> ScSE:
    gate = ScSE(channels)
    with torch.no_grad():
        for parameter in gate.parameters():
            parameter.zero_()
    return gate


def test_gates_at_zero_add_up_to_the_map_itself() -> None:
    x = torch.randn(2, 3, 4, 5)
    torch.testing.assert_close(_zeroed(3)(x), x)  # sigmoid(0) twice


def test_both_gates_by_hand() -> None:
    gate = _zeroed(2)
    with torch.no_grad():
        gate.squeeze.weight[:] = 1.0  # sum of the two channels' means
        gate.excite.bias[:] = torch.tensor([0.0, -1.0])
        gate.excite.weight[0] = 2.0
        gate.spatial.weight[0, 0] = 3.0  # looks at channel 0
    x = torch.tensor([[[[1.0, 3.0]], [[0.0, -1.0]]]])  # means 2 and -1/2
    channel = torch.sigmoid(torch.tensor([2 * 1.5, -1.0])).view(1, 2, 1, 1)
    spatial = torch.sigmoid(torch.tensor([3.0, 9.0])).view(1, 1, 1, 2)
    torch.testing.assert_close(gate(x), x * channel + x * spatial)


def test_inner_width_is_a_sixteenth_and_at_least_one() -> None:
    assert ScSE(768).squeeze.out_channels == 48
    assert ScSE(8).squeeze.out_channels == 1
    assert isinstance(ScSE(8).spatial, nn.Conv2d)


def test_a_part_of_a_map_is_gated_otherwise_than_the_map() -> None:
    torch.manual_seed(0)
    gate = ScSE(4)
    with torch.no_grad():
        gate.squeeze.weight.abs_()
    x = torch.rand(1, 4, 8, 8)  # nothing negative: the ReLU within is open
    assert not torch.allclose(gate(x)[..., :4, :4], gate(x[..., :4, :4]), atol=1e-4)
