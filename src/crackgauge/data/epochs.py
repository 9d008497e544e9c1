"""Where epochs begin and end, in steps."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate


class EpochPlan:
    """The epochs of a training; they may differ in length.

    Args:
        steps: of each epoch, 1 or more; no epochs at all train nothing.

    >>> plan = EpochPlan([3, 5])
    >>> plan.total_steps, plan.at(2), plan.at(3), plan.at(8)
    (8, (0, 2), (1, 0), (2, 0))
    """

    def __init__(self, steps: Sequence[int]) -> None:
        if min(steps, default=1) < 1:
            raise ValueError(f"got epochs of {list(steps)} steps, expected 1 or more each")
        self._starts = list(accumulate(steps, initial=0))

    @property
    def total_steps(self) -> int:
        """Steps of all epochs."""
        return self._starts[-1]

    def at(self, step: int) -> tuple[int, int]:
        """(epoch, place in it) of a step, all counted from 0.

        At a place of 0 as many epochs are done as the first number says.
        """
        epoch = bisect_right(self._starts, step) - 1
        return epoch, step - self._starts[epoch]

    def first_step(self, epoch: int) -> int:
        """Steps done when `epoch`, counted from 0, begins."""
        return self._starts[epoch]
