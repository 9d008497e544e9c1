"""The combinations with Boundary by hand, their weights, and their gradients."""

from __future__ import annotations

import math

import pytest
import torch

from crackgauge.losses import BOUNDARY_LOSSES, LOSSES, Target
from crackgauge.losses.generalised_dice import generalised_dice
from crackgauge.losses.overlap import dice

MASK = torch.tensor([[[[1.0, 0.0, 0.0, 0.0]]]])
PHI = torch.tensor([[[[-0.5, 0.5, 1.5, 2.5]]]])
LOGITS = torch.tensor([[[[1.0, -2.0, 0.5, -1.0]]]])


def _target(alpha: float) -> Target:
    return Target(MASK, PHI, alpha)


def _parts() -> tuple[float, float, float]:
    """Boundary, and the cross entropy of crack and of background, each a mean over all pixels."""
    p = [1 / (1 + math.exp(-z)) for z in LOGITS.flatten().tolist()]
    boundary = sum(a * b for a, b in zip(p, PHI.flatten().tolist(), strict=True)) / 4
    return boundary, -math.log(p[0]) / 4, -sum(math.log(1 - q) for q in p[1:]) / 4


@pytest.mark.parametrize(
    ("name", "overlap", "w"),
    [
        ("bc1", dice, 0.95),
        ("bc2", dice, 0.5),
        ("gbc1", generalised_dice, 0.95),
        ("gbc2", generalised_dice, 0.5),
    ],
)
@pytest.mark.parametrize("alpha", [0.01, 0.3, 1.0])
def test_boundary_overlap_and_cross_entropy_by_hand(name, overlap, w, alpha) -> None:
    boundary, crack, background = _parts()
    pixels = w * crack + (1 - w) * background
    rest = 0.5 * float(overlap(LOGITS, Target(MASK))) + 0.5 * pixels
    expected = alpha * boundary + (1 - alpha) * rest
    assert float(LOSSES[name](LOGITS, _target(alpha))) == pytest.approx(expected)


def test_boundary_and_generalised_dice_as_printed_is_the_reverse() -> None:
    boundary, _, _ = _parts()
    region = float(generalised_dice(LOGITS, Target(MASK)))
    printed = LOSSES["boundary+gdice"](LOGITS, _target(0.1))
    assert float(printed) == pytest.approx(0.9 * boundary + 0.1 * region)
    swapped = LOSSES["boundary+gdice+swapped"](LOGITS, _target(0.1))
    assert float(swapped) == pytest.approx(0.1 * boundary + 0.9 * region)


@pytest.mark.parametrize("name", sorted(BOUNDARY_LOSSES))
def test_gradcheck(name: str) -> None:
    # The losses compute in 32 bits: large steps, and a tolerance to match.
    double = LOGITS.double().requires_grad_()
    target = Target(MASK.double(), PHI.double(), 0.3)
    assert torch.autograd.gradcheck(
        lambda z: LOSSES[name](z, target), (double,), eps=1e-2, atol=2e-3
    )


@pytest.mark.parametrize("name", sorted(BOUNDARY_LOSSES))
def test_far_from_right_stays_a_number(name: str) -> None:
    wrong = (-2e4 * (MASK - 0.5)).requires_grad_()
    loss = LOSSES[name](wrong, _target(0.3))
    loss.backward()
    assert wrong.grad is not None
    assert torch.isfinite(loss)
    assert torch.isfinite(wrong.grad).all()


@pytest.mark.parametrize("name", sorted(BOUNDARY_LOSSES))
def test_a_target_without_a_weight_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="without boundary weight"):
        LOSSES[name](LOGITS, Target(MASK, PHI))
    with pytest.raises(ValueError, match="without signed distance"):
        LOSSES[name](LOGITS, Target(MASK, None, 0.3))


def test_the_losses_that_need_a_distance_are_listed() -> None:
    needing = set()
    for name, loss in LOSSES.items():
        try:
            loss(LOGITS, Target(MASK))
        except ValueError:
            needing.add(name)
    assert needing == BOUNDARY_LOSSES
