"""What the systems with a discriminator share: maps of truth, the two losses, what to watch.

Goodfellow et al., "Generative adversarial nets", 2014, with the generator's loss -log D(G): it
keeps its gradient where the discriminator is sure.

Legend: N batch, S side of a map; maps are (N, 1, S, S) in [-1, 1], crack above 0.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from crackgauge.errors import RecipeError


def truth_maps(mask: Tensor, side: int) -> Tensor:
    """Bring truths (N, 1, p, p) of {0, 1} to maps of side S: a pixel that holds any crack is crack.

    Raises:
        RecipeError: p is no multiple of S.

    >>> import torch
    >>> mask = torch.zeros(1, 1, 4, 4)
    >>> mask[0, 0, 0, 1] = 1
    >>> truth_maps(mask, 2)[0, 0].tolist()
    [[1.0, -1.0], [-1.0, -1.0]]
    """
    factor = check_reduction(mask.shape[-1], side)
    reduced = functional.max_pool2d(mask, factor) if factor > 1 else mask
    return 2 * reduced - 1


def check_reduction(patch_px: int, side: int) -> int:
    """By how much a patch is reduced to a map of this side.

    Raises:
        RecipeError: by no whole number.
    """
    factor, rest = divmod(patch_px, side)
    if rest or not factor:
        raise RecipeError(
            f"sampling.patch_px: got {patch_px}, but the maps have {side} px; use a multiple of "
            f"{side}, or other filters of the discriminator"
        )
    return factor


def real_loss(logits: Tensor) -> Tensor:
    """Mean of -log D, D = sigmoid(logits): small where the discriminator says real."""
    return functional.softplus(-logits.float()).mean()


def fake_loss(logits: Tensor) -> Tensor:
    """Mean of -log(1 - D): small where the discriminator says fake."""
    return functional.softplus(logits.float()).mean()


def mean_probability(logits: Tensor) -> float:
    """Mean of D."""
    return float(logits.detach().float().sigmoid().mean())


def pull_of(gradient: Tensor) -> float:
    """How much the generator's loss would change if every pixel moved its best way by 1.

    Args:
        gradient: of the mean loss of N maps, with respect to the maps.

    >>> import torch
    >>> pull_of(torch.tensor([[-0.5, 0.25]]))
    0.75
    """
    return float(gradient.detach().abs().sum())


def watch(maps: Tensor, pulls: list[float]) -> None:
    """Let the backward pass append the pull on `maps` to `pulls`."""
    maps.register_hook(lambda gradient: pulls.append(pull_of(gradient)))  # type: ignore[no-untyped-call]


def variety_of(maps: Tensor, real: Tensor) -> float:
    """Spread of generated maps over a batch, as a share of that of real ones.

    The standard deviation over the batch, averaged over the pixels. 0: all maps are the same.

    Args:
        maps: (N, 1, S, S), N at least 2.
        real: (N, 1, S, S).
    """
    spread = float(maps.detach().float().std(dim=0).mean())
    return spread / max(float(real.float().std(dim=0).mean()), 1e-6)
