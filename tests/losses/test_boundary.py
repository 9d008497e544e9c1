"""Boundary loss by hand on a 7 x 7 mask, and zero on an empty truth."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from crackgauge.data.signed_distance import signed_distance
from crackgauge.losses import Target
from crackgauge.losses.boundary import boundary

MASK = np.zeros((7, 7), bool)
MASK[2:5, 2:5] = True


def _tensor(values: np.ndarray) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))[None, None]


def _target(mask: np.ndarray) -> Target:
    return Target(_tensor(mask), _tensor(signed_distance(mask)))


def _sure(mask: np.ndarray) -> Tensor:
    """Logits of the mask, without a doubt."""
    return 200 * _tensor(mask) - 100


def test_by_hand_on_seven_by_seven() -> None:
    # Inside: eight pixels of -0.5 about one of -1.5.
    assert float(boundary(_sure(MASK), _target(MASK))) == pytest.approx(-5.5 / 49)
    # One false pixel in the corner, sqrt(8) from the nearest crack pixel, less half a pixel.
    false = MASK.copy()
    false[0, 0] = True
    expected = (-5.5 + np.sqrt(8) - 0.5) / 49
    assert float(boundary(_sure(false), _target(MASK))) == pytest.approx(expected)
    # The square grown by one pixel all around: 12 sides of 0.5 and 4 corners of sqrt(2) - 0.5.
    grown = np.zeros((7, 7), bool)
    grown[1:6, 1:6] = True
    expected = (-5.5 + 12 * 0.5 + 4 * (np.sqrt(2) - 0.5)) / 49
    assert float(boundary(_sure(grown), _target(MASK))) == pytest.approx(expected)


def test_half_a_probability_is_half_the_mean_distance() -> None:
    phi = signed_distance(MASK)
    loss = boundary(torch.zeros(1, 1, 7, 7), _target(MASK))
    assert float(loss) == pytest.approx(phi.mean() / 2)


def test_an_empty_truth_costs_nothing_and_teaches_nothing() -> None:
    logits = torch.randn(1, 1, 7, 7, requires_grad=True)
    loss = boundary(logits, _target(np.zeros((7, 7), bool)))
    loss.backward()
    assert float(loss.detach()) == 0.0
    assert logits.grad is not None
    assert not logits.grad.any()


def test_a_truth_without_distance_is_refused() -> None:
    with pytest.raises(ValueError, match="without signed distance"):
        boundary(torch.zeros(1, 1, 7, 7), Target(_tensor(MASK)))
