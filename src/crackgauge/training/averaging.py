"""The averaged weights of the recipe's network."""

from __future__ import annotations

import torch

from crackgauge.training.schedule import ema_decay_at
from crackgauge.training.state import TrainingState


def average(state: TrainingState, decay: float | None, step: int) -> None:
    """Move the averaged weights (and running statistics) towards the trained ones."""
    if state.averaged is None or decay is None:
        return
    share = 1 - ema_decay_at(decay, step)
    with torch.no_grad():
        trained = state.network.state_dict()
        for name, averaged in state.averaged.state_dict().items():
            if averaged.is_floating_point():
                averaged.lerp_(trained[name], share)
            else:
                averaged.copy_(trained[name])


def reset_average(state: TrainingState) -> None:
    """Begin with the trained weights as they are."""
    if state.averaged is not None:
        state.averaged.load_state_dict(state.network.state_dict())
