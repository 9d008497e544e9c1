"""What systems with a discriminator share: worked by hand."""

from __future__ import annotations

import math

import pytest
import torch

from crackgauge.errors import RecipeError
from crackgauge.training.adversary import (
    fake_loss,
    mean_probability,
    real_loss,
    truth_maps,
    variety_of,
    watch,
)


def test_a_map_s_pixel_is_crack_where_the_truth_s_four_hold_any() -> None:
    mask = torch.zeros(1, 1, 4, 6)[..., :4]
    mask[0, 0, 3, 2] = 1
    assert truth_maps(mask, 2)[0, 0].tolist() == [[-1.0, -1.0], [-1.0, 1.0]]
    assert truth_maps(mask, 4)[0, 0, 3].tolist() == [-1.0, -1.0, 1.0, -1.0]


@pytest.mark.parametrize("side", [3, 8])
def test_sides_that_do_not_divide_are_refused(side: int) -> None:
    with pytest.raises(RecipeError, match=f"the maps have {side} px"):
        truth_maps(torch.zeros(1, 1, 4, 4), side)


def test_losses_are_logarithms_of_the_probability() -> None:
    logits = torch.tensor([0.0, math.log(3)])  # D = 1/2 and 3/4
    assert float(real_loss(logits)) == pytest.approx(-(math.log(0.5) + math.log(0.75)) / 2)
    assert float(fake_loss(logits)) == pytest.approx(-(math.log(0.5) + math.log(0.25)) / 2)
    assert mean_probability(logits) == pytest.approx(0.625)


def test_losses_stay_finite_where_the_discriminator_is_sure() -> None:
    logits = torch.tensor([200.0, -200.0], requires_grad=True)
    (real_loss(logits) + fake_loss(logits)).backward()
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


def test_pull_is_the_gradient_of_the_watched_tensor_alone() -> None:
    maps = torch.zeros(2, 1, 1, 1, requires_grad=True)
    shown = maps.view_as(maps)
    pulls: list[float] = []
    watch(shown, pulls)
    (3 * shown.mean() + 100 * maps.mean()).backward()
    assert pulls == [3.0]


def test_variety_is_0_of_equal_maps_and_1_of_real_ones() -> None:
    real = torch.randn(8, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    assert variety_of(real, real) == pytest.approx(1)
    assert variety_of(real / 4, real) == pytest.approx(0.25)
    assert variety_of(real[:1].expand(8, -1, -1, -1), real) == 0
