"""Losses: functions of `(logits, Target)`, found by name in the dict `LOSSES`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import Tensor

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
    # The numbers are the weights of false positives and false negatives.
    "tversky-0.01-0.99": partial(tversky, false_positive_weight=0.01, false_negative_weight=0.99),
}

__all__ = ["LOSSES", "Loss", "Target"]
