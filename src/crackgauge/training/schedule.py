"""What changes with the step: a function of the step, never a counter that a resume could lose."""

from __future__ import annotations

import math

from crackgauge.recipes.schema import Boundary, Schedule


def learning_rate_share(schedule: Schedule, step: int, total_steps: int, *, epoch: int) -> float:
    """The learning rate of `step` in `epoch` (counted from 0) as a share of the recipe's.

    >>> constant = Schedule(name="constant")
    >>> learning_rate_share(constant, 7, 100, epoch=0)
    1.0
    >>> cycle = Schedule(name="one-cycle", warm_up=0.5, final_share=0.0)
    >>> shares = [learning_rate_share(cycle, s, 10, epoch=s // 5) for s in (0, 4, 5, 9)]
    >>> [round(share, 3) for share in shares]
    [0.2, 1.0, 1.0, 0.095]
    >>> fall = Schedule(name="exponential", epoch_factor=0.5)
    >>> [learning_rate_share(fall, s, 10, epoch=s // 5) for s in (0, 4, 5, 9)]
    [1.0, 1.0, 0.5, 0.5]
    """
    if schedule.name == "constant":
        return 1.0
    if schedule.name == "exponential":
        return float(schedule.epoch_factor**epoch)
    rise = schedule.warm_up * total_steps
    if step + 1 <= rise:
        return (step + 1) / rise
    fall = (step - rise) / max(total_steps - rise, 1.0)
    cosine = 0.5 * (1 + math.cos(math.pi * min(max(fall, 0.0), 1.0)))
    return schedule.final_share + (1 - schedule.final_share) * cosine


def boundary_weight_at(settings: Boundary, epoch: int) -> float:
    """alpha, the weight of the boundary loss in `epoch` (counted from 0).

    >>> [round(boundary_weight_at(Boundary(), epoch), 2) for epoch in (0, 1, 65, 98, 99, 3000)]
    [0.01, 0.02, 0.66, 0.99, 1.0, 1.0]
    """
    return min(settings.weight_start + settings.weight_growth * epoch, settings.weight_end)


def ema_decay_at(decay: float, step: int) -> float:
    """Decay of the averaged weights after `step`: lower at first, so that the start is forgotten.

    >>> ema_decay_at(0.99, 0), ema_decay_at(0.99, 100_000)
    (0.1, 0.99)
    """
    return min(decay, (1 + step) / (10 + step))
