"""Losses: functions of `(logits, Target)`, found by name in the dict `LOSSES`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import Tensor

from crackgauge.losses.combination import boundary_and_generalised_dice, boundary_combination
from crackgauge.losses.generalised_dice import generalised_dice
from crackgauge.losses.inversion import bce_and_dice, bce_and_inverted_dice
from crackgauge.losses.overlap import cross_entropy, cross_entropy_and_dice, dice
from crackgauge.losses.target import Target
from crackgauge.losses.tversky import tversky

Loss = Callable[[Tensor, Target], Tensor]

LOSSES: dict[str, Loss] = {
    # Dice over the flattened batch:
    "cross-entropy": cross_entropy,
    "cross-entropy+dice": cross_entropy_and_dice,
    "dice": dice,
    # Dice of each patch:
    "bce+dice": bce_and_dice,
    "bce+dice+inversion": bce_and_inverted_dice,
    # Kondo and Ukita 2021; the number is the weight of crack in the cross entropy.
    "bc1": partial(boundary_combination, overlap=dice, crack_weight=19 / 20),
    "bc2": partial(boundary_combination, overlap=dice, crack_weight=1 / 2),
    "gbc1": partial(boundary_combination, overlap=generalised_dice, crack_weight=19 / 20),
    "gbc2": partial(boundary_combination, overlap=generalised_dice, crack_weight=1 / 2),
    "boundary+gdice": boundary_and_generalised_dice,
    "boundary+gdice+swapped": partial(boundary_and_generalised_dice, swapped=True),
    # The numbers are the weights of false positives and false negatives.
    "tversky-0.01-0.99": partial(tversky, false_positive_weight=0.01, false_negative_weight=0.99),
}

# Those whose target needs `signed_distance` and `boundary_weight`.
BOUNDARY_LOSSES = frozenset(
    ("bc1", "bc2", "gbc1", "gbc2", "boundary+gdice", "boundary+gdice+swapped")
)

__all__ = ["BOUNDARY_LOSSES", "LOSSES", "Loss", "Target"]
