"""What pairs of trainings say about a difference, and what they do not."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

from scipy import stats


class PairedDifference(NamedTuple):
    """The mean of n differences with its 95 % interval; an interval needs two."""

    pairs: int
    mean: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether a difference may be claimed."""
        return self.low > 0 or self.high < 0


def paired_difference(differences: Sequence[float]) -> PairedDifference:
    """Mean and 95 % t interval of the differences between paired trainings.

    >>> paired_difference([1.0, 2.0, 3.0]).mean
    2.0
    """
    count, mean = len(differences), statistics.mean(differences)
    if count < 2:
        return PairedDifference(count, mean, -math.inf, math.inf)
    error = statistics.stdev(differences) / math.sqrt(count)
    reach = float(stats.t.ppf(0.975, count - 1)) * error
    return PairedDifference(count, mean, mean - reach, mean + reach)
