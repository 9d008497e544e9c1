"""Tversky by hand, and that it is Dice where both errors weigh the same."""

from __future__ import annotations

import pytest
import torch

from crackgauge.losses import LOSSES, Target
from crackgauge.losses.inversion import dice_per_patch
from crackgauge.losses.tversky import tversky


def _batch() -> tuple[torch.Tensor, Target]:
    torch.manual_seed(2)
    return torch.randn(3, 1, 4, 4), Target((torch.rand(3, 1, 4, 4) > 0.7).float())


def test_by_hand() -> None:
    # Right on one of two crack pixels, wrong on one of two others: TP = FP = FN = 1.
    logits = torch.tensor([[[[99.0, -99.0, 99.0, -99.0]]]])
    mask = torch.tensor([[[[1.0, 1.0, 0.0, 0.0]]]])
    loss = tversky(logits, Target(mask), false_positive_weight=0.25, false_negative_weight=1.5)
    assert float(loss) == pytest.approx(1 - (2 + 1) / (2 * (1 + 0.25 + 1.5) + 1))
    expected = 1 - 3 / (2 * (1 + 0.01 + 0.99) + 1)
    assert float(LOSSES["tversky-0.01-0.99"](logits, Target(mask))) == pytest.approx(expected)


def test_of_equal_weights_is_dice() -> None:
    logits, target = _batch()
    equal = tversky(logits, target, false_positive_weight=0.5, false_negative_weight=0.5)
    torch.testing.assert_close(equal, dice_per_patch(logits, target))


def test_a_missed_pixel_costs_more_than_a_false_one() -> None:
    loss = LOSSES["tversky-0.01-0.99"]
    mask = torch.tensor([[[[1.0, 1.0, 0.0, 0.0]]]])
    missed = torch.tensor([[[[9.0, -9.0, -9.0, -9.0]]]])
    false = torch.tensor([[[[9.0, 9.0, 9.0, -9.0]]]])
    assert loss(missed, Target(mask)) > 10 * loss(false, Target(mask))


def test_gradcheck() -> None:
    logits, target = _batch()
    double = logits.double().requires_grad_()
    mask = Target(target.mask.double())
    assert torch.autograd.gradcheck(
        lambda z: LOSSES["tversky-0.01-0.99"](z, mask), (double,), eps=1e-2, atol=2e-3
    )
