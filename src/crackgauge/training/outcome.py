"""What a step tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Outcome:
    """What a step tells the journal.

    Attributes:
        loss: of the step.
        predicted_px, crack_px, seen_px: pixels predicted as crack, crack in truth, and all, where
            the system predicts cracks.
        figures: numbers of the system's own, by the names of its `figures`.
    """

    loss: float
    predicted_px: int = 0
    crack_px: int = 0
    seen_px: int = 0
    figures: Mapping[str, float] = field(default_factory=dict)
