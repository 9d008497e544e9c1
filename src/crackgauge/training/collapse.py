"""See that a network predicts nothing, or everything, while it still trains.

A loss of overlap can settle where every pixel gets the same answer: its gradient vanishes there,
and the loss alone does not tell. What tells is the share of pixels predicted as crack. Of two
networks that play against each other, one can win, or the generator can make one map of all noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Collapse = Literal[
    "", "no crack", "all crack", "discriminator won", "discriminator fooled", "no variety"
]

# A predicted share counts as zero (or one) when it is a thousandth of what there is to find.
_HARDLY_ANY = 1e-3
# The discriminator is sure of both kinds; the generator's loss is then above 4.6, and moving every
# pixel of its maps by 1 would change it by less than 1.
_SURE, _NO_PULL = 0.99, 1.0
# The discriminator takes wrong maps for real, so nothing but the L1 term turns them.
_TAKEN_FOR_REAL = 0.5
# Generated maps that differ by a twentieth of what real ones differ by are one map.
_NO_VARIETY = 0.05

_ADVICE_ON_PATCHES: dict[Collapse, str] = {
    "no crack": (
        "the network predicts no crack in any training patch; if it stays so, train with "
        "loss=bce+dice+inversion, with more crack patches (sampling.crack_share, or "
        "sampling.patch_set.composition) or with a lower optimizer.learning_rate"
    ),
    "all crack": (
        "the network predicts crack everywhere in all training patches; if it stays so, train with "
        "more background patches (sampling.crack_share, or sampling.patch_set.composition) and "
        "loss=bce+dice+inversion, or with a lower optimizer.learning_rate"
    ),
}
_ADVICE_ON_ADVERSARIES: dict[Collapse, str] = {
    "no crack": (
        "the generator's maps are all black; if it stays so, train with more dilations "
        "(curves.dilations), on crack patches alone (sampling.crack_share=1), with another "
        "adversary.l1_weight or with a lower optimizer.learning_rate"
    ),
    "all crack": (
        "the generator's maps are all white; if it stays so, train with a higher "
        "adversary.l1_weight, with fewer dilations (curves.dilations) or with a lower "
        "optimizer.learning_rate"
    ),
    "discriminator won": (
        "the discriminator tells real from generated maps without fail, and the generator gets no "
        "gradient from it; if it stays so, train the discriminator less (a smaller one, fewer "
        "epochs, or frozen) or with a lower optimizer.learning_rate"
    ),
    "discriminator fooled": (
        "the discriminator takes maps for real that are further from the truth than a blank one; "
        "if it stays so, train with a higher adversary.l1_weight, with a discriminator that is "
        "trained too (frozen=[]) or with network.options.head_bias=-1"
    ),
    "no variety": (
        "the generator makes nearly the same map of all its inputs; if it stays so, train with a "
        "lower optimizer.learning_rate, optimizer.momentum=0.5, a larger batch or, against a "
        "frozen discriminator, a higher adversary.l1_weight"
    ),
}


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


def find_lost_game(
    figures: Mapping[str, float | None], crack_share: float | None = None
) -> Collapse:
    """Tell whether the game of a generator and a discriminator is over.

    Args:
        figures: means over an epoch, by name, as far as there are any: `d_real` and `d_fake`, the
            discriminator's probability that real and generated maps are real; `pull`, by how much
            the generator's loss would change if every pixel moved its best way by 1; `variety`, the
            spread of generated maps as a share of that of real ones; `l1`, the mean distance of
            generated maps to their truths, both in [-1, 1].
        crack_share: share of crack in those truths; None leaves `l1` alone, as one should in a
            first epoch.

    Returns:
        "no variety", "discriminator won", or "discriminator fooled" where it takes maps for real
        that are as far from the truth as a blank one, which is 2 `crack_share` away; else "".

    >>> find_lost_game({"d_real": 1.0, "d_fake": 0.0, "pull": 1e-4, "variety": 0.6})
    'discriminator won'
    >>> find_lost_game({"d_real": 1.0, "d_fake": 0.0, "pull": 3.0})  # it still teaches
    ''
    >>> find_lost_game({"d_real": 0.6, "d_fake": 0.4, "pull": 3.0, "variety": 0.01})
    'no variety'
    >>> find_lost_game({"d_real": 0.97, "d_fake": 0.98, "pull": 1.4, "l1": 0.6}, crack_share=0.15)
    'discriminator fooled'
    """
    variety = figures.get("variety")
    if variety is not None and variety < _NO_VARIETY:
        return "no variety"
    real, fake, pull = (figures.get(name) for name in ("d_real", "d_fake", "pull"))
    if real is None or fake is None or pull is None:
        return ""
    if real > _SURE and fake < 1 - _SURE and pull < _NO_PULL:
        return "discriminator won"
    l1 = figures.get("l1")
    if l1 is None or crack_share is None or fake < _TAKEN_FOR_REAL:
        return ""
    return "discriminator fooled" if l1 >= 2 * crack_share else ""


def describe_collapse(collapse: Collapse, *, epoch: int, adversarial: bool = False) -> str:
    """One sentence for whoever watches: what is seen and what helps."""
    advice = _ADVICE_ON_ADVERSARIES if adversarial else _ADVICE_ON_PATCHES
    return f"epoch {epoch}: {advice[collapse]}"
