"""System 2: shapes, twins, receptive field, tiles, the exported model and its preprocessing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from tests.inference.conftest import describe, random_image
from tests.models import base
from torch import Tensor, nn
from torch.nn import functional

from crackgauge.data.preprocess import prepare
from crackgauge.inference.backends.torch import wrap_network
from crackgauge.inference.export import export_onnx, parity
from crackgauge.inference.onnx_file import read_model_file
from crackgauge.inference.predictor import Predictor, open_model
from crackgauge.models import build, parameter_count
from crackgauge.models.gated_scale_unet import GatedScaleUNet
from crackgauge.recipes import dump_recipe, load_recipe
from crackgauge.training.result import export_run

NAME = "gated-scale-unet"
PRESETS = {  # parameters, as in the card
    "gated-scale-unet": 1_044_250,
    "gated-scale-unet-max": 1_043_802,
    "gated-scale-unet-fast": 1_045_690,
}


def options_of(preset: str) -> dict[str, Any]:
    return load_recipe(preset).network.options


@torch.no_grad()
def as_if_trained(network: nn.Module) -> nn.Module:
    """The network with gates that are not zero and logits of the usual size.

    Rounding grows with the logits, and those of fresh weights reach hundreds.
    """
    for pool in network.pools:
        for weight in pool.parameters():
            weight.normal_(0, 0.5)
    network.eval()
    logits = network(torch.randn(1, network.in_channels, 64, 64)).logits
    network.fuse.weight.mul_(3 / logits.std())
    return network


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(
    "check", [base.check_shapes, base.check_refusals, base.check_every_parameter_learns]
)
def test_keeps_the_contract_of_all_networks(preset: str, check: Any) -> None:
    check(NAME, options_of(preset))


@pytest.mark.parametrize(("preset", "count"), PRESETS.items())
def test_parameter_counts_are_those_of_the_card(preset: str, count: int) -> None:
    assert parameter_count(build(NAME, **options_of(preset))) == count


def test_the_presets_say_what_the_paper_says() -> None:
    recipe = load_recipe("gated-scale-unet")
    assert (recipe.sampling.patch_px, recipe.sampling.crack_share) == (48, 0.6)
    assert (recipe.sampling.patches, recipe.sampling.count) == ("per-image", 2000)
    optimizer = recipe.optimizer
    settings = (optimizer.name, optimizer.learning_rate, optimizer.momentum, optimizer.weight_decay)
    assert settings == ("sgd", 1e-3, 0.9, 1e-6)
    assert (recipe.batch, recipe.epochs) == (32, 25)
    assert (recipe.input.channels, recipe.input.preprocessing) == (1, ("standardise-clahe-gamma",))


def test_the_twin_differs_by_its_pooling_alone() -> None:
    gated, twin = (load_recipe(name).model_dump() for name in list(PRESETS)[:2])
    assert (gated.pop("preset"), twin.pop("preset")) == tuple(PRESETS)[:2]
    options, others = gated["network"].pop("options"), twin["network"].pop("options")
    assert gated == twin
    assert (options.pop("gated_scale_pooling"), options.pop("gate_kernel")) == (True, 2)
    assert others.pop("gated_scale_pooling") is False
    assert options == others


def test_twins_start_from_the_same_weights() -> None:
    torch.manual_seed(3)
    gated = build(NAME, filters=[2, 4, 6]).state_dict()
    torch.manual_seed(3)
    twin = build(NAME, filters=[2, 4, 6], gated_scale_pooling=False).state_dict()
    assert gated.keys() - twin.keys() == {"pools.0.gate.weight", "pools.1.gate.weight"}
    assert not any(gated[name].any() for name in gated.keys() - twin.keys())
    assert all(torch.equal(gated[name], tensor) for name, tensor in twin.items())


class HalfOpen(nn.Module):
    """A gate that stays at an equal mix: with weights all positive, a real one would saturate."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.zeros_like(functional.max_pool2d(x, 2))


@pytest.mark.parametrize(
    ("gated", "filters", "field"),
    [(True, [1, 1, 1, 1], 247), (False, [1, 1, 1, 1], 191), (True, [1, 1, 1], 111)],
)
def test_receptive_field_is_what_gradients_measure(
    gated: bool, filters: list[int], field: int
) -> None:
    reach = 0
    for seed in range(6):  # a maximum hands its gradient to one pixel, not always the farthest
        torch.manual_seed(seed)
        network = build(NAME, filters=filters, gated_scale_pooling=gated)
        assert network.receptive_field_px == field
        for pool in network.pools if gated else ():
            pool.gate = HalfOpen()
        reach = max(reach, base.measured_reach(network, field + 17))
    assert 2 * reach + 1 == field


def test_the_receptive_field_does_not_depend_on_the_channels() -> None:
    assert build(NAME).receptive_field_px == 247


def test_four_maps_meet_at_the_fusion() -> None:
    network = build(NAME, filters=[2, 3, 4, 5])
    assert [head.in_channels for head in network.heads] == [5, 4, 3, 2]  # e4, d3, d2, d1
    assert (network.fuse.in_channels, network.fuse.out_channels) == (8, 2)
    with torch.no_grad():  # let the crack logit be that of e4 alone
        network.fuse.weight.zero_()
        network.fuse.weight[1, 1] = 1.0
    seen: list[Tensor] = []
    network.heads[0].register_forward_hook(lambda _module, _inputs, out: seen.append(out))
    logits = network(torch.rand(1, 1, 32, 48)).logits
    assert seen[0].shape == (1, 2, 4, 6)
    expected = functional.interpolate(seen[0][:, 1:], scale_factor=8, mode="bilinear")
    torch.testing.assert_close(logits, expected)


def test_a_skip_is_concatenated_as_it_is() -> None:
    network = build(NAME, filters=[2, 3])
    joined: list[Tensor] = []
    block = network.decoder[0].block
    block.register_forward_hook(lambda _module, inputs, _out: joined.append(inputs[0]))
    x = torch.rand(1, 1, 8, 8)
    network(x)
    assert torch.equal(joined[0][:, :2], network.encoder[0](x))


@pytest.mark.parametrize("gated", [True, False])
@pytest.mark.parametrize("size", [(300, 417), (131, 70), (9, 330)])
def test_tiles_equal_the_whole(gated: bool, size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    options = {"in_channels": 3, "filters": [3, 4, 5, 6], "gated_scale_pooling": gated}
    network = as_if_trained(build(NAME, **options))
    predictor = Predictor(describe(network), wrap_network(network), digest="")
    image = random_image(*size)
    whole = predictor.predict(image, tile=1024)
    assert whole.std() > 0.01
    assert np.abs(predictor.predict(image, tile=64) - whole).max() <= 1e-5
    bare = describe(network).model_copy(update={"halo": 0})
    unpadded = Predictor(bare, wrap_network(network), digest="")
    assert np.abs(unpadded.predict(image, tile=64) - whole).max() > 1e-3  # this test can fail


def test_the_exported_file_computes_what_torch_computes(tmp_path: Path) -> None:
    # The gate of 2 x 2 is exported by the next test.
    torch.manual_seed(0)
    options = {"in_channels": 3, "filters": [4, 6], "gate_kernel": 3, "batch_norm": True}
    network = as_if_trained(build(NAME, **options))
    export_onnx(network, describe(network, architecture=NAME), tmp_path / "model.onnx")
    assert parity(network, read_model_file(tmp_path / "model.onnx")) <= 1e-4


def test_preprocessing_travels_in_the_file_and_is_applied(tmp_path: Path) -> None:
    recipe = load_recipe("gated-scale-unet", ["network.options.filters=[4,6,8]"])
    torch.manual_seed(0)
    network = as_if_trained(GatedScaleUNet(**recipe.network.options))
    (tmp_path / "recipe.yaml").write_text(dump_recipe(recipe), encoding="utf-8")
    notes = {"best": json.dumps({"score": None, "chosen_on": "nothing"})}
    safetensors.torch.save_file(network.state_dict(), tmp_path / "best.safetensors", notes)
    export_run(tmp_path, tmp_path / "alone.onnx")

    model = open_model(tmp_path / "alone.onnx", threads=1)
    assert model.metadata.preprocessing == ("standardise-clahe-gamma",)
    assert (model.metadata.tiling, model.threshold) == ("exact", 0.2)
    image = random_image(48, 56) // 4 + 90  # of low contrast, which equalising changes
    settings = {"channels": 1, "mean": (0.0,), "std": (1.0,)}
    for tile in (1024, 16):
        got = model.predict(image, tile=tile)
        assert np.abs(got - run(network, prepare(image, **settings))).max() > 0.01
        equalised = prepare(image, **settings, preprocessing=model.metadata.preprocessing)
        np.testing.assert_allclose(got, run(network, equalised), atol=1e-4)


@torch.no_grad()
def run(network: nn.Module, x: np.ndarray) -> np.ndarray:
    return torch.sigmoid(network(torch.from_numpy(x)[None]).logits)[0, 0].numpy()
