"""Partial-convolution padding: its factors, its bias, and the masked convolution it stands for."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from crackgauge.models.partial_convolution import PartialConv2d


def test_the_factor_is_1_inside_3_halves_on_an_edge_and_9_quarters_in_a_corner() -> None:
    conv = PartialConv2d(1, 1, 3, padding=1)
    with torch.no_grad():
        conv.weight.zero_()
        conv.weight[..., 1, 1] = 1.0  # out = x factor + b
        conv.bias.fill_(5.0)  # type: ignore[union-attr]
    factor = conv(torch.ones(1, 1, 4, 5))[0, 0] - 5.0  # the bias is not scaled
    edge, inside = [2.25, 1.5, 1.5, 1.5, 2.25], [1.5, 1.0, 1.0, 1.0, 1.5]
    assert factor.tolist() == [edge, inside, inside, edge]


@pytest.mark.parametrize(("size", "factor"), [((1, 1), 9.0), ((1, 3), 3.0), ((2, 2), 2.25)])
def test_small_maps_have_fewer_positions_inside(size: tuple[int, int], factor: float) -> None:
    conv = PartialConv2d(1, 1, 3, padding=1, bias=False)
    with torch.no_grad():
        conv.weight.zero_()
        conv.weight[..., 1, 1] = 1.0
    middle = conv(torch.ones(1, 1, *size))[0, 0, 0, size[1] // 2]
    assert middle.item() == pytest.approx(factor)


@pytest.mark.parametrize(("stride", "groups"), [(1, 1), (2, 4)])
def test_it_is_a_convolution_scaled_by_one_of_a_mask(stride: int, groups: int) -> None:
    torch.manual_seed(0)
    conv = PartialConv2d(4, 8, 3, stride=stride, padding=1, groups=groups)
    x, options = torch.randn(2, 4, 10, 6), {"stride": stride, "padding": 1}
    inside = functional.conv2d(torch.ones(1, 1, 10, 6), torch.ones(1, 1, 3, 3), **options)
    sums = functional.conv2d(x, conv.weight, groups=groups, **options)
    expected = sums * 9 / inside + conv.bias[:, None, None]  # type: ignore[index]
    torch.testing.assert_close(conv(x), expected)


def test_factors_are_exact_in_bf16_and_the_type_stays() -> None:
    conv = PartialConv2d(1, 1, 3, padding=1)
    with torch.no_grad():
        conv.weight.fill_(1.0)
        conv.bias.zero_()  # type: ignore[union-attr]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = conv(torch.ones(1, 1, 4, 4))
    assert out.dtype == torch.bfloat16
    assert out.unique().tolist() == [9.0]  # a constant image has no border
