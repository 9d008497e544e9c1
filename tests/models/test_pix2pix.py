"""pix2pix: the contract of all networks, the published parameter counts, the 70 px patch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from tests.models import base
from torch import nn

from crackgauge.errors import RecipeError
from crackgauge.inference.export import export_onnx
from crackgauge.inference.metadata import ModelMetadata
from crackgauge.models import build, parameter_count

NARROW = {"filters": [4, 8, 8, 8]}


def test_keeps_the_contract_of_all_networks() -> None:
    for options in (NARROW, {**NARROW, "in_channels": 1}):
        base.check_shapes("pix2pix", options)
        base.check_refusals("pix2pix", options)
        base.check_every_parameter_learns("pix2pix", options)


def test_parameter_counts_are_those_of_the_card() -> None:
    """54.4 million is what is published; the discriminator sees RGB and one map."""
    with torch.device("meta"):
        assert parameter_count(build("pix2pix")) == 54_410_433
        assert parameter_count(build("patch-discriminator")) == 2_766_657


def test_coarsest_three_steps_drop_channels_values_in_training_alone() -> None:
    with torch.device("meta"):
        network = build("pix2pix")
    dropped = [any(isinstance(m, nn.Dropout) for m in up) for up in network.ups]
    assert dropped == [True] * 3 + [False] * 4


def test_no_batch_norm_at_the_first_and_the_last_way_down() -> None:
    with torch.device("meta"):
        network = build("pix2pix")
    normed = [any(isinstance(m, nn.BatchNorm2d) for m in d.modules()) for d in network.downs]
    assert normed == [False, *[True] * 6, False]


def test_one_level_is_no_u_net() -> None:
    with pytest.raises(RecipeError, match="two levels or more"):
        build("pix2pix", filters=[4])


def test_a_logit_of_the_discriminator_sees_70_px() -> None:
    network = build("patch-discriminator", channels=1, filters=[2, 2, 2, 2]).double().eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.abs_().add_(0.01)
    x = torch.rand(1, 1, 256, 256, dtype=torch.double, requires_grad=True)
    logits = network(x)
    assert logits.shape == (1, 1, 30, 30)
    (gradient,) = torch.autograd.grad(logits[0, 0, 15, 15], x)
    assert len(gradient[0, 0].abs().sum(1).nonzero()) == 70


def test_an_exported_file_computes_what_torch_does(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = build("pix2pix", **NARROW).eval()
    path = tmp_path / "small.onnx"
    description = ModelMetadata(architecture="pix2pix", stride=network.stride, halo=256)
    export_onnx(network, description, path)
    x = torch.rand(2, 3, 32, 48)
    (got,) = onnxruntime.InferenceSession(path).run(None, {"image": x.numpy()})
    with torch.no_grad():
        expected = network(x).logits.sigmoid().numpy()
    np.testing.assert_allclose(got, expected, atol=1e-4)
