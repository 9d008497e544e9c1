"""System 1: shapes, the gate by hand, the receptive field, the final ReLU."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from tests.models import base

from crackgauge.models import MODELS, build, parameter_count
from crackgauge.models.attention_unet import AttentionGate
from crackgauge.models.blocks import ResidualBlock
from crackgauge.recipes import load_recipe, preset_names

PRESETS = ("attention-unet", "attention-unet-fast")


def _options(preset: str) -> dict[str, Any]:
    return load_recipe(preset).network.options


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(
    "check", [base.check_shapes, base.check_refusals, base.check_every_parameter_learns]
)
def test_keeps_the_contract_of_all_networks(preset: str, check: Any) -> None:
    options = {**_options(preset), "final_relu": False}  # a closed ReLU has no gradient to look at
    check("attention-unet", options)


def test_parameter_counts_are_those_of_the_cards() -> None:
    assert parameter_count(build("attention-unet", **_options("attention-unet"))) == 1_049_031
    assert parameter_count(build("attention-unet", **_options("attention-unet-fast"))) == 1_050_471


def test_receptive_field_is_what_gradients_measure() -> None:
    # It does not depend on the channels, and few are fast.
    network = build("attention-unet", filters=[1, 1, 1, 1])
    assert network.receptive_field_px == 2 * base.measured_reach(network, 200) + 1 == 191
    assert build("attention-unet").receptive_field_px == 191


def test_networks_of_fewer_levels_know_their_receptive_field_too() -> None:
    network = build("attention-unet", filters=[2, 2, 2])
    assert network.receptive_field_px == 2 * base.measured_reach(network, 128) + 1


def test_attention_has_one_channel_for_all() -> None:
    gate = AttentionGate(4)
    with torch.no_grad():
        for parameter in gate.parameters():
            parameter.zero_()
        gate.skip.weight[:] = 1.0  # Wx x = 4 in both inner channels, for x = 1
        gate.score.weight[:] = 0.5  # q = 0.5 * 4 + 0.5 * 4
    x = torch.ones(1, 4, 1, 1)
    expected = torch.sigmoid(torch.tensor(4.0))
    torch.testing.assert_close(gate(x, torch.zeros_like(x)), expected.expand_as(x))
    assert gate.skip.bias is None  # Wx has none, Wu has


def test_residual_adds_the_projection_and_nothing_follows() -> None:
    block = ResidualBlock(1, 1, batch_norm=False)
    with torch.no_grad():
        for parameter in block.parameters():
            parameter.zero_()
        block.project.weight.fill_(-2.0)
    # The convolutions give 0, so the projection alone is left, and no ReLU cuts it off.
    assert block(torch.ones(1, 1, 1, 1)).item() == -2.0


def test_final_relu_makes_two_negative_logits_a_half() -> None:
    network = build("attention-unet", filters=[2, 2], final_relu=True).eval()
    with torch.no_grad():
        network.fuse.weight.zero_()
        network.fuse.bias[:] = torch.tensor([-1.0, -3.0])
        x = torch.rand(1, 1, 4, 4)
        assert network(x).logits.sigmoid().unique().tolist() == [0.5]
        network.final_relu = False
        folded = torch.sigmoid(torch.tensor(-2.0))
        torch.testing.assert_close(network(x).logits.sigmoid()[0, 0, 0, 0], folded)


def test_unknown_names_and_options_are_named() -> None:
    with pytest.raises(Exception, match="did you mean 'attention-unet'"):
        build("atention-unet")
    with pytest.raises(Exception, match="filter_count"):
        build("attention-unet", filter_count=3)


def test_networks_of_presets_are_known() -> None:
    assert {load_recipe(name).network.name for name in preset_names()} <= set(MODELS)
