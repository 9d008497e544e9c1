"""Generalised Dice by hand, of two classes, and where one of them is absent."""

from __future__ import annotations

import pytest
import torch

from crackgauge.losses import Target
from crackgauge.losses.generalised_dice import generalised_dice

MASK = torch.tensor([[[[1.0, 0.0, 0.0, 0.0]]]])


def test_by_hand() -> None:
    # One crack pixel missed, one other false: of crack 0 of 2, of background 2 of 6.
    logits = torch.tensor([[[[-99.0, 99.0, -99.0, -99.0]]]])
    crack, background = 1 / (1 + 1) ** 2, 1 / (3 + 1) ** 2
    expected = 1 - 2 * (crack * 0 + background * 2) / (crack * 2 + background * 6)
    assert float(generalised_dice(logits, Target(MASK))) == pytest.approx(expected)


def test_smoothing_is_of_the_weights() -> None:
    loss = generalised_dice(torch.zeros(1, 1, 1, 4), Target(MASK), smoothing=0.0)
    # Weights 1 and 1/9; p = 1/2: of crack 0.5 of 3, of background 1.5 of 5.
    assert float(loss) == pytest.approx(1 - 2 * (0.5 + 1.5 / 9) / (3 + 5 / 9))


def test_the_rare_class_weighs_more_than_in_dice_of_one() -> None:
    # Of 99 pixels of background one is false, or the one crack pixel is missed.
    mask = torch.zeros(1, 1, 10, 10)
    mask[0, 0, 0, 0] = 1.0
    right = 99 * (2 * mask - 1)
    false, missed = right.clone(), right.clone()
    false[0, 0, 5, 5] = 99.0
    missed[0, 0, 0, 0] = -99.0
    loss = [float(generalised_dice(logits, Target(mask))) for logits in (right, false, missed)]
    assert loss[0] == pytest.approx(0, abs=1e-6)
    assert loss[0] < loss[1] < loss[2]


@pytest.mark.parametrize("value", [0.0, 1.0], ids=["empty", "full"])
def test_an_absent_class_keeps_it_a_number(value: float) -> None:
    mask = torch.full((1, 1, 4, 4), value)
    right = 1e4 * (2 * mask - 1)
    wrong = (-right).requires_grad_()
    loss = generalised_dice(wrong, Target(mask))
    loss.backward()
    assert float(generalised_dice(right, Target(mask))) == pytest.approx(0, abs=1e-6)
    assert float(loss.detach()) > 0.9
    assert wrong.grad is not None
    assert torch.isfinite(wrong.grad).all()
