"""System 4, segmentation: shapes, the decoder's channels, the receptive field, VGG's weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from safetensors.torch import load_file, save_file
from tests.inference.conftest import describe
from tests.models import base
from torch import nn
from torch.nn import functional

from crackgauge.errors import ModelFileError, RecipeError
from crackgauge.inference.export import export_onnx
from crackgauge.models import build, parameter_count
from crackgauge.models.vgg_unet import ShuffleUnit
from crackgauge.recipes import load_recipe

SMALL = {"filters": [8, 8, 8, 8, 8]}
WEIGHTS = Path(__file__).resolve().parents[3] / "shared/weights/vgg16_hed_trunk.safetensors"


@pytest.mark.parametrize(
    "check", [base.check_shapes, base.check_refusals, base.check_every_parameter_learns]
)
def test_keeps_the_contract_of_all_networks(check: Any) -> None:
    check("vgg-unet", SMALL)
    check("vgg-unet", {**SMALL, "in_channels": 1})


def test_parameter_count_is_that_of_the_card() -> None:
    with torch.device("meta"):  # counting needs no numbers
        network = build("vgg-unet", **load_recipe("cssr-hr").network.options)
    # The trunk, then conv3x3 + bias of the decoder's units, of full size, and the head.
    units = 4_719_616 + 7_078_912 + 2_359_808 + 590_080
    assert parameter_count(network) == 14_714_688 + units + 36_896 + 33 == 29_500_033


def test_channels_are_those_of_the_paper() -> None:
    with torch.device("meta"):
        network = build("vgg-unet")
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    channels = [(c.in_channels, c.out_channels) for c in convolutions]
    groups = [(3, 64), (64, 64), (64, 128), (128, 128), (128, 256), *[(256, 256)] * 2]
    groups += [(256, 512), *[(512, 512)] * 5]
    decoder = [(512, 1024), (768, 1024), (512, 512), (256, 256), (128, 32), (32, 1)]
    assert channels == groups + decoder


def test_a_shuffle_unit_makes_four_channels_the_four_pixels_of_one() -> None:
    unit = ShuffleUnit(1, 1)
    with torch.no_grad():
        unit.conv[0].weight.zero_()
        unit.conv[0].bias[:] = torch.tensor([1.0, 2.0, -3.0, 4.0])
        out = unit(torch.zeros(1, 1, 1, 1))
    assert out[0, 0].tolist() == [[1.0, 2.0], [0.0, 4.0]]


@torch.no_grad()
def test_the_network_written_out_once_more() -> None:
    torch.manual_seed(0)
    network = build("vgg-unet", filters=[4, 6, 8, 10, 12]).eval()
    layers = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    for layer in layers:
        nn.init.normal_(layer.bias)

    def convolve(x: torch.Tensor) -> torch.Tensor:
        layer = layers.pop(0)
        return functional.relu(functional.conv2d(x, layer.weight, layer.bias, padding=1))

    image = x = torch.randn(1, 3, 32, 48)
    groups = []
    for count in (2, 2, 3, 3, 3):
        x = functional.max_pool2d(x, 2) if groups else x
        for _ in range(count):
            x = convolve(x)
        groups.append(x)
    x = functional.pixel_shuffle(convolve(groups[4]), 2)
    for group in (3, 2, 1):
        x = functional.pixel_shuffle(convolve(torch.cat((x, groups[group]), dim=1)), 2)
    x = convolve(torch.cat((x, groups[0]), dim=1))
    (head,) = layers
    torch.testing.assert_close(network(image).logits, functional.conv2d(x, head.weight, head.bias))


def test_receptive_field_is_what_gradients_measure() -> None:
    network = build("vgg-unet", filters=[2, 2, 2, 2, 2])
    assert network.receptive_field_px == 2 * base.measured_reach(network, 288) + 1


@torch.no_grad()
def test_every_tensor_of_the_vgg_trunk_is_used_where_it_belongs() -> None:
    if not WEIGHTS.is_file():
        pytest.skip(f"{WEIGHTS} is not there: encoder weights lie beside the repository")
    network = build("vgg-unet").eval()
    network.load_encoder(str(WEIGHTS))
    state = load_file(WEIGHTS)
    own = network.encoder.state_dict()
    assert {f"features.{name}" for name in own} == set(state)
    assert all(torch.equal(own[name], state[f"features.{name}"].float()) for name in own)
    # The network sees what the raw tensors say: five groups, pooling between them.
    x = expected = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    for group in ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28)):
        expected = functional.max_pool2d(expected, 2) if group[0] else expected
        for number in group:
            kernel, bias = (state[f"features.{number}.{n}"].float() for n in ("weight", "bias"))
            expected = functional.relu(functional.conv2d(expected, kernel, bias, padding=1))
    torch.testing.assert_close(network.encoder(x), expected, atol=1e-3, rtol=1e-3)


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    network = build("vgg-unet", **SMALL)
    network.load_encoder("none")
    with pytest.raises(RecipeError, match=r"VGG-16 has \[64, 128, 256, 512, 512\]"):
        network.load_encoder("hub")
    save_file({"features.0.weight": torch.zeros(64, 3, 3, 3)}, tmp_path / "part.safetensors")
    with pytest.raises(ModelFileError, match="is not for vgg16"):
        build("vgg-unet").load_encoder(str(tmp_path / "part.safetensors"))


@pytest.mark.parametrize("filters", [[8, 8, 8, 8], [8, 8, 8, 8, 7]])
def test_other_channel_lists_are_refused(filters: list[int]) -> None:
    with pytest.raises(RecipeError, match="expected five even numbers"):
        build("vgg-unet", filters=filters)


def test_an_exported_file_computes_what_torch_does(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = build("vgg-unet", **SMALL).eval()
    path = tmp_path / "small.onnx"
    export_onnx(network, describe(network), path)
    session = onnxruntime.InferenceSession(path)
    x = torch.rand(2, 3, 48, 80)
    (got,) = session.run(None, {"image": x.numpy()})
    with torch.no_grad():
        expected = network(x).logits.sigmoid().numpy()
    np.testing.assert_allclose(got, expected, atol=1e-4)
