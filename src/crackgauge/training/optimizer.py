"""The optimiser of a recipe, with a learning rate for each of the network's parameter groups."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from crackgauge.errors import RecipeError
from crackgauge.recipes.schema import Optimizer


def make_optimizer(settings: Optimizer, network: nn.Module) -> torch.optim.Optimizer:
    """Build the optimiser; its groups are those of the network where the stages differ.

    A network names its groups by `parameter_groups()`, lists of parameters from the input on; the
    last one trains at the recipe's rate, each one before it at `stage_decay` times the next one's
    (Kompanets et al. 2024: 0.7^(N+1-n) for stage n of N, the decoder being N + 1).

    Raises:
        RecipeError: stages are to differ, and the network names none.
    """
    groups = _groups(settings, network)
    if settings.name == "sgd":
        return torch.optim.SGD(
            groups,
            lr=settings.learning_rate,
            momentum=settings.momentum,
            weight_decay=settings.weight_decay,
        )
    kind = torch.optim.Adam if settings.name == "adam" else torch.optim.AdamW
    return kind(
        groups,
        lr=settings.learning_rate,
        betas=(settings.momentum, 0.999),
        weight_decay=settings.weight_decay,
    )


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Give each group its share of the rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["rate_share"]


def _groups(settings: Optimizer, network: nn.Module) -> list[dict[str, object]]:
    if settings.stage_decay == 1:
        return [{"params": _trained(network.parameters()), "rate_share": 1.0}]
    if not hasattr(network, "parameter_groups"):
        raise RecipeError(
            f"optimizer.stage_decay: got {settings.stage_decay:g}, but {type(network).__name__} "
            "has no stages; set optimizer.stage_decay=1"
        )
    groups: list[list[nn.Parameter]] = network.parameter_groups()  # type: ignore[operator]
    last = len(groups) - 1
    return [
        {"params": _trained(group), "rate_share": settings.stage_decay ** (last - index)}
        for index, group in enumerate(groups)
    ]


def _trained(parameters: Iterable[nn.Parameter]) -> list[nn.Parameter]:
    """Without those that are frozen."""
    return [parameter for parameter in parameters if parameter.requires_grad]
