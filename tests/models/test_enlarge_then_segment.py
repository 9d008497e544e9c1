"""System 4, arrangements (b), (d), (f): shapes, what stands between the parts, reach, weights."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tests.models import base
from torch import nn

from crackgauge.errors import RecipeError
from crackgauge.models import build

FILTERS = [4, 4, 4, 4, 4]
BICUBIC = {"enlarger": {"name": "bicubic"}, "segmenter": {"filters": FILTERS}}
LEARNED = {"enlarger": {"features": [4, 2], "stages": 2}, "segmenter": {"filters": FILTERS}}


@pytest.mark.parametrize("options", [BICUBIC, LEARNED, {**LEARNED, "between": "instance-norm"}])
@pytest.mark.parametrize(("scale", "stride"), [(2, 8), (4, 4), (8, 2)])
def test_output_is_the_enlarged_size(options: dict[str, Any], scale: int, stride: int) -> None:
    network = build("enlarge-then-segment", scale=scale, **options).eval()
    assert (network.stride, network.output_scale) == (stride, scale)
    for height, width in ((16, 16), (2 * stride + 16, 16)):
        with torch.no_grad():
            output = network(torch.rand(2, 3, height, width))
        assert output.logits.shape == (2, 1, scale * height, scale * width)
        assert output.enlarged_image.shape == (2, 3, scale * height, scale * width)
        assert output.low_resolution_logits is None


def test_sizes_that_do_not_fit_are_refused() -> None:
    base.check_refusals("enlarge-then-segment", BICUBIC)


def test_every_parameter_learns() -> None:
    base.check_every_parameter_learns("enlarge-then-segment", LEARNED)


@torch.no_grad()
def test_it_is_its_parts_one_after_the_other() -> None:
    torch.manual_seed(0)
    network = build("enlarge-then-segment", **LEARNED).eval()
    x = torch.rand(1, 3, 8, 8)
    output = network(x)
    torch.testing.assert_close(output.enlarged_image, network.enlarger(x))
    torch.testing.assert_close(output.logits, network.segmenter(network.enlarger(x)).logits)


@torch.no_grad()
def test_instance_norm_between_takes_light_and_contrast_away() -> None:
    torch.manual_seed(0)
    network = build("enlarge-then-segment", **BICUBIC, between="instance-norm").eval()
    plain = build("enlarge-then-segment", **BICUBIC).eval()
    plain.load_state_dict(network.state_dict())  # the norm has no weights
    x = torch.rand(1, 3, 16, 16)
    torch.testing.assert_close(network(3 * x + 2).logits, network(x).logits, atol=1e-3, rtol=1e-3)
    assert (plain(3 * x + 2).logits - plain(x).logits).abs().max() > 0.1
    assert not network.tile_exact
    assert plain.tile_exact


@pytest.mark.parametrize("options", [BICUBIC, LEARNED])
def test_an_output_pixel_sees_no_more_than_the_halo(options: dict[str, Any]) -> None:
    network = build("enlarge-then-segment", scale=8, **options).double().eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.abs_().add_(0.01)
        for module in network.modules():
            if isinstance(module, nn.PReLU):
                module.weight.fill_(1.0)
    side, furthest = 64, 0
    for phase in range(0, 16, 5):
        x = torch.rand(1, 3, side, side, dtype=torch.double, requires_grad=True)
        pixel = 8 * side // 2 + phase
        network(x).logits[0, 0, pixel, pixel].backward()
        assert x.grad is not None
        rows = x.grad[0].abs().sum(dim=(0, 2)).nonzero().flatten()
        low = pixel // 8
        furthest = max(furthest, low - int(rows[0]), int(rows[-1]) - low)
    # Bicubic weights of both signs may cancel; the bound is what tiles need.
    assert network.halo_px - 2 <= furthest <= network.halo_px


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"between": "batch-norm"}, "expected 'none' or 'instance-norm'"),
        ({"enlarger": {"name": "dbnp"}}, "did you mean 'dbpn'"),
        ({"enlarger": {"name": "bicubic", "stages": 2}}, "stages"),
        ({"segmenter": {"depth": 2}}, "depth"),
    ],
)
def test_options_that_cannot_be_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        build("enlarge-then-segment", **options)


def test_the_segmenter_takes_the_encoder_weights() -> None:
    with pytest.raises(RecipeError, match="VGG-16 has"):
        build("enlarge-then-segment", **BICUBIC).load_encoder("hub")
