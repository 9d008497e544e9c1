"""System 3: shapes, parts on and off, stages, counts, tiles that are approximate and blended."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from tests.inference.conftest import random_image
from tests.models import base
from torch import Tensor, nn
from torch.nn import functional

from crackgauge.errors import RecipeError
from crackgauge.inference.backends.torch import wrap_network
from crackgauge.inference.metadata import ModelMetadata
from crackgauge.inference.predictor import Predictor
from crackgauge.models import build, parameter_count
from crackgauge.models.convnext_scse import DecoderLevel, ResidualUnit
from crackgauge.recipes import load_recipe

SMALL: dict[str, Any] = {
    "encoder": "convnext_tiny",
    "encoder_options": {"depths": [1, 1, 1, 1], "dims": [8, 12, 16, 20]},
    "filters": [12, 10, 8, 6, 4],
}
PLAIN = {**SMALL, "scse": False, "deep_supervision": False, "image_branch": False}
# scSE's inner width is a sixteenth: with few channels its only ReLU may be closed everywhere.
WIDE = {**SMALL, "encoder_options": {"depths": [1, 1, 1, 1], "dims": [64, 64, 64, 64]}}
STRIDE_2 = {**SMALL, "encoder": "mobilenetv2_050", "encoder_options": {}}


@pytest.mark.parametrize("options", [WIDE, PLAIN, STRIDE_2], ids=["all", "plain", "stride 2"])
@pytest.mark.parametrize(
    "check", [base.check_shapes, base.check_refusals, base.check_every_parameter_learns]
)
def test_keeps_the_contract_of_all_networks(options: dict[str, Any], check: Any) -> None:
    check("convnext-scse", options)


@pytest.mark.parametrize(
    ("preset", "count"),
    [("convnext-scse", 34_391_043), ("convnext-sd", 34_290_149), ("convnext", 34_290_149)],
)
def test_parameter_counts_are_those_of_the_card(preset: str, count: int) -> None:
    with torch.device("meta"):  # counting needs no numbers
        network = build("convnext-scse", **load_recipe(preset).network.options)
    assert parameter_count(network) == count


@pytest.mark.parametrize(
    ("encoder", "count"),
    [
        ("convnext_atto", 8_154_070),
        ("mobilenetv2_100", 6_381_512),
        ("tf_efficientnet_lite0", 7_575_225),
        ("vgg16", 21_501_506),
    ],
)
def test_other_encoders_have_the_cards_counts_too(encoder: str, count: int) -> None:
    with torch.device("meta"):
        assert parameter_count(build("convnext-scse", encoder=encoder)) == count


def test_what_scse_adds_is_what_its_equations_need() -> None:
    # For C channels and C/16 within: two dense layers with bias, and one filter with bias.
    def scse(c: int) -> int:
        return (c * (c // 16) + c // 16) + ((c // 16) * c + c) + (c + 1)

    assert sum(scse(c) for c in (768, 384, 192, 96)) == 34_391_043 - 34_290_149


def test_maps_are_five_and_four_supervised_in_training_alone() -> None:
    network = build("convnext-scse", **SMALL).train()
    output = network(torch.rand(2, 3, 64, 96))
    assert [tuple(m.shape) for m in output.aux] == [(2, 1, 64, 96)] * 4
    # Nearest: the map of level 5, stride 16, is constant on squares of 16 px.
    squares = output.aux[0][0, 0].reshape(4, 16, 6, 16)
    torch.testing.assert_close(squares.amax((1, 3)), squares.amin((1, 3)))
    assert network.eval()(torch.rand(2, 3, 64, 96)).aux == ()
    assert build("convnext-scse", **PLAIN).train()(torch.rand(2, 3, 64, 64)).aux == ()


def test_a_level_concatenates_projects_and_has_two_short_skips() -> None:
    level = DecoderLevel(6, 4, 3, scse=True)
    assert level.project[0].in_channels == 10
    assert level.gate.squeeze.in_channels == 4
    assert [type(unit) for unit in level.units] == [ResidualUnit, ResidualUnit]
    convolutions = [m for m in level.units.modules() if isinstance(m, nn.Conv2d)]
    assert len(convolutions) == 4
    without = DecoderLevel(6, 0, 3, scse=True)
    assert without(torch.rand(2, 6, 4, 4), None).shape == (2, 3, 4, 4)


def test_residual_unit_adds_its_input_and_nothing_follows() -> None:
    unit = ResidualUnit(2).eval()
    with torch.no_grad():
        for parameter in unit.parameters():
            parameter.zero_()
    x = torch.tensor([-3.0, 5.0]).view(1, 2, 1, 1)
    assert unit(x).flatten().tolist() == [-3.0, 5.0]


def test_level_2_has_a_skip_where_the_encoder_has_stride_2() -> None:
    plain, with_map = build("convnext-scse", **SMALL), build("convnext-scse", **STRIDE_2)
    assert isinstance(plain.decoder[3].gate, nn.Identity)
    assert plain.decoder[3].project[0].in_channels == 8
    skip = with_map.encoder.channels[0]
    assert with_map.decoder[3].project[0].in_channels == 8 + skip
    assert with_map.decoder[3].gate.squeeze.in_channels == skip


def test_groups_are_four_stages_and_the_rest() -> None:
    for options in (SMALL, STRIDE_2):
        network = build("convnext-scse", **options)
        groups = network.parameter_groups()
        assert len(groups) == 5
        counted = [id(p) for group in groups for p in group]
        assert sorted(counted) == sorted(id(p) for p in network.parameters())
        encoder = {id(p) for p in network.encoder.parameters()}
        assert all(id(p) in encoder for group in groups[:-1] for p in group)
        assert not any(id(p) in encoder for p in groups[-1])


def test_the_same_seed_gives_the_same_network() -> None:
    def draw() -> dict[str, torch.Tensor]:
        torch.manual_seed(3)
        return build("convnext-scse", **SMALL).state_dict()

    first, second = draw(), draw()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_tiles_are_approximate_and_blended_ones_near_the_whole() -> None:
    torch.manual_seed(0)
    network = build("convnext-scse", **SMALL)
    with torch.no_grad():
        for _ in range(3):
            network(torch.randn(2, 3, 64, 64))
        network.head.weight.mul_(10)  # far from 0.5, so that differences show
    network.eval()
    assert not network.tile_exact
    ramp = np.linspace(0, 200, 640)[None, :, None] + 0.2 * random_image(320, 640)
    image = ramp.astype(np.uint8)  # its mean is another one everywhere

    def predict(tiling: Any, tile: int) -> np.ndarray:
        metadata = ModelMetadata(
            architecture="convnext-scse",
            stride=network.stride,
            halo=network.halo_px,
            tile=tile,
            tiling=tiling,
        )
        return Predictor(metadata, wrap_network(network), digest="").predict(image)

    whole, blended = predict("approximate", 1024), predict("approximate", 64)
    assert whole.max() - whole.min() > 0.2
    # Not exact, even in tiles that show the whole reach of the convolutions: the mean is theirs.
    assert np.abs(predict("exact", 64) - whole).max() > 1e-3
    assert np.abs(blended - whole).mean() < 0.1 * whole.std()


def test_options_that_cannot_be_are_named() -> None:
    with pytest.raises(RecipeError, match="got 4 values, expected 5"):
        build("convnext-scse", **{**SMALL, "filters": [1, 2, 3, 4]})
    with pytest.raises(RecipeError, match="Unknown model"):
        build("convnext-scse", encoder="convnext_huge_tiny")


@torch.no_grad()
def test_the_decoder_computes_what_its_tensors_say() -> None:
    torch.manual_seed(0)
    network = build("convnext-scse", **SMALL).eval()
    for tensor in network.state_dict().values():  # away from zeros and ones
        if tensor.is_floating_point():
            tensor.add_(0.1 * torch.rand_like(tensor))
    state = {name: t for name, t in network.state_dict().items() if "encoder" not in name}
    x = torch.randn(2, 3, 64, 96)

    def conv(y: Tensor, name: str) -> Tensor:
        weight = state[f"{name}.weight"]
        return functional.conv2d(
            y, weight, state.get(f"{name}.bias"), padding=weight.shape[-1] // 2
        )

    def conv3x3(y: Tensor, name: str) -> Tensor:
        norm = [state[f"{name}.1.{part}"] for part in ("running_mean", "running_var")]
        y = conv(y, f"{name}.0")
        y = functional.batch_norm(y, *norm, state[f"{name}.1.weight"], state[f"{name}.1.bias"])
        return y.clamp(min=0)

    def scse(y: Tensor, name: str) -> Tensor:
        mean = conv(y.mean((2, 3), keepdim=True), f"{name}.squeeze").clamp(min=0)
        spatial = conv(y, f"{name}.spatial").sigmoid()
        return y * conv(mean, f"{name}.excite").sigmoid() + y * spatial

    def twice(y: Tensor) -> Tensor:  # nearest
        return y.repeat_interleave(2, 2).repeat_interleave(2, 3)

    *skips, deepest = network.encoder(x)
    y = twice(scse(deepest, "deepest"))
    for level, skip in enumerate([*reversed(skips), None]):  # levels 5, 4, 3, 2
        name = f"decoder.{level}"
        if skip is not None:
            y = torch.cat((y, scse(skip, f"{name}.gate")), 1)
        y = conv3x3(y, f"{name}.project")
        for unit in (f"{name}.units.0.body", f"{name}.units.1.body"):
            y = y + conv3x3(conv3x3(y, f"{unit}.0"), f"{unit}.1")
        y = twice(y)
    image = conv3x3(conv3x3(x, "branch.0"), "branch.1")
    y = torch.cat((y, network.branch[2](image)), 1)
    y = conv(conv3x3(conv3x3(y, "full.0"), "full.1"), "head")
    torch.testing.assert_close(network(x).logits, y, atol=1e-4, rtol=1e-4)
