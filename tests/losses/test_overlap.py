"""Losses by hand, their gradients, and that being wrong costs more than being right."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from crackgauge.data.signed_distance import signed_distance
from crackgauge.losses import LOSSES, Target

RIGHT = torch.tensor([[[[8.0, -8.0], [-8.0, 8.0]]]])
MASK = torch.tensor([[[[1.0, 0.0], [0.0, 1.0]]]])


def _target(mask: torch.Tensor) -> Target:
    """With what the boundary losses need too."""
    distances = [signed_distance(one[0].numpy() > 0) for one in mask]
    return Target(mask, torch.from_numpy(np.stack(distances))[:, None], boundary_weight=0.3)


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_a_wrong_prediction_costs_more_than_a_right_one(name: str) -> None:
    loss = LOSSES[name]
    right, wrong = loss(RIGHT, _target(MASK)), loss(-RIGHT, _target(MASK))
    nothing = loss(torch.full_like(RIGHT, -8.0), _target(MASK))
    assert right < nothing < wrong or (right < wrong and right < nothing)
    assert right < 0.01


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_loss_falls_as_one_pixel_becomes_right(name: str) -> None:
    logits = torch.zeros(1, 1, 2, 2)
    values = []
    for value in (-2.0, 0.0, 2.0):
        logits[0, 0, 0, 0] = value  # a crack pixel
        values.append(float(LOSSES[name](logits, _target(MASK))))
    assert values[0] > values[1] > values[2]


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_gradient_is_that_of_finite_differences(name: str) -> None:
    torch.manual_seed(0)
    logits = torch.randn(2, 1, 3, 3, requires_grad=True)
    mask = (torch.rand(2, 1, 3, 3) > 0.5).float()
    LOSSES[name](logits, _target(mask)).backward()
    assert logits.grad is not None
    step = 1e-2
    for index in ((0, 0, 0, 0), (1, 0, 2, 1)):
        moved = logits.detach().clone()
        moved[index] += step
        up = LOSSES[name](moved, _target(mask))
        moved[index] -= 2 * step
        down = LOSSES[name](moved, _target(mask))
        assert float(up - down) / (2 * step) == pytest.approx(float(logits.grad[index]), abs=2e-4)


def test_dice_by_hand() -> None:
    # p = 1/2 everywhere, two of four pixels crack: 1 - (2*1 + 1) / (2 + 2 + 1).
    assert float(LOSSES["dice"](torch.zeros(1, 1, 2, 2), Target(MASK))) == pytest.approx(0.4)


def test_dice_of_two_images_is_of_the_flattened_batch() -> None:
    # Alone, the empty patch would cost 1 - 1/3; flattened, 1 - (2*2 + 1) / (6 + 4 + 1).
    logits = torch.zeros(2, 1, 2, 2)
    logits[0] = 50.0
    mask = torch.zeros(2, 1, 2, 2)
    mask[0] = 1.0
    expected = 1 - (2 * 4 + 1) / (6 + 4 + 1)
    assert float(LOSSES["dice"](logits, Target(mask))) == pytest.approx(expected)


def test_both_terms_are_added() -> None:
    expected = math.log(2) + 0.4
    loss = LOSSES["cross-entropy+dice"](torch.zeros(1, 1, 2, 2), Target(MASK))
    assert float(loss) == pytest.approx(expected)


def test_cross_entropy_of_the_folded_logit_is_that_of_two_classes() -> None:
    torch.manual_seed(1)
    two = torch.randn(2, 2, 3, 3)
    mask = torch.rand(2, 1, 3, 3) > 0.5
    expected = torch.nn.functional.cross_entropy(two, mask[:, 0].long())
    folded = two[:, 1:] - two[:, :1]
    torch.testing.assert_close(LOSSES["cross-entropy"](folded, Target(mask.float())), expected)
