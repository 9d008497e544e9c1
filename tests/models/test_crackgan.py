"""System 5: shapes, the paper's channels, the receptive field, what tanh and sigmoid agree on."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from tests.inference.conftest import describe
from torch import nn
from torch.nn import functional

from crackgauge.errors import RecipeError
from crackgauge.inference.backends.torch import wrap_network
from crackgauge.inference.export import export_onnx
from crackgauge.inference.predictor import Predictor
from crackgauge.models import build, parameter_count
from crackgauge.recipes import Recipe
from crackgauge.training.validation import probability_of

NARROW = {"filters": [4, 4, 6, 6, 8]}
BOTH_SKIPS = pytest.mark.parametrize("skip_after_up", [False, True])


@BOTH_SKIPS
def test_the_map_has_half_the_size(skip_after_up: bool) -> None:
    network = build("crackgan", **NARROW, skip_after_up=skip_after_up).eval()
    for height, width in ((256, 256), (32, 32), (96, 160)):
        with torch.no_grad():
            logits = network(torch.rand(2, 3, height, width)).logits
        assert logits.shape == (2, 1, height // 2, width // 2)


def test_sizes_and_channels_that_do_not_fit_are_refused() -> None:
    network = build("crackgan", **NARROW)
    with pytest.raises(ValueError, match="pad to 32 and 64"):
        network(torch.rand(1, 3, 31, 33))
    with pytest.raises(ValueError, match="expected"):
        network(torch.rand(1, 1, 32, 32))
    for name in ("crackgan", "crackgan-classifier"):
        with pytest.raises(RecipeError, match="expected five channel counts"):
            build(name, filters=[4, 4])


def convolutions(network: nn.Module) -> list[tuple[int, int]]:
    found = [m for m in network.modules() if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d))]
    return [(layer.in_channels, layer.out_channels) for layer in found]


ENCODER = [(3, 64), (64, 128), (128, 256), (256, 512), (512, 512)]
DOWNS = [(128, 128), (256, 256), (512, 512), (512, 512)]


def test_channels_are_those_of_the_text() -> None:
    """512@16, 512@32 and 256@64 join the inputs of DC256, DC128 and DC64."""
    with torch.device("meta"):
        network = build("crackgan")
    ups = [(512, 512), (512 + 512, 256), (256 + 512, 128), (128 + 256, 64)]
    after = [(512, 512), (256, 256), (128, 128), (64, 64)]
    assert convolutions(network) == [*ENCODER, *DOWNS, *ups, *after, (64, 1)]


def test_channels_with_skips_after_the_transposed_convolutions() -> None:
    with torch.device("meta"):
        network = build("crackgan", skip_after_up=True)
    ups = [(512, 512), (512, 256), (256, 128), (128, 64)]
    after = [(512 + 512, 512), (256 + 512, 256), (128 + 256, 128), (64 + 128, 64)]
    assert convolutions(network) == [*ENCODER, *DOWNS, *ups, *after, (64, 1)]


def test_parameter_counts_are_those_of_the_card() -> None:
    def weights(pairs: list[tuple[int, int]]) -> int:
        return sum(9 * a * b + b for a, b in pairs)

    encoder = 49 * 3 * 64 + 64 + weights(ENCODER[1:]) + weights(DOWNS)
    ups = weights([(512, 512), (1024, 256), (768, 128), (384, 64)])
    rest = weights([(512, 512), (256, 256), (128, 128), (64, 64), (64, 1)])
    with torch.device("meta"):
        assert parameter_count(build("crackgan")) == encoder + ups + rest == 18_336_193
        assert parameter_count(build("crackgan", skip_after_up=True)) == 20_326_849
        assert parameter_count(build("crackgan-classifier")) == encoder + 513 == 9_376_257


def test_a_head_bias_below_zero_begins_with_background() -> None:
    torch.manual_seed(0)
    network = build("crackgan", **NARROW, head_bias=-3.0).eval()
    with torch.no_grad():
        logits = network(torch.zeros(1, 3, 64, 64)).logits
    assert torch.equal(logits, torch.full_like(logits, -6.0))  # 2 z; the biases before are 0


@BOTH_SKIPS
def test_every_parameter_learns(skip_after_up: bool) -> None:
    torch.manual_seed(0)
    network = build("crackgan", **NARROW, skip_after_up=skip_after_up)
    network(torch.rand(2, 3, 256, 256)).logits.square().mean().backward()
    assert [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()] == []


@pytest.mark.parametrize(("skip_after_up", "used"), [(False, [2, 3, 4]), (True, [1, 2, 3, 4])])
def test_the_decoder_uses_the_levels_that_it_should(skip_after_up: bool, used: list[int]) -> None:
    torch.manual_seed(0)
    network = build("crackgan", **NARROW, skip_after_up=skip_after_up).eval()
    x = torch.rand(1, 3, 64, 64)
    expected = network(x).logits
    bottleneck, maps = network.encoder(x)
    changing = []
    for level in range(1, 5):
        others = [torch.zeros_like(m) if n == level else m for n, m in enumerate(maps, start=1)]
        network.encoder.forward = lambda _x, others=others: (bottleneck, list(others))
        changing += [] if torch.equal(network(x).logits, expected) else [level]
    assert changing == used


def test_the_logit_is_twice_the_map_before_tanh() -> None:
    torch.manual_seed(0)
    network = build("crackgan", **NARROW).eval()
    seen: list[torch.Tensor] = []
    network.head.register_forward_hook(lambda _module, _inputs, out: seen.append(out))
    with torch.no_grad():
        logits = network(torch.rand(1, 3, 64, 64)).logits
    torch.testing.assert_close(logits.sigmoid(), (1 + seen[0].tanh()) / 2)


@BOTH_SKIPS
def test_receptive_field_is_what_gradients_measure(skip_after_up: bool) -> None:
    """From each input pixel's place in the enlarged map, over all places in the stride."""
    network = build("crackgan", filters=[1] * 5, skip_after_up=skip_after_up).double().eval()
    with torch.no_grad():  # positive weights: no two paths cancel, no ReLU closes
        for parameter in network.parameters():
            parameter.abs_().add_(0.01)
    reach, side, centre = 0, 384, 192
    for pixel in range(centre, centre + network.stride):
        x = torch.rand(1, 3, side, side, dtype=torch.double, requires_grad=True)
        logits = network(x).logits
        large = functional.interpolate(logits, scale_factor=2, mode="bilinear")
        (gradient,) = torch.autograd.grad(large[0, 0, pixel, pixel], x)
        rows = gradient[0].abs().sum(dim=(0, 2)).nonzero().flatten()
        reach = max(reach, pixel - int(rows[0]), int(rows[-1]) - pixel)
    assert network.receptive_field_px == 2 * reach + 1


def test_the_classifier_averages_the_bottleneck() -> None:
    torch.manual_seed(0)
    network = build("crackgan-classifier", **NARROW).eval()
    x = torch.rand(2, 3, 64, 96)
    with torch.no_grad():
        bottleneck, _ = network.encoder(x)
        assert bottleneck.shape == (2, 8, 2, 3)
        expected = bottleneck.flatten(2).mean(2) @ network.head.weight.T + network.head.bias
        torch.testing.assert_close(network(x), expected)


def test_the_classifier_has_the_generator_s_encoder() -> None:
    generator, classifier = build("crackgan", **NARROW), build("crackgan-classifier", **NARROW)
    generator.encoder.load_state_dict(classifier.encoder.state_dict())


@BOTH_SKIPS
def test_an_exported_file_computes_what_torch_does(tmp_path: Path, skip_after_up: bool) -> None:
    torch.manual_seed(0)
    network = build("crackgan", **NARROW, skip_after_up=skip_after_up).eval()
    path = tmp_path / "small.onnx"
    export_onnx(network, describe(network, output_scale=0.5), path)
    x = torch.rand(2, 3, 64, 96)
    (got,) = onnxruntime.InferenceSession(path).run(None, {"image": x.numpy()})
    with torch.no_grad():
        expected = network(x).logits.sigmoid().numpy()
    assert got.shape == (2, 1, 32, 48)
    np.testing.assert_allclose(got, expected, atol=1e-4)


@pytest.mark.parametrize("size", [(1, 1), (33, 300), (200, 130)])
def test_tiles_give_what_the_whole_image_gives(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    network = build("crackgan", **NARROW).eval()
    settings = {"output_scale": 0.5, "padding": network.padding, "halo": 128}
    predictor = Predictor(describe(network, **settings), wrap_network(network), digest="")
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    whole, tiled = predictor.predict(image, tile=1024), predictor.predict(image, tile=32)
    assert whole.shape == size
    assert network.receptive_field_px // 2 <= 128
    np.testing.assert_allclose(tiled, whole, atol=1e-5)


def test_validation_sees_what_the_predictor_sees() -> None:
    torch.manual_seed(0)
    network = build("crackgan", **NARROW).eval()
    recipe = Recipe(preset="a", network={"name": "crackgan"})
    mean_and_std = {"mean": recipe.input.mean, "std": recipe.input.std}
    settings = {"output_scale": 0.5, "padding": network.padding, "halo": 128, **mean_and_std}
    predictor = Predictor(describe(network, **settings), wrap_network(network), digest="")
    image = np.random.default_rng(0).integers(0, 256, (70, 45, 3), dtype=np.uint8)
    got = probability_of(
        network, image, recipe, device=torch.device("cpu"), autocast=contextlib.nullcontext()
    )
    np.testing.assert_allclose(got, predictor.predict(image), atol=1e-6)
