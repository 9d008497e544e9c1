"""Losses: functions of `(logits, Target)`, found by name in the dict `LOSSES`."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from crackgauge.losses.overlap import cross_entropy, cross_entropy_and_dice, dice
from crackgauge.losses.target import Target

Loss = Callable[[Tensor, Target], Tensor]

LOSSES: dict[str, Loss] = {
    "cross-entropy": cross_entropy,
    "cross-entropy+dice": cross_entropy_and_dice,
    "dice": dice,
}

__all__ = ["LOSSES", "Loss", "Target"]
