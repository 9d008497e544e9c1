"""See that a network predicts nothing, or everything, while it still trains.

A loss of overlap can settle where every pixel gets the same answer: its gradient vanishes there,
and the loss alone does not tell. What tells is the share of pixels predicted as crack.
"""

from __future__ import annotations

from typing import Literal

Collapse = Literal["", "no crack", "all crack"]

# A predicted share counts as zero (or one) when it is a thousandth of what there is to find.
_HARDLY_ANY = 1e-3


def find_collapse(predicted_px: int, crack_px: int, seen_px: int) -> Collapse:
    """Tell whether an epoch's predictions have collapsed.

    Args:
        predicted_px: pixels with a probability of at least 0.5 in the epoch's training patches.
        crack_px: crack pixels of their truth.
        seen_px: all their pixels.

    Returns:
        "no crack" where hardly any pixel is predicted though there is crack; "all crack" where
        hardly any is left out though there is background; else "".

    >>> find_collapse(0, 40, 1000), find_collapse(1000, 40, 1000), find_collapse(30, 40, 1000)
    ('no crack', 'all crack', '')
    >>> find_collapse(0, 0, 1000)  # there is nothing to find
    ''
    """
    if crack_px and predicted_px <= _HARDLY_ANY * crack_px:
        return "no crack"
    sound_px = seen_px - crack_px
    if sound_px and seen_px - predicted_px <= _HARDLY_ANY * sound_px:
        return "all crack"
    return ""


def describe_collapse(collapse: Collapse, *, epoch: int) -> str:
    """One sentence for whoever watches: what is seen and what helps."""
    if collapse == "no crack":
        return (
            f"epoch {epoch}: the network predicts no crack in any training patch; if it stays so, "
            "train with loss=bce+dice+inversion, with more crack patches (sampling.crack_share, or "
            "sampling.patch_set.composition) or with a lower optimizer.learning_rate"
        )
    return (
        f"epoch {epoch}: the network predicts crack everywhere in all training patches; if it "
        "stays so, train with more background patches (sampling.crack_share, or "
        "sampling.patch_set.composition) and loss=bce+dice+inversion, or with a lower "
        "optimizer.learning_rate"
    )
