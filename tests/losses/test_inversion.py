"""Inversion by hand on an empty and a full patch, and where its gradient lives."""

from __future__ import annotations

import math

import pytest
import torch

from crackgauge.losses import LOSSES, Target
from crackgauge.losses.inversion import (
    bce_and_dice,
    bce_and_inverted_dice,
    dice_per_patch,
    inverted_dice,
)

EMPTY = Target(torch.zeros(1, 1, 2, 2))
FULL = Target(torch.ones(1, 1, 2, 2))


def _logits(probability: float) -> torch.Tensor:
    return torch.full((1, 1, 2, 2), math.log(probability / (1 - probability)))


def test_empty_patch_by_hand() -> None:
    # p = 1/4 on four pixels: plain 1 - 1 / (1 + 1); inverted, q = 3/4: 1 - (2*3 + 1) / (4 + 3 + 1).
    assert float(dice_per_patch(_logits(0.25), EMPTY)) == pytest.approx(1 / 2)
    assert float(inverted_dice(_logits(0.25), EMPTY)) == pytest.approx(1 / 8)


def test_full_patch_by_hand_is_not_inverted() -> None:
    # 1 - (2*1 + 1) / (4 + 1 + 1).
    assert float(dice_per_patch(_logits(0.25), FULL)) == pytest.approx(1 / 2)
    assert float(inverted_dice(_logits(0.25), FULL)) == pytest.approx(1 / 2)


def test_one_crack_pixel_keeps_a_patch_as_it_is() -> None:
    mask = torch.zeros(1, 1, 2, 2)
    mask[0, 0, 1, 1] = 1
    torch.manual_seed(0)
    logits = torch.randn(1, 1, 2, 2)
    assert torch.equal(inverted_dice(logits, Target(mask)), dice_per_patch(logits, Target(mask)))


def test_patches_of_a_batch_do_not_touch_each_other() -> None:
    mask = torch.cat((EMPTY.mask, FULL.mask))
    logits = torch.cat((_logits(0.25), _logits(0.25)))
    assert float(inverted_dice(logits, Target(mask))) == pytest.approx((1 / 8 + 1 / 2) / 2)
    assert float(dice_per_patch(logits, Target(mask))) == pytest.approx(1 / 2)


def test_cross_entropy_is_added_once_and_is_the_same_inverted() -> None:
    cross_entropy = -math.log(0.75)
    assert float(bce_and_dice(_logits(0.25), EMPTY)) == pytest.approx(cross_entropy + 1 / 2)
    expected = cross_entropy + 1 / 8
    assert float(bce_and_inverted_dice(_logits(0.25), EMPTY)) == pytest.approx(expected)
    inverted = torch.nn.functional.binary_cross_entropy_with_logits(-_logits(0.25), FULL.mask)
    assert float(inverted) == pytest.approx(cross_entropy)  # L(1 - y, 1 - p)


def _gradient(loss: object, side: int, logit: float) -> float:
    """|gradient| summed over an empty patch on which every pixel has the same logit."""
    logits = torch.full((1, 1, side, side), logit, requires_grad=True)
    loss(logits, Target(torch.zeros(1, 1, side, side))).backward()  # type: ignore[operator]
    assert logits.grad is not None
    return float(logits.grad.abs().sum())


@pytest.mark.parametrize("side", [8, 64, 512])
def test_on_an_empty_patch_the_plain_gradient_vanishes_and_the_inverted_one_does_not(
    side: int,
) -> None:
    # p = 1/2: plain e S'/(S + e)^2, about 1 / (n p) (1 - p); inverted (2 n + e) n / (n + Q + e)^2
    # times p (1 - p), with Q = n / 2, about 2 / 1.5^2 / 4.
    pixels = side * side
    plain, inverted = (_gradient(f, side, 0.0) for f in (dice_per_patch, inverted_dice))
    assert plain == pytest.approx(pixels / 4 / (pixels / 2 + 1) ** 2, rel=1e-3)
    assert plain < 1.01 / pixels
    exact = (2 * pixels + 1) * (pixels / 4) / (1.5 * pixels + 1) ** 2
    assert inverted == pytest.approx(exact, rel=1e-3)
    assert inverted > 0.2


@pytest.mark.parametrize("loss", [bce_and_dice, bce_and_inverted_dice])
def test_gradcheck(loss: object) -> None:
    torch.manual_seed(0)
    mask = (torch.rand(3, 1, 3, 3, dtype=torch.double) > 0.6).double()
    mask[0] = 0
    logits = torch.randn(3, 1, 3, 3, dtype=torch.double, requires_grad=True)
    # The losses widen to float32, which finite differences of 1e-3 still see.
    assert torch.autograd.gradcheck(
        lambda z: loss(z, Target(mask)),  # type: ignore[operator]
        (logits,),
        eps=1e-2,
        atol=2e-3,
    )


@pytest.mark.parametrize("name", ["bce+dice", "bce+dice+inversion", "tversky-0.01-0.99"])
@pytest.mark.parametrize("target", [EMPTY, FULL], ids=["empty", "full"])
def test_wrong_costs_more_than_right_and_stays_a_number(name: str, target: Target) -> None:
    right = 2e4 * (target.mask - 0.5)
    loss = LOSSES[name]
    assert 0 <= float(loss(right, target)) < 1e-6
    wrong = (-right).requires_grad_()
    value = loss(wrong, target)
    value.backward()
    assert wrong.grad is not None
    assert torch.isfinite(value)
    assert torch.isfinite(wrong.grad).all()
    assert float(value.detach()) > 0.03  # Tversky: false positives weigh little
